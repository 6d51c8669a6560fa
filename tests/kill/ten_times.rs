//! The same file uploaded ten times, with other sizes of calls and after the tenant forgot its keys: behind the first time
//! nothing happens at the tenant any more.

use std::fs;

use serde_json::{Value, json};

use crate::checker::{Kind, talk};
use crate::file::File;
use crate::stage::Desk;

const TIMES: u64 = 10;
const FRESH: u64 = 30;

fn upload(kind: Kind) {
    let desk = Desk::new(&[], 100, 0);
    desk.tenant.put_there_before(kind);
    let there = crate::checker::records(kind, &desk.tenant.ask("state"));
    let mut file = File::of(kind, FRESH, &there);
    if kind != Kind::Entries {
        // Sent and refused each time, it would use up the calls that these families have in a minute.
        file.leave_out_the_refused();
    }
    fs::write(desk.home.path().join("upload.csv"), &file.text).unwrap();
    let effects = || desk.tenant.ask("effects").as_array().unwrap().len();
    let upload = [
        "upload",
        "upload.csv",
        "--to",
        kind.word(),
        "--list",
        kind.list(),
        "--reason",
        "again",
        "--yes",
        "--json",
    ];
    let (before, mut after_the_first) = (effects(), 0);
    for time in 1..=TIMES {
        desk.configure(time * 4 + 3);
        // Every other time the list is proven too, which looks at what is missing and begins it anew.
        let until = if time % 2 == 0 { "uploaded" } else { "ready" };
        let said = desk.start(&[&upload[..], &["--until", until]].concat(), None);
        let run: Value =
            serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}{}", said.stdout, said.stderr));
        let count = |bucket: &str| run[bucket].as_u64().unwrap();
        let sent = file.meaning.sent();
        desk.tenant.settled_truth();
        if time == 1 {
            assert_eq!(count("accepted"), sent, "{run}");
            after_the_first = effects();
            assert!(after_the_first - before >= sent as usize, "{run}");
        } else {
            let told = (count("accepted"), count("unchanged"));
            assert_eq!(told, (0, sent + file.meaning.unchanged()), "time {time} to {}: {run}", kind.word());
            assert_eq!(effects(), after_the_first, "time {time} to {} had an effect: {run}", kind.word());
        }
        // A number that is refused is refused each time, and known as refused.
        assert_eq!(count("dead_letters"), file.meaning.refused(), "{run}");
        talk::order(&desk.tenant.control("forget"), &json!({}));
    }
}

#[test]
fn a_file_uploaded_ten_times_has_the_effect_of_once() {
    // They wait for their tenants far more than they work.
    std::thread::scope(|scope| {
        for kind in [Kind::Entries, Kind::Items, Kind::Suppression, Kind::Outbound] {
            scope.spawn(move || upload(kind));
        }
    });
}

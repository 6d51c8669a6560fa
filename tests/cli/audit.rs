//! The audit trail, typed: what was done, whether it is still what was written, and who was ever in a file.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Desk, Tenant};

const LIST: &str = "Internal_OptOuts";

/// Accepted, a duplicate of it in another spelling, a date that is none, two numbers in a cell, digits that are too few.
const FILE: &str = "phone,expires,source\n(415) 555-0187,,web\n+1 415 555 0188,,web\n415.555.0187,,call\n\
                    415-555-0189,soon,web\n4155550190 / 4155550191,,web\n55501,,web\n";

/// Digits of every number of the file, which nothing but plans, ledger and rejects may hold.
const CANARIES: [&str; 7] = ["5550187", "5550188", "5550189", "5550190", "5550191", "555-0187", "555 0188"];

fn data(desk: &Desk) -> PathBuf {
    desk.config().parent().unwrap().join("../../.local/share/quietline")
}

fn upload(desk: &Desk) -> Value {
    let upload = ["upload", "f.csv", "--list", LIST, "--reason", "for +1 415 555 0187", "--yes", "--json"];
    desk.run(upload).exits(1).json()
}

fn raw(desk: &Desk) -> Connection {
    let raw = Connection::open(data(desk).join("ledger.db")).unwrap();
    raw.execute_batch("DROP TRIGGER IF EXISTS events_stay; DROP TRIGGER IF EXISTS events_remain").unwrap();
    raw
}

/// Outcomes of a number with their rows, newest run first.
fn history(desk: &Desk, number: &str, exit: i32) -> Vec<(String, u64)> {
    let told = desk.run(["audit", "log", "--number", number, "--json"]).exits(exit).json();
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(told["found"], rows.len() as u64, "{told}");
    rows.iter()
        .map(|row| (row["outcome"].as_str().unwrap().to_owned(), row["row"].as_u64().unwrap()))
        .collect()
}

fn found(rows: &[(&str, u64)]) -> Vec<(String, u64)> {
    rows.iter().map(|(outcome, row)| ((*outcome).to_owned(), *row)).collect()
}

#[test]
fn every_row_that_held_a_number_is_told_in_any_spelling_and_no_number_is_in_the_trail() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", FILE);
    desk.run(["audit", "verify"]).fails(1, "no-ledger");

    let run = upload(&desk);
    assert_eq!((&run["accepted"], &run["duplicates"], &run["rejected"]), (&json!(2), &json!(1), &json!(3)));
    upload(&desk);

    let first = [("unchanged", 1), ("duplicate", 3), ("accepted", 1), ("duplicate", 3)];
    for spelling in ["+14155550187", "(415) 555-0187", "415.555.0187", "1-415-555-0187", " 4155550187 "] {
        assert_eq!(history(&desk, spelling, 0), found(&first), "{spelling}");
    }
    assert_eq!(history(&desk, "4155550188", 0), found(&[("unchanged", 2), ("accepted", 2)]));
    for (number, row) in [("4155550189", 4), ("4155550190", 5), ("4155550191", 5), ("55501", 6)] {
        assert_eq!(history(&desk, number, 0), found(&[("rejected", row), ("rejected", row)]), "{number}");
    }
    assert_eq!(history(&desk, "4155550192", 1), [], "never seen");
    desk.run(["audit", "log", "--number", "nobody"]).fails(2, "no-number");

    let told = desk.run(["audit", "log", "--number", "4155550189", "--json"]).exits(0).json();
    let row = &told["rows"][0];
    assert_eq!((&row["code"], &row["run"]), (&json!("bad-date"), &told["rows"][0]["run"]));
    assert!(row["file"].as_str().unwrap().ends_with("f.csv") && row["run"].is_string(), "{row}");

    let export = desk.work().join("evidence");
    let arguments = ["audit", "export", "--from", "2020-01-01", "-o", export.to_str().unwrap(), "--json"];
    let exported = desk.run(arguments).exits(0).json();
    let events = fs::read_to_string(export.join("events.jsonl")).unwrap();
    assert_eq!(exported["records"], events.lines().count() as u64);
    let chain: Value = serde_json::from_slice(&fs::read(export.join("chain.json")).unwrap()).unwrap();
    assert_eq!((&chain["trail"]["intact"], &chain["last_hash"]), (&json!(true), &exported["head"]));
    assert_eq!(chain["trail"]["checkpoint"]["records"], exported["records"].as_u64().unwrap() - 1);
    let none = desk.work().join("none");
    let arguments = ["audit", "export", "--to", "2020-01-01", "-o", none.to_str().unwrap(), "--json"];
    assert_eq!(desk.run(arguments).exits(0).json()["records"], 0);

    let mut looked_at = vec![events, fs::read_to_string(export.join("chain.json")).unwrap()];
    looked_at.push(fs::read_to_string(data(&desk).join("audit.log")).unwrap());
    looked_at.push(desk.run(["audit", "log", "--json", "--limit", "1000"]).exits(0).all());
    looked_at.push(desk.run(["audit", "log"]).exits(0).all());
    for entry in fs::read_dir(data(&desk).join("plans")).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "who") {
            looked_at.push(String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned());
        }
    }
    assert!(looked_at.len() > 5, "no pseudonyms were written");
    for (text, canary) in looked_at.iter().flat_map(|text| CANARIES.iter().map(move |canary| (text, canary)))
    {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
}

#[test]
fn without_its_pseudonyms_or_their_key_a_number_is_not_said_to_be_unknown_to_us() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", FILE);
    upload(&desk);
    let who = fs::read_dir(data(&desk).join("plans"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "who"))
        .unwrap();
    let whole = fs::read(&who).unwrap();
    let ask = |number: &str| desk.run(["audit", "log", "--number", number, "--json"]);

    // Each byte of them is vouched for by the trail; what became an operation is still known from the plan.
    for place in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(&who, changed).unwrap();
        let told = ask("4155550189").exits(1).json();
        assert_eq!(
            (&told["found"], told["unknown"].as_array().unwrap().len()),
            (&json!(0), 1),
            "byte {place}"
        );
        if place > 14 {
            break;
        }
    }
    let told = ask("4155550187").exits(1).says("not those that the trail names").json();
    assert_eq!(told["rows"][0]["outcome"], "accepted");
    fs::remove_file(&who).unwrap();
    ask("4155550189").exits(1).says("pseudonyms are gone");
    fs::write(&who, &whole).unwrap();
    assert_eq!(ask("4155550189").exits(0).json()["found"], 1);

    // Who destroys the key makes them unanswerable, and the answer says that.
    fs::remove_file(data(&desk).join("audit.keys")).unwrap();
    ask("4155550189").exits(1).says("the key that made its pseudonyms is not here");
    desk.run(["audit", "log", "--number", "4155550189", "--quiet"]).exits(1).says("cannot be told");
}

#[test]
fn a_broken_trail_lets_no_run_begin_until_a_person_acknowledges_it() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", FILE);
    let run = upload(&desk);
    let verified = desk.run(["audit", "verify", "--json"]).exits(0).json();
    assert_eq!(
        (&verified["intact"], &verified["first_bad"], &verified["head"]),
        (&json!(true), &Value::Null, &run["trail"])
    );
    desk.run(["audit", "verify"]).exits(0).says("intact").says("audit trail head: ").says("last checkpoint");

    let plan = desk.run(["plan", "f.csv", "--list", LIST, "--json"]).exits(1).json();
    let plan = plan["plan"].as_str().unwrap();
    raw(&desk).execute("UPDATE events SET effect = effect || ' (but)' WHERE seq = 3", []).unwrap();
    let verified = desk.run(["audit", "verify", "--json"]).exits(1).json();
    assert_eq!((&verified["intact"], &verified["first_bad"]), (&json!(false), &json!(3)));
    desk.run(["audit", "verify", "--quiet"]).exits(1).says("BROKEN: event 3 ");

    let upload_again = ["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes"];
    let calls = desk.run(["runs", "--json"]).exits(0).json().as_array().unwrap().len();
    desk.run(upload_again).fails(6, "trail-broken").says("event 3 ").says("quietline audit acknowledge");
    desk.run(["upload", plan, "--reason", "test", "--yes"]).fails(6, "trail-broken");
    desk.run(["resume"]).fails(6, "trail-broken");
    desk.run(["approve", plan, "--reason", "test"]).fails(6, "trail-broken");
    assert_eq!(
        desk.run(["runs", "--json"]).exits(0).json().as_array().unwrap().len(),
        calls,
        "no run was begun"
    );

    desk.run(["audit", "acknowledge", "--reason", " "]).fails(2, "usage");
    desk.run(["--read-only", "audit", "acknowledge", "--reason", "x"]).fails(2, "read-only");
    desk.run(["audit", "acknowledge", "--reason", "a disk was replaced"]).exits(0).says("event 3 ");
    desk.run(["audit", "acknowledge", "--reason", "twice"]).fails(1, "nothing-to-acknowledge");
    let told = desk.run(["audit", "log", "--json"]).exits(0).json();
    let acknowledged =
        told.as_array().unwrap().iter().find(|event| event["kind"] == "trail.acknowledged").unwrap();
    assert_eq!(acknowledged["reason"], "a disk was replaced");

    desk.run(upload_again).exits(1).says("ready");
    let verified = desk.run(["audit", "verify", "--json"]).exits(1).json();
    assert_eq!((&verified["first_bad"], &verified["acknowledged"]), (&json!(3), &json!(true)));
}

#[test]
fn the_head_is_never_lost_and_who_was_refused_is_an_event() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", FILE);
    let quiet = ["upload", "f.csv", "--list", LIST, "--reason", "test", "--yes", "--quiet"];
    let ended = desk.run(quiet).exits(1);
    let head = desk.run(["audit", "verify", "--json"]).exits(0).json()["head"].as_str().unwrap().to_owned();
    ended.says(&format!("audit trail head: {head}"));

    let text = fs::read_to_string(desk.config()).unwrap();
    let four_eyes = text.replace("cool_down_seconds = 1", "cool_down_seconds = 1\nfour_eyes = \"always\"");
    fs::write(desk.config(), four_eyes).unwrap();
    desk.write("g.csv", "phone\n4155550193\n");
    let plan = desk.run(["plan", "g.csv", "--list", LIST, "--json"]).exits(0).json();
    let plan = plan["plan"].as_str().unwrap();
    desk.run(["upload", "g.csv", "--list", LIST, "--reason", "in a hurry", "--yes"])
        .fails(4, "approval-needed");
    desk.run(["approve", plan, "--reason", "I may"]).fails(4, "approval-needed");
    desk.run(["upload", plan, "--reason", "now", "--yes"]).fails(4, "approval-needed");
    let told = desk.run(["audit", "log", "--json"]).exits(0).json();
    let refusals: Vec<(&str, &str, &str)> = told
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"].as_str().unwrap().ends_with(".refused"))
        .map(|event| {
            assert!(event["effect"].as_str().unwrap().starts_with("refused (approval-needed): "), "{event}");
            let text = |name: &str| event[name].as_str().unwrap();
            (text("kind"), text("object"), text("reason"))
        })
        .collect();
    let of_plan = format!("plan {plan}");
    assert_eq!(
        refusals,
        [
            ("plan.refused", of_plan.as_str(), "now"),
            ("approval.refused", of_plan.as_str(), "I may"),
            ("plan.refused", of_plan.as_str(), "in a hurry"),
        ]
    );
    desk.run(["doctor"]).says("audit.keys");

    // The same keys signed what there is; after others took their place that is said, though the chain fits.
    let verified = desk.run(["audit", "verify", "--json"]).exits(0).json();
    assert_eq!((&verified["intact"], &verified["checkpoint"]["ours"]), (&json!(true), &json!(true)));
    fs::write(data(&desk).join("audit.keys"), format!("{} {}", "ab".repeat(32), "cd".repeat(32))).unwrap();
    let ended =
        desk.run(["audit", "verify", "--json"]).exits(0).says("another key than the one that is here");
    assert_eq!(ended.json()["checkpoint"]["ours"], false);
    #[cfg(unix)]
    for name in ["audit.keys", "audit.log"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(data(&desk).join(name)).unwrap().permissions().mode() & 0o777,
            0o600,
            "{name}"
        );
    }
}

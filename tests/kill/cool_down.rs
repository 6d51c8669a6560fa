//! A hundred restarts in the cool-down neither shorten nor skip it.

use std::fs;

use jiff::Timestamp;
use serde_json::Value;

use crate::case::Kill;
use crate::checker::{Kind, trail};
use crate::file::File;
use crate::stage::Desk;

const SECONDS: u64 = 55;
const RESTARTS: usize = 100;

/// When the last row was accepted, and the end of the cool-down, as they stand on disk.
fn times(desk: &Desk) -> (i64, i64) {
    let db = trail::open(&desk.ledger()).unwrap();
    let sql = "SELECT last_accepted, cool_down_until FROM runs";
    db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn a_hundred_restarts_neither_shorten_nor_skip_the_cool_down() {
    let desk = Desk::new(&[], 100, SECONDS);
    let kind = Kind::Entries;
    let file = File::of(kind, 10, &Default::default());
    fs::write(desk.home.path().join("upload.csv"), &file.text).unwrap();
    let kill = Kill::At("K27".into());
    let upload = ["upload", "upload.csv", "--list", kind.list(), "--reason", "kill test", "--yes", "--json"];
    assert!(desk.start(&upload, Some(&kill)).killed);
    let (accepted, until) = times(&desk);
    assert_eq!(until - accepted, SECONDS as i64 * 1_000_000, "it does not begin with the last row");

    let gate = |desk: &Desk| {
        let said = desk.start(&["gate", "--list", kind.list(), "--json"], None);
        let answer: Value = serde_json::from_str(&said.stdout).unwrap();
        (said.code, answer["state"].as_str().unwrap_or_default().to_owned())
    };
    for restart in 1..=RESTARTS {
        let said = desk.start(&["resume", "--json"], Some(&kill));
        assert!(
            said.killed,
            "restart {restart} was not killed in the cool-down: {}{}",
            said.stdout, said.stderr
        );
        assert_eq!(times(&desk), (accepted, until), "restart {restart} moved it");
    }
    assert_eq!(gate(&desk), (Some(1), "SETTLING".to_owned()));

    let said = desk.start(&["resume", "--json"], None);
    let over = Timestamp::now().as_microsecond();
    let run: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(run["state"], "ready", "{run}");
    assert!(over >= until, "it was over {} µs too early", until - over);
    assert_eq!(times(&desk), (accepted, until));
    assert_eq!(gate(&desk), (Some(0), "READY".to_owned()));
}

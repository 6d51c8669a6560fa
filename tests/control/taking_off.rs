//! What takes numbers off meets a disk that is full, and another process on its list: a clear sentence, nobody comes off who
//! is not to, and on it goes.

use std::collections::BTreeSet;

use rstest::rstest;

use crate::desk::{FAST, LIST, Running, UPLOAD, at_work, newest, on_the_list, set_limits, until};
use crate::ledger_trouble::cramped;
use crate::support::{Desk, Tenant};

const LAUNCH: [&str; 5] = ["--reason", "opted in", "--yes", "--until", "uploaded"];

/// Numbers that no job of these takes off.
fn kept(n: usize) -> BTreeSet<String> {
    let numbers =
        ["205", "207"].iter().flat_map(|area| (100..200).map(move |line| format!("+1{area}5550{line}")));
    numbers.take(n).collect()
}

fn there(tenant: &Tenant) -> BTreeSet<String> {
    on_the_list(tenant).into_keys().collect()
}

/// A desk whose 400 numbers stand on the list, and its run.
fn uploaded(tenant: &Tenant) -> (Desk, String) {
    let desk = at_work(tenant, FAST);
    desk.run(UPLOAD).exits(0);
    let of = |areas: &[&str]| {
        let rows =
            areas.iter().flat_map(|area| (100..200).map(move |line| format!("({area}) 555-0{line}\n")));
        format!("phone\n{}", rows.collect::<String>())
    };
    desk.write("off.csv", of(&["201", "203"]));
    desk.write("snapshot.csv", of(&["205", "207"]));
    let run = newest(&desk)["run"].as_str().unwrap().to_owned();
    (desk, run)
}

/// The command of a job, to which all of these come down: 200 of 400 numbers come off, or all of them.
fn command<'a>(job: &'a str, run: &'a str) -> Vec<&'a str> {
    let what = match job {
        "undo" => vec!["undo", run],
        "sync" => vec!["upload", "snapshot.csv", "--op", job, "--list", LIST],
        _ => vec!["upload", "off.csv", "--op", job, "--list", LIST],
    };
    [what, LAUNCH.to_vec()].concat()
}

#[rstest]
#[case::of_a_removal("remove", 200)]
#[case::of_a_snapshot("sync", 200)]
#[case::of_an_undo("undo", 0)]
fn a_disk_that_is_full_stops_what_takes_off_and_it_goes_on_later(#[case] job: &str, #[case] left: usize) {
    let tenant = Tenant::calm();
    let (desk, run) = uploaded(&tenant);
    let launch = command(job, &run);

    // A little more room each time, until it fails in the middle.
    for kilobytes in (60..4_000).step_by(40) {
        let begun = newest(&desk)["run"] != run.as_str();
        let next = if begun { ["resume", "--until", "uploaded"].to_vec() } else { launch.clone() };
        let stopped = cramped(&desk, kilobytes, &next);
        assert_eq!(stopped.code, Some(6), "with {kilobytes} KB: {}", stopped.all());
        assert!(stopped.stderr.contains("[ledger-unwritable]"), "{}", stopped.all());
        let there = there(&tenant);
        assert!(there.is_superset(&kept(left)), "somebody came off who was to stay");
        if there.len() < 400 {
            break;
        }
    }
    assert!(there(&tenant).len() < 400, "it never came to a call");

    desk.run(["resume", "--until", "uploaded", "--json"]).exits(0);
    assert_eq!(there(&tenant), kept(left));
    assert_eq!(newest(&desk)["unaccounted"], 0);
}

#[test]
fn a_second_process_neither_takes_off_nor_puts_back_while_numbers_come_off() {
    let tenant = Tenant::calm();
    let (desk, run) = uploaded(&tenant);
    set_limits(&desk, "entries_per_call = 10\nentries_per_second = 5\n");
    let removal = Running::start(&desk, command("remove", &run));
    until("somebody comes off", || (there(&tenant).len() < 400).then_some(()));

    for job in ["remove", "sync", "undo"] {
        desk.run(command(job, &run)).fails(6, "locked").says("is in use by");
    }
    removal.signal("INT");
    removal.ends(130);
    let paused = newest(&desk);
    assert_eq!(
        (&paused["state"], &paused["op"]),
        (&"paused".into(), &"remove".into()),
        "no other run came about"
    );
    assert!(there(&tenant).is_superset(&kept(200)));

    set_limits(&desk, FAST);
    desk.run(["resume", "--until", "uploaded"]).exits(0);
    assert_eq!(there(&tenant), kept(200));
}

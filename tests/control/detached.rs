//! An upload that goes on without its terminal, and how it is watched.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::desk::{Running, SLOW, UPLOAD, assert_whole, at_work, signal, state, under_way, until};
use crate::support::{Desk, Tenant};

const BRISK: &str = "entries_per_call = 5\nentries_per_second = 10\n";

/// The process that works on the run, by the word of whoever is refused.
fn holder(desk: &Desk) -> u32 {
    let refused = desk.run(["reconcile", "--list", crate::desk::LIST]).fails(6, "locked");
    let behind = refused.stderr.split("(pid ").nth(1).unwrap().to_owned();
    behind.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_detached_upload_outlives_its_terminal_and_is_followed_to_its_end() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, BRISK);
    let launched = desk.run(UPLOAD.into_iter().chain(["--detach", "--json"])).exits(0);
    let run = launched.json()["run"].as_str().unwrap().to_owned();
    assert_eq!(launched.json()["state"], "draft", "it returns once it is launched");

    // From the first moment on somebody holds the list.
    let pid = holder(&desk);
    let session =
        rustix::process::getsid(rustix::process::Pid::from_raw(i32::try_from(pid).unwrap())).unwrap();
    assert_eq!(session.as_raw_nonzero().get(), i32::try_from(pid).unwrap(), "a session of its own");
    signal(pid, "HUP");
    under_way(&desk);
    assert_eq!(holder(&desk), pid);

    let watching = Running::start(&desk, ["resume", &run, "--json"]);
    until("it says that it follows", || {
        let told = fs::read_to_string(desk.work().join("stderr")).unwrap();
        told.contains("following run").then_some(())
    });
    watching.signal("INT");
    let left = watching.ends(130);
    assert!(left.contains("\"uploading\""), "{left}");
    let told = fs::read_to_string(desk.work().join("stderr")).unwrap();
    assert!(told.contains("no longer following; the run goes on with"), "{told}");

    let followed = desk.run(["resume", &run, "--json=lines"]).exits(1);
    let lines: Vec<serde_json::Value> =
        followed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["event"] == "progress"), "{}", followed.all());
    // Its process was only to send. Whoever waits for more is told more: that no rule enforces the list.
    let ended = lines.last().unwrap();
    assert_eq!((&ended["state"], &ended["error"]["code"]), (&"discrepant".into(), &"not-enforced".into()));
    assert_whole(&tenant);

    let log = desk.files().into_iter().find(|file| file.ends_with(&format!("logs/run-{run}.log"))).unwrap();
    let log = desk.work().parent().unwrap().join(log);
    assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    let words = fs::read_to_string(&log).unwrap();
    assert!(words.contains("uploaded") && !words.contains("555-0") && !words.contains("+120"), "{words}");
}

#[test]
fn what_does_not_launch_says_so_where_it_was_typed() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, SLOW);
    let absent =
        ["upload", "absent.csv", "--list", crate::desk::LIST, "--reason", "trial", "--yes", "--detach"];
    desk.run(absent).fails(3, "file-unreadable");
    desk.run(absent.into_iter().chain(["--json"])).fails_in_json(3, "file-unreadable");

    let upload = Running::start(&desk, UPLOAD);
    under_way(&desk);
    desk.run(UPLOAD.into_iter().chain(["--detach"]))
        .fails(6, "locked")
        .says(&format!("pid {}", upload.child.id()));
}

#[test]
fn a_detached_upload_is_paused_like_any_other() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, SLOW);
    let launched = desk.run(UPLOAD.into_iter().chain(["--detach"])).exits(0);
    let run = launched.stdout.trim().to_owned();
    assert_eq!(run.len(), 8, "the id and nothing else: {}", launched.all());
    under_way(&desk);
    desk.run(["pause", &run]).exits(0);
    assert_eq!(state(&desk, &run)["state"], "paused");
}

#[test]
fn whoever_follows_a_process_that_dies_hears_of_it() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, SLOW);
    let upload = Running::start(&desk, UPLOAD);
    let run = under_way(&desk);
    let watching = Running::start(&desk, ["resume", &run, "--json"]);
    until("it follows", || {
        let told = fs::read_to_string(desk.work().join("stderr")).unwrap();
        told.contains("following run").then_some(())
    });
    upload.signal("KILL");
    drop(upload);
    assert!(watching.ends(5).contains("\"interrupted\""));
}

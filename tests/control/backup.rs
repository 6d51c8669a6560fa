//! A copy of the ledger, and the way back.

use std::fs;
use std::path::PathBuf;

use crate::desk::{FAST, LIST, Running, SLOW, UPLOAD, assert_whole, at_work, set_limits, state, under_way};
use crate::support::{Desk, Tenant};

fn data(desk: &Desk) -> PathBuf {
    let ledger = desk.files().into_iter().find(|file| file.ends_with("quietline/ledger.db")).unwrap();
    desk.work().parent().unwrap().join(ledger).parent().unwrap().to_owned()
}

#[test]
fn a_backup_of_a_ledger_in_use_comes_back_and_its_lists_are_in_doubt() {
    // It forgets the keys of calls: whatever is sent twice stands there twice.
    let tenant = Tenant::start(&["--tenant", "key_retention=1"]);
    let desk = at_work(&tenant, FAST);
    let ready = ["upload", "few.csv", "--list", "Internal_OptOuts", "--reason", "few", "--yes", "--json"];
    desk.write("few.csv", "phone\n415-555-0187\n");
    assert_eq!(desk.run(ready).exits(0).json()["state"], "ready");
    desk.run(["gate", "--list", "Internal_OptOuts"]).exits(0).says("READY");

    set_limits(&desk, SLOW);
    let upload = Running::start(&desk, UPLOAD);
    let run = under_way(&desk);
    let backup = desk.run(["ledger", "backup", "copy.quietline", "--json"]).exits(0).json();
    assert!(backup["events"].as_u64() > Some(5) && backup["files"].as_u64() > Some(2), "{backup}");
    desk.run(["ledger", "restore", "copy.quietline"]).fails(6, "locked").says("another quietline process");
    desk.run(["pause", &run]).exits(0);
    upload.ends(130);
    set_limits(&desk, FAST);
    desk.run(["resume", &run, "--until", "uploaded"]).exits(0);
    assert_whole(&tenant);

    // What happened since would be forgotten: not without a word.
    desk.run(["ledger", "restore", "copy.quietline", "--json"]).fails_in_json(6, "ledger-not-older");
    assert_eq!(state(&desk, &run)["state"], "uploaded", "nothing was changed");
    let restore = ["ledger", "restore", "copy.quietline", "--force", "--reason", "a trial", "--json"];
    let restored = desk.run(restore).exits(0).json();
    assert_eq!(restored["events"], backup["events"]);
    let aside = PathBuf::from(restored["replaced"].as_str().unwrap());
    assert!(aside.join("ledger.db").is_file());
    assert_eq!(restored["to_reconcile"].as_array().unwrap().len(), 2, "{restored}");

    desk.run(["gate", "--list", "Internal_OptOuts", "--json"])
        .exits(1)
        .says("UNVERIFIED")
        .says("restored from a backup");
    // The run stands where it was then. What was sent since is found, and not sent twice.
    assert_eq!(state(&desk, &run)["state"], "interrupted");
    let resumed = desk.run(["resume", &run, "--until", "uploaded", "--json"]).exits(0).json();
    assert_eq!(resumed["accepted"], 400, "{resumed}");
    assert_whole(&tenant);
    desk.run(["reconcile", "--list", "Internal_OptOuts"]).exits(0);
    desk.run(["gate", "--list", "Internal_OptOuts"]).exits(0).says("READY");
}

#[test]
fn what_waited_for_its_launch_is_approved_anew_after_a_restore() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.write("few.csv", "phone\n415-555-0187\n");
    let plan = desk.run(["plan", "few.csv", "--list", LIST, "--json"]).exits(0).json();
    let plan = plan["plan"].as_str().unwrap();
    desk.run(["approve", plan, "--reason", "checked"]).exits(0);
    desk.run(["ledger", "backup", "copy.quietline"]).exits(0);
    let restore = ["ledger", "restore", "copy.quietline", "--force", "--reason", "a trial"];
    desk.run(restore).exits(0);
    desk.run(["audit", "log", "--json"]).exits(0).says("1 approvals are void");
    let upload = ["upload", plan, "--reason", "now", "--yes", "--json"];
    desk.run(upload).fails_in_json(4, "approval-void").says("restored from a backup");
    desk.run(["audit", "log", "--json"]).exits(0).says("refused (approval-void)");
    desk.run(["approve", plan, "--reason", "the list was read"]).exits(0);
    let upload = ["upload", plan, "--reason", "now", "--yes", "--until", "uploaded", "--json"];
    assert_eq!(desk.run(upload).exits(0).json()["state"], "uploaded");
}

#[test]
fn a_backup_that_was_touched_is_refused_and_nothing_changes() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.run(UPLOAD).exits(0);
    desk.run(["ledger", "backup", "copy.quietline"]).exits(0).says("audit trail head");
    let path = desk.work().join("copy.quietline");
    let whole = fs::read(&path).unwrap();
    let before = desk.run(["runs", "--json"]).exits(0).stdout;
    for at in [3, 60, whole.len() / 2, whole.len() - 40, whole.len() - 1] {
        let mut touched = whole.clone();
        touched[at] ^= 1;
        fs::write(&path, touched).unwrap();
        desk.run(["ledger", "restore", "copy.quietline"]).fails(6, "ledger-damaged");
    }
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    desk.run(["ledger", "restore", "copy.quietline"]).fails(6, "ledger-damaged").says("ends too early");
    assert_eq!(desk.run(["runs", "--json"]).exits(0).stdout, before);
    let left: Vec<String> = desk.files().into_iter().filter(|file| file.contains("restore-")).collect();
    assert!(left.is_empty(), "{left:?}");

    fs::write(&path, &whole).unwrap();
    desk.run(["ledger", "restore", "copy.quietline"]).exits(0).says("UNVERIFIED until it is reconciled");
    desk.run(["ledger", "restore", "copy.quietline"]).fails(6, "ledger-not-older");
}

#[test]
fn a_lost_ledger_comes_back_and_half_a_restore_opens_nothing() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.run(UPLOAD).exits(0);
    desk.run(["ledger", "backup", "copy.quietline"]).exits(0);
    let data = data(&desk);
    fs::remove_file(data.join("ledger.db")).unwrap();
    desk.run(["runs"]).fails(6, "ledger-damaged");
    desk.run(["ledger", "restore", "copy.quietline"]).exits(0);
    assert_eq!(desk.run(["runs", "--json"]).exits(0).json()[0]["state"], "uploaded");

    // As a kill leaves it between the old ledger and the new one.
    fs::write(data.join("restore.pending"), "").unwrap();
    desk.run(["runs"]).fails(6, "ledger-damaged").says("a restore was cut off");
    desk.run(["ledger", "restore", "copy.quietline"]).exits(0);
    desk.run(["runs"]).exits(0);
}

#[test]
fn a_backup_is_private_and_takes_the_place_of_nothing_but_a_backup() {
    use std::os::unix::fs::PermissionsExt as _;
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.run(["runs"]).exits(0);
    desk.run(["ledger", "backup", "numbers.csv"]).fails(2, "bad-place").says("a file of another kind");
    desk.run(["ledger", "backup", "nowhere/copy"]).fails(2, "bad-place");
    let inside = data(&desk).join("copy");
    desk.run(["ledger", "backup", inside.to_str().unwrap()]).fails(2, "bad-place");
    desk.run(["ledger", "backup", "copy"]).exits(0);
    desk.run(["ledger", "backup", "copy"]).exits(0);
    let mode = fs::metadata(desk.work().join("copy")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.run(["ledger", "restore", "absent"]).fails(2, "not-found");
    assert!(desk.files().iter().all(|file| !file.contains("/backup-")), "nothing is left behind");
    let _ = LIST;
}

/// A copy has no mirror, so a break that only the mirror shows would be gone with it.
#[test]
fn a_broken_trail_is_neither_copied_nor_replaced_before_a_person_has_looked() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.run(UPLOAD).exits(0);
    desk.run(["ledger", "backup", "before.quietline"]).exits(0);
    fs::remove_file(data(&desk).join("audit.log")).unwrap();

    desk.run(["ledger", "backup", "copy.quietline"]).fails(6, "trail-broken");
    desk.run(["ledger", "restore", "before.quietline"])
        .fails(6, "ledger-not-older")
        .says("is broken at event");

    // One that was acknowledged is copied, and the copy comes back.
    desk.run(["audit", "acknowledge", "--reason", "a cleaner of logs took it"]).exits(0);
    desk.run(["ledger", "backup", "copy.quietline"]).exits(0);
    desk.run(["ledger", "restore", "copy.quietline"]).exits(0);
    desk.run(["audit", "verify"]).exits(1).says("acknowledged");
    desk.run(["runs"]).exits(0);
}

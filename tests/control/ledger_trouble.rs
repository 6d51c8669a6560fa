//! A ledger that is full, closed or newer: a clear sentence, nothing sent after it, and on it goes once it is mended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::desk::{FAST, UPLOAD, assert_whole, at_work, newest, on_the_list};
use crate::support::{Desk, Ended, Tenant, typed};

fn data(desk: &Desk) -> PathBuf {
    let ledger = desk.files().into_iter().find(|file| file.ends_with("quietline/ledger.db")).unwrap();
    desk.work().parent().unwrap().join(ledger).parent().unwrap().to_owned()
}

/// The program where no file may grow beyond so many kilobytes: as on a disk that fills up.
pub fn cramped(desk: &Desk, kilobytes: u64, arguments: &[&str]) -> Ended {
    let program = desk.command(arguments.iter().copied());
    let blocks = kilobytes * 1024 / 512;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")])
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(program.get_current_dir().unwrap())
        .env_clear()
        .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let said = typed(&program);
    Ended::finish(said, shell.spawn().unwrap())
}

#[test]
fn a_disk_that_fills_up_in_mid_run_stops_the_sending_and_nothing_is_lost() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, "entries_per_call = 2\n");
    desk.run(["runs"]).exits(0);
    // Room for a beginning: the journal grows with each call.
    let stopped = cramped(&desk, 900, &UPLOAD);
    assert_eq!(stopped.code, Some(6), "{}", stopped.all());
    assert!(stopped.stderr.contains("[ledger-unwritable]"), "{}", stopped.all());
    assert!(stopped.stderr.contains("Free space"), "{}", stopped.all());
    let sent = on_the_list(&tenant).len();
    assert!(sent > 0 && sent < 400, "it was to fail in the middle: {sent} sent");

    let run = newest(&desk);
    assert_eq!(run["state"], "interrupted", "{run}");
    let resumed = desk.run(["resume", "--until", "uploaded", "--json"]).exits(0).json();
    assert_eq!(resumed["accepted"], 400, "{resumed}");
    assert_whole(&tenant);
}

/// Whoever runs the tests may be allowed everything: then the program is run as somebody who is not.
fn as_nobody(desk: &Desk, arguments: &[&str]) -> Ended {
    let mut command = desk.command(arguments.iter().copied());
    let said = typed(&command);
    if rustix::process::geteuid().is_root() {
        use std::os::unix::process::CommandExt as _;
        command.uid(NOBODY).gid(NOBODY);
    }
    Ended::finish(said, command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

const NOBODY: u32 = 65_534;

/// Gives everything to that somebody, with these modes for folders and files.
fn hand_over(path: &Path, folders: u32, files: u32) {
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        fs::read_dir(path).unwrap().for_each(|entry| hand_over(&entry.unwrap().path(), folders, files));
    }
    let mode = if path.is_dir() { folders } else { files };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_ledger_that_cannot_be_written_is_still_read() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.write("few.csv", "phone\n415-555-0187\n");
    let ready = ["upload", "few.csv", "--list", "Internal_OptOuts", "--reason", "few", "--yes"];
    desk.run(ready).exits(0);
    let (home, data) = (desk.work().parent().unwrap().to_owned(), data(&desk));
    // The program itself is not for everybody either.
    hand_over(&home, 0o700, 0o600);
    hand_over(&data, 0o500, 0o400);
    let probe = as_nobody(&desk, &["--version"]);
    if probe.code != Some(0) {
        // A folder above the program or the home that nobody else may enter: nothing can be said here.
        hand_over(&data, 0o700, 0o600);
        return;
    }

    let runs = as_nobody(&desk, &["runs", "--json"]).exits(0).says("the ledger cannot be written");
    assert_eq!(runs.json()[0]["state"], "ready");
    as_nobody(&desk, &["gate", "--list", "Internal_OptOuts"]).exits(0).says("READY");
    as_nobody(&desk, &["lookup", "415-555-0187", "--offline"]).says("the ledger cannot be written");
    let before = on_the_list(&tenant);
    let run = runs.json()[0]["run"].as_str().unwrap().to_owned();
    let on = |more: &[&'static str]| [&UPLOAD[..], more].concat();
    for command in [&UPLOAD[..], &on(&["--op", "remove"]), &on(&["--op", "sync"])] {
        as_nobody(&desk, command).fails(6, "ledger-unwritable").says("ermission");
    }
    as_nobody(&desk, &["undo", &run, "--reason", "x", "--yes"]).fails(6, "ledger-unwritable");
    assert_eq!(on_the_list(&tenant), before, "nothing is sent");

    hand_over(&data, 0o700, 0o600);
    as_nobody(&desk, &UPLOAD).exits(0);
    assert_whole(&tenant);
    hand_over(&home, 0o700, 0o600);
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    desk.run(["runs"]).exits(0);
    let path = data(&desk).join("ledger.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let known: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let on = |more: &[&'static str]| [&UPLOAD[..], more].concat();
    for command in [&on(&["--op", "remove"])[..], &on(&["--op", "sync"]), &["undo", "0a1b2c3d"]] {
        desk.run(command).fails(6, "ledger-newer").says("newer version");
    }
    for command in [&UPLOAD[..], &["runs"], &["resume"], &["gate", "--list", "Internal_OptOuts"]] {
        desk.run(command).fails(6, "ledger-newer").says("newer version");
    }
    desk.run(["ledger", "backup", "copy"]).fails(6, "ledger-newer");
    assert!(on_the_list(&tenant).is_empty(), "nothing is sent");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", known).unwrap();
    drop(connection);
    desk.run(UPLOAD).exits(0);
    assert_whole(&tenant);
}

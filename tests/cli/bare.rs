//! A machine with no config, no keyring, no D-Bus and no terminal: each command works or says what it needs, and nothing
//! is written.

use crate::support::Desk;

const HELP_OF: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["upload", "--help"],
    &["sandbox", "serve", "--help"],
    &["help", "plan"],
    &["completions", "bash"],
    &["completions", "zsh"],
    &["completions", "fish"],
];

const NEED_A_PROFILE: &[&[&str]] = &[
    &["plan", "f.csv", "--list", "L"],
    &["approve", "p-12345678", "--reason", "r"],
    &["upload", "f.csv", "--list", "L", "--reason", "r", "--yes"],
    &["upload", "p-12345678", "--reason", "r", "--yes"],
    &["resume"],
    &["runs"],
    &["runs", "7f3a91c2"],
    &["cancel", "7f3a91c2"],
    &["dead-letters"],
    &["reconcile", "--list", "L"],
    &["gate", "--list", "L"],
    &["lookup", "2025550101"],
    &["lookup", "2025550101", "--offline"],
    &["lists"],
    &["lists", "show", "L"],
    &["lists", "create", "L"],
    &["rules"],
    &["auth", "status"],
    &["auth", "logout"],
    &["auth", "login", "--client-id", "i"],
    &["profile", "show"],
];

#[test]
fn help_and_completions_need_nothing_and_leave_nothing() {
    for arguments in HELP_OF {
        let desk = Desk::new();
        let ended = desk.run(*arguments).exits(0);
        assert!(ended.stdout.contains("quietline") && ended.stderr.is_empty(), "{}", ended.all());
        assert!(desk.files().is_empty(), "{arguments:?} wrote {:?}", desk.files());
    }
}

#[test]
fn what_needs_a_profile_says_so_with_the_way_out_and_leaves_nothing() {
    for arguments in NEED_A_PROFILE {
        let desk = Desk::new();
        desk.run(*arguments).fails(2, "no-profile").says("quietline profile add");
        let in_json = [*arguments, &["--json"]].concat();
        desk.run(in_json).fails_in_json(2, "no-profile");
        assert!(desk.files().is_empty(), "{arguments:?} wrote {:?}", desk.files());
    }
}

#[test]
fn without_a_terminal_there_is_no_console() {
    let desk = Desk::new();
    desk.run::<&str>([]).fails(2, "usage").says("terminal");
    desk.run(["demo"]).fails(2, "usage").says("terminal");
    desk.run(["demo", "--fresh"]).fails(2, "usage");
    desk.run(["--json"]).fails_in_json(2, "usage");
    assert!(desk.files().is_empty(), "{:?}", desk.files());
}

#[test]
fn profiles_of_an_empty_machine_are_an_empty_list() {
    let desk = Desk::new();
    desk.run(["profile"]).exits(0).says("profile add");
    assert_eq!(desk.run(["profile", "ls", "--json"]).exits(0).json(), serde_json::json!([]));
    assert!(desk.files().is_empty());
}

#[test]
fn a_doctor_who_cannot_look_does_not_say_fine() {
    let desk = Desk::new();
    let ended = desk.run(["doctor", "--json"]).exits(1);
    let seen = ended.json();
    assert_eq!(seen["ok"], false);
    let subjects: Vec<&str> =
        seen["findings"].as_array().unwrap().iter().map(|f| f["subject"].as_str().unwrap()).collect();
    for subject in [
        "config",
        "profile",
        "keyring",
        "ledger",
        "audit-keys",
        "disk",
        "dns",
        "tls",
        "credentials",
        "token",
        "clock",
        "scopes",
        "endpoints",
        "query",
        "entries",
        "items",
        "suppression",
        "outbound",
        "events",
        "limits",
    ] {
        assert!(subjects.contains(&subject), "{subject}{}", ended.all());
    }
    assert!(desk.files().is_empty(), "{:?}", desk.files());
}

#[test]
fn what_is_not_understood_is_told_in_the_form_that_was_asked_for() {
    let desk = Desk::new();
    for arguments in [
        &["frobnicate"][..],
        &["check"],
        &["upload", "f.csv"],
        &["check", "f.csv", "--map", "number"],
        &["check", "f.csv", "--map", "fone=1"],
        &["check", "f.csv", "--delimiter", "ab"],
        &["check", "f.csv", "--date-order", "ydm"],
        &["check", "f.csv", "--region", "Narnia"],
        &["upload", "f.csv", "--reason", "r", "--yes"],
        &["upload", "f.csv", "--list", "L", "--reason", " ", "--yes"],
        &["upload", "f.csv", "--list", "L", "--reason", "r"],
        &["sandbox"],
        &["sandbox", "serve", "--story", "comedy"],
        &["gate", "--list", "L", "--wait", "soon"],
    ] {
        desk.run(arguments).fails(2, "usage");
        desk.run([&["--json"], arguments].concat()).fails_in_json(2, "usage");
    }
    desk.run(["runs", "--json=xml"]).fails_in_json(2, "usage");
    assert!(desk.files().is_empty());
}

#[test]
fn read_only_refuses_every_change_before_anything_is_looked_at() {
    let desk = Desk::new();
    for arguments in [
        &["approve", "p-12345678", "--reason", "r"][..],
        &["upload", "f.csv", "--list", "L", "--reason", "r", "--yes"],
        &["resume"],
        &["cancel", "7f3a"],
        &["lists", "create", "L"],
        &["profile", "add", "a", "--preset", "my", "--tenant", "t"],
        &["profile", "rm", "a"],
    ] {
        desk.run([arguments, &["--read-only"]].concat()).fails(2, "read-only");
    }
    assert!(desk.files().is_empty());
}

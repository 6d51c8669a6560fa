//! The client secret: never in an argument, a file, a log or an answer.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Desk, Ended, Tenant, typed};

const CANARY: &str = "canary-4711-do-not-tell";

/// Nothing that was said or written holds the secret.
#[track_caller]
fn assert_untold(desk: &Desk, ended: &Ended) {
    assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY), "told{}", ended.all());
    for file in desk.files() {
        let root = desk.work().parent().unwrap().to_path_buf();
        let bytes = std::fs::read(root.join(&file)).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes()), "{file} holds the secret");
    }
}

#[test]
fn without_a_keyring_login_says_so_with_the_way_out_and_stores_nothing() {
    let desk = Desk::new();
    desk.run(["profile", "add", "acme", "--preset", "my", "--tenant", "acme"]).exits(0);
    for arguments in
        [&["auth", "login", "--client-id", "id"][..], &["auth", "login", "--client-id", "id", "--no-test"]]
    {
        let ended = desk.run_with_input(arguments, &format!("{CANARY}\n")).exits(4);
        assert_untold(&desk, &ended);
        ended.says("QUIETLINE_CLIENT_SECRET").says("credentials = \"env\"");
    }
    desk.run(["auth", "status"]).exits(4);
    desk.run(["lists"]).exits(4);
    assert_eq!(desk.files().len(), 1, "{:?}", desk.files());
}

#[test]
fn an_empty_secret_is_refused() {
    let desk = Desk::new();
    desk.run(["profile", "add", "acme", "--preset", "my", "--tenant", "acme"]).exits(0);
    desk.run_with_input(["auth", "login", "--client-id", "id"], "\n").fails(4, "no-credentials");
}

#[test]
fn no_flag_takes_a_secret() {
    let desk = Desk::new();
    for flag in ["--client-secret", "--secret", "--password", "--token"] {
        desk.run(["auth", "login", "--client-id", "id", flag, "x"]).fails(2, "usage");
    }
    let help = desk.run(["auth", "login", "--help"]).exits(0);
    assert!(!help.stdout.contains("--secret"), "{}", help.all());
}

#[test]
fn where_the_environment_holds_them_they_are_found_and_nowhere_repeated() {
    let tenant = Tenant::calm();
    let desk = Desk::new();
    desk.add_profile(&tenant.text("token_url"), &tenant.text("api_url"));
    desk.run(["auth", "status"]).fails(4, "no-credentials").says("QUIETLINE_CLIENT_ID");
    let desk = desk.with_secret("someone", CANARY);
    desk.run(["auth", "status"]).exits(0).says("environment");
    for arguments in [
        &["lists", "-vv"][..],
        &["lists", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["runs", "-vv"],
        &["lookup", "2025550101", "--json"],
        &["profile", "show"],
    ] {
        let ended = desk.run(arguments);
        assert_untold(&desk, &ended);
    }
    desk.run_with_input(["auth", "login", "--client-id", "id"], CANARY).fails(4, "no-keyring");
    desk.run(["auth", "logout"]).fails(4, "no-keyring");
}

#[test]
fn a_wrong_secret_is_four() {
    let tenant = Tenant::calm();
    let desk = Desk::new();
    desk.add_profile(&tenant.text("token_url"), &tenant.text("api_url"));
    let desk = desk.with_secret(&tenant.text("client_id"), CANARY);
    desk.write("good.csv", "phone\n2025550147\n");
    for arguments in [
        &["lists"][..],
        &["rules"],
        &["plan", "good.csv", "--list", "Internal_OptOuts"],
        &["reconcile", "--list", "Internal_OptOuts"],
    ] {
        let ended = desk.run(arguments).fails(4, "unauthorised");
        assert_untold(&desk, &ended);
    }
    let ended =
        desk.run(["upload", "good.csv", "--list", "Internal_OptOuts", "--reason", "r", "--yes", "--json"]);
    assert_eq!(ended.code, Some(4), "{}", ended.all());
    assert_untold(&desk, &ended);
    let seen = desk.run(["doctor", "--json"]).exits(1).json();
    let token =
        seen["findings"].as_array().unwrap().iter().find(|f| f["subject"] == "token").unwrap().clone();
    assert_eq!(token["health"], "broken", "{token}");
}

/// Another user of the machine sees arguments; a core dump holds the memory.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_holds_a_secret_leaves_it_neither_in_its_arguments_nor_in_a_core_dump() {
    let desk = Desk::new();
    desk.run(["profile", "add", "acme", "--preset", "my", "--tenant", "acme"]).exits(0);
    let mut command = desk.command(["auth", "login", "--client-id", "id"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let typed = typed(&command);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(CANARY.as_bytes()).unwrap();
    let of = |what: &str| std::fs::read(format!("/proc/{}/{what}", child.id())).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let core_limit = || {
        let limits = String::from_utf8(of("limits")).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().to_owned();
        line.split_whitespace().rev().skip(1).take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    while core_limit() != ["0", "0"] {
        assert!(Instant::now() < deadline, "core dumps are on: {:?}", core_limit());
        std::thread::yield_now();
    }
    assert!(!String::from_utf8_lossy(&of("cmdline")).contains(CANARY));
    drop(stdin);
    Ended::finish(typed, child).exits(4);
}

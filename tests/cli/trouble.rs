//! Wrong names, a tenant that is gone, a person who stops it, a folder that cannot be written.

use std::process::Stdio;

use crate::support::{Desk, Ended, Tenant, typed};

#[test]
fn a_wrong_list_name_is_two_and_names_what_is_near() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("f.csv", "phone\n4155550187\n");
    for arguments in [
        &["plan", "f.csv", "--list", "Internal_OptOut"][..],
        &["upload", "f.csv", "--list", "Internal_OptOut", "--reason", "r", "--yes"],
        &["reconcile", "--list", "Internal_OptOut"],
        &["gate", "--list", "Internal_OptOut"],
        &["lists", "show", "Internal_OptOut"],
    ] {
        desk.run([arguments, &["--json"]].concat()).fails_in_json(2, "unknown-list").says("Internal_OptOuts");
    }
}

#[test]
fn a_tenant_that_is_gone_is_five_and_never_fine() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    drop(tenant);
    desk.write("f.csv", "phone\n4155550187\n");
    desk.run(["lists", "--json"]).fails_in_json(5, "tenant-unreachable");
    desk.run(["lookup", "4155550187"]).exits(5);
    let answers = desk.run(["lookup", "4155550187", "--json"]).exits(5).json();
    assert_eq!(answers[0]["verdict"], "unknown", "{answers}");
    let seen = desk.run(["doctor", "--json"]).exits(1).json();
    assert_eq!(seen["ok"], false);
    let clock = |seen: &serde_json::Value| {
        let findings = seen["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["subject"] == "clock").unwrap()["health"].clone()
    };
    assert_eq!(clock(&seen), "not-checked", "nobody told the time: {seen}");
    let tenant = Tenant::calm();
    assert_eq!(clock(&Desk::on(&tenant).run(["doctor", "--json"]).json()), "fine");
    // Files are checked all the same.
    desk.run(["check", "f.csv"]).exits(0);
}

#[test]
fn a_file_that_is_hopeless_stops_an_upload_with_three() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    desk.write("empty.csv", "");
    for file in ["empty.csv", "missing.csv"] {
        let ended = desk
            .run(["upload", file, "--list", "Internal_OptOuts", "--reason", "r", "--yes", "--json"])
            .exits(3);
        let code = &ended.json()["error"]["code"];
        assert!(code == "no-records" || code == "file-unreadable", "{}", ended.all());
    }
}

#[cfg(unix)]
#[test]
fn a_data_folder_that_is_no_folder_is_six() {
    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let file = desk.write("in-the-way", "");
    let mut arguments = vec!["runs", "--data-dir"];
    arguments.push(file.to_str().unwrap());
    desk.run(arguments).fails(6, "ledger-unwritable");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_has_no_room_is_told_on_stderr_in_json_too() {
    let desk = Desk::new();
    desk.write("f.csv", "phone\n2025550187\n");
    for arguments in [&["check", "f.csv", "--json"][..], &["check", "missing.csv", "--json"]] {
        let mut command = desk.command(arguments);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        command.stdout(full).stderr(Stdio::piped());
        let typed = typed(&command);
        let ended = Ended::finish(typed, command.spawn().unwrap());
        let missing = arguments.contains(&"missing.csv");
        let (exit, code) = if missing { (3, "file-unreadable") } else { (2, "output-unwritable") };
        ended.exits(exit).says(&format!("[{code}]"));
    }
}

/// Ctrl-C pauses a run: 130, and `resume` brings it to its end with nothing doubled.
#[cfg(unix)]
#[test]
fn a_person_stops_an_upload_and_goes_on_later() {
    use std::fmt::Write as _;
    use std::io::{BufRead as _, BufReader};

    let tenant = Tenant::calm();
    let desk = Desk::on(&tenant);
    let text = std::fs::read_to_string(desk.config()).unwrap();
    let slow = format!("{text}\n[profiles.desk.limits]\nentries_per_call = 1\nentries_per_second = 20\n");
    std::fs::write(desk.config(), slow).unwrap();
    let mut file = String::from("phone\n");
    for line in 100..200 {
        let _ = writeln!(file, "2295550{line}");
    }
    desk.write("f.csv", &file);

    let upload = [
        "upload",
        "f.csv",
        "--list",
        "Trial_Imports",
        "--reason",
        "r",
        "--yes",
        "--until",
        "uploaded",
        "--json=lines",
    ];
    let mut command = desk.command(upload);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let typed = typed(&command);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let under_way = |line: &String| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        event["run"]["batches_done"].as_u64().is_some_and(|done| done >= 2)
    };
    assert!(lines.any(|line| under_way(&line)), "no batch was settled");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let last = lines.last().unwrap();
    let ended = Ended::finish(typed, child).exits(130);
    let run: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(run["state"], "paused", "{last}{}", ended.all());
    assert!(run["unaccounted"].as_u64().unwrap() > 0, "it was stopped in the middle: {run}");

    let resumed = desk.run(["resume", "--until", "uploaded", "--json"]).exits(0).json();
    assert_eq!((&resumed["run"], &resumed["state"]), (&run["run"], &"uploaded".into()));
    assert_eq!((&resumed["accepted"], &resumed["unaccounted"]), (&100.into(), &0.into()), "{resumed}");
    desk.run(["cancel", resumed["run"].as_str().unwrap(), "--json"]).json();
}

#[test]
fn the_sandbox_tells_its_address_first_and_ends_when_it_is_told_to() {
    let mut tenant = Tenant::start(&["--story", "slow", "--seed", "3"]);
    for field in ["token_url", "api_url", "events_url", "client_id", "client_secret"] {
        assert!(!tenant.text(field).is_empty());
    }
    assert!(
        tenant.text("api_url").starts_with("http://127.0.0.1:")
            && tenant.text("api_url").ends_with("/api/v2")
    );
    let port = tenant.text("api_url").trim_end_matches("/api/v2").rsplit(':').next().unwrap().to_owned();
    Desk::new().run(["sandbox", "serve", "--port", &port]).fails(2, "no-sandbox");
    #[cfg(unix)]
    {
        let pid = rustix::process::Pid::from_child(tenant.child());
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert_eq!(tenant.child().wait().unwrap().code(), Some(0));
    }
}

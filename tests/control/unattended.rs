//! As a timer starts it: no terminal, no home, nothing but a few variables.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::desk::{FAST, at_work};
use crate::support::{Desk, Ended, Tenant, typed};

/// The program with its own variables and no other.
fn bare(desk: &Desk, arguments: &[&str]) -> Ended {
    let usual = desk.command(arguments.iter().copied());
    let mut command = Command::new(usual.get_program());
    let ours = |name: &&std::ffi::OsStr| name.to_string_lossy().starts_with("QUIETLINE_");
    command
        .args(arguments)
        .current_dir("/")
        .env_clear()
        .envs(
            usual.get_envs().filter(|(name, _)| ours(name)).filter_map(|(name, value)| Some((name, value?))),
        )
        .env("QUIETLINE_CONFIG", desk.config())
        .env("QUIETLINE_DATA_DIR", desk.work().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ended::finish(typed(&usual), command.spawn().unwrap())
}

/// Every line is one object of a documented kind; gives the kinds in the order of their first line.
#[track_caller]
fn kinds(ended: &Ended) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for line in ended.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}{}", ended.all()));
        let kind = line["event"].as_str().unwrap_or("answer").to_owned();
        assert!(["progress", "run", "jobs", "note", "answer"].contains(&kind.as_str()), "{line}");
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

#[test]
fn an_upload_a_gate_and_a_reconciliation_need_no_terminal_and_no_home() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    let file = desk.write("few.csv", "phone\n415-555-0187\n");
    let file = file.to_str().unwrap();
    let upload =
        ["upload", file, "--list", "Internal_OptOuts", "--reason", "nightly", "--yes", "--json=lines"];
    let ended = bare(&desk, &upload).exits(0);
    assert_eq!(
        kinds(&ended).first().map(String::as_str),
        Some("run"),
        "the run is told first{}",
        ended.all()
    );
    let last: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(
        (last["event"].is_null(), last["state"].as_str()),
        (true, Some("ready")),
        "the answer is last"
    );

    let gate = bare(&desk, &["gate", "--list", "Internal_OptOuts", "--wait", "60", "--json=lines"]).exits(0);
    assert_eq!(kinds(&gate), ["answer"]);
    let reconciled = bare(&desk, &["reconcile", "--list", "Internal_OptOuts", "--json=lines"]).exits(0);
    assert_eq!(kinds(&reconciled), ["progress", "answer"]);
    let nothing = bare(&desk, &["resume", "--json=lines"]).exits(1);
    assert!(nothing.stdout.contains("nothing-to-resume"), "{}", nothing.all());
    assert!(!desk.files().iter().any(|file| file.contains(".local")), "the home stays as it was");
}

#[test]
fn without_yes_nobody_is_asked_and_nothing_is_sent() {
    let tenant = Tenant::calm();
    let desk = at_work(&tenant, FAST);
    let file = desk.work().join("numbers.csv");
    let upload = ["upload", file.to_str().unwrap(), "--list", "Internal_OptOuts", "--reason", "nightly"];
    bare(&desk, &upload).fails(2, "usage");
}

/// The units as they are shipped, but for the place of the program.
#[test]
fn the_examples_are_units_that_systemd_takes() {
    let assets = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/unattended");
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_quietline");
    let mut units = Vec::new();
    for name in ["quietline-upload@.service", "quietline-upload@.timer"] {
        let text = std::fs::read_to_string(assets.join(name)).unwrap();
        let text = text.replace("/usr/local/bin/quietline", program);
        std::fs::write(folder.path().join(name), text).unwrap();
        units.push(folder.path().join(name.replace('@', "@trial")));
    }
    let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output();
    // Only a machine with systemd can say.
    if let Ok(verify) = verify {
        let said = String::from_utf8_lossy(&verify.stderr);
        assert!(verify.status.success() && said.trim().is_empty(), "{said}");
    }
    // Whatever the examples type is a command line that the program knows.
    let desk = Desk::new();
    for name in ["quietline-upload@.service", "campaign-gate.conf", "crontab"] {
        let text = std::fs::read_to_string(assets.join(name)).unwrap();
        let mut typed = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((_, behind)) = line.split_once("quietline ") else { continue };
            let command = behind.split([';', '>', '&']).next().unwrap().replace(['"', '$', '{', '}'], "");
            // A reason of several words is one word to a shell.
            let words = command.split_whitespace().filter(|word| !["load", "of", "%i"].contains(word));
            let ended = desk.run(words);
            assert!(
                !ended.all().contains("[usage]") && !ended.all().contains("\"usage\""),
                "{}",
                ended.all()
            );
            typed += 1;
        }
        assert!(typed > 0, "{name}");
    }
}

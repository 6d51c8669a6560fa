//! The console starts, leaves in every way it can, and gives the terminal back as it was.

use std::process::{Command, Stdio};

use rstest::rstest;
use rustix::process::Signal;

use crate::harness::{Console, WIDE};

/// Stands on the first screen of the demo, and nowhere on a shell's.
const FIRST_SCREEN: &str = "Look-up";
/// A sentence of the help, whose first rows are about the pane it was opened on.
const HELP: &str = "Look the number up";

#[test]
fn the_demo_opens_on_the_look_up_of_the_sandbox() {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).wait_for("SANDBOX").wait_for("Number");
    assert!(console.screen().alternate_screen(), "{}", console.text());
}

#[rstest]
#[case::q_outside_the_field("<esc>q")]
#[case::ctrl_c("<c-c><c-c>")]
fn quitting_gives_the_terminal_back(#[case] keys: &str) {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).keys(keys);
    assert_eq!(console.wait_exit().exit_code(), 0, "{}", console.text());
    console.assert_restored();
}

#[rstest]
#[case(Signal::TERM, 15)]
#[case(Signal::HUP, 1)]
fn a_signal_gives_the_terminal_back(#[case] signal: Signal, #[case] number: u32) {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).signal(signal);
    let ended = console.wait_exit();
    assert!(
        ended.exit_code() == 128 + number || ended.exit_code() == 130 || ended.signal().is_some(),
        "a stop by signal is not a success: {ended:?}"
    );
    console.assert_restored();
}

#[test]
fn letters_in_the_number_field_are_text_and_do_not_quit() {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).keys("q7").wait_for("q7");
    assert!(console.shows("Number"), "{}", console.text());
}

#[test]
fn every_pane_is_a_key_away_and_survives_every_size() {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).keys("<esc>");
    let panes = [
        ("<f2>", "Lists"),
        ("<f3>", "Rules"),
        ("<f4>", "File"),
        ("<f5>", "Runs"),
        ("<f6>", "Reconcile"),
        ("<f7>", "Audit"),
    ];
    for (key, title) in panes {
        for size in [(200, 60), (80, 24), (40, 12), WIDE] {
            console.keys(key).resize(size);
        }
        console.wait_for(title);
    }
}

#[test]
fn a_window_too_small_says_so_and_recovers() {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).resize((30, 8)).wait_for("60").resize(WIDE).wait_for("Number");
}

#[test]
fn help_opens_and_closes_again() {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).keys("<esc>?").wait_for(HELP).keys("<esc>").wait_gone(HELP);
}

#[test]
fn without_a_terminal_it_refuses_and_says_why() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_quietline"))
        .arg("demo")
        .env("HOME", home.path())
        .env("QUIETLINE_DATA_DIR", home.path().join("data"))
        .env("QUIETLINE_CONFIG", home.path().join("quietline.toml"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("terminal"), "{complaint}");
    assert!(
        output.stdout.is_empty(),
        "a refused console wrote to stdout: {:?}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn the_demo_writes_nothing_outside_its_folders() {
    let mut console = Console::demo();
    console.wait_for(FIRST_SCREEN).keys("<esc>q");
    console.wait_exit();
    let left: Vec<String> = std::fs::read_dir(console.home())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "quietline")
        .collect();
    assert!(left.is_empty(), "left in the home folder: {left:?}");
}

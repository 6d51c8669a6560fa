//! Time and memory of processes.

use std::fs;
use std::path::Path;
use std::process::Command;

use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::files::{CheckOptions, Document, InputOptions};
use tokio_util::sync::CancellationToken;

use crate::process::{kilobytes, run_watched};

/// The program, in a home of its own.
pub fn quietline(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
    command.current_dir(home).envs(surroundings(home));
    command
}

/// Variables that keep the program away from the home of whoever measures.
pub fn surroundings(home: &Path) -> Vec<(&'static str, std::ffi::OsString)> {
    let folders = [
        ("HOME", home.into()),
        ("XDG_CONFIG_HOME", home.join("config")),
        ("XDG_DATA_HOME", home.join("xdg-data")),
        ("QUIETLINE_CONFIG", home.join("quietline.toml")),
        ("QUIETLINE_DATA_DIR", home.join("data")),
    ];
    folders.into_iter().map(|(name, folder)| (name, folder.into_os_string())).collect()
}

/// Peak memory of checking next to nothing: what the program needs before it reads a row.
pub fn floor(home: &Path) -> u64 {
    let file = home.join("one-row.csv");
    fs::write(&file, "phone\n202-555-0123\n").unwrap();
    let mut command = quietline(home);
    command.args(["check", file.to_str().unwrap(), "--json"]);
    run_watched(&mut command).peak
}

/// Bytes that this process holds more with a checked file and its index than without. `small` is checked before: the tables
/// that it loads are there once, whatever the file.
pub fn held(file: &Path, small: &Path) -> u64 {
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        kilobytes(&status, "VmRSS:") * 1024
    };
    drop(checked(small));
    let before = resident();
    let (document, checked) = checked(file);
    let held = resident().saturating_sub(before);
    assert!(checked.valid > 0 && document.index_state().complete);
    held
}

fn checked(file: &Path) -> (Document, quietline::files::Checked) {
    let document = Document::open(file, &InputOptions::default()).unwrap();
    let stop = CancellationToken::new();
    document.build_index(&stop, &mut |_| {}).unwrap();
    let options = CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T00:00:00Z".parse().unwrap(),
        date_order: None,
    };
    let checked = quietline::files::check(&document, &options, &stop, &mut |_| {}).unwrap();
    (document, checked)
}

/// The median of so many measurements.
pub fn median(rounds: usize, mut measure: impl FnMut() -> f64) -> f64 {
    let mut values: Vec<f64> = (0..rounds).map(|_| measure()).collect();
    values.sort_by(f64::total_cmp);
    values[rounds / 2]
}

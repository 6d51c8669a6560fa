//! Plans and runs of any size: memory and time of a plan of ten million rows against a list of ten million, CPU of a row
//! from the file to its verdict, and how soon a run of a million rows that was killed sends again.
//!
//! `just bench-engine` measures everything; `cargo bench --bench engine -- plan 1000000` one thing, with that many rows.
//! The tenant is in this process, makes its entries up as they are asked for, and refuses nothing; what is measured is the
//! program alone, as a user runs it. Ends with a failure where a promise is broken.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it measures, and prints what it measured")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../support/process.rs"]
mod process;
mod tenant;

use process::{Measured, run_watched};
use serde_json::Value;
use tenant::Tenant;

const PLAN_ROWS: u64 = 10_000_000;
const RUN_ROWS: u64 = 1_000_000;
/// Memory of a plan beside its rows, and what each row of the file may take.
const PLAN_MEGABYTES: f64 = 400.0;
/// Microseconds of CPU that a row may cost, from the file to its verdict.
const ROW_MICROS: f64 = 50.0;
/// How soon a run sends again.
const AGAIN_WITHIN: Duration = Duration::from_secs(3);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wants =
        |name: &str| !words.iter().any(|word| !is_number(word)) || words.iter().any(|word| word == name);
    let rows = words.iter().find_map(|word| word.parse().ok());
    println!("| what | result |\n|---|---|");
    if wants("plan") {
        plan(rows.unwrap_or(PLAN_ROWS));
    }
    if wants("run") {
        run(rows.unwrap_or(RUN_ROWS));
    }
    if wants("again") {
        again(rows.unwrap_or(RUN_ROWS));
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A file of so many numbers, half of which stand on a list of as many.
fn plan(rows: u64) {
    let home = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(rows / 2..rows / 2 + rows);
    tenant.write_profile(home.path());
    let file = write_file(home.path(), rows);
    for (what, is_first) in
        [("first plan, which keeps the baseline", true), ("plan of a list that is known", false)]
    {
        let (said, used) =
            watched(quietline(home.path()).arg("plan").arg(&file).args(["--list", "L1", "--json"]));
        let add = said["add"].as_u64().unwrap_or_else(|| panic!("{said}"));
        assert_eq!(add, rows / 2, "{said}");
        tell(&format!("{what}: {rows} rows against {rows} entries"), &used, rows);
        assert!(is_first || megabytes(&used) <= PLAN_MEGABYTES, "a plan takes {:.0} MB", megabytes(&used));
    }
}

/// Everything that a run costs, from the file to the last verdict.
fn run(rows: u64) {
    let home = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(0..0);
    tenant.write_profile(home.path());
    let file = write_file(home.path(), rows);
    let (said, used) = watched(&mut upload(quietline(home.path()), &file));
    assert_eq!(said["accepted"].as_u64(), Some(rows), "{said}");
    tell(&format!("upload of {rows} rows, 100 in a call"), &used, rows);
    let micros = used.cpu.as_secs_f64() * 1e6 / rows as f64;
    assert!(micros < ROW_MICROS, "a row costs {micros:.1} µs of CPU");
}

/// A run is killed while it sends, and goes on.
fn again(rows: u64) {
    let home = tempfile::tempdir().unwrap();
    let tenant = Tenant::start(0..0);
    tenant.write_profile(home.path());
    let file = write_file(home.path(), rows);
    let mut child = upload(quietline(home.path()), &file).stdout(Stdio::null()).spawn().unwrap();
    let half = rows / 200;
    tenant.until(half);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = tenant.written();
    let begun = Instant::now();
    let mut child = quietline(home.path())
        .args(["resume", "--until", "uploaded", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    tenant.until(before + 1);
    let took = begun.elapsed();
    let said: Value = serde_json::from_reader(child.stdout.take().unwrap()).unwrap();
    child.wait().unwrap();
    assert_eq!(said["accepted"].as_u64(), Some(rows), "{said}");
    println!("| a killed run of {rows} rows sends again after | {:.2} s |", took.as_secs_f64());
    assert!(took < AGAIN_WITHIN, "it takes {took:?} until it sends again");
}

/// Runs a command to its end: the JSON that it printed, and what it took.
fn watched(command: &mut Command) -> (Value, Measured) {
    let used = run_watched(command);
    let said = serde_json::from_str(&used.output).unwrap_or_else(|_| panic!("no JSON but {:?}", used.output));
    (said, used)
}

fn megabytes(used: &Measured) -> f64 {
    used.peak as f64 / 1_048_576.0
}

fn tell(what: &str, used: &Measured, rows: u64) {
    println!(
        "| {what} | {:.1} s, {:.0} MB at the most, {:.1} µs of CPU a row |",
        used.took.as_secs_f64(),
        megabytes(used),
        used.cpu.as_secs_f64() * 1e6 / rows as f64
    );
}

fn upload(mut command: Command, file: &Path) -> Command {
    command.arg("upload").arg(file).args(["--list", "L1", "--reason", "measured", "--yes"]);
    command.args(["--until", "uploaded", "--json", "--quiet"]);
    command
}

/// The made-up numbers of a tenant's line, in a spelling that has to be normalised.
fn write_file(folder: &Path, rows: u64) -> std::path::PathBuf {
    use std::io::Write as _;
    let file = folder.join("numbers.csv");
    let mut out = std::io::BufWriter::new(fs::File::create(&file).unwrap());
    writeln!(out, "phone,jurisdiction,source").unwrap();
    for n in 0..rows {
        let (area, rest) = tenant::number(n);
        writeln!(out, "({area}) {}-{:04},US-DC,measured", rest / 10_000, rest % 10_000).unwrap();
    }
    out.flush().unwrap();
    file
}

/// The program, in a home of its own.
fn quietline(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
    command
        .current_dir(home)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .env("HOME", home)
        .env("QUIETLINE_CONFIG", home.join("quietline.toml"))
        .env("QUIETLINE_DATA_DIR", home.join("data"))
        .env("QUIETLINE_CLIENT_ID", tenant::WORD)
        .env("QUIETLINE_CLIENT_SECRET", tenant::WORD);
    command
}

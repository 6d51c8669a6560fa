//! The figures of the README's performance section, measured on the program as a user runs it.
//!
//! `cargo bench` measures everything, `cargo bench -- upload` or `-- check` one of them. What it prints are the rows of
//! the table; it fails when the promise on the rate is broken.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it measures, and prints what it measured")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use serde_json::Value;

#[path = "support/process.rs"]
mod process;

use process::run_watched;

const LIST: &str = "Trial_Imports";
/// The tenant's limit, which the sandbox enforces.
const CALLS_PER_SECOND: f64 = 50.0;
/// 1,000 calls of 100 rows: long enough for the start not to matter.
const UPLOAD_ROWS: usize = 100_000;
const CHECK_ROWS: usize = 1_000_000;
/// Share of the allowed rate that a steady upload must use.
const PROMISED_SHARE: f64 = 0.98;

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    println!("| what | result |\n|---|---|");
    if wants("check") {
        check();
    }
    if wants("upload") {
        upload();
    }
}

/// Validating a million rows: time and peak memory.
fn check() {
    let home = tempfile::tempdir().unwrap();
    let file = write_numbers(home.path(), CHECK_ROWS);
    let bytes = fs::metadata(&file).unwrap().len();
    let measured = run_watched(quietline(home.path()).args(["check", file.to_str().unwrap(), "--json"]));
    let seconds = measured.took.as_secs_f64();
    let report: Value = serde_json::from_str(&measured.output).unwrap();
    assert_eq!(report["rows"], CHECK_ROWS, "{report}");
    println!(
        "| `check` of {CHECK_ROWS} rows ({} MB) | {seconds:.1} s, {:.0} rows/s |",
        bytes / 1_000_000,
        CHECK_ROWS as f64 / seconds
    );
    println!("| its peak memory | {} MB |", measured.peak / 1_048_576);
    println!("| its CPU | {:.1} s |", measured.cpu.as_secs_f64());
}

/// A steady upload against the calm tenant: share of the allowed rate, and refusals that we caused.
fn upload() {
    let home = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(home.path());
    let file = write_numbers(home.path(), UPLOAD_ROWS);
    let mut command = quietline(home.path());
    command
        .args([
            "upload",
            file.to_str().unwrap(),
            "--list",
            LIST,
            "--reason",
            "measured",
            "--yes",
            "--until",
            "uploaded",
            "--json",
        ])
        .env("QUIETLINE_CLIENT_ID", &sandbox.client_id)
        .env("QUIETLINE_CLIENT_SECRET", &sandbox.client_secret);
    let measured = run_watched(&mut command);
    let run: Value = serde_json::from_str(&measured.output).unwrap();
    assert_eq!(run["accepted"], UPLOAD_ROWS, "{run}");

    let calls = sandbox.entry_writes();
    let first = calls.first().unwrap().0;
    let span = calls.last().unwrap().0.duration_since(first).as_secs_f64();
    let rate = (calls.len() - 1) as f64 / span;
    let share = rate / CALLS_PER_SECOND;
    let refused = calls.iter().filter(|(_, status)| *status == 429).count();
    println!(
        "| upload of {UPLOAD_ROWS} rows: calls per second | {rate:.1} of {CALLS_PER_SECOND:.0} allowed ({:.1} %) |",
        share * 100.0
    );
    println!("| 429 answers caused by us in that run | {refused} |");
    println!("| its peak memory | {} MB |", measured.peak / 1_048_576);
    assert!(share >= PROMISED_SHARE, "only {:.1} % of the allowed rate is used", share * 100.0);
    assert_eq!(refused, 0, "the tenant had to refuse calls");
}

/// Numbers of made-up subscribers, one a row, in a spelling that has to be normalised.
fn write_numbers(folder: &Path, rows: usize) -> PathBuf {
    const AREA_CODES: [usize; 20] =
        [201, 203, 205, 207, 208, 209, 210, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234];
    let mut text = String::from("phone,source\n");
    for n in 0..rows {
        let (line, block) = (n % 10_000, n / 10_000);
        let (area, exchange) = (AREA_CODES[block % AREA_CODES.len()], 320 + block / AREA_CODES.len());
        let _ = writeln!(text, "({area}) {exchange}-{line:04},measured");
    }
    let file = folder.join("numbers.csv");
    fs::write(&file, text).unwrap();
    file
}

/// The calm tenant in a process of its own.
struct Sandbox {
    child: Child,
    api_url: String,
    client_id: String,
    client_secret: String,
}

impl Sandbox {
    /// Starts it and writes a profile for it.
    fn start(home: &Path) -> Self {
        let mut child = quietline(home)
            .args(["sandbox", "serve", "--port", "0", "--seed", "7", "--story", "calm", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let word = |name: &str| said[name].as_str().unwrap().to_owned();
        let config = format!(
            "default_profile = \"measure\"\n[profiles.measure]\npreset = \"custom\"\nenvironment = \"sandbox\"\n\
             credentials = \"env\"\ntoken_url = \"{}\"\napi_url = \"{}\"\n",
            word("token_url"),
            word("api_url"),
        );
        fs::write(home.join("quietline.toml"), config).unwrap();
        Self {
            api_url: word("api_url"),
            client_id: word("client_id"),
            client_secret: word("client_secret"),
            child,
        }
    }

    /// Time and status of every write, from the tenant's own log.
    fn entry_writes(&self) -> Vec<(Timestamp, u64)> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("{}/__sandbox/log", self.api_url.trim_end_matches("/api/v2"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let log: Value = runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client.get(url).send().await.unwrap().json().await.unwrap()
        });
        let writes = log.as_array().unwrap().iter();
        writes
            .filter(|line| {
                line["method"] == "POST" && line["path"].as_str().unwrap().ends_with("/dnc/entries")
            })
            .map(|line| (line["time"].as_str().unwrap().parse().unwrap(), line["status"].as_u64().unwrap()))
            .collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, in a home of its own.
fn quietline(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
    command
        .current_dir(home)
        .stdin(Stdio::null())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("xdg-data"))
        .env("QUIETLINE_CONFIG", home.join("quietline.toml"))
        .env("QUIETLINE_DATA_DIR", home.join("data"));
    command
}

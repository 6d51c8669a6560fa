//! The figures of reading large files, beside DuckDB, xan and csvlens on the same machine in the same run.
//!
//! `just bench-intake` measures everything on ten million rows; `cargo bench --bench intake -- 1000000` on fewer. The other
//! programs are looked for, and installed by name into `target/bench-intake` if they are missing; what cannot be had is
//! said and left out. Absolute times say little on a shared machine: read the ratios.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it measures, and prints what it measured")]

use std::fs;
use std::path::{Path, PathBuf};

mod generate;
mod measure;
mod peers;
#[path = "../support/process.rs"]
mod process;
mod screen;

use measure::median;
use peers::{Expressions, Peers};
use process::{Measured, run_watched};

/// Measurements of each thing; the median counts.
const ROUNDS: usize = 5;
const ROWS: u64 = 10_000_000;

fn main() {
    let rows = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(ROWS);
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("bench-intake");
    fs::create_dir_all(&home).unwrap();
    let file = made(&home, rows);
    let peers = Peers::find(&home);
    println!(
        "{rows} rows, {} MB; medians of {ROUNDS} rounds in turn\n",
        fs::metadata(&file).unwrap().len() / 1_000_000
    );
    println!("| what | here | beside | ratio |\n|---|---|---|---|");
    screens(&home, &file, &peers);
    index(&file, &peers);
    check(&home, &file, rows, &peers);
    flat(&home, rows);
    screen::keys(&home, &file);
}

/// The generated file, kept from one run to the next.
fn made(home: &Path, rows: u64) -> PathBuf {
    let file = home.join(format!("rows-{rows}-v1.csv"));
    if !file.exists() {
        let unfinished = home.join("unfinished.csv");
        generate::write(&unfinished, rows).unwrap();
        fs::rename(&unfinished, &file).unwrap();
    }
    // Read once, so that every program finds it in memory.
    let _ = std::io::copy(&mut fs::File::open(&file).unwrap(), &mut std::io::sink()).unwrap();
    file
}

/// From the start of the process to the first rows in the terminal.
fn screens(home: &Path, file: &Path, peers: &Peers) {
    let ours = median(ROUNDS, || screen::first(screen::quietline(home, file), screen::SECOND_ROW));
    let theirs = peers
        .csvlens
        .as_ref()
        .map(|it| median(ROUNDS, || screen::first(it.command(file), screen::SECOND_ROW)));
    row("first rows on the screen", ours, theirs.map(|it| ("csvlens", it)));
}

/// Where every row begins.
fn index(file: &Path, peers: &Peers) {
    let ours = median(ROUNDS, || {
        let started = std::time::Instant::now();
        let document =
            quietline::files::Document::open(file, &quietline::files::InputOptions::default()).unwrap();
        document.build_index(&tokio_util::sync::CancellationToken::new(), &mut |_| {}).unwrap();
        started.elapsed().as_secs_f64()
    });
    let theirs =
        peers.xan.as_ref().map(|xan| median(ROUNDS, || run_watched(&mut xan.count(file)).took.as_secs_f64()));
    row("index of every row", ours, theirs.map(|it| ("xan count -p", it)));
}

/// Everything that `check` does, against expressions over three columns and nothing else.
fn check(home: &Path, file: &Path, rows: u64, peers: &Peers) {
    let (mut ours, mut digits, mut form) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(checked(home, file, rows));
        if let Some(duckdb) = &peers.duckdb {
            digits.push(duckdb.count(file, Expressions::Digits));
            form.push(duckdb.count(file, Expressions::Form));
        }
    }
    let cpu = median_of(ours.iter().map(|it| it.cpu.as_secs_f64()).collect());
    println!("| CPU of that | {:.0} ns a row | | |", cpu / rows as f64 * 1e9);
    let seconds = median_of(ours.iter().map(|it| it.took.as_secs_f64()).collect());
    let beside = |name, theirs: Vec<f64>| (!theirs.is_empty()).then(|| (name, median_of(theirs)));
    row("validation with duplicates", seconds, beside("DuckDB, digits and expressions only", digits));
    row("the same", seconds, beside("DuckDB, the form of cells only", form));
    println!("| rows a second | {:.1} M | | |", rows as f64 / seconds / 1e6);
    let (least, peak) = (measure::floor(home), ours.iter().map(|it| it.peak).max().unwrap_or(0));
    println!(
        "| memory at its peak | {} MB, {:.1} bytes a row above an empty run | | |",
        peak >> 20,
        peak.saturating_sub(least) as f64 / rows as f64
    );
    let held = measure::held(file, &made(home, 1000));
    println!("| memory held behind it | {:.1} bytes a row | | |", held as f64 / rows as f64);
}

/// The cost of a row in a small and in a large file.
fn flat(home: &Path, rows: u64) {
    let cost = |rows: u64| {
        let file = made(home, rows);
        median(ROUNDS, || checked(home, &file, rows).took.as_secs_f64()) / rows as f64 * 1e9
    };
    let (small, large) = (cost(rows / 10), cost(rows * 2));
    println!(
        "| nanoseconds a row: {} rows, {} rows | {small:.0} | {large:.0} | {:.2} |",
        rows / 10,
        rows * 2,
        large / small
    );
}

fn checked(home: &Path, file: &Path, rows: u64) -> Measured {
    let mut command = measure::quietline(home);
    command.args(["check", file.to_str().unwrap(), "--json"]);
    let measured = run_watched(&mut command);
    let report: serde_json::Value = serde_json::from_str(&measured.output).unwrap();
    assert_eq!(report["rows"], rows, "{report}");
    measured
}

fn median_of(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(what: &str, ours: f64, theirs: Option<(&str, f64)>) {
    let ms = |seconds: f64| format!("{:.0} ms", seconds * 1000.0);
    match theirs {
        Some((name, theirs)) => {
            println!("| {what} | {} | {name}: {} | {:.2} |", ms(ours), ms(theirs), theirs / ours);
        }
        None => println!("| {what} | {} | not there | |", ms(ours)),
    }
}

//! Files people really have, and files that nobody should have: what the intake says about each.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use proptest::prelude::*;
use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::domain::problem::{Code, Severity};
use quietline::files::{
    Changes, CheckEvent, CheckOptions, Checked, DateOrder, Document, Field, FileError, InputOptions,
    ReportFormat, check, write_clean, write_rejects, write_report,
};
use rstest::rstest;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

#[path = "../common/conservation.rs"]
mod conservation;

mod archives;
mod beside;
mod cells;
mod changes;
mod containers;
mod emails;
mod given;
mod laws;
mod layout;
mod out;
mod preamble;
mod ranges;
mod reading;
mod refused;
mod registry_xml;
mod report;
mod samples;
mod sheets;
mod text;
mod widths;

fn options() -> CheckOptions {
    CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        date_order: None,
    }
}

/// A file of these bytes in a folder of its own.
fn stored(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn check_document(document: &Document) -> Result<Checked, FileError> {
    check(document, &options(), &CancellationToken::new(), &mut |_| {})
}

fn check_with(bytes: impl AsRef<[u8]>, input: &InputOptions) -> Result<Checked, FileError> {
    let (_folder, path) = stored("list.csv", bytes);
    check_document(&Document::open(&path, input)?)
}

fn check_bytes(bytes: impl AsRef<[u8]>) -> Result<Checked, FileError> {
    check_with(bytes, &InputOptions::default())
}

thread_local! {
    /// Folders that last as long as the test: a document whose file is gone shows no rows.
    static FOLDERS: RefCell<Vec<TempDir>> = const { RefCell::new(Vec::new()) };
}

fn open_bytes(bytes: impl AsRef<[u8]>) -> Result<Document, FileError> {
    let (folder, path) = stored("list.csv", bytes);
    FOLDERS.with_borrow_mut(|folders| folders.push(folder));
    Document::open(&path, &InputOptions::default())
}

/// Numbers and addresses that become intents.
fn numbers(checked: &Checked) -> Vec<String> {
    checked.intents.iter().map(|intent| intent.identifier.whole()).collect()
}

/// Codes of one row, in order.
fn codes(checked: &Checked, row: u64) -> Vec<Code> {
    checked.problems.iter().filter(|p| p.place.row == row).map(|p| p.code).collect()
}

fn rejections(checked: &Checked) -> Vec<(u64, Code)> {
    let rejected = checked.problems.iter().filter(|p| p.code.severity() == Severity::Rejection);
    rejected.map(|p| (p.place.row, p.code)).collect()
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples").join(name)
}

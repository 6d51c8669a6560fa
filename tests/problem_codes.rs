//! The page of problem codes is written from the table of codes, so that it cannot fall behind.
//! `QUIETLINE_BLESS=1 cargo test --test problem_codes` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use quietline::domain::problem::{Code, Severity};

fn page_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/problem-codes.md")
}

/// The page: one row per code, in the order of the table.
fn page() -> String {
    let mut page = String::from(
        "# Problem codes\n\n\
         What `quietline check` and the problems pane can say about a row. The list is closed and the codes are stable: scripts may\n\
         rely on them. *rejected*: the row is not uploaded and is written to the rejects file. *warning*: the row is used. Problems of\n\
         the file as a whole stand at row 0.\n\n\
         | code | effect | meaning |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let effect = match code.severity() {
            Severity::Rejection => "rejected",
            Severity::Warning => "warning",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {effect} | {} |", code.as_str(), code.title());
    }
    page.push_str("\nWritten from the source by `QUIETLINE_BLESS=1 cargo test --test problem_codes`.\n");
    page
}

#[test]
fn the_page_says_what_the_program_says() {
    if std::env::var_os("QUIETLINE_BLESS").is_some() {
        fs::create_dir_all(page_path().parent().unwrap()).unwrap();
        fs::write(page_path(), page()).unwrap();
    }
    let committed = fs::read_to_string(page_path()).unwrap_or_default();
    assert!(
        committed == page(),
        "assets/problem-codes.md is out of date: QUIETLINE_BLESS=1 cargo test --test problem_codes"
    );
}

#[test]
fn codes_are_unique_and_can_be_read_back() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len(), "two codes share a name");
    for code in Code::ALL {
        assert_eq!(Code::from_name(code.as_str()), Some(*code));
        assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", code.as_str());
    }
}

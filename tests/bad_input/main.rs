//! Bad input: each of the ninety-four kinds of it through `quietline check --json`, in little memory and in time.
//!
//! The files and what must come of them stand in `cases`; the same files go through the File pane in
//! `src/tui/panes/file/bad_input.rs`.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cases;
mod moving;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cases::{Case, Outcome};
use program::Ended;
use serde_json::json;

#[test]
fn every_kind_of_bad_input_has_a_case() {
    let cases = cases::all();
    let mut have: BTreeSet<u8> = cases.iter().map(|case| case.number).collect();
    have.insert(moving::NUMBER);
    assert_eq!(have, (1..=94).collect());
    assert!(cases.iter().flat_map(|case| &case.shown).all(|words| !words.is_empty()));
}

/// Checks the cases of these numbers; all that differ are told at once.
fn holds(numbers: RangeInclusive<u8>) {
    let wrong: Vec<String> =
        cases::all().iter().filter(|case| numbers.contains(&case.number)).filter_map(differs).collect();
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n\n"));
}

/// What is wrong about a case; `None` where all is as it must be.
fn differs(case: &Case) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = case.build(folder.path());
    let ended = program::check(&path, &case.flags);
    let told = match ended.trouble() {
        Some(trouble) => trouble,
        None => compare(&case.outcome, &ended)?,
    };
    Some(format!("{}\n  {told}\n  exit {:?}: {}{}", case.title(), ended.code, ended.stdout, ended.stderr))
}

fn compare(outcome: &Outcome, ended: &Ended) -> Option<String> {
    let said = ended.json();
    let (expected, found) = match outcome {
        Outcome::Checked(valid, duplicates, rejected, codes) => {
            let codes: BTreeMap<&str, u64> = codes.iter().copied().collect();
            let rows = valid + duplicates + rejected;
            (
                json!([u8::from(*rejected > 0), rows, valid, duplicates, rejected, codes]),
                json!([
                    ended.code,
                    said["rows"],
                    said["valid"],
                    said["duplicates"],
                    said["rejected"],
                    said["problems"]
                ]),
            )
        }
        Outcome::Refused(code, words) => {
            let message = said["error"]["message"].as_str().unwrap_or_default();
            let told = if message.contains(words) { words } else { message };
            (json!([3, code, words]), json!([ended.code, said["error"]["code"], told]))
        }
        Outcome::Asked(flag, title) => {
            assert!(!title.is_empty());
            let advice = said["error"]["advice"].as_str().unwrap_or_default();
            let named = if advice.contains(flag) { flag } else { advice };
            (json!([3, "needs-choice", flag]), json!([ended.code, said["error"]["code"], named]))
        }
    };
    (expected != found).then(|| format!("{expected} was expected, not\n  {found}"))
}

#[test]
fn encodings() {
    holds(1..=12);
}

#[test]
fn lines_and_quotes() {
    holds(13..=25);
}

#[test]
fn shapes_and_headers() {
    holds(26..=38);
}

#[test]
fn numbers() {
    holds(39..=57);
}

#[test]
fn duplicates_dates_and_registries() {
    holds(58..=65);
}

#[test]
fn hostile_cells_and_names() {
    holds(66..=69);
    holds(93..=93);
}

#[test]
fn other_kinds_of_files() {
    holds(70..=74);
    holds(84..=84);
}

#[test]
fn workbooks() {
    holds(75..=83);
}

#[test]
fn special_files() {
    holds(85..=91);
}

#[test]
fn large_files() {
    holds(92..=92);
    holds(94..=94);
}

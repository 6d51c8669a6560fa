//! The rows of a file that are none of its plan: duplicates, and rejected rows, whom of those can be told.

use tokio_util::sync::CancellationToken;

use crate::domain::identifier::{Email, Identifier};
use crate::domain::problem::{Code, Problem, Severity};
use crate::files::{CheckOptions, Checked, Document, Record};
use crate::ledger::{self, OtherRow, Whom};
use crate::ops::OpsError;

/// Records that are read at once.
const PAGE: usize = 500;

/// Cells of a rejected record that are looked at, and digits that may be a number.
const CELLS: usize = 64;
const FEWEST_DIGITS: usize = 5;

/// Tells every such row. A rejected record is told for whoever it names in any cell, as a number and as bare digits: whoever
/// asks later must not hear nothing because a cell could not be read. Blocking.
pub(in crate::ops) fn tell(
    document: &Document,
    checked: &Checked,
    options: &CheckOptions,
    stop: &CancellationToken,
    each: &mut dyn FnMut(OtherRow) -> Result<(), ledger::Error>,
) -> Result<(), OpsError> {
    let is_repeat = |problem: &Problem| matches!(problem.code, Code::Duplicate | Code::ConflictingDuplicate);
    let is_rejection = |problem: &Problem| problem.code.severity() == Severity::Rejection;
    for problem in checked.problems.iter().filter(|problem| problem.place.row > 0 && is_repeat(problem)) {
        if let Some(identifier) = Identifier::from_whole(&problem.raw) {
            each(OtherRow { whom: Whom::Known(identifier), row: problem.place.row, rejected: None })?;
        }
    }
    let mut rejections =
        checked.problems.iter().filter(|problem| problem.place.row > 0 && is_rejection(problem)).peekable();
    while let Some(next) = rejections.peek() {
        if stop.is_cancelled() {
            return Err(OpsError::Stopped);
        }
        let records = document.rows(next.place.row, PAGE)?;
        let mut reached = next.place.row;
        for record in &records {
            reached = record.place.row;
            while let Some(problem) = rejections.next_if(|problem| problem.place.row <= reached) {
                if problem.place.row == reached {
                    record_of(record, options, problem.code, each)?;
                }
                cell(&problem.raw, options, (problem.place.row, problem.code), each)?;
            }
        }
        // What the index has not reached is known by the cell that was to blame.
        while let Some(problem) = rejections.next_if(|problem| problem.place.row <= reached) {
            cell(&problem.raw, options, (problem.place.row, problem.code), each)?;
        }
    }
    Ok(())
}

fn record_of(
    record: &Record,
    options: &CheckOptions,
    code: Code,
    each: &mut dyn FnMut(OtherRow) -> Result<(), ledger::Error>,
) -> Result<(), OpsError> {
    record.fields.iter().take(CELLS).try_for_each(|text| cell(text, options, (record.place.row, code), each))
}

/// Whoever a cell may name: as a whole, and by its parts where it has several.
fn cell(
    text: &str,
    options: &CheckOptions,
    (row, code): (u64, Code),
    each: &mut dyn FnMut(OtherRow) -> Result<(), ledger::Error>,
) -> Result<(), OpsError> {
    let mut told = |whom| each(OtherRow { whom, row, rejected: Some(code.as_str()) });
    let parts = text.split([',', ';', '/', '|', '\n', '\r', '\t', '&']).take(CELLS);
    for part in std::iter::once(text).chain(parts.filter(|part| part.len() < text.len())) {
        for whom in whom_in(part, options) {
            told(whom)?;
        }
    }
    Ok(())
}

/// Whom a text means, in every way in which somebody may ask for it.
pub(super) fn whom_in(text: &str, options: &CheckOptions) -> Vec<Whom> {
    if let Some(email) = Email::parse(text) {
        return vec![Whom::Known(email.into())];
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < FEWEST_DIGITS {
        return Vec::new();
    }
    let phone = options.normaliser.normalise(text).ok();
    let known = phone.map(|phone| Whom::Known(phone.number.into()));
    known.into_iter().chain([Whom::Digits(digits)]).collect()
}

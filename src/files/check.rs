//! Validation of a whole file: every row ends as an intent, a duplicate or a rejection, and every byte is accounted for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::out::problem_columns::Dates;
use super::scan::split::Fields;
use super::sniff;
use super::stretches::Cut;
use super::{DateOrder, Document, Field, FileError, Record, changes};
use crate::domain::entry::Attributes;
use crate::domain::identifier::Identifier;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::{Normaliser, NotANumber};
use crate::domain::problem::{Code, Problem, Problems};

mod cells;
mod chunk;
mod emails;
mod facts;
mod fold;
mod give_back;
mod intents;
mod late;
mod memory;
mod pass;
mod quick;
mod read;
mod refuse;
mod row;
mod segment;
mod tally;
#[cfg(test)]
mod tests;
mod unseen;

pub use intents::Intents;
use row::{Expiry, RowReader, Whom};

/// What validation needs to know beside the file.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// The one normaliser.
    pub normaliser: Normaliser,
    /// Now: expiries before it are past.
    pub now: Timestamp,
    /// Order of day and month, where the person said it.
    pub date_order: Option<DateOrder>,
}

/// What a running check tells.
#[derive(Clone, Debug)]
pub enum CheckEvent {
    /// How far it is.
    Progress {
        /// Bytes read.
        bytes: u64,
        /// Bytes in all.
        total: u64,
        /// Data rows so far.
        rows: u64,
        /// Rows rejected so far.
        rejected: u64,
    },
    /// Problems found since the last event, in file order.
    Problems(Problems),
}

/// A number that the file wants suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Whom it means.
    pub identifier: Identifier,
    /// The strongest attributes of all its rows.
    pub attributes: Attributes,
    /// The first data row that carries it.
    pub row: u64,
}

/// The conservation law over bytes: `bom + header + records + blanks + comments + other` is the size of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accounting {
    /// Bytes of the file.
    pub size: u64,
    /// Byte order mark.
    pub bom: u64,
    /// Header line (and `sep=` line), with its line ending.
    pub header: u64,
    /// Data records, with their line endings.
    pub records: u64,
    /// Blank lines.
    pub blanks: u64,
    /// Comment lines (`#` at the start, only above the first record).
    pub comments: u64,
    /// A trailing 0x1A.
    pub other: u64,
}

impl Accounting {
    /// Whether the parts tile the file.
    pub fn is_conserved(&self) -> bool {
        self.size == self.bom + self.header + self.records + self.blanks + self.comments + self.other
    }
}

/// What a file holds once it is checked. `rows = valid + duplicates + rejected`.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// SHA-256 of the file as stored, lower-case hex.
    pub sha256: String,
    /// Data records of the file.
    pub records: u64,
    /// Rows: one for each record; where several columns hold numbers, one for each filled cell of them; where rows are
    /// ranges, one for each number of a sound range. A range that is not sound is one row.
    pub rows: u64,
    /// Rows that become an intent.
    pub valid: u64,
    /// Rows that are rejected.
    pub rejected: u64,
    /// Rows whose number another row carries.
    pub duplicates: u64,
    /// Rows with at least one warning that are not rejected.
    pub warnings: u64,
    /// Problems by code. `inferred-jurisdiction` counts rows here; it is not listed row by row in `problems`. Duplicates
    /// are counted each too, of which a range is listed with one of each kind.
    pub counts: BTreeMap<Code, u64>,
    /// Every problem in file order, file-wide ones (row 0) first.
    pub problems: Problems,
    /// Every number once, sorted by number.
    pub intents: Intents,
    /// The order of day and month.
    pub(super) dates: Dates,
    /// Where every byte went.
    pub accounting: Accounting,
    /// How long it took.
    pub seconds: f64,
}

/// How one record reads under the present mapping: for the preview.
#[derive(Clone, Debug)]
pub struct Interpreted {
    /// Whom it means: its number, or where it has none its address.
    pub whom: Result<Identifier, NotANumber>,
    /// Whom else: its further numbers and its address, where several columns hold them and are filled.
    pub more: Vec<Result<Identifier, NotANumber>>,
    /// How many numbers it stands for, from the first on: more than one where it is a range.
    pub count: u64,
    /// Its jurisdiction, and whether it was inferred.
    pub jurisdiction: Option<(Jurisdiction, bool)>,
    /// Its expiry: `Ok(None)` = for ever.
    pub expires: Result<Option<Timestamp>, Code>,
    /// Its source.
    pub source: Option<String>,
    /// Problems of this row alone (no duplicates).
    pub problems: Vec<Problem>,
}

impl Document {
    /// Reads one record as validation would. Where day and month of a date could be either, the order that the first rows
    /// prove is taken; validation asks the whole file.
    pub fn interpret(&self, record: &Record, options: &CheckOptions) -> Interpreted {
        let reader = RowReader::new(self, options);
        let fields: Fields = record.fields.iter().map(String::as_str).collect();
        let mut problems = Vec::new();
        let row = reader.read(&record.faults, &fields, record.place, &mut problems);
        let expires = match row.expires {
            Expiry::Known(at) => Ok(at),
            Expiry::Bad(code) => Err(code),
            Expiry::Either { dmy, mdy } => {
                let at = match self.date_order_hint() {
                    Some(DateOrder::Dmy) => Some(dmy),
                    Some(DateOrder::Mdy) => Some(mdy),
                    _ => None,
                };
                match at {
                    None => Err(Code::AmbiguousDate),
                    Some(at) if at <= options.now => Err(Code::PastExpiry),
                    Some(at) => Ok(Some(at)),
                }
            }
        };
        if let (Expiry::Either { .. }, Err(code)) = (row.expires, expires) {
            problems.push(row::late_date_problem(&reader, code, record.place, reader.expires_cell(&fields)));
        }
        let mut entries = row.entries.into_iter();
        // A row has at least one.
        let missing = || NotANumber { code: Code::MissingNumber, hint: Code::MissingNumber.hint() };
        let first = entries.next();
        let jurisdiction = first.as_ref().and_then(|entry| entry.jurisdiction);
        let count = first.as_ref().map_or(1, |entry| entry.count);
        Interpreted {
            whom: first.map_or_else(|| Err(missing()), |entry| entry.whom).map(Whom::into_identifier),
            more: entries.map(|entry| entry.whom.map(Whom::into_identifier)).collect(),
            count,
            jurisdiction,
            expires,
            source: row.source.map(str::to_owned),
            problems,
        }
    }
}

/// Validates the whole file. Blocking. Verifies both conservation laws before it returns.
pub fn check(
    document: &Document,
    options: &CheckOptions,
    stop: &CancellationToken,
    events: &mut dyn FnMut(CheckEvent),
) -> Result<Checked, FileError> {
    check_by(document, options, &read::Plan::usual(), stop, events)
}

/// The same with the file cut into stretches of `bytes` that so many threads read: for tests, which hold that nothing depends
/// on it.
#[doc(hidden)]
pub fn check_in_stretches(
    document: &Document,
    options: &CheckOptions,
    threads: usize,
    bytes: u64,
) -> Result<Checked, FileError> {
    let cut = Cut { threads, stretch: bytes.next_multiple_of(2).max(2) };
    let plan = read::Plan { cut, ..read::Plan::usual() };
    check_by(document, options, &plan, &CancellationToken::new(), &mut |_| ())
}

fn check_by(
    document: &Document,
    options: &CheckOptions,
    plan: &read::Plan,
    stop: &CancellationToken,
    events: &mut dyn FnMut(CheckEvent),
) -> Result<Checked, FileError> {
    sniff::refuse_doubtful_widths(document)?;
    if !document.mapping().means_anyone() {
        return Err(FileError::NeedsChoice {
            path: document.path().into(),
            question: refuse::which_column(document),
            flag: "--map number=COLUMN".into(),
        });
    }
    if let Some(&column) = document.mapping().columns.get(&Field::Change)
        && document.said_changes().is_none()
    {
        let name = document.columns().get(column).map_or("", String::as_str);
        return Err(changes::undecided(document.path(), name));
    }
    refuse::refuse_past_constant(document, options.now)?;
    let checked = pass::run(document, options, plan, stop, events);
    // Also where it was stopped or refused half-way.
    give_back::give_back(document.likely_rows());
    checked
}

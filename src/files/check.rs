//! Validation of a whole file: every row ends as an intent, a duplicate or a rejection, and every byte is accounted for.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{DateOrder, Document, FileError, Record};
use crate::domain::entry::Attributes;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::{E164, Normaliser, NotANumber, Phone};
use crate::domain::problem::{Code, Problem};

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
    Problems(Vec<Problem>),
}

/// A number that the file wants suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The number.
    pub number: E164,
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
    /// Data rows.
    pub rows: u64,
    /// Rows that become an intent.
    pub valid: u64,
    /// Rows that are rejected.
    pub rejected: u64,
    /// Rows whose number another row carries.
    pub duplicates: u64,
    /// Rows with at least one warning that are not rejected.
    pub warnings: u64,
    /// Problems by code. `inferred-jurisdiction` counts rows here; it is not listed row by row in `problems`.
    pub counts: BTreeMap<Code, u64>,
    /// Every problem in file order, file-wide ones (row 0) first.
    pub problems: Vec<Problem>,
    /// Every number once, sorted by number.
    pub intents: Vec<Intent>,
    /// Where every byte went.
    pub accounting: Accounting,
    /// How long it took.
    pub seconds: f64,
}

/// How one record reads under the present mapping: for the preview.
#[derive(Clone, Debug)]
pub struct Interpreted {
    /// Its number.
    pub number: Result<Phone, NotANumber>,
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
    /// Reads one record as validation would.
    pub fn interpret(&self, record: &Record, options: &CheckOptions) -> Interpreted {
        let _ = (record, options);
        todo!()
    }
}

/// Validates the whole file. Blocking. Verifies both conservation laws before it returns.
pub fn check(
    document: &Document,
    options: &CheckOptions,
    stop: &CancellationToken,
    events: &mut dyn FnMut(CheckEvent),
) -> Result<Checked, FileError> {
    let _ = (document, options, stop, events);
    todo!()
}

/// Writes the rejected rows as CSV (0600, temp file + rename): `row,line,byte,column,code,hint,value` and the original
/// columns behind. Cells are formula-safe; telephone numbers stay importable.
pub fn write_rejects(document: &Document, checked: &Checked, out: &Path) -> Result<u64, FileError> {
    let _ = (document, checked, out);
    todo!()
}

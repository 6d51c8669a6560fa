//! An opened file: what it looks like, and any of its rows.
//!
//! ```text
//! open ─▶ Format, Mapping, notes ─▶ rows (the first page at once, any of them behind the index)
//!                                └▶ dates (what the first rows prove of their order)
//! ```

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use encoding_rs::Encoding;

use super::index::Index;
use super::out::problem_columns::ProblemColumns;
use super::scan::{Checkpoint, Dialect, Width};
use super::sniff::layout::Unseen;
use super::source::Source;
use super::unpack::Container;
use super::{Accounting, Changes, Constants, DateOrder, UsedLayout, Values};
use crate::domain::problem::{Code, Place, Problem};

mod dates;
mod format;
mod open;
mod rows;

pub use format::{Format, LineEnding, Mapping};

/// One record as it stands in the file. Its `Debug` leaves out what stands there: that may be a number, and logs hold none.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub place: Place,
    /// Its fields, decoded, unquoted. Not escaped for a terminal.
    pub fields: Vec<String>,
    /// Its bytes as stored, without the line ending; only the first 4 KiB of a row over the limit.
    pub raw: Vec<u8>,
    /// What is wrong with its shape or encoding: rejections that its fields alone do not show.
    pub faults: Vec<Code>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, fields, raw, faults } = self;
        let mut shown = f.debug_struct("Record");
        shown.field("place", place).field("fields", &fields.len()).field("bytes", &raw.len());
        shown.field("faults", faults).finish()
    }
}

/// How far the background index is. A small copy for gauges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// Data rows known so far.
    pub rows: u64,
    /// Bytes scanned.
    pub bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// The whole file is indexed: `rows` is final.
    pub complete: bool,
}

/// An opened file. Cheap to clone; clones share the index.
#[derive(Clone, Debug)]
pub struct Document {
    shared: Arc<Shared>,
    mapping: Mapping,
    constants: Constants,
    /// The order of day and month that the first rows prove.
    order_hint: Option<DateOrder>,
}

#[derive(Debug)]
struct Shared {
    source: Source,
    encoding: &'static Encoding,
    width: Width,
    format: Format,
    columns: Vec<String>,
    /// Where the file is one of rejects.
    problem_columns: Option<ProblemColumns>,
    notes: Vec<Problem>,
    container: Option<Container>,
    /// Data rows that the container had, where it says how many.
    unpacked_rows: Option<u64>,
    dialect: Dialect,
    start: Checkpoint,
    end: u64,
    /// Where the bytes outside the data went.
    outside: Accounting,
    record_bytes: u64,
    date_order: Option<DateOrder>,
    changes: Option<Changes>,
    values: Values,
    unseen: Unseen,
    layout: Option<UsedLayout>,
    index: Index,
}

impl Document {
    /// The path as given, made absolute.
    pub fn path(&self) -> &Path {
        self.shared.source.path()
    }

    /// File name for people; not escaped for a terminal.
    pub fn name(&self) -> String {
        let path = self.path();
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }

    /// Bytes of its text.
    pub fn size(&self) -> u64 {
        self.shared.source.size()
    }

    /// Bytes of the file as it is stored, packed or not.
    pub fn stored_size(&self) -> u64 {
        self.shared.source.packed().map_or(self.size(), |(_, size)| size)
    }

    /// What it looks like.
    pub fn format(&self) -> &Format {
        &self.shared.format
    }

    /// Column names: the header's, or `column 1`, `column 2`, ….
    pub fn columns(&self) -> &[String] {
        &self.shared.columns
    }

    /// What its text was unpacked from, where it had to be.
    pub fn container(&self) -> Option<&Container> {
        self.shared.container.as_ref()
    }

    /// Data rows that the file's container had, where it says how many.
    pub(super) fn unpacked_rows(&self) -> Option<u64> {
        self.shared.unpacked_rows
    }

    /// Which column means what.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The same file with a mapping and constants that are only tried, for a look at some of its rows: nothing is read.
    #[must_use]
    pub fn tried<'r>(
        &self,
        mapping: Mapping,
        constants: Constants,
        rows: impl Iterator<Item = &'r Record>,
    ) -> Self {
        let mut tried = Self { shared: Arc::clone(&self.shared), mapping, constants, order_hint: None };
        tried.order_hint = tried.proven_order(rows);
        tried
    }

    /// What later rows may show.
    pub(super) fn unseen(&self) -> Unseen {
        self.shared.unseen
    }

    /// What was assumed about the file as a whole (problems with row 0).
    pub fn notes(&self) -> &[Problem] {
        &self.shared.notes
    }

    /// How stored bytes become units.
    pub(super) fn width(&self) -> Width {
        self.shared.width
    }

    /// How text is stored.
    pub(super) fn encoding(&self) -> &'static Encoding {
        self.shared.encoding
    }

    /// The nearest known place before a row, and the number of rows before it.
    pub(super) fn place_before_row(&self, row: u64) -> (Checkpoint, u64) {
        self.shared.index.before(row)
    }

    /// The nearest known place at or before a byte, and the number of rows before it.
    pub(super) fn place_before_byte(&self, byte: u64) -> (Checkpoint, u64) {
        self.shared.index.before_byte(byte)
    }

    pub(super) fn source(&self) -> &Source {
        &self.shared.source
    }

    pub(super) fn start(&self) -> Checkpoint {
        self.shared.start
    }

    pub(super) fn end(&self) -> u64 {
        self.shared.end
    }

    pub(super) fn outside(&self) -> Accounting {
        self.shared.outside
    }

    /// About how many rows there are, from the first ones.
    pub(super) fn likely_rows(&self) -> u64 {
        self.size() / self.shared.record_bytes
    }

    /// The columns that say what was wrong, where the file is one of rejects.
    pub(super) fn problem_columns(&self) -> Option<&ProblemColumns> {
        self.shared.problem_columns.as_ref()
    }

    /// Whether its rows are rejects that say how the file was read that they come from.
    pub fn tells_how_to_read(&self) -> bool {
        self.problem_columns().is_some_and(|found| found.is_told())
    }

    /// What the person wants of a list of changes.
    pub(super) fn said_changes(&self) -> Option<Changes> {
        self.shared.changes
    }

    /// Values for fields that no column holds.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// What the words of the file mean.
    pub fn values(&self) -> &Values {
        &self.shared.values
    }

    /// The saved layout that it was opened with.
    pub fn layout(&self) -> Option<&UsedLayout> {
        self.shared.layout.as_ref()
    }
}

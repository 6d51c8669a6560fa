//! An opened file: what it looks like, and any of its rows.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Field, FileError, InputOptions};
use crate::domain::problem::{Place, Problem};

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
    /// Several of them.
    Mixed,
}

/// What sniffing (or the person) decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// WHATWG name: `UTF-8`, `UTF-16LE`, `windows-1252`.
    pub encoding: &'static str,
    /// Whether a byte order mark stands at the start.
    pub bom: bool,
    /// Field separator; `None` where each line is one number.
    pub delimiter: Option<u8>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// How lines end, as far as sniffed.
    pub line_ending: LineEnding,
    /// A named layout, where recognised: `ftc-split` (`AAA,NNNNNNN`), `ftc-plain` (`AAANNNNNNN`).
    pub layout: Option<&'static str>,
}

/// Which column holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Column index from 0 per field. `Number` may be absent while the person has not chosen yet.
    pub columns: std::collections::BTreeMap<Field, usize>,
    /// The number is column `Number` (area code) and the one after it.
    pub split_number: bool,
}

/// One record as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub place: Place,
    /// Its fields, decoded, unquoted. Not escaped for a terminal.
    pub fields: Vec<String>,
    /// Its bytes as stored, without the line ending.
    pub raw: Vec<u8>,
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
pub struct Document {}

impl Document {
    /// Opens and sniffs. Reads a bounded head of the file only, so it returns at once at any size.
    pub fn open(path: &Path, options: &InputOptions) -> Result<Self, FileError> {
        let _ = (path, options);
        todo!()
    }

    /// The path as given, made absolute.
    pub fn path(&self) -> &Path {
        todo!()
    }

    /// File name for people; not escaped for a terminal.
    pub fn name(&self) -> String {
        todo!()
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        todo!()
    }

    /// What it looks like.
    pub fn format(&self) -> &Format {
        todo!()
    }

    /// Column names: the header's, or `column 1`, `column 2`, ….
    pub fn columns(&self) -> &[String] {
        todo!()
    }

    /// Which column means what.
    pub fn mapping(&self) -> &Mapping {
        todo!()
    }

    /// The same file read with another mapping; the index is shared.
    #[must_use]
    pub fn with_mapping(&self, mapping: Mapping) -> Self {
        let _ = mapping;
        todo!()
    }

    /// What was assumed about the file as a whole (problems with row 0).
    pub fn notes(&self) -> &[Problem] {
        todo!()
    }

    /// How far the index is.
    pub fn index_state(&self) -> IndexState {
        todo!()
    }

    /// Scans the file once and makes every row reachable. Blocking: run it on a blocking thread. `progress` is called
    /// now and then. Returns early with [`FileError::Stopped`] when `stop` is cancelled.
    pub fn build_index(
        &self,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(IndexState),
    ) -> Result<IndexState, FileError> {
        let _ = (stop, progress);
        todo!()
    }

    /// Data rows `first..first + count` (from 1), as far as known. Reads only near them. The first page works before
    /// the index exists; a row the index has not reached yet is simply not in the answer.
    pub fn rows(&self, first: u64, count: usize) -> Result<Vec<Record>, FileError> {
        let _ = (first, count);
        todo!()
    }
}

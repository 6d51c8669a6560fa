//! Files that are not plain text, turned into plain text: compressed ones, spreadsheets, the registry's XML.
//!
//! ```text
//! archive, workbook, XML ─▶ one small reader each ─▶ Spool (a temporary file without a name) ─▶ the usual pipeline
//! ```
//!
//! So any row of them is reached, searched and checked like those of a text file, and none is held in memory. The spool
//! has limits, since a small archive can hold a thousand disks. A spreadsheet's line numbers are its row numbers.

use std::fs::File;
use std::io::{self, Read, Seek};

use tokio_util::sync::CancellationToken;

use super::kind::Packed;
use super::sniff::note;
use super::source::Source;
use super::{FileError, InputOptions};
use crate::domain::problem::{Code, Problem};

mod cells;
mod compressed;
mod hidden;
mod markup;
mod ods;
mod registry_xml;
mod sheet;
mod spool;
mod watched;
mod xlsx;
mod zipped;

pub(super) use spool::Spool;
use watched::Watched;

/// What a file was unpacked from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// `gzip`, `zstd`, `zip`, `xlsx`, `ods`, `ftc-xml`.
    pub kind: &'static str,
    /// The file inside the archive, or the sheet of the workbook. Not escaped for a terminal.
    pub part: Option<String>,
}

impl Container {
    /// Whether it is a workbook, whose part is a sheet.
    pub fn is_workbook(&self) -> bool {
        matches!(self.kind, "xlsx" | "ods")
    }
}

/// Plain text out of another kind of file.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub(super) text: File,
    pub(super) size: u64,
    pub(super) container: Container,
    /// What was chosen or noticed on the way.
    pub(super) notes: Vec<Problem>,
    /// Rows that were written, where the container says how many it has.
    pub(super) rows: Option<u64>,
    /// The separator that the text was written with.
    pub(super) delimiter: Option<u8>,
}

/// Unpacks a file of that kind. `tell` hears how many bytes of text there are by now.
pub(super) fn unpack(
    source: &Source,
    packed: Packed,
    options: &InputOptions,
    stop: &CancellationToken,
    tell: &mut dyn FnMut(u64),
) -> Result<Unpacked, FileError> {
    let file = source.file().try_clone().map_err(|error| source.error(error))?;
    let mut file = Watched::buffered(file, stop);
    file.rewind().map_err(|error| source.error(error))?;
    let spool = Spool::new(source.size(), stop, tell).map_err(|error| Trouble::Room(error).told(source))?;
    let unpacked = match packed {
        Packed::Gzip => compressed::gzip(file, spool),
        Packed::Zstd => compressed::zstd(file, spool),
        Packed::Zip => zipped::zip(file, spool, options),
        Packed::Xml => registry_xml::read(file, spool),
    };
    ended(unpacked, source, stop)
}

/// Whatever a reader says after a stop, it is the stop that it says.
fn ended<T>(result: Result<T, Trouble>, source: &Source, stop: &CancellationToken) -> Result<T, FileError> {
    if stop.is_cancelled() {
        return Err(FileError::Stopped);
    }
    result.map_err(|trouble| trouble.told(source))
}

/// The sheets or members that a file has, where it has any.
pub(super) fn parts(source: &Source, stop: &CancellationToken) -> Result<Vec<String>, FileError> {
    let file = source.file().try_clone().map_err(|error| source.error(error))?;
    ended(zipped::parts(Watched::buffered(file, stop)), source, stop)
}

/// Why a file cannot be unpacked.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is not what it seems, cut short, or its checksum is wrong.
    Damaged(String),
    /// It holds more than is taken.
    TooLarge(String),
    /// It is whole, and nothing that can be read as a table.
    Other(String),
    /// A person has to choose.
    Choice { question: String, flag: &'static str },
    /// There is no room for its content.
    Room(io::Error),
    /// A person stopped it.
    Stopped,
}

impl Trouble {
    /// An error of a decoder.
    fn of_reading(error: &io::Error) -> Self {
        Self::Damaged(error.to_string())
    }

    fn told(self, source: &Source) -> FileError {
        let path = source.path().into();
        match self {
            Self::Damaged(what) => FileError::Damaged { path, what },
            Self::TooLarge(what) => FileError::TooLarge { path, what },
            Self::Other(what) => FileError::WrongKind { path, what },
            Self::Choice { question, flag } => FileError::NeedsChoice { path, question, flag: flag.into() },
            Self::Room(source) => FileError::NoRoom { path, source },
            Self::Stopped => FileError::Stopped,
        }
    }
}

/// What is said of rows that the spreadsheet does not show.
fn hidden_rows(count: u64) -> Option<Problem> {
    let hint =
        "rows that a filter or a person hid are included: delete them in the workbook if they must stay out";
    (count > 0).then(|| note(Code::HiddenRows, &count.to_string(), hint))
}

/// What is said of formulas, some of which may have no stored result.
fn formula_cells(count: u64, empty: u64) -> Problem {
    let hint = match empty {
        0 => "their stored results are read".to_owned(),
        empty => format!("{empty} of them have no stored result and read as empty: calculate and save"),
    };
    note(Code::FormulaCells, &count.to_string(), hint)
}

/// Copies what a decoder gives into the spool.
fn copy(mut from: impl Read, spool: &mut Spool<'_>) -> Result<(), Trouble> {
    let mut buffer = vec![0; 1 << 17];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => spool.write(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Trouble::of_reading(&error)),
        }
    }
}

/// A list for people: at most twenty names.
fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(20);
    let shown = names.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

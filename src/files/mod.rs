//! Bytes on disk → records, entries and problems. Nothing lost, nothing guessed, nothing held whole in memory.
//!
//! ```text
//! path ─▶ Document::open ─▶ first rows at once
//!            │   sniff: encoding, delimiter, header, columns
//!            ├─▶ build_index (background) ─▶ any row by number
//!            └─▶ check (background) ─▶ Checked: intents + problems + the accounting of every byte ─▶ out: rejects, clean list, report
//! ```

use std::path::PathBuf;

mod block;
mod changes;
mod check;
mod constants;
mod dates;
mod delimiter;
mod document;
mod index;
mod kind;
mod layout;
mod names;
mod out;
mod question;
mod ranges;
mod scan;
mod search;
mod sniff;
mod source;
mod stretches;
mod text;
mod unpack;
mod values;
mod widths;

pub use changes::Changes;
#[doc(hidden)]
pub use check::check_in_stretches;
pub use check::{Accounting, CheckEvent, CheckOptions, Checked, Intent, Intents, Interpreted, check};
pub use constants::{BadValue, Constants};
pub use dates::is_date as is_day;
pub use delimiter::{delimiter_name, delimiter_named};
pub use document::{Document, Format, IndexState, LineEnding, Mapping, Record};
pub use layout::{Contents, Layout, Match, UsedLayout, open_with_layout};
pub use names::{may_hold_emails, reduced as reduced_name};
pub use out::{
    ReportFormat, SafeFile, check_fields, is_same_file, write_clean, write_rejects, write_report,
    write_safely,
};
pub use question::{Answer, Question, date_order, question};
pub use search::{Found, Hits, Needle};
pub use source::sha256_of;
pub use stretches::step_back;
pub use unpack::Container;
pub use values::Values;
pub use widths::{BadWidths, Widths};

/// What a column can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The telephone number. In the FTC layout `AAA,NNNNNNN` it spans two columns.
    Number,
    /// `US-CA`.
    Jurisdiction,
    /// Expiry date.
    Expires,
    /// Where the number comes from.
    Source,
    /// Kept in rejects, not sent.
    Notes,
    /// Where a range of numbers ends that begins in the number column: the last four digits.
    RangeEnd,
    /// Whether the row adds its number or takes it off.
    Change,
    /// An e-mail address, which a row means beside its number or in the place of one. Only suppression lists take them.
    Email,
}

impl Field {
    /// Every field, in the order of the mapping overlay.
    pub const ALL: [Self; 8] = [
        Self::Number,
        Self::Jurisdiction,
        Self::Expires,
        Self::Source,
        Self::Notes,
        Self::RangeEnd,
        Self::Change,
        Self::Email,
    ];

    /// The word of `--map field=column`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Jurisdiction => "jurisdiction",
            Self::Expires => "expires",
            Self::Source => "source",
            Self::Notes => "notes",
            Self::RangeEnd => "range-end",
            Self::Change => "change",
            Self::Email => "email",
        }
    }

    /// The inverse of [`Field::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// Order of day and month in dates that do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/12/2027
    Dmy,
    /// 12/31/2027
    Mdy,
    /// 2027-12-31, always understood
    Ymd,
}

impl DateOrder {
    /// The word of `--date-order`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
            Self::Ymd => "ymd",
        }
    }

    /// The inverse of [`DateOrder::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Dmy, Self::Mdy, Self::Ymd].into_iter().find(|order| order.as_str() == name)
    }
}

/// What the person said about the file; `None` = sniff it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputOptions {
    /// Field separator byte.
    pub delimiter: Option<u8>,
    /// Widths of the columns, where the fields have no separator.
    pub widths: Option<Widths>,
    /// WHATWG encoding label.
    pub encoding: Option<String>,
    /// Whether the first record is a header.
    pub header: Option<bool>,
    /// Order of day and month.
    pub date_order: Option<DateOrder>,
    /// Column (name, or number from 1) per field; `-` where no column holds it. `Number` may stand several times: each
    /// filled cell of these columns is a row of its own.
    pub map: Vec<(Field, String)>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The member of an archive.
    pub member: Option<String>,
    /// What to do with a list of changes.
    pub changes: Option<Changes>,
    /// Values for fields that no column holds.
    pub constants: Constants,
    /// Constants that a file of rejects carries do not hold beside these.
    pub only_said: bool,
    /// A column that is named for e-mail addresses is read too, without being said: for suppression lists.
    pub emails: bool,
    /// What the words of the file mean.
    pub values: Values,
    /// The saved layout that these were taken from.
    pub layout: Option<UsedLayout>,
}

/// Why a file cannot be used at all. Exit code 3. Each has what, where, why; [`FileError::advice`] says what next.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Missing, unreadable, vanished.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file to write, such as the rejects, cannot be written. Exit 2.
    #[error("{}", out::said_of(path, source))]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Directory, device, FIFO, socket.
    #[error("{path} is {what}, not a regular file")]
    NotAFile {
        /// Which path.
        path: PathBuf,
        /// What it is, with article: `a directory`.
        what: &'static str,
    },
    /// No bytes, or no records.
    #[error("{path} holds no records: {why}")]
    Empty {
        /// Which file.
        path: PathBuf,
        /// `the file is empty`, `there is a header and nothing below it`.
        why: &'static str,
    },
    /// Another kind of file altogether, by its content.
    #[error("{path} is {what}, which cannot be read as a table")]
    WrongKind {
        /// Which file.
        path: PathBuf,
        /// What it is: `a PDF document`, `binary data`.
        what: String,
    },
    /// An archive or workbook that is cut short, corrupt, or not what it says it is; or any file with a hole in it.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Its ranges hold more numbers than are taken.
    #[error("{path} holds more than {} numbers in its ranges", crate::domain::text::thousands(*most))]
    TooManyNumbers {
        /// Which file.
        path: PathBuf,
        /// How many may be in it.
        most: u64,
    },
    /// It unpacks to more than is taken.
    #[error("{path} is too large: {what}")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// What is too much.
        what: String,
    },
    /// Its text has no room in the temporary folder.
    #[error("there is no room to unpack {path}: {source}")]
    NoRoom {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A choice that nobody but a person can make; `code` is `needs-choice`, the flag is named.
    #[error("{path}: {question}")]
    NeedsChoice {
        /// Which file.
        path: PathBuf,
        /// What has to be chosen.
        question: String,
        /// The flag that answers it: `--map number=COLUMN`.
        flag: String,
    },
    /// The layout that was named is for other files.
    #[error("{path} has no {} of the layout “{layout}”: {}", columns_word(missing), missing.join(", "))]
    LayoutMismatch {
        /// Which file.
        path: PathBuf,
        /// Which layout.
        layout: String,
        /// The columns that the file does not have.
        missing: Vec<String>,
    },
    /// A constant that would make every row worthless. Exit 2.
    #[error("{path}: {why}")]
    BadConstant {
        /// Which file it was said of.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Changed while it was read or since it was planned.
    #[error("{path} changed while it was read")]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// The bytes do not add up: a defect of ours, stopped before anything is sent.
    #[error("{path}: the accounting does not add up ({detail}); nothing was used")]
    Accounting {
        /// Which file.
        path: PathBuf,
        /// What is off.
        detail: String,
    },
    /// The person stopped it.
    #[error("stopped")]
    Stopped,
}

impl FileError {
    /// Stable code for `--json` errors.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "file-unreadable",
            Self::Unwritable { .. } => "output-unwritable",
            Self::NotAFile { .. } => "not-a-file",
            Self::Empty { .. } => "no-records",
            Self::WrongKind { .. } => "wrong-kind",
            Self::Damaged { .. } => "damaged-file",
            Self::TooLarge { .. } => "expands-too-far",
            Self::TooManyNumbers { .. } => "too-many-numbers",
            Self::NoRoom { .. } => "no-room",
            Self::NeedsChoice { .. } => "needs-choice",
            Self::LayoutMismatch { .. } => "layout-mismatch",
            Self::BadConstant { .. } => "bad-constant",
            Self::Changed { .. } => "file-changed",
            Self::Accounting { .. } => "accounting",
            Self::Stopped => "stopped",
        }
    }

    /// What to do next, in a sentence.
    pub fn advice(&self) -> String {
        match self {
            Self::Io { .. } => "Check the path and that you may read it.".into(),
            Self::Unwritable { source, .. } if is_full(source) => {
                "Make room there, or name a file on another disk; what stood there before still stands."
                    .into()
            }
            Self::Unwritable { source, .. } if out::is_written(source) => {
                "It can be used; to be sure of it, write it again into a folder that you may read.".into()
            }
            Self::Unwritable { .. } => "Name a new file in a folder that you may write to.".into(),
            Self::NotAFile { .. } => "Name a regular file.".into(),
            Self::Empty { .. } => "Check that the export finished and that this is the right file.".into(),
            Self::WrongKind { .. } => "Export the data as CSV and open that.".into(),
            Self::Damaged { .. } => "Fetch or export it again; nothing of it was used.".into(),
            Self::TooLarge { .. } => "Check where it comes from; unpack it yourself if you trust it.".into(),
            Self::TooManyNumbers { .. } => "Split it, and keep only the ranges that you call.".into(),
            Self::NoRoom { .. } => "Make room in the temporary folder, or name another one in TMPDIR.".into(),
            Self::NeedsChoice { flag, .. } => format!("Say so with {flag}."),
            Self::LayoutMismatch { .. } => {
                "Check that this is the right file, or name its columns with --map; `--layout -` reads it without.".into()
            }
            Self::BadConstant { .. } => "Give a later date or never with --set, or change the layout.".into(),
            Self::Changed { .. } => "Wait until it is written, or copy it, and open it again.".into(),
            Self::Accounting { .. } => "Please report this with the file's layout.".into(),
            Self::Stopped => "Start it again when you are ready.".into(),
        }
    }
}

fn columns_word(missing: &[String]) -> &'static str {
    if missing.len() == 1 { "column" } else { "columns" }
}

/// Whether the disk, the quota or the limit of a file's size is what stops a writer.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

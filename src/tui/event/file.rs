//! Facts about files: the open one, its rows, and what stands in a folder.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::problem::Problems;
use crate::ops::{Document, Input, Interpreted, Question, Record};

/// A file that was opened, and how it is read.
#[derive(Clone, Debug)]
pub struct OpenedFile {
    /// The file.
    pub document: Document,
    /// How it is read.
    pub input: Input,
}

/// A question about a file, and how the file was to be read when it came up.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which file.
    pub path: PathBuf,
    /// How it was to be read.
    pub input: Input,
    /// The question.
    pub question: Question,
}

/// What a running check found since it told the last time, and how far it is.
#[derive(Clone, Debug, Default)]
pub struct Checking {
    /// Rows so far.
    pub rows: u64,
    /// Rows rejected so far.
    pub rejected: u64,
    /// New problems, in file order.
    pub problems: Problems,
}

/// A stretch of rows of the open file, as asked for.
#[derive(Clone, Debug)]
pub struct RowWindow {
    /// First row asked for, from 1.
    pub first: u64,
    /// Rows that the index had reached.
    pub rows: Vec<PreviewRow>,
}

/// One row of the preview.
#[derive(Clone, Debug)]
pub struct PreviewRow {
    /// As it stands in the file.
    pub record: Record,
    /// As validation reads it.
    pub read: Interpreted,
}

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Which.
    pub path: PathBuf,
    /// Folders first, then files, each by name. Hidden ones are left out.
    pub items: Vec<FolderItem>,
}

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderItem {
    /// Full path.
    pub path: PathBuf,
    /// Name; not escaped for a terminal.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes of a file.
    pub size: u64,
    /// Last change, where the system tells.
    pub modified: Option<Timestamp>,
}

/// What is made from a checked file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The rejected rows, to be mended.
    Rejects,
    /// The usable numbers, each once.
    Clean,
    /// A page that says what was found.
    Report,
}

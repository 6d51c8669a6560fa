//! Opening: a bounded head of the file tells what it is, and what is packed is unpacked first.

use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{Document, Shared};
use crate::domain::problem::Code;
use crate::files::index::Index;
use crate::files::kind::{other_kind, packed};
use crate::files::scan::Width;
use crate::files::sniff::{Head, note, sniff};
use crate::files::source::{Source, read_up_to};
use crate::files::unpack::unpack;
use crate::files::{Accounting, FileError, InputOptions, text};

/// How much of a file is read before its first rows are shown.
const HEAD: u64 = 256 * 1024;
/// End-of-file characters that are looked for at the end.
const TAIL: u64 = 4096;

impl Document {
    /// Opens and sniffs. Reads a bounded head of the file only, so it returns at once at any size. Where no column can
    /// be told to hold the numbers, the mapping is without `Number`, and validation asks.
    pub fn open(path: &Path, options: &InputOptions) -> Result<Self, FileError> {
        Self::open_with(path, options, &CancellationToken::new(), &mut |_| ())
    }

    /// The same for an archive or a workbook that may be large: it has to be unpacked first, which takes as long as it
    /// takes. `progress` hears how many bytes of text there are by now; `stop` ends it with [`FileError::Stopped`].
    pub fn open_with(
        path: &Path,
        options: &InputOptions,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, FileError> {
        let mut source = Source::open(path)?;
        let first = read_up_to(source.file(), 0, HEAD.min(source.size()) as usize);
        let kind = packed(&first.map_err(|error| source.error(error))?);
        let unpacked = kind.map(|kind| unpack(&source, kind, options, stop, progress)).transpose()?;
        if kind.is_none() {
            source.ensure_written()?;
        }
        let link = source.linked_to();
        let (mut notes, mut container, mut unpacked_rows) = (Vec::new(), None, None);
        let mut options = options.clone();
        if let Some(unpacked) = unpacked {
            source.ensure_unchanged()?;
            source.read_instead(unpacked.text, unpacked.size);
            (notes, container, unpacked_rows) = (unpacked.notes, Some(unpacked.container), unpacked.rows);
            options.delimiter = unpacked.delimiter.or(options.delimiter);
            // A workbook's cells come with marks between them.
            options.widths = options.widths.filter(|_| unpacked.delimiter.is_none());
        }
        let options = &options;
        let size = source.size();
        let refuse = |what: &str| FileError::WrongKind { path: source.path().into(), what: what.into() };
        let empty = |why| FileError::Empty { path: source.path().into(), why };
        if size == 0 {
            return Err(empty("the file is empty"));
        }
        let read = |at, count: u64| {
            read_up_to(source.file(), at, count as usize).map_err(|error| source.error(error))
        };
        let mut head = read(0, HEAD.min(size))?;
        if let (Some(inner), Some(_)) = (packed(&head), kind) {
            return Err(refuse(&format!("an archive that holds {}", inner.name())));
        }
        if let Some(what) = other_kind(&head) {
            return Err(refuse(what));
        }
        let encoding = text::decide(&head, size <= HEAD, options.encoding.as_deref()).map_err(|why| {
            let path = source.path().into();
            FileError::NeedsChoice { path, question: why.0, flag: "--encoding NAME".into() }
        })?;
        let width = text::width_of(encoding.encoding);
        if !(size - encoding.bom as u64).is_multiple_of(width.bytes() as u64) {
            return Err(refuse("UTF-16 text that is cut in the middle of a character"));
        }
        let tail = read(size - TAIL.min(size), TAIL.min(size))?;
        let end = size - trailing_control_z(&tail, width);
        if end <= encoding.bom as u64 {
            return Err(empty("the file is empty"));
        }
        head.truncate(usize::try_from(end).unwrap_or(usize::MAX));
        let whole = head.len() as u64 == end;
        let mut found = sniff(&Head { path: source.path(), bytes: &head, whole, encoding }, options)?;
        notes.append(&mut found.notes);
        if let Some(target) = link {
            notes.push(note(
                Code::FollowedLink,
                &target.to_string_lossy(),
                "the file that it leads to is read",
            ));
        }
        if let Some(used) = options.layout.as_ref().filter(|used| used.by_match) {
            let hint = "it is the only saved layout that fits; `--layout -` reads the file without";
            notes.push(note(Code::LayoutMatched, &used.name, hint));
        }
        notes.extend(found.constants.idle(&found.columns, &found.mapping));
        if end < size {
            notes.push(note(Code::TrailingControlZ, "", "it is left out; it is not part of the last row"));
        }
        let outside = Accounting {
            size,
            bom: encoding.bom as u64,
            header: found.header,
            comments: found.comments,
            blanks: found.blanks,
            records: 0,
            other: size - end,
        };
        let document = Self {
            mapping: found.mapping,
            constants: found.constants,
            order_hint: None,
            shared: Arc::new(Shared {
                source,
                encoding: encoding.encoding,
                width,
                format: found.format,
                columns: found.columns,
                problem_columns: found.problem_columns,
                notes,
                container,
                unpacked_rows: unpacked_rows.map(|rows| rows.saturating_sub(found.rows_above)),
                dialect: found.dialect,
                start: found.start,
                end,
                outside,
                record_bytes: found.record_bytes,
                date_order: options.date_order,
                changes: options.changes,
                values: found.values,
                unseen: found.unseen,
                layout: options.layout.clone(),
                index: Index::new(found.start),
            }),
        };
        document.with_order_hint()
    }
}

/// Bytes of end-of-file characters at the end.
fn trailing_control_z(tail: &[u8], width: Width) -> u64 {
    let size = width.bytes();
    let is_mark = |unit: &&[u8]| match width {
        Width::One => **unit == [0x1A],
        Width::TwoLittle => **unit == [0x1A, 0],
        Width::TwoBig => **unit == [0, 0x1A],
    };
    (tail.rchunks_exact(size).take_while(is_mark).count() * size) as u64
}

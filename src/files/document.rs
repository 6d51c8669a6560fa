//! An opened file: what it looks like, and any of its rows.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use encoding_rs::Encoding;
use tokio_util::sync::CancellationToken;

use super::dates::{self, Reading};
use super::index::Index;
use super::kind::{other_kind, packed};
use super::out::problem_columns::{Dates, ProblemColumns};
use super::scan::split::Fields;
use super::scan::{Checkpoint, Dialect, Fault, Piece, READ, Scanner, Width, likely_start};
use super::sniff::layout::Unseen;
use super::sniff::{self, Head, note, sniff};
use super::source::{Source, read_up_to};
use super::stretches::{Cut, Halt};
use super::unpack::{Container, unpack};
use super::{
    Accounting, Changes, Constants, DateOrder, Field, FileError, InputOptions, UsedLayout, Values, Widths,
    text,
};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::bare;

/// How much of a file is read before its first rows are shown.
const HEAD: u64 = 256 * 1024;
/// End-of-file characters that are looked for at the end.
const TAIL: u64 = 4096;
/// How far behind the last checkpoint a row is looked for while the index is being built.
const REACH: u64 = 1 << 20;
/// Rows that are looked at for the order of day and month in the preview.
const HINT_ROWS: usize = 200;

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
    /// Widths of the columns, where the fields have no separator.
    pub widths: Option<Widths>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// How lines end, as far as sniffed.
    pub line_ending: LineEnding,
    /// A named layout, where recognised: `ftc-split` (`AAA,NNNNNNN`), `ftc-plain` (`AAANNNNNNN`), `ftc-changes` (rows add
    /// and delete), `ported` (a number a line, by the file's name), `ported-ranges`.
    pub layout: Option<&'static str>,
}

/// Which column holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Column index from 0 per field. `Number` may be absent while the person has not chosen yet.
    pub columns: std::collections::BTreeMap<Field, usize>,
    /// The number is column `Number` (area code) and the one after it.
    pub split_number: bool,
    /// Further number columns: each filled cell counts as a row of its own.
    pub more_numbers: Vec<usize>,
}

impl Mapping {
    /// Whether a record may hold several rows.
    pub(super) fn has_several(&self) -> bool {
        !self.more_numbers.is_empty() || self.has_ranges()
    }

    /// Whether a row may be a range of numbers.
    pub(super) fn has_ranges(&self) -> bool {
        self.columns.contains_key(&Field::RangeEnd)
    }
}

/// One record as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        Ok(document.with_order_hint())
    }

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

    /// The same file read with another mapping; the index is shared.
    #[must_use]
    pub fn with_mapping(&self, mapping: Mapping) -> Self {
        let constants = self.constants.clone();
        Self { shared: Arc::clone(&self.shared), mapping, constants, order_hint: None }.with_order_hint()
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

    /// How far the index is.
    pub fn index_state(&self) -> IndexState {
        self.shared.index.state(self.size())
    }

    /// Scans the file once and makes every row reachable. Blocking: run it on a blocking thread. `progress` is called
    /// now and then. Returns early with [`FileError::Stopped`] when `stop` is cancelled; called again, it goes on there.
    pub fn build_index(
        &self,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(IndexState),
    ) -> Result<IndexState, FileError> {
        self.build_index_by(Cut::of(self.size()), stop, progress)
    }

    fn build_index_by(
        &self,
        cut: Cut,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(IndexState),
    ) -> Result<IndexState, FileError> {
        let scanner = |from| self.scanner(from, READ);
        let likely_start = |from, end| self.likely_start(from, end);
        let progress = &mut || progress(self.index_state());
        let built = self.shared.index.build(&scanner, &likely_start, (self.end(), cut), stop, progress);
        built.map_err(|halt| match halt {
            Halt::Stopped => FileError::Stopped,
            Halt::Io(error) => self.shared.source.error(error),
        })?;
        self.shared.source.ensure_unchanged()?;
        Ok(self.index_state())
    }

    /// Data rows `first..first + count` (from 1), as far as known. Reads only near them. The first page works before
    /// the index exists; a row the index has not reached yet is simply not in the answer.
    pub fn rows(&self, first: u64, count: usize) -> Result<Vec<Record>, FileError> {
        let first = first.max(1);
        let (from, mut row) = self.shared.index.before(first);
        let complete = self.index_state().complete;
        let mut scanner = self.scanner(from, READ / 4);
        let (mut records, mut fields) = (Vec::new(), Fields::default());
        while records.len() < count {
            let beyond_reach = !complete && records.is_empty() && scanner.place().at - from.at > REACH;
            if beyond_reach {
                break;
            }
            let next = scanner.next().map_err(|error| self.shared.source.error(error))?;
            let Some(piece) = next else { break };
            if piece.blank {
                continue;
            }
            row += 1;
            if row >= first {
                let stored = scanner.stored(&piece);
                let faults = self.read_fields(&piece, stored, &mut fields);
                records.push(Record {
                    place: Place { row, line: piece.line, byte: piece.at },
                    fields: fields.iter().map(str::to_owned).collect(),
                    raw: stored.to_vec(),
                    faults,
                });
            }
        }
        Ok(records)
    }

    /// A scanner over the data from a checkpoint on.
    pub(super) fn scanner(&self, from: Checkpoint, read_size: usize) -> Scanner<'_, File> {
        let shared = &*self.shared;
        Scanner::with_read_size(
            shared.source.file(),
            shared.width,
            shared.dialect,
            from,
            shared.end,
            read_size,
        )
    }

    /// The fields of a piece, and what is wrong with its shape or encoding.
    pub(super) fn read_fields(&self, piece: &Piece, stored: &[u8], fields: &mut Fields) -> Vec<Code> {
        let (text, broken) = text::decode(self.shared.encoding, stored);
        let fits = self.cut(&text, piece.fault.is_none(), fields);
        let shape = piece.fault.map(|fault| match fault {
            Fault::Irregular => Code::IrregularQuote,
            Fault::Swallowed => Code::SwallowedRows,
            Fault::Unterminated => Code::UnterminatedQuote,
            Fault::TooLong => Code::RecordTooLong,
        });
        let mut faults = Vec::new();
        faults.extend(shape.or((!fits).then_some(Code::MisalignedRow)));
        if broken && shape != Some(Code::RecordTooLong) {
            faults.push(Code::InvalidEncoding);
        }
        faults
    }

    /// Cuts a record into its fields; `sound`: the scanner found no fault. `false` where it does not fit the widths.
    pub(super) fn cut(&self, text: &str, sound: bool, fields: &mut Fields) -> bool {
        let shared = &*self.shared;
        match &shared.format.widths {
            None => {
                fields.split(text, shared.dialect.delimiter, sound);
                true
            }
            Some(widths) => {
                let exact = shared.encoding.is_single_byte() || shared.width != Width::One;
                widths.cut(text, exact, fields)
            }
        }
    }

    /// A likely start of a record at or behind `from`, before `end`.
    pub(super) fn likely_start(&self, from: u64, end: u64) -> std::io::Result<Option<u64>> {
        likely_start(self.shared.source.file(), self.shared.width, self.shared.dialect, from, end)
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

    /// The order of day and month that the person named when the file was opened.
    pub(super) fn said_date_order(&self) -> Option<DateOrder> {
        self.shared.date_order.or(self.carried_dates().said)
    }

    /// The columns that say what was wrong, where the file is one of rejects.
    pub(super) fn problem_columns(&self) -> Option<&ProblemColumns> {
        self.shared.problem_columns.as_ref()
    }

    /// Whether its rows are rejects that say how the file was read that they come from.
    pub fn tells_how_to_read(&self) -> bool {
        self.problem_columns().is_some_and(|found| found.is_told())
    }

    /// How the dates were read in the file that these rows come from, where the file is one of rejects.
    pub(super) fn carried_dates(&self) -> Dates {
        self.shared.problem_columns.as_ref().map(|found| found.dates).unwrap_or_default()
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

    /// The order of day and month that the first rows prove; for the preview.
    pub(super) fn date_order_hint(&self) -> Option<DateOrder> {
        self.order_hint
    }

    fn with_order_hint(mut self) -> Self {
        if self.mapping.columns.contains_key(&Field::Expires) {
            let records = self.rows(1, HINT_ROWS).unwrap_or_default();
            self.order_hint = self.proven_order(records.iter());
        }
        self
    }

    /// The order of day and month that some rows prove, and those of the file that they come from.
    fn proven_order<'r>(&self, rows: impl Iterator<Item = &'r Record>) -> Option<DateOrder> {
        let column = *self.mapping.columns.get(&Field::Expires)?;
        let [dmy, mdy] = self.carried_dates().proven;
        let carried = [(dmy, DateOrder::Dmy), (mdy, DateOrder::Mdy)];
        let carried = carried.into_iter().filter(|(proven, _)| *proven).map(|(_, order)| order);
        let proofs = rows.filter_map(|record| {
            let cell = self.values().of(Field::Expires, bare(record.fields.get(column)?));
            match dates::read(cell, None) {
                Reading::At { proves, .. } => proves,
                _ => None,
            }
        });
        sniff::only(carried.chain(proofs))
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

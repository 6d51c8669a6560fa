//! What a file looks like, from a bounded head of it: delimiter, header, columns, layout.
//!
//! Whatever the person said holds. What is taken from the content is said in a note. What the content leaves open is
//! asked. A first record that may hold a number is never taken for a header.

use std::path::Path;

use super::document::{Format, LineEnding, Mapping};
use super::out::problem_columns::{Carried, ProblemColumns};
use super::scan::split::Fields;
use super::scan::{Checkpoint, Dialect, Eol, Fault, Piece, Scanner};
use super::text::{self, Decided};
use super::{Changes, Constants, Field, FileError, InputOptions, Values, Widths, changes, names};
use crate::domain::problem::{Code, Place, Problem};

mod beside;
mod columns;
mod comment;
mod delimiter;
mod fixed;
pub(super) mod layout;

pub(super) use fixed::refuse_doubtful as refuse_doubtful_widths;

use layout::{Ranges, Unseen};

/// Records that are looked at.
const SAMPLE: usize = 200;
/// More columns than any table has.
const MAX_COLUMNS: usize = 10_000;

/// The head of a file.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// Which file.
    pub(super) path: &'a Path,
    /// Its first bytes.
    pub(super) bytes: &'a [u8],
    /// They are all.
    pub(super) whole: bool,
    /// Its encoding.
    pub(super) encoding: Decided,
}

/// A record of the head.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    piece: Piece,
    cells: Vec<String>,
    /// It starts with a quotation mark.
    is_quoted: bool,
    /// Where the next piece starts.
    after: Checkpoint,
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Sniffed {
    pub(super) format: Format,
    pub(super) columns: Vec<String>,
    /// Where the file is one of rejects.
    pub(super) problem_columns: Option<ProblemColumns>,
    pub(super) mapping: Mapping,
    pub(super) constants: Constants,
    pub(super) values: Values,
    /// What later rows may show.
    pub(super) unseen: Unseen,
    pub(super) notes: Vec<Problem>,
    pub(super) dialect: Dialect,
    /// Where the data begins.
    pub(super) start: Checkpoint,
    /// Bytes of header and `sep=` line.
    pub(super) header: u64,
    /// Bytes of comment lines.
    pub(super) comments: u64,
    /// Bytes of blank lines above the data.
    pub(super) blanks: u64,
    /// Lines above the data that are not blank, header included.
    pub(super) rows_above: u64,
    /// Average bytes of a record, to say how many there may be.
    pub(super) record_bytes: u64,
}

/// How records are cut.
#[derive(Clone, Copy, Debug)]
enum Cut<'a> {
    /// At a separator; without one each line is a field.
    Delimited(Option<u8>),
    /// Nowhere, and a quotation mark means nothing.
    Lines,
    /// By width.
    Widths(&'a Widths),
}

/// Lines above the first record.
struct Preamble {
    start: Checkpoint,
    separator: Option<u8>,
    header: u64,
    comments: u64,
    comment_lines: u64,
    blanks: u64,
    /// Lines that are not blank.
    rows: u64,
}

impl Head<'_> {
    /// The pieces of the head from `start`, with their cells. A piece that the end of the head may have cut is left out.
    fn samples(&self, start: Checkpoint, cut: Cut<'_>, count: usize) -> Vec<Sample> {
        let (delimiter, plain) = match cut {
            Cut::Delimited(delimiter) => (delimiter, false),
            Cut::Lines | Cut::Widths(_) => (None, true),
        };
        let dialect = Dialect { delimiter, columns: 0, plain };
        let width = text::width_of(self.encoding.encoding);
        let end = (self.bytes.len() / width.bytes() * width.bytes()) as u64;
        let mut scanner = Scanner::new(self.bytes, width, dialect, start, end);
        let (mut samples, mut fields) = (Vec::new(), Fields::default());
        while samples.len() < count {
            let Ok(Some(piece)) = scanner.next() else { break };
            if !self.whole && piece.at + piece.bytes >= end {
                break;
            }
            let (text, _) = text::decode(self.encoding.encoding, scanner.stored(&piece));
            match cut {
                Cut::Widths(widths) => widths.cut_loosely(&text, &mut fields),
                _ => fields.split(&text, delimiter, piece.fault.is_none() && !plain),
            }
            let cells = fields.iter().map(str::to_owned).collect();
            let is_quoted = text.trim_start().starts_with('"');
            samples.push(Sample { piece, cells, is_quoted, after: scanner.place() });
        }
        samples
    }

    fn records(&self, start: Checkpoint, cut: Cut<'_>) -> Vec<Sample> {
        let mut records = self.samples(start, cut, SAMPLE * 4);
        records.retain(|sample| !sample.piece.blank);
        records.truncate(SAMPLE);
        records
    }

    /// `widths`: those that are said.
    fn preamble(&self, widths: Option<&Widths>) -> Preamble {
        let cut = if widths.is_some() { Cut::Lines } else { Cut::Delimited(None) };
        let start = Checkpoint::start(self.encoding.bom as u64, 1);
        let mut preamble =
            Preamble { start, separator: None, header: 0, comments: 0, comment_lines: 0, blanks: 0, rows: 0 };
        for (n, sample) in self.samples(start, cut, usize::MAX).iter().enumerate() {
            let piece = &sample.piece;
            let line = sample.cells.first().map_or("", |cell| cell.trim());
            if n == 0
                && let Some(separator) = separator_line(line)
            {
                preamble.separator = Some(separator);
                preamble.header += piece.bytes;
            } else if piece.blank {
                preamble.blanks += piece.bytes;
            } else if !sample.is_quoted && comment::is_comment(line, widths) {
                preamble.comments += piece.bytes;
                preamble.comment_lines += 1;
            } else {
                break;
            }
            preamble.rows += u64::from(!piece.blank);
            preamble.start = sample.after;
        }
        preamble
    }

    fn ask(&self, question: impl Into<String>, flag: &str) -> FileError {
        FileError::NeedsChoice { path: self.path.into(), question: question.into(), flag: flag.into() }
    }
}

/// The constants and value tables of a file: what is said now goes before what its rows say, where they are rejects.
fn said_beside(
    head: &Head<'_>,
    options: &InputOptions,
    carried: &Carried,
) -> Result<(Constants, Values), FileError> {
    // Rows that do not agree may be said to have had constants alone.
    let is_said = !options.values.is_empty() || (carried.mapping.is_none() && !options.constants.is_empty());
    if carried.is_short && !options.only_said && !is_said {
        let question = "these rejects were read with constants or value tables that do not stand whole in their rows; \
                        what they were has to be said again";
        return Err(head.ask(question, "--value FIELD:CELL=VALUE, --set FIELD=VALUE or --layout NAME"));
    }
    let constants = match options.only_said {
        true => options.constants.clone(),
        false => options.constants.over(&carried.constants),
    };
    Ok((constants, options.values.over(&carried.values)))
}

/// `sep=;`, as spreadsheets write and read it.
fn separator_line(line: &str) -> Option<u8> {
    let line = line.trim_matches('"');
    let value = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    match value.as_bytes() {
        [one] if one.is_ascii() => Some(*one),
        b"\\t" => Some(b'\t'),
        // `sep=` and a tab, which trimming took away.
        [] => Some(b'\t'),
        _ => None,
    }
}

/// A problem of the file as a whole.
pub(super) fn note(code: Code, raw: &str, hint: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem {
        code,
        place: Place { row: 0, line: 0, byte: 0 },
        column: None,
        raw: raw.into(),
        hint: hint.into(),
    }
}

/// Finds out what the head tells.
pub(super) fn sniff(head: &Head<'_>, options: &InputOptions) -> Result<Sniffed, FileError> {
    if options.widths.is_some() && options.delimiter.is_some() {
        return Err(head.ask("fields have either a separator or a width", "--widths or --delimiter"));
    }
    let is_said = options.widths.is_some();
    let preamble = head.preamble(options.widths.as_ref());
    let mut notes = Vec::new();
    if head.encoding.assumed {
        let name = head.encoding.encoding.name();
        notes.push(note(Code::AssumedEncoding, name, "check names with accents, or say so with --encoding"));
    }
    if preamble.separator.is_some() {
        notes.push(note(Code::SeparatorLine, "sep=", "the first line names the separator; it is not a row"));
    }
    if preamble.comment_lines > 0 {
        notes.push(comment::left_out(preamble.comment_lines));
    }
    let delimiter = if is_said { None } else { delimiter::choose(head, &preamble, options, &mut notes)? };
    let found = || fixed::widths(&head.records(preamble.start, Cut::Lines));
    let widths = options.widths.clone().or_else(|| if delimiter.is_none() { found() } else { None });
    if let Some(widths) = widths.as_ref().filter(|_| !is_said) {
        let hint = "every line is equally long; if the columns are others, say so with --widths";
        notes.push(note(Code::AssumedWidths, &widths.to_string(), hint));
    }
    let cut = widths.as_ref().map_or(Cut::Delimited(delimiter), Cut::Widths);
    let records = head.records(preamble.start, cut);
    let Some(first) = records.first() else {
        return Err(nothing(head));
    };
    let first_names = columns::header(&records, options.header).then(|| first.cells.clone());
    let header = first_names.is_some();
    let data = if header { &records[1..] } else { &records[..] };
    if data.is_empty() && head.whole && header {
        return Err(empty(head, "there is a header and nothing below it"));
    }
    columns::ensure_header_is_first(head, &records, header, options)?;
    if header {
        columns::ensure_header_eats_no_row(head, first)?;
    }

    let count = if let Some(widths) = &widths {
        widths.columns()
    } else if header {
        first.cells.len()
    } else {
        columns::usual_count(data)
    };
    if count > MAX_COLUMNS {
        let what = format!("text with {count} columns in a line");
        return Err(FileError::WrongKind { path: head.path.into(), what });
    }
    let columns = columns::names(first_names, count);
    let mut layout = layout::recognise(head.path, &columns, header, data);
    let said_ranges = options.map.iter().find(|(field, _)| *field == Field::RangeEnd);
    let mut unseen = Unseen::default();
    let look = match header {
        true if said_ranges.is_some() => Ranges::No,
        _ => layout::ranges(count, header.then_some(first.cells.as_slice()), data),
    };
    match look {
        Ranges::No => {}
        Ranges::Open => unseen.end = said_ranges.is_none().then_some(1),
        _ if said_ranges.is_some_and(|(_, column)| column == columns::NO_COLUMN) => {}
        Ranges::Maybe if said_ranges.is_none() => {
            let question = "the second column may end a range of numbers or mean something else, such as an extension \
                            (then --map range-end=-)";
            return Err(head.ask(question, "--map range-end=2"));
        }
        _ => {
            layout = Some(layout::PORTED_RANGES);
            if said_ranges.is_none() {
                let hint =
                    "every number of a range is suppressed; if that is wrong, say so with --map range-end=-";
                notes.push(note(Code::AssumedRanges, &columns[1], hint));
            }
        }
    }
    let mut problem_columns = if header { ProblemColumns::find(&columns) } else { None };
    let rows = data.iter().map(|sample| sample.cells.as_slice());
    let carried =
        problem_columns.as_mut().and_then(|found| found.carried(&columns, rows)).unwrap_or_default();
    let (constants, values) = said_beside(head, options, &carried)?;
    let table = columns::Table { columns: &columns, header, data, layout };
    let is_carried = carried.mapping.is_some();
    let mapping = columns::map(head, table, carried.mapping, options, &mut notes)?;
    if !is_carried {
        notes.extend(beside::notes(table, &mapping, options));
    }
    if let Some(&column) = mapping.columns.get(&Field::Change)
        && options.changes.is_none()
    {
        return Err(changes::undecided(head.path, &columns[column]));
    }
    if matches!(options.changes, Some(Changes::Additions | Changes::Deletions))
        && !mapping.columns.contains_key(&Field::Change)
    {
        return Err(
            head.ask("no column is seen to say which rows add and which delete", "--map change=COLUMN")
        );
    }
    let is_open = options.changes.is_none() && !options.map.iter().any(|(field, _)| *field == Field::Change);
    unseen.change = columns
        .iter()
        .position(|name| names::says_changes(name))
        .filter(|at| header && is_open && !mapping.columns.values().any(|used| used == at));
    let is_registry = [layout::FTC_SPLIT, layout::FTC_CHANGES, layout::PORTED_RANGES];
    if !header && options.header.is_none() && !layout.is_some_and(|layout| is_registry.contains(&layout)) {
        let hint = "the first record is read as data, since it holds no column names";
        notes.push(note(Code::AssumedHeaderless, "", hint));
    }
    if let Some(note) = layout::area_code_note(head.path, layout, data) {
        notes.push(note);
    }
    let (line_ending, at_end) = line_ending(&records);
    notes.extend(at_end);

    let mut start = preamble.start;
    let mut header_bytes = preamble.header;
    if header {
        header_bytes += first.piece.bytes;
        start = first.after;
    }
    let bytes: u64 = data.iter().map(|sample| sample.piece.bytes).sum();
    Ok(Sniffed {
        format: Format {
            encoding: head.encoding.encoding.name(),
            bom: head.encoding.bom > 0,
            delimiter,
            widths: widths.clone(),
            header,
            line_ending,
            layout,
        },
        dialect: Dialect { delimiter, columns: count, plain: widths.is_some() },
        columns,
        problem_columns,
        mapping,
        constants,
        values,
        unseen,
        notes,
        start,
        header: header_bytes,
        comments: preamble.comments,
        blanks: preamble.blanks,
        rows_above: preamble.rows + u64::from(header),
        record_bytes: (bytes / data.len().max(1) as u64).max(1),
    })
}

fn nothing(head: &Head<'_>) -> FileError {
    if head.whole {
        return empty(head, "there is nothing but blank lines and comments");
    }
    let what = "text whose first record is longer than any row".to_owned();
    FileError::WrongKind { path: head.path.into(), what }
}

fn empty(head: &Head<'_>, why: &'static str) -> FileError {
    FileError::Empty { path: head.path.into(), why }
}

fn line_ending(records: &[Sample]) -> (LineEnding, Option<Problem>) {
    let has = |eol| records.iter().any(|sample| sample.piece.eol == eol);
    match (has(Eol::Lf), has(Eol::CrLf), has(Eol::Cr)) {
        (_, false, false) => (LineEnding::Lf, None),
        (false, true, false) => (LineEnding::CrLf, None),
        (false, false, true) => (LineEnding::Cr, Some(carriage_return_only())),
        _ => (LineEnding::Mixed, Some(mixed_line_endings())),
    }
}

/// The note about files of old Macs.
pub(super) fn carriage_return_only() -> Problem {
    note(Code::CarriageReturnOnly, "", "each lone carriage return is read as the end of a line")
}

/// The note about files put together from several.
pub(super) fn mixed_line_endings() -> Problem {
    note(Code::MixedLineEndings, "", "LF, CRLF and CR are all read as the end of a line")
}

impl Sample {
    fn is_sound(&self) -> bool {
        !matches!(
            self.piece.fault,
            Some(Fault::Irregular | Fault::Swallowed | Fault::Unterminated | Fault::TooLong)
        )
    }
}

/// The one value that all of them are; `None` where there is none, or several.
pub(super) fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

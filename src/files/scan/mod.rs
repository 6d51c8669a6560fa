//! Where records begin and end: the one scanner behind the preview, the index, validation and the rejects.
//!
//! ```text
//! Window (stored bytes as units) ─▶ judge: where does the next record end, and is its shape sound?
//!                                      ├─ a line, or a quoted record over several lines ─▶ one Piece
//!                                      └─ a quotation mark that swallowed rows ─▶ one Piece per physical line
//! ```
//!
//! Pieces follow each other without a gap: their lengths add up to the bytes that were scanned. The decision about a
//! record looks at most [`RECORD_LIMIT`] units ahead and never at how the bytes came in, so windows of any size, and a start
//! at any [`Checkpoint`], give the same pieces.

use std::io;

use memchr::{memchr, memchr2};

use std::sync::Arc;

use super::block::Block;
use super::source::Bytes;

mod count;
mod guess;
mod judge;
mod lines;
mod plain;
pub(super) mod split;
mod swallowed;
#[cfg(test)]
mod tests;
mod window;

pub(super) use guess::likely_start;
use judge::{Verdict, judge};
pub(super) use lines::LineCount;
pub(super) use plain::{Line, Lines};
pub(super) use window::{READ, Width, Window};

/// Longest record, in units. Longer ones are rejected without being held.
pub(super) const RECORD_LIMIT: usize = 1 << 20;
/// Lines that one quoted field may span before it counts as swallowing rows.
pub(super) const LINE_LIMIT: usize = 100;
/// How much of an overlong record is kept to be shown.
const KEPT: usize = 4096;

/// What the scanner must know about the file's layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Field separator; `None` where each line is one field.
    pub(super) delimiter: Option<u8>,
    /// Columns of a record; 0 while they are not known, which turns off the look for swallowed records.
    pub(super) columns: usize,
    /// A quotation mark is a character like any other: every line is a record.
    pub(super) plain: bool,
}

/// What is wrong with the shape of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quotation mark where none can stand.
    Irregular,
    /// A physical line inside a quotation that swallowed rows.
    Swallowed,
    /// The quotation opens here (or above) and the file ends inside it.
    Unterminated,
    /// Longer than [`RECORD_LIMIT`].
    TooLong,
}

/// How a piece ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eol {
    /// At the end of the file.
    None,
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl Eol {
    fn units(self) -> usize {
        match self {
            Self::None => 0,
            Self::Lf | Self::Cr => 1,
            Self::CrLf => 2,
        }
    }
}

/// A record, a rejected physical line or a blank line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Nothing but spaces.
    pub(super) blank: bool,
    /// What is wrong with its shape.
    pub(super) fault: Option<Fault>,
    /// Byte offset in the file as stored.
    pub(super) at: u64,
    /// Physical line it starts on, from 1.
    pub(super) line: u64,
    /// Stored bytes, line ending included.
    pub(super) bytes: u64,
    /// How it ends.
    pub(super) eol: Eol,
    /// Units without the line ending.
    text: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// At the start of a record.
    Record,
    /// Line by line until so many units are used up; the first line still has its own fault.
    Lines { left: usize, first: Option<Fault> },
    /// Line by line until the quotation ends, wherever that is.
    Swallow { quoted: bool },
}

/// A place from which scanning can go on as if it had come from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// Byte offset in the file as stored.
    pub(super) at: u64,
    /// Physical line, from 1.
    pub(super) line: u64,
    mode: Mode,
}

impl Checkpoint {
    /// The same place, on another line.
    pub(super) fn on_line(self, line: u64) -> Self {
        Self { line, ..self }
    }

    /// Whether a scan from here goes on like a scan from `other`.
    pub(super) fn leads_like(&self, other: &Self) -> bool {
        (self.at, self.mode) == (other.at, other.mode)
    }

    /// The start of a record.
    pub(super) fn start(at: u64, line: u64) -> Self {
        Self { at, line, mode: Mode::Record }
    }
}

/// The scanner.
#[derive(Debug)]
pub(super) struct Scanner<'a, B: ?Sized> {
    window: Window<'a, B>,
    dialect: Dialect,
    width: Width,
    place: Checkpoint,
    end: u64,
    /// Units of the present piece that the window still holds.
    held: usize,
    /// The head of a piece that the window does not hold.
    kept: Vec<u8>,
}

impl<'a, B: Bytes + ?Sized> Scanner<'a, B> {
    /// Scans from `from` to `end` (a byte offset).
    pub(super) fn new(bytes: &'a B, width: Width, dialect: Dialect, from: Checkpoint, end: u64) -> Self {
        Self::with_read_size(bytes, width, dialect, from, end, READ)
    }

    /// The same with windows of `read_size` bytes.
    pub(super) fn with_read_size(
        bytes: &'a B,
        width: Width,
        dialect: Dialect,
        from: Checkpoint,
        end: u64,
        read_size: usize,
    ) -> Self {
        let window = Window::new(bytes, width, from.at, end, read_size);
        Self { window, dialect, width, place: from, end, held: 0, kept: Vec::new() }
    }

    /// Takes what of the data was read already, if it holds where this scanner begins.
    pub(super) fn start_with(&mut self, block: &Arc<Block>) -> io::Result<()> {
        self.window.start_with(block)
    }

    /// Where the next piece starts.
    pub(super) fn place(&self) -> Checkpoint {
        self.place
    }

    /// The stored bytes of the piece that [`Scanner::next`] gave last, without its line ending; only the head of an
    /// overlong one.
    pub(super) fn stored(&self, piece: &Piece) -> &[u8] {
        if self.held == 0 { &self.kept } else { self.window.stored(0, piece.text) }
    }

    /// Finds the plain lines that come next, as far as they have been read; [`Scanner::pass`] goes on behind them. None
    /// says nothing: [`Scanner::next`] gives the next piece.
    pub(super) fn find_plain(&mut self, lines: &mut Lines) {
        let delimiter = self.dialect.delimiter.unwrap_or(b'\n');
        self.window.advance(std::mem::take(&mut self.held));
        let may = self.place.mode == Mode::Record && self.width == Width::One && !self.dialect.plain;
        lines.find(if may { self.near_units() } else { &[] }, delimiter, self.dialect.columns);
    }

    /// Units of lines that are not too long for sure: what is found among them depends on no window.
    fn near_units(&self) -> &[u8] {
        let units = self.window.units();
        &units[..units.len().min(RECORD_LIMIT)]
    }

    /// What [`Scanner::find_plain`] searched.
    pub(super) fn units(&self) -> &[u8] {
        self.window.units()
    }

    /// One of the lines that were found, with so many of them before it.
    pub(super) fn plain_piece(&self, line: Line<'_>, before: u64) -> Piece {
        let (end, eol) = line.end();
        let (at, text) = (self.place.at + line.start() as u64, end - line.start());
        Piece {
            blank: false,
            fault: None,
            at,
            line: self.place.line + before,
            bytes: line.bytes(),
            eol,
            text,
        }
    }

    /// Goes on behind so many of the lines that were found.
    pub(super) fn pass(&mut self, lines: &Lines, count: usize) {
        if count == 0 {
            return;
        }
        self.held = lines.start(count);
        let (at, line) = (self.place.at + self.held as u64, self.place.line + count as u64);
        self.place = Checkpoint { at, line, mode: Mode::Record };
    }

    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        self.window.advance(std::mem::take(&mut self.held));
        self.kept.clear();
        loop {
            match self.place.mode {
                Mode::Record => match judge(self.window.units(), self.window.is_last(), &self.dialect) {
                    Verdict::More => self.window.grow()?,
                    Verdict::End => return Ok(None),
                    Verdict::Record { text, eol, fault, inner } => {
                        return Ok(Some(self.emit(text, eol, fault, inner, Mode::Record)));
                    }
                    Verdict::Lines { units, first } => {
                        self.place.mode = Mode::Lines { left: units, first: Some(first) };
                    }
                    Verdict::Swallow => self.place.mode = Mode::Swallow { quoted: false },
                    Verdict::TooLong => return self.skip_line(Mode::Record).map(Some),
                },
                Mode::Lines { left, first } => {
                    let Some((text, eol)) = self.physical_line() else {
                        self.window.grow()?;
                        continue;
                    };
                    let left = left.saturating_sub(text + eol.units());
                    let mode = if left == 0 { Mode::Record } else { Mode::Lines { left, first: None } };
                    let fault = first.unwrap_or(Fault::Swallowed);
                    return Ok(Some(self.emit(text, eol, Some(fault), 0, mode)));
                }
                Mode::Swallow { quoted } => {
                    if let Some((text, eol)) = self.physical_line() {
                        return Ok(Some(self.swallow(quoted, text, eol)));
                    }
                    if self.window.units().len() > RECORD_LIMIT + 1 {
                        return self.skip_line(Mode::Swallow { quoted: true }).map(Some);
                    }
                    if self.window.is_last() && self.window.units().is_empty() {
                        return Ok(None);
                    }
                    self.window.grow()?;
                }
            }
        }
    }

    /// The physical line at the start of the window: `None` where more must be read, or the line is too long.
    fn physical_line(&self) -> Option<(usize, Eol)> {
        let units = self.window.units();
        let seen = judge::limited(units);
        judge::line_end(seen, self.window.is_last() && seen.len() == units.len())
    }

    fn swallow(&mut self, quoted: bool, text: usize, eol: Eol) -> Piece {
        let still = judge::runs_on(&self.window.units()[..text], quoted, self.dialect.delimiter);
        let used = ((text + eol.units()) * self.width.bytes()) as u64;
        let last = self.place.at + used >= self.end;
        let fault = if still && last { Fault::Unterminated } else { Fault::Swallowed };
        let mode = if still { Mode::Swallow { quoted: true } } else { Mode::Record };
        self.emit(text, eol, Some(fault), 0, mode)
    }

    fn emit(&mut self, text: usize, eol: Eol, fault: Option<Fault>, inner: u64, mode: Mode) -> Piece {
        let units = text + eol.units();
        let line = &self.window.units()[..text];
        let blank = line.iter().all(|&b| b == b' ' || (b == b'\t' && self.dialect.delimiter != Some(b'\t')));
        let piece = Piece {
            blank,
            fault: fault.filter(|_| !blank),
            at: self.place.at,
            line: self.place.line,
            bytes: (units * self.width.bytes()) as u64,
            eol,
            text,
        };
        self.held = units;
        let lines = inner + u64::from(eol != Eol::None);
        self.place = Checkpoint { at: piece.at + piece.bytes, line: piece.line + lines, mode };
        piece
    }

    /// Passes over a physical line that is too long to be held.
    fn skip_line(&mut self, after: Mode) -> io::Result<Piece> {
        let head = self.window.units().len().min(KEPT);
        let kept = self.window.stored(0, head).to_vec();
        let (mut text, mut quote) = (0_usize, false);
        let eol = loop {
            let units = self.window.units();
            let stop = memchr2(b'\n', b'\r', units);
            let body = &units[..stop.unwrap_or(units.len())];
            let (length, has_quote) = (body.len(), memchr(b'"', body).is_some());
            let found = stop.and_then(|at| judge::line_end(&units[at..], self.window.is_last()));
            text += length;
            quote |= has_quote;
            self.window.advance(length);
            match (stop, found) {
                (Some(_), Some((_, eol))) => {
                    self.window.advance(eol.units());
                    break eol;
                }
                (None, _) if self.window.is_last() => break Eol::None,
                _ => self.window.grow()?,
            }
        };
        self.kept = kept;
        let bytes = ((text + eol.units()) * self.width.bytes()) as u64;
        let (at, line) = (self.place.at, self.place.line);
        // A line too long to be held ends a quotation as soon as it holds a mark at all.
        let mode = if quote { Mode::Record } else { after };
        self.place = Checkpoint { at: at + bytes, line: line + u64::from(eol != Eol::None), mode };
        Ok(Piece { blank: false, fault: Some(Fault::TooLong), at, line, bytes, eol, text })
    }
}

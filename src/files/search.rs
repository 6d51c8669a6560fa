//! Search over every row of a file, also while its rows are still being counted.
//!
//! ```text
//! stored bytes, a block at a time ─▶ likely places ─▶ which row is that? ─▶ does its text hold the needle? ─▶ hits
//!   literal: by the rarest byte                        from the nearest checkpoint of the index, or on from
//!   digits: a number in any spelling                   the last place where the index has not come yet
//! ```
//!
//! Bytes without a likely place are passed over at the speed of memory; a row is taken apart only where there is one.

use std::fs::File;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::document::Document;
use super::scan::split::Fields;
use super::scan::{Fault, Piece, Scanner, Width};
use super::source::Bytes as _;
use super::{Field, FileError};

mod digits;
mod hits;
mod literal;
mod needle;

pub use hits::Hits;
pub use needle::Needle;
use needle::Stored;

/// Bytes that are looked through at once.
const BLOCK: usize = 1 << 20;
/// Bytes that the place of a row is looked for with.
const NEAR: usize = 64 * 1024;
/// Rows between two looks at the stop token and at the index.
const STEP: u32 = 4096;
/// Hits are told this often at most.
const PAUSE: Duration = Duration::from_millis(30);

/// What a running search tells.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Rows found since the last time.
    pub hits: Hits,
    /// They stand above the row at which the search began: it came to the end and went on from the top.
    pub wrapped: bool,
    /// Bytes looked through.
    pub bytes: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Document {
    /// Looks for a needle from data row `from_row` (from 1) to the end of the file and then from its top to that row.
    /// A row is found where a cell, or the row as it stands in the file, holds the text, or where a cell is the number.
    /// Blocking. `tell` is called whenever there is something new, and at the end.
    pub fn search(
        &self,
        needle: &Needle,
        from_row: u64,
        stop: &CancellationToken,
        tell: &mut dyn FnMut(Found),
    ) -> Result<(), FileError> {
        self.source().ensure_unchanged()?;
        let mut search = Search::new(self, needle, stop);
        let (start, end) = (self.start().at, self.end());
        let here = search.start_of(from_row.max(1))?;
        for (wrapped, from, to) in [(false, here, end), (true, start, here)] {
            search.wrapped = wrapped;
            search.look_through(from, to, tell)?;
        }
        self.source().ensure_unchanged()?;
        search.tell(tell);
        Ok(())
    }
}

/// A search at work.
struct Search<'a> {
    document: &'a Document,
    needle: &'a Needle,
    stop: &'a CancellationToken,
    stored: Stored,
    digits: Option<digits::Digits>,
    rows: Rows<'a>,
    fields: Fields,
    wrapped: bool,
    hits: Hits,
    bytes: u64,
    told: Option<Instant>,
    tuned: bool,
}

impl<'a> Search<'a> {
    fn new(document: &'a Document, needle: &'a Needle, stop: &'a CancellationToken) -> Self {
        Self {
            document,
            needle,
            stop,
            stored: needle.stored_in(document.encoding()),
            digits: needle.digits(),
            rows: Rows::new(document),
            fields: Fields::default(),
            wrapped: false,
            hits: Hits::default(),
            bytes: 0,
            told: None,
            tuned: false,
        }
    }

    /// Where a row begins; the end of the data where there is no such row.
    fn start_of(&mut self, row: u64) -> Result<u64, FileError> {
        let (from, before) = self.document.place_before_row(row);
        self.rows.go(from, before);
        let mut steps = 0_u32;
        while self.rows.row < row {
            if self.rows.next()?.is_none() {
                return Ok(self.document.end());
            }
            steps += 1;
            if steps.is_multiple_of(STEP) {
                self.halt()?;
            }
        }
        Ok(self.rows.piece.map_or(self.document.start().at, |piece| piece.at))
    }

    fn halt(&self) -> Result<(), FileError> {
        if self.stop.is_cancelled() { Err(FileError::Stopped) } else { Ok(()) }
    }

    fn look_through(&mut self, from: u64, to: u64, tell: &mut dyn FnMut(Found)) -> Result<(), FileError> {
        let width = self.document.width();
        let started = Instant::now();
        let mut raw = vec![0; BLOCK];
        let mut narrow = Vec::new();
        let mut at = from;
        while at < to {
            self.halt()?;
            let want = (to - at).min(BLOCK as u64) as usize;
            let filled = self.read(at, &mut raw[..want])?;
            let units = match width {
                Width::One => &raw[..filled],
                _ => {
                    width.narrow_into(&raw[..filled], &mut narrow);
                    &narrow[..]
                }
            };
            let is_last = at + filled as u64 >= to;
            let (mut used, mut kept) = (units.len(), 0);
            if !is_last {
                match memchr::memrchr2(b'\n', b'\r', units) {
                    // No needle goes on over the end of a line.
                    Some(line) => used = line + 1,
                    None => kept = self.stored.overlap().min(used - 1),
                }
            }
            if !self.tuned {
                self.stored.tune(&units[..used.min(NEAR)]);
                self.tuned = true;
            }
            self.block(&units[..used], at, width)?;
            let done = ((used - kept) * width.bytes()) as u64;
            at += done;
            self.bytes += done;
            // The first hit is what somebody waits for.
            let is_first = self.told.is_none() && !self.hits.is_empty();
            if is_first || self.told.unwrap_or(started).elapsed() >= PAUSE {
                self.tell(tell);
            }
        }
        self.tell(tell);
        Ok(())
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> Result<usize, FileError> {
        let source = self.document.source();
        let mut filled = 0;
        while filled < buffer.len() {
            match source.file().read_at(at + filled as u64, &mut buffer[filled..]) {
                Ok(0) => return Err(source.error(std::io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(source.error(error)),
            }
        }
        Ok(filled)
    }

    fn tell(&mut self, tell: &mut dyn FnMut(Found)) {
        let (start, end) = (self.document.start().at, self.document.end());
        let hits = std::mem::take(&mut self.hits);
        tell(Found { hits, wrapped: self.wrapped, bytes: self.bytes, total: end - start });
        self.told = Some(Instant::now());
    }

    /// Looks at each likely place of a block, a row once.
    fn block(&mut self, units: &[u8], at: u64, width: Width) -> Result<(), FileError> {
        let mut from = 0;
        // Places found already, so that neither way of looking reads a stretch twice.
        let (mut text, mut number) = (Next::Unknown, Next::Unknown);
        while from < units.len() {
            let by_text = text.at_or_behind(from, || self.stored.next(units, from));
            let by_number = number.at_or_behind(from, || self.digits?.next(units, from));
            let Some(place) = by_text.into_iter().chain(by_number).min() else { break };
            let byte = at + (place * width.bytes()) as u64;
            let Some(piece) = self.rows.seek(byte, self.stop)? else { break };
            let sure = by_text == Some(place) && self.stored.is_whole();
            if sure || self.holds(&piece, by_text == Some(place)) {
                self.hits.push(self.rows.row);
            }
            let next = (piece.at + piece.bytes).saturating_sub(at) / width.bytes() as u64;
            from = usize::try_from(next).unwrap_or(usize::MAX).max(place + 1);
        }
        Ok(())
    }

    /// Whether a row holds the needle, by its text.
    fn holds(&mut self, piece: &Piece, by_text: bool) -> bool {
        if piece.blank {
            return false;
        }
        let stored = self.rows.scanner.stored(piece);
        if piece.fault == Some(Fault::TooLong) {
            // Only its head is held: what was seen in its bytes is all that can be known.
            return by_text;
        }
        let (whole, _) = super::text::decode(self.document.encoding(), stored);
        if self.needle.is_in(&whole) {
            return true;
        }
        self.document.cut(&whole, piece.fault.is_none(), &mut self.fields);
        let mapping = self.document.mapping();
        let columns = mapping.columns.get(&Field::Number).into_iter().chain(&mapping.more_numbers);
        let joined = columns.filter(|_| mapping.split_number).any(|&at| {
            let cell = |at| self.fields.get(at).unwrap_or_default().trim();
            self.needle.is_number(&format!("{}{}", cell(at), cell(at + 1)))
        });
        joined || self.fields.iter().any(|cell| self.needle.is_in(cell) || self.needle.is_number(cell))
    }
}

/// A place that is looked for when it is needed.
enum Next {
    Unknown,
    At(usize),
    Nowhere,
}

impl Next {
    fn at_or_behind(&mut self, from: usize, look: impl FnOnce() -> Option<usize>) -> Option<usize> {
        match self {
            Self::At(at) if *at >= from => {}
            Self::Nowhere => {}
            _ => *self = look().map_or(Self::Nowhere, Self::At),
        }
        match self {
            Self::At(at) => Some(*at),
            _ => None,
        }
    }
}

/// Rows one after the other, with their numbers.
struct Rows<'a> {
    document: &'a Document,
    scanner: Scanner<'a, File>,
    /// Number of the last row, that of `piece` where it is one.
    row: u64,
    piece: Option<Piece>,
}

impl<'a> Rows<'a> {
    fn new(document: &'a Document) -> Self {
        let scanner = document.scanner(document.start(), NEAR);
        Self { document, scanner, row: 0, piece: None }
    }

    fn go(&mut self, from: super::scan::Checkpoint, before: u64) {
        self.scanner = self.document.scanner(from, NEAR);
        self.row = before;
        self.piece = None;
    }

    fn next(&mut self) -> Result<Option<Piece>, FileError> {
        self.piece = self.scanner.next().map_err(|error| self.document.source().error(error))?;
        self.row += u64::from(self.piece.is_some_and(|piece| !piece.blank));
        Ok(self.piece)
    }

    /// The piece that holds a byte. Goes there from the nearest place that is known, also to the index by now.
    fn seek(&mut self, byte: u64, stop: &CancellationToken) -> Result<Option<Piece>, FileError> {
        if let Some(piece) = self.piece.filter(|piece| (piece.at..piece.at + piece.bytes).contains(&byte)) {
            return Ok(Some(piece));
        }
        let mut steps = 0_u32;
        loop {
            if steps.is_multiple_of(STEP) {
                if stop.is_cancelled() {
                    return Err(FileError::Stopped);
                }
                let (place, before) = self.document.place_before_byte(byte);
                if place.at > self.scanner.place().at || byte < self.scanner.place().at {
                    self.go(place, before);
                }
            }
            steps += 1;
            match self.next()? {
                Some(piece) if byte >= piece.at + piece.bytes => {}
                found => return Ok(found),
            }
        }
    }
}

#[cfg(test)]
mod tests;

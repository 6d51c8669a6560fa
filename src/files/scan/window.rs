//! A sliding window over the stored bytes, as units that the scanner can search.
//!
//! For encodings that keep ASCII as it is, a unit is a byte. For UTF-16 a unit is two bytes: ASCII keeps its value and
//! everything else becomes a byte that means nothing to the scanner, so places in the stored file stay exact.

use std::io;

use sha2::{Digest, Sha256};

use crate::domain::phone::foreign_digit;
use crate::files::source::Bytes;

/// How stored bytes become units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum Width {
    /// One byte, one unit.
    One,
    /// UTF-16, little end first.
    TwoLittle,
    /// UTF-16, big end first.
    TwoBig,
}

impl Width {
    /// Stored bytes of one unit.
    pub(in crate::files) fn bytes(self) -> usize {
        if self == Self::One { 1 } else { 2 }
    }

    /// The units of stored bytes.
    pub(in crate::files) fn narrow_into(self, stored: &[u8], units: &mut Vec<u8>) {
        units.clear();
        units.extend(stored.chunks_exact(2).map(|pair| self.narrow(pair)));
    }

    fn narrow(self, pair: &[u8]) -> u8 {
        let unit = match (self, pair) {
            (Self::TwoLittle, &[low, high]) => u16::from_le_bytes([low, high]),
            (Self::TwoBig, &[high, low]) => u16::from_be_bytes([high, low]),
            _ => 0xFFFD,
        };
        // Digits of other scripts are digits, so that nobody takes a number for prose.
        let digit = || char::from_u32(unit.into()).and_then(foreign_digit).map(|digit| digit as u8);
        u8::try_from(unit).ok().filter(u8::is_ascii).or_else(digit).unwrap_or(0x80)
    }
}

/// How much is asked of the system at a time.
pub(in crate::files) const READ: usize = 256 * 1024;

/// The window.
#[derive(Debug)]
pub(in crate::files) struct Window<'a, B: ?Sized> {
    bytes: &'a B,
    width: Width,
    read_size: usize,
    /// Place in the file of the next byte to read.
    next: u64,
    /// Where reading ends.
    end: u64,
    /// Longer than what it holds: room is made once.
    raw: Vec<u8>,
    /// Bytes that `raw` holds.
    filled: usize,
    narrow: Vec<u8>,
    /// Units at the start of the buffers that are done with.
    done: usize,
    digest: Option<Sha256>,
    counts: bool,
    /// Line endings that were read, and whether the last unit was a carriage return: the scanner's count has a twin.
    lines: u64,
    after_return: bool,
}

impl<'a, B: Bytes + ?Sized> Window<'a, B> {
    /// A window over `from..end`, read in steps of `read_size` bytes.
    pub(in crate::files) fn new(bytes: &'a B, width: Width, from: u64, end: u64, read_size: usize) -> Self {
        let (raw, narrow) = (Vec::new(), Vec::new());
        Self {
            bytes,
            width,
            read_size: read_size.max(2),
            next: from,
            end,
            raw,
            filled: 0,
            narrow,
            done: 0,
            digest: None,
            counts: false,
            lines: 0,
            after_return: false,
        }
    }

    /// Lets every byte that is read from here on run through `digest`.
    pub(in crate::files) fn hash_into(&mut self, digest: Sha256) {
        self.digest = Some(digest);
        self.counts = true;
    }

    /// Lets the lines be counted of every byte that is read from here on.
    pub(in crate::files) fn count_only(&mut self) {
        self.counts = true;
    }

    /// The digest so far.
    pub(in crate::files) fn take_digest(&mut self) -> Option<Sha256> {
        self.digest.take()
    }

    /// Line endings in all that was read since [`Window::hash_into`], counted without looking at records.
    pub(in crate::files) fn lines(&self) -> u64 {
        self.lines
    }

    /// Units that are in the window and not done with.
    pub(in crate::files) fn units(&self) -> &[u8] {
        match self.width {
            Width::One => &self.raw[self.done..self.filled],
            _ => &self.narrow[self.done..],
        }
    }

    /// The stored bytes of `from..to` of [`Window::units`].
    pub(in crate::files) fn stored(&self, from: usize, to: usize) -> &[u8] {
        let width = self.width.bytes();
        &self.raw[(self.done + from) * width..(self.done + to) * width]
    }

    /// Whether nothing stands behind the window.
    pub(in crate::files) fn is_last(&self) -> bool {
        self.next >= self.end
    }

    /// Marks the first `units` as done with.
    pub(in crate::files) fn advance(&mut self, units: usize) {
        self.done += units;
    }

    /// Reads on. An end before its time is an [`io::ErrorKind::UnexpectedEof`].
    pub(in crate::files) fn grow(&mut self) -> io::Result<()> {
        let width = self.width.bytes();
        if self.done > 0 {
            self.raw.copy_within(self.done * width..self.filled, 0);
            self.filled -= self.done * width;
            if width == 2 {
                self.narrow.drain(..self.done);
            }
            self.done = 0;
        }
        let want = (self.end - self.next).min(self.read_size as u64) as usize;
        let filled = self.filled;
        if self.raw.len() < filled + want {
            self.raw.resize(filled + want, 0);
        }
        let read = loop {
            match self.bytes.read_at(self.next, &mut self.raw[filled..filled + want]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if read == 0 && want > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += read;
        let new = &self.raw[filled..self.filled];
        if let Some(digest) = &mut self.digest {
            digest.update(new);
        }
        let known = if width == 2 { self.narrow.len() } else { filled };
        self.next += read as u64;
        if width == 2 {
            let from = self.narrow.len() * 2;
            let whole = self.raw[from..self.filled].chunks_exact(2).map(|pair| self.width.narrow(pair));
            self.narrow.extend(whole);
            if self.is_last() && self.filled % 2 == 1 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if self.counts {
            self.count_lines(known);
        }
        Ok(())
    }

    fn count_lines(&mut self, known: usize) {
        let units = &self.units()[known..];
        let lines = if !self.after_return && memchr::memchr(b'\r', units).is_none() {
            memchr::memchr_iter(b'\n', units).count()
        } else {
            let is_second = |at: usize| {
                units[at] == b'\n'
                    && at.checked_sub(1).map_or(self.after_return, |before| units[before] == b'\r')
            };
            memchr::memchr2_iter(b'\n', b'\r', units).filter(|&at| !is_second(at)).count()
        };
        let after_return = units.last().map_or(self.after_return, |last| *last == b'\r');
        self.lines += lines as u64;
        self.after_return = after_return;
    }
}

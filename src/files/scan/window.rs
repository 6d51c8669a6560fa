//! A sliding window over the stored bytes, as units that the scanner can search.
//!
//! For encodings that keep ASCII as it is, a unit is a byte. For UTF-16 a unit is two bytes: ASCII keeps its value and
//! everything else becomes a byte that means nothing to the scanner, so places in the stored file stay exact.

use std::io;
use std::sync::Arc;

use crate::domain::phone::foreign_digit;
use crate::files::block::Block;
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
/// How much is asked for at first behind what was read already.
const BEHIND: usize = 8 * 1024;

/// The window.
#[derive(Debug)]
pub(in crate::files) struct Window<'a, B: ?Sized> {
    bytes: &'a B,
    width: Width,
    read_size: usize,
    /// How much is asked for the next time.
    step: usize,
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
    /// What was read by somebody else is looked at where it is, while it lasts. Only where a unit is a byte.
    block: Option<Arc<Block>>,
}

impl<'a, B: Bytes + ?Sized> Window<'a, B> {
    /// A window over `from..end`, read in steps of `read_size` bytes.
    pub(in crate::files) fn new(bytes: &'a B, width: Width, from: u64, end: u64, read_size: usize) -> Self {
        let (raw, narrow) = (Vec::new(), Vec::new());
        let read_size = read_size.max(2);
        Self {
            bytes,
            width,
            read_size,
            step: read_size,
            next: from,
            end,
            raw,
            filled: 0,
            narrow,
            done: 0,
            block: None,
        }
    }

    /// Takes what of its bytes was read already, if it holds the first of them. For a window that has not been read from.
    pub(in crate::files) fn start_with(&mut self, block: &Arc<Block>) -> io::Result<()> {
        let Some(bytes) = block.from(self.next).filter(|_| self.filled == 0) else { return Ok(()) };
        let next = self.next + bytes.len() as u64;
        if next > self.end {
            return Ok(());
        }
        self.next = next;
        // What is wanted behind it is the rest of one record.
        self.step = self.read_size.min(BEHIND);
        if self.width == Width::One {
            self.done = block.bytes().len() - bytes.len();
            self.block = Some(Arc::clone(block));
            return Ok(());
        }
        self.raw.extend_from_slice(bytes);
        self.filled = bytes.len();
        self.narrow_rest()
    }

    /// Units that are in the window and not done with.
    pub(in crate::files) fn units(&self) -> &[u8] {
        match (&self.block, self.width) {
            (Some(block), _) => &block.bytes()[self.done..],
            (None, Width::One) => &self.raw[self.done..self.filled],
            (None, _) => &self.narrow[self.done..],
        }
    }

    /// The stored bytes of `from..to` of [`Window::units`].
    pub(in crate::files) fn stored(&self, from: usize, to: usize) -> &[u8] {
        let width = self.width.bytes();
        let bytes = self.block.as_ref().map_or(self.raw.as_slice(), |block| block.bytes());
        &bytes[(self.done + from) * width..(self.done + to) * width]
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
        if let Some(block) = self.block.take() {
            let rest = &block.bytes()[std::mem::take(&mut self.done)..];
            self.raw.extend_from_slice(rest);
            self.filled = rest.len();
        } else if self.done > 0 {
            self.raw.copy_within(self.done * width..self.filled, 0);
            self.filled -= self.done * width;
            if width == 2 {
                self.narrow.drain(..self.done);
            }
            self.done = 0;
        }
        let want = (self.end - self.next).min(self.step as u64) as usize;
        self.step = (self.step * 2).min(self.read_size);
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
        self.next += read as u64;
        if width == 2 { self.narrow_rest() } else { Ok(()) }
    }

    /// Makes units of what was read since the last time.
    fn narrow_rest(&mut self) -> io::Result<()> {
        let from = self.narrow.len() * 2;
        let whole = self.raw[from..self.filled].chunks_exact(2).map(|pair| self.width.narrow(pair));
        self.narrow.extend(whole);
        if self.is_last() && self.filled % 2 == 1 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

//! The numbers of a checked file: each once, sorted, about seven bytes a number.
//!
//! ```text
//! block   first number │ step row attributes │ step row attributes │ …
//! ```
//!
//! A file of ten million numbers has few different attributes, so each set of them is kept once.

use super::Intent;
use super::facts::AttributeTable;
use crate::domain::phone::E164;
use crate::domain::varint::{read, write};

/// Numbers of a block.
const BLOCK: usize = 4096;

/// Every number of a file that is to be suppressed, with its attributes and the first row that carries it.
#[derive(Clone, Default)]
pub struct Intents {
    blocks: Vec<Block>,
    attributes: AttributeTable,
    /// Bytes that a row number takes.
    row_bytes: usize,
    len: usize,
}

#[derive(Clone)]
struct Block {
    first: u64,
    count: usize,
    bytes: Box<[u8]>,
}

impl Intents {
    /// How many numbers.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them, sorted by number.
    pub fn iter(&self) -> impl Iterator<Item = Intent> + '_ {
        self.blocks.iter().flat_map(|block| self.read_block(block))
    }

    fn read_block<'a>(&'a self, block: &'a Block) -> impl Iterator<Item = Intent> + 'a {
        let (mut at, mut number) = (0, block.first);
        (0..block.count).map_while(move |_| {
            number += read(&block.bytes, &mut at)?;
            let row = block.bytes.get(at..at + self.row_bytes)?;
            let row = row.iter().rev().fold(0, |row, byte| row << 8 | u64::from(*byte));
            at += self.row_bytes;
            let attributes = self.attributes.get(u32::try_from(read(&block.bytes, &mut at)?).ok()?)?;
            Some(Intent { number: E164::from_digits(number)?, attributes, row })
        })
    }

    /// Joins two runs of numbers, the second all larger, written over the same attributes.
    pub(super) fn join(&mut self, mut other: Self) {
        self.blocks.append(&mut other.blocks);
        self.len += other.len;
    }

    /// Puts the attributes in place that the numbers were written over.
    pub(super) fn with_attributes(mut self, mut attributes: AttributeTable) -> Self {
        attributes.shrink();
        self.attributes = attributes;
        self
    }
}

impl std::fmt::Debug for Intents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} intents", self.len)
    }
}

impl PartialEq for Intents {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl FromIterator<Intent> for Intents {
    /// From intents that are sorted by number, each number once.
    fn from_iter<I: IntoIterator<Item = Intent>>(intents: I) -> Self {
        let mut writer = Writer::new(u64::MAX);
        let mut attributes = AttributeTable::default();
        for intent in intents {
            let id = attributes.intern(&intent.attributes);
            writer.push(intent.number.digits(), intent.row, id);
        }
        writer.finish().with_attributes(attributes)
    }
}

/// Writes numbers in order.
pub(super) struct Writer {
    out: Intents,
    bytes: Vec<u8>,
    first: u64,
    last: u64,
    count: usize,
}

impl Writer {
    /// For rows up to `rows`.
    pub(super) fn new(rows: u64) -> Self {
        let row_bytes = (8 - rows.leading_zeros() as usize / 8).max(1);
        let out = Intents { row_bytes, ..Intents::default() };
        Self { out, bytes: Vec::new(), first: 0, last: 0, count: 0 }
    }

    /// The next number, larger than the last.
    pub(super) fn push(&mut self, number: u64, row: u64, attributes: u32) {
        debug_assert!(number > self.last, "numbers come sorted, each once");
        if self.count == BLOCK {
            self.end_block();
        }
        if self.count == 0 {
            (self.first, self.last) = (number, number);
        }
        write(&mut self.bytes, number - self.last);
        self.bytes.extend_from_slice(&row.to_le_bytes()[..self.out.row_bytes]);
        write(&mut self.bytes, u64::from(attributes));
        self.last = number;
        self.count += 1;
    }

    /// All that was written, over attributes that are still to be put in place.
    pub(super) fn finish(mut self) -> Intents {
        self.end_block();
        self.out.blocks.shrink_to_fit();
        self.out
    }

    fn end_block(&mut self) {
        if self.count == 0 {
            return;
        }
        let bytes = self.bytes.as_slice().into();
        self.out.blocks.push(Block { first: self.first, count: self.count, bytes });
        self.out.len += self.count;
        self.bytes.clear();
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Attributes;
    use crate::domain::jurisdiction::Jurisdiction;

    #[test]
    fn numbers_come_back_in_order_and_by_themselves() {
        let places = ["US-CA", "US-DC"].map(|place| Jurisdiction::parse(place).unwrap());
        let intent = |n: u64| Intent {
            number: E164::from_digits(12_025_550_000 + n * n).unwrap(),
            attributes: Attributes { jurisdiction: places[n as usize % 2], expires: None, source: None },
            row: 20_000 - n,
        };
        let list: Vec<Intent> = (0..10_000).map(intent).collect();
        let intents: Intents = list.iter().cloned().collect();
        assert_eq!(intents.len(), list.len());
        assert!(intents.iter().eq(list.iter().cloned()));
    }
}

//! The numbers of a checked file: each once, sorted, about seven bytes a number.
//!
//! ```text
//! block   first number │ step row attributes │ step row attributes │ …
//! ```
//!
//! A file of ten million numbers has few different attributes, so each set of them is kept once.

use super::Intent;
use super::facts::AttributeTable;
use super::segment::{SEGMENT, Segment};
use crate::domain::phone::E164;
use crate::domain::varint::{put, read};

/// Bytes that one number takes at the most: its step, its row, the number of its set.
const LONGEST: usize = 10 + 8 + 5;

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
    count: u32,
    bytes: Segment,
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
            number += read(block.bytes.as_slice(), &mut at)?;
            let row = block.bytes.get(at..at + self.row_bytes)?;
            let row = row.iter().rev().fold(0, |row, byte| row << 8 | u64::from(*byte));
            at += self.row_bytes;
            let set = u32::try_from(read(block.bytes.as_slice(), &mut at)?).ok()?;
            let number = E164::from_digits(number)?;
            Some(Intent { number, attributes: self.attributes.get(set, number)?, row })
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
    /// Segments that may be written to.
    free: Vec<Segment>,
    block: Option<Block>,
    used: usize,
    last: u64,
}

impl Writer {
    /// For rows up to `rows`.
    pub(super) fn new(rows: u64) -> Self {
        let row_bytes = (8 - rows.leading_zeros() as usize / 8).max(1);
        let out = Intents { row_bytes, ..Intents::default() };
        Self { out, free: Vec::new(), block: None, used: 0, last: 0 }
    }

    /// Takes a segment to write to.
    pub(super) fn give(&mut self, segment: Segment) {
        self.free.push(segment);
    }

    /// The next number, larger than the last.
    #[inline]
    pub(super) fn push(&mut self, number: u64, row: u64, attributes: u32) {
        debug_assert!(number > self.last, "numbers come sorted, each once");
        if self.used + LONGEST > SEGMENT {
            self.end_block();
        }
        let free = &mut self.free;
        let block = self.block.get_or_insert_with(|| {
            (self.used, self.last) = (0, number);
            Block { first: number, count: 0, bytes: free.pop().unwrap_or_else(|| Segment::new([0; SEGMENT])) }
        });
        let room = block.bytes.as_mut_slice();
        put(room, &mut self.used, number - self.last);
        // All eight of its bytes, which there is room for; the next value goes over those that are none.
        if let Some(place) = room[self.used..].first_chunk_mut() {
            *place = row.to_le_bytes();
        }
        self.used += self.out.row_bytes;
        put(room, &mut self.used, u64::from(attributes));
        block.count += 1;
        self.out.len += 1;
        self.last = number;
    }

    /// All that was written, over attributes that are still to be put in place.
    pub(super) fn finish(mut self) -> Intents {
        self.end_block();
        self.out.blocks.shrink_to_fit();
        self.out
    }

    fn end_block(&mut self) {
        self.out.blocks.extend(self.block.take());
        self.used = 0;
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

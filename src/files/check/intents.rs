//! The numbers of a checked file: each once, sorted, about seven bytes a number.
//!
//! ```text
//! block   first number │ step row attributes │ step row attributes │ …
//! ```
//!
//! A file of ten million numbers has few different attributes, so each set of them is kept once. A number takes as many
//! bytes to name its set as the sets of the file need; those that came about by uniting rows are named behind a mark.

use super::Intent;
use super::emails::EmailList;
use super::facts::AttributeTable;
use super::segment::{SEGMENT, Segment};
use crate::domain::varint::{put, read};

/// Bytes that one number takes at the most: its step, its row, the mark and the number of its set.
const LONGEST: usize = 10 + 8 + 4 + 5;

/// Every number of a file that is to be suppressed, with its attributes and the first row that carries it.
#[derive(Clone, Default)]
pub struct Intents {
    blocks: Vec<Block>,
    attributes: AttributeTable,
    /// Addresses, which stand behind all numbers of telephones.
    emails: EmailList,
    /// Bytes that a row number takes, and that the number of a set does.
    row_bytes: usize,
    set_bytes: usize,
    len: usize,
}

/// A number as it is kept.
#[derive(Clone, Copy)]
struct Kept {
    number: u64,
    row: u64,
    set: u32,
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

    /// All of them, sorted: numbers, then addresses.
    pub fn iter(&self) -> impl Iterator<Item = Intent> + '_ {
        let mut rest = self.kept().filter_map(|kept| self.intent(kept)).peekable();
        let mut emails: Option<std::vec::IntoIter<Intent>> = None;
        std::iter::from_fn(move || {
            if let Some(number) = rest.next_if(|intent| intent.identifier.phone().is_some()) {
                return Some(number);
            }
            // They are kept in the order in which they were met.
            let sorted = || {
                let mut emails: Vec<Intent> = rest.by_ref().collect();
                emails.sort_unstable_by(|one, other| one.identifier.cmp(&other.identifier));
                emails.into_iter()
            };
            emails.get_or_insert_with(sorted).next()
        })
    }

    /// The number that each is kept under, and the first row that carries it. Sorted by that number.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.kept().map(|kept| (kept.number, kept.row))
    }

    fn kept(&self) -> impl Iterator<Item = Kept> + '_ {
        self.blocks.iter().flat_map(|block| self.read_block(block))
    }

    fn intent(&self, kept: Kept) -> Option<Intent> {
        let Kept { number, row, set } = kept;
        let identifier = self.emails.whom(number)?;
        Some(Intent { attributes: self.attributes.get(set, identifier.phone())?, identifier, row })
    }

    fn read_block<'a>(&'a self, block: &'a Block) -> impl Iterator<Item = Kept> + 'a {
        let (mut at, mut number) = (0, block.first);
        (0..block.count).map_while(move |_| {
            number += read(block.bytes.as_slice(), &mut at)?;
            let mut fixed = |size: usize| {
                let bytes = block.bytes.get(at..at + size)?;
                at += size;
                Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
            };
            let (row, set) = (fixed(self.row_bytes)?, fixed(self.set_bytes)?);
            let set = if set == mark(self.set_bytes) { read(block.bytes.as_slice(), &mut at)? } else { set };
            let set = u32::try_from(set).ok()?;
            Some(Kept { number, row, set })
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

    /// Puts the addresses in place that some of the numbers stand for.
    pub(super) fn with_emails(mut self, emails: EmailList) -> Self {
        self.emails = emails;
        self
    }
}

/// Says that the number of a set, which stands in so many bytes, follows.
fn mark(set_bytes: usize) -> u64 {
    (1 << (8 * set_bytes)) - 1
}

/// Bytes that the values up to this one take.
fn bytes_of(most: u64) -> usize {
    (8 - most.leading_zeros() as usize / 8).max(1)
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
    /// From intents of telephones that are sorted by number, each number once.
    fn from_iter<I: IntoIterator<Item = Intent>>(intents: I) -> Self {
        let mut writer = Writer::new(u64::MAX, 0);
        let mut attributes = AttributeTable::default();
        for intent in intents {
            let Some(number) = intent.identifier.phone() else { continue };
            let id = attributes.intern(&intent.attributes);
            writer.push(number.digits(), intent.row, id);
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
    /// For rows up to `rows`, and about so many sets.
    pub(super) fn new(rows: u64, sets: u32) -> Self {
        // The last value is the mark.
        let out =
            Intents { row_bytes: bytes_of(rows), set_bytes: bytes_of(sets.into()), ..Intents::default() };
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
        put_fixed(room, &mut self.used, self.out.row_bytes, row);
        let (set, mark) = (u64::from(attributes), mark(self.out.set_bytes));
        put_fixed(room, &mut self.used, self.out.set_bytes, set.min(mark));
        if set >= mark {
            put(room, &mut self.used, set);
        }
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

/// Writes the lowest bytes of a value, so many. All eight are written, which there is room for; the next value goes over those
/// that are too many.
#[inline]
fn put_fixed(bytes: &mut [u8], at: &mut usize, size: usize, value: u64) {
    if let Some(place) = bytes[*at..].first_chunk_mut() {
        *place = value.to_le_bytes();
    }
    *at += size;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Attributes;
    use crate::domain::jurisdiction::Jurisdiction;
    use crate::domain::phone::E164;

    #[test]
    fn numbers_come_back_in_order_and_by_themselves() {
        let places = ["US-CA", "US-DC"].map(|place| Jurisdiction::parse(place).unwrap());
        let intent = |n: u64| Intent {
            identifier: E164::from_digits(12_025_550_000 + n * n).unwrap().into(),
            attributes: Attributes { jurisdiction: places[n as usize % 2], expires: None, source: None },
            row: 20_000 - n,
        };
        let list: Vec<Intent> = (0..10_000).map(intent).collect();
        let intents: Intents = list.iter().cloned().collect();
        assert_eq!(intents.len(), list.len());
        assert!(intents.iter().eq(list.iter().cloned()));
    }

    #[test]
    fn sets_come_back_whatever_their_number() {
        let at = |second: u32| Some(jiff::Timestamp::from_second(second.into()).unwrap());
        let attributes = |second| Attributes {
            jurisdiction: Jurisdiction::parse("US-CA").unwrap(),
            expires: at(second),
            source: None,
        };
        let mut table = AttributeTable::default();
        for second in 0..70_000 {
            assert_eq!(table.intern(&attributes(second)), second);
        }
        let sets: Vec<u32> = [1, 254, 255, 256, 257, 65_534, 65_535, 65_536, 69_999].repeat(300);
        // As many as a file was thought to have, and as few: the others were united from them.
        for likely in [0, 1, 254, 255, 65_535, 65_536, 70_000] {
            let mut writer = Writer::new(sets.len() as u64, likely);
            for (at, set) in (0..).zip(&sets) {
                writer.push(12_025_550_000 + at, at + 1, *set);
            }
            let intents = writer.finish().with_attributes(table.clone());
            assert!(
                intents.iter().map(|intent| intent.attributes.expires).eq(sets.iter().map(|set| at(*set)))
            );
            assert!(intents.iter().map(|intent| intent.row).eq(1..=sets.len() as u64), "{likely}");
        }
    }
}

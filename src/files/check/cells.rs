//! What cells mean, remembered by their bytes: first a small table that short cells are found in by two words of eight
//! bytes, behind it a map.

use std::fmt;
use std::num::NonZeroU64;

use super::facts::QuickMap;

/// Different cells that are remembered; the rest is read again each time.
const REMEMBERED: usize = 1 << 16;
/// Longer cells are not remembered.
const LONGEST: usize = 64;
/// Places of the small table, as bits. Two of them are looked at for each cell.
const BITS: u32 = 12;

/// Meanings of cells.
pub(super) struct Cells<V> {
    recent: Vec<(Word, Option<V>)>,
    known: QuickMap<Box<[u8]>, V>,
}

/// Leaves out the cells: one may hold a number that slipped out of its column, and logs hold none.
impl<V> fmt::Debug for Cells<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cells({} known)", self.known.len())
    }
}

/// A cell of at most sixteen bytes, filled up with zeros, and its length. No two cells have the same.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Word {
    first: u64,
    rest: u64,
    length: u8,
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Word({} bytes)", self.length)
    }
}

impl<V: Copy> Default for Cells<V> {
    fn default() -> Self {
        Self { recent: vec![(Word::default(), None); 1 << BITS], known: QuickMap::default() }
    }
}

impl<V: Copy> Cells<V> {
    /// What a cell means, as `read` says where it is not known, and whether it is remembered from now on.
    #[inline]
    pub(super) fn get(&mut self, cell: &[u8], read: impl FnOnce() -> V) -> (V, bool) {
        let word = Word::of(cell);
        if let Some(word) = word {
            let place = word.place();
            for place in [place, place ^ 1] {
                if let Some((same, Some(value))) = self.recent.get(place)
                    && *same == word
                {
                    return (*value, true);
                }
            }
        }
        self.remember(word, cell, read)
    }

    #[cold]
    fn remember(&mut self, word: Option<Word>, cell: &[u8], read: impl FnOnce() -> V) -> (V, bool) {
        let value = match self.known.get(cell) {
            Some(value) => *value,
            None => {
                let value = read();
                if self.known.len() >= REMEMBERED || cell.len() > LONGEST {
                    return (value, false);
                }
                self.known.insert(cell.into(), value);
                value
            }
        };
        if let Some(word) = word {
            let place = word.place();
            let free = [place, place ^ 1].into_iter().find(|place| self.recent[*place].1.is_none());
            self.recent[free.unwrap_or(place)] = (word, Some(value));
        }
        (value, true)
    }
}

impl Word {
    #[inline]
    pub(super) fn of(cell: &[u8]) -> Option<Self> {
        let length = cell.len();
        let (first, rest) = if let (Some(first), Some(last)) = (cell.first_chunk(), cell.last_chunk()) {
            // They overlap by what is missing of sixteen; where nothing is left of the last, it is the first.
            let missing = 8_u32.checked_mul(16_u32.checked_sub(length as u32)?)?;
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last).checked_shr(missing).unwrap_or(0))
        } else if let (Some(first), Some(last)) = (cell.first_chunk(), cell.last_chunk()) {
            let last = u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4));
            (u64::from(u32::from_le_bytes(*first)) | last, 0)
        } else {
            (cell.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
        };
        Some(Self { first, rest, length: length as u8 })
    }

    fn place(self) -> usize {
        // An odd constant spreads the bits that differ; cells that meet in one place are found in the map.
        let mixed = (self.first ^ self.rest.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (64 - BITS)) as usize
    }
}

/// A cell of one to seven bytes and its length, in one word. No two cells have the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Short(NonZeroU64);

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Short({} bytes)", self.0.get() >> 56)
    }
}

impl Short {
    #[inline]
    pub(super) fn of(cell: &[u8]) -> Option<Self> {
        let length = cell.len();
        let bytes = match (cell.first_chunk(), cell.last_chunk()) {
            (Some(first), Some(last)) if length < 8 => {
                let last = u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4));
                u64::from(u32::from_le_bytes(*first)) | last
            }
            (None, None) => cell.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
            _ => return None,
        };
        NonZeroU64::new(bytes | (length as u64) << 56).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cell_keeps_its_own_meaning(cells in prop::collection::vec("[ab]{0,20}", 1..200)) {
            let (mut memory, mut truth) = (Cells::default(), HashMap::new());
            for (at, cell) in cells.iter().enumerate() {
                let wanted = *truth.entry(cell.clone()).or_insert(at);
                prop_assert_eq!(memory.get(cell.as_bytes(), || at), (wanted, true));
            }
        }
    }

    #[test]
    fn a_word_is_the_cell_filled_up() {
        let cell = b"abcdefghijklmnop";
        for length in 0..=16 {
            let mut filled = [0; 16];
            filled[..length].copy_from_slice(&cell[..length]);
            let (first, rest) = filled.split_at(8);
            let words = [first, rest].map(|half| u64::from_le_bytes(half.try_into().unwrap()));
            let word = Word { first: words[0], rest: words[1], length: length as u8 };
            assert_eq!(Word::of(&cell[..length]), Some(word));
        }
        assert_eq!(Word::of(b"abcdefghijklmnopq"), None);
    }

    #[test]
    fn a_short_cell_is_its_bytes_and_how_many_they_are() {
        let cell = b"abcdefgh";
        for length in 0..=7 {
            let mut word = [0; 8];
            word[..length].copy_from_slice(&cell[..length]);
            word[7] = length as u8;
            let wanted = NonZeroU64::new(u64::from_le_bytes(word)).map(Short);
            assert_eq!(Short::of(&cell[..length]), wanted, "{length} bytes");
        }
        assert_eq!(Short::of(cell), None);
        assert_ne!(Short::of(b"a"), Short::of(b"a\0"));
    }

    #[test]
    fn a_cell_that_is_not_remembered_is_read_each_time() {
        let mut memory = Cells::default();
        let long = [b'x'; LONGEST + 1];
        assert_eq!(memory.get(&long, || 1), (1, false));
        assert_eq!(memory.get(&long, || 2), (2, false));
    }
}

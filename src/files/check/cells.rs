//! What cells mean, remembered by their bytes: first a small table that short cells are found in by two words of eight
//! bytes, behind it a map.

use super::facts::QuickMap;

/// Different cells that are remembered; the rest is read again each time.
const REMEMBERED: usize = 1 << 16;
/// Longer cells are not remembered.
const LONGEST: usize = 64;
/// Places of the small table, as bits.
const BITS: u32 = 11;

/// Meanings of cells.
#[derive(Debug)]
pub(super) struct Cells<V> {
    recent: Vec<(Word, Option<V>)>,
    known: QuickMap<Box<[u8]>, V>,
}

/// A cell of at most sixteen bytes: its first eight, its last eight, its length. No two cells have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word {
    first: u64,
    last: u64,
    length: u8,
}

impl<V> Default for Cells<V> {
    fn default() -> Self {
        Self { recent: Vec::new(), known: QuickMap::default() }
    }
}

impl<V: Copy> Cells<V> {
    /// What a cell means, as `read` says where it is not known, and whether it is remembered from now on.
    pub(super) fn get(&mut self, cell: &[u8], read: impl FnOnce() -> V) -> (V, bool) {
        let word = Word::of(cell);
        let place = word.map(Word::place);
        if let (Some(word), Some(place)) = (word, place)
            && let Some((same, Some(value))) = self.recent.get(place)
            && *same == word
        {
            return (*value, true);
        }
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
        if let (Some(word), Some(place)) = (word, place) {
            if self.recent.is_empty() {
                self.recent = vec![(Word::default(), None); 1 << BITS];
            }
            self.recent[place] = (word, Some(value));
        }
        (value, true)
    }
}

impl Word {
    fn of(cell: &[u8]) -> Option<Self> {
        let eight = |bytes: Option<&[u8; 8]>| bytes.map(|bytes| u64::from_le_bytes(*bytes));
        let four = |bytes: Option<&[u8; 4]>| bytes.map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
        let (first, last) = match cell.len() {
            8..=16 => (eight(cell.first_chunk())?, eight(cell.last_chunk())?),
            4..8 => (four(cell.first_chunk())?, four(cell.last_chunk())?),
            0..4 => (cell.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
            _ => return None,
        };
        Some(Self { first, last, length: cell.len() as u8 })
    }

    fn place(self) -> usize {
        // An odd constant spreads the bits that differ; cells that meet in one place are found in the map.
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (64 - BITS)) as usize
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
    fn a_cell_that_is_not_remembered_is_read_each_time() {
        let mut memory = Cells::default();
        let long = [b'x'; LONGEST + 1];
        assert_eq!(memory.get(&long, || 1), (1, false));
        assert_eq!(memory.get(&long, || 2), (2, false));
    }
}

//! Row numbers by the million: ascending, about a byte each, with any neighbour and any rank in a few steps.

use crate::domain::varint::{read, write};

/// Rows from one mark to the next.
const EVERY: usize = 64;

/// Rows in ascending order, each once.
#[derive(Clone, Default)]
pub struct Hits {
    /// How much each row is beyond the one before; nothing at a mark.
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    len: usize,
    last: u64,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    row: u64,
    /// Rows before it.
    index: usize,
    /// Where its followers stand.
    at: usize,
}

impl Hits {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes in the next row; one that is not beyond the last is left out.
    pub fn push(&mut self, row: u64) {
        if self.len > 0 && row <= self.last {
            return;
        }
        if self.marks.last().is_none_or(|mark| self.len - mark.index >= EVERY) {
            self.marks.push(Mark { row, index: self.len, at: self.bytes.len() });
        } else {
            write(&mut self.bytes, row - self.last);
        }
        self.len += 1;
        self.last = row;
    }

    /// Takes in all of `other`, which must begin beyond the last row.
    pub fn append(&mut self, other: &Self) {
        debug_assert!(self.is_empty() || other.first().is_none_or(|first| first > self.last), "rows ascend");
        let (len, at) = (self.len, self.bytes.len());
        self.marks.extend(other.marks.iter().map(|mark| Mark {
            index: mark.index + len,
            at: mark.at + at,
            ..*mark
        }));
        self.bytes.extend_from_slice(&other.bytes);
        self.len += other.len;
        self.last = other.last.max(self.last);
    }

    /// The first row.
    pub fn first(&self) -> Option<u64> {
        self.marks.first().map(|mark| mark.row)
    }

    /// The last row.
    pub fn last(&self) -> Option<u64> {
        (self.len > 0).then_some(self.last)
    }

    /// The nearest row beyond `row`.
    pub fn after(&self, row: u64) -> Option<u64> {
        let mark = self.mark_of(row);
        let here = mark.and_then(|mark| self.from(mark).find(|found| *found > row));
        // All of the mark's rows may lie before it: the next mark's first does not.
        here.or_else(|| self.marks.get(mark.map_or(0, |mark| mark + 1)).map(|mark| mark.row))
    }

    /// The nearest row before `row`.
    pub fn before(&self, row: u64) -> Option<u64> {
        let mark = self.mark_of(row.checked_sub(1)?)?;
        self.from(mark).take_while(|found| *found < row).last()
    }

    /// How many rows stand at or before `row`.
    pub fn up_to(&self, row: u64) -> usize {
        self.mark_of(row).map_or(0, |mark| {
            self.marks[mark].index + self.from(mark).take_while(|found| *found <= row).count()
        })
    }

    /// Whether `row` is among them.
    pub fn contains(&self, row: u64) -> bool {
        self.mark_of(row)
            .is_some_and(|mark| self.from(mark).take_while(|found| *found <= row).last() == Some(row))
    }

    /// The last mark at or before `row`.
    fn mark_of(&self, row: u64) -> Option<usize> {
        self.marks.partition_point(|mark| mark.row <= row).checked_sub(1)
    }

    /// The rows of one mark.
    fn from(&self, mark: usize) -> impl Iterator<Item = u64> + '_ {
        let (Mark { row, at, index }, next) = (self.marks[mark], self.marks.get(mark + 1));
        let count = next.map_or(self.len, |next| next.index) - index;
        let (mut row, mut at) = (row, at);
        (0..count).map_while(move |n| {
            if n > 0 {
                row += read(&self.bytes, &mut at)?;
            }
            Some(row)
        })
    }
}

impl std::fmt::Debug for Hits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows", self.len)
    }
}

impl FromIterator<u64> for Hits {
    fn from_iter<I: IntoIterator<Item = u64>>(rows: I) -> Self {
        let mut hits = Self::default();
        rows.into_iter().for_each(|row| hits.push(row));
        hits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn neighbours_and_ranks_are_those_of_a_plain_set(
            rows in prop::collection::btree_set(1_u64..2_000, 0..400),
            cut in 0_u64..2_000,
            asked in prop::collection::vec(0_u64..2_100, 20),
        ) {
            let mut hits: Hits = rows.iter().copied().filter(|row| *row <= cut).collect();
            hits.append(&rows.iter().copied().filter(|row| *row > cut).collect());
            prop_assert_eq!(hits.len(), rows.len());
            prop_assert_eq!((hits.first(), hits.last()), (rows.first().copied(), rows.last().copied()));
            for row in asked {
                prop_assert_eq!(hits.after(row), rows.range(row + 1..).next().copied());
                prop_assert_eq!(hits.before(row), rows.range(..row).next_back().copied());
                prop_assert_eq!(hits.up_to(row), rows.range(..=row).count());
                prop_assert_eq!(hits.contains(row), rows.contains(&row));
            }
        }
    }

    #[test]
    fn a_row_counts_once_and_costs_little() {
        let mut hits: Hits = [5, 5, 3, 6].into_iter().collect();
        assert_eq!((hits.len(), hits.last()), (2, Some(6)));
        hits = (1..=100_000).collect();
        assert_eq!(hits.up_to(77_777), 77_777);
        assert!(hits.bytes.len() + hits.marks.len() * size_of::<Mark>() < 150_000);
        assert_eq!(BTreeSet::from([hits.after(0), hits.before(2)]), BTreeSet::from([Some(1)]));
    }
}

//! Rows counted without looking at each of them: lines that are one record each, whatever stands in them. For the index,
//! which asks only where rows begin. [`super::judge`] says the same of such a line, and is asked about every other one.

use wide::u8x16;

use super::{Checkpoint, Mode, Scanner, Width};
use crate::files::source::Bytes;

/// Bytes that are looked at together.
const STEP: usize = 64;

impl<B: Bytes + ?Sized> Scanner<'_, B> {
    /// Goes on over the lines that come next, as far as they have been read and end before `end`, `most` of them at the
    /// most, and says how many they were: none of them is blank or part of another record. None says nothing;
    /// [`Scanner::next`] gives the next piece.
    pub(in crate::files) fn count_lines(&mut self, end: u64, most: u64) -> u64 {
        self.window.advance(std::mem::take(&mut self.held));
        if self.place.mode != Mode::Record || self.width != Width::One || most == 0 {
            return 0;
        }
        let units = self.near_units();
        let near = usize::try_from(end.saturating_sub(self.place.at)).unwrap_or(usize::MAX);
        let quotes = !self.dialect.plain;
        let (count, bytes) = sound_lines(&units[..near.min(units.len())], most, quotes);
        self.held = bytes;
        let (at, line) = (self.place.at + bytes as u64, self.place.line + count);
        self.place = Checkpoint { at, line, mode: Mode::Record };
        count
    }
}

/// How many lines at the start are one record each, at most `most`, and their bytes. `quotes`: a quotation mark means
/// something.
fn sound_lines(units: &[u8], most: u64, quotes: bool) -> (u64, usize) {
    // White space in front may mean that the line is blank.
    if units.first().is_none_or(|unit| *unit <= b' ') {
        return (0, 0);
    }
    let (mut count, mut bytes, mut begins) = (0, 0, 0);
    for (step, block) in units.as_chunks::<STEP>().0.iter().enumerate() {
        let found = Found::of(block);
        let follows = units.get((step + 1) * STEP) == Some(&b'\n');
        let odd = found.odd(block, (begins, follows), quotes);
        begins = found.ends >> 63;
        // Those below the first of them; all where there is none.
        let mut sound = found.ends & (odd & odd.wrapping_neg()).wrapping_sub(1);
        let left = most - count;
        if u64::from(sound.count_ones()) >= left {
            (1..left).for_each(|_| sound &= sound - 1);
            return (most, step * STEP + sound.trailing_zeros() as usize + 1);
        }
        if sound != 0 {
            count += u64::from(sound.count_ones());
            bytes = (step + 1) * STEP - sound.leading_zeros() as usize;
        }
        if odd != 0 {
            break;
        }
    }
    (count, bytes)
}

/// A bit for each of sixty-four bytes.
struct Found {
    /// Line feeds.
    ends: u64,
    /// White space and control characters.
    low: u64,
    /// Whether there is a quotation mark or a carriage return.
    more: bool,
}

impl Found {
    #[inline]
    fn of(block: &[u8; STEP]) -> Self {
        let (mut ends, mut low, mut more) = (0, 0, u8x16::ZERO);
        for (part, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
            let bytes = u8x16::new(*chunk);
            ends |= u64::from(bytes.simd_eq(u8x16::splat(b'\n')).to_bitmask()) << (16 * part);
            low |= u64::from(bytes.simd_eq(bytes.min(u8x16::splat(b' '))).to_bitmask()) << (16 * part);
            more |= bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\r'));
        }
        Self { ends, low, more: more.any() }
    }

    /// What only the careful way can read: a quotation mark, a carriage return that ends a line alone, the start of a line
    /// that may be blank. `begins`: a line begins with the first byte; `follows`: a line feed stands behind the last.
    #[inline]
    fn odd(&self, block: &[u8; STEP], (begins, follows): (u64, bool), quotes: bool) -> u64 {
        let blank = (self.ends << 1 | begins) & self.low;
        if !self.more {
            return blank;
        }
        let before_end = self.ends >> 1 | u64::from(follows) << 63;
        let marks = if quotes { bits(block, b'"') } else { 0 };
        blank | marks | (bits(block, b'\r') & !before_end)
    }
}

/// Where a byte stands.
fn bits(block: &[u8; STEP], byte: u8) -> u64 {
    let chunks = block.as_chunks::<16>().0.iter().enumerate();
    chunks.fold(0, |bits, (part, chunk)| {
        let found = u8x16::new(*chunk).simd_eq(u8x16::splat(byte));
        bits | u64::from(found.to_bitmask()) << (16 * part)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Dialect;
    use super::*;

    /// The place of each row, and where the last one ended.
    fn rows(
        text: &[u8],
        plain: bool,
        read_size: usize,
        count: Option<u64>,
        end: u64,
    ) -> (Vec<u64>, Checkpoint) {
        let dialect = Dialect { delimiter: Some(b','), columns: 2, plain };
        let start = Checkpoint::start(0, 1);
        let mut scanner =
            Scanner::with_read_size(text, Width::One, dialect, start, text.len() as u64, read_size);
        let mut rows = Vec::new();
        while scanner.place().at < end {
            let from = scanner.place();
            let counted = count.map_or(0, |most| scanner.count_lines(end, most));
            if counted > 0 {
                // Where each of them began.
                let passed = &text[from.at as usize..scanner.place().at as usize];
                rows.push(from.at);
                let ends = memchr::memchr_iter(b'\n', &passed[..passed.len() - 1]);
                rows.extend(ends.map(|at| from.at + at as u64 + 1));
                continue;
            }
            let Some(piece) = scanner.next().unwrap() else { break };
            if !piece.blank {
                rows.push(piece.at);
            }
        }
        (rows, scanner.place())
    }

    proptest! {
        #[test]
        fn counted_rows_are_the_rows_that_are_read(
            lines in prop::collection::vec(
                ("([a-cé,;\t ]{0,90}|[ab,]{0,20}[\"\u{1}]?[ab,]{0,9}|\"[ab,\n\"]{0,9}\"|[ \t]{0,70})", "(\n|\n|\n|\r\n|\r)"),
                1..40,
            ),
            (plain, read_size, most) in (any::<bool>(), 1..300_usize, 1..20_u64),
            part in 1..=100_u64,
        ) {
            let text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
            let end = (text.len() as u64 * part).div_ceil(100);
            let read = |count| rows(text.as_bytes(), plain, read_size, count, end);
            prop_assert_eq!(read(Some(most)), read(None));
        }
    }

    #[test]
    fn most_lines_are_counted_and_the_odd_ones_are_left() {
        let line = "(202) 555-0123,US-DC,2027-12-31,State_DC,asked by call";
        let counted = |text: &str| sound_lines(text.as_bytes(), 1000, true);
        let many = format!("{line}\r\n{line}\n").repeat(50);
        assert_eq!(counted(&format!("{many}{}", "x".repeat(STEP))), (100, many.len()));
        for odd in ["\n", " \n", "\t", "\"", "a\rb"] {
            assert_eq!(counted(&format!("{many}{odd}{many}")), (100, many.len()), "{odd:?}");
        }
        assert_eq!(sound_lines(many.as_bytes(), 3, true), (3, 3 * line.len() + 5));
    }
}

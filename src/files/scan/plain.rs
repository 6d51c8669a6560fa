//! The lines that nearly every file is made of: printable ASCII, no quotation mark, an ordinary line ending, as many fields
//! as there are columns. Many of them are found in one pass over the bytes, sixty-four at a time; [`super::judge`] and
//! [`super::split`] say the same of such a line, byte by byte, and are asked about every other one.

use std::ops::Range;

use wide::i8x16;

use super::Eol;

/// Lines that are found together at the most.
const MOST: usize = 256;
/// Fields of a line at the most; a longer one goes the careful way.
const FIELDS: usize = 64;
/// Bytes that are looked at together.
const STEP: usize = 64;

/// Plain lines that follow each other from the start of what was searched, and where their fields stand in it.
#[derive(Clone, Debug, Default)]
pub(in crate::files) struct Lines {
    columns: usize,
    count: usize,
    /// Where each line begins, and behind the last of them where it would go on. Room for the most there may be.
    starts: Vec<u32>,
    /// Where each field of each line ends.
    ends: Vec<u32>,
}

/// Where a line and its fields stand.
#[derive(Clone, Copy, Debug)]
pub(in crate::files) struct Line<'l> {
    start: u32,
    /// Where the next one begins.
    after: u32,
    ends: &'l [u32],
}

impl Line<'_> {
    /// Where it begins.
    #[inline]
    pub(in crate::files) fn start(&self) -> usize {
        self.start as usize
    }

    /// Bytes of it, with its ending.
    #[inline]
    pub(in crate::files) fn bytes(&self) -> u64 {
        u64::from(self.after - self.start)
    }

    /// Where its text ends, and how.
    #[inline]
    pub(in crate::files) fn end(&self) -> (usize, Eol) {
        let end = self.ends.last().map_or(self.start, |end| *end);
        (end as usize, if self.after - end > 1 { Eol::CrLf } else { Eol::Lf })
    }

    /// How many fields.
    #[inline]
    pub(in crate::files) fn fields(&self) -> usize {
        self.ends.len()
    }

    /// Where one of them stands.
    #[inline]
    pub(in crate::files) fn field(&self, column: usize) -> Option<Range<usize>> {
        let end = *self.ends.get(column)? as usize;
        let before = column.checked_sub(1).and_then(|before| self.ends.get(before));
        Some(before.map_or(self.start, |before| before + 1) as usize..end)
    }
}

impl Lines {
    /// Whether more of them may follow that were not looked at.
    pub(in crate::files) fn is_full(&self) -> bool {
        self.count == MOST
    }

    /// Where a line begins; behind the last of them, where it ended.
    pub(in crate::files) fn start(&self, line: usize) -> usize {
        self.starts.get(line.min(self.count)).map_or(0, |start| *start as usize)
    }

    /// Each of them.
    #[inline]
    pub(in crate::files) fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        let starts = self.starts.iter().zip(self.starts.iter().skip(1));
        let lines = starts.zip(self.ends.chunks_exact(self.columns.max(1)));
        lines.take(self.count).map(|((start, after), ends)| Line { start: *start, after: *after, ends })
    }

    /// Finds the lines at the start of `units` of so many fields that are plain and not blank. Of what stands behind them
    /// nothing is said. Where nothing separates fields, `delimiter` is the line feed.
    #[inline]
    pub(super) fn find(&mut self, units: &[u8], delimiter: u8, columns: usize) {
        (self.columns, self.count) = (columns, 0);
        // Spaces in front may mean that the line is blank.
        let begins = |at: usize| units.get(at).is_some_and(|unit| *unit > b' ');
        if columns == 0 || columns > FIELDS || !begins(0) {
            return;
        }
        self.starts.resize(MOST + 1, 0);
        self.ends.resize(MOST * columns, 0);
        let stops = Stops::new(delimiter);
        let (mut used, mut whole, mut second_half) = (0, 0, usize::MAX);
        for (from, block) in (0..).step_by(STEP).zip(units.as_chunks::<STEP>().0) {
            let (delimiters, odd) = stops.of(block);
            let mut found = delimiters | odd;
            while found != 0 {
                let bit = found & found.wrapping_neg();
                let at = from | found.trailing_zeros() as usize;
                found ^= bit;
                if delimiters & bit == 0 && (units[at] == b'\t' || at == second_half) {
                    continue;
                }
                // A line with too many fields writes into the room of the next one, and there is none behind the last.
                let Some(end) = self.ends.get_mut(used) else { return };
                *end = at as u32;
                used += 1;
                if delimiters & bit != 0 {
                    continue;
                }
                let after = match units[at] {
                    b'\n' => at + 1,
                    b'\r' if units.get(at + 1) == Some(&b'\n') => at + 2,
                    _ => return,
                };
                whole += columns;
                if used != whole {
                    return;
                }
                self.count += 1;
                self.starts[self.count] = after as u32;
                if self.count == MOST || !begins(after) {
                    return;
                }
                second_half = after - 1;
            }
        }
    }
}

/// Finds the bytes that mean something, or that are no plain text.
struct Stops {
    delimiter: i8x16,
    /// No bit where the delimiter separates nothing.
    separates: u64,
}

impl Stops {
    fn new(delimiter: u8) -> Self {
        let separates = if delimiter == b'\n' { 0 } else { u64::MAX };
        Self { delimiter: i8x16::splat(delimiter.cast_signed()), separates }
    }

    /// A bit for each of sixty-four bytes: the delimiters, and whatever else is no plain text.
    #[inline]
    fn of(&self, block: &[u8; STEP]) -> (u64, u64) {
        let all = |byte: u8| i8x16::splat(byte.cast_signed());
        let (mut delimiters, mut odd) = (0, 0);
        for (part, chunk) in block.as_chunks::<16>().0.iter().enumerate() {
            let bytes = i8x16::new(chunk.map(u8::cast_signed));
            let found = bytes.simd_eq(self.delimiter);
            // As signed numbers, the bytes beyond ASCII are smaller than a space too.
            let others = bytes.simd_lt(all(b' ')) | bytes.simd_eq(all(0x7F)) | bytes.simd_eq(all(b'"'));
            delimiters |= u64::from(found.to_bitmask()) << (16 * part);
            odd |= u64::from(others.to_bitmask()) << (16 * part);
        }
        delimiters &= self.separates;
        (delimiters, odd & !delimiters)
    }
}

/// What [`Stops`] finds, byte by byte.
#[cfg(test)]
fn stops_one_by_one(block: &[u8], delimiter: u8) -> (u64, u64) {
    let bits =
        |is: &dyn Fn(u8) -> bool| block.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)));
    let separates = |byte| byte == delimiter && delimiter != b'\n';
    let odd = |byte| !separates(byte) && (byte == b'"' || !(b' '..0x7F).contains(&byte));
    (bits(&separates), bits(&odd))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::split::Fields;
    use super::super::{Checkpoint, Dialect, Scanner, Width};
    use super::*;

    proptest! {
        #[test]
        fn many_at_once_are_as_many_one_by_one(
            bytes in prop::collection::vec(any::<u8>(), 64),
            delimiter in prop::sample::select(b",;|\t \n".to_vec()),
        ) {
            let found = Stops::new(delimiter).of(bytes.first_chunk().unwrap());
            prop_assert_eq!(found, stops_one_by_one(&bytes, delimiter));
        }

        #[test]
        fn plain_lines_are_what_the_careful_way_reads(
            lines in prop::collection::vec(
                ("([a-c,;\t ]{0,40}|[ab,]{0,20}[\"\u{1}\u{7f}é]?[ab,]{0,9}|[ab]{1,5},[ab]{1,70})", "(\n|\n|\r\n|\r)"),
                1..20,
            ),
            delimiter in prop::sample::select(b",;\t".to_vec()),
            columns in 1..4_usize,
        ) {
            let text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
            let bytes = text.as_bytes();
            let mut lines = Lines::default();
            lines.find(bytes, delimiter, columns);
            let dialect = Dialect { delimiter: Some(delimiter), ..Dialect::default() };
            let start = Checkpoint::start(0, 1);
            let mut scanner = Scanner::new(bytes, Width::One, dialect, start, bytes.len() as u64);
            let mut fields = Fields::default();
            for line in lines.iter() {
                let piece = scanner.next().unwrap().unwrap();
                let (end, eol) = line.end();
                prop_assert_eq!((piece.blank, piece.fault, piece.eol), (false, None, eol));
                prop_assert_eq!((piece.at, piece.bytes), (line.start() as u64, line.bytes()));
                prop_assert_eq!(scanner.stored(&piece), &bytes[line.start()..end]);
                fields.split(std::str::from_utf8(scanner.stored(&piece)).unwrap(), Some(delimiter), true);
                prop_assert_eq!(fields.len(), columns);
                prop_assert_eq!(line.fields(), columns);
                for (at, field) in fields.iter().enumerate() {
                    prop_assert_eq!(line.field(at).map(|place| &bytes[place]), Some(field.as_bytes()));
                }
                prop_assert_eq!(line.field(columns), None);
            }
            prop_assert_eq!(lines.iter().count(), lines.count);
            prop_assert_eq!(scanner.place().at, lines.start(lines.count) as u64);
        }
    }

    #[test]
    fn most_lines_are_plain() {
        let line = "(202) 555-0123,US-DC,2027-12-31,State_DC,asked by call";
        let text = format!("{line}\r\n{line}\n{line}\n\"{line}\"\n{line}\n");
        let mut lines = Lines::default();
        lines.find(text.as_bytes(), b',', 5);
        assert_eq!(lines.count, 3);
        let ends: Vec<_> = lines.iter().map(|line| line.end()).collect();
        assert_eq!(ends[..2], [(54, Eol::CrLf), (110, Eol::Lf)]);
        let places: Vec<&str> = lines.iter().filter_map(|line| Some(&text[line.field(1)?])).collect();
        assert_eq!(places, ["US-DC"; 3]);
        lines.find(text.as_bytes(), b'\n', 1);
        let whole: Vec<&str> = lines.iter().filter_map(|line| Some(&text[line.field(0)?])).collect();
        assert_eq!(whole, [line; 3]);
    }
}

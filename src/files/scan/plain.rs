//! The lines that nearly every file is made of: printable ASCII, no quotation mark, an ordinary line ending. Their cuts are
//! found in one pass over the bytes, sixteen at a time; [`super::judge`] and [`super::split`] say the same of such a line,
//! byte by byte, and are asked about every other one.

use wide::i8x16;

use super::Eol;

/// Fields of a line at the most; a longer one goes the careful way.
const MOST: usize = 64;
/// Bytes of a line at the most.
const LONGEST: usize = 4096;
const STEP: usize = 16;

/// Where the fields of a plain line stand in its bytes.
#[derive(Clone, Debug)]
pub(in crate::files) struct Cuts {
    /// Place of each delimiter, and behind the last of them the end of the line.
    ends: [u16; MOST],
    count: usize,
}

impl Default for Cuts {
    fn default() -> Self {
        Self { ends: [0; MOST], count: 0 }
    }
}

impl Cuts {
    /// Fields of the line.
    pub(in crate::files) fn len(&self) -> usize {
        self.count
    }

    /// The field at `index` of the line that was cut.
    pub(in crate::files) fn get<'l>(&self, line: &'l [u8], index: usize) -> Option<&'l [u8]> {
        let end = usize::from(*self.ends[..self.count].get(index)?);
        let start = index.checked_sub(1).map_or(0, |before| usize::from(self.ends[before]) + 1);
        line.get(start..end)
    }

    fn push(&mut self, end: usize) -> Option<()> {
        *self.ends.get_mut(self.count)? = end as u16;
        self.count += 1;
        Some(())
    }
}

/// The line at the start of `units`, if it is plain and not blank: its length without the line ending, and that ending.
/// `None` says nothing about it. Where nothing separates fields, `delimiter` is the line feed.
pub(super) fn plain_line(units: &[u8], delimiter: u8, cuts: &mut Cuts) -> Option<(usize, Eol)> {
    // Spaces in front may mean that the line is blank.
    if *units.first()? <= b' ' {
        return None;
    }
    cuts.count = 0;
    let stops = Stops::new(delimiter);
    for (step, chunk) in units[..units.len().min(LONGEST)].as_chunks().0.iter().enumerate() {
        let mut found = stops.of(chunk);
        while found != 0 {
            let at = step * STEP + found.trailing_zeros() as usize;
            found &= found - 1;
            match units[at] {
                b'\n' => {
                    cuts.push(at)?;
                    return Some((at, Eol::Lf));
                }
                byte if byte == delimiter => cuts.push(at)?,
                b'\r' if units.get(at + 1) == Some(&b'\n') => {
                    cuts.push(at)?;
                    return Some((at, Eol::CrLf));
                }
                b'\t' => {}
                _ => return None,
            }
        }
    }
    // The last bytes of what was read: the careful way reads on.
    None
}

/// Finds the bytes that mean something, or that are no plain text.
struct Stops {
    delimiter: i8x16,
}

impl Stops {
    fn new(delimiter: u8) -> Self {
        Self { delimiter: i8x16::splat(delimiter.cast_signed()) }
    }

    /// A bit for each of sixteen bytes.
    #[inline]
    fn of(&self, chunk: &[u8; STEP]) -> u32 {
        let all = |byte: u8| i8x16::splat(byte.cast_signed());
        let bytes = i8x16::new(chunk.map(u8::cast_signed));
        let marks = bytes.simd_eq(self.delimiter) | bytes.simd_eq(all(b'"'));
        // As signed numbers, the bytes beyond ASCII are smaller than a space too.
        let odd = bytes.simd_lt(all(b' ')) | bytes.simd_eq(all(0x7F));
        (marks | odd).to_bitmask()
    }
}

/// What [`Stops`] finds, byte by byte.
#[cfg(test)]
fn stops_one_by_one(chunk: &[u8], delimiter: u8) -> u32 {
    let stops = |&byte: &u8| byte == delimiter || byte == b'"' || !(b' '..0x7F).contains(&byte);
    chunk.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(stops(byte)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::split::Fields;
    use super::super::{Checkpoint, Dialect, Scanner, Width};
    use super::*;

    proptest! {
        #[test]
        fn sixteen_at_once_are_sixteen_one_by_one(bytes: [u8; 16], delimiter in prop::sample::select(b",;|\t ".to_vec())) {
            prop_assert_eq!(Stops::new(delimiter).of(&bytes), stops_one_by_one(&bytes, delimiter));
        }

        #[test]
        fn a_plain_line_is_what_the_careful_way_reads(
            text in "([a-c,;\t ]{0,40}|[ab,]{0,20}[\"\u{1}\u{7f}é]?[ab,]{0,9})(\n|\r\n|\r)[a,]{0,40}(\n|\r\n)[x\n]{16}",
            delimiter in prop::sample::select(b",;\t".to_vec()),
        ) {
            let mut cuts = Cuts::default();
            let bytes = text.as_bytes();
            let Some((length, eol)) = plain_line(bytes, delimiter, &mut cuts) else { return Ok(()) };
            let dialect = Dialect { delimiter: Some(delimiter), ..Dialect::default() };
            let start = Checkpoint::start(0, 1);
            let mut scanner = Scanner::new(bytes, Width::One, dialect, start, bytes.len() as u64);
            let piece = scanner.next().unwrap().unwrap();
            prop_assert_eq!((piece.blank, piece.fault, piece.eol), (false, None, eol));
            prop_assert_eq!(scanner.stored(&piece), &bytes[..length]);
            let mut fields = Fields::default();
            fields.split(std::str::from_utf8(&bytes[..length]).unwrap(), Some(delimiter), true);
            prop_assert_eq!(fields.len(), cuts.len());
            for (at, field) in fields.iter().enumerate() {
                prop_assert_eq!(cuts.get(&bytes[..length], at), Some(field.as_bytes()));
            }
        }
    }

    #[test]
    fn most_lines_are_plain() {
        let mut cuts = Cuts::default();
        let line = b"(202) 555-0123,US-DC,2027-12-31,State_DC,asked by call\r\nand what follows it";
        assert_eq!(plain_line(line, b',', &mut cuts), Some((54, Eol::CrLf)));
        assert_eq!((cuts.len(), cuts.get(line, 1)), (5, Some(&b"US-DC"[..])));
    }
}

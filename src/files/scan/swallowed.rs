//! Whether a quotation swallowed rows: a stray mark makes one cell of everything up to the next one, and the numbers in it
//! would be lost without a word.

use std::borrow::Cow;

use memchr::memchr;

use super::Dialect;
use crate::domain::phone;

/// No spelling of a number holds fewer digits.
const LEAST: usize = 3;

/// Whether a quotation of a sound record over several lines holds what may be a number of another row: in any of its lines,
/// in any place. Only the text in front of the first separator is the record's own for certain: a row that was swallowed
/// stands behind one, or on a line of its own. `record` may begin at its first mark.
///
/// Of encodings of two bytes beside ASCII, such as Shift_JIS, wide digits are not seen.
pub(super) fn holds_row(record: &[u8], dialect: &Dialect) -> bool {
    dialect.columns > 0 && Quotations { rest: record }.any(|text| may_hold_number(text, dialect))
}

fn may_hold_number(text: &[u8], dialect: &Dialect) -> bool {
    let breaks = |unit: &u8| *unit == b'\n' || *unit == b'\r';
    // Most quotations are prose without a digit.
    if !has_digits(text) || !text.iter().any(breaks) {
        return false;
    }
    // Whatever separates fields anywhere, so that the rejects of a file read like the file, which had another delimiter.
    let separates = |unit: &u8| b",;|\t".contains(unit) || Some(*unit) == dialect.delimiter;
    text.split(breaks).enumerate().filter(|(_, line)| has_digits(line)).any(|(at, line)| {
        let own = usize::from(at == 0);
        if !line.iter().any(separates) {
            return own == 0 && phone::may_be_number_alone(&readable(line));
        }
        line.split(separates)
            .skip(own)
            .filter(|cell| has_digits(cell))
            .any(|cell| phone::may_be_number(&readable(cell)))
    })
}

/// The text of a cell without the marks around it; what is no UTF-8 is taken for spaces and dashes between digits.
fn readable(cell: &[u8]) -> Cow<'_, str> {
    let is_edge = |unit: &u8| *unit == b'"' || unit.is_ascii_whitespace();
    let start = cell.iter().position(|unit| !is_edge(unit)).unwrap_or(cell.len());
    let end = cell.iter().rposition(|unit| !is_edge(unit)).map_or(start, |last| last + 1);
    let cell = &cell[start..end];
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => cell.iter().map(|unit| if unit.is_ascii() { char::from(*unit) } else { ' ' }).collect(),
    }
}

/// Enough of them for a number, those of other scripts included.
fn has_digits(text: &[u8]) -> bool {
    let is_one = |unit: &u8| u8::from(unit.is_ascii_digit() || !unit.is_ascii());
    // Counted in a byte, of stretches that fit one, so that the compiler can look at many units at once.
    let stretches = text.chunks(usize::from(u8::MAX));
    let counts =
        stretches.map(|units| units.iter().fold(0_u8, |count, unit| count.wrapping_add(is_one(unit))));
    counts.map(usize::from).sum::<usize>() >= LEAST
}

/// The texts between the marks of a sound record, with marks that stand twice as they are. Outside of them such a record
/// has no mark that opens none.
struct Quotations<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Quotations<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mark = if self.rest.first() == Some(&b'"') { 0 } else { memchr(b'"', self.rest)? };
        let inside = &self.rest[mark + 1..];
        let end = closing(inside);
        self.rest = inside.get(end + 1..).unwrap_or_default();
        Some(&inside[..end])
    }
}

/// Where the quotation ends; at the end of the units if nowhere before.
fn closing(inside: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = memchr(b'"', &inside[at..]) {
        if inside.get(at + step + 1) != Some(&b'"') {
            return at + step;
        }
        at += step + 2;
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn digits_are_counted_in_text_of_any_length(gaps in proptest::collection::vec(0..400_usize, 0..5), odd in "[17é]") {
            let text: String = gaps.iter().map(|gap| "x".repeat(*gap) + &odd).collect();
            let one_by_one = text.bytes().filter(|unit| unit.is_ascii_digit() || *unit >= 0x80).count();
            proptest::prop_assert_eq!(has_digits(text.as_bytes()), one_by_one >= LEAST);
        }
    }

    #[test]
    fn nothing_but_digits_is_counted_too() {
        assert!((3..1_000).all(|count| has_digits(&vec![b'7'; count])));
        assert!(!has_digits(b"77"));
    }
}

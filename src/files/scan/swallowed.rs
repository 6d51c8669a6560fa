//! Whether a quotation swallowed rows: a stray mark makes one cell of everything up to the next one, and the numbers in it
//! would be lost without a word.

use std::borrow::Cow;

use super::Dialect;
use crate::domain::phone;

/// No spelling of a number holds fewer digits.
const LEAST: usize = 3;

/// Whether a quotation of a sound record over several lines holds what may be a number of another row: in any of its lines,
/// in any place. Only the text in front of the first separator is the record's own for certain: a row that was swallowed
/// stands behind one, or on a line of its own.
///
/// Of encodings of two bytes beside ASCII, such as Shift_JIS, wide digits are not seen.
pub(super) fn holds_row(record: &[u8], dialect: &Dialect) -> bool {
    dialect.columns > 0 && Quotations { rest: record, dialect }.any(|text| may_hold_number(text, dialect))
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
    text.iter().filter(|unit| unit.is_ascii_digit() || !unit.is_ascii()).count() >= LEAST
}

/// The texts between the marks of a sound record, with marks that stand twice as they are.
struct Quotations<'a> {
    rest: &'a [u8],
    dialect: &'a Dialect,
}

impl<'a> Iterator for Quotations<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(inside) = self.rest.strip_prefix(b"\"") {
                let end = closing(inside);
                self.rest = inside.get(end + 1..).unwrap_or_default();
                return Some(&inside[..end]);
            }
            let next = self.rest.iter().position(|unit| Some(*unit) == self.dialect.delimiter)?;
            self.rest = &self.rest[next + 1..];
        }
    }
}

/// Where the quotation ends; at the end of the units if nowhere before.
fn closing(inside: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = memchr::memchr(b'"', &inside[at..]) {
        if inside.get(at + step + 1) != Some(&b'"') {
            return at + step;
        }
        at += step + 2;
    }
    inside.len()
}

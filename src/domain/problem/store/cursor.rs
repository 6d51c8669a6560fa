//! Reads one problem after the other.

use std::borrow::Cow;

use super::{Brief, FIRST_SHARED, IN_FULL, Kept, OF_CODE, OTHER_ROW, Problems};
use crate::domain::phone::E164;
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::varint::{read, read_signed};

/// Reads one problem after the other.
pub(super) struct Cursor<'a> {
    pub(super) of: &'a Problems,
    pub(super) index: usize,
    pub(super) at: usize,
    pub(super) place: Place,
    pub(super) next_mark: usize,
}

impl<'a> Cursor<'a> {
    /// The head of the next problem; the cursor then stands at its raw value.
    fn head(&mut self) -> Option<(Code, Option<usize>)> {
        if self.index >= self.of.len {
            return None;
        }
        if let Some(mark) = self.of.marks.get(self.next_mark).filter(|mark| mark.index == self.index) {
            self.place = mark.place;
            self.next_mark += 1;
        }
        let bytes = &self.of.bytes;
        let code = *Code::ALL.get(usize::from(*bytes.get(self.at)?))?;
        self.at += 1;
        let mut at = self.at;
        let mut step = || read_signed(bytes, &mut at).map(i64::cast_unsigned);
        let (row, line, byte) = (step()?, step()?, step()?);
        self.at = at;
        self.place = Place {
            row: self.place.row.wrapping_add(row),
            line: self.place.line.wrapping_add(line),
            byte: self.place.byte.wrapping_add(byte),
        };
        let column = read(bytes, &mut self.at)?.checked_sub(1).map(|column| column as usize);
        Some((code, column))
    }

    pub(super) fn brief(&mut self) -> Option<Brief> {
        self.kept().map(|Kept { code, place, .. }| Brief { code, row: place.row })
    }

    pub(super) fn kept(&mut self) -> Option<Kept<'a>> {
        let (code, column) = self.head()?;
        let bytes = &self.of.bytes;
        let start = self.at;
        let raw = read(bytes, &mut self.at)?;
        if raw & 1 == 0 {
            self.at += (raw >> 1) as usize;
        }
        let end = self.at;
        let hint = read(bytes, &mut self.at)?;
        let behind = self.at;
        match hint {
            IN_FULL => {
                let length = read(bytes, &mut self.at)?;
                self.at += length as usize;
            }
            OTHER_ROW => {
                read(bytes, &mut self.at)?;
            }
            _ => {}
        }
        self.index += 1;
        let (raw, rest) = (bytes.get(start..end)?, bytes.get(behind..self.at)?);
        Some(Kept { code, place: self.place, column, of: self.of, raw, hint, rest })
    }

    pub(super) fn problem(&mut self) -> Option<Problem> {
        let (code, column) = self.head()?;
        let raw = read(&self.of.bytes, &mut self.at)?;
        let raw: Box<str> = match raw & 1 {
            1 => E164::from_digits(raw >> 1).map_or_else(String::new, E164::to_e164).into(),
            _ => self.take(raw >> 1).into(),
        };
        let hint = match read(&self.of.bytes, &mut self.at)? {
            OF_CODE => Cow::Borrowed(code.hint()),
            IN_FULL => {
                let length = read(&self.of.bytes, &mut self.at)?;
                Cow::Owned(self.take(length).to_owned())
            }
            OTHER_ROW => {
                let first = read(&self.of.bytes, &mut self.at)?;
                let what = if raw.contains('@') { "address" } else { "number" };
                Cow::Owned(format!("row {first} holds the same {what}: {}", code.hint()))
            }
            shared => {
                let at = (shared - FIRST_SHARED) as usize;
                Cow::Owned(self.of.hints.get(at).map_or_else(String::new, |hint| hint.to_string()))
            }
        };
        self.index += 1;
        Some(Problem { code, place: self.place, column, raw, hint })
    }

    fn take(&mut self, length: u64) -> &'a str {
        let end = self.at + length as usize;
        let text = self.of.bytes.get(self.at..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        self.at = end;
        text.unwrap_or_default()
    }
}

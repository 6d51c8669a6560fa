//! The rows that nothing has to be said about, which are nearly all: read without a copy, by cells that were read before.
//!
//! Whatever is odd about a row, the answer is `None`, and [`RowReader::read`] reads it with all its care. A test holds both
//! ways to the same result.

use super::facts::{Expires, Undecided};
use super::memory::{Memory, SoundDate};
use super::row::{RowReader, infer};
use crate::files::Field;
use crate::files::dates::{self, Reading};
use crate::files::scan::split::Fields;

/// A row without anything to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clean {
    /// Digits of the number.
    pub(super) number: u64,
    /// Its area code, where it has one.
    pub(super) area: Option<u16>,
    /// The number of its set of attributes.
    pub(super) set: u32,
    /// Its jurisdiction was taken from its number.
    pub(super) inferred: bool,
    pub(super) day_first: Option<bool>,
    /// The file has to tell the order of its date.
    pub(super) undecided: bool,
}

/// Reads clean rows of one document.
#[derive(Debug)]
pub(super) struct QuickReader<'a> {
    reader: &'a RowReader<'a>,
    memory: Memory<'a>,
    number: Option<usize>,
    jurisdiction: Option<usize>,
    expires: Option<usize>,
    source: Option<usize>,
}

impl<'a> QuickReader<'a> {
    /// `on`: whether any row is read this way at all.
    pub(super) fn new(reader: &'a RowReader<'a>, memory: Memory<'a>, on: bool) -> Self {
        let column = |field| reader.column(field);
        Self {
            number: column(Field::Number).filter(|_| on && reader.has_plain_numbers()),
            jurisdiction: column(Field::Jurisdiction),
            expires: column(Field::Expires),
            source: column(Field::Source),
            reader,
            memory,
        }
    }

    /// The memory, for rows that are read the careful way.
    pub(super) fn memory(&self) -> &Memory<'a> {
        &self.memory
    }

    /// Reads a row of which the scanner found no fault.
    pub(super) fn read(&mut self, fields: &Fields) -> Option<Clean> {
        if fields.len() != self.reader.columns() || is_odd(fields.text()) {
            return None;
        }
        let number = self.reader.quick_number(fields.get(self.number?)?)?;
        let by_number = infer(number);
        let (jurisdiction, inferred) = match self.jurisdiction {
            None => match self.reader.constant_jurisdiction() {
                None => (by_number?, true),
                Some(given) => (Some(given).filter(|given| Some(*given) == by_number)?, false),
            },
            Some(column) => {
                let (reader, cell) = (self.reader, fields.get(column)?);
                let given = self.memory.jurisdiction(cell, |cell| reader.value(Field::Jurisdiction, cell))?;
                // Any other one has to be looked at: it may be wrong, or worth a word.
                (Some(given).filter(|given| Some(*given) == by_number)?, false)
            }
        };
        let date = match self.expires {
            None => {
                let expires = self.reader.constant_expires().ok()?.map_or(Expires::NEVER, Expires::at);
                SoundDate { expires, day_first: None }
            }
            Some(column) => self.date(fields.get(column)?)?,
        };
        let source = match self.source {
            Some(column) => self.reader.value(Field::Source, fields.get(column)?),
            None => self.reader.constant_source().unwrap_or_default(),
        };
        let set = self.memory.set(jurisdiction, date.expires, source);
        let area = number.area_code();
        let undecided = date.expires.is_undecided();
        Some(Clean { number: number.digits(), area, set, inferred, day_first: date.day_first, undecided })
    }

    fn date(&mut self, cell: &str) -> Option<SoundDate> {
        let (reader, table) = (self.reader, self.memory.table());
        self.memory.date(cell, || {
            let day_first = |order: Option<crate::files::DateOrder>| {
                order.map(|order| order == crate::files::DateOrder::Dmy)
            };
            match dates::read(reader.value(Field::Expires, cell), reader.order()) {
                Reading::ForEver => Some(SoundDate { expires: Expires::NEVER, day_first: None }),
                Reading::At { at, naive: false, proves } if at > reader.now() => {
                    Some(SoundDate { expires: Expires::at(at), day_first: day_first(proves) })
                }
                Reading::Either { dmy, mdy, naive: false } => {
                    let raw = super::row::short(cell).into();
                    let expires = table.undecided(Undecided { dmy, mdy, raw });
                    Some(SoundDate { expires, day_first: None })
                }
                _ => None,
            }
        })
    }
}

/// Control characters, and everything beyond ASCII.
fn is_odd(text: &str) -> bool {
    let odd = |b: &u8| (*b < 0x20 && *b != b'\t' && *b != b'\n' && *b != b'\r') || *b >= 0x7F;
    // Without a stop at the first, so that the compiler can look at many bytes at once.
    text.as_bytes().iter().fold(false, |any, byte| any | odd(byte))
}

//! The rows that nothing has to be said about, which are nearly all: read without a copy, by cells that were read before.
//!
//! Whatever is odd about a row, the answer is `None`, and [`RowReader::read`] reads it with all its care. A test holds both
//! ways to the same result.

use super::cells::Short;
use super::facts::{Expires, FactTable, Undecided};
use super::memory::{Known, Memory, SoundDate};
use super::row::{RowReader, infer, short};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::text::bare;
use crate::files::dates::{self, Reading};
use crate::files::scan::Line;
use crate::files::scan::split::Fields;
use crate::files::{DateOrder, Field};

/// A row without anything to say.
#[derive(Clone, Copy)]
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
    /// Whether any row is read this way at all.
    number: Option<usize>,
    split: bool,
    jurisdiction: Option<usize>,
    /// What area codes stand for.
    areas: Vec<Option<Jurisdiction>>,
    /// The cell that says the same, by area code: few bytes each, since every row asks for one of them.
    cells: Vec<Option<Short>>,
    expires: Option<usize>,
    source: Option<usize>,
    constants: Constants<'a>,
}

/// What stands in for columns that there are not, read once.
#[derive(Debug)]
struct Constants<'a> {
    jurisdiction: Option<Jurisdiction>,
    /// `None` where it is past, and every row has to say so.
    expires: Option<Expires>,
    source: &'a str,
}

impl<'a> Constants<'a> {
    fn of(reader: &RowReader<'a>) -> Self {
        let expires = reader.constant_expires().ok().map(|at| at.map_or(Expires::NEVER, Expires::at));
        Self {
            jurisdiction: reader.constant_jurisdiction(),
            expires,
            source: reader.constant_source().unwrap_or_default(),
        }
    }
}

impl<'a> QuickReader<'a> {
    /// `on`: whether any row is read this way at all.
    pub(super) fn new(reader: &'a RowReader<'a>, table: &'a FactTable, on: bool) -> Self {
        let column = |field| reader.column(field);
        let areas: Vec<_> = (0..1000).map(Jurisdiction::of_area_code).collect();
        let constants = Constants::of(reader);
        Self {
            number: column(Field::Number)
                .filter(|_| on && reader.has_one_number() && !reader.is_of_rejects()),
            split: reader.has_split_numbers(),
            jurisdiction: column(Field::Jurisdiction),
            cells: match reader.has_values(Field::Jurisdiction) {
                // A cell may mean another one than it shows.
                true => Vec::new(),
                false => areas.iter().map(|place| Short::of(place.as_ref()?.as_bytes())).collect(),
            },
            areas,
            memory: Memory::new(table, constants.expires.unwrap_or(Expires::NEVER)),
            constants,
            expires: column(Field::Expires),
            source: column(Field::Source),
            reader,
        }
    }

    /// Whether there is a quick way for rows of this document.
    pub(super) fn is_on(&self) -> bool {
        self.number.is_some()
    }

    /// The memory, for rows that are read the careful way.
    pub(super) fn memory(&self) -> &Memory<'a> {
        &self.memory
    }

    /// Reads a row of which the scanner found no fault. `row` holds no control character and nothing beyond ASCII.
    #[inline(always)]
    pub(super) fn read(&mut self, row: &impl Cells) -> Option<Clean> {
        if row.count() != self.reader.columns() {
            return None;
        }
        let number = self.number(row, self.number?)?;
        let area = number.area_code();
        let place = |area: u16| self.areas.get(usize::from(area)).copied().flatten();
        let by_number = || area.and_then(place).or_else(|| infer(number));
        let inferred = match (self.jurisdiction, self.constants.jurisdiction) {
            (None, None) => by_number().map(|_| true)?,
            // Any other one has to be looked at: it may be wrong, or worth a word.
            (None, Some(given)) => (given == by_number()?).then_some(false)?,
            (Some(column), _) => {
                let cell = row.cell(column)?;
                let same = area.and_then(|area| self.cells.get(usize::from(area)).copied().flatten());
                let is_same = same.is_some() && Short::of(cell) == same;
                if !is_same {
                    let by_number = by_number()?;
                    (self.given(cell) == Some(by_number)).then_some(false)?;
                }
                false
            }
        };
        let known = match self.expires {
            None => self.constants.expires.map(|_| Known::ONLY)?,
            Some(column) => self.date(row.cell(column)?)?,
        };
        let reader = self.reader;
        let set = match self.source {
            None => {
                let given = self.constants.source;
                self.memory.set(known, given.as_bytes(), || given)?
            }
            Some(column) => {
                let cell = row.cell(column)?;
                // Only text is read this way, so that no cell comes here that is none.
                let named = || std::str::from_utf8(cell).map_or("", |cell| reader.source_named(cell));
                self.memory.set(known, cell, named)?
            }
        };
        let Known { undecided, day_first, .. } = known;
        Some(Clean { number: number.digits(), area, set, inferred, day_first, undecided })
    }

    /// The number of a row, from one cell or from the area code and what stands behind it.
    #[inline(always)]
    fn number(&self, row: &impl Cells, column: usize) -> Option<E164> {
        let (text, length) = row.text_from(column)?;
        if !self.split {
            return self.reader.quick_number_at_start(text, length);
        }
        let cell = row.cell(column)?;
        let (area, local): (&[u8; 3], &[u8; 7]) =
            (cell.try_into().ok()?, row.cell(column + 1)?.try_into().ok()?);
        let mut whole = [0; 10];
        whole[..3].copy_from_slice(area);
        whole[3..].copy_from_slice(local);
        if whole.iter().all(u8::is_ascii_digit) { self.reader.quick_number(&whole) } else { None }
    }

    /// The jurisdiction that a cell names.
    fn given(&mut self, cell: &[u8]) -> Option<Jurisdiction> {
        let reader = self.reader;
        self.memory.jurisdiction(cell, || {
            let cell = bare(std::str::from_utf8(cell).ok()?);
            Jurisdiction::parse(reader.value(Field::Jurisdiction, cell))
        })
    }

    #[inline(always)]
    fn date(&mut self, cell: &[u8]) -> Option<Known> {
        let (reader, table) = (self.reader, self.memory.table());
        self.memory.date(cell, || {
            let cell = std::str::from_utf8(cell).ok()?;
            let day_first = |order: Option<DateOrder>| order.map(|order| order == DateOrder::Dmy);
            match dates::read(reader.value(Field::Expires, bare(cell)), reader.order()) {
                Reading::ForEver => Some(SoundDate { expires: Expires::NEVER, day_first: None }),
                Reading::At { at, naive: false, proves } if at > reader.now() => {
                    Some(SoundDate { expires: Expires::at(at), day_first: day_first(proves) })
                }
                Reading::Either { dmy, mdy, naive: false } => {
                    let raw = short(bare(cell)).into();
                    let expires = table.undecided(Undecided { dmy, mdy, raw });
                    Some(SoundDate { expires, day_first: None })
                }
                _ => None,
            }
        })
    }
}

/// A row's cells.
pub(super) trait Cells {
    /// How many.
    fn count(&self) -> usize;
    /// The cell at `index`.
    fn cell(&self, index: usize) -> Option<&[u8]>;

    /// The cell at `index` with what stands behind it, and its length.
    fn text_from(&self, index: usize) -> Option<(&[u8], usize)> {
        self.cell(index).map(|cell| (cell, cell.len()))
    }
}

impl Cells for Fields {
    fn count(&self) -> usize {
        self.len()
    }

    fn cell(&self, index: usize) -> Option<&[u8]> {
        self.get(index).map(str::as_bytes)
    }
}

/// One of many plain lines.
pub(super) struct PlainLine<'l> {
    pub(super) units: &'l [u8],
    pub(super) line: Line<'l>,
}

impl Cells for PlainLine<'_> {
    #[inline(always)]
    fn count(&self) -> usize {
        self.line.fields()
    }

    #[inline(always)]
    fn cell(&self, index: usize) -> Option<&[u8]> {
        self.units.get(self.line.field(index)?)
    }

    #[inline(always)]
    fn text_from(&self, index: usize) -> Option<(&[u8], usize)> {
        let place = self.line.field(index)?;
        Some((self.units.get(place.start..)?, place.end - place.start))
    }
}

/// Control characters, and everything beyond ASCII.
pub(super) fn is_odd(text: &str) -> bool {
    let odd = |b: &u8| (*b < 0x20 && *b != b'\t' && *b != b'\n' && *b != b'\r') || *b >= 0x7F;
    // Without a stop at the first, so that the compiler can look at many bytes at once.
    text.as_bytes().iter().fold(false, |any, byte| any | odd(byte))
}

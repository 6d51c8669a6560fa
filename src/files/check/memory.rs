//! Cells that were read before, by their text: a column mostly repeats itself.
//!
//! ```text
//! date cell ─▶ its place in `dates`     ┐
//!                                       ├─▶ sets[source][date] ─▶ the number of the set of attributes
//! source cell ─▶ its place in `sources` ┘
//! ```

use std::sync::Arc;

use super::cells::Cells;
use super::facts::{Expires, FactTable, QuickMap};
use crate::domain::jurisdiction::Jurisdiction;

/// Sets that are found by their two places alone.
const PLACES: usize = 1 << 20;
/// Further sets that are remembered.
const REMEMBERED: usize = 1 << 16;
/// The place of a cell that is not remembered.
const NOWHERE: u32 = u32::MAX;

/// What an expiry cell is, where there is nothing to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SoundDate {
    pub(super) expires: Expires,
    /// Whether it proves that the day comes first, or that the month does.
    pub(super) day_first: Option<bool>,
}

/// A date that was read, and its place in the memory: short, as there is one in each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    place: u32,
    /// As [`SoundDate`] has it.
    pub(super) day_first: Option<bool>,
    /// The file has to tell the order of day and month.
    pub(super) undecided: bool,
}

impl Known {
    /// The one date of a file without a column for it.
    pub(super) const ONLY: Self = Self { place: 0, day_first: None, undecided: false };

    fn at(place: u32, date: SoundDate) -> Self {
        Self { place, day_first: date.day_first, undecided: date.expires.is_undecided() }
    }
}

/// Dates by the day that the cell names, where it is written as nearly all are: `2027-12-31`. Finds what [`Cells`] would,
/// in fewer steps.
#[derive(Debug, Default)]
struct Days {
    /// The place of each day, and 0 for none.
    places: Vec<u32>,
}

impl Days {
    /// Years that begin with these two digits.
    const CENTURY: usize = 20;
    const YEARS: usize = 100;

    /// The number of the day that a cell names: no two cells have the same. Days that there are not have one too.
    #[inline]
    fn of(cell: &[u8]) -> Option<usize> {
        let cell: &[u8; 10] = cell.try_into().ok()?;
        // Of `2027-12-` and `31` digits leave their value and hyphens nothing, in eight and in two bytes at once.
        let head = u64::from_le_bytes(*cell.first_chunk()?) ^ 0x2D30_302D_3030_3030;
        let day = u16::from_le_bytes(*cell.last_chunk()?) ^ 0x3030;
        // What is larger than nine, or than nothing where a hyphen stands, reaches the high half of its byte.
        let odd = (head | head.wrapping_add(0x0F06_060F_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0;
        if odd != 0 || (day | day.wrapping_add(0x0606)) & 0xF0F0 != 0 {
            return None;
        }
        // Each byte with the one behind it: two digits.
        let pairs = head * 10 + (head >> 8);
        let [century, _, year, _, _, month, ..] = pairs.to_le_bytes().map(usize::from);
        let day = usize::from(day & 0xFF) * 10 + usize::from(day >> 8);
        let is_day = century == Self::CENTURY && month < 13 && day < 32;
        is_day.then_some((year * 13 + month) * 32 + day)
    }

    /// A day proves nothing of the order of day and month, nor does it wait for it.
    #[inline]
    fn get(&self, day: usize) -> Option<Known> {
        let place = *self.places.get(day)?;
        (place > 0).then_some(Known { place, ..Known::ONLY })
    }

    fn put(&mut self, day: usize, known: Known) {
        if self.places.is_empty() {
            self.places = vec![0; Self::YEARS * 13 * 32];
        }
        if let Some(place) = self.places.get_mut(day)
            && known == (Known { place: known.place, ..Known::ONLY })
        {
            *place = known.place;
        }
    }
}

/// One reader's memory. Numbers of sets are those of the shared table.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    table: &'a FactTable,
    jurisdictions: Cells<Option<Jurisdiction>>,
    dates: Cells<Option<Known>>,
    days: Days,
    /// By place; the first is a file's one date.
    expires: Vec<Expires>,
    /// The date that was read last and has no place.
    passing: Expires,
    sources: Cells<u32>,
    names: Vec<Option<Arc<str>>>,
    /// By source and date.
    sets: Vec<Vec<u32>>,
    /// How many places `sets` has.
    places: usize,
    others: QuickMap<(Expires, u32), u32>,
}

impl<'a> Memory<'a> {
    /// `only`: the one date of a file without a column for it.
    pub(super) fn new(table: &'a FactTable, only: Expires) -> Self {
        Self {
            table,
            jurisdictions: Cells::default(),
            dates: Cells::default(),
            days: Days::default(),
            expires: vec![only],
            passing: only,
            sources: Cells::default(),
            names: vec![None],
            sets: Vec::new(),
            places: 0,
            others: QuickMap::default(),
        }
    }

    pub(super) fn table(&self) -> &'a FactTable {
        self.table
    }

    /// The jurisdiction that a cell names, as `read` reads it.
    #[inline]
    pub(super) fn jurisdiction(
        &mut self,
        cell: &[u8],
        read: impl FnOnce() -> Option<Jurisdiction>,
    ) -> Option<Jurisdiction> {
        self.jurisdictions.get(cell, read).0
    }

    /// The date of a cell as `read` reads it; `None` where there is anything to say about the cell.
    #[inline]
    pub(super) fn date(&mut self, cell: &[u8], read: impl FnOnce() -> Option<SoundDate>) -> Option<Known> {
        let day = Days::of(cell);
        if let Some(known) = day.and_then(|day| self.days.get(day)) {
            return Some(known);
        }
        let known = self.date_by_cell(cell, read)?;
        if let Some(day) = day.filter(|_| known.place != NOWHERE) {
            self.days.put(day, known);
        }
        Some(known)
    }

    #[cold]
    fn date_by_cell(&mut self, cell: &[u8], read: impl FnOnce() -> Option<SoundDate>) -> Option<Known> {
        let (expires, passing) = (&mut self.expires, &mut self.passing);
        let (known, is_kept) = self.dates.get(cell, || {
            let date = read()?;
            *passing = date.expires;
            expires.push(date.expires);
            Some(Known::at(expires.len() as u32 - 1, date))
        });
        if is_kept || known.is_none() {
            return known;
        }
        expires.pop();
        known.map(|known| Known { place: NOWHERE, ..known })
    }

    /// The number of a set whose jurisdiction is that of the number and whose source is what `name` reads the cell `source` as.
    #[inline(always)]
    pub(super) fn set<'c>(
        &mut self,
        date: Known,
        source: &[u8],
        name: impl FnOnce() -> &'c str,
    ) -> Option<u32> {
        let names = &mut self.names;
        let (at, is_kept) = self.sources.get(source, || match name() {
            "" => 0,
            name => {
                names.push(Some(name.into()));
                names.len() as u32 - 1
            }
        });
        if is_kept
            && let Some(&set) = self.sets.get(at as usize).and_then(|dates| dates.get(date.place as usize))
            && set != NOWHERE
        {
            return Some(set);
        }
        self.set_by_name(date, at, is_kept)
    }

    #[cold]
    fn set_by_name(&mut self, date: Known, at: u32, is_kept: bool) -> Option<u32> {
        let expires = self.expires.get(date.place as usize).copied().unwrap_or(self.passing);
        if !is_kept {
            // Not to be met again: told, and forgotten.
            let name = if at > 0 { self.names.pop().flatten() } else { None };
            return Some(self.table.intern(None, expires, name.as_ref()));
        }
        let name = self.names.get(at as usize)?.as_ref();
        if let Some(set) = self.others.get(&(expires, at)) {
            return Some(*set);
        }
        let set = self.table.intern(None, expires, name);
        if !self.keep_by_place(at as usize, date.place as usize, set) && self.others.len() < REMEMBERED {
            self.others.insert((expires, at), set);
        }
        Some(set)
    }

    fn keep_by_place(&mut self, row: usize, column: usize, set: u32) -> bool {
        if self.sets.len() <= row {
            self.places += row + 1 - self.sets.len();
            self.sets.resize_with(row + 1, Vec::new);
        }
        let dates = &mut self.sets[row];
        let more = (column + 1).saturating_sub(dates.len());
        if column == NOWHERE as usize || self.places + more > PLACES {
            return false;
        }
        self.places += more;
        if more > 0 {
            dates.resize(column + 1, NOWHERE);
        }
        dates[column] = set;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_day_is_found_by_its_own_cell_alone(year in 1990_u32..2110, month in 0_u32..14, day in 0_u32..33) {
            let cell = format!("{year:04}-{month:02}-{day:02}");
            let found = Days::of(cell.as_bytes());
            let is_found = (2000..2100).contains(&year) && month < 13 && day < 32;
            prop_assert_eq!(found, is_found.then(|| (((year - 2000) * 13 + month) * 32 + day) as usize));
            for (at, odd) in (0..cell.len()).flat_map(|at| [b'/', b':', b' ', b'x', 0x80].map(|odd| (at, odd))) {
                let mut other = cell.clone().into_bytes();
                other[at] = odd;
                prop_assert_eq!(Days::of(&other), None);
            }
            prop_assert_eq!(Days::of(&cell.as_bytes()[1..]), None);
        }
    }

    #[test]
    fn a_date_that_is_not_remembered_is_the_one_of_its_row() {
        let table = FactTable::default();
        let mut memory = Memory::new(&table, Expires::NEVER);
        let at = |day: i64| Expires::at(jiff::Timestamp::from_second(day * 86_400).unwrap());
        let sound = |day| Some(SoundDate { expires: at(day), day_first: None });
        // Longer cells than are remembered.
        let cell = |day: i64| format!("{day:070}");
        for day in [1, 2, 1] {
            let known = memory.date(b"2027-12-31", || sound(9)).unwrap();
            memory.set(known, b"list", || "list").unwrap();
            let known = memory.date(cell(day).as_bytes(), || sound(day)).unwrap();
            let set = memory.set(known, b"list", || "list").unwrap();
            assert_eq!(set, table.intern(None, at(day), Some(&"list".into())), "day {day}");
        }
    }
}

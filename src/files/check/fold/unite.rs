//! The sets of attributes that the rows of a number come to: [`Attributes::strongest`], told by the numbers of sets.
//!
//! [`Attributes::strongest`]: crate::domain::entry::Attributes::strongest

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::files::check::facts::{AttributeTable, Packed, QuickMap, United};

/// What one thread unites. Sets that come about so are numbered behind those of the table.
pub(super) struct Uniter<'a> {
    table: &'a AttributeTable,
    united: &'a Mutex<United>,
    /// Sources that were united before.
    sources: QuickMap<(u32, u32), u32>,
}

impl<'a> Uniter<'a> {
    pub(super) fn new(table: &'a AttributeTable, united: &'a Mutex<United>) -> Self {
        Self { table, united, sources: QuickMap::default() }
    }

    /// The set that two sets of the same number come to, the first of them that of the earlier row.
    pub(super) fn strongest(&mut self, one: u32, other: u32) -> Option<u32> {
        let (mine, theirs) = (self.get(one)?, self.get(other)?);
        let source = match self.sources.get(&(mine.source, theirs.source)) {
            Some(source) => *source,
            None => {
                let source = self.united().source(self.table, mine.source, theirs.source);
                self.sources.insert((mine.source, theirs.source), source);
                source
            }
        };
        // For ever is the latest.
        let strongest = if theirs.expires > mine.expires { theirs } else { mine };
        let at = self.united().push(Packed { source, ..strongest });
        Some(self.table.len() as u32 + at)
    }

    fn get(&self, id: u32) -> Option<Packed> {
        match id.checked_sub(self.table.len() as u32) {
            None => self.table.packed(id),
            Some(at) => self.united().get(at),
        }
    }

    fn united(&self) -> MutexGuard<'_, United> {
        self.united.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::entry::Attributes;
    use crate::domain::jurisdiction::Jurisdiction;
    use crate::domain::phone::E164;

    fn attributes() -> impl Strategy<Value = Attributes> {
        let place = prop::sample::select(vec!["US-DC", "US-CA"]);
        (place, prop::option::of(0..3_i64), prop::option::of("[AB](; ?[ABC])?")).prop_map(
            |(place, hours, source)| Attributes {
                jurisdiction: Jurisdiction::parse(place).unwrap(),
                expires: hours.map(|hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)),
                source: source.map(Into::into),
            },
        )
    }

    proptest! {
        #[test]
        fn rows_come_to_what_their_attributes_come_to(rows in prop::collection::vec(attributes(), 1..6)) {
            let number = E164::from_digits(12_025_550_123).unwrap();
            let mut table = AttributeTable::default();
            let sets: Vec<u32> = rows.iter().map(|row| table.intern(row)).collect();
            let united = Mutex::default();
            let mut uniter = Uniter::new(&table, &united);
            let set = sets.iter().copied().reduce(|one, other| uniter.strongest(one, other).unwrap()).unwrap();
            drop(uniter);
            table.take_in(united.into_inner().unwrap());
            let wanted = rows.into_iter().reduce(Attributes::strongest);
            prop_assert_eq!(table.get(set, number), wanted);
        }
    }
}

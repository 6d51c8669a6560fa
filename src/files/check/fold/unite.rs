//! The sets of attributes that the rows of a number come to: [`Attributes::strongest`], told by the numbers of sets.
//!
//! [`Attributes::strongest`]: crate::domain::entry::Attributes::strongest

use crate::files::check::facts::{AttributeTable, Numbers, Packed, QuickMap, United};

/// What one thread unites. Sets that come about so are numbered behind those of the table.
pub(super) struct Uniter<'a> {
    table: &'a AttributeTable,
    numbers: &'a Numbers,
    united: United,
    /// The sources of the number at hand, each once.
    own: Vec<u32>,
    /// Sources that were united before.
    known: QuickMap<Box<[u32]>, u32>,
}

impl<'a> Uniter<'a> {
    pub(super) fn new(table: &'a AttributeTable, numbers: &'a Numbers) -> Self {
        Self { table, numbers, united: United::default(), own: Vec::new(), known: QuickMap::default() }
    }

    /// What came about.
    pub(super) fn finish(self) -> United {
        self.united
    }

    /// The set that the sets of all rows of one number come to, in the order of its rows: at once, since a number may have
    /// thousands of rows that say different things.
    pub(super) fn strongest(&mut self, sets: &[u32]) -> Option<u32> {
        let mut strongest: Option<Packed> = None;
        self.own.clear();
        for set in sets {
            let packed = self.table.packed(*set)?;
            self.own.push(packed.source);
            // For ever is the latest.
            if strongest.is_none_or(|strongest| packed.expires > strongest.expires) {
                strongest = Some(packed);
            }
        }
        self.own.sort_unstable();
        self.own.dedup();
        self.own.retain(|source| *source > 0);
        let source = match self.own.as_slice() {
            [] => 0,
            [source] => *source,
            several => match self.known.get(several) {
                Some(source) => *source,
                None => {
                    let source = self.united.source(self.numbers, self.table, several)?;
                    self.known.insert(several.into(), source);
                    source
                }
            },
        };
        self.united.push(self.numbers, self.table, Packed { source, ..strongest? })
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
            // Two threads unite at once: the rows, and the rows more often than numbers are taken at a time.
            let numbers = Numbers::default();
            let mut uniters = [0, 1].map(|_| Uniter::new(&table, &numbers));
            let mut found = vec![uniters[0].strongest(&sets).unwrap()];
            found.extend((0..130).map(|_| uniters[1].strongest(&sets).unwrap()));
            let united = uniters.map(Uniter::finish).into();
            table.take_in(united);
            let wanted = rows.into_iter().reduce(Attributes::strongest);
            for set in &found {
                prop_assert_eq!(table.get(*set, Some(number)), wanted.clone());
            }
            let different: std::collections::HashSet<u32> = found.iter().copied().collect();
            prop_assert_eq!(different.len(), found.len());
        }
    }

    #[test]
    fn many_rows_of_one_number_leave_one_set_and_one_source() {
        let mut table = AttributeTable::default();
        let sets: Vec<u32> = (0..5000)
            .map(|ticket| {
                let source = Some(format!("ticket {ticket:04}").into());
                let jurisdiction = Jurisdiction::parse("US-DC").unwrap();
                table.intern(&Attributes { jurisdiction, expires: None, source })
            })
            .collect();
        let numbers = Numbers::default();
        let mut uniter = Uniter::new(&table, &numbers);
        let set = uniter.strongest(&sets).unwrap();
        let united = vec![uniter.finish()];
        table.take_in(united);
        assert_eq!((set, table.len()), (5000, 5001));
        let number = E164::from_digits(12_025_550_123).unwrap();
        let source = table.get(set, Some(number)).unwrap().source.unwrap();
        assert_eq!(source.split("; ").count(), 5000);
    }
}

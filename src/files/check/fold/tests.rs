//! Rows of any numbers, in any shape of keys, come to what one list of them all comes to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::jurisdiction::Jurisdiction;
use crate::files::check::facts::{Expires, FactTable};

/// A number, its first row, and the slot of the row at hand.
type Row = (u64, u64, u64);

/// What rows come to, by a map of them all: the first row of each number by number, and every row behind it by slot.
fn slowly(rows: &[(u64, u64)]) -> (Vec<Row>, Vec<Row>) {
    let mut by_number: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    rows.iter().for_each(|(number, slot)| by_number.entry(*number).or_default().push(*slot));
    let each = |(number, slots): (&u64, &Vec<u64>)| -> Vec<Row> {
        slots.iter().map(|slot| (*number, slots[0] + 1, *slot)).collect()
    };
    let (firsts, mut repeats): (Vec<Row>, Vec<Row>) =
        by_number.iter().flat_map(each).partition(|(_, first, slot)| slot + 1 == *first);
    repeats.sort_unstable_by_key(|(.., slot)| *slot);
    (firsts, repeats)
}

fn numbers() -> impl Strategy<Value = Vec<u64>> {
    let one = prop_oneof![
        12_025_550_100..12_025_550_140_u64,
        // On both sides of where numbers are far, and in lists beside each other.
        NEAR - 3..NEAR + 3,
        (1..4_u64, 0..3_u64).prop_map(|(list, low)| (list << 40) + low),
        999_999_999_999_990..1_000_000_000_000_000_u64,
    ];
    prop::collection::vec(one, 0..120)
}

fn digits(intent: &crate::files::Intent) -> u64 {
    intent.identifier.phone().unwrap().digits()
}

proptest! {
    #[test]
    fn rows_come_to_what_a_map_of_them_comes_to(
        numbers in numbers(),
        sets in prop_oneof![Just(1_u32), Just(9_000)],
        likely in prop_oneof![Just(0_u64), Just(100_000), Just(1 << 40)],
        jump in prop_oneof![Just(0_u64), Just(1 << 21), Just(1 << 33)],
        threads in 1..4_usize,
    ) {
        let facts = FactTable::default();
        let place = Jurisdiction::parse("US-DC");
        for at in 0..sets {
            facts.intern(place, Expires::at(Timestamp::from_second(i64::from(at)).unwrap()), None);
        }
        // The second half stands behind a stretch of so many slots: too far, perhaps, for keys of that shape.
        let half = numbers.len() / 2;
        // The last ones, for which keys of some shapes have no room.
        let set_of = |number: u64| sets - 1 - number as u32 % sets.min(5);
        let slot = |at: usize| at as u64 + if at < half { 0 } else { jump };
        let rows: Vec<(u64, u64)> = numbers.iter().enumerate().map(|(at, number)| (*number, slot(at))).collect();
        let mut fold = Fold::new(likely);
        for part in [&rows[..half], &rows[half..]] {
            let before = part.first().map_or(0, |(_, slot)| *slot);
            fold.extend(before, part.iter().map(|(number, slot)| {
                let own = *slot - before;
                Claim { number: *number, slot: own as u32, set: set_of(*number) }
            }));
        }
        let (table, ruled) = facts.settle(None, Timestamp::MIN);
        let folded = fold.finish(table, &ruled, &|slot| slot + 1, jump + numbers.len() as u64, threads);
        let (firsts, repeats) = slowly(&rows);
        let each = folded.intents.iter();
        let found: Vec<Row> = each.map(|intent| (digits(&intent), intent.row, intent.row - 1)).collect();
        prop_assert_eq!((folded.lost, folded.late.len()), (0, 0));
        prop_assert_eq!(found, firsts);
        for intent in folded.intents.iter() {
            let at = intent.attributes.expires.map(|at| at.as_second());
            prop_assert_eq!(at, Some(i64::from(set_of(digits(&intent)))));
        }
        let each = folded.repeats.iter();
        let found: Vec<Row> = each.map(|repeat| (repeat.number, repeat.first, repeat.slot)).collect();
        prop_assert_eq!(found, repeats);
        prop_assert!(folded.repeats.iter().all(|repeat| !repeat.differs));
    }
}

//! The order that the keys of a bucket are brought into.

use super::bucket::Bucket;
use super::key::LOW;

/// Bits that are sorted by at a time: twice, they are those of the number.
const DIGIT: u32 = LOW / 2;
const DIGITS: usize = 1 << DIGIT;
/// Fewer keys are sorted without counting them first.
const FEW: usize = 512;

/// Room for the keys of a bucket, kept from one to the next.
#[derive(Default)]
pub(super) struct Sorter {
    half: Vec<u64>,
    whole: Vec<u64>,
}

impl Sorter {
    /// The keys in the order of all their bits. Those of one number came in the order of the rest of their bits, which is that
    /// of the file, so that it is enough to sort by those of the number.
    pub(super) fn sort(&mut self, bucket: &Bucket) -> &[u64] {
        let count = bucket.len();
        if self.whole.len() < count {
            self.half.resize(count, 0);
            self.whole.resize(count, 0);
        }
        let (half, whole) = (&mut self.half[..count], &mut self.whole[..count]);
        if count < FEW {
            let mut at = 0;
            bucket.for_each(|key| {
                whole[at] = key;
                at += 1;
            });
            whole.sort_unstable();
            return whole;
        }
        let (lower, upper) = (
            |key: u64| (key >> (u64::BITS - LOW)) as usize % DIGITS,
            |key: u64| (key >> (u64::BITS - DIGIT)) as usize,
        );
        let (mut lowers, mut uppers) = ([0_u32; DIGITS], [0_u32; DIGITS]);
        bucket.for_each(|key| {
            add(&mut lowers[lower(key)], 1);
            add(&mut uppers[upper(key)], 1);
        });
        add_up(&mut lowers);
        add_up(&mut uppers);
        bucket.for_each(|key| put(half, &mut lowers[lower(key)], key));
        half.iter().for_each(|key| put(whole, &mut uppers[upper(*key)], *key));
        whole
    }
}

/// From how many there are of each digit to where the first of it goes.
fn add_up(counts: &mut [u32; DIGITS]) {
    let mut sum = 0;
    for count in counts {
        let own = std::mem::replace(count, sum);
        add(&mut sum, own);
    }
}

/// None of these sums is larger than a slot, for which keys have fewer bits.
#[inline]
fn add(sum: &mut u32, more: u32) {
    *sum = sum.wrapping_add(more);
}

#[inline]
fn put(keys: &mut [u64], place: &mut u32, key: u64) {
    keys[*place as usize] = key;
    add(place, 1);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bucket::{NEAR, Near};
    use super::super::key::Shape;
    use super::*;

    proptest! {
        #[test]
        fn keys_come_in_the_order_of_all_their_bits(
            numbers in prop::collection::vec(prop_oneof![0..900_u64, 0..1_u64 << LOW, NEAR - 900..NEAR], 0..3000),
        ) {
            let shape = Shape::of(numbers.len() as u64);
            let mut near = Near::default();
            for (slot, number) in (0..).zip(&numbers) {
                near.push(*number, shape.key(*number, slot, 7));
            }
            let mut sorted: Vec<(u64, u64)> = (0..).zip(&numbers).map(|(slot, number)| (*number, slot)).collect();
            sorted.sort_unstable();
            let (mut sorter, mut found) = (Sorter::default(), Vec::new());
            for (base, bucket) in near.into_buckets() {
                let keys = sorter.sort(&bucket);
                prop_assert_eq!(keys.len(), bucket.len());
                found.extend(keys.iter().map(|key| (base + Shape::part_of(*key), shape.slot_of(*key))));
                prop_assert!(keys.iter().all(|key| shape.set_of(*key) == Some(7)));
            }
            prop_assert_eq!(found, sorted);
        }
    }
}

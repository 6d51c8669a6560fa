//! Pieces of memory that pass from what is read to what is kept, and the order that keys are brought into.

/// Bytes of a segment.
pub(super) const SEGMENT: usize = 2048;

/// A piece of memory: keys while a file is read, numbers of [`super::Intents`] afterwards.
pub(super) type Segment = Box<[u8; SEGMENT]>;

/// Bits that are sorted by at a time.
const DIGIT: u32 = 10;
/// Fewer keys are sorted without counting them first.
const FEW: usize = 512;

/// Sorts keys by their `high` highest bits; keys that agree in them stay in the order in which they came, which is that
/// of the rest of their bits. `spare` is room that is kept from one time to the next.
pub(super) fn sort(keys: &mut Vec<u64>, spare: &mut Vec<u64>, high: u32) {
    if keys.len() < FEW {
        keys.sort_unstable();
        return;
    }
    spare.clear();
    spare.resize(keys.len(), 0);
    let mut done = 0;
    while done < high {
        let bits = DIGIT.min(high - done);
        let shift = 64 - high + done;
        let digit = |key: u64| (key >> shift) as usize & ((1 << bits) - 1);
        let mut starts = [0_usize; 1 << DIGIT];
        keys.iter().for_each(|key| starts[digit(*key)] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        for key in keys.iter() {
            let start = &mut starts[digit(*key)];
            spare[*start] = *key;
            *start += 1;
        }
        std::mem::swap(keys, spare);
        done += bits;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_come_in_the_order_of_all_their_bits(
            numbers in prop::collection::vec(0..2000_u64, 0..3000),
            high in prop::sample::select(vec![12_u32, 20]),
        ) {
            let mut keys: Vec<u64> = (0..).zip(&numbers)
                .map(|(row, number)| (number & ((1 << high) - 1)) << (64 - high) | row << 16)
                .collect();
            let mut sorted = keys.clone();
            sorted.sort_unstable();
            sort(&mut keys, &mut Vec::new(), high);
            prop_assert_eq!(keys, sorted);
        }
    }
}

//! Where a telephone number may stand, whatever is written between its digits.
//!
//! Bytes run through two registers of digits: one that leaves letters out (`tel. 415 555 01 01`), one that reads them as
//! the keys of a telephone (`1-800-FLOWERS`). Where the last digits of either are the number's, the row is looked at;
//! and every row with anything beyond ASCII, because digits have twins in other scripts.

use crate::domain::phone::E164;

/// Digits that are compared at most: country code and prefixes vary with the spelling, the end does not.
const MOST: usize = 7;
/// A country code has at most so many digits.
const COUNTRY_CODE: usize = 3;

/// What a byte does: a digit 0–9, a letter 10–19 by its key, or nothing.
const NOTHING: u8 = 20;
const KEYS: [u8; 256] = {
    let mut keys = [NOTHING; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        if b.is_ascii_digit() {
            keys[byte] = b - b'0';
        } else if b.is_ascii_alphabetic() {
            let letters = b"22233344455566677778889999";
            keys[byte] = 10 + letters[(b.to_ascii_lowercase() - b'a') as usize] - b'0';
        }
        byte += 1;
    }
    keys
};

/// What a byte does to the two registers, without a branch: how far each is shifted, and the digit that goes in.
#[derive(Clone, Copy)]
struct Step {
    plain_shift: u8,
    plain_digit: u8,
    keyed_shift: u8,
    keyed_digit: u8,
}

const STEPS: [Step; 256] = {
    let mut steps = [Step { plain_shift: 0, plain_digit: 0, keyed_shift: 0, keyed_digit: 0 }; 256];
    let mut byte = 0;
    while byte < 256 {
        let key = KEYS[byte];
        if key < 10 {
            steps[byte] = Step { plain_shift: 4, plain_digit: key, keyed_shift: 4, keyed_digit: key };
        } else if key < NOTHING {
            steps[byte] = Step { plain_shift: 0, plain_digit: 0, keyed_shift: 4, keyed_digit: key - 10 };
        }
        byte += 1;
    }
    steps
};

/// The last digits of a number, four bits each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    wanted: u32,
    mask: u32,
}

impl Digits {
    pub(super) fn new(number: E164) -> Self {
        let all = number.digits();
        let count = all.to_string().len();
        let compared = (count - COUNTRY_CODE).clamp(4, MOST);
        let (mut wanted, mut rest) = (0, all);
        for place in 0..compared {
            wanted |= ((rest % 10) as u32) << (4 * place);
            rest /= 10;
        }
        Self { wanted, mask: (1 << (4 * compared)) - 1 }
    }

    /// The next place at or behind `from` where the number may end, or where something beyond ASCII stands.
    pub(super) fn next(self, units: &[u8], from: usize) -> Option<usize> {
        let rest = units.get(from..)?;
        let (mut plain, mut keyed) = (0_u32, 0_u32);
        for (block_at, block) in rest.chunks(BLOCK).enumerate() {
            let start = from + block_at * BLOCK;
            let ascii = beyond_ascii(block, 0).unwrap_or(block.len());
            for (at, &byte) in block[..ascii].iter().enumerate() {
                let step = STEPS[usize::from(byte)];
                plain = plain << step.plain_shift | u32::from(step.plain_digit);
                keyed = keyed << step.keyed_shift | u32::from(step.keyed_digit);
                // Both are compared each time: a choice between them would cost more than it saves.
                if (plain & self.mask == self.wanted) | (keyed & self.mask == self.wanted) {
                    return Some(start + at);
                }
            }
            if ascii < block.len() {
                return Some(start + ascii);
            }
        }
        None
    }

    /// Whether it is worth reading the cell.
    pub(super) fn may_be_in(self, cell: &str) -> bool {
        self.next(cell.as_bytes(), 0).is_some()
    }
}

/// Bytes that are looked through for non-ASCII at once.
const BLOCK: usize = 4096;

/// The next unit at or behind `from` that is no ASCII.
pub(super) fn beyond_ascii(units: &[u8], from: usize) -> Option<usize> {
    let rest = units.get(from..)?;
    let mut at = 0;
    // Whole words at a time: this loop is compiled to wide instructions.
    for chunk in rest.chunks(64) {
        if !chunk.is_ascii() {
            return chunk.iter().position(|b| !b.is_ascii()).map(|inside| from + at + inside);
        }
        at += chunk.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::{Normaliser, PhonePolicy, Region};
    use proptest::prelude::*;

    fn number(text: &str) -> E164 {
        E164::from_canonical(text).unwrap()
    }

    #[test]
    fn any_spelling_is_looked_at() {
        let digits = Digits::new(number("+14155550101"));
        for cell in
            ["4155550101", "(415) 555-0101 ext 12", "tel 415 55 50 1 0 1", "+1.415.555.0101", "x,４１５,y"]
        {
            assert!(digits.may_be_in(cell), "{cell}");
        }
        assert!(Digits::new(number("+18003569377")).may_be_in("1-800-Flowers"));
        assert!(!digits.may_be_in("4155550102, 14155500, 1010"));
        assert_eq!(digits.next(b"5550101 4155550101", 1), Some(17));
    }

    proptest! {
        /// The one promise: no cell that reads as the number is passed over.
        #[test]
        fn no_cell_that_reads_as_the_number_is_passed_over(
            cell in "[+]?[0-9 ().x-]{7,16}|1-?[2-9][0-9]{2}-?[A-Za-z]{7}|(0044|\\+44|\\+49 |\\+39 0|\\+290 )[0-9 ]{5,12}",
            region in prop::sample::select(vec!["US", "GB", "DE", "IT", "AR"]),
        ) {
            let normaliser = Normaliser::new(region.parse::<Region>().unwrap(), PhonePolicy::Possible, Vec::new());
            if let Ok(phone) = normaliser.normalise(&cell) {
                prop_assert!(Digits::new(phone.number).may_be_in(&cell), "{}", cell);
            }
        }
    }
}

//! The common case without a single allocation: plain digits in groups, read by the tables alone.

use memchr::memchr_iter;

use super::plan::{self, Found};
use super::{E164, Normaliser, PhonePolicy};

/// A number that was read at once. [`Normaliser::normalise`] says the same of the cell: this number, no extension, and
/// no warning but the one that it is not assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quick {
    /// The number itself.
    pub number: E164,
    /// Whether it is assigned; where it is not, `normalise` warns of it.
    pub assigned: bool,
}

/// Longer cells are not plain.
const LONGEST_CELL: usize = 31;
/// With fewer digits, grouped, a cell may be a date.
const NO_DATE: usize = 9;
/// With more digits, grouped, a cell may hold two numbers.
const ONE_NUMBER: usize = 13;
/// Fewer digits may be a service code, and are never a second number.
const SUBSCRIBER: usize = 7;

/// What a byte is: a digit is its value.
const GROUPING: u8 = 0x10;
const POINT: u8 = 0x20;
const OTHER: u8 = 0x40;

const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut digit = 0;
    while digit < 10 {
        classes[(b'0' + digit) as usize] = digit;
        digit += 1;
    }
    classes[b' ' as usize] = GROUPING;
    classes[b'-' as usize] = GROUPING;
    classes[b'(' as usize] = GROUPING;
    classes[b')' as usize] = GROUPING;
    classes[b'.' as usize] = POINT;
    classes
};

impl Normaliser {
    /// Reads a cell that is plain: digits with at most spaces, hyphens, points and parentheses between them and a plus in
    /// front, of a numbering plan that the tables know. Allocates nothing and never asks the library.
    ///
    /// `Some` is exactly what [`Normaliser::normalise`] says. `None` says nothing about the cell: it may be a number in
    /// another spelling, one of our own, or no number; `normalise` knows.
    pub fn quick(&self, raw: &[u8]) -> Option<Quick> {
        let (plus, spelling) = match raw {
            [b'+', rest @ ..] => (true, rest),
            _ => (false, raw),
        };
        let found = self.north_american(plus, spelling).or_else(|| self.by_digits(plus, spelling));
        let Found { number, assigned } = found?;
        if !assigned && self.policy == PhonePolicy::Valid {
            return None;
        }
        if !self.own_numbers.is_empty() && self.own_numbers.binary_search(&number).is_ok() {
            return None;
        }
        Some(Quick { number, assigned })
    }

    /// Ten digits at home in the North American plan, or eleven with its country code: the form of nearly every row, and
    /// read in one pass. `None`: [`Normaliser::by_digits`] knows.
    fn north_american(&self, plus: bool, spelling: &[u8]) -> Option<Found> {
        const ABROAD: u64 = 10_000_000_000;
        const ALL_EQUAL: u64 = 1_111_111_111;
        if spelling.len() > LONGEST_CELL {
            return None;
        }
        let (mut value, mut count, mut seen) = (0_u64, 0_u32, 0_u8);
        for &byte in spelling {
            let class = CLASSES[usize::from(byte)];
            let is_digit = class < GROUPING;
            // Too many digits wrap around, and are too many.
            value = if is_digit { value.wrapping_mul(10).wrapping_add(u64::from(class)) } else { value };
            count = count.wrapping_add(u32::from(is_digit));
            seen |= class;
        }
        // One point may be that of a decimal number.
        if seen & OTHER != 0 || (seen & POINT != 0 && memchr_iter(b'.', spelling).count() == 1) {
            return None;
        }
        let ten = match (count, plus) {
            (10, false) if self.north_american => value,
            (11, _) if value / ABROAD == 1 && (plus || self.north_american) => value - ABROAD,
            _ => return None,
        };
        if ten < 2_000_000_000 || ten % ALL_EQUAL == 0 {
            return None;
        }
        let number = E164::from_digits(ABROAD + ten)?;
        Some(Found { number, assigned: plan::is_assigned_north_american(ten) })
    }

    /// A number of any plan that the tables know.
    fn by_digits(&self, plus: bool, spelling: &[u8]) -> Option<Found> {
        let mut buffer = [0; LONGEST_CELL + 1];
        let count = digits(spelling, &mut buffer)?;
        let digits = &buffer[..count];
        if all_equal(digits) || all_equal(national_american(plus || self.north_american, digits)) {
            return None;
        }
        plan::find(self.home, plus, digits)
    }
}

/// What stands behind the country code of the North American plan, if it stands there.
fn national_american(may: bool, digits: &[u8]) -> &[u8] {
    match digits {
        [1, national @ ..] if may && national.len() == 10 => national,
        _ => digits,
    }
}

/// Puts the digits of a plain spelling into the buffer and says how many there are. `None` where the cell is not plain, or
/// where the rules of `cell` might see more in it than one number.
fn digits(spelling: &[u8], buffer: &mut [u8; LONGEST_CELL + 1]) -> Option<usize> {
    if spelling.len() > LONGEST_CELL {
        return None;
    }
    let (mut seen, mut count) = (0, 0);
    for &byte in spelling {
        let class = CLASSES[usize::from(byte)];
        seen |= class;
        // Written always and kept only if it is a digit: no branch depends on how the number is grouped.
        buffer[count & LONGEST_CELL] = class;
        count += usize::from(class < GROUPING);
    }
    let plain = seen & OTHER == 0 && count >= SUBSCRIBER;
    let grouped = seen & (GROUPING | POINT) != 0;
    if !plain || (grouped && count < NO_DATE) {
        return None;
    }
    if (grouped && count > ONE_NUMBER && may_be_two(spelling))
        || (seen & POINT != 0 && may_be_decimal(spelling))
    {
        return None;
    }
    Some(count)
}

/// Two stretches between spaces, or between hyphens, that are long enough to be a number each.
fn may_be_two(spelling: &[u8]) -> bool {
    [b' ', b'-'].into_iter().any(|between| {
        let stretches = spelling.split(|&byte| byte == between);
        stretches.filter(|stretch| count_digits(stretch) >= SUBSCRIBER).count() >= 2
    })
}

/// One point, behind so many digits that it is no group: `2025550101.0`.
fn may_be_decimal(spelling: &[u8]) -> bool {
    let mut parts = spelling.split(|&byte| byte == b'.');
    let whole = parts.next().map_or(0, count_digits);
    parts.nth(1).is_none() && whole >= SUBSCRIBER
}

fn count_digits(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count()
}

fn all_equal(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}

//! The common case without a single allocation: plain digits in groups, read by the tables alone.

use memchr::memchr_iter;
use wide::i8x16;

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

/// The country code of the North American plan, in front of ten digits.
const ABROAD: u64 = 10_000_000_000;
/// The first number that an area code leads.
const LEAST: u64 = 2_000_000_000;
/// Ten ones: what ten equal digits are a multiple of.
const ALL_EQUAL: u64 = 1_111_111_111;

/// Bytes of a usual number in groups, which are looked at together.
const LONGEST_GROUPS: usize = 16;
/// The same with room to read four bytes from any of their places.
const ROOM: usize = LONGEST_GROUPS + 4;

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
        self.quick_at_start(raw, raw.len())
    }

    /// The same for a cell that begins a text and has so many bytes: quicker where more text stands behind it.
    #[inline]
    pub fn quick_at_start(&self, text: &[u8], length: usize) -> Option<Quick> {
        let raw = text.get(..length)?;
        let plus = raw.first() == Some(&b'+');
        let (text, spelling) = (&text[usize::from(plus)..], &raw[usize::from(plus)..]);
        let Found { number, assigned } = match self.usual_groups(plus, text, spelling.len()) {
            Some(found) => found,
            None => self.unusual(plus, spelling)?,
        };
        if !assigned && self.policy == PhonePolicy::Valid {
            return None;
        }
        if !self.own_numbers.is_empty() && self.own_numbers.binary_search(&number).is_ok() {
            return None;
        }
        Some(Quick { number, assigned })
    }

    #[inline(never)]
    fn unusual(&self, plus: bool, spelling: &[u8]) -> Option<Found> {
        self.north_american(plus, spelling).or_else(|| self.by_digits(plus, spelling))
    }

    /// The form of nearly every row: the digits of [`Normaliser::north_american`] in groups of three, three and four, or
    /// without any, looked at all at once. `None`: that one knows.
    #[inline]
    fn usual_groups(&self, plus: bool, text: &[u8], length: usize) -> Option<Found> {
        if !(10..=LONGEST_GROUPS).contains(&length) {
            return None;
        }
        let mut room = [0; ROOM];
        let text = match text.first_chunk() {
            Some(text) => text,
            None => {
                room[..length].copy_from_slice(&text[..length]);
                &room
            }
        };
        let groups = Groups::of(text, length)?;
        // No area code begins with the country code.
        let may =
            (groups.has_country_code & plus) | (self.north_american & (groups.has_country_code | !plus));
        let ten = groups.ten();
        if !may | (ten < LEAST) | ten.is_multiple_of(ALL_EQUAL) {
            return None;
        }
        let number = E164::from_digits(ABROAD + ten)?;
        let assigned = plan::is_assigned_thousand(groups.area, groups.exchange, groups.line / 1_000);
        Some(Found { number, assigned })
    }

    /// Ten digits at home in the North American plan, or eleven with its country code, read in one pass. `None`:
    /// [`Normaliser::by_digits`] knows.
    fn north_american(&self, plus: bool, spelling: &[u8]) -> Option<Found> {
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
        if ten < LEAST || ten.is_multiple_of(ALL_EQUAL) {
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

/// Digits in groups of three, three and four with nothing but grouping marks between them, or with no marks at all.
struct Groups {
    area: u32,
    exchange: u32,
    line: u32,
    /// A 1 stands in front of the ten.
    has_country_code: bool,
}

impl Groups {
    #[inline]
    fn of(text: &[u8; ROOM], length: usize) -> Option<Self> {
        let bytes = i8x16::new(text.first_chunk::<LONGEST_GROUPS>()?.map(u8::cast_signed));
        let digits = bytes.simd_gt(all(b'/')) & bytes.simd_lt(all(b':'));
        let points = bytes.simd_eq(all(b'.'));
        let marks = bytes.simd_eq(all(b' ')) | bytes.simd_eq(all(b'-'));
        let brackets = bytes.simd_eq(all(b'(')) | bytes.simd_eq(all(b')'));
        let own = 1_u32.checked_shl(length as u32)?.wrapping_sub(1);
        let plain = (digits | points | marks | brackets).to_bitmask();
        let read = |at: u32| {
            text[at as usize % LONGEST_GROUPS..].first_chunk().map(|four| u32::from_le_bytes(*four))
        };
        let mut rest = Rest { digits: digits.to_bitmask() & own | Rest::END, at: 0, is_sound: true };
        rest.skip_marks();
        let has_country_code = read(rest.at)? & 0xFF == u32::from(b'1');
        rest.skip(u32::from(has_country_code));
        let (area, exchange, line) = (rest.group(3), rest.group(3), rest.group(4));
        // Of three digits the first is a zero.
        let (area, exchange) = (number(read(area)? << 8), number(read(exchange)? << 8));
        let line = number(read(line)?);
        // One point may be that of a decimal number.
        let is_sound =
            rest.is_sound() & (plain & own == own) & !(points.to_bitmask() & own).is_power_of_two();
        is_sound.then_some(Self { area, exchange, line, has_country_code })
    }

    #[inline]
    fn ten(&self) -> u64 {
        u64::from(self.area * 1_000 + self.exchange) * 10_000 + u64::from(self.line)
    }
}

#[inline]
fn all(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// Digits that were not read yet. Whether they are what they should be is asked once, at the end: a branch for each group
/// costs more than reading it.
struct Rest {
    /// A bit for each place that holds a digit, from `at` on, and one behind all places.
    digits: u32,
    at: u32,
    is_sound: bool,
}

impl Rest {
    const END: u32 = 1 << 31;

    #[inline]
    fn skip(&mut self, places: u32) {
        self.digits = self.digits.wrapping_shr(places);
        self.at = self.at.wrapping_add(places);
    }

    #[inline]
    fn skip_marks(&mut self) {
        self.skip(self.digits.trailing_zeros());
    }

    /// Takes the next so many digits, which stand side by side, and says where.
    #[inline]
    fn group(&mut self, size: u32) -> u32 {
        self.skip_marks();
        let (at, all) = (self.at, (1 << size) - 1);
        self.is_sound &= self.digits & all == all;
        self.skip(size);
        at
    }

    /// Whether every group was there, and no further digit is.
    #[inline]
    fn is_sound(&self) -> bool {
        self.is_sound & (self.digits & self.digits.wrapping_sub(1) == 0)
    }
}

/// What four digits say, the first in the lowest byte: first two by two, then the two pairs.
#[inline]
fn number(four: u32) -> u32 {
    let digits = four & 0x0F0F_0F0F;
    let pairs = digits * 10 + (digits >> 8);
    (pairs & 0xFF) * 100 + (pairs >> 16 & 0xFF)
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

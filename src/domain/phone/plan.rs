//! The world's numbering plan as tables, which the build makes from libphonenumber's metadata (`build/`).
//!
//! ```text
//! digits ─▶ prefix for abroad? ─▶ country code ─▶ prefix at home? ─▶ length ─▶ automaton of the country ─▶ Found
//!                                                                         └─▶ WrongLength
//! ```
//!
//! It follows the library's reasoning step by step, and answers `None` wherever a step would need more than the tables
//! hold: then the library itself is asked. What it does answer is the library's answer, which the tests hold equal.

use super::E164;

include!(concat!(env!("OUT_DIR"), "/phone_plan.rs"));

/// Digits of the longest spelling that is answered; as far as the automata of the general patterns go.
pub(super) const LONGEST: usize = 17;
/// More digits than that have no E.164 form.
const LONGEST_NATIONAL: usize = 14;
/// The bit that an automaton says of assigned numbers.
const ASSIGNED: u8 = 1;

/// What numbers of one region look like.
#[derive(Debug)]
pub(super) struct Region {
    letters: &'static str,
    /// Index in [`COUNTRIES`].
    country: u8,
    /// Where the automaton of the general pattern begins.
    general: u16,
    /// Lengths that a number may have, as bits.
    possible: u32,
    /// Lengths that are enough inside one area, as bits.
    local: u32,
    /// Index in [`PREFIXES`]: what may stand before a number at home.
    national: u8,
    /// Index in [`PREFIXES`]: what may stand before a country code.
    international: u8,
}

/// A country calling code.
struct Country {
    code: u16,
    /// Where the automaton of its assigned numbers begins.
    assigned: u16,
    /// Indices in [`REGIONS`], the main one first.
    regions: &'static [u8],
}

/// Everything that may stand before a number, in the order of preference.
struct Prefix {
    /// Digits that some item begins with, as bits.
    firsts: u16,
    items: &'static [Item],
}

struct Item {
    head: &'static [u8],
    /// How many digits of any kind follow the head and belong to it.
    tail: u8,
    /// Nothing may follow.
    whole: bool,
    /// It is taken off and that is all; otherwise only the library knows what becomes of the number.
    sure: bool,
}

/// A number that is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub number: E164,
    pub assigned: bool,
}

/// Why so many digits are no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongLength {
    /// Enough inside one area only.
    LocalOnly,
    TooShort,
    TooLong,
    /// Between two lengths that numbers have.
    Between,
}

/// What the digits are, or why they are no number.
type Read = Result<Found, WrongLength>;

/// The region of these two letters.
pub(super) fn region(letters: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.letters == letters)
}

impl Region {
    /// Whether it belongs to the North American plan.
    pub(super) fn is_north_american(&self) -> bool {
        self.country().code == 1
    }

    fn country(&self) -> &'static Country {
        &COUNTRIES[usize::from(self.country)]
    }

    /// Whether the general pattern matches, whatever the length.
    fn matches(&self, digits: &[u8]) -> bool {
        SAYS[usize::from(walk(self.general, digits))] != 0
    }

    fn is_possible(&self, length: usize) -> bool {
        has(self.possible, length) && !has(self.local, length)
    }

    fn wrong_length(&self, length: usize) -> WrongLength {
        match length {
            _ if has(self.local, length) => WrongLength::LocalOnly,
            _ if length < self.possible.trailing_zeros() as usize => WrongLength::TooShort,
            _ if self.is_too_long(length) => WrongLength::TooLong,
            _ => WrongLength::Between,
        }
    }

    /// Whether a number that is so long may go on without its prefix: it is possible, or too long.
    fn is_enough(&self, length: usize) -> bool {
        self.is_possible(length) || self.is_too_long(length)
    }

    fn is_too_long(&self, length: usize) -> bool {
        !has(self.local, length) && self.possible >> length.min(31) == 0
    }

    /// The number without the prefix that it has at home. `None`: ask the library.
    fn without_prefix<'d>(&self, digits: &'d [u8]) -> Option<&'d [u8]> {
        let Some(prefix) = PREFIXES[usize::from(self.national)].of(digits)? else { return Some(digits) };
        let rest = &digits[prefix..];
        Some(if self.matches(digits) && !self.matches(rest) { digits } else { rest })
    }

    /// The same, where what is left must be long enough for a number.
    fn national<'d>(&self, digits: &'d [u8]) -> Option<&'d [u8]> {
        let rest = self.without_prefix(digits)?;
        Some(if self.is_enough(rest.len()) { rest } else { digits })
    }
}

impl Prefix {
    /// How many digits the prefix has that the number begins with, if it begins with one. `None`: ask the library.
    #[expect(clippy::option_option, reason = "three answers: so many, none, and only the library knows")]
    fn of(&self, digits: &[u8]) -> Option<Option<usize>> {
        let Some(&first) = digits.first() else { return Some(None) };
        if self.firsts >> first & 1 == 0 {
            return Some(None);
        }
        for item in self.items {
            let length = item.head.len() + usize::from(item.tail);
            let long_enough = if item.whole { digits.len() == length } else { digits.len() >= length };
            if long_enough && digits.starts_with(item.head) {
                return item.sure.then_some(Some(length));
            }
        }
        Some(None)
    }
}

/// The number that the digits are; `plus` says that a country code leads, otherwise they are read in `home`. `None`: they
/// are none, or only the library knows.
pub(super) fn find(home: Option<&'static Region>, plus: bool, digits: &[u8]) -> Option<Found> {
    read(home, plus, digits)?.ok()
}

/// The same, and why digits of a wrong length are no number. `None`: ask the library, which also knows other reasons.
pub(super) fn read(home: Option<&'static Region>, plus: bool, digits: &[u8]) -> Option<Read> {
    if digits.len() > LONGEST {
        return None;
    }
    if plus {
        return abroad(digits);
    }
    let home = home?;
    if let Some(prefix) = PREFIXES[usize::from(home.international)].of(digits)?
        && digits.get(prefix) != Some(&0)
    {
        return abroad(&digits[prefix..]);
    }
    // A country code without plus counts only where the number would be none with it.
    let country = home.country();
    if let Some(rest) = without_code(country.code, digits) {
        let rest = home.without_prefix(rest)?;
        if (!home.matches(digits) && home.matches(rest)) || home.is_too_long(digits.len()) {
            return within(country, country.main().national(rest)?);
        }
    }
    within(country, home.national(digits)?)
}

/// Reads digits that begin with a country code.
fn abroad(digits: &[u8]) -> Option<Read> {
    let (country, digits) = country_of(digits)?;
    within(country, country.main().national(digits)?)
}

/// The number of these national digits.
fn within(country: &'static Country, national: &[u8]) -> Option<Read> {
    let all_equal = national.windows(2).all(|pair| pair[0] == pair[1]);
    if all_equal || national.len() > LONGEST_NATIONAL {
        return None;
    }
    if !country.main().is_possible(national.len()) {
        // The library counts only so many zeros at the front.
        let is_counted = national.first() != Some(&0);
        return is_counted.then(|| Err(country.main().wrong_length(national.len())));
    }
    // Behind its country code it has to read as the same number again; the library says of the others what they are.
    if country.main().national(national)? != national {
        return None;
    }
    let code = u64::from(country.code);
    let digits = national.iter().fold(code, |number, &digit| number * 10 + u64::from(digit));
    let number = E164::from_digits(digits)?;
    Some(Ok(Found { number, assigned: country.says(national)? & ASSIGNED != 0 }))
}

/// Whether the number is assigned. `None`: ask the library.
pub(super) fn is_assigned(number: E164) -> Option<bool> {
    if number.is_nanp() {
        return Some(is_assigned_north_american(number.digits() - 10_000_000_000));
    }
    let (buffer, from) = digits_of(number);
    let (country, national) = country_of(&buffer[from..])?;
    Some(country.says(national)? & ASSIGNED != 0)
}

/// The letters of the region that the number belongs to: the only one of its country code, or the one among several that
/// its digits tell; an empty text for codes of no country and where the digits tell nothing. `None`: ask the library.
pub(super) fn region_of(number: E164) -> Option<&'static str> {
    let (buffer, from) = digits_of(number);
    let (country, national) = country_of(&buffer[from..])?;
    let place = match country.regions {
        [_] => 1,
        _ => usize::from(country.says(national)? >> 1),
    };
    let index = place.checked_sub(1).and_then(|place| country.regions.get(place));
    let letters = index.map_or("", |&index| REGIONS[usize::from(index)].letters);
    Some(if letters.len() == 2 { letters } else { "" })
}

/// Whether the ten digits of a North American number are assigned. By area code, exchange and thousand: the build fails
/// if the metadata should ever tell numbers inside one thousand apart.
pub(super) fn is_assigned_north_american(ten: u64) -> bool {
    let part = |below: u64, of: u64| u32::try_from(ten / below % of).unwrap_or(0);
    is_assigned_thousand(part(10_000_000, 1_000), part(10_000, 1_000), part(1_000, 10))
}

/// The same of a number's parts: area code and exchange below a thousand, thousand below ten.
#[inline]
pub(super) fn is_assigned_thousand(area: u32, exchange: u32, thousand: u32) -> bool {
    let row = AREAS.get(area as usize).and_then(|row| EXCHANGES.get(usize::from(*row)));
    let thousands = row.and_then(|row| THOUSANDS.get(usize::from(*row.get(exchange as usize)?)));
    thousands.is_some_and(|thousands| thousands >> thousand & 1 == 1)
}

impl Country {
    fn main(&self) -> &'static Region {
        &REGIONS[usize::from(self.regions[0])]
    }

    /// What the automaton says of national digits, read once more as the library reads the finished number.
    fn says(&self, national: &[u8]) -> Option<u8> {
        // The library counts only so many zeros at the front.
        if national.starts_with(&[0; 10]) {
            return None;
        }
        let national = self.main().national(national)?;
        Some(SAYS[usize::from(walk(self.assigned, national))])
    }
}

/// The country whose code the digits begin with, and what follows.
fn country_of(digits: &[u8]) -> Option<(&'static Country, &[u8])> {
    let [a, b, c, ..] = digits else { return None };
    let three = usize::from(*a) * 100 + usize::from(*b) * 10 + usize::from(*c);
    let country = &COUNTRIES[usize::from(COUNTRY_OF[three]).checked_sub(1)?];
    Some((country, &digits[code_length(country.code)..]))
}

fn without_code(code: u16, digits: &[u8]) -> Option<&[u8]> {
    let length = code_length(code);
    let (head, rest) = digits.split_at_checked(length)?;
    let value = head.iter().fold(0, |value, &digit| value * 10 + u16::from(digit));
    (value == code).then_some(rest)
}

fn code_length(code: u16) -> usize {
    1 + usize::from(code > 9) + usize::from(code > 99)
}

/// The digits of a number at the end of a buffer, and where they begin.
fn digits_of(number: E164) -> ([u8; 16], usize) {
    let (mut buffer, mut at, mut rest) = ([0; 16], 16, number.digits());
    while rest > 0 {
        at -= 1;
        buffer[at] = (rest % 10) as u8;
        rest /= 10;
    }
    (buffer, at)
}

fn walk(from: u16, digits: &[u8]) -> u16 {
    digits.iter().fold(from, |at, &digit| NEXT[usize::from(at)][usize::from(digit)])
}

fn has(lengths: u32, length: usize) -> bool {
    length < 32 && lengths >> length & 1 == 1
}

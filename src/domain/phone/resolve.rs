//! From digits to an E.164 number, by libphonenumber's metadata.

use std::sync::atomic::{AtomicU8, Ordering};

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region, ValidationError,
};

use super::cell::Cell;
use super::{E164, NotANumber};
use crate::domain::problem::Code;

/// More digits than any number with any dialling prefix has.
const MOST_DIGITS: usize = 24;

/// The region of that two-letter code, if it has telephone numbers.
pub(super) fn region(code: &str) -> Option<Region> {
    let region = Region::from_code(code).ok()?;
    (code.len() == 2 && PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some()).then_some(region)
}

pub(super) fn is_nanp_region(region: Region) -> bool {
    region == Region::US || PHONE_NUMBER_UTIL.get_country_code_for_region(region) == Some(1)
}

/// The number that the digits are when they are read in `region`.
pub(super) fn number(cell: &Cell, region: Region) -> Result<E164, NotANumber> {
    let digits = cell.digits.as_str();
    if !cell.plus && is_service_code(digits) {
        return Err(no(Code::Emergency, "an emergency or service code, which is never suppressed"));
    }
    if digits.len() >= 4 && all_equal(digits) {
        return Err(placeholder());
    }
    if digits.len() > MOST_DIGITS {
        return Err(no(Code::TooLong, "the number has more digits than any telephone number"));
    }
    let number = match north_american(cell, region) {
        Some(number) => number,
        None => by_library(cell, region)?,
    };
    Ok(number)
}

/// Ten digits in a North American region, or eleven with the country code: the form of nearly every row. Anything that
/// looks odd goes to the library; a property test shows that both ways agree.
pub(super) fn north_american(cell: &Cell, region: Region) -> Option<E164> {
    let digits = cell.digits.as_str();
    let national = match digits.len() {
        10 if !cell.plus && is_nanp_region(region) => digits,
        11 if cell.plus || is_nanp_region(region) => digits.strip_prefix('1')?,
        _ => return None,
    };
    if national.as_bytes()[0] < b'2' || all_equal(national) {
        return None;
    }
    E164::from_digits(10_000_000_000 + national.parse::<u64>().ok()?)
}

pub(super) fn by_library(cell: &Cell, region: Region) -> Result<E164, NotANumber> {
    let text = if cell.plus { format!("+{}", cell.digits) } else { cell.digits.clone() };
    let parsed = PHONE_NUMBER_UTIL.parse(&text, Some(region)).map_err(|error| match error {
        ParseError::InvalidCountryCode => bad_country_code(),
        ParseError::TooLongNsn => too_long(),
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::NotANumber(_) => too_short(),
    })?;
    let national = parsed.get_national_significant_number();
    if national.len() >= 4 && all_equal(&national) {
        return Err(placeholder());
    }
    match parsed.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) => {}
        Ok(NumberLengthType::IsPossibleLocalOnly) => {
            return Err(no(
                Code::LocalOnly,
                "the area code is missing: the number works inside one area only",
            ));
        }
        Err(ValidationError::InvalidCountryCode) => return Err(bad_country_code()),
        Err(ValidationError::TooShort) => return Err(too_short()),
        Err(ValidationError::TooLong) => return Err(too_long()),
        Err(ValidationError::InvalidLength) => {
            return Err(no(
                Code::TooShort,
                "no number of that country has so many digits: compare with the source",
            ));
        }
    }
    let canonical = parsed.format_as(PhoneNumberFormat::E164);
    E164::from_canonical(&canonical)
        .ok_or_else(|| if canonical.len() > 16 { too_long() } else { too_short() })
}

/// Whether libphonenumber's metadata knows the number as assigned.
pub(super) fn is_assigned(number: E164) -> bool {
    match number.is_nanp() {
        true => is_assigned_north_american(number),
        false => is_assigned_by_library(number),
    }
}

pub(super) fn is_assigned_by_library(number: E164) -> bool {
    parsed(number).is_some_and(|parsed| parsed.is_valid())
}

/// Assignment in the North American plan does not depend on the last three digits (a test looks at the metadata), so
/// one answer of the library serves a thousand numbers.
fn is_assigned_north_american(number: E164) -> bool {
    static KNOWN: [AtomicU8; THOUSANDS] = [const { AtomicU8::new(UNKNOWN) }; THOUSANDS];
    const THOUSANDS: usize = 10_000_000;
    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;

    let Some(known) = usize::try_from(number.digits() / 1_000 % 10_000_000).ok().and_then(|i| KNOWN.get(i))
    else {
        return is_assigned_by_library(number);
    };
    match known.load(Ordering::Relaxed) {
        UNKNOWN => {
            let assigned = is_assigned_by_library(number);
            known.store(if assigned { YES } else { NO }, Ordering::Relaxed);
            assigned
        }
        answer => answer == YES,
    }
}

/// `+44 20 7946 0018`.
pub(super) fn international(number: E164) -> String {
    match parsed(number) {
        Some(parsed) => parsed.format_as(PhoneNumberFormat::International).into_owned(),
        None => number.to_e164(),
    }
}

/// The country that the number belongs to; the main one of its country code where it is not assigned to one of several.
pub(in crate::domain) fn country_of(number: E164) -> Option<String> {
    assigned_country_of(number).or_else(|| {
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(parsed(number)?.country_code)?;
        (region != Region::World).then(|| region.to_string())
    })
}

/// The country that the number is assigned in.
pub(in crate::domain) fn assigned_country_of(number: E164) -> Option<String> {
    let region = parsed(number)?.get_region_code()?;
    (region != Region::World).then(|| region.to_string())
}

fn parsed(number: E164) -> Option<PhoneNumber> {
    PHONE_NUMBER_UTIL.parse(number.to_e164(), None).ok()
}

/// The whole number is a service code: N11, an emergency code of some country, or one of Europe's 116 numbers.
fn is_service_code(digits: &str) -> bool {
    match digits.len() {
        3 => {
            digits.starts_with('1')
                || digits.ends_with("11")
                || matches!(digits, "000" | "933" | "988" | "999")
        }
        6 => digits.starts_with("116"),
        _ => false,
    }
}

fn all_equal(digits: &str) -> bool {
    digits.as_bytes().windows(2).all(|pair| pair[0] == pair[1])
}

fn no(code: Code, hint: &str) -> NotANumber {
    NotANumber { code, hint: hint.to_owned() }
}

fn placeholder() -> NotANumber {
    no(Code::Placeholder, "all digits are equal: a placeholder, not a number")
}

fn bad_country_code() -> NotANumber {
    no(Code::BadCountryCode, "no country has that country code: check the digits behind the plus")
}

fn too_short() -> NotANumber {
    no(Code::TooShort, "digits are missing: compare with the source")
}

fn too_long() -> NotANumber {
    no(Code::TooLong, "there are more digits than a number has: an extension, or two numbers in one?")
}

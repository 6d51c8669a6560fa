//! From digits to an E.164 number, by libphonenumber's metadata.

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, Region, ValidationError,
};

use super::cell::Cell;
use super::plan::{self, Found, WrongLength};
use super::{E164, NotANumber};
use crate::domain::problem::Code;

/// More digits than any number with any dialling prefix has.
const MOST_DIGITS: usize = 24;

/// The region of that two-letter code, if it has telephone numbers.
pub(super) fn region(code: &str) -> Option<Region> {
    let region = Region::from_code(code).ok()?;
    (code.len() == 2 && country_code(region).is_some()).then_some(region)
}

pub(super) fn country_code(region: Region) -> Option<i32> {
    PHONE_NUMBER_UTIL.get_country_code_for_region(region)
}

/// The number that the digits are when they are read in `region`, whose plan is `home`.
pub(super) fn number(
    cell: &Cell,
    home: Option<&'static plan::Region>,
    region: Region,
) -> Result<Found, NotANumber> {
    refuse(cell)?;
    let mut values = [0; MOST_DIGITS];
    values.iter_mut().zip(cell.digits.bytes()).for_each(|(value, digit)| *value = digit - b'0');
    match plan::read(home, cell.plus, &values[..cell.digits.len()]) {
        Some(Ok(found)) => Ok(found),
        Some(Err(WrongLength::LocalOnly)) => Err(local_only()),
        Some(Err(WrongLength::TooShort)) => Err(too_short()),
        Some(Err(WrongLength::TooLong)) => Err(too_long()),
        Some(Err(WrongLength::Between)) => Err(between()),
        None => by_library(cell, region).map(|number| Found { number, assigned: is_assigned(number) }),
    }
}

/// What no library needs to be asked about.
pub(super) fn refuse(cell: &Cell) -> Result<(), NotANumber> {
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
    Ok(())
}

/// The library's own answer, and its reason where there is none. The tables are held equal to it.
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
        Ok(NumberLengthType::IsPossibleLocalOnly) => return Err(local_only()),
        Err(ValidationError::InvalidCountryCode) => return Err(bad_country_code()),
        Err(ValidationError::TooShort) => return Err(too_short()),
        Err(ValidationError::TooLong) => return Err(too_long()),
        Err(ValidationError::InvalidLength) => return Err(between()),
    }
    let canonical = parsed.format_as(PhoneNumberFormat::E164);
    let number = E164::from_canonical(&canonical)
        .ok_or_else(|| if canonical.len() > 16 { too_long() } else { too_short() })?;
    if reads_back(number) { Ok(number) } else { Err(unstable()) }
}

/// Whether the whole number, which is all that lists and the tenant ever see of it, reads as itself. The library takes
/// `0000012` in Germany for a number with zeros at its front, and what it writes of it for another one, or for none.
fn reads_back(number: E164) -> bool {
    let possible = |again: &PhoneNumber| {
        matches!(again.is_possible_with_reason(), Ok(NumberLengthType::IsPossible))
            && again.format_as(PhoneNumberFormat::E164) == number.to_e164()
    };
    parsed(number).as_ref().is_some_and(possible)
}

/// Whether libphonenumber's metadata knows the number as assigned.
pub(super) fn is_assigned(number: E164) -> bool {
    plan::is_assigned(number).unwrap_or_else(|| is_assigned_by_library(number))
}

pub(super) fn is_assigned_by_library(number: E164) -> bool {
    parsed(number).is_some_and(|parsed| parsed.is_valid())
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
    match plan::region_of(number) {
        Some(letters) => (!letters.is_empty()).then(|| letters.to_owned()),
        None => assigned_country_by_library(number),
    }
}

pub(super) fn assigned_country_by_library(number: E164) -> Option<String> {
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

fn no(code: Code, hint: &'static str) -> NotANumber {
    NotANumber { code, hint }
}

fn placeholder() -> NotANumber {
    no(Code::Placeholder, "all digits are equal: a placeholder, not a number")
}

fn bad_country_code() -> NotANumber {
    no(Code::BadCountryCode, "no country has that country code: check the digits behind the plus")
}

fn local_only() -> NotANumber {
    no(Code::LocalOnly, "the area code is missing: the number works inside one area only")
}

fn between() -> NotANumber {
    no(Code::TooShort, "no number of that country has so many digits: compare with the source")
}

fn unstable() -> NotANumber {
    no(Code::NotANumber, "with its country code it reads as another number: check the zeros at the front")
}

fn too_short() -> NotANumber {
    no(Code::TooShort, "digits are missing: compare with the source")
}

fn too_long() -> NotANumber {
    no(Code::TooLong, "there are more digits than a number has: an extension, or two numbers in one?")
}

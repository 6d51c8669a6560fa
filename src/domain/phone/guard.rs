//! Whether a cell may be meant as a number: for those who must not lose one, not for those who accept it.

use super::cell::read_by_rules;
use super::ruin::{all_digits, count_digits};
use crate::domain::problem::Code;

/// Fewer digits are taken for no number here: they are house numbers, years, amounts.
const LEAST: usize = 7;
/// The same where an extension says that it is one.
const SHORTEST: usize = 4;

/// Whether a person may have meant the cell as a number, in any spelling and of any country: wider than
/// [`super::Normaliser::normalise`] where that refuses a number, and narrower only where an address or a date would be taken
/// for one.
pub fn may_be_number(cell: &str) -> bool {
    match read_by_rules(cell, true) {
        Ok(read) if read.warnings.contains(&Code::VanityLetters) => is_advertised(cell),
        Ok(read) if read.extension.is_some() => read.digits.len() >= SHORTEST,
        Ok(read) => read.digits.len() >= LEAST && !is_postal_code(cell),
        Err(not) => match not.code {
            Code::SeveralNumbers | Code::ScientificNotation => true,
            Code::DecimalNumber | Code::ThousandsSeparators => count_digits(cell) >= 10,
            _ => false,
        },
    }
}

/// `1-800-FLOWERS` is a number, `212 Elm Lane` is an address.
fn is_advertised(cell: &str) -> bool {
    let start = cell.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(cell.len());
    let (head, word) = cell.split_at(start);
    let in_capitals = !word.contains(|c: char| c.is_ascii_lowercase());
    (in_capitals && head.ends_with(['-', '.', '\u{2013}'])) || head.trim_end_matches(' ').ends_with(')')
}

/// `62704-1234`.
fn is_postal_code(cell: &str) -> bool {
    cell.trim()
        .split_once('-')
        .is_some_and(|(zip, more)| zip.len() == 5 && more.len() == 4 && all_digits(zip) && all_digits(more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_is_accepted_may_be_one() {
        for cell in [
            "2025550101",
            "(202) 555-0101",
            "202\u{2013}555\u{2013}0102",
            "+442079460958",
            "1-800-FLOWERS",
            "(800) FLOWERS",
            "\u{ff12}\u{ff10}\u{ff12}5550102",
            "[202] 555-0102",
            "tel:+12025550102",
            "2025550102 extension 5",
            "202,5550101",
            "5550101",
            "2025550101 / 2025550102",
            "1.2025E+10",
            "2025550101.0",
        ] {
            assert!(may_be_number(cell), "{cell}");
        }
    }

    #[test]
    fn prose_dates_amounts_and_addresses_are_none() {
        for cell in [
            "",
            "Ann",
            "asked by letter",
            "2027-12-31",
            "12/31/2027",
            "212 Elm Lane",
            "1200 Oak Ave",
            "310 BROADWAY",
            "IL 62704-1234",
            "62704-1234",
            "row 123",
            "1234.50",
            "call 2025550101 after five",
        ] {
            assert!(!may_be_number(cell), "{cell}");
        }
    }
}

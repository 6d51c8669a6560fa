//! Whether text may be meant as a number: for those who must not lose one, not for those who accept it.

use super::cell::read_by_rules;
use super::ruin::{all_digits, count_digits, is_date};
use crate::domain::problem::Code;

/// Fewer digits are taken for no number among other cells: they are house numbers, years, amounts.
const LEAST: usize = 7;
/// Fewer digits are taken for no number on a line of their own: they are postal codes, days, orders.
const LEAST_ALONE: usize = 10;
/// Letters beside the digits of a damaged number, at the most.
const DAMAGE: usize = 6;

/// Whether a cell among others may be meant as a number, in any spelling and of any country, also one that is damaged. A
/// date, a postal code and an address are told apart, as far as they are written as nearly all are; whoever asks must see to
/// it that what is taken for a number is shown to a person.
pub fn may_be_number(cell: &str) -> bool {
    if is_day(cell) || is_postal_code(cell) || cell.contains("://") {
        return false;
    }
    match read_by_rules(cell, true) {
        Ok(read) if read.warnings.contains(&Code::VanityLetters) => is_advertised(cell),
        Ok(read) => read.digits.len() >= LEAST,
        Err(not) => match not.code {
            Code::ScientificNotation => true,
            Code::SeveralNumbers | Code::DecimalNumber | Code::ThousandsSeparators => {
                count_digits(cell) >= LEAST_ALONE && !are_days(cell)
            }
            Code::NotANumber => is_damaged(cell),
            _ => false,
        },
    }
}

/// The same of a whole line with nothing beside it, where prose and addresses have numbers of their own.
pub fn may_be_number_alone(line: &str) -> bool {
    let is_labelled = line.contains(':');
    let is_long =
        count_digits(line) + foreign_digits(line) >= LEAST_ALONE || line.trim_start().starts_with('+');
    let is_damaged = read_by_rules(line, true).is_err_and(|not| not.code == Code::NotANumber);
    let is_advertised = is_advertised(line);
    !is_labelled
        && !is_damaged
        && !is_address_of_a_computer(line)
        && (is_long || is_advertised)
        && may_be_number(line)
}

/// Whether two cells are an area code and the number behind it, `202` and `5550101`.
pub fn is_split_number(area: &str, local: &str) -> bool {
    let is = |cell: &str, count| cell.trim().len() == count && all_digits(cell.trim());
    is(area, 3) && is(local, 7)
}

fn foreign_digits(text: &str) -> usize {
    text.chars().filter(|c| super::script::foreign_digit(*c).is_some()).count()
}

/// `1-800-FLOWERS` and `800 flowers` are numbers, `212 Elm Lane` is an address.
fn is_advertised(cell: &str) -> bool {
    const FREE: [&str; 8] = ["800", "833", "844", "855", "866", "877", "888", "900"];
    let Some(start) = cell.find(|c: char| c.is_ascii_alphabetic()) else { return false };
    let (head, word) = cell.split_at(start);
    let digits: String = head.chars().filter(char::is_ascii_digit).collect();
    let is_free = FREE.contains(&digits.strip_prefix('1').unwrap_or(&digits));
    let in_capitals = !word.contains(|c: char| c.is_ascii_lowercase());
    is_free
        || (in_capitals && head.ends_with(['-', '.', '\u{2013}']))
        || head.trim_end_matches(' ').ends_with(')')
}

/// `2O25550101`, `#2025550101`, `202_555_0101`, `2025550101 home`.
fn is_damaged(cell: &str) -> bool {
    let looks_like_a_digit = |unit: &u8| matches!(unit, b'O' | b'o' | b'l' | b'I');
    let between = cell.as_bytes().windows(3).filter(|three| {
        three[0].is_ascii_digit() && looks_like_a_digit(&three[1]) && three[2].is_ascii_digit()
    });
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    count_digits(cell) + between.count() >= LEAST_ALONE && letters <= DAMAGE
}

/// `2026-01-15`, and `20260115` too.
fn is_day(text: &str) -> bool {
    let text = text.trim();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    let is_compact = text.len() == 8
        && all_digits(text)
        && number(0..4).is_some_and(|year| (1900..2100).contains(&year))
        && number(4..6).is_some_and(|month| (1..13).contains(&month))
        && number(6..8).is_some_and(|day| (1..32).contains(&day));
    is_compact || is_date(text)
}

/// `2026-01-15 - 2026-02-15`, `2026-01-15/2026-02-15`.
fn are_days(text: &str) -> bool {
    let parts = |between: &str| text.split(between).map(str::trim).collect::<Vec<_>>();
    [" - ", " \u{2013} ", " to ", " / ", "/", " "].into_iter().any(|between| {
        let parts = parts(between);
        parts.len() > 1 && parts.iter().all(|part| is_day(part))
    })
}

/// `62704-1234`, `01310-100`. Where an area code stands in a cell of its own, `555-0101` is no such thing.
fn is_postal_code(cell: &str) -> bool {
    cell.trim().split_once('-').is_some_and(|(area, more)| {
        area.len() == 5 && matches!(more.len(), 3 | 4) && all_digits(area) && all_digits(more)
    })
}

/// `192.168.100.200`.
fn is_address_of_a_computer(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.len() <= 3 && part.parse::<u8>().is_ok())
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
            "1800FLOWERS",
            "1-800-flowers",
            "1 800 FLOWERS",
            "\u{ff12}\u{ff10}\u{ff12}5550102",
            "[202] 555-0102",
            "tel:+12025550102",
            "2025550102 extension 5",
            "202,5550101",
            "5550101",
            "555-0101",
            "2025550101 / 2025550102",
            "1.2025E+10",
            "2025550101.0",
        ] {
            assert!(may_be_number(cell), "{cell}");
        }
    }

    #[test]
    fn so_may_what_is_damaged() {
        for cell in
            ["#2025550188", "2025550188*", "=2025550188", "202*555*0188", "2O25550188", "202_555_0188"]
        {
            assert!(may_be_number(cell), "{cell}");
        }
        assert!(may_be_number("2025550188 home"));
    }

    #[test]
    fn prose_dates_amounts_and_addresses_are_none() {
        for cell in [
            "",
            "Ann",
            "asked by letter",
            "2027-12-31",
            "12/31/2027",
            "20270115",
            "2026-01-15 - 2026-02-15",
            "2026/27",
            "212 Elm Lane",
            "1200 Oak Ave",
            "310 BROADWAY",
            "IL 62704-1234",
            "62704-1234",
            "01310-100",
            "row 123",
            "1200 #5",
            "1920x1080",
            "1234.50",
            "https://example.com/12345678",
            "call 2025550101 after five",
        ] {
            assert!(!may_be_number(cell), "{cell}");
        }
    }

    #[test]
    fn a_line_by_itself_has_to_be_a_whole_number() {
        for line in [
            "2025550101",
            "(202) 555-0101",
            "+4520123456",
            "1-800-FLOWERS",
            "\u{ff12}\u{ff10}\u{ff12}5550102",
        ] {
            assert!(may_be_number_alone(line), "{line}");
        }
        let others = [
            "100-0001",
            "627041234",
            "62704 1234",
            "12345678",
            "192.168.100.200",
            "Tel: 202-555-0188",
            "Ref 2025550188",
        ];
        for line in others {
            assert!(!may_be_number_alone(line), "{line}");
        }
    }
}

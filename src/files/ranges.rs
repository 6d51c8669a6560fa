//! Rows that hold a run of numbers: the first one whole, of the last one the last four digits.
//!
//! Every number of a sound range is a row of its own, with what the row says beside it. A range that is not sound in every
//! number is none: it is rejected as one row, and nothing of it is used.

use super::question::{Answer, Question};
use crate::domain::phone::{Normaliser, Phone};
use crate::domain::problem::Code;

/// Numbers that a file with ranges may hold: ten times what a tenant may. A few thousand rows can name more numbers than any
/// memory holds, so such a file is refused as soon as it is over this.
pub(super) const MOST_NUMBERS: u64 = 10_000_000;

/// A range is within numbers that differ in their last four digits only.
const BLOCK: u64 = 10_000;

/// A sound range that begins at a number known elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// Its numbers, the first included.
    pub(super) count: u64,
    /// Some of them are possible but not assigned.
    pub(super) unassigned: bool,
}

/// The range from `start` to the number whose last four digits (or all) stand in `end`; a blank `end` is a range of one
/// number. The error says what is wrong with it.
pub(super) fn read(start: &Phone, end: &str, normaliser: &Normaliser) -> Result<Range, String> {
    let end = end.trim();
    if end.is_empty() {
        return Ok(Range { count: 1, unassigned: false });
    }
    let first = start.number;
    if !first.is_nanp() {
        return Err("ranges are read of North American numbers only: list these one by one".into());
    }
    if start.extension.is_some() {
        return Err("a range begins with a number without an extension".into());
    }
    let first = first.digits();
    let block = first - first % BLOCK;
    let last = match end.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
            block + end.bytes().fold(0, |all, digit| all * 10 + u64::from(digit - b'0'))
        }
        _ => match normaliser.normalise(end) {
            Ok(last) if last.extension.is_none() => last.number.digits(),
            _ => return Err("its end must be the last four digits of its last number".into()),
        },
    };
    if last < first {
        return Err("its end lies before its start".into());
    }
    if last - block >= BLOCK {
        return Err("it goes on beyond the last four digits: write a row for each ten thousand".into());
    }
    let mut range = Range { count: last - first + 1, unassigned: false };
    for number in first..=last {
        range.unassigned |= !is_assigned(number, normaliser)?;
    }
    Ok(range)
}

fn is_assigned(number: u64, normaliser: &Normaliser) -> Result<bool, String> {
    let mut text = [b'+'; 12];
    let mut rest = number;
    for digit in text[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    if let Some(quick) = normaliser.quick(&text) {
        return Ok(quick.assigned);
    }
    let read = std::str::from_utf8(&text).ok().map(|text| normaliser.normalise(text));
    match read {
        Some(Ok(phone)) => Ok(!phone.warnings.contains(&Code::Unassigned)),
        Some(Err(not)) => Err(format!("one of its numbers cannot be used ({})", not.code.title())),
        None => Err("one of its numbers cannot be read".into()),
    }
}

/// The question whether the second column ends a range. `sample` is the first row as it stands.
pub(super) fn question(column: usize, fields: &[String]) -> Question {
    let start = fields.first().map_or("", String::as_str);
    let end = fields.get(column).map_or("", String::as_str);
    Question {
        flag: "--map range-end",
        title: "Ranges of numbers?",
        sentence:
            "The second column holds four digits or nothing. It may be where a range of numbers ends, and \
                   then every number up to it is suppressed; or something else, such as an extension."
                .into(),
        answers: vec![
            Answer {
                value: (column + 1).to_string(),
                text: "ranges: every number up to the end".into(),
                sample: format!("{start} … {end}"),
            },
            Answer {
                value: "-".into(),
                text: "something else: one number a row".into(),
                sample: start.to_owned(),
            },
        ],
        proposed: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::{PhonePolicy, Region};

    fn normaliser() -> Normaliser {
        let own = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
        let own = own.normalise("2025550199").unwrap().number;
        Normaliser::new(Region::US, PhonePolicy::Possible, vec![own])
    }

    fn range(start: &str, end: &str) -> Result<u64, String> {
        let normaliser = normaliser();
        read(&normaliser.normalise(start).unwrap(), end, &normaliser).map(|range| range.count)
    }

    #[test]
    fn a_range_ends_with_the_last_four_digits_or_a_whole_number() {
        assert_eq!(range("2025550101", "0109"), Ok(9));
        assert_eq!(range("(202) 555-0101", " 202-555-0109 "), Ok(9));
        assert_eq!(range("2025550101", ""), Ok(1));
        assert_eq!(range("2025550101", "0101"), Ok(1));
        assert_eq!(range("2025560000", "9999"), Ok(10_000));
    }

    #[test]
    fn what_is_no_range_is_said_in_words_without_the_number() {
        for (start, end, word) in [
            ("2025550109", "0101", "before its start"),
            ("2025550101", "2025560101", "beyond"),
            ("2025550101", "2125550101", "beyond"),
            ("2025550101", "109", "last four digits"),
            ("2025550101", "0109x", "last four digits"),
            ("2025550101 x5", "0109", "extension"),
            ("+442079460958", "0960", "North American"),
            // One of our own numbers stands in it, or a placeholder.
            ("2025550190", "0199", "one of our own numbers"),
            ("2222222220", "2229", "placeholder"),
        ] {
            let said = range(start, end).unwrap_err();
            assert!(said.contains(word), "{start} {end}: {said}");
            assert!(!said.contains("555"), "{said}");
        }
    }
}

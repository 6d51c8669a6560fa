//! From a cell to the digits of one number. Knows no country: what the digits mean is `resolve`'s business.
//!
//! ```text
//! cell ─▶ clean ─▶ spreadsheet ruin? ─▶ extension ─▶ one number? ─▶ letters ─▶ Cell { plus, digits }
//! ```

use super::NotANumber;
use super::ruin::{all_digits, count_digits, has_thousands_separators, is_date, is_decimal, is_scientific};
use super::script::{foreign_digit, keypad, plain};
use crate::domain::problem::Code;
use crate::domain::text;

/// Fewer digits than this are never a second number.
const SUBSCRIBER: usize = 7;

/// The digits of one number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Whether it began with a plus, so that a country code leads.
    pub plus: bool,
    /// ASCII digits, at least one.
    pub digits: String,
    /// Digits of the extension.
    pub extension: Option<String>,
    /// What was noticed on the way.
    pub warnings: Vec<Code>,
}

/// Reads a cell. `nanp` says whether numbers without country code are North American, where `202,5550101` and
/// `800-FLOWERS` have a meaning.
pub(super) fn read(raw: &str, nanp: bool) -> Result<Cell, NotANumber> {
    match read_plain(raw) {
        Some(cell) => Ok(cell),
        None => read_by_rules(raw, nanp),
    }
}

/// The long way, right for every cell.
pub(super) fn read_by_rules(raw: &str, nanp: bool) -> Result<Cell, NotANumber> {
    let mut warnings = Vec::new();
    let cleaned = clean(raw, &mut warnings);
    let text = cleaned.as_str();
    if text.is_empty() {
        return Err(no(Code::MissingNumber, "the cell is empty: give the row a number or take it out"));
    }
    if text.contains(text::is_control) {
        return Err(if numbers_between(text, text::is_control) >= 2 {
            several()
        } else {
            no(Code::ControlCharacter, "take the control character out of the cell")
        });
    }
    if count_digits(text) == 0 {
        return Err(no(Code::NotANumber, "the cell holds no digits"));
    }
    refuse_ruins(text)?;
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let (base, extension) = split_extension(text)?;
    if extension.is_some() {
        warnings.push(Code::Extension);
    }
    let base = base.trim_matches([' ', ';', ',', '|', '/', '.', '-']);
    let base = refuse_several(base, nanp)?;
    let (plus, digits) = match base.contains(|c: char| c.is_ascii_alphabetic()) {
        true => {
            warnings.push(Code::VanityLetters);
            vanity(&base, nanp)?
        }
        false => plain_digits(&base)?,
    };
    Ok(Cell { plus, digits, extension, warnings })
}

/// The common case without any of the rules: digits with at most spaces, hyphens and parentheses between them.
///
/// Whatever could mean something else (two long groups, a date) is left to the rules.
pub(super) fn read_plain(raw: &str) -> Option<Cell> {
    let (plus, rest) = match raw.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, raw),
    };
    let digits = match rest.len() {
        10..=15 if all_digits(rest) => rest.to_owned(),
        // `(202) 555-0101`, `202-555-0101`, `1 202 555 0101`: ten or eleven digits in groups of at most four.
        12..=16 if rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'(' | b')')) => {
            let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
            let short = rest.split(|c: char| !c.is_ascii_digit()).all(|group| group.len() <= 4);
            if !short || !(10..=11).contains(&digits.len()) {
                return None;
            }
            digits
        }
        _ => return None,
    };
    Some(Cell { plus, digits, extension: None, warnings: Vec::new() })
}

/// ASCII digits and punctuation, lower case, trimmed, without what cannot be seen and without Excel's apostrophe.
fn clean(raw: &str, warnings: &mut Vec<Code>) -> String {
    let mut invisible = false;
    let mut foreign = false;
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else if text::is_invisible(c) {
            invisible = true;
        } else if let Some(digit) = foreign_digit(c) {
            foreign = true;
            out.push(digit);
        } else {
            out.push(plain(c).to_ascii_lowercase());
        }
    }
    let edge: &[char] = &[' ', '\t', '\r', '\n'];
    let mut trimmed = out.trim_matches(edge);
    if invisible {
        warnings.push(Code::InvisibleCharacters);
    }
    if let Some(rest) = trimmed.strip_prefix('\'') {
        trimmed = rest.trim_matches(edge);
        warnings.push(Code::LeadingApostrophe);
    }
    if foreign {
        warnings.push(Code::ForeignDigits);
    }
    trimmed.to_owned()
}

fn refuse_ruins(text: &str) -> Result<(), NotANumber> {
    if is_scientific(text) {
        return Err(no(
            Code::ScientificNotation,
            "a spreadsheet rounded the number and its digits are lost: export the column again as text",
        ));
    }
    if is_date(text) {
        return Err(no(Code::DateAsNumber, "the cell holds a date: check which column holds the number"));
    }
    if has_thousands_separators(text) {
        return Err(no(Code::ThousandsSeparators, "export the column as text, without thousands separators"));
    }
    if is_decimal(text) {
        return Err(no(Code::DecimalNumber, "remove the decimal point and what follows it (often “.0”)"));
    }
    Ok(())
}

/// Takes `x12`, `ext. 12`, `;ext=12` or `#12` off the end.
fn split_extension(text: &str) -> Result<(&str, Option<String>), NotANumber> {
    const LABELS: [&str; 6] = [";ext=", "extension", "extn", "ext", "x", "#"];
    let trimmed = text.trim_end_matches(['#', ' ']);
    let before = trimmed.trim_end_matches(|c: char| c.is_ascii_digit());
    let extension = &trimmed[before.len()..];
    let labelled = before.trim_end_matches([' ', ':', '.', ',', '-']);
    let Some(base) = LABELS.into_iter().find_map(|label| labelled.strip_suffix(label)) else {
        return Ok((text, None));
    };
    if extension.is_empty() || base.ends_with(|c: char| c.is_alphabetic()) || count_digits(base) == 0 {
        return Ok((text, None));
    }
    if extension.len() >= SUBSCRIBER {
        return if count_digits(base) >= SUBSCRIBER { Err(several()) } else { Ok((text, None)) };
    }
    Ok((base, Some(extension.to_owned())))
}

/// Refuses what holds, or may hold, more than one number; joins the `202,5550101` of the national registry.
fn refuse_several(base: &str, nanp: bool) -> Result<String, NotANumber> {
    let inside = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']');
    let plus_starts = base.trim_start_matches(['(', '[', ' ']).starts_with('+');
    if numbers_between(base, |c| !inside(c)) >= 2
        || numbers_between(base, |c| c == ' ') >= 2
        || numbers_between(base, |c| c == '-') >= 2
    {
        return Err(several());
    }
    if let Some((area, rest)) = base.split_once(',')
        && nanp
        && area.len() == 3
        && rest.len() == 7
        && all_digits(area)
        && all_digits(rest)
    {
        return Ok(format!("{area}{rest}"));
    }
    // A short tail behind a separator of lists is a second number in short form, or a row gone wrong.
    let mut parts = base.split([';', ',', '|', '&']).filter(|part| count_digits(part) > 0);
    let first = parts.next().map_or(0, count_digits);
    if parts.next().is_some() && first >= SUBSCRIBER {
        return Err(several());
    }
    // `030/1234567` is one number, `1234567/68` are two.
    let mut slashed = base.split('/').map(count_digits).rev();
    let last = slashed.next().unwrap_or_default();
    let longest_head = if plus_starts { 9 } else { 6 };
    let mut heads = slashed.peekable();
    if heads.peek().is_some() && (last < 4 || heads.any(|head| head == 0 || head > longest_head)) {
        return Err(several());
    }
    Ok(base.to_owned())
}

/// How many stretches between separators are long enough to be a number.
fn numbers_between(text: &str, separator: impl Fn(char) -> bool) -> usize {
    text.split(separator).filter(|part| count_digits(part) >= SUBSCRIBER).count()
}

fn plain_digits(base: &str) -> Result<(bool, String), NotANumber> {
    let opened = base.trim_start_matches(['(', '[', ' ', '-', '.']);
    let number = opened.trim_start_matches('+');
    let plus = number.len() < opened.len();
    if let Some(odd) = number
        .chars()
        .find(|c| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '/')))
    {
        return Err(if odd.is_alphanumeric() {
            letters()
        } else {
            no(Code::NotANumber, "the cell holds more than a number")
        });
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    Ok((plus, digits))
}

/// `1-800-flowers`: an area code, then exactly seven letters in at most three words.
fn vanity(base: &str, nanp: bool) -> Result<(bool, String), NotANumber> {
    let number = base.trim_start_matches('+');
    let plus = number.len() < base.len();
    let start = number.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(number.len());
    let (head, word) = number.split_at(start);
    let separators: &[char] = &[' ', '-', '.', '(', ')'];
    let head: String = head.chars().filter(|c| !separators.contains(c)).collect();
    let words = word.split(separators).filter(|part| !part.is_empty()).count();
    let letters_only: String = word.chars().filter(|c| !separators.contains(c)).collect();
    let keys: Option<String> = letters_only.chars().map(keypad).collect();
    let area = match (plus, head.len()) {
        (_, 4) => head.strip_prefix('1'),
        (false, 3) => Some(head.as_str()),
        _ => None,
    };
    match (area, keys) {
        (Some(area), Some(keys))
            if (nanp || plus)
                && keys.len() == 7
                && words <= 3
                && all_digits(area)
                && area.as_bytes()[0] >= b'2' =>
        {
            Ok((plus, format!("{head}{keys}")))
        }
        _ => Err(letters()),
    }
}

fn no(code: Code, hint: &str) -> NotANumber {
    NotANumber { code, hint: hint.to_owned() }
}

fn several() -> NotANumber {
    no(Code::SeveralNumbers, "the cell holds more than one number: give each its own row")
}

fn letters() -> NotANumber {
    no(
        Code::NotANumber,
        "letters or marks stand between the digits: look for O instead of zero, l instead of one",
    )
}

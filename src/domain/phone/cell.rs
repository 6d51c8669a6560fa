//! From a cell to the digits of one number. Knows no country: what the digits mean is `resolve`'s business.
//!
//! ```text
//! cell ─▶ clean ─▶ spreadsheet ruin? ─▶ extension ─▶ one number? ─▶ letters ─▶ Cell { plus, digits }
//! ```

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::NotANumber;
use super::makeup::{self, Makeup};
use super::ruin::{all_digits, count_digits, has_thousands_separators, is_date, is_decimal, is_scientific};
use super::script::{foreign_digit, keypad, plain};
use crate::domain::problem::Code;
use crate::domain::text;

/// Fewer digits than this are never a second number.
const SUBSCRIBER: usize = 7;

/// What is trimmed off a cell.
const EDGE: [char; 4] = [' ', '\t', '\r', '\n'];

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
    let text = clean(raw, &mut warnings);
    read_clean(&text, Makeup::of(&text, SUBSCRIBER), nanp, warnings)
}

fn read_clean(text: &str, makeup: Makeup, nanp: bool, mut warnings: Vec<Code>) -> Result<Cell, NotANumber> {
    if text.is_empty() {
        return Err(no(Code::MissingNumber, "the cell is empty: give the row a number or take it out"));
    }
    if makeup.has(makeup::CONTROL | makeup::BEYOND_ASCII) && text.contains(text::is_control) {
        return Err(if numbers_between(text, text::is_control) >= 2 {
            several()
        } else {
            no(Code::ControlCharacter, "take the control character out of the cell")
        });
    }
    if makeup.digits() == 0 {
        return Err(no(Code::NotANumber, "the cell holds no digits"));
    }
    refuse_ruins(text, makeup)?;
    let text = text.strip_prefix("tel:").unwrap_or(text);
    // A label of an extension has letters, or is a sign.
    let may_extend = makeup.has(makeup::LETTER | makeup::HASH);
    let (base, extension) = if may_extend { split_extension(text)? } else { (text, None) };
    if extension.is_some() {
        warnings.push(Code::Extension);
    }
    let base = base.trim_matches([' ', ';', ',', '|', '/', '.', '-']);
    let base = refuse_several(base, makeup, nanp)?;
    let is_vanity = makeup.has(makeup::LETTER) && base.contains(|c: char| c.is_ascii_alphabetic());
    let (plus, digits) = match is_vanity {
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
fn clean<'a>(raw: &'a str, warnings: &mut Vec<Code>) -> Cow<'a, str> {
    if raw.is_ascii() {
        let text = without_apostrophe(raw.trim_matches(EDGE), warnings);
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_lowercase()) };
    }
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
    if invisible {
        warnings.push(Code::InvisibleCharacters);
    }
    let trimmed = without_apostrophe(out.trim_matches(EDGE), warnings).to_owned();
    if foreign {
        warnings.push(Code::ForeignDigits);
    }
    Cow::Owned(trimmed)
}

fn without_apostrophe<'a>(text: &'a str, warnings: &mut Vec<Code>) -> &'a str {
    let Some(rest) = text.strip_prefix('\'') else { return text };
    warnings.push(Code::LeadingApostrophe);
    rest.trim_matches(EDGE)
}

fn refuse_ruins(text: &str, makeup: Makeup) -> Result<(), NotANumber> {
    use makeup::{BEYOND_ASCII, COMMA, HYPHEN, LETTER, POINT, SLASH};
    if makeup.has(LETTER) && is_scientific(text) {
        return Err(no(
            Code::ScientificNotation,
            "a spreadsheet rounded the number and its digits are lost: export the column again as text",
        ));
    }
    if makeup.has(LETTER | BEYOND_ASCII | HYPHEN | SLASH | POINT) && is_date(text) {
        return Err(no(Code::DateAsNumber, "the cell holds a date: check which column holds the number"));
    }
    if makeup.has(COMMA) && has_thousands_separators(text) {
        return Err(no(Code::ThousandsSeparators, "export the column as text, without thousands separators"));
    }
    if makeup.has(POINT | COMMA) && is_decimal(text) {
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
fn refuse_several(base: &str, makeup: Makeup, nanp: bool) -> Result<Cow<'_, str>, NotANumber> {
    let inside = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']');
    if makeup.has(makeup::TWO_NUMBERS)
        && (numbers_between(base, |c| !inside(c)) >= 2
            || numbers_between(base, |c| c == ' ') >= 2
            || numbers_between(base, |c| c == '-') >= 2)
    {
        return Err(several());
    }
    if !makeup.has(makeup::COMMA | makeup::LIST | makeup::SLASH) {
        return Ok(Cow::Borrowed(base));
    }
    if let Some((area, rest)) = base.split_once(',')
        && nanp
        && area.len() == 3
        && rest.len() == 7
        && all_digits(area)
        && all_digits(rest)
    {
        return Ok(Cow::Owned(format!("{area}{rest}")));
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
    let plus_starts = base.trim_start_matches(['(', '[', ' ']).starts_with('+');
    let longest_head = if plus_starts { 9 } else { 6 };
    let mut heads = slashed.peekable();
    if heads.peek().is_some() && (last < 4 || heads.any(|head| head == 0 || head > longest_head)) {
        return Err(several());
    }
    Ok(Cow::Borrowed(base))
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
    let mut digits = String::with_capacity(number.len());
    digits.extend(number.chars().filter(char::is_ascii_digit));
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

fn no(code: Code, hint: &'static str) -> NotANumber {
    NotANumber { code, hint }
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

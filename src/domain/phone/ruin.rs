//! What spreadsheets make of numbers: dates, scientific notation, decimals, thousands separators.
//!
//! All take the cell in lower case, trimmed, with ASCII digits and punctuation.

/// `1.2025e+10`: the digits behind the rounding are gone.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once('e') else { return false };
    let mantissa = mantissa.trim_end().trim_start_matches(['+', '-']);
    let exponent = exponent.trim_start().trim_start_matches(['+', '-']);
    let whole = mantissa.replacen(['.', ','], "", 1);
    mantissa.starts_with(|c: char| c.is_ascii_digit()) && all_digits(&whole) && all_digits(exponent)
}

/// `12025550101.0`: one point, with a whole number before it. A point between groups (`202.5550101`) is none.
pub(super) fn is_decimal(text: &str) -> bool {
    let point = match (text.matches('.').count(), text.matches(',').count()) {
        (1, 0) => '.',
        (0, 1) => ',',
        _ => return false,
    };
    let Some((before, after)) = text.split_once(point) else { return false };
    if !all_digits(after) || count_digits(before) < 7 {
        return false;
    }
    let bare = all_digits(before.trim_start_matches(['+', '-']));
    let zeros = after.bytes().all(|b| b == b'0');
    if point == ',' {
        // `2025550101,102` is more likely a second number.
        return bare && (zeros || after.len() <= 2);
    }
    zeros || after.len() <= 2 || (bare && before.len() >= 10)
}

/// `2,025,550,101`, but not `202,5550101` and not `202,555,0101`.
pub(super) fn has_thousands_separators(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-']);
    let whole = match text.split_once('.') {
        Some((whole, cents)) if all_digits(cents) => whole,
        Some(_) => return false,
        None => text,
    };
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    rest.peek().is_some()
        && (1..=3).contains(&first.len())
        && all_digits(first)
        && rest.all(|group| group.len() == 3 && all_digits(group))
}

/// `2026-11-19`, `19.11.2026`, `11/19/26`, `19-nov-2026`, `nov-26`, each with a time of day or without.
pub(super) fn is_date(text: &str) -> bool {
    let date = without_time(text);
    if let Some(named) = has_month_name(date) {
        return named;
    }
    [b'-', b'/', b'.'].into_iter().any(|separator| {
        if date.bytes().filter(|byte| *byte == separator).count() != 2 {
            return false;
        }
        let mut parts = date.split(char::from(separator));
        let (Some(a), Some(b), Some(c)) = (parts.next(), parts.next(), parts.next()) else { return false };
        if ![a, b, c].into_iter().all(all_digits) {
            return false;
        }
        let number = |part: &str| part.parse::<u32>().unwrap_or(u32::MAX);
        let day_and_month = |x: u32, y: u32| {
            (1..=31).contains(&x) && (1..=31).contains(&y) && ((1..=12).contains(&x) || (1..=12).contains(&y))
        };
        let year = |part: &str| part.len() == 4 && (1900..2200).contains(&number(part));
        let small = |part: &str| part.len() <= 2;
        (year(a) && small(b) && small(c) && day_and_month(number(b), number(c)))
            || (small(a) && small(b) && day_and_month(number(a), number(b)) && (year(c) || c.len() == 2))
    })
}

fn without_time(text: &str) -> &str {
    let Some(colon) = text.find(':') else { return text };
    let before = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
    let date = before.trim_end_matches([' ', 't', ',']);
    if date.len() < before.len() { date } else { text }
}

/// `Some(true)` for a month with digits around it; `None` where there are no letters at all.
fn has_month_name(text: &str) -> Option<bool> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if !text.bytes().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()) {
        return None;
    }
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let word = words.next()?;
    let month = word.len() >= 3
        && (word == "sept" || MONTHS.iter().any(|month| *month == word || month[..3] == *word));
    Some(
        month
            && words.next().is_none()
            && (1..=8).contains(&count_digits(text))
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.' | ',')),
    )
}

pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

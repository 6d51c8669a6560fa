//! What a report shows of the values and names of a file: nothing that can be dialled, and nothing that steers the terminal
//! or the editor that it is read in.

use crate::domain::identifier::masked_addresses;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::visible;
use crate::files::{Document, Field, dates};

/// Fewer digits are no telephone number, and say what is wrong only as they stand.
const NUMBER: usize = 7;

/// The value of a problem as a report quotes it. Dates are nobody's number, but what stands in the column of dates need be
/// none: a row that has slipped has its number there.
pub(super) fn quoted(document: &Document, problem: &Problem) -> String {
    if problem.place.row == 0 {
        return noted(problem);
    }
    let is_expiry = problem.column.is_some()
        && problem.column.as_ref() == document.mapping().columns.get(&Field::Expires);
    if is_expiry && is_day(&problem.raw) { shown(&problem.raw) } else { shown(&masked(&problem.raw)) }
}

/// Whether a cell is a date, or a day that there is not, such as `31/31/2027`: that it shows is what helps.
fn is_day(cell: &str) -> bool {
    if dates::is_date(cell) {
        return true;
    }
    let parts: Vec<&str> = cell.trim().split(['-', '/', '.']).collect();
    let digits = |part: &str, count: usize| part.len() <= count && part.bytes().all(|b| b.is_ascii_digit());
    let is_year = |part: &str| {
        part.len() == 4
            && digits(part, 4)
            && ["19", "20", "21", "99"].iter().any(|century| part.starts_with(century))
    };
    match parts.as_slice() {
        [a, b, c] if is_year(a) => digits(b, 2) && digits(c, 2),
        [a, b, c] => digits(a, 2) && digits(b, 2) && is_year(c),
        _ => false,
    }
}

/// The value of a note about the whole file: the name of a column may be a number that was taken for one.
fn noted(note: &Problem) -> String {
    let raw = &note.raw;
    let is_plain = match note.code {
        // How many, or how wide.
        Code::HiddenRows
        | Code::FormulaCells
        | Code::StoredAsNumbers
        | Code::CommentLines
        | Code::AssumedWidths => true,
        // Names beside the rows, which the report tells as it tells the file's own; a day often stands in them.
        Code::ChosenSheet | Code::UnpackedMember | Code::FollowedLink | Code::LayoutMatched => {
            raw.chars().any(char::is_alphabetic)
        }
        _ => false,
    };
    if is_plain || dates::is_date(raw) { shown(raw) } else { shown(&masked(raw)) }
}

/// What a column is called.
pub(super) fn column(document: &Document, at: usize) -> String {
    document.columns().get(at).map(|name| shown(&masked(name))).unwrap_or_default()
}

/// What to do about a problem, in which a column may be named.
pub(super) fn hint(problem: &Problem) -> String {
    shown(&problem.hint)
}

fn shown(text: &str) -> String {
    visible(text, usize::MAX)
}

/// A value, its digits masked but for the last two, its addresses but for their first letter. Its marks and letters are what tells what is wrong.
pub(in crate::files) fn masked(value: &str) -> String {
    let value = &masked_addresses(value);
    let digits = value.chars().filter(|c| c.is_numeric()).count();
    if digits < NUMBER {
        return value.to_owned();
    }
    let mut seen = 0;
    let mask = |c: char| {
        seen += usize::from(c.is_numeric());
        if c.is_numeric() && seen + 2 <= digits { '•' } else { c }
    };
    value.chars().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Place;

    #[test]
    fn no_number_can_be_read_off_a_report() {
        assert_eq!(masked("(202) 555-0123"), "(•••) •••-••23");
        assert_eq!(masked("n/a"), "n/a");
        assert_eq!(masked("ann.lee@example.com"), "a••••••@example.com");
        assert_eq!((masked("911"), masked("555-0101")), ("911".into(), "•••-••01".into()));
        assert_eq!(masked("２０２５５５０１２３"), "••••••••２３");
    }

    #[test]
    fn a_day_is_no_number_and_a_number_is_no_day() {
        for day in
            ["2027-12-31", "31.12.2027", "31/31/2027", " 2027-13-45 ", "9999-12-31", "2027-12-31 10:00"]
        {
            assert!(is_day(day), "{day}");
        }
        for other in
            ["4155550103", "415-555-0103", "41.55.5501", "2027-01-02 2025550103", "55-50-12025550103"]
        {
            assert!(!is_day(other), "{other}");
        }
    }

    #[test]
    fn a_note_shows_counts_days_and_names_but_no_number() {
        let shown = |code, raw: &str| {
            let raw = raw.into();
            noted(&Problem { code, place: Place::default(), column: None, raw, hint: "".into() })
        };
        assert_eq!(shown(Code::AssumedColumn, "2025550101"), "••••••••01");
        assert_eq!(shown(Code::ConstantUnused, "2028-11-30"), "2028-11-30");
        assert_eq!(shown(Code::ConstantUnused, "desk 202-555-0101"), "desk •••-•••-••01");
        assert_eq!(shown(Code::FormulaCells, "1048576"), "1048576");
        assert_eq!(shown(Code::AssumedWidths, "10,12,10,12,*"), "10,12,10,12,*");
        assert_eq!(shown(Code::UnpackedMember, "dnc_20261101.csv"), "dnc_20261101.csv");
        assert_eq!(shown(Code::ChosenSheet, "2025550101"), "••••••••01");
    }
}

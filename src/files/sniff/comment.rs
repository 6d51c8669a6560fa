//! Comment lines above the data.

use super::columns::holds_digits_of_number;
use super::{Widths, note};
use crate::domain::problem::{Code, Problem};
use crate::files::dates;
use crate::files::scan::split::Fields;

/// A line that starts with `#`; not where `#` is the name of the first column (`#,phone`). One that has nothing but a number
/// behind the mark, or between two separators, was perhaps a row that somebody crossed out: it is read as a row, and so it is
/// shown and rejected and never lost. Words that a number stands among are a comment (`# questions: 202-555-0101`), and so is
/// what they announce by a colon, however far behind them it stands.
///
/// A `#` in quotation marks is the text of a cell, so such lines do not come here.
pub(super) fn is_comment(line: &str, widths: Option<&Widths>) -> bool {
    let Some(rest) = line.strip_prefix('#').filter(|rest| !rest.starts_with([',', ';', '\t', '|'])) else {
        return false;
    };
    let mut by_width = Fields::default();
    if let Some(widths) = widths {
        widths.cut_loosely(line, &mut by_width);
    }
    // Two blanks separate what a program has padded.
    let cells = rest.split([',', ';', '\t', '|']).flat_map(|cell| cell.split("  "));
    let mut is_announced = false;
    for cell in cells.map(str::trim).filter(|cell| !cell.is_empty()) {
        if is_number_alone(cell) && !is_announced {
            return false;
        }
        is_announced = cell.ends_with(':');
    }
    !by_width.iter().any(is_number_alone)
}

/// Whether a cell holds a number, dates perhaps, and no words.
fn is_number_alone(cell: &str) -> bool {
    let cell = cell.trim_matches(|c: char| c == '#' || c == '"' || c == '\'' || c.is_whitespace());
    let undated: Vec<&str> = cell.split_whitespace().filter(|part| !dates::is_date(part)).collect();
    let undated = undated.join(" ");
    let has_words = undated.chars().any(char::is_alphabetic) && !is_vanity_or_extension(&undated);
    !has_words && !dates::is_date(cell) && holds_digits_of_number(&undated)
}

/// `1-800-FLOWERS`, `202-555-0101 x12`: letters that belong to a number.
fn is_vanity_or_extension(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_numeric() || c == '+' || c == '(') && super::columns::is_number(cell)
}

/// The note about them.
pub(super) fn left_out(lines: u64) -> Problem {
    let hint = "lines above the data that start with # are left out; take the # off one that is a row";
    note(Code::CommentLines, &lines.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::is_comment;

    #[rstest]
    #[case("# made on Monday", true)]
    #[case("# questions: 202-555-0101", true)]
    #[case("# questions:    202-555-0101", true)]
    #[case("# questions:\t202-555-0101", true)]
    #[case("# 2026-11-01", true)]
    #[case("# 2026-11-01 - 2026-11-30", true)]
    #[case("# 11/01/2026 10:30", true)]
    #[case("# rows: 1,204,118", true)]
    #[case("#phone,state", true)]
    #[case("#", true)]
    #[case("####################", true)]
    #[case("#,phone", false)]
    #[case("#2025550101", false)]
    #[case("# (202) 555-0101", false)]
    #[case("##2025550101", false)]
    #[case("#1-800-FLOWERS", false)]
    #[case("#202-555-0101 x12", false)]
    #[case("#2025550101 2026-11-01", false)]
    #[case("#2025550101/2025550102", false)]
    #[case("#202,5550101", false)]
    #[case("#Ada,\"2025550101\"", false)]
    #[case("#2025550101   ADA    ", false)]
    #[case("# 1204118", false)]
    fn what_has_nothing_but_a_number_is_a_row(#[case] line: &str, #[case] comment: bool) {
        assert_eq!(is_comment(line, None), comment);
    }

    #[test]
    fn where_widths_cut_the_line_they_are_looked_at() {
        let widths = "11,*".parse().unwrap();
        assert!(is_comment("#2025550101Ada", None) && !is_comment("#2025550101Ada", Some(&widths)));
        assert!(is_comment("# made on Monday", Some(&widths)));
    }
}

//! Cells that leave in a table: no spreadsheet runs them, and they read back as what they were.
//!
//! A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@` or with a tab or line end in front of one, so such a cell
//! gets an apostrophe. One exception: a plus with nothing but digits, spaces and the marks of telephone numbers behind it
//! computes nothing worse than a number, and stays importable.

use std::borrow::Cow;

/// A cell as a file has it, with an apostrophe in front where a spreadsheet would run it. One that has its apostrophe keeps
/// it, so that the cell means the same in both files.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if starts_formula(cell) && !is_phone(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Words of the tenant as a cell: what would steer a terminal or a spreadsheet is shown, and does nothing.
pub fn told_cell(words: &str) -> String {
    guarded(&super::visible(words, usize::MAX)).into_owned()
}

/// A value as a cell: [`unguarded`] gives it back, whatever it is.
pub fn guarded_value(value: &str) -> Cow<'_, str> {
    if is_guarded(value) { Cow::Owned(format!("'{value}")) } else { guarded(value) }
}

/// The cell without the apostrophe that kept a spreadsheet from running it; any other apostrophe stays.
pub fn unguarded(cell: &str) -> &str {
    if is_guarded(cell) { &cell[1..] } else { cell }
}

/// The text of a cell: without its guard, and without spaces around it.
pub fn bare(cell: &str) -> &str {
    // Nearly all cells begin and end with a character that is neither.
    let plain = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_graphic() && *byte != b'\'');
    let bytes = cell.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { cell } else { unguarded(cell).trim() }
}

/// Whether there is nothing but spaces in the cell.
pub fn is_blank(cell: &str) -> bool {
    cell.chars().all(char::is_whitespace)
}

fn is_guarded(cell: &str) -> bool {
    cell.starts_with('\'') && starts_formula(cell.trim_start_matches('\''))
}

/// Full-width marks count too: East Asian spreadsheets run them.
fn starts_formula(cell: &str) -> bool {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    runs && !cell.trim().is_empty()
}

fn is_phone(cell: &str) -> bool {
    cell.strip_prefix('+').is_some_and(|rest| {
        rest.bytes().any(|b| b.is_ascii_digit())
            && rest.bytes().all(|b| b.is_ascii_digit() || b" ().-/".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_that_leaves_runs_in_a_spreadsheet() {
        let runs =
            ["=cmd|' /C calc'!A0", "@SUM(A1)", "-1+2", "+1+2", "+cmd", "\tx", "\rx", "\n=x", "+", "＝1+1"];
        for cell in runs {
            assert_eq!(guarded(cell), format!("'{cell}"));
            assert_eq!(unguarded(&guarded(cell)), cell);
        }
        for cell in ["+12025550101", "+1 (202) 555-0101", "2025550101", "", "a=b", "'=1", " ", "\t", "'s"] {
            assert_eq!(guarded(cell), cell);
        }
    }

    #[test]
    fn only_an_apostrophe_that_guards_is_taken_off() {
        let cells = ["'=1", "''=1", "'s", "'", "=1", "'2025550101", "' =1"].map(unguarded);
        assert_eq!(cells, ["=1", "'=1", "'s", "'", "=1", "'2025550101", "' =1"]);
        assert_eq!(["'=1 ", "'\t'=1", " '=1", "  "].map(bare), ["=1", "'=1", "'=1", ""]);
    }

    proptest::proptest! {
        #[test]
        fn a_bare_cell_has_neither_guard_nor_spaces(cell in "['= +\t\u{a0}é7x]{0,6}") {
            proptest::prop_assert_eq!(bare(&cell), unguarded(&cell).trim());
            proptest::prop_assert_eq!(is_blank(&cell), cell.trim().is_empty());
        }

        #[test]
        fn a_cell_means_the_same_after_it_was_guarded(cell in "['=+@\\-\t\r\n ax1]{0,6}") {
            let (written, value, text) = (guarded(&cell), guarded_value(&cell), guarded_value(cell.trim()));
            proptest::prop_assert_eq!(bare(&written), bare(&cell));
            proptest::prop_assert_eq!(unguarded(&value), cell.as_str());
            proptest::prop_assert_eq!(bare(&text), cell.trim());
        }
    }
}

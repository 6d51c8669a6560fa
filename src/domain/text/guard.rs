//! Cells that leave in a table: no spreadsheet runs them, and they read back as what they were.
//!
//! A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@` or with a tab or line end in front of one, so such a cell
//! gets an apostrophe. One exception: a plus with nothing but digits, spaces and the marks of telephone numbers behind it
//! computes nothing worse than a number, and stays importable.

use std::borrow::Cow;

/// The same cell, with an apostrophe in front where a spreadsheet would run it.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    if starts_formula(cell) && !is_phone(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell without the apostrophes that kept a spreadsheet from running it; any other apostrophe stays.
pub fn unguarded(cell: &str) -> &str {
    match cell.trim_start_matches('\'') {
        bare if bare.len() < cell.len() && starts_formula(bare) => bare,
        _ => cell,
    }
}

/// The text of a cell: without guards, and without spaces around it.
pub fn bare(cell: &str) -> &str {
    let mut cell = cell.trim();
    loop {
        let next = unguarded(cell).trim();
        if next.len() == cell.len() {
            return cell;
        }
        cell = next;
    }
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
        assert_eq!(
            ["'=1", "''=1", "'s", "'", "=1", "'2025550101"].map(unguarded),
            ["=1", "=1", "'s", "'", "=1", "'2025550101"]
        );
        assert_eq!([" '=1 ", "'\t'=1", "' x", "  "].map(bare), ["=1", "=1", "' x", ""]);
    }

    proptest::proptest! {
        #[test]
        fn a_cell_means_the_same_after_it_was_guarded(cell in "['=+@\\-\t\r\n ax1]{0,6}") {
            proptest::prop_assert_eq!(unguarded(&guarded(&cell)), unguarded(&cell));
            proptest::prop_assert_eq!(bare(&guarded(&cell)), bare(&cell));
            proptest::prop_assert_eq!(bare(&guarded(bare(&cell))), bare(&cell));
        }
    }
}

//! The columns of a rejects file that say what is wrong, and what the reader makes of them when the file is opened again.
//!
//! ```text
//! the file's own columns … │ problem_row … problem_code … problem_value │ problem_mapping
//!                                          │                              └─ how the file was read, so that it is again
//!                                          └─ codes that stand in no cell: they hold until the cell is emptied
//! ```
//!
//! A number that is no number is seen in its cell, mended or not. That a row had too few columns, a stray quotation mark or
//! bytes that were no text is not: as a table it would look sound, and a damaged number would be taken for a good one. So
//! such a row stays rejected until a person, having mended it, empties its `problem_code`.

use crate::domain::problem::Code;
use crate::domain::text::unguarded;
mod carried;

pub(in crate::files) use carried::{Carried, Dates};

pub(super) const ROW: &str = "problem_row";
pub(super) const LINE: &str = "problem_line";
pub(super) const BYTE: &str = "problem_byte";
pub(super) const COLUMN: &str = "problem_column";
pub(super) const CODE: &str = "problem_code";
pub(super) const HINT: &str = "problem_hint";
pub(super) const VALUE: &str = "problem_value";
pub(super) const MAPPING: &str = "problem_mapping";
/// In the order in which they are written.
pub(super) const ALL: [&str; 8] = [ROW, LINE, BYTE, COLUMN, CODE, HINT, VALUE, MAPPING];

/// What to do about a row that is held by its code alone.
pub(in crate::files) const MEND: &str = "mend the row, then empty its problem_code cell";

/// Between several problems of one row.
pub(super) const BETWEEN: &str = "; ";

/// Whether a column of this name says what was wrong with a row, and nothing about its number.
pub(in crate::files) fn is_problem_column(name: &str) -> bool {
    ALL.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
}

/// Whether these are the column names of a rejects file.
pub(in crate::files) fn is_head(cells: &[String]) -> bool {
    cells.iter().any(|cell| cell.trim().eq_ignore_ascii_case(CODE))
        && cells.iter().filter(|cell| is_problem_column(cell)).count() > 1
}

/// A code that no cell of a mended table shows.
pub(super) fn stands_in_no_cell(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidEncoding
            | Code::ForeignReject
            | Code::IrregularQuote
            | Code::SwallowedRows
            | Code::UnterminatedQuote
            | Code::WrongColumnCount
            | Code::RecordTooLong
    )
}

/// The codes that hold a row, from its `problem_code`.
pub(in crate::files) fn held_by(cell: &str) -> impl Iterator<Item = Code> + '_ {
    let codes = unguarded(cell).split(';').filter_map(|name| Code::from_name(name.trim()));
    codes.filter(|code| stands_in_no_cell(*code))
}

/// What makes a file one of rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::files) struct ProblemColumns {
    /// The column of the codes.
    pub(in crate::files) code: usize,
    /// All of them.
    pub(in crate::files) all: Vec<usize>,
    mapping: Option<usize>,
    /// What the rows say of how their file was read, where they agree.
    told: Option<String>,
    /// How the dates of the file were read that the rows come from.
    pub(in crate::files) dates: Dates,
}

impl ProblemColumns {
    /// Those among the names of a header.
    pub(in crate::files) fn find(columns: &[String]) -> Option<Self> {
        if !is_head(columns) {
            return None;
        }
        let place = |wanted: &str| columns.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        let all = (0..columns.len()).filter(|at| is_problem_column(&columns[*at])).collect();
        Some(Self { code: place(CODE)?, all, mapping: place(MAPPING), dates: Dates::default(), told: None })
    }

    /// Whether the rows say how their file was read, and the first of them agree.
    pub(in crate::files) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Whether a row says that its file was read in another way than the first ones: it is of another file.
    pub(in crate::files) fn is_foreign<'c>(&self, cell: impl Fn(usize) -> Option<&'c str>) -> bool {
        let (Some(told), Some(own)) = (&self.told, self.mapping.and_then(cell)) else { return false };
        !own.trim().is_empty() && own != told
    }

    /// Takes over how the file was read that the rows come from; `None` where the rows do not say, or not one thing.
    pub(in crate::files) fn carried<'a>(
        &mut self,
        columns: &[String],
        rows: impl Iterator<Item = &'a [String]>,
    ) -> Option<Carried> {
        let at = self.mapping?;
        let mut cells = rows.filter_map(|row| row.get(at)).filter(|cell| !cell.trim().is_empty());
        let first = cells.next()?;
        let others: Vec<&String> = cells.filter(|cell| *cell != first).collect();
        let Some(carried) = Carried::read(first, columns).filter(|_| others.is_empty()) else {
            // Read by their names alone, columns show what they hold; a value that no column holds shows nowhere.
            let unclear = others.into_iter().chain([first]).any(|cell| carried::says_values(cell));
            return unclear.then(Carried::unclear);
        };
        (self.dates, self.told) = (carried.dates, Some(first.clone()));
        Some(carried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_codes_that_no_cell_shows_hold_a_row() {
        let held: Vec<Code> = held_by("not-a-number; invalid-encoding; wrong-column-count; mended").collect();
        assert_eq!(held, [Code::InvalidEncoding, Code::WrongColumnCount]);
        assert_eq!(held_by("  ").count(), 0);
    }

    #[test]
    fn one_column_of_that_name_does_not_make_a_rejects_file() {
        assert!(ProblemColumns::find(&names(&["phone", "problem_code"])).is_none());
        let found = ProblemColumns::find(&names(&["phone", " Problem_Row", "mine", CODE])).unwrap();
        assert_eq!((found.code, found.all), (3, vec![1, 3]));
    }
}

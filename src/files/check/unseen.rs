//! What the first rows of a file did not show, and a later one does: only the check sees every row.
//!
//! Taken for one number each, ranges lose nearly all of theirs. Whether a file holds them is told by its first rows; where
//! those are blank in the place of the ends, a row that has one is rejected until a person says what it means. So is a row
//! with a word of deletion in a column whose name promises changes and whose first rows held none.

use crate::domain::problem::Code;
use crate::domain::text::unguarded;
use crate::files::changes::{self, Change};
use crate::files::out::problem_columns::ProblemColumns;
use crate::files::scan::split::Fields;
use crate::files::{Document, dates};

/// Digits that may end a range.
const END: usize = 4;
/// Digits of a whole number, at the least.
const WHOLE: usize = 7;

/// Looks at what columns hold that say nothing so far.
#[derive(Debug, Default)]
pub(super) struct Lookout {
    /// The column of changes.
    change: Option<usize>,
    /// The column in which ranges would end.
    end: Option<usize>,
    /// In rejects: the column of the codes, and the columns that mean something else than the end of a range.
    rejects: Option<(usize, Vec<usize>)>,
}

impl Lookout {
    pub(super) fn of(document: &Document) -> Self {
        let mapping = document.mapping();
        let is_used =
            |at: &usize| mapping.columns.values().chain(&mapping.more_numbers).any(|used| used == at);
        let change = document.unseen().change.filter(|at| !is_used(at));
        if mapping.has_ranges() {
            return Self { change, ..Self::default() };
        }
        let of_rejects = |found: &ProblemColumns| {
            let used = mapping.columns.values().chain(&mapping.more_numbers).chain(&found.all);
            (found.code, used.copied().collect())
        };
        Self {
            change,
            end: document.unseen().end.filter(|at| !is_used(at)),
            rejects: document.problem_columns().map(of_rejects),
        }
    }

    /// Whether any row has to be looked at.
    pub(super) fn is_needed(&self) -> bool {
        self.change.is_some() || self.end.is_some() || self.rejects.is_some()
    }

    /// The column that says that the row takes its number off, and what to do about it.
    pub(super) fn deletion(&self, fields: &Fields) -> Option<(usize, String)> {
        let column = self.change?;
        let cell = unguarded(fields.get(column)?);
        let why = "say --changes additions if the column tells what changes, else --changes ignore";
        (changes::read(cell) == Some(Change::Delete)).then(|| (column, why.to_owned()))
    }

    /// The column in which a range may end, and what to do about it.
    pub(super) fn end(&self, fields: &Fields) -> Option<(usize, String)> {
        let is_end = |at: &usize| fields.get(*at).is_some_and(|cell| may_be_end(unguarded(cell).trim()));
        if let Some(column) = self.end.filter(is_end) {
            let said = column + 1;
            let why = format!(
                "the first rows have nothing here: say --map range-end={said} if ranges end here, else --map range-end=-"
            );
            return Some((column, why));
        }
        let (code, used) = self.rejects.as_ref()?;
        let codes = unguarded(fields.get(*code)?);
        if !codes.split(';').any(|name| Code::from_name(name.trim()) == Some(Code::NumberRange)) {
            return None;
        }
        let column = (0..fields.len()).filter(|at| !used.contains(at)).find(is_end)?;
        let why = format!(
            "say --map range-end={} if a range ends here; else empty the problem_code cell of the row",
            column + 1
        );
        Some((column, why))
    }
}

fn may_be_end(cell: &str) -> bool {
    let is_mark = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '+');
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    // The last digits of a number, or a whole one; five are a postal code.
    cell.chars().all(|c| c.is_ascii_digit() || is_mark(c))
        && (digits == END || digits >= WHOLE)
        && !dates::is_date(cell)
}

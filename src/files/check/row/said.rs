//! What is said of a row.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::domain::problem::{Code, Place, Problem, Severity};

/// Characters of a value that a problem keeps.
const RAW: usize = 64;

/// The problems of one row, in the order in which they were found.
pub(super) struct Problems<'a> {
    pub(super) place: Place,
    /// Problems of other rows, in front of this one's.
    pub(super) before: usize,
    pub(super) list: &'a mut Vec<Problem>,
}

impl Problems<'_> {
    pub(super) fn add(
        &mut self,
        code: Code,
        column: Option<usize>,
        raw: &str,
        hint: impl Into<Cow<'static, str>>,
    ) {
        let problem = Problem { code, place: self.place, column, raw: short(raw), hint: hint.into() };
        // Said once, also where the same cell stands beside several numbers.
        if !self.list[self.before..].contains(&problem) {
            self.list.push(problem);
        }
    }

    /// Whether it is said already that these columns hold characters that leave no text to read. `cell` is what they hold.
    pub(super) fn says_unreadable(&self, cell: &str, columns: RangeInclusive<usize>) -> bool {
        if self.list.len() == self.before {
            return false;
        }
        let has_control = cell.chars().any(char::is_control);
        let has_lost = cell.contains(char::REPLACEMENT_CHARACTER);
        self.list[self.before..].iter().any(|problem| match problem.code {
            Code::NulByte | Code::ControlCharacter => {
                has_control && problem.column.is_some_and(|column| columns.contains(&column))
            }
            // The bytes are the row's: which cell they stand in, the cell shows.
            Code::InvalidEncoding => has_lost,
            _ => false,
        })
    }

    pub(super) fn reject_since(&self, start: usize) -> bool {
        self.list[start..].iter().any(|problem| problem.code.severity() == Severity::Rejection)
    }
}

/// A value, cut where it is too long to be kept.
pub(in super::super) fn short(raw: &str) -> Box<str> {
    if raw.len() <= RAW {
        return raw.into();
    }
    match raw.char_indices().nth(RAW) {
        None => raw.into(),
        Some((cut, _)) => format!("{}…", &raw[..cut]).into(),
    }
}

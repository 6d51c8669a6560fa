//! Whether a row has the shape of one: what the scanner found, its fields, its characters, what it takes off.

use memchr::memchr2;

use super::super::quick::is_odd;
use super::RowReader;
use super::said::Problems;
use crate::domain::problem::Code;
use crate::files::Field;
use crate::files::changes::{self, Change};
use crate::files::out::problem_columns::{MEND, held_by};
use crate::files::scan::split::Fields;

impl RowReader<'_> {
    /// The codes that hold a row of a rejects file, whatever its cells look like now.
    fn held(&self, fields: &Fields) -> impl Iterator<Item = Code> {
        self.problems.and_then(|found| fields.get(found.code)).into_iter().flat_map(held_by)
    }

    /// Whether the row takes its number off where additions are read. What goes the other way than what is read is no row to
    /// upload.
    pub(super) fn deletes(&self, fields: &Fields, problems: &mut Problems<'_>) -> bool {
        let Some(column) = self.change else {
            let Some((column, why)) = self.unseen.deletion(fields) else { return false };
            problems.add(Code::DeletionRow, Some(column), fields.get(column).unwrap_or_default(), why);
            return true;
        };
        let cell = fields.get(column).unwrap_or_default();
        let (code, deletes) = match changes::read(cell) {
            Some(Change::Add) if self.takes_deletions => (Code::AdditionRow, false),
            Some(Change::Delete) if self.takes_deletions => return false,
            Some(Change::Add) => return false,
            Some(Change::Delete) => (Code::DeletionRow, true),
            None => (Code::BadChange, false),
        };
        problems.add(code, Some(column), cell, code.hint());
        deletes
    }

    /// Faults that leave no cell to be trusted: nothing else is said about such a row.
    pub(super) fn shape(
        &self,
        faults: &[Code],
        fields: &Fields,
        problems: &mut Problems<'_>,
    ) -> Option<Code> {
        for &code in faults {
            let raw = fields.iter().find(|field| !field.is_empty()).unwrap_or_default();
            let column = self.column(Field::Number).filter(|_| fields.len() == 1);
            problems.add(code, column, raw, code.hint());
        }
        if let Some(&code) = faults.iter().find(|code| **code != Code::InvalidEncoding) {
            return Some(code);
        }
        if fields.len() == self.columns {
            if self.problems.is_some_and(|found| found.is_foreign(|at| fields.get(at))) {
                let raw = fields.get(0).unwrap_or_default();
                problems.add(Code::ForeignReject, None, raw, Code::ForeignReject.hint());
                return Some(Code::ForeignReject);
            }
            let mut worst = None;
            for code in self.held(fields) {
                let raw = fields.get(0).unwrap_or_default();
                problems.add(code, None, raw, MEND);
                worst = worst.or(Some(code).filter(|code| *code != Code::InvalidEncoding));
            }
            return worst;
        }
        let raw = self.cell(fields, Field::Number).or_else(|| fields.get(0)).unwrap_or_default();
        let said = format!("the row has {} of {} columns: check its delimiters", fields.len(), self.columns);
        problems.add(Code::WrongColumnCount, None, raw, said);
        Some(Code::WrongColumnCount)
    }

    /// Characters that no cell may hold, and the line break that no number may hold.
    pub(super) fn text(&self, fields: &Fields, problems: &mut Problems<'_>) {
        for at in self.number_columns() {
            let number = Self::number_cell(fields, at);
            if memchr2(b'\n', b'\r', number.as_bytes()).is_some() && number.trim().contains(['\n', '\r']) {
                let said = "a number stands on one line: check the quotation marks";
                problems.add(Code::ControlCharacter, Some(at), number, said);
            }
        }
        let text = fields.text();
        if !is_odd(text) {
            return;
        }
        let is_control = |c: char| {
            (c.is_control() && !matches!(c, '\0' | '\t' | '\n' | '\r'))
                || matches!(c, '\u{2028}' | '\u{2029}')
        };
        for (code, at) in [(Code::NulByte, text.find('\0')), (Code::ControlCharacter, text.find(is_control))]
        {
            if let Some(column) = at.map(|at| fields.index_at(at)) {
                problems.add(code, Some(column), fields.get(column).unwrap_or_default(), code.hint());
            }
        }
    }
}

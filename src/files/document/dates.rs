//! The order of day and month: as it was said, as rejects carry it, or as the first rows prove it.

use super::{Document, Record};
use crate::domain::text::bare;
use crate::files::dates::{self, Reading};
use crate::files::out::problem_columns::Dates;
use crate::files::{DateOrder, Field, FileError, sniff};

/// Rows that are looked at for the order of day and month in the preview.
const HINT_ROWS: usize = 200;

impl Document {
    /// The order of day and month that the person named when the file was opened.
    pub(in crate::files) fn said_date_order(&self) -> Option<DateOrder> {
        self.shared.date_order.or(self.carried_dates().said)
    }

    /// How the dates were read in the file that these rows come from, where the file is one of rejects.
    pub(in crate::files) fn carried_dates(&self) -> Dates {
        self.shared.problem_columns.as_ref().map(|found| found.dates).unwrap_or_default()
    }

    /// The order of day and month that the first rows prove; for the preview.
    pub(in crate::files) fn date_order_hint(&self) -> Option<DateOrder> {
        self.order_hint
    }

    pub(super) fn with_order_hint(mut self) -> Result<Self, FileError> {
        if self.mapping.columns.contains_key(&Field::Expires) {
            self.order_hint = self.proven_order(self.rows(1, HINT_ROWS)?.iter());
        }
        Ok(self)
    }

    /// The order of day and month that some rows prove, and those of the file that they come from.
    pub(super) fn proven_order<'r>(&self, rows: impl Iterator<Item = &'r Record>) -> Option<DateOrder> {
        let column = *self.mapping.columns.get(&Field::Expires)?;
        let [dmy, mdy] = self.carried_dates().proven;
        let carried = [(dmy, DateOrder::Dmy), (mdy, DateOrder::Mdy)];
        let carried = carried.into_iter().filter(|(proven, _)| *proven).map(|(_, order)| order);
        let proofs = rows.filter_map(|record| {
            let cell = self.values().of(Field::Expires, bare(record.fields.get(column)?));
            match dates::read(cell, None) {
                Reading::At { proves, .. } => proves,
                _ => None,
            }
        });
        sniff::only(carried.chain(proofs))
    }
}

//! The order of day and month.

use super::{Answer, Question, VALUES};
use crate::files::dates::{self, Reading};
use crate::files::{DateOrder, Document, Field};

/// Dates of the first rows that can be read two ways.
pub(super) fn ambiguous_dates(document: &Document) -> Vec<String> {
    let Some(&column) = document.mapping().columns.get(&Field::Expires) else { return Vec::new() };
    let records = document.rows(1, 2_000).unwrap_or_default();
    let mut cells: Vec<String> =
        records.into_iter().filter_map(|record| record.fields.get(column).cloned()).collect();
    let read = |cell: &String| dates::read(document.values().of(Field::Expires, cell), None);
    cells.retain(|cell| matches!(read(cell), Reading::Either { .. }));
    cells.dedup();
    cells.truncate(VALUES);
    cells
}

/// The question about the order of day and month, with dates of the file that can be read two ways; `None` where there
/// is no such date. `month_first` is the habit of the place, which decides what is proposed.
pub fn date_order(cells: &[String], month_first: bool) -> Option<Question> {
    let read = |order| {
        let said = cells.iter().filter_map(|cell| match dates::read(cell, Some(order)) {
            Reading::At { at, .. } => {
                let date = at.strftime("%-d %B %Y");
                Some(format!("{} is {date}", cell.trim()))
            }
            _ => None,
        });
        said.take(VALUES).collect::<Vec<_>>().join(" · ")
    };
    let either = cells.iter().find(|cell| matches!(dates::read(cell, None), Reading::Either { .. }))?;
    Some(Question {
        flag: "--date-order",
        title: "Day or month first?",
        sentence: format!(
            "Dates such as {} can be read two ways, and no other date of the file decides. \
             Until this is answered their rows are rejected.",
            either.trim()
        ),
        answers: vec![
            Answer::new("dmy", "day first", read(DateOrder::Dmy)),
            Answer::new("mdy", "month first", read(DateOrder::Mdy)),
            Answer::new("", "leave these rows out", "they stay rejected"),
        ],
        proposed: usize::from(month_first),
    })
}

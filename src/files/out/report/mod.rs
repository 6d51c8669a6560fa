//! The report of a check: what stands in the file, what was made of it, and what is wrong, for people and for scripts.
//!
//! ```text
//! Document + Checked ─▶ Facts (counted once, bounded) ─▶ JSON · CSV (every problem) · HTML (a page that prints)
//! ```
//!
//! A report goes further than the rejects do: to a colleague, into a ticket, onto paper. So the digits of the values it
//! quotes (seven and more in a value, dates excepted) are masked but for the last two; whoever mends a row takes the rejects, where the cells are whole.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;

use super::{make, unwritable};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::problem::{Code, Problem};
use crate::files::{Checked, Document, Field, FileError};

mod chart;
mod fields;
mod html;
mod json;
mod table;

pub use fields::check_fields;

/// Examples of each kind of problem.
const EXAMPLES: usize = 10;

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// One document for scripts.
    Json,
    /// Every problem, one line each.
    Csv,
    /// One page for people, with charts; it prints.
    Html,
}

impl ReportFormat {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// Writes a report of a check that was made at `at`.
pub fn write_report(
    document: &Document,
    checked: &Checked,
    at: Timestamp,
    format: ReportFormat,
    out: &Path,
) -> Result<(), FileError> {
    make(document, out, |file| {
        let failed = |error| unwritable(out, error);
        match format {
            ReportFormat::Csv => table::write(document, checked, out, file)?,
            ReportFormat::Json => {
                let value = json::document(&Facts::of(document, checked, at));
                serde_json::to_writer_pretty(&mut *file, &value).map_err(|error| failed(error.into()))?;
                file.write_all(b"\n").map_err(failed)?;
            }
            ReportFormat::Html => {
                file.write_all(html::page(&Facts::of(document, checked, at)).as_bytes()).map_err(failed)?;
            }
        }
        Ok(())
    })
}

/// What a report says, counted once. However large the file is, this stays small.
struct Facts<'a> {
    document: &'a Document,
    checked: &'a Checked,
    at: Timestamp,
    /// The first problems of each kind.
    examples: BTreeMap<Code, Vec<Problem>>,
    jurisdictions: BTreeMap<Jurisdiction, u64>,
    /// By year and month.
    expiries: BTreeMap<(i16, i8), u64>,
    /// Numbers that never expire.
    for_ever: u64,
}

impl<'a> Facts<'a> {
    fn of(document: &'a Document, checked: &'a Checked, at: Timestamp) -> Self {
        let mut facts = Self {
            document,
            checked,
            at,
            examples: BTreeMap::new(),
            jurisdictions: BTreeMap::new(),
            expiries: BTreeMap::new(),
            for_ever: 0,
        };
        for intent in checked.intents.iter() {
            *facts.jurisdictions.entry(intent.attributes.jurisdiction).or_default() += 1;
            match intent.attributes.expires {
                None => facts.for_ever += 1,
                Some(at) => {
                    let date = jiff::tz::Offset::UTC.to_datetime(at).date();
                    *facts.expiries.entry((date.year(), date.month())).or_default() += 1;
                }
            }
        }
        facts.take_examples();
        facts
    }

    fn take_examples(&mut self) {
        // Only those that are shown are read in full.
        for (at, brief) in self.checked.problems.briefs(0).enumerate() {
            let held = self.examples.entry(brief.code).or_default();
            if held.len() < EXAMPLES
                && let Some(problem) = self.checked.problems.get(at)
            {
                held.push(problem);
            }
        }
    }

    /// The value to quote.
    fn value(&self, problem: &Problem) -> String {
        quoted(self.document, problem)
    }

    /// What the column that is to blame is called.
    fn column(&self, problem: &Problem) -> &str {
        problem.column.and_then(|at| self.document.columns().get(at)).map_or("", String::as_str)
    }
}

/// Fewer digits are no telephone number, and say what is wrong only as they stand.
const NUMBER: usize = 7;

/// The value of a problem as a report quotes it. Dates are nobody's number.
fn quoted(document: &Document, problem: &Problem) -> String {
    let is_date = problem.column.is_some()
        && problem.column.as_ref() == document.mapping().columns.get(&Field::Expires);
    if problem.place.row == 0 || is_date { problem.raw.to_string() } else { masked(&problem.raw) }
}

/// A value, its digits masked but for the last two. Its marks and letters are what tells what is wrong.
pub(in crate::files) fn masked(value: &str) -> String {
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

    #[test]
    fn no_number_can_be_read_off_a_report() {
        assert_eq!(masked("(202) 555-0123"), "(•••) •••-••23");
        assert_eq!(masked("n/a"), "n/a");
        assert_eq!((masked("911"), masked("555-0101")), ("911".into(), "•••-••01".into()));
        assert_eq!(masked("２０２５５５０１２３"), "••••••••２３");
    }

    #[test]
    fn the_ending_of_a_name_decides() {
        let of = |name| ReportFormat::of(Path::new(name));
        assert_eq!(of("a.b.JSON"), Some(ReportFormat::Json));
        assert_eq!((of("a.csv"), of("a.htm")), (Some(ReportFormat::Csv), Some(ReportFormat::Html)));
        assert_eq!((of("a.pdf"), of("html"), of("")), (None, None, None));
    }
}

//! The report of a check: what stands in the file, what was made of it, and what is wrong, for people and for scripts.
//!
//! ```text
//! Document + Checked ─▶ Facts (counted once, bounded) ─▶ JSON · CSV (every problem) · HTML (a page that prints)
//! ```
//!
//! A report goes further than the rejects do: to a colleague, into a ticket, onto paper. So the digits of what it quotes,
//! values and names of columns (seven and more, dates excepted), are masked but for the last two ([`mask`]); whoever mends
//! a row takes the rejects, where the cells are whole.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{STEP, make, unwritable};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::problem::{Code, Problem};
use crate::files::{Checked, Document, FileError};

mod chart;
mod fields;
mod html;
mod json;
mod mask;
mod table;

pub use fields::check_fields;
pub(in crate::files) use mask::masked;

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
    (out, stop): (&Path, &CancellationToken),
) -> Result<(), FileError> {
    make(document, out, stop, |file| {
        let failed = |error| unwritable(out, error);
        match format {
            ReportFormat::Csv => table::write(document, checked, out, file)?,
            ReportFormat::Json => {
                let value = json::document(&Facts::of(document, checked, at, stop));
                serde_json::to_writer_pretty(&mut *file, &value).map_err(|error| failed(error.into()))?;
                file.write_all(b"\n").map_err(failed)?;
            }
            ReportFormat::Html => {
                file.write_all(html::page(&Facts::of(document, checked, at, stop)).as_bytes())
                    .map_err(failed)?;
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
    /// Half of them where it was stopped.
    fn of(document: &'a Document, checked: &'a Checked, at: Timestamp, stop: &CancellationToken) -> Self {
        let mut facts = Self {
            document,
            checked,
            at,
            examples: BTreeMap::new(),
            jurisdictions: BTreeMap::new(),
            expiries: BTreeMap::new(),
            for_ever: 0,
        };
        for (count, intent) in (0_u64..).zip(checked.intents.iter()) {
            if count.is_multiple_of(STEP) && stop.is_cancelled() {
                break;
            }
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
        mask::quoted(self.document, problem)
    }

    /// What the column that is to blame is called.
    fn column(&self, problem: &Problem) -> String {
        problem.column.map(|at| mask::column(self.document, at)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_decides() {
        let of = |name| ReportFormat::of(Path::new(name));
        assert_eq!(of("a.b.JSON"), Some(ReportFormat::Json));
        assert_eq!((of("a.csv"), of("a.htm")), (Some(ReportFormat::Csv), Some(ReportFormat::Html)));
        assert_eq!((of("a.pdf"), of("html"), of("")), (None, None, None));
    }
}

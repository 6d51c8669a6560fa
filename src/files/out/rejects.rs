//! The rejected rows as a file that a person can mend and load again.
//!
//! Its own columns stand first, as the file has them, so the same mapping reads them; what is wrong stands behind
//! ([`problem_columns`](super::problem_columns)). One line for each rejected record, several problems of it joined by `; `.
//! Cells stand as the file has them, control characters too: one left out or written in another way would make another row
//! of it, perhaps a sound one. Whoever looks at hostile rows does so in a report or in the console, where they are escaped.
//! A file that already is one of rejects loses the problem columns it came with: they do not pile up.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::problem_columns::{ALL, BETWEEN, Carried, Dates, MEND, stands_in_no_cell};
use super::{STEP, SafeFile, csv_failed, make};
use crate::domain::problem::{Code, Problem, Severity};
use crate::domain::text::{guarded, guarded_value};
use crate::files::scan::READ;
use crate::files::scan::split::Fields;
use crate::files::{Checked, Document, Field, FileError, Mapping, text};

/// Spreadsheets take a file for UTF-8 only where it begins like this.
pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Writes the rejected records as CSV: the file's columns, then `problem_row`, `problem_line`, `problem_byte`,
/// `problem_column`, `problem_code`, `problem_hint`, `problem_value`, `problem_mapping`. Opened as input it maps the same
/// and, as long as nothing is mended, rejects the same. Cells are formula-safe; telephone numbers stay importable.
/// Returns the number of records.
pub fn write_rejects(
    document: &Document,
    checked: &Checked,
    out: &Path,
    stop: &CancellationToken,
) -> Result<u64, FileError> {
    make(document, out, stop, |file| write(document, checked, out, (file, stop)))
}

fn write(
    document: &Document,
    checked: &Checked,
    out: &Path,
    (file, stop): (&mut SafeFile, &CancellationToken),
) -> Result<u64, FileError> {
    use std::io::Write as _;
    file.write_all(MARK).map_err(|error| super::unwritable(out, error))?;
    let layout = Layout::of(document, checked.dates);
    let failed = |error| csv_failed(out, error);
    let mut lines = csv::Writer::from_writer(file);
    lines.write_record(layout.head()).map_err(failed)?;

    let is_rejection = |p: &Problem| p.place.row > 0 && p.code.severity() == Severity::Rejection;
    let mut rejections = checked.problems.iter().filter(is_rejection).peekable();
    let mut scanner = document.scanner(document.start(), READ);
    let (mut row, mut written, mut fields) = (0, 0, Fields::default());
    let mut problems = Vec::new();
    while let Some(next) = rejections.peek() {
        let wanted = next.place.row;
        let Some(piece) = scanner.next().map_err(|error| document.source().error(error))? else { break };
        if piece.blank {
            continue;
        }
        row += 1;
        if row < wanted {
            // Nothing may be written for a long time.
            if row.is_multiple_of(STEP) && stop.is_cancelled() {
                return Err(FileError::Stopped);
            }
            continue;
        }
        problems.clear();
        problems.extend(std::iter::from_fn(|| rejections.next_if(|problem| problem.place.row == row)));
        let stored = scanner.stored(&piece);
        document.read_fields(&piece, stored, &mut fields);
        // Cut where its delimiters are, such a record may have more fields than there are columns.
        let whole = (fields.len() > document.columns().len())
            .then(|| text::decode(document.encoding(), stored).0.into_owned());
        lines.write_record(layout.line(&fields, &problems, whole)).map_err(failed)?;
        written += 1;
    }
    if rejections.next().is_some() {
        return Err(FileError::Changed { path: document.path().into() });
    }
    lines.flush().map_err(|error| super::unwritable(out, error))?;
    Ok(written)
}

/// What a line is made of.
struct Layout<'a> {
    document: &'a Document,
    /// The columns that are written, by their place in the document.
    kept: Vec<usize>,
    names: Vec<String>,
    mapping: String,
}

impl<'a> Layout<'a> {
    fn of(document: &'a Document, dates: Dates) -> Self {
        let own = |at: &usize| document.problem_columns().is_none_or(|found| !found.all.contains(at));
        let kept: Vec<usize> = (0..document.columns().len()).filter(own).collect();
        let mapping = moved(document.mapping(), &kept);
        let names = names(document, &kept, &mapping);
        let all: Vec<String> = names.iter().cloned().chain(ALL.map(str::to_owned)).collect();
        let carried = Carried {
            mapping: Some(mapping),
            dates,
            constants: document.constants().clone(),
            values: document.values().clone(),
            is_short: false,
        };
        Self { document, mapping: carried.write(&all), kept, names }
    }

    fn head(&self) -> Vec<String> {
        let own = self.names.iter().map(|name| guarded_value(name).into_owned());
        own.chain(ALL.map(str::to_owned)).collect()
    }

    fn line(&self, fields: &Fields, problems: &[Problem], whole: Option<String>) -> Vec<String> {
        let cell = |at: &usize| guarded(fields.get(*at).unwrap_or_default()).into_owned();
        let mut line: Vec<String> = self.kept.iter().map(cell).collect();
        let several_lines = line.iter().any(|cell| cell.contains(['\n', '\r']));
        let place = problems.first().map(|problem| problem.place).unwrap_or_default();
        line.extend([place.row, place.line, place.byte].map(|n| n.to_string()));
        let names = self.document.columns();
        let column = |p: &Problem| p.column.and_then(|at| names.get(at)).cloned().unwrap_or_default();
        let value = whole.unwrap_or_else(|| joined(problems, |p| p.raw.to_string()));
        let said = [
            joined(problems, column),
            joined(problems, |p| p.code.as_str().to_owned()),
            joined(problems, |p| hint(p.code, &p.hint)),
            value,
            self.mapping.clone(),
        ];
        line.extend(said.map(|text| {
            // Behind a cell of several lines, a delimiter more could make its last line look like a row of its own.
            let text = if several_lines { text.replace([',', '"', '\n', '\r'], " ") } else { text };
            guarded(&text).into_owned()
        }));
        line
    }
}

fn joined(problems: &[Problem], part: impl Fn(&Problem) -> String) -> String {
    problems.iter().map(part).collect::<Vec<_>>().join(BETWEEN)
}

fn hint(code: Code, hint: &str) -> String {
    let held = stands_in_no_cell(code) && hint != MEND;
    if held { format!("{hint}: {MEND}") } else { hint.to_owned() }
}

/// The mapping over the columns that are written.
fn moved(mapping: &Mapping, kept: &[usize]) -> Mapping {
    let place = |at: usize| kept.iter().position(|column| *column == at);
    Mapping {
        columns: mapping.columns.iter().filter_map(|(field, at)| Some((*field, place(*at)?))).collect(),
        split_number: mapping.split_number,
        more_numbers: mapping.more_numbers.iter().filter_map(|at| place(*at)).collect(),
    }
}

/// The file's names; where it has none, what its columns hold.
fn names(document: &Document, kept: &[usize], mapping: &Mapping) -> Vec<String> {
    let mut names: Vec<String> = kept.iter().filter_map(|at| document.columns().get(*at).cloned()).collect();
    if document.format().header {
        return names;
    }
    let mut call = |at: usize, name: String| {
        if let Some(place) = names.get_mut(at) {
            *place = name;
        }
    };
    for (field, at) in &mapping.columns {
        if *field == Field::Number && mapping.split_number {
            call(*at, "area code".to_owned());
            call(*at + 1, Field::Number.as_str().to_owned());
        } else {
            call(*at, field.as_str().to_owned());
        }
    }
    for (n, at) in mapping.more_numbers.iter().enumerate() {
        call(*at, format!("{} {}", Field::Number.as_str(), n + 2));
    }
    names
}

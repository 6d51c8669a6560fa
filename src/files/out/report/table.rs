//! Every problem of a check, one line each.

use std::path::Path;

use super::mask::{self, quoted};
use crate::domain::problem::Severity;
use crate::domain::text::guarded;
use crate::files::out::{SafeFile, csv_failed, unwritable};
use crate::files::{Checked, Document, FileError};

const HEAD: [&str; 9] =
    ["severity", "code", "row", "line", "byte", "column", "value_masked", "meaning", "hint"];

/// Writes them as they are read, so that millions of them need no memory.
pub(super) fn write(
    document: &Document,
    checked: &Checked,
    out: &Path,
    file: &mut SafeFile,
) -> Result<(), FileError> {
    let failed = |error| csv_failed(out, error);
    let mut lines = csv::Writer::from_writer(file);
    lines.write_record(HEAD).map_err(failed)?;
    for problem in checked.problems.iter() {
        let place = [problem.place.row, problem.place.line, problem.place.byte].map(|n| n.to_string());
        let severity = match problem.code.severity() {
            Severity::Rejection => "rejected",
            Severity::Warning => "warning",
        };
        let column = problem.column.map(|at| mask::column(document, at)).unwrap_or_default();
        // A place and a value that are the whole file's stand empty.
        let [row, line, byte] = if problem.place.row == 0 { Default::default() } else { place };
        let value = quoted(document, &problem);
        let hint = mask::hint(&problem);
        let (code, title) = (problem.code.as_str(), problem.code.title());
        let cells = [severity, code, &row, &line, &byte, &column, &value, title, &hint].map(guarded);
        lines.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(failed)?;
    }
    lines.flush().map_err(|error| unwritable(out, error))
}

//! What leaves: the rejected rows, the cleaned list, the reports. Each is whole or not there, and no cell of it runs.
//!
//! ```text
//! Document + Checked ─▶ rejects (opens again, maps the same, rejects the same) ─┐
//!                    ─▶ clean   (opens again, no problem, the same numbers)     ├─▶ SafeFile
//!                    ─▶ report  (JSON, CSV, HTML)                               ┘
//! ```

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Document, FileError};

mod clean;
pub(super) mod problem_columns;
mod rejects;
mod report;
mod safe_file;

pub use clean::write_clean;
pub use rejects::write_rejects;
pub(super) use report::masked;
pub use report::{ReportFormat, check_fields, write_report};
pub use safe_file::{SafeFile, is_same_file, write_safely};
pub(super) use safe_file::{is_written, said_of};

/// Rows between two looks at the stop token, where nothing may be written for a while.
const STEP: u64 = 4096;

/// Why a file is not there, in the words of the layer.
fn unwritable(out: &Path, source: std::io::Error) -> FileError {
    FileError::Unwritable { path: out.into(), source }
}

/// Makes a file out of a document: what `write` puts in is in its place only if the document is still the same, and nobody
/// stopped it.
fn make<T>(
    document: &Document,
    out: &Path,
    stop: &CancellationToken,
    write: impl FnOnce(&mut SafeFile) -> Result<T, FileError>,
) -> Result<T, FileError> {
    let mut file = SafeFile::create(out, Some(document.path())).map_err(|error| unwritable(out, error))?;
    document.source().ensure_unchanged()?;
    file.stop_with(stop.clone());
    let done = write(&mut file);
    if stop.is_cancelled() {
        return Err(FileError::Stopped);
    }
    let done = done?;
    document.source().ensure_unchanged()?;
    file.commit().map_err(|error| unwritable(out, error))?;
    Ok(done)
}

/// An error of the CSV writer: it only ever fails where the file does, and what the system said must not get lost.
fn csv_failed(out: &Path, error: csv::Error) -> FileError {
    let source = match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    unwritable(out, source)
}

//! The rejected rows as a file that a person can mend and load again.
//!
//! A spreadsheet runs a cell that starts with `=`, `+`, `-`, `@`, a tab or a carriage return, so such a cell gets an
//! apostrophe in front. One exception: a plus with nothing but digits, spaces and the marks of telephone numbers behind it
//! computes nothing worse than a number, and stays importable.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::scan::READ;
use super::scan::split::Fields;
use super::{Checked, Document, FileError};
use crate::domain::problem::{Problem, Severity};

/// Writes the rejected rows as CSV (0600, temp file + rename): `row,line,byte,column,code,hint,value` and the original
/// columns behind. One line per rejection, so a row with two of them stands there twice; every rejected row stands there
/// at least once. Cells are formula-safe; telephone numbers stay importable. Returns the number of rejected rows.
pub fn write_rejects(document: &Document, checked: &Checked, out: &Path) -> Result<u64, FileError> {
    let failed = |source| FileError::Unwritable { path: out.into(), source };
    if is_same_file(document.path(), out) {
        let message = "the rejects would overwrite the file they come from";
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, message)));
    }
    refuse_to_replace(out).map_err(failed)?;
    document.source().ensure_unchanged()?;
    let (temporary, file) = create_beside(out).map_err(failed)?;
    let written = write(document, checked, file).and_then(|rows| {
        document.source().ensure_unchanged()?;
        std::fs::rename(&temporary, out).and_then(|()| sync_folder(out)).map_err(failed)?;
        Ok(rows)
    });
    if written.is_err() {
        // What stands there is ours and worth nothing; the first error is the one to tell.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn write(document: &Document, checked: &Checked, file: File) -> Result<u64, FileError> {
    let failed = |error: csv::Error| document.source().error(error.into());
    let mut out = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(file));
    let head = ["row", "line", "byte", "column", "code", "hint", "value"];
    let names = document.columns().iter().map(|name| safe(name));
    out.write_record(head.iter().map(|name| (*name).to_owned()).chain(names)).map_err(failed)?;

    let is_rejection = |p: &Problem| p.place.row > 0 && p.code.severity() == Severity::Rejection;
    let mut rejections = checked.problems.iter().filter(is_rejection).peekable();
    let mut scanner = document.scanner(document.start(), READ);
    let (mut row, mut written, mut fields) = (0, 0, Fields::default());
    while rejections.peek().is_some() {
        let Some(piece) = scanner.next().map_err(|error| document.source().error(error))? else { break };
        if piece.blank {
            continue;
        }
        row += 1;
        let mut first = true;
        while let Some(problem) = rejections.next_if(|problem| problem.place.row == row) {
            if std::mem::take(&mut first) {
                document.read_fields(&piece, scanner.stored(&piece), &mut fields);
                written += 1;
            }
            let column = problem.column.and_then(|at| document.columns().get(at)).map_or("", String::as_str);
            let place = [problem.place.row, problem.place.line, problem.place.byte].map(|n| n.to_string());
            let said = [column, problem.code.as_str(), &problem.hint, &problem.raw].map(safe);
            out.write_record(place.into_iter().chain(said).chain(fields.iter().map(safe))).map_err(failed)?;
        }
    }
    if rejections.next().is_some() {
        return Err(FileError::Changed { path: document.path().into() });
    }
    let file = out.into_inner().map_err(|error| failed(io::Error::other(error.to_string()).into()))?;
    let file = file.into_inner().map_err(|error| document.source().error(error.into_error()))?;
    file.sync_all().map_err(|error| document.source().error(error))?;
    Ok(written)
}

/// A cell that no spreadsheet runs.
fn safe(cell: &str) -> String {
    let is_phone = |rest: &str| {
        rest.bytes().any(|b| b.is_ascii_digit())
            && rest.bytes().all(|b| b.is_ascii_digit() || b" ().-/".contains(&b))
    };
    let runs = match cell.chars().next() {
        Some('+') => !is_phone(&cell[1..]),
        Some(first) => "=-@\t\r".contains(first),
        None => false,
    };
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

/// Moving a file into its place would put an end to a device, a pipe or a link that stands there.
fn refuse_to_replace(out: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(out) {
        Ok(there) if !there.is_file() => Err(io::Error::other("what stands there is not a regular file")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// A new file that only the owner may read, in the folder of `out`, so that renaming it is one step.
fn create_beside(out: &Path) -> io::Result<(PathBuf, File)> {
    let name = out.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    for attempt in 0..1000 {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{attempt}.part", std::process::id()));
        let path = out.with_file_name(temporary);
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (path, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Makes the new name last: on Unix the folder has to be written out too.
fn sync_folder(out: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    let _ = out;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn no_cell_that_leaves_runs_in_a_spreadsheet() {
        for cell in ["=cmd|' /C calc'!A0", "@SUM(A1)", "-1+2", "+1+2", "+cmd", "\tx", "\rx", "+"] {
            assert_eq!(safe(cell), format!("'{cell}"));
        }
        for cell in ["+12025550101", "+1 (202) 555-0101", "2025550101", "", "a=b"] {
            assert_eq!(safe(cell), cell);
        }
    }
}

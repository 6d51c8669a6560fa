//! What a file is refused for before any row of it is read.

use jiff::Timestamp;

use crate::domain::problem::Code;
use crate::files::{Document, Field, FileError, names};

/// A constant expiry in the past would reject every row: it is told once instead.
pub(super) fn refuse_past_constant(document: &Document, now: Timestamp) -> Result<(), FileError> {
    let constants = document.constants();
    let holds = !document.mapping().columns.contains_key(&Field::Expires);
    match constants.expires() {
        Some(at) if holds && at <= now => {
            let said = constants.get(Field::Expires).unwrap_or_default();
            let why = format!("every row would expire on {said}, which is past");
            Err(FileError::BadConstant { path: document.path().into(), why })
        }
        _ => Ok(()),
    }
}

/// The question about the number column, with the columns that there are.
pub(super) fn which_column(document: &Document) -> String {
    let question =
        format!("which column holds the numbers to suppress: {}", names::listed(document.columns()));
    let are_apart = document.notes().iter().any(|note| note.code == Code::CountryCodesApart);
    match are_apart {
        true => format!(
            "{question}; country codes stand in a column of their own, so write them in front of the numbers first"
        ),
        false => question,
    }
}

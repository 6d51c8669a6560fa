//! The good rows as a list of its own: every number once, in E.164, with its strongest attributes.
//!
//! Sorted by number, the order in which they are held, so that a list of any length is written without being sorted again.
//! Opened as input it holds the same numbers with the same attributes; but a source of several lines that could be taken for
//! rows of their own stands on one.

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{csv_failed, make, unwritable};
use crate::domain::identifier::Identifier;
use crate::domain::text::guarded_value;
use crate::files::{Checked, Document, Field, FileError};

/// Lines of a source, beyond which a reader would take its cell for swallowed rows.
const LINES: usize = 50;

/// Writes the numbers of a checked file as CSV: `number`, `jurisdiction`, `expires` (empty = for ever), `source`, and `row`,
/// the first row of the file that holds the number; where the file has e-mail addresses, `email` too. Cells are formula-safe. Returns how many numbers.
pub fn write_clean(
    document: &Document,
    checked: &Checked,
    out: &Path,
    stop: &CancellationToken,
) -> Result<u64, FileError> {
    make(document, out, stop, |file| {
        let mut lines = csv::Writer::from_writer(file);
        let failed = |error| csv_failed(out, error);
        let emails = document.mapping().columns.contains_key(&Field::Email);
        let head = ["number", "jurisdiction", "expires", "source", "row"];
        lines.write_record(head.into_iter().chain(emails.then_some("email"))).map_err(failed)?;
        for intent in checked.intents.iter() {
            let attributes = &intent.attributes;
            let source = one_line(attributes.source.as_deref().unwrap_or_default());
            let row = intent.row.to_string();
            let (number, email) = match &intent.identifier {
                Identifier::Phone(number) => (number.to_e164(), String::new()),
                Identifier::Email(email) => (String::new(), guarded_value(email.as_str()).into_owned()),
            };
            let expires = attributes.expires.map(date).unwrap_or_default();
            let cells = [&number, attributes.jurisdiction.as_str(), &expires, &guarded_value(&source), &row];
            let email = emails.then_some(email.as_str());
            lines.write_record(cells.into_iter().chain(email)).map_err(failed)?;
        }
        lines.flush().map_err(|error| unwritable(out, error))?;
        Ok(checked.intents.len() as u64)
    })
}

/// The day where it is the end of one, as a date alone is read; else the moment.
fn date(at: Timestamp) -> String {
    let moment = at.to_string();
    moment.strip_suffix("T23:59:59Z").map(str::to_owned).unwrap_or(moment)
}

/// A source of several lines that could be taken for rows of their own stands on one.
fn one_line(source: &str) -> Cow<'_, str> {
    let digits = || source.bytes().filter(u8::is_ascii_digit).count();
    if source.contains(['\n', '\r']) && (digits() >= 7 || source.lines().count() > LINES) {
        return source.replace(['\n', '\r'], " ").into();
    }
    source.into()
}

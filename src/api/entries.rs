//! DNC entries: the write body, and the reading of what comes back.

use jiff::Timestamp;

use super::Error;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::list::ListId;
use crate::domain::phone::E164;

/// One entry to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryWrite {
    /// The number.
    pub number: E164,
    /// The list.
    pub list: ListId,
    /// Required by the platform.
    pub jurisdiction: Jurisdiction,
    /// `None` = for ever: the field is left out.
    pub expires: Option<Timestamp>,
    /// Left out when absent.
    pub source: Option<std::sync::Arc<str>>,
    /// Idempotency key.
    pub key: String,
}

/// Why the tenant refused a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The tenant's code.
    pub code: String,
    /// Its words; not escaped for a terminal.
    pub message: String,
}

/// What the answer says of one row of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// Taken; the id of the record, where told.
    Accepted(Option<String>),
    /// Refused, for good.
    Refused(Refusal),
    /// In neither array: look it up before saying anything about it.
    Unaccounted,
}

/// The reading of an answer, row by row in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntriesReading {
    /// One verdict per row of the request.
    pub rows: Vec<RowVerdict>,
}

/// The body of `POST /dnc/entries`, byte for byte what is sent (and hashed into the intent).
pub fn encode_entries(rows: &[EntryWrite]) -> Vec<u8> {
    let _ = rows;
    todo!()
}

/// Reads `200`/`201` answers. Rows are matched by key, then by number, then by index of an error; never by position
/// alone. A row in both arrays, a row we did not send, or a body that is no JSON is a contract violation.
pub fn read_entries_answer(status: u16, body: &[u8], sent: &[EntryWrite]) -> Result<EntriesReading, Error> {
    let _ = (status, body, sent);
    todo!()
}

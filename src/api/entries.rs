//! DNC entries: the write body, and the reading of what comes back.

mod calls;

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Error;
use super::wire::{Rows, Text, decode, expiry_of, expiry_text, odd, text_of, whole_of, without_people};
use crate::domain::entry::RemoteEntry;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::list::ListId;
use crate::domain::phone::{E164, Normaliser};

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
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The tenant's code.
    pub code: String,
    /// Its words; not escaped for a terminal.
    pub message: String,
}

impl fmt::Debug for Refusal {
    /// The tenant's words may repeat the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("code", &without_people(&self.code, 40))
            .field("message", &without_people(&self.message, 200))
            .finish()
    }
}

/// What the answer says of one row of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// Taken; the id of the record, where told.
    Accepted(Option<String>),
    /// Refused, for good.
    Refused(Refusal),
    /// Not applied, because of others in the same call: to be sent again without them.
    Again,
    /// In neither array: look it up before saying anything about it.
    Unaccounted,
}

/// The reading of an answer, row by row in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntriesReading {
    /// One verdict per row of the request.
    pub rows: Vec<RowVerdict>,
}

/// A row of the body, in the contract's spelling.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireWrite<'a> {
    phone_number: String,
    list_id: &'a str,
    jurisdiction: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    idempotency_key: &'a str,
}

#[derive(Serialize)]
struct WireBatch<'a> {
    data: Vec<WireWrite<'a>>,
}

/// The body of `POST /dnc/entries`, byte for byte what is sent (and hashed into the intent).
pub fn encode_entries(rows: &[EntryWrite]) -> Vec<u8> {
    let data = rows
        .iter()
        .map(|row| WireWrite {
            phone_number: row.number.to_e164(),
            list_id: &row.list.0,
            jurisdiction: row.jurisdiction.as_str(),
            expiration_date: row.expires.map(expiry_text),
            source: row.source.as_deref(),
            idempotency_key: &row.key,
        })
        .collect();
    #[expect(clippy::expect_used, reason = "strings in structs always serialise")]
    serde_json::to_vec(&WireBatch { data }).expect("a batch of entries serialises")
}

/// The answer to a write. Duplicates of a named field are an error of the decoder.
#[derive(Deserialize)]
struct WireAnswer {
    data: Option<Vec<WireTaken>>,
    errors: Option<Vec<WireRefused>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTaken {
    id: Option<Text>,
    phone_number: Option<Text>,
    list_id: Option<Text>,
    idempotency_key: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRefused {
    index: Option<Text>,
    phone_number: Option<Text>,
    idempotency_key: Option<Text>,
    code: Option<Text>,
    message: Option<Text>,
}

/// Finds the row of the request that an item of the answer speaks of.
struct Rowfinder<'a> {
    sent: &'a [EntryWrite],
    by_key: HashMap<&'a str, usize>,
    by_number: HashMap<u64, Vec<usize>>,
}

impl<'a> Rowfinder<'a> {
    fn new(sent: &'a [EntryWrite]) -> Self {
        let mut by_number: HashMap<u64, Vec<usize>> = HashMap::new();
        for (i, row) in sent.iter().enumerate() {
            by_number.entry(row.number.digits()).or_default().push(i);
        }
        let by_key = sent.iter().enumerate().map(|(i, row)| (row.key.as_str(), i)).collect();
        Self { sent, by_key, by_number }
    }

    /// By key, else by number (and list), else by the index of an error. What is told must not contradict itself.
    fn find(
        &self,
        key: Option<&str>,
        number: Option<&str>,
        list: Option<&str>,
        index: Option<usize>,
    ) -> Result<usize, Error> {
        let stranger = || odd("the answer speaks of a row that was not sent");
        let numbered = match number {
            Some(number) => Some(self.of_number(number, list).ok_or_else(stranger)?),
            None => None,
        };
        if let Some(key) = key {
            let row = *self.by_key.get(key).ok_or_else(stranger)?;
            if numbered.is_some_and(|rows| !rows.contains(&row)) {
                return Err(odd("the answer gives a row the key of another"));
            }
            return Ok(row);
        }
        match (numbered.as_deref(), index) {
            (Some([row]), _) => Ok(*row),
            (Some(rows), Some(index)) if rows.contains(&index) => Ok(index),
            (Some(_), _) => Err(odd("the answer does not tell which of two rows of a number it means")),
            (None, Some(index)) if index < self.sent.len() => Ok(index),
            (None, _) => Err(stranger()),
        }
    }

    /// Rows of a number in any spelling that keeps its digits; of one list where the answer names it.
    fn of_number(&self, number: &str, list: Option<&str>) -> Option<Vec<usize>> {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let rows = self.by_number.get(&digits.parse().ok()?)?;
        let rows: Vec<usize> = match list {
            Some(list) => rows.iter().copied().filter(|row| self.sent[*row].list.0 == list).collect(),
            None => rows.clone(),
        };
        (!rows.is_empty()).then_some(rows)
    }
}

/// Reads `200`/`201` answers. Rows are matched by key, then by number, then by index of an error; never by position
/// alone. A row in both arrays, a row we did not send, or a body that is no JSON is a contract violation.
pub fn read_entries_answer(status: u16, body: &[u8], sent: &[EntryWrite]) -> Result<EntriesReading, Error> {
    if !matches!(status, 200 | 201) {
        return Err(odd(format!("{status} has no verdicts on rows")));
    }
    let answer: WireAnswer = decode(body, "the upload of entries")?;
    let finder = Rowfinder::new(sent);
    let mut rows = vec![RowVerdict::Unaccounted; sent.len()];
    for taken in answer.data.unwrap_or_default() {
        let (key, number, list) =
            (text_of(taken.idempotency_key), text_of(taken.phone_number), text_of(taken.list_id));
        let row = finder.find(key.as_deref(), number.as_deref(), list.as_deref(), None)?;
        let verdict = RowVerdict::Accepted(text_of(taken.id));
        match &rows[row] {
            RowVerdict::Unaccounted => rows[row] = verdict,
            // The same record told twice is an echo; two records of one row are not.
            told if *told == verdict => {}
            _ => return Err(odd("the answer takes one row twice")),
        }
    }
    for refused in answer.errors.unwrap_or_default() {
        let index = match &refused.index {
            Some(_) => Some(
                whole_of(refused.index.as_ref())
                    .and_then(|i| usize::try_from(i).ok())
                    .ok_or_else(|| odd("the answer names a row that was not sent"))?,
            ),
            None => None,
        };
        let (key, number) = (text_of(refused.idempotency_key), text_of(refused.phone_number));
        let row = finder.find(key.as_deref(), number.as_deref(), None, index)?;
        match &rows[row] {
            RowVerdict::Accepted(_) => return Err(odd("the answer both takes and refuses one row")),
            // Several reasons for one row: the first stands.
            RowVerdict::Refused(_) => {}
            RowVerdict::Unaccounted | RowVerdict::Again => {
                rows[row] = RowVerdict::Refused(Refusal {
                    code: text_of(refused.code).unwrap_or_default(),
                    message: text_of(refused.message).unwrap_or_default(),
                });
            }
        }
    }
    Ok(EntriesReading { rows })
}

/// An entry as the tenant tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEntry {
    id: Option<Text>,
    list_id: Option<Text>,
    phone_number: Option<Text>,
    jurisdiction: Option<Text>,
    expiration_date: Option<Text>,
    source: Option<Text>,
    idempotency_key: Option<Text>,
}

/// Reads a page of entries. Numbers are normalised as everywhere; one that does not parse is kept as it is spelled.
/// `list` stands in where the tenant does not repeat the list that was asked for.
fn read_entries(
    body: &[u8],
    list: Option<&ListId>,
    normaliser: &Normaliser,
) -> Result<Vec<RemoteEntry>, Error> {
    let rows: Rows<WireEntry> = decode(body, "the question for entries")?;
    rows.0
        .into_iter()
        .map(|row| {
            let raw = row.phone_number.map(|text| text.0).unwrap_or_default();
            Ok(RemoteEntry {
                id: text_of(row.id).ok_or_else(|| odd("an entry has no id"))?,
                list: text_of(row.list_id)
                    .map(ListId)
                    .or_else(|| list.cloned())
                    .ok_or_else(|| odd("an entry does not name its list"))?,
                identifier: normaliser.normalise(&raw).ok().map(|phone| phone.number.into()),
                raw,
                jurisdiction: text_of(row.jurisdiction),
                expires: expiry_of(row.expiration_date, "an entry")?,
                source: text_of(row.source),
                key: text_of(row.idempotency_key),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;

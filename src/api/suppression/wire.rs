//! Suppression lists and contacts on the wire.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{ContactWrite, SuppressionList, SuppressionListChange};
use crate::api::entries::{Refusal, RowVerdict};
use crate::api::wire::{Rows, Text, decode, expiry_of, odd, text_of, whole_of};
use crate::api::{EntriesReading, Error};
use crate::domain::contact::RemoteContact;
use crate::domain::identifier::{Email, Identifier};
use crate::domain::list::ListId;
use crate::domain::phone::Normaliser;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireList {
    id: Option<Text>,
    name: Option<Text>,
    description: Option<Text>,
    contact_count: Option<Text>,
}

impl WireList {
    fn into_list(self) -> Result<SuppressionList, Error> {
        Ok(SuppressionList {
            id: ListId(text_of(self.id).ok_or_else(|| odd("a suppression list has no id"))?),
            name: text_of(self.name).unwrap_or_default(),
            description: text_of(self.description).unwrap_or_default(),
            contact_count: whole_of(self.contact_count.as_ref()).and_then(|n| u64::try_from(n).ok()),
        })
    }
}

pub(super) fn read_list(body: &[u8]) -> Result<SuppressionList, Error> {
    decode::<WireList>(body, "the question for a suppression list")?.into_list()
}

pub(super) fn read_lists(body: &[u8]) -> Result<Vec<SuppressionList>, Error> {
    let rows: Rows<WireList> = decode(body, "the question for suppression lists")?;
    rows.0.into_iter().map(WireList::into_list).collect()
}

/// The body of `PATCH /lists/{id}`.
pub(super) fn encode_change(change: &SuppressionListChange) -> Vec<u8> {
    let mut body = serde_json::Map::new();
    body.extend(change.name.as_ref().map(|name| ("name".to_owned(), name.as_str().into())));
    body.extend(change.description.as_ref().map(|text| ("description".to_owned(), text.as_str().into())));
    serde_json::Value::Object(body).to_string().into_bytes()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireWrite<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppress_until: Option<String>,
    version: u8,
}

#[derive(Serialize)]
struct WireBatch<'a> {
    contacts: Vec<WireWrite<'a>>,
}

/// The body of `POST /lists/{id}/contacts`. No identifier may stand in it twice.
pub fn encode_contacts(rows: &[ContactWrite]) -> Vec<u8> {
    let contacts = rows
        .iter()
        .map(|row| {
            let (email, phone_number) = match &row.identifier {
                Identifier::Email(email) => (Some(email.as_str()), None),
                Identifier::Phone(number) => (None, Some(number.to_e164())),
            };
            // An instant and never a date alone: what a date means is nowhere written for this family.
            let suppress_until = row.until.map(|at| at.to_string());
            WireWrite { email, phone_number, reason: row.reason.as_str(), suppress_until, version: 1 }
        })
        .collect();
    #[expect(clippy::expect_used, reason = "strings in structs always serialise")]
    serde_json::to_vec(&WireBatch { contacts }).expect("a batch of contacts serialises")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAnswer {
    status: Option<Text>,
    contact_count: Option<Text>,
    validation_errors: Option<Vec<WireError>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireError {
    index: Option<Text>,
    identifier: Option<Text>,
    email: Option<Text>,
    #[serde(alias = "phone")]
    phone_number: Option<Text>,
    code: Option<Text>,
    message: Option<Text>,
}

/// What two spellings of an identifier have in common.
fn key_of(text: &str) -> String {
    if text.contains('@') {
        text.trim().to_ascii_lowercase()
    } else {
        text.chars().filter(char::is_ascii_digit).collect()
    }
}

fn key_of_row(row: &ContactWrite) -> String {
    match &row.identifier {
        Identifier::Email(email) => email.as_str().to_owned(),
        Identifier::Phone(number) => number.digits().to_string(),
    }
}

/// Reads an answer to a write of contacts, row by row in the order of the request.
///
/// `201`: rows with an error are refused, the others are taken — if the count that is told says so; where it does not, none
/// of them is said to be. `422`: rows with an error are refused, and nothing of the call was applied: the others are
/// [`RowVerdict::Again`]. An error about a row that was not sent, or none at all in a 422, breaks the contract.
pub fn read_contacts_answer(
    status: u16,
    body: &[u8],
    sent: &[ContactWrite],
) -> Result<EntriesReading, Error> {
    if !matches!(status, 200 | 201 | 422) {
        return Err(odd(format!("{status} has no verdicts on rows")));
    }
    let answer: WireAnswer = decode(body, "the upload of contacts")?;
    let by_key: HashMap<String, usize> =
        sent.iter().enumerate().map(|(i, row)| (key_of_row(row), i)).collect();
    let mut rows = vec![RowVerdict::Unaccounted; sent.len()];
    for error in answer.validation_errors.unwrap_or_default() {
        let row = error.find(&by_key, sent.len())?;
        // Several reasons for one row: the first stands.
        if rows[row] == RowVerdict::Unaccounted {
            rows[row] = RowVerdict::Refused(Refusal {
                code: text_of(error.code).unwrap_or_default(),
                message: text_of(error.message).unwrap_or_default(),
            });
        }
    }
    let refused = rows.iter().filter(|verdict| **verdict != RowVerdict::Unaccounted).count();
    let others = match status {
        422 if refused == 0 => return Err(odd("contacts were refused without a word on which")),
        422 => RowVerdict::Again,
        _ => {
            let done =
                text_of(answer.status).is_some_and(|word| word.trim().eq_ignore_ascii_case("COMPLETED"));
            let count = whole_of(answer.contact_count.as_ref()).and_then(|n| usize::try_from(n).ok());
            if done && count == Some(sent.len() - refused) {
                RowVerdict::Accepted(None)
            } else {
                RowVerdict::Unaccounted
            }
        }
    };
    for verdict in rows.iter_mut().filter(|verdict| **verdict == RowVerdict::Unaccounted) {
        *verdict = others.clone();
    }
    Ok(EntriesReading { rows })
}

impl WireError {
    /// The row it is about: by its identifier, by its position only where none is told. An identifier that nobody sent is not
    /// made good by a position, and what is told must not contradict itself.
    fn find(&self, by_key: &HashMap<String, usize>, sent: usize) -> Result<usize, Error> {
        let stranger = || odd("the answer speaks of a contact that was not sent");
        let told = [&self.identifier, &self.email, &self.phone_number];
        let mut named = None;
        for text in told.into_iter().flatten().filter(|text| !text.0.trim().is_empty()) {
            let row = *by_key.get(&key_of(&text.0)).ok_or_else(stranger)?;
            if named.replace(row).is_some_and(|before| before != row) {
                return Err(odd("the answer names two contacts in one error"));
            }
        }
        let index = match &self.index {
            Some(_) => Some(
                whole_of(self.index.as_ref())
                    .and_then(|i| usize::try_from(i).ok())
                    .filter(|i| *i < sent)
                    .ok_or_else(stranger)?,
            ),
            None => None,
        };
        match (named, index) {
            (Some(row), Some(index)) if row != index => {
                Err(odd("the answer gives a contact the place of another"))
            }
            (Some(row), _) | (None, Some(row)) => Ok(row),
            (None, None) => Err(stranger()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContact {
    email: Option<Text>,
    #[serde(alias = "phone")]
    phone_number: Option<Text>,
    reason: Option<Text>,
    suppress_until: Option<Text>,
}

/// Reads a page of contacts.
pub(super) fn read_contacts(body: &[u8], normaliser: &Normaliser) -> Result<Vec<RemoteContact>, Error> {
    #[derive(Deserialize)]
    struct Enveloped {
        contacts: Vec<WireContact>,
    }
    // The write's own envelope, beside those of the other families.
    let rows = match decode::<Enveloped>(body, "the question for contacts") {
        Ok(enveloped) => enveloped.contacts,
        Err(_) => decode::<Rows<WireContact>>(body, "the question for contacts")?.0,
    };
    rows.into_iter()
        .map(|row| {
            let (raw, identifier) = match (text_of(row.phone_number), text_of(row.email)) {
                (Some(phone), _) => {
                    let read = normaliser.normalise(&phone).ok();
                    (phone, read.map(|it| Identifier::Phone(it.number)))
                }
                (None, Some(email)) => {
                    let read = Email::parse(&email).map(Identifier::Email);
                    (email, read)
                }
                (None, None) => (String::new(), None),
            };
            Ok(RemoteContact {
                raw,
                identifier,
                reason: text_of(row.reason),
                until: expiry_of(row.suppress_until, "a contact")?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;

//! What a batch sends, how, and what its answer says: the one place that tells the destinations apart while sending.

use tokio_util::sync::CancellationToken;

use super::{Engine, Halt, idempotency_key};
use crate::api::{
    self, Attempt, BulkWrite, Client, ContactWrite, EntriesReading, EntryWrite, ItemWrite, RawAnswer,
};
use crate::domain::contact::Reason;
use crate::domain::list::ListId;
use crate::domain::plan::{Destination, NOTES, PlanRow, REASON};
use crate::files::reduced_name;

/// Rows of a batch, in the shape of their destination.
pub(super) enum Writes {
    Entries(Vec<EntryWrite>),
    Items(Vec<ItemWrite>),
    Contacts(Vec<ContactWrite>),
    Bulk(Vec<BulkWrite>),
}

impl Engine {
    /// What the rows send. Each sends something: the ledger stores no plan that has addresses for a list of numbers.
    pub(super) async fn writes(&self, rows: &[u32]) -> Result<Writes, Halt> {
        let rows = self.rows.pick(rows).await?;
        let rows = rows.iter();
        Ok(match self.plan.destination {
            Destination::Entries => Writes::Entries(rows.filter_map(|row| self.entry(row)).collect()),
            Destination::Items => Writes::Items(rows.filter_map(item).collect()),
            Destination::Suppression => Writes::Contacts(rows.map(contact).collect()),
            Destination::Outbound => Writes::Bulk(rows.filter_map(bulk).collect()),
        })
    }

    fn entry(&self, row: &PlanRow) -> Option<EntryWrite> {
        Some(EntryWrite {
            number: row.identifier.phone()?,
            list: self.plan.list.clone(),
            jurisdiction: row.attributes.jurisdiction,
            expires: row.attributes.expires,
            source: row.attributes.source.clone(),
            key: idempotency_key(&self.ops.profile().tenant, &self.plan.list.0, row),
        })
    }
}

fn item(row: &PlanRow) -> Option<ItemWrite> {
    Some(ItemWrite {
        number: row.identifier.phone()?,
        source: row.attributes.source.clone(),
        notes: row.extra.get(NOTES).cloned(),
    })
}

fn contact(row: &PlanRow) -> ContactWrite {
    ContactWrite {
        identifier: row.identifier.clone(),
        reason: row.extra.get(REASON).and_then(|word| Reason::parse(word)).unwrap_or_default(),
        until: row.attributes.expires,
    }
}

/// The columns that an outbound contact has fields of its own for; every other one is a custom field.
fn bulk(row: &PlanRow) -> Option<BulkWrite> {
    let number = row.identifier.phone()?;
    let mut write = BulkWrite { number, first_name: None, last_name: None, email: None, custom: Vec::new() };
    for (name, value) in row.extra.values() {
        let field = match reduced_name(name).as_str() {
            "firstname" | "givenname" => &mut write.first_name,
            "lastname" | "surname" | "familyname" => &mut write.last_name,
            "email" | "emailaddress" => &mut write.email,
            _ => {
                write.custom.push((name.clone(), value.clone()));
                continue;
            }
        };
        match field {
            None => *field = Some(value.clone()),
            // Two columns of one meaning: the second is kept under its own name.
            Some(_) => write.custom.push((name.clone(), value.clone())),
        }
    }
    Some(write)
}

impl Writes {
    /// The body, byte for byte what is sent (and hashed into the intent).
    pub(super) fn encode(&self, list: &ListId) -> Vec<u8> {
        match self {
            Self::Entries(rows) => api::encode_entries(rows),
            Self::Items(rows) => api::encode_items(rows),
            Self::Contacts(rows) => api::encode_contacts(rows),
            Self::Bulk(rows) => api::encode_bulk(list, rows),
        }
    }

    /// Whether a row is settled long after the answer to its call: items are read back, jobs are followed.
    pub(super) fn are_settled_later(&self) -> bool {
        matches!(self, Self::Items(_) | Self::Bulk(_))
    }

    /// What an answer says of the rows. For those that are settled later: only whether it is understood.
    pub(super) fn read(&self, answer: &RawAnswer) -> Result<EntriesReading, api::Error> {
        match self {
            Self::Entries(rows) => api::read_entries_answer(answer.status, &answer.body, rows),
            Self::Contacts(rows) => api::read_contacts_answer(answer.status, &answer.body, rows),
            Self::Items(rows) => api::read_items_answer(&answer.body).map(|()| unsettled(rows.len())),
            Self::Bulk(rows) => api::read_bulk_answer(&answer.body).map(|_| unsettled(rows.len())),
        }
    }
}

fn unsettled(rows: usize) -> EntriesReading {
    EntriesReading { rows: vec![api::RowVerdict::Unaccounted; rows] }
}

/// Sends one batch.
pub(super) async fn post(
    client: &Client,
    to: Destination,
    list: &ListId,
    body: Vec<u8>,
    stop: &CancellationToken,
) -> Attempt {
    match to {
        Destination::Entries => client.post_entries(body, stop).await,
        Destination::Items => taken_is_answered(client.post_items(list, body, stop).await),
        Destination::Suppression => {
            refused_is_answered(client.post_suppression_contacts(list, body, stop).await)
        }
        Destination::Outbound => client.bulk_insert(body, stop).await,
    }
}

/// Items that were taken into the queue are answered: the answer is journalled, and the list is read later.
fn taken_is_answered(attempt: Attempt) -> Attempt {
    match attempt {
        Attempt::Indeterminate { raw: Some(raw), .. } if (200..=204).contains(&raw.status) => {
            Attempt::Answered(raw)
        }
        other => other,
    }
}

/// A 422 has verdicts on contacts.
fn refused_is_answered(attempt: Attempt) -> Attempt {
    match attempt {
        Attempt::NotApplied { raw: Some(raw), .. } if raw.status == 422 => Attempt::Answered(raw),
        other => other,
    }
}

//! Items of DNC lists: numbers that are queued for the suppression index, without a verdict on any of them. Which stand on
//! the list is read there.

use std::fmt;
use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::ask::Ask;
use super::client::Client;
use super::outcome::Write;
use super::scope::Family;
use super::wire::{Rows, Text, decode, text_of};
use super::{Attempt, Error};
use crate::domain::contact::RemoteItem;
use crate::domain::list::ListId;
use crate::domain::phone::{E164, Normaliser};

/// One item to write.
#[derive(Clone, PartialEq, Eq)]
pub struct ItemWrite {
    /// The number.
    pub number: E164,
    /// Where it comes from; left out when absent.
    pub source: Option<Arc<str>>,
    /// What else is said of it; left out when absent.
    pub notes: Option<Arc<str>>,
}

impl fmt::Debug for ItemWrite {
    /// Notes may hold anything about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemWrite").field("number", &self.number).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireWrite<'a> {
    phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
}

/// The body of `POST /dnc/lists/{id}/items`.
pub fn encode_items(rows: &[ItemWrite]) -> Vec<u8> {
    let rows: Vec<WireWrite<'_>> = rows
        .iter()
        .map(|row| WireWrite {
            phone_number: row.number.to_e164(),
            source: row.source.as_deref(),
            notes: row.notes.as_deref(),
        })
        .collect();
    #[expect(clippy::expect_used, reason = "strings in structs always serialise")]
    serde_json::to_vec(&rows).expect("a batch of items serialises")
}

/// Whether an answer to a write of items is one of the tenant's: whatever it says, or nothing. A web page is none, and
/// whoever sent it has taken no items.
pub fn read_items_answer(body: &[u8]) -> Result<(), Error> {
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    decode::<IgnoredAny>(body, "the upload of items").map(drop)
}

#[derive(Deserialize)]
struct WireItem {
    #[serde(rename = "phoneNumber", alias = "phone")]
    phone_number: Option<Text>,
    source: Option<Text>,
}

/// Reads a page of items, or of contacts of an outbound list. A number that does not parse is kept as it is spelled.
pub(super) fn read_items(body: &[u8], normaliser: &Normaliser) -> Result<Vec<RemoteItem>, Error> {
    let rows: Rows<WireItem> = decode(body, "the question for items")?;
    let items = rows.0.into_iter().map(|row| {
        let raw = row.phone_number.map(|text| text.0).unwrap_or_default();
        let number = normaliser.normalise(&raw).ok().map(|phone| phone.number);
        RemoteItem { raw, number, source: text_of(row.source) }
    });
    Ok(items.collect())
}

impl Client {
    /// One attempt to queue items, as [`encode_items`] wrote them. It is never answered by more than *taken*: that is
    /// [`Attempt::Indeterminate`] with the answer, and the list has to be read. It may be sent again.
    pub async fn post_items(&self, list: &ListId, body: Vec<u8>, stop: &CancellationToken) -> Attempt {
        let path = ["dnc", "lists", list.0.as_str(), "items"];
        self.attempt(Write::Items, Ask::post(Family::Items, "the list", &path, body), stop).await
    }

    /// One page of a list's items, from 1. An empty page is the last.
    pub async fn items_page(&self, list: &ListId, page: u64, size: usize) -> Result<Vec<RemoteItem>, Error> {
        let path = ["dnc", "lists", list.0.as_str(), "items"];
        let ask = Ask::get(Family::Items, "the list", &path);
        self.page(ask, (page, size), |body| read_items(body, self.normaliser())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::{PhonePolicy, Region};

    #[test]
    fn what_is_not_known_is_left_out() {
        let number = E164::from_canonical("+12025550101").unwrap();
        let rows = [
            ItemWrite { number, source: None, notes: None },
            ItemWrite { number, source: Some("web".into()), notes: Some("asked twice".into()) },
        ];
        assert_eq!(
            String::from_utf8(encode_items(&rows)).unwrap(),
            r#"[{"phoneNumber":"+12025550101"},{"phoneNumber":"+12025550101","source":"web","notes":"asked twice"}]"#
        );
    }

    #[test]
    fn a_web_page_takes_no_items() {
        for taken in ["", " ", "{}", r#"{"queued":3}"#, "[]"] {
            assert!(read_items_answer(taken.as_bytes()).is_ok(), "{taken:?}");
        }
        for odd in ["<!doctype html>", "{\"queued\":", "OK"] {
            assert!(matches!(read_items_answer(odd.as_bytes()), Err(Error::Protocol { .. })), "{odd:?}");
        }
    }

    #[test]
    fn another_spelling_is_the_same_number_and_what_is_none_is_kept() {
        let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
        let body = br#"{"entities":[{"phoneNumber":"(202) 555-0101"},{"phoneNumber":"front desk"},{}]}"#;
        let items = read_items(body, &normaliser).unwrap();
        assert_eq!(items[0].number, E164::from_canonical("+12025550101"));
        assert_eq!((items[1].number, items[1].raw.as_str()), (None, "front desk"));
        assert_eq!((items[2].number, items[2].raw.as_str()), (None, ""));
        assert!(read_items(br#"{"entities":null}"#, &normaliser).is_err());
    }
}

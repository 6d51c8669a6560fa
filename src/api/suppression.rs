//! Suppression lists: made, found, changed on the version that was looked at, and their contacts.

mod wire;

use std::fmt;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::ask::Ask;
use super::client::Client;
use super::outcome::Write;
use super::rules::Versioned;
use super::scope::Family;
use super::single::{is, unlike};
use super::wire::odd;
use super::{Attempt, Error};
use crate::domain::contact::{Reason, RemoteContact};
use crate::domain::identifier::Identifier;
use crate::domain::list::ListId;
pub use wire::{encode_contacts, read_contacts_answer};
use wire::{read_contacts, read_list, read_lists};

/// Lists of one page.
const PAGE: usize = 100;
const PATH: [&str; 1] = ["lists"];
const WHAT: &str = "the suppression list";

/// A suppression list, as the tenant describes it. Strings are the tenant's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionList {
    /// The tenant's id.
    pub id: ListId,
    /// The name people know it by.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Number of contacts, where the tenant says it.
    pub contact_count: Option<u64>,
}

/// Fields of a suppression list that change; `None` = stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppressionListChange {
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
}

impl SuppressionListChange {
    /// The fields in which a list is not as wanted, by their names on the wire.
    pub fn differs_from(&self, list: &SuppressionList) -> Vec<&'static str> {
        unlike([
            ("name", is(self.name.as_ref(), &list.name)),
            ("description", is(self.description.as_ref(), &list.description)),
        ])
    }
}

/// One contact to write.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactWrite {
    /// Whom it means: the key of the contact, of which the last write wins.
    pub identifier: Identifier,
    /// Why.
    pub reason: Reason,
    /// Until when; `None` = for ever, and the field is left out.
    pub until: Option<Timestamp>,
}

impl fmt::Debug for ContactWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactWrite").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl Client {
    /// Every suppression list.
    pub async fn suppression_lists(&self) -> Result<Vec<SuppressionList>, Error> {
        let asked = (Family::SuppressionLists, "the suppression lists", &PATH[..]);
        let only = Some(("listType", "suppression"));
        self.all_pages(asked, PAGE, only, read_lists, |list| list.id.0.clone()).await
    }

    /// One suppression list with its version.
    pub async fn suppression_list(&self, id: &ListId) -> Result<Versioned<SuppressionList>, Error> {
        let path = ["lists", id.0.as_str()];
        let answer = self.read(Ask::get(Family::SuppressionLists, WHAT, &path)).await?;
        let list = read_list(&answer.raw.body)?;
        if list.id != *id {
            return Err(odd("the answer tells of another list"));
        }
        Ok(Versioned { now: list, version: answer.version })
    }

    async fn suppression_list_named(&self, name: &str) -> Result<Option<SuppressionList>, Error> {
        let lists = self.suppression_lists().await?;
        let mut equal = lists.into_iter().filter(|list| list.name == name);
        let first = equal.next();
        if equal.next().is_some() {
            let detail = "several suppression lists carry exactly this name";
            return Err(Error::Rejected { status: 409, detail: detail.into() });
        }
        Ok(first)
    }

    /// Makes a suppression list, or finds the one with the *equal* name. The boolean says whether it was made now. A lost
    /// answer is looked up before the list is made again.
    pub async fn create_suppression_list(&self, name: &str) -> Result<(SuppressionList, bool), Error> {
        if let Some(list) = self.suppression_list_named(name).await? {
            return Ok((list, false));
        }
        let body = serde_json::json!({ "name": name, "listType": "suppression" }).to_string().into_bytes();
        let ask = || Ask::post(Family::SuppressionLists, "the suppression lists", &PATH, body.clone());
        let find = || self.suppression_list_named(name);
        let made = |_| async move {
            let found = self.suppression_list_named(name).await?;
            found.ok_or_else(|| odd("the list that was made is not there"))
        };
        self.create(WHAT, ask, made, find).await
    }

    /// Changes a suppression list that is still in `version`: nothing is ever written over what was not looked at. A change
    /// of somebody else is [`Error::Conflict`], and theirs stays.
    pub async fn change_suppression_list(
        &self,
        id: &ListId,
        version: &str,
        change: &SuppressionListChange,
    ) -> Result<Versioned<SuppressionList>, Error> {
        let path = ["lists", id.0.as_str()];
        let ask = || {
            let body = wire::encode_change(change);
            Ask::patch(Family::SuppressionLists, WHAT, &path, body).if_match(Some(version))
        };
        let now = || self.suppression_list(id);
        self.change(WHAT, ask, now, |list| change.differs_from(&list.now)).await
    }

    /// One attempt to write contacts, as [`encode_contacts`] wrote them; [`read_contacts_answer`] reads what came back, also
    /// from a refusal with status 422. It may be sent again.
    pub async fn post_suppression_contacts(
        &self,
        list: &ListId,
        body: Vec<u8>,
        stop: &CancellationToken,
    ) -> Attempt {
        let path = ["lists", list.0.as_str(), "contacts"];
        let ask = Ask::post(Family::SuppressionContacts, WHAT, &path, body);
        self.attempt(Write::SuppressionContacts, ask, stop).await
    }

    /// One page of a suppression list's contacts, from 1. An empty page is the last.
    pub async fn suppression_contacts_page(
        &self,
        list: &ListId,
        page: u64,
        size: usize,
    ) -> Result<Vec<RemoteContact>, Error> {
        let path = ["lists", list.0.as_str(), "contacts"];
        let ask = Ask::get(Family::SuppressionContacts, WHAT, &path);
        self.page(ask, (page, size), |body| read_contacts(body, self.normaliser())).await
    }
}

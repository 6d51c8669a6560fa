//! DNC lists: both dialects of their bodies, and the finding of a list that is there already.

mod wire;

use jiff::Timestamp;

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::scope::Family;
use super::single::{is, unlike};
use super::wire::odd;
use crate::domain::list::{DncList, ListId};
use wire::{encode_change, encode_list, of_equal_name, read_created, read_list, read_lists};

/// Lists of one page.
const PAGE: usize = 100;
const PATH: [&str; 2] = ["dnc", "lists"];
const WHAT: &str = "the list";

/// Which body the tenant takes for a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListDialect {
    /// `name`, `type`, `isActive`.
    #[default]
    Entries,
    /// `listName`, `sourceType`, `scope`; such a list is active from the start.
    Items,
}

/// A list to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewList {
    /// Its name: what it is found by afterwards.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The tenant's word for where its numbers come from: `MANUAL`, `SYSTEM`; in the other dialect also `REGULATORY`
    /// and `CUSTOMER_REQUEST`.
    pub kind: String,
    /// Expiry of entries that bring none; `None` = never.
    pub default_expires: Option<Timestamp>,
    /// Whether the platform uses it from the start.
    pub active: bool,
}

impl NewList {
    /// A list of numbers that somebody entered.
    pub fn manual(name: &str, description: &str, active: bool) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            kind: "MANUAL".into(),
            default_expires: None,
            active,
        }
    }
}

/// Fields of a list that change; `None` = stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListChange {
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Expiry of entries that bring none.
    pub default_expires: Option<Timestamp>,
    /// Whether the platform uses it.
    pub active: Option<bool>,
}

impl Client {
    /// Every DNC list, all pages.
    pub async fn lists(&self) -> Result<Vec<DncList>, Error> {
        self.lists_that(None).await
    }

    async fn lists_that(&self, query: Option<(&str, &str)>) -> Result<Vec<DncList>, Error> {
        let asked = (Family::Lists, "the lists", &PATH[..]);
        self.all_pages(asked, PAGE, query, read_lists, |list| list.id.0.clone()).await
    }

    /// One list by its id.
    pub async fn list(&self, id: &ListId) -> Result<DncList, Error> {
        let answer = self.read(Ask::get(Family::Lists, WHAT, &["dnc", "lists", &id.0])).await?;
        let list = read_list(&answer.raw.body)?;
        if list.id != *id {
            return Err(odd("the answer tells of another list"));
        }
        Ok(list)
    }

    /// Creates a list, or finds the one with the *equal* name. The boolean says whether it was made now.
    ///
    /// A lost answer is looked up by that name before the list is created again, so that there are never two; what was
    /// there before is looked up before the first attempt, so that it is never taken for ours. A list that was there already
    /// is returned as it is: whether it is the one that was meant is the caller's to compare.
    pub async fn create_list(&self, new: &NewList, dialect: ListDialect) -> Result<(DncList, bool), Error> {
        let body = encode_list(new, dialect)?;
        if let Some(there) = self.list_named(&new.name).await? {
            return Ok((there, false));
        }
        let ask = || Ask::post(Family::Lists, "the lists", &PATH, body.clone());
        let made = |body: Vec<u8>| async move {
            let told = read_created(&body, new)?;
            self.read_made(WHAT, || self.list(&told.id)).await
        };
        self.create(WHAT, ask, made, || self.list_named(&new.name)).await
    }

    /// The list of exactly this name, if there is one; an error where several carry it.
    pub async fn list_named(&self, name: &str) -> Result<Option<DncList>, Error> {
        of_equal_name(self.lists_that(Some(("query", name))).await?, name)
    }

    /// Changes fields of a list to fixed values. A lost answer is settled by reading the list back.
    pub async fn change_list(&self, id: &ListId, change: &ListChange) -> Result<DncList, Error> {
        let path = ["dnc", "lists", id.0.as_str()];
        let ask = || Ask::patch(Family::Lists, WHAT, &path, encode_change(change));
        self.change(WHAT, ask, || self.list(id), |list| change.differs_from(list)).await
    }
}

impl ListChange {
    /// The fields in which a list is not as wanted, by their names on the wire.
    pub fn differs_from(&self, list: &DncList) -> Vec<&'static str> {
        let Self { name, description, default_expires, active } = self;
        unlike([
            ("name", is(name.as_ref(), &list.name)),
            ("description", is(description.as_ref(), &list.description)),
            ("defaultExpirationDate", default_expires.is_none_or(|at| list.default_expires == Some(at))),
            ("isActive", is(active.as_ref(), &list.active)),
        ])
    }
}

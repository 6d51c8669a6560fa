//! The calls of the entries family.

use tokio_util::sync::CancellationToken;

use super::read_entries;
use crate::api::ask::Ask;
use crate::api::client::Client;
use crate::api::outcome::Write;
use crate::api::paging::Listing;
use crate::api::scope::Family;
use crate::api::wire::odd;
use crate::api::{Attempt, Error};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::ListId;
use crate::domain::phone::E164;

const PATH: [&str; 2] = ["dnc", "entries"];
/// Entries of one page where one number is asked for.
const ENTRIES_PAGE: u64 = 1_000;

fn ask() -> Ask<'static> {
    Ask::get(Family::Entries, "the list", &PATH)
}

impl Client {
    /// One page of a list's entries. An empty page is the last; a short one need not be.
    ///
    /// A page that holds an entry of another list is an error: the tenant did not understand the question.
    pub async fn entries_page(
        &self,
        list: &ListId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<RemoteEntry>, Error> {
        let ask = ask().with("listId", &list.0).with("limit", limit).with("offset", offset);
        let entries = self.entries(ask, Some(list)).await?;
        if entries.iter().any(|entry| entry.list != *list) {
            return Err(odd("a page of one list holds entries of another"));
        }
        Ok(entries)
    }

    async fn entries(&self, ask: Ask<'_>, list: Option<&ListId>) -> Result<Vec<RemoteEntry>, Error> {
        let answer = self.read(ask).await?;
        read_entries(&answer.raw.body, list, self.normaliser())
    }

    /// The entries of one number, on one list or on all. Also right where the tenant does not filter.
    pub async fn entries_of(&self, number: E164, list: Option<&ListId>) -> Result<Vec<RemoteEntry>, Error> {
        let mut found = Vec::new();
        let mut listing = Listing::new();
        let mut offset = 0;
        loop {
            let mut ask = ask()
                .with("phoneNumber", number.to_e164())
                .with("limit", ENTRIES_PAGE)
                .with("offset", offset);
            if let Some(list) = list {
                ask = ask.with("listId", &list.0);
            }
            let page = self.entries(ask, list).await?;
            let count = page.len() as u64;
            let Some(news) = listing.news(page, |entry| entry.id.clone()) else {
                // A full page without news: whether more entries exist cannot be told, so there is no answer.
                return match count < ENTRIES_PAGE {
                    true => Ok(found),
                    false => Err(odd("the entries of a number repeat the same page")),
                };
            };
            found.extend(news.into_iter().filter(|entry| {
                entry.identifier == Some(number.into()) && list.is_none_or(|list| entry.list == *list)
            }));
            offset += count;
        }
    }

    /// One attempt to write entries, as [`encode_entries`](super::encode_entries) wrote them.
    pub async fn post_entries(&self, body: Vec<u8>, stop: &CancellationToken) -> Attempt {
        let ask = Ask::post(Family::Entries, "the list", &PATH, body);
        self.attempt(Write::Entries, ask, stop).await
    }

    /// Removes one entry. A 404 counts as removed.
    pub async fn delete_entry(&self, id: &str, stop: &CancellationToken) -> Attempt {
        let path = ["dnc", "entries", id];
        let ask = Ask::delete(Family::Entries, "the entry", &path);
        self.attempt(Write::Removal, ask, stop).await
    }
}

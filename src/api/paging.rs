//! Paging: by number (`pageNumber`, `pageSize`) here, by offset where a family says so; one rule for where a listing ends.

use std::collections::HashSet;
use std::hash::Hash;

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::scope::Family;

/// What a listing has brought so far. It ends with an empty page, or with one that brings nothing new (a tenant that does
/// not page). A short page ends nothing: a tenant may give fewer rows than it was asked for, on every page.
#[derive(Debug)]
pub(super) struct Listing<Id>(HashSet<Id>);

impl<Id: Hash + Eq> Listing<Id> {
    pub(super) fn new() -> Self {
        Self(HashSet::new())
    }

    /// The rows of a page that no page before it held; `None` = the listing ends here.
    pub(super) fn news<T>(&mut self, page: Vec<T>, id_of: impl Fn(&T) -> Id) -> Option<Vec<T>> {
        let news: Vec<T> = page.into_iter().filter(|row| self.0.insert(id_of(row))).collect();
        (!news.is_empty()).then_some(news)
    }
}

impl Client {
    /// One page of a kind of thing.
    pub(super) async fn page<T>(
        &self,
        ask: Ask<'_>,
        (number, size): (u64, usize),
        read: impl Fn(&[u8]) -> Result<Vec<T>, Error>,
    ) -> Result<Vec<T>, Error> {
        let answer = self.read(ask.with("pageNumber", number).with("pageSize", size)).await?;
        read(&answer.raw.body)
    }

    /// Every page.
    pub(super) async fn all_pages<T, Id: Hash + Eq>(
        &self,
        (family, what, path): (Family, &'static str, &[&str]),
        size: usize,
        query: Option<(&str, &str)>,
        read: impl Fn(&[u8]) -> Result<Vec<T>, Error>,
        id_of: impl Fn(&T) -> Id,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut listing = Listing::new();
        for number in 1_u64.. {
            let mut ask = Ask::get(family, what, path);
            if let Some((name, value)) = query {
                ask = ask.with(name, value);
            }
            let page = self.page(ask, (number, size), &read).await?;
            let Some(news) = listing.news(page, &id_of) else { break };
            all.extend(news);
        }
        Ok(all)
    }
}

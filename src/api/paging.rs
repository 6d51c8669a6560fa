//! Paging by number: `pageNumber` and `pageSize`.

use std::collections::HashSet;
use std::hash::Hash;

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::scope::Family;

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

    /// Every page until a short one, or one that brings nothing new (a tenant that does not page).
    pub(super) async fn all_pages<T, Id: Hash + Eq>(
        &self,
        (family, what, path): (Family, &'static str, &[&str]),
        size: usize,
        query: Option<(&str, &str)>,
        read: impl Fn(&[u8]) -> Result<Vec<T>, Error>,
        id_of: impl Fn(&T) -> Id,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        for number in 1_u64.. {
            let mut ask = Ask::get(family, what, path);
            if let Some((name, value)) = query {
                ask = ask.with(name, value);
            }
            let rows = self.page(ask, (number, size), &read).await?;
            let (count, known) = (rows.len(), seen.len());
            all.extend(rows.into_iter().filter(|row| seen.insert(id_of(row))));
            if count < size || seen.len() == known {
                break;
            }
        }
        Ok(all)
    }
}

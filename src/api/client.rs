//! The client: one typed method per endpoint that this release uses.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::call::{Call, Sent, Wire, error_of};
use super::entries::read_entries;
use super::limiter::Until;
use super::lists::{encode_list, of_equal_name, read_created, read_lists};
use super::records::{encode_query, read_records};
use super::retry::{Backoff, Patience};
use super::rules::read_rules;
use super::scope::Family;
use super::transport::Broke;
use super::wire::odd;
use super::write::{attempt_of, attempt_of_removal};
use super::{Attempt, Credentials, Deadlines, Endpoints, Error, Limits};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::{E164, Normaliser};
use crate::domain::rule::Rule;
use crate::domain::verdict::DncRecord;

/// Lists or rules of one page.
const CATALOGUE_PAGE: usize = 100;
/// Entries of one page where one number is asked for.
const ENTRIES_PAGE: u64 = 1_000;
/// Gauges are shown once more when the last second has passed over the last call.
const SETTLED: Duration = Duration::from_millis(1_100);

/// What the header shows of the connection. Latest wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// Seconds until the token must be refreshed, at the time of the last change; `None` = no token yet.
    pub token_seconds: Option<u64>,
    /// Calls of the entries family in the last second.
    pub entries_rate: f64,
    /// Allowed calls per second of the entries family, as lowered by 429s.
    pub entries_limit: f64,
    /// Calls repeated since start.
    pub retries: u64,
    /// 429s since start.
    pub throttled: u64,
    /// Calls made since start, all families.
    pub calls: u64,
    /// Whether the circuit is open.
    pub circuit_open: bool,
}

struct Shared {
    wire: Wire,
    limits: Limits,
    normaliser: Normaliser,
    api_url: String,
    /// A late look at the gauges is on its way.
    settling: AtomicBool,
}

/// A tenant's client. Cheap to clone; clones share token, limiters and circuit.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client. No call is made. `normaliser` reads the numbers of remote records.
    pub fn new(
        endpoints: Endpoints,
        limits: Limits,
        deadlines: Deadlines,
        credentials: Credentials,
        normaliser: Normaliser,
    ) -> Result<Self, Error> {
        Self::with_patience(endpoints, limits, deadlines, Patience::default(), credentials, normaliser)
    }

    /// Makes a client that repeats calls more or less patiently than usual.
    pub fn with_patience(
        endpoints: Endpoints,
        limits: Limits,
        deadlines: Deadlines,
        patience: Patience,
        credentials: Credentials,
        normaliser: Normaliser,
    ) -> Result<Self, Error> {
        let wire = Wire::new(&endpoints, &limits, deadlines, patience, credentials)?;
        let api_url = endpoints.api_url;
        let shared = Shared { wire, limits, normaliser, api_url, settling: AtomicBool::new(false) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The connection's gauges.
    pub fn gauges(&self) -> watch::Receiver<Gauges> {
        self.shared.wire.gauges.subscribe()
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Seconds by which the tenant's clock is ahead of this machine's (below zero: behind), by the `Date` of the last
    /// answered call. `None` = no call was answered, or the tenant tells no date.
    pub fn clock_skew(&self) -> Option<i64> {
        self.wire().clock_skew()
    }

    /// `GET /users/me`: proves that the token works.
    pub async fn me(&self) -> Result<(), Error> {
        self.read(Family::Me, "the own user", Method::GET, &["users", "me"], &[], None).await.map(|_| ())
    }

    /// Every DNC list, all pages.
    pub async fn lists(&self) -> Result<Vec<DncList>, Error> {
        let path = ["dnc", "lists"];
        self.catalogue(Family::Lists, "the lists", &path, &[], read_lists, |list| list.id.0.clone()).await
    }

    /// Creates a list; on 409 finds the one with the *equal* name.
    ///
    /// A lost answer is looked up by that name before the list is created again, so that there are never two.
    pub async fn create_list(&self, name: &str, description: &str, active: bool) -> Result<DncList, Error> {
        let patience = self.wire().patience;
        let mut backoff = Backoff::within(patience.first_pause, patience.longest_pause, fastrand::u64(..));
        let body = encode_list(name, description, active);
        let call = self.call(Family::Lists, "the lists", Method::POST, &["dnc", "lists"], &[], Some(body))?;
        for attempt in 1.. {
            let sent = self.wire().send(&call, Until::Deadline(self.wire().deadline())).await;
            self.settle();
            let (error, after) = match sent {
                Sent::Answer(answer) => match answer.status() {
                    200 | 201 => return read_created(&answer.raw.body, name, description, active),
                    409 => {
                        let found = self.list_named(name).await?;
                        return found.ok_or_else(|| error_of(&call, &answer));
                    }
                    408 | 429 | 500 | 502..=504 => (error_of(&call, &answer), answer.after),
                    _ => return Err(error_of(&call, &answer)),
                },
                Sent::Fault(fault) if fault.broke == Broke::Certificate => return Err(fault.error()),
                Sent::Fault(fault) => (fault.error(), None),
                Sent::Nothing { error, .. } => return Err(error),
            };
            if attempt >= patience.attempts {
                return Err(error);
            }
            tokio::time::sleep(backoff.next(after)).await;
            if let Some(list) = self.list_named(name).await? {
                return Ok(list);
            }
        }
        Err(odd("no attempt was made"))
    }

    async fn list_named(&self, name: &str) -> Result<Option<DncList>, Error> {
        let query = [("query", name.to_owned())];
        let path = ["dnc", "lists"];
        let found = self
            .catalogue(Family::Lists, "the lists", &path, &query, read_lists, |list| list.id.0.clone())
            .await?;
        of_equal_name(found, name)
    }

    /// Every rule.
    pub async fn rules(&self) -> Result<Vec<Rule>, Error> {
        let path = ["dnc", "rules"];
        self.catalogue(Family::Rules, "the rules", &path, &[], read_rules, |rule| rule.id.clone()).await
    }

    /// Pages through lists or rules until a short page, or one that brings nothing new (a tenant that does not page).
    async fn catalogue<T>(
        &self,
        family: Family,
        what: &'static str,
        path: &[&str],
        query: &[(&str, String)],
        read: impl Fn(&[u8]) -> Result<Vec<T>, Error>,
        id_of: impl Fn(&T) -> String,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        for page in 1_u64.. {
            let mut query = query.to_vec();
            query.push(("pageNumber", page.to_string()));
            query.push(("pageSize", CATALOGUE_PAGE.to_string()));
            let body = self.read(family, what, Method::GET, path, &query, None).await?;
            let rows = read(&body)?;
            let (count, known) = (rows.len(), seen.len());
            all.extend(rows.into_iter().filter(|row| seen.insert(id_of(row))));
            if count < CATALOGUE_PAGE || seen.len() == known {
                break;
            }
        }
        Ok(all)
    }

    /// One page of a list's entries. A page shorter than `limit` is the last.
    ///
    /// A page that holds an entry of another list is an error: the tenant did not understand the question.
    pub async fn entries_page(
        &self,
        list: &ListId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<RemoteEntry>, Error> {
        let query =
            [("listId", list.0.clone()), ("limit", limit.to_string()), ("offset", offset.to_string())];
        let entries = self.entries(&query, Some(list)).await?;
        if entries.iter().any(|entry| entry.list != *list) {
            return Err(odd("a page of one list holds entries of another"));
        }
        Ok(entries)
    }

    async fn entries(
        &self,
        query: &[(&str, String)],
        list: Option<&ListId>,
    ) -> Result<Vec<RemoteEntry>, Error> {
        let path = ["dnc", "entries"];
        let body = self.read(Family::Entries, "the list", Method::GET, &path, query, None).await?;
        read_entries(&body, list, &self.shared.normaliser)
    }

    /// The entries of one number, on one list or on all. Also right where the tenant does not filter.
    pub async fn entries_of(&self, number: E164, list: Option<&ListId>) -> Result<Vec<RemoteEntry>, Error> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut offset = 0;
        loop {
            let mut query = vec![
                ("phoneNumber", number.to_e164()),
                ("limit", ENTRIES_PAGE.to_string()),
                ("offset", offset.to_string()),
            ];
            query.extend(list.map(|list| ("listId", list.0.clone())));
            let page = self.entries(&query, list).await?;
            let (count, known) = (page.len() as u64, seen.len());
            for entry in page {
                let fresh = seen.insert(entry.id.clone());
                let wanted = entry.number == Some(number) && list.is_none_or(|list| entry.list == *list);
                if fresh && wanted {
                    found.push(entry);
                }
            }
            if count < ENTRIES_PAGE {
                return Ok(found);
            }
            if seen.len() == known {
                return Err(odd("the entries of a number repeat the same page"));
            }
            offset += count;
        }
    }

    /// One attempt to write entries. Waits for the limiter; gives up waiting when `stop` is cancelled. Once sent, it is
    /// finished whatever `stop` says, so that its outcome is known; the total deadline bounds it.
    pub async fn post_entries(&self, body: Vec<u8>, stop: &CancellationToken) -> Attempt {
        let path = ["dnc", "entries"];
        match self.call(Family::Entries, "the list", Method::POST, &path, &[], Some(body)) {
            Ok(call) => {
                let sent = self.wire().send(&call, Until::Stopped(stop)).await;
                self.settle();
                attempt_of(&call, sent)
            }
            Err(error) => Attempt::NotApplied { error, retry: false, after: None, raw: None },
        }
    }

    /// Removes one entry. A 404 counts as removed.
    pub async fn delete_entry(&self, id: &str, stop: &CancellationToken) -> Attempt {
        let path = ["dnc", "entries", id];
        match self.call(Family::Entries, "the entry", Method::DELETE, &path, &[], None) {
            Ok(call) => {
                let sent = self.wire().send(&call, Until::Stopped(stop)).await;
                self.settle();
                attempt_of_removal(&call, sent)
            }
            Err(error) => Attempt::NotApplied { error, retry: false, after: None, raw: None },
        }
    }

    /// The record query for any number of numbers: chunks them, pages within each chunk. Numbers without a record are
    /// simply not in the answer.
    pub async fn query_records(&self, numbers: &[E164]) -> Result<Vec<DncRecord>, Error> {
        let mut distinct = HashSet::new();
        let numbers: Vec<E164> = numbers.iter().copied().filter(|n| distinct.insert(*n)).collect();
        let limit = self.shared.limits.query_per_call.max(1);
        let mut all: Vec<DncRecord> = Vec::new();
        for chunk in numbers.chunks(limit) {
            let first_of_chunk = all.len();
            let mut offset = 0;
            loop {
                let body = Some(encode_query(chunk, limit, offset));
                let path = ["dnc", "records", "query"];
                let body =
                    self.read(Family::Query, "the record query", Method::POST, &path, &[], body).await?;
                let page = read_records(&body, chunk, &self.shared.normaliser)?;
                let before = all.len();
                for record in page.records {
                    if !all[first_of_chunk..].contains(&record) {
                        all.push(record);
                    }
                }
                if page.rows < limit {
                    break;
                }
                // A full page without news: whether more records exist cannot be told, so there is no answer.
                if all.len() == before {
                    return Err(odd("the record query repeats the same page"));
                }
                offset += limit;
            }
        }
        Ok(all)
    }

    pub(super) fn api_url(&self) -> &str {
        &self.shared.api_url
    }

    fn wire(&self) -> &Wire {
        &self.shared.wire
    }

    fn call(
        &self,
        family: Family,
        what: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<Vec<u8>>,
    ) -> Result<Call, Error> {
        let mut request: Request = self.wire().api.request(method, path, query)?;
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        Ok(Call { family, what, request })
    }

    async fn read(
        &self,
        family: Family,
        what: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, Error> {
        let call = self.call(family, what, method, path, query, body)?;
        let result = self.wire().read(&call).await;
        self.settle();
        result.map(|answer| answer.raw.body)
    }

    /// The rate of a second ago must not stand in the header for ever: look once more when it has passed.
    fn settle(&self) {
        if !self.wire().is_quiet() || self.shared.settling.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = Arc::downgrade(&self.shared);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SETTLED).await;
                let Some(shared) = shared.upgrade() else { return };
                shared.settling.store(false, Ordering::Relaxed);
                shared.wire.refresh_gauges();
                let busy = shared.wire.gauges.borrow().entries_rate > 0.0;
                if !busy || shared.settling.swap(true, Ordering::Relaxed) {
                    return;
                }
            }
        });
    }
}

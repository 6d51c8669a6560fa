//! The client: one typed method per endpoint that this release uses.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Attempt, Credentials, Deadlines, Endpoints, Error, Limits};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::{E164, Normaliser};
use crate::domain::rule::Rule;
use crate::domain::verdict::DncRecord;

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

/// A tenant's client. Cheap to clone; clones share token, limiters and circuit.
#[derive(Clone, Debug)]
pub struct Client {}

impl Client {
    /// Makes a client. No call is made. `normaliser` reads the numbers of remote records.
    pub fn new(
        endpoints: Endpoints,
        limits: Limits,
        deadlines: Deadlines,
        credentials: Credentials,
        normaliser: Normaliser,
    ) -> Result<Self, Error> {
        let _ = (endpoints, limits, deadlines, credentials, normaliser);
        todo!()
    }

    /// The connection's gauges.
    pub fn gauges(&self) -> watch::Receiver<Gauges> {
        todo!()
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        todo!()
    }

    /// `GET /users/me`: proves that the token works.
    pub async fn me(&self) -> Result<(), Error> {
        todo!()
    }

    /// Every DNC list, all pages.
    pub async fn lists(&self) -> Result<Vec<DncList>, Error> {
        todo!()
    }

    /// Creates a list; on 409 finds the one with the *equal* name.
    pub async fn create_list(&self, name: &str, description: &str, active: bool) -> Result<DncList, Error> {
        let _ = (name, description, active);
        todo!()
    }

    /// Every rule.
    pub async fn rules(&self) -> Result<Vec<Rule>, Error> {
        todo!()
    }

    /// One page of a list's entries. A page shorter than `limit` is the last.
    pub async fn entries_page(
        &self,
        list: &ListId,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<RemoteEntry>, Error> {
        let _ = (list, offset, limit);
        todo!()
    }

    /// The entries of one number, on one list or on all.
    pub async fn entries_of(&self, number: E164, list: Option<&ListId>) -> Result<Vec<RemoteEntry>, Error> {
        let _ = (number, list);
        todo!()
    }

    /// One attempt to write entries. Waits for the limiter; gives up waiting when `stop` is cancelled.
    pub async fn post_entries(&self, body: Vec<u8>, stop: &CancellationToken) -> Attempt {
        let _ = (body, stop);
        todo!()
    }

    /// Removes one entry. A 404 counts as removed.
    pub async fn delete_entry(&self, id: &str, stop: &CancellationToken) -> Attempt {
        let _ = (id, stop);
        todo!()
    }

    /// The record query for any number of numbers: chunks them, pages within each chunk. Numbers without a record are
    /// simply not in the answer.
    pub async fn query_records(&self, numbers: &[E164]) -> Result<Vec<DncRecord>, Error> {
        let _ = numbers;
        todo!()
    }
}

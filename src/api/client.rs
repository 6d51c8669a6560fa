//! The client: what all families share. Each family is one file, with one typed method per endpoint.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::ask::Ask;
use super::breaker::Circuit;
use super::call::{Call, Sent, Wire, worn_out};
use super::limiter::Until;
use super::limits::Rates;
use super::outcome::Write;
use super::retry::{Backoff, Budget, Patience};
use super::scope::{Family, Scopes};
use super::tally::Tally;
use super::transport::Answer;
use super::wire::odd;
use super::write::attempt_of;
use super::{Attempt, Credentials, Deadlines, Endpoints, Error, Limits};
use crate::domain::metrics::Metrics;
use crate::domain::phone::Normaliser;

/// Gauges are shown once more when the last second has passed over the last call.
const SETTLED: Duration = Duration::from_millis(1_100);

/// What the header shows of the connection. Latest wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gauges {
    /// Seconds until the token must be refreshed, at the time of the last change; `None` = no token yet.
    pub token_seconds: Option<u64>,
    /// How the calls of each family go.
    pub families: Rates,
    /// Calls repeated since start.
    pub retries: u64,
    /// 429s since start.
    pub throttled: u64,
    /// Calls made since start, all families.
    pub calls: u64,
    /// Whether calls are stopped because the tenant is unhealthy.
    pub circuit: Circuit,
}

impl Gauges {
    /// Whether they change by time alone: a rate that runs out, a pause or an open circuit that ends.
    fn is_moving(&self) -> bool {
        self.families.is_busy() || self.circuit != Circuit::Closed
    }
}

struct Shared {
    wire: Wire,
    limits: Limits,
    normaliser: Normaliser,
    endpoints: Endpoints,
    /// Contact updates that may be out at once.
    contacts: Semaphore,
    /// The most records that a page of the record query held so far.
    longest_query_page: AtomicUsize,
    /// A late look at the gauges is on its way.
    settling: AtomicBool,
}

/// A tenant's client. Cheap to clone; clones share tokens, limiters and circuit.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// What the job asks for.
    scopes: Scopes,
    /// What it may repeat.
    budget: Option<Arc<Budget>>,
    /// What it counts its calls with.
    tally: Option<Arc<Tally>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client that only looks ([`Scopes::LOOK`]). No call is made. `normaliser` reads the numbers of remote records.
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
        let contacts = Semaphore::new(limits.contacts_in_flight.max(1));
        let (longest_query_page, settling) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Shared { wire, limits, normaliser, endpoints, contacts, longest_query_page, settling };
        Ok(Self { shared: Arc::new(shared), scopes: Scopes::LOOK, budget: None, tally: None })
    }

    /// The same client for a job that needs these scopes and no others.
    #[must_use]
    pub fn asking(&self, scopes: Scopes) -> Self {
        Self { scopes, ..self.clone() }
    }

    /// The same client for a long job, with a budget of repeats for all of its calls, which it counts for itself.
    #[must_use]
    pub fn for_a_job(&self) -> Self {
        let (budget, tally) = (Some(Arc::new(Budget::new())), Some(Arc::default()));
        Self { budget, tally, ..self.clone() }
    }

    /// What the calls of this job came to since it was last asked; nothing for a client of no job.
    pub fn take_metrics(&self) -> Metrics {
        self.tally.as_ref().map(|tally| tally.take()).unwrap_or_default()
    }

    /// Takes a repeat of a write out of the job's budget, and counts it. What it says instead of going on, where none is left.
    pub fn repeat(&self, last: &Error) -> Result<(), Error> {
        match &self.budget {
            Some(budget) if !budget.take() => Err(worn_out(last)),
            _ => {
                self.wire().repeated(self.tally.as_deref());
                Ok(())
            }
        }
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

    /// What of the scopes that the job asks for the tenant does not grant, as far as its token endpoint tells. An error
    /// where it gives no token for them at all.
    pub async fn missing_scopes(&self) -> Result<Scopes, Error> {
        self.wire().lacks(self.scopes).await
    }

    /// `GET /users/me`: proves that the token works.
    pub async fn me(&self) -> Result<(), Error> {
        self.read(Ask::get(Family::Me, "the own user", &["users", "me"])).await.map(drop)
    }

    pub(super) fn endpoints(&self) -> &Endpoints {
        &self.shared.endpoints
    }

    pub(super) fn normaliser(&self) -> &Normaliser {
        &self.shared.normaliser
    }

    pub(super) fn contacts_in_flight(&self) -> &Semaphore {
        &self.shared.contacts
    }

    pub(super) fn longest_query_page(&self) -> &AtomicUsize {
        &self.shared.longest_query_page
    }

    /// What the job behind it asks for.
    pub fn scopes(&self) -> Scopes {
        self.scopes
    }

    pub(super) fn wire(&self) -> &Wire {
        &self.shared.wire
    }

    fn call(&self, ask: Ask<'_>) -> Result<Call, Error> {
        let (family, access, what) = (ask.family, ask.access(), ask.what);
        let (scopes, budget, tally) = (self.scopes, self.budget.clone(), self.tally.clone());
        Ok(Call { family, access, scopes, budget, tally, what, request: ask.request(&self.wire().api)? })
    }

    /// A read, repeated with patience.
    pub(super) async fn read(&self, ask: Ask<'_>) -> Result<Answer, Error> {
        let call = self.call(ask)?;
        let result = self.wire().read(&call).await;
        self.settle();
        result
    }

    /// One attempt at a write. Waits for the limiter; gives up waiting when `stop` is cancelled. Once sent, it is finished
    /// whatever `stop` says, so that its outcome is known; the total deadline bounds it.
    pub(super) async fn attempt(&self, write: Write, ask: Ask<'_>, stop: &CancellationToken) -> Attempt {
        match self.call(ask) {
            Ok(call) => {
                let sent = self.wire().send(&call, Until::Stopped(stop)).await;
                self.settle();
                attempt_of(write, &call, sent)
            }
            Err(error) => Attempt::NotApplied { error, retry: false, after: None, raw: None },
        }
    }

    /// A write that a person waits for: it is sent once, and the call is handed back for the words of its errors.
    pub(super) async fn send(&self, ask: Ask<'_>) -> Result<(Call, Sent), Error> {
        let call = self.call(ask)?;
        let sent = self.wire().send(&call, Until::Deadline(self.wire().deadline())).await;
        self.settle();
        Ok((call, sent))
    }

    /// Pauses between attempts of one job, and how many there may be.
    pub(super) fn patience(&self) -> (Backoff, u32) {
        let patience = self.wire().patience;
        let pauses = Backoff::within(patience.first_pause, patience.longest_pause, fastrand::u64(..));
        (pauses, patience.attempts)
    }

    /// A write of one thing that may be repeated ([`Write::may_repeat`]), with patience, while a person waits.
    pub(super) async fn persist(&self, write: Write, ask: Ask<'_>) -> Result<super::RawAnswer, Error> {
        let call = self.call(ask)?;
        let (mut pauses, attempts) = self.patience();
        let deadline = self.wire().deadline();
        for attempt in 1.. {
            let sent = self.wire().send(&call, Until::Deadline(deadline)).await;
            self.settle();
            let (error, after) = match attempt_of(write, &call, sent) {
                Attempt::Answered(raw) => return Ok(raw),
                Attempt::NotApplied { error, retry: false, .. } => return Err(error),
                Attempt::NotApplied { error, after, .. } | Attempt::Indeterminate { error, after, .. } => {
                    (error, after)
                }
            };
            let pause = pauses.next(after);
            if attempt >= attempts || self.wire().is_past(deadline, pause) {
                return Err(error);
            }
            self.wire().repeat(&call, &error)?;
            tokio::time::sleep(pause).await;
        }
        Err(odd("no attempt was made"))
    }

    /// The rate of a second ago must not stand in the header for ever: look once more when it has passed.
    pub(super) fn settle(&self) {
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
                let busy = shared.wire.gauges.borrow().is_moving();
                if !busy || shared.settling.swap(true, Ordering::Relaxed) {
                    return;
                }
            }
        });
    }
}

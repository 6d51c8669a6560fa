//! The sending of a run: every batch from `Queued` to `Settled`, several at a time.
//!
//! ```text
//! Queued ─ intent on disk ─▶ wire ─┬─ answer on disk ─▶ settle
//!    ▲                             ├─ not applied ─▶ pause ─▶ Queued     (400, 413: two halves)
//!    └── what is missing ◀─ read back ◀─ indeterminate
//! ```
//!
//! What a kill can leave behind is one of these states, so resuming is the same code: an `Intent` without an answer may
//! have arrived and is read back like any indeterminate call.

mod later;
mod removals;
mod settle;
mod sizes;
#[cfg(test)]
mod tests;
mod writes;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

pub(super) use self::removals::removals_of;
use self::sizes::Sizes;
use super::scrub::Barred;
use super::{Ops, OpsError, OpsEvent, Sink};
use crate::api::{self, Attempt, RawAnswer};
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Destination, PlanRow, PlanSummary};
use crate::domain::progress::RateMeter;
use crate::domain::run::BatchState;
use crate::domain::text::hex;
use crate::ledger::{Batch, PlanFile};

/// Calls in flight at once: enough to use the allowed rate at 600 ms an answer.
const IN_FLIGHT: usize = 32;
/// Attempts of one batch in a row that may fail before the run is interrupted; also calls without an answer that leave
/// one row off the list.
const PATIENCE: u32 = 8;
/// Queued batches that are in memory at once.
const QUEUED_AT_ONCE: u32 = 1_000;
/// Steps by which the pause after a call without an answer grows at most.
const LONGER_PAUSES: u32 = 4;

/// Why sending ended before the last row was settled.
pub(super) enum Halt {
    /// A person stopped it.
    Stopped,
    /// Tenant trouble: resumable.
    Trouble(api::Error),
    /// The same key with another body: a defect, and final.
    KeyConflict,
    /// The ledger: nothing may be sent any more.
    Ops(OpsError),
}

impl<E: Into<OpsError>> From<E> for Halt {
    fn from(error: E) -> Self {
        match error.into() {
            OpsError::Stopped
            | OpsError::Api(api::Error::Stopped)
            | OpsError::File(crate::files::FileError::Stopped) => Self::Stopped,
            OpsError::Api(error) => Self::Trouble(error),
            other => Self::Ops(other),
        }
    }
}

/// A run while it sends.
pub(super) struct Engine {
    pub(super) ops: Ops,
    pub(super) run: String,
    pub(super) plan: PlanSummary,
    pub(super) rows: PlanFile,
    /// Rows that take off: a bit each, and nothing where the plan takes nobody off.
    pub(super) removals: Vec<u64>,
    /// Rows that may have arrived, and must not be sent again.
    pub(super) barred: Barred,
    /// Entries that the list held when the run began, as far as known: decides how rows are read back.
    pub(super) list_size: u64,
    pub(super) sink: Arc<dyn Sink>,
    /// A person's stop, or our own after trouble elsewhere: nothing new is sent, what is in flight is finished.
    pub(super) stop: CancellationToken,
    pub(super) shared: Mutex<Shared>,
}

/// What the batches in flight share. Never held over an await.
pub(super) struct Shared {
    meter: RateMeter,
    begun: Instant,
    misses: HashMap<u32, u8>,
    lost: HashMap<u32, u32>,
    last_event: Option<Instant>,
    /// Rows answered for and not on the list at the first look, until they are counted with the next batch.
    unseen: u64,
    any_taken: bool,
    refused_alone: u32,
    sizes: Sizes,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            meter: RateMeter::new(Duration::from_secs(8)),
            begun: Instant::now(),
            misses: HashMap::new(),
            lost: HashMap::new(),
            last_event: None,
            unseen: 0,
            any_taken: false,
            refused_alone: 0,
            sizes: Sizes::default(),
        }
    }
}

impl Engine {
    /// Sends everything that is not settled.
    pub(super) async fn send_all(&self) -> Result<(), Halt> {
        // What a kill left behind is read back behind everything that was never sent: it takes as long as the list is, and
        // nobody should wait for it. Contacts have no key that tells a second call from the first, so there it comes first.
        if self.plan.destination == Destination::Outbound {
            self.settle_left_behind().await?;
        }
        // What a kill left answered is settled first; from then on each answer is settled by whoever asked.
        let mut answered: VecDeque<Batch> =
            self.batches_in(&BatchState::ANSWERED, None, u32::MAX).await?.into();
        answered.retain(|batch| !self.waits(batch));
        self.send_queue(answered).await?;
        loop {
            let queue = self.ready_batches().await?;
            if !queue.is_empty() {
                self.send_queue(queue).await?;
            }
            self.settle_left_behind().await?;
            // Rows that are settled later than their calls are settled now; what is missing then is sent once more.
            self.settle_later().await?;
            if self.batches_in(&BatchState::OPEN, None, 1).await?.is_empty() {
                return self.keep_size().await;
            }
        }
    }

    /// Nothing is in flight: what is unsure now was cut off by a kill.
    async fn settle_left_behind(&self) -> Result<(), Halt> {
        let unsure = self.batches_in(&BatchState::UNSURE, None, u32::MAX).await?;
        self.settle_unsure(unsure).await.map(drop)
    }

    /// Settles what is on its way or was answered, and sends nothing: what did not arrive stays queued. Returns how many
    /// old records had to stay.
    pub(super) async fn settle_open(&self) -> Result<u64, Halt> {
        self.settle_left_behind().await?;
        for batch in self.batches_in(&BatchState::ANSWERED, None, u32::MAX).await? {
            if !self.waits(&batch) {
                self.see_through(batch).await?;
            }
        }
        self.settle_later().await?;
        self.finish_replacements().await
    }

    /// Batches that something can be done for now, in order.
    async fn ready_batches(&self) -> Result<VecDeque<Batch>, Halt> {
        let mut after = None;
        loop {
            let page = self.batches_in(&[BatchState::Queued], after, QUEUED_AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.seq);
            let ready: VecDeque<Batch> = page.into_iter().filter(|batch| !self.takes_off(batch)).collect();
            if !ready.is_empty() {
                return Ok(ready);
            }
        }
        // Nobody becomes callable while somebody is still to be suppressed.
        let others = self.batches_in(&BatchState::UNSURE, None, u32::MAX).await?;
        if !others.iter().all(|batch| self.takes_off(batch)) {
            return Ok(VecDeque::new());
        }
        Ok(self.batches_in(&[BatchState::Queued], None, QUEUED_AT_ONCE).await?.into())
    }

    async fn batches_in(
        &self,
        states: &'static [BatchState],
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Batch>, Halt> {
        Ok(self.ops.ledger.batches_in(&self.run, states, after, limit).await?)
    }

    async fn send_queue(&self, mut queue: VecDeque<Batch>) -> Result<(), Halt> {
        let mut flying = FuturesUnordered::new();
        let mut halt = None;
        loop {
            while halt.is_none() && flying.len() < IN_FLIGHT && !self.stop.is_cancelled() {
                let Some(batch) = queue.pop_front() else { break };
                flying.push(self.see_through(batch));
            }
            let Some(result) = flying.next().await else { break };
            if let Err(reason) = result {
                // The first reason counts; whatever else is in flight is finished and journalled.
                halt.get_or_insert(reason);
                self.stop.cancel();
            }
            if queue.is_empty() && flying.is_empty() && halt.is_none() && !self.stop.is_cancelled() {
                queue = self.ready_batches().await?;
            }
        }
        match halt {
            Some(reason) => Err(reason),
            None if self.stop.is_cancelled() => Err(Halt::Stopped),
            None => Ok(()),
        }
    }

    /// One batch, from whatever state it is in to `Settled`. Successors stay in the ledger and are picked up later.
    async fn see_through(&self, batch: Batch) -> Result<(), Halt> {
        match (batch.state, &batch.answer) {
            (BatchState::Queued, _) if self.takes_off(&batch) => self.take_off(batch).await,
            (BatchState::Queued, _) => match self.most_rows().filter(|most| batch.rows.len() > *most) {
                // Its parts are in the queue, as all successors are.
                Some(most) => Ok(self.ops.ledger.divide(&self.run, batch.seq, most).await?),
                None => self.send(batch).await,
            },
            (BatchState::Response, Some((status, body))) if !self.takes_off(&batch) => {
                let writes = self.writes(&batch.rows).await?;
                let raw = RawAnswer { status: *status, body: body.clone(), request_id: None };
                self.settle_answer(&batch, &writes, &raw).await
            }
            (BatchState::Settled, _) => Ok(()),
            _ => self.settle_unsure(vec![batch]).await.map(drop),
        }
    }

    async fn send(&self, batch: Batch) -> Result<(), Halt> {
        let writes = self.writes(&batch.rows).await?;
        let list = self.plan.destination.list_of(&self.plan.list);
        let body = writes.encode(&list);
        let body_sha256 = hex(&Sha256::digest(&body));
        let mut backoff = self.ops.patience.pauses(u64::from(batch.seq) ^ seed_of(&self.run));
        let ledger = &self.ops.ledger;
        for attempt in 1.. {
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            ledger.intent(&self.run, batch.seq, &body_sha256, Timestamp::now()).await?;
            kill_point!("K11");
            let (client, to) = (&self.ops.client, self.plan.destination);
            match writes::post(client, to, &list, body.clone(), &self.stop).await {
                Attempt::Answered(raw) => {
                    if let Ok(mut shared) = self.shared.lock() {
                        shared.sizes.take(batch.rows.len());
                    }
                    return self.take_answer(&batch, &writes, raw).await;
                }
                Attempt::Indeterminate { error, after, .. } => {
                    ledger.indeterminate(&self.run, batch.seq, error.code()).await?;
                    self.ops.client.repeat(&error)?;
                    self.tell(format!("batch {} may have arrived: reading it back", batch.seq));
                    for _ in 0..self.times_lost(&batch.rows).min(LONGER_PAUSES) {
                        backoff.next(None);
                    }
                    self.pause(backoff.next(after)).await;
                    return self.settle_by_reading(&batch, error).await;
                }
                Attempt::NotApplied { error, raw, .. } if wants_halves(&error, raw.as_ref()) => {
                    if is_too_large(&error, raw.as_ref())
                        && let Ok(mut shared) = self.shared.lock()
                    {
                        shared.sizes.refuse(batch.rows.len());
                    }
                    return self.halve(&batch, raw, &error).await;
                }
                Attempt::NotApplied { error, retry, after, .. } => {
                    ledger.not_applied(&self.run, batch.seq, error.code()).await?;
                    if matches!(error, api::Error::Stopped) {
                        return Err(Halt::Stopped);
                    }
                    if !retry || attempt >= PATIENCE {
                        return Err(Halt::Trouble(error));
                    }
                    self.ops.client.repeat(&error)?;
                    let wait = match &error {
                        api::Error::CircuitOpen { retry_in } => *retry_in,
                        _ => backoff.next(after),
                    };
                    self.pause(wait).await;
                }
            }
        }
        Ok(())
    }

    /// Rows that a call should have at the most, as far as this run has learned.
    fn most_rows(&self) -> Option<usize> {
        self.shared.lock().ok()?.sizes.most()
    }

    /// The next run begins with what this one has learned.
    async fn keep_size(&self) -> Result<(), Halt> {
        let proven = self.shared.lock().ok().and_then(|shared| shared.sizes.proven());
        let Some(most) = proven else { return Ok(()) };
        let (profile, to) = (&self.plan.profile, self.plan.destination);
        self.tell(format!("the tenant takes {most} rows in a call: the next calls have no more for a day"));
        Ok(self.ops.ledger.learn_size(profile, to, most, Timestamp::now()).await?)
    }

    pub(super) fn tell(&self, note: String) {
        self.sink.event(OpsEvent::Note(note));
    }

    pub(super) async fn pause(&self, wait: Duration) {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

fn wants_halves(error: &api::Error, raw: Option<&RawAnswer>) -> bool {
    matches!(error, api::Error::TooLarge)
        || matches!(error, api::Error::Rejected { status: 400 | 413, .. })
        || raw.is_some_and(|raw| matches!(raw.status, 400 | 413))
}

fn is_too_large(error: &api::Error, raw: Option<&RawAnswer>) -> bool {
    matches!(error, api::Error::TooLarge | api::Error::Rejected { status: 413, .. })
        || raw.is_some_and(|raw| raw.status == 413)
}

fn seed_of(run: &str) -> u64 {
    run.bytes().fold(0, |seed, byte| seed.rotate_left(8) ^ u64::from(byte))
}

/// Whom a key is for: the digits of a number, an address as it is.
fn whom(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Phone(number) => number.digits().to_string(),
        Identifier::Email(email) => email.as_str().to_owned(),
    }
}

/// Hash of everything that makes the intent what it is: tenant, list, operation, number, effective attributes and
/// generation. Never the run, the position in a batch or the clock: a repeat must be recognised as one.
pub(super) fn idempotency_key(tenant: &str, list: &str, row: &PlanRow) -> String {
    let expires = row.attributes.expires.map(|at| at.as_microsecond().to_string()).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [
        "quietline-1",
        tenant,
        list,
        "add",
        &whom(&row.identifier),
        row.attributes.jurisdiction.as_str(),
        &expires,
        row.attributes.source.as_deref().unwrap_or(""),
        &row.generation.to_string(),
    ] {
        // Length first, so that no two different intents run together into the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..20])
}

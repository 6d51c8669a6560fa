//! From an answer (or from the list, where there is none) to the verdict of every row of a batch.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::writes::Writes;
use super::{Engine, Halt, PATIENCE};
use crate::api::{self, RawAnswer, RowVerdict};
use crate::domain::plan::{Destination, Op, SCRUBBED};
use crate::domain::progress::{Phase, Progress};
use crate::domain::run::{BatchState, RunSummary};
use crate::ledger::{Batch, Settlement};
use crate::ops::OpsEvent;

/// Times a row may be in no array *and* not on the list before it is left unaccounted.
const MISSES: u8 = 3;
/// Rows that may be refused whole, one by one, before the first is taken.
const DRIFT: u32 = 10;

impl Engine {
    /// A 200 or 201: understood → journalled → settled. One that breaks the contract says nothing: read back.
    pub(super) async fn take_answer(
        &self,
        batch: &Batch,
        writes: &Writes,
        raw: RawAnswer,
    ) -> Result<(), Halt> {
        if let Err(error) = writes.read(&raw) {
            self.ops.ledger.indeterminate(&self.run, batch.seq, error.code()).await?;
            self.tell(format!("batch {}: {error}; reading it back", batch.seq));
            return self.settle_by_reading(batch, error).await;
        }
        if writes.are_settled_later() {
            kill_point!("K23");
        } else {
            kill_point!("K17");
        }
        self.ops.ledger.answer(&self.run, batch.seq, raw.status, raw.body.clone()).await?;
        kill_point!("K18");
        if writes.are_settled_later() {
            return Ok(());
        }
        self.settle_answer(batch, writes, &raw).await
    }

    /// A journalled answer. Also reached after a restart, with the answer from disk.
    pub(super) async fn settle_answer(
        &self,
        batch: &Batch,
        writes: &Writes,
        raw: &RawAnswer,
    ) -> Result<(), Halt> {
        if matches!(raw.status, 400 | 413) {
            return self.settle_halves(batch, raw).await;
        }
        let reading = match writes.read(raw) {
            Ok(reading) => reading,
            // It was understood when it was journalled, by whichever version did that. The list itself decides now.
            Err(error) => {
                self.ops.ledger.indeterminate(&self.run, batch.seq, error.code()).await?;
                return self.settle_by_reading(batch, error).await;
            }
        };
        let mut settlement = Settlement { at: Some(Timestamp::now()), ..Settlement::default() };
        let (mut silent, mut again) = (Vec::new(), Vec::new());
        let mut conflict = false;
        for (&row, verdict) in batch.rows.iter().zip(reading.rows) {
            match verdict {
                RowVerdict::Accepted(_) => settlement.accepted.push(row),
                RowVerdict::Refused(refusal) => {
                    conflict |= refusal.code == "KEY_CONFLICT";
                    settlement.dead.push((row, refusal.code, refusal.message));
                }
                RowVerdict::Again => again.push(row),
                RowVerdict::Unaccounted => silent.push(row),
            }
        }
        if !silent.is_empty() {
            // In neither array: looked up before anything is said about them.
            let there = self.done_of(&silent).await?;
            let (found, missing) = there.map_or((Vec::new(), silent.clone()), |there| there.part(&silent));
            self.note_unseen(missing.len());
            settlement.accepted.extend(found);
            let (missed, given_up) = self.count_misses(missing);
            settlement.unaccounted = given_up;
            again.extend(missed);
        }
        settlement.requeue.extend((!again.is_empty()).then_some(again));
        self.settle(batch.seq, settlement).await?;
        if conflict { Err(Halt::KeyConflict) } else { Ok(()) }
    }

    /// What cannot be known from an answer is read from the list: what is there is settled, the rest is sent again. After
    /// a restart these are many batches, so all of them are read back together. Returns the rows that were not there.
    pub(super) async fn settle_unsure(&self, batches: Vec<Batch>) -> Result<Vec<u32>, Halt> {
        let mut lost = Vec::new();
        if batches.is_empty() {
            return Ok(lost);
        }
        let ledger = &self.ops.ledger;
        for batch in batches.iter().filter(|batch| batch.state == BatchState::Intent) {
            ledger.indeterminate(&self.run, batch.seq, "found without an answer after a restart").await?;
        }
        let rows: Vec<u32> = batches.iter().flat_map(|batch| batch.rows.iter().copied()).collect();
        let there = self.done_in_the_end(&rows).await?;
        kill_point!("K33");
        for batch in batches {
            let (found, missing): (Vec<u32>, Vec<u32>) = match &there {
                Some(there) => there.part(&batch.rows),
                None => (Vec::new(), Vec::new()),
            };
            let unknown = if there.is_none() { batch.rows.clone() } else { Vec::new() };
            if batch.state != BatchState::Probed {
                ledger.probed(&self.run, batch.seq).await?;
            }
            lost.extend(&missing);
            let settlement = Settlement {
                at: (!found.is_empty()).then(Timestamp::now),
                accepted: found,
                unaccounted: unknown,
                requeue: if missing.is_empty() { Vec::new() } else { vec![missing] },
                ..Settlement::default()
            };
            self.settle(batch.seq, settlement).await?;
        }
        Ok(lost)
    }

    /// The same for a batch whose call has just ended without an answer that says anything. A row that stays off the
    /// list however often it is sent ends the run: a tenant that cannot take it would be asked for ever.
    pub(super) async fn settle_by_reading(&self, batch: &Batch, why: api::Error) -> Result<(), Halt> {
        let lost =
            self.settle_unsure(vec![Batch { state: BatchState::Indeterminate, ..batch.clone() }]).await?;
        if let Ok(mut shared) = self.shared.lock() {
            for row in &lost {
                *shared.lost.entry(*row).or_default() += 1;
            }
        }
        if self.times_lost(&lost) < PATIENCE { Ok(()) } else { Err(Halt::Trouble(why)) }
    }

    /// How often calls for one of these rows ended without an answer and without effect, at most.
    pub(super) fn times_lost(&self, rows: &[u32]) -> u32 {
        let Ok(shared) = self.shared.lock() else { return PATIENCE };
        rows.iter().filter_map(|row| shared.lost.get(row)).copied().max().unwrap_or(0)
    }

    pub(super) async fn halve(
        &self,
        batch: &Batch,
        raw: Option<RawAnswer>,
        error: &api::Error,
    ) -> Result<(), Halt> {
        let raw = raw.unwrap_or_else(|| RawAnswer {
            status: if matches!(error, api::Error::TooLarge) { 413 } else { 400 },
            body: Vec::new(),
            request_id: None,
        });
        self.ops.ledger.answer(&self.run, batch.seq, raw.status, raw.body.clone()).await?;
        self.settle_halves(batch, &raw).await
    }

    /// The tenant threw the whole batch away: two halves, down to the single row that it does not want.
    async fn settle_halves(&self, batch: &Batch, raw: &RawAnswer) -> Result<(), Halt> {
        let mut settlement = Settlement::default();
        let single = batch.rows.len() == 1;
        if let [row] = batch.rows[..] {
            let code = if raw.status == 413 { "TOO_LARGE" } else { "BAD_REQUEST" };
            let words = String::from_utf8_lossy(&raw.body).chars().take(300).collect();
            settlement.dead.push((row, code.into(), words));
        } else {
            let (left, right) = batch.rows.split_at(batch.rows.len() / 2);
            settlement.requeue = vec![left.to_vec(), right.to_vec()];
        }
        kill_point!("K25");
        self.settle(batch.seq, settlement).await?;
        if single && self.speaks_another_dialect() {
            let detail = format!("it refused {DRIFT} rows one by one with {} and took none", raw.status);
            return Err(Halt::Trouble(api::Error::Protocol { detail }));
        }
        Ok(())
    }

    /// Rows refused one by one, and not one taken: it is not the rows that the tenant cannot read.
    fn speaks_another_dialect(&self) -> bool {
        let Ok(mut shared) = self.shared.lock() else { return true };
        shared.refused_alone += 1;
        !shared.any_taken && shared.refused_alone >= DRIFT
    }

    /// What must not be sent again is set aside, with why.
    fn hold_back(&self, settlement: &mut Settlement) {
        if self.barred.is_empty() {
            return;
        }
        let Settlement { requeue, dead, .. } = settlement;
        for rows in requeue.iter_mut() {
            rows.retain(|row| match self.barred.get(row) {
                Some(why) => {
                    dead.push((*row, SCRUBBED.into(), format!("{why} by now: not sent again")));
                    false
                }
                None => true,
            });
        }
        requeue.retain(|rows| !rows.is_empty());
    }

    pub(super) async fn settle(&self, seq: u32, mut settlement: Settlement) -> Result<(), Halt> {
        self.hold_back(&mut settlement);
        if self.plan.counts.update > 0 {
            let planned = self.rows.pick(&settlement.accepted).await?;
            let updates = settlement.accepted.iter().zip(&planned).filter(|(_, plan)| plan.op == Op::Update);
            let replaced = updates.flat_map(|(row, plan)| plan.replaces.iter().map(|id| (*row, id.clone())));
            settlement.replace = replaced.collect();
        }
        settlement.metrics = self.ops.client.take_metrics();
        if let Ok(mut shared) = self.shared.lock() {
            settlement.metrics.not_yet_visible = std::mem::take(&mut shared.unseen);
            shared.any_taken |= !settlement.accepted.is_empty();
        }
        let gauges = self.ops.client.gauges().borrow().clone();
        let summary = self.ops.ledger.settle(&self.run, seq, settlement).await?;
        kill_point!("K20");
        let rate = match self.plan.destination {
            Destination::Entries => gauges.families.entries,
            Destination::Items => gauges.families.items,
            Destination::Suppression => gauges.families.suppression,
            Destination::Outbound => gauges.families.outbound,
        };
        self.report(summary, rate.used);
        Ok(())
    }

    /// Rows that the tenant had answered for, and that do not stand on the list at the first look.
    pub(in crate::ops) fn note_unseen(&self, rows: usize) {
        if let Ok(mut shared) = self.shared.lock() {
            shared.unseen += rows as u64;
        }
    }

    /// The run as a fact a few times a second, its progress every time.
    fn report(&self, summary: RunSummary, calls_per_second: f64) {
        let operations = self.plan.counts.operations();
        let done = operations.saturating_sub(summary.buckets.unaccounted);
        let Ok(mut shared) = self.shared.lock() else { return };
        let at = shared.begun.elapsed();
        shared.meter.note(at, done);
        let eta = shared.meter.eta(operations - done);
        let due = shared.last_event.is_none_or(|last| last.elapsed() >= Duration::from_millis(200));
        if due || done == operations {
            shared.last_event = Some(Instant::now());
            self.sink.event(OpsEvent::Run(Box::new(summary)));
        }
        drop(shared);
        let progress =
            Progress { phase: Phase::Send, done, total: Some(operations), rate: Some(calls_per_second), eta };
        self.sink.event(OpsEvent::Progress(progress));
    }

    /// Rows that were missing once more are sent again, until patience with them ends.
    pub(super) fn count_misses(&self, missing: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
        let Ok(mut shared) = self.shared.lock() else { return (missing, Vec::new()) };
        missing.into_iter().partition(|row| {
            let misses = shared.misses.entry(*row).or_insert(0);
            *misses += 1;
            *misses < MISSES
        })
    }
}

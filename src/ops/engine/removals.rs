//! Batches that take numbers off: a DELETE for each record, under one intent.
//!
//! Removal by id may be repeated: a record that is gone already counts as removed. So a batch whose calls were cut off is
//! read back like any other, and what still stands there is taken off again.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Engine, Halt, PATIENCE};
use crate::api::{self, Attempt};
use crate::domain::plan::{Op, PlanRow};
use crate::domain::text::hex;
use crate::ledger::{Batch, Rows, Settlement};
use crate::ops::OpsError;

/// Records that are taken off at once.
const IN_FLIGHT: usize = 16;

/// The answers of all calls of a batch, as the ledger keeps them. Field names are part of it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Answers {
    /// Plan-row indices of which a record was refused: code and words.
    refused: Vec<(u32, String, String)>,
}

/// The rows of a plan that take off: a bit each. Blocking.
pub(in crate::ops) fn removals_of(rows: Rows<PlanRow>) -> Result<Vec<u64>, OpsError> {
    let mut removals = Vec::new();
    for (index, row) in rows.enumerate() {
        if index % 64 == 0 {
            removals.push(0);
        }
        if let Some(bits) = removals.last_mut().filter(|_| row.as_ref().is_ok_and(|row| row.op == Op::Remove))
        {
            *bits |= 1 << (index % 64);
        }
        row?;
    }
    Ok(removals)
}

impl Engine {
    /// Whether a batch takes off. No batch does both.
    pub(super) fn takes_off(&self, batch: &Batch) -> bool {
        let bit =
            |row: &u32| self.removals.get(*row as usize / 64).is_some_and(|bits| bits >> (row % 64) & 1 == 1);
        batch.rows.first().is_some_and(bit)
    }

    /// The calls of one queued batch.
    pub(super) async fn take_off(&self, batch: Batch) -> Result<(), Halt> {
        if self.stop.is_cancelled() {
            return Err(Halt::Stopped);
        }
        let planned = self.rows.pick(&batch.rows).await?;
        let rows: Vec<(u32, &PlanRow)> = batch.rows.iter().copied().zip(&planned).collect();
        // A number that loses a record begins a new generation *before* it does: were the order the other way round, a
        // kill in between would let a later upload repeat a key that the tenant still remembers.
        let numbers = rows.iter().filter_map(|(_, row)| row.identifier.phone()).collect();
        let ledger = &self.ops.ledger;
        ledger.raise_generation(&self.plan.profile, &self.plan.list, numbers).await?;
        ledger.intent(&self.run, batch.seq, &digest_of(&rows), Timestamp::now()).await?;
        kill_point!("D1");
        let answers = match self.delete_all(&rows).await {
            Ok(answers) => answers,
            Err(halt) => {
                // Some of them may be gone. The next start reads the list.
                let why = match &halt {
                    Halt::Trouble(error) => error.code(),
                    _ => "stopped",
                };
                ledger.indeterminate(&self.run, batch.seq, why).await?;
                return Err(halt);
            }
        };
        let body = serde_json::to_vec(&answers).unwrap_or_default();
        ledger.answer(&self.run, batch.seq, 200, body).await?;
        kill_point!("D3");
        Ok(())
    }

    /// Batches whose calls are all answered. No answer settles a row: a record counts as gone when the list shows it no more,
    /// and one that stays is asked for again.
    pub(super) async fn confirm_removals(&self, waiting: Vec<Batch>) -> Result<(), Halt> {
        let rows: Vec<u32> = waiting.iter().flat_map(|batch| batch.rows.iter().copied()).collect();
        let there = self.done_now(&rows).await?;
        kill_point!("D4");
        for batch in waiting {
            let body = batch.answer.as_ref().map(|(_, body)| body.as_slice()).unwrap_or_default();
            // What does not read was written by another version; then the list alone says what is gone.
            let answers: Answers = serde_json::from_slice(body).unwrap_or_default();
            let (gone, kept) = match &there {
                Some(there) => there.part(&batch.rows),
                None => (Vec::new(), batch.rows.clone()),
            };
            let mut settlement = Settlement {
                at: (!gone.is_empty()).then(Timestamp::now),
                accepted: gone,
                ..Settlement::default()
            };
            let mut again = Vec::new();
            for row in kept {
                match answers.refused.iter().find(|(refused, _, _)| *refused == row) {
                    Some(refused) => settlement.dead.push(refused.clone()),
                    None => again.push(row),
                }
            }
            let (again, given_up) = self.count_misses(again);
            settlement.unaccounted = given_up;
            settlement.requeue.extend((!again.is_empty()).then_some(again));
            self.settle(batch.seq, settlement).await?;
        }
        Ok(())
    }

    async fn delete_all(&self, rows: &[(u32, &PlanRow)]) -> Result<Answers, Halt> {
        let mut records = Vec::new();
        for (row, plan) in rows {
            records.extend(plan.replaces.iter().map(|id| (*row, id.clone())));
        }
        let mut records = records.into_iter();
        let mut flying = FuturesUnordered::new();
        let (mut refused, mut halt) = (Vec::<(u32, String, String)>::new(), None);
        loop {
            while halt.is_none() && flying.len() < IN_FLIGHT {
                let Some((row, id)) = records.next() else { break };
                flying.push(async move { (row, self.delete(row, &id).await) });
            }
            match flying.next().await {
                None => break,
                Some((_, Ok(None))) => {
                    kill_point!("D2");
                }
                Some((row, Ok(Some((code, words))))) => refused.push((row, code, words)),
                // The first reason counts; whatever else is in flight is finished.
                Some((_, Err(reason))) => {
                    halt.get_or_insert(reason);
                }
            }
        }
        if let Some(halt) = halt {
            return Err(halt);
        }
        refused.sort_by_key(|(row, _, _)| *row);
        refused.dedup_by_key(|(row, _, _)| *row);
        Ok(Answers { refused })
    }

    /// Deletes a record: `None` where it is gone, else the tenant's code and words.
    pub(in crate::ops) async fn delete(&self, row: u32, id: &str) -> Result<Option<(String, String)>, Halt> {
        let mut backoff = self.ops.patience.pauses(u64::from(row));
        for attempt in 1.. {
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            let (error, after, retry) = match self.ops.client.delete_entry(id, &self.stop).await {
                Attempt::Answered(_) => return Ok(None),
                // Refused for what it is: nothing changes by asking again, and the others may still go.
                Attempt::NotApplied { error: api::Error::Rejected { status, .. }, .. }
                    if matches!(status, 400 | 409 | 412 | 422) =>
                {
                    let words = "the tenant keeps this record";
                    return Ok(Some((format!("HTTP_{status}"), words.to_owned())));
                }
                Attempt::NotApplied { error, retry, after, .. } => (error, after, retry),
                Attempt::Indeterminate { error, after, .. } => (error, after, true),
            };
            if !retry || attempt >= PATIENCE {
                return Err(Halt::Trouble(error));
            }
            self.ops.client.repeat(&error)?;
            let wait = match error {
                api::Error::CircuitOpen { retry_in } => retry_in,
                _ => backoff.next(after),
            };
            self.pause(wait).await;
        }
        Ok(None)
    }
}

/// The digest of an intent to take off: the ids of its records, sorted, a line each.
fn digest_of(rows: &[(u32, &PlanRow)]) -> String {
    let mut ids: Vec<&str> = rows.iter().flat_map(|(_, row)| &row.replaces).map(String::as_str).collect();
    ids.sort_unstable();
    hex(&Sha256::digest(ids.join("\n")))
}

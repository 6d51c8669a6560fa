//! Rows that are settled long after their call was answered: items once they stand on the list, contacts once their job is
//! over. Their batches wait as `Response` in the ledger, so a resumed run waits for the same.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Engine, Halt};
use crate::api;
use crate::domain::job::{Job, JobId, JobStatus};
use crate::domain::phone::E164;
use crate::domain::plan::Destination;
use crate::domain::run::BatchState;
use crate::ledger::{Batch, Settlement};

/// How long items may take until they are read on the list; the contract says a few seconds.
const VISIBLE_WITHIN: Duration = Duration::from_secs(60);
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

impl Engine {
    /// Whether a batch is answered, and its rows are settled later.
    pub(super) fn waits(&self, batch: &Batch) -> bool {
        matches!(self.plan.destination, Destination::Items | Destination::Outbound)
            && batch.state == BatchState::Response
            && batch.answer.as_ref().is_some_and(|(status, _)| (200..=204).contains(status))
    }

    /// Settles every batch that waits.
    pub(super) async fn settle_later(&self) -> Result<(), Halt> {
        let mut waiting = self.ops.ledger.open_batches(&self.run).await?;
        waiting.retain(|batch| self.waits(batch));
        match self.plan.destination {
            _ if waiting.is_empty() => Ok(()),
            Destination::Items => self.confirm_items(waiting).await,
            Destination::Outbound => self.follow_jobs(waiting).await,
            Destination::Entries | Destination::Suppression => Ok(()),
        }
    }

    /// Reads the list until every item stands on it, or patience with them ends: what is missing then is sent once more.
    async fn confirm_items(&self, mut waiting: Vec<Batch>) -> Result<(), Halt> {
        self.tell("the items are queued: reading the list until they stand on it".into());
        let begun = Instant::now();
        let mut pause = FIRST_LOOK;
        loop {
            let rows: Vec<u32> = waiting.iter().flat_map(|batch| batch.rows.iter().copied()).collect();
            let there = self.records_of(&rows).await?.unwrap_or_default();
            let late = begun.elapsed() >= VISIBLE_WITHIN;
            let mut open = Vec::new();
            for batch in waiting {
                let (found, missing): (Vec<u32>, Vec<u32>) =
                    batch.rows.iter().partition(|&&row| self.written_record(row, &there).is_some());
                if missing.is_empty() || late {
                    self.settle_found(batch.seq, found, missing).await?;
                } else {
                    open.push(batch);
                }
            }
            waiting = open;
            if waiting.is_empty() {
                return Ok(());
            }
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Rows that stand there are accepted; the others are sent again until patience with them ends.
    async fn settle_found(&self, seq: u32, found: Vec<u32>, missing: Vec<u32>) -> Result<(), Halt> {
        let (again, given_up) = self.count_misses(missing);
        let settlement = Settlement {
            at: (!found.is_empty()).then(Timestamp::now),
            accepted: found,
            unaccounted: given_up,
            requeue: if again.is_empty() { Vec::new() } else { vec![again] },
            ..Settlement::default()
        };
        self.settle(seq, settlement).await
    }

    /// Follows the job of each batch to its end.
    async fn follow_jobs(&self, waiting: Vec<Batch>) -> Result<(), Halt> {
        let mut open: HashMap<JobId, Batch> = HashMap::new();
        for batch in waiting {
            let body = batch.answer.as_ref().map(|(_, body)| body.as_slice()).unwrap_or_default();
            // It was understood when it was journalled.
            open.insert(api::read_bulk_answer(body)?, batch);
        }
        let mut pause = FIRST_LOOK;
        while !open.is_empty() {
            let ids: Vec<JobId> = open.keys().cloned().collect();
            for id in ids {
                let job = match self.ops.client.job(&id).await {
                    Ok(job) if !job.status.is_final() => continue,
                    Ok(job) => Some(job),
                    Err(api::Error::NotFound { .. }) => None,
                    Err(error) => return Err(error.into()),
                };
                if let Some(batch) = open.remove(&id) {
                    self.settle_job(batch, job).await?;
                }
            }
            if !open.is_empty() {
                self.pause(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
        }
        Ok(())
    }

    /// A job that is over: completed, it took every row that it does not name; else (or where the tenant knows it no more)
    /// the list itself says what arrived.
    async fn settle_job(&self, batch: Batch, job: Option<Job>) -> Result<(), Halt> {
        match job {
            Some(job) if job.status == JobStatus::Completed => match self.of_job(&batch, &job) {
                Some(settlement) => self.settle(batch.seq, settlement).await,
                None => {
                    self.tell(format!("job {} refuses contacts that it does not name", job.id));
                    self.settle_by_list(batch).await
                }
            },
            Some(job) => {
                self.tell(format!("job {} ended as {}: reading the list", job.id, job.status.as_str()));
                self.settle_by_list(batch).await
            }
            None => {
                self.tell(format!("the tenant does not know the job of batch {} any more", batch.seq));
                self.settle_lost(batch).await
            }
        }
    }

    /// A job that vanished may still be at work: what it puts on the list is awaited as long as there is more of it, and
    /// what is missing then has no verdict. It is not sent again by itself, for it may yet arrive.
    async fn settle_lost(&self, batch: Batch) -> Result<(), Halt> {
        let mut pause = FIRST_LOOK;
        let mut last_news = (0, Instant::now());
        loop {
            let Some(there) = self.records_of(&batch.rows).await? else {
                return self.settle_unknown(batch.seq, Vec::new(), batch.rows).await;
            };
            let (found, missing): (Vec<u32>, Vec<u32>) =
                batch.rows.iter().partition(|&&row| self.written_record(row, &there).is_some());
            if found.len() > last_news.0 {
                last_news = (found.len(), Instant::now());
            }
            if missing.is_empty() || last_news.1.elapsed() >= VISIBLE_WITHIN {
                return self.settle_unknown(batch.seq, found, missing).await;
            }
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Rows that stand there are accepted; the others have no verdict.
    async fn settle_unknown(&self, seq: u32, found: Vec<u32>, unaccounted: Vec<u32>) -> Result<(), Halt> {
        let at = (!found.is_empty()).then(Timestamp::now);
        let settlement = Settlement { at, accepted: found, unaccounted, ..Settlement::default() };
        self.settle(seq, settlement).await
    }

    /// What a completed job says of each row; `None` where an error names no row of ours.
    fn of_job(&self, batch: &Batch, job: &Job) -> Option<Settlement> {
        let mut dead: HashMap<u32, (String, String)> = HashMap::new();
        let number_of = |row: u32| self.rows.get(row as usize).map(|row| row.number);
        for error in &job.errors {
            let by_number = || {
                let number = E164::from_canonical(error.raw.as_deref()?)?;
                batch.rows.iter().copied().find(|row| number_of(*row) == Some(number))
            };
            let row = error.index.and_then(|index| batch.rows.get(index).copied()).or_else(by_number)?;
            dead.entry(row).or_insert_with(|| (error.code.clone(), error.message.clone()));
        }
        let accepted: Vec<u32> = batch.rows.iter().copied().filter(|row| !dead.contains_key(row)).collect();
        Some(Settlement {
            at: (!accepted.is_empty()).then(Timestamp::now),
            accepted,
            dead: dead.into_iter().map(|(row, (code, message))| (row, code, message)).collect(),
            ..Settlement::default()
        })
    }

    async fn settle_by_list(&self, batch: Batch) -> Result<(), Halt> {
        let Some(there) = self.records_of(&batch.rows).await? else {
            return self.settle_unknown(batch.seq, Vec::new(), batch.rows).await;
        };
        let (found, missing) =
            batch.rows.iter().partition(|&&row| self.written_record(row, &there).is_some());
        self.settle_found(batch.seq, found, missing).await
    }

    /// Whether the outbound list can be read back: its jobs are listed and over, so that nothing is still on its way.
    pub(in crate::ops) async fn jobs_are_over(&self) -> Result<bool, Halt> {
        let list = self.plan.destination.list_of(&self.plan.list);
        let mut pause = FIRST_LOOK;
        loop {
            match self.ops.client.jobs_of(&list).await {
                Ok(jobs) if jobs.iter().all(|job| job.status.is_final()) => return Ok(true),
                Ok(_) => {}
                Err(api::Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

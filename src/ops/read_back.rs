//! Reading rows back from the list: the only way to know what an unanswered call did.

use std::time::Instant;

use jiff::Timestamp;

use super::engine::{Engine, Halt, idempotency_key};
use super::target::read_target;
use super::walk::{Proof, calls_to_read};
use super::{OpsError, Silent, off_thread};
use crate::api;
use crate::domain::entry::RemoteEntry;
use crate::domain::list::ListId;
use crate::domain::plan::{Destination, Op, PlanRow};
use crate::domain::progress::Phase;
use crate::domain::text::thousands;

/// Calls that reading the entries of one number takes: a page of them, and one that brings nothing new.
const CALLS_OF_ONE: u64 = 2;

/// Plan rows of which the list is as they want it, sorted.
pub(super) struct DoneRows(Vec<u32>);

impl DoneRows {
    pub(super) fn has(&self, row: u32) -> bool {
        self.0.binary_search(&row).is_ok()
    }

    /// Splits rows into those that are done, and the rest.
    pub(super) fn part(&self, rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
        rows.iter().partition(|row| self.has(**row))
    }
}

/// What tells whether the list is as a row wants it.
#[derive(Clone)]
pub(super) struct Judge {
    to: Destination,
    tenant: String,
    list: ListId,
}

impl Judge {
    /// Whether the list is as the row wants it: its record stands there, or every record that it takes off is gone.
    fn is_done(&self, row: &PlanRow, records: &[RemoteEntry]) -> bool {
        if row.op == Op::Remove {
            return !records.iter().any(|record| row.replaces.contains(&record.id));
        }
        // The record that our write of this row made: our key where the tenant tells it, else one that is what the row
        // wants, and in no case one of the records that the row replaces.
        let key = (self.to == Destination::Entries).then(|| idempotency_key(&self.tenant, &self.list.0, row));
        records.iter().any(|entry| {
            !row.replaces.contains(&entry.id)
                && ((key.is_some() && entry.key == key) || row.stands_as(self.to, entry))
        })
    }
}

impl Engine {
    /// Which rows are done, of those whose call may yet be served. A contact has no key by which a second one of it is told, so
    /// nothing of it counts as missing before a call can be on its way no longer, and two readings have found as many.
    pub(super) async fn done_in_the_end(&self, rows: &[u32]) -> Result<Option<DoneRows>, Halt> {
        if self.plan.destination != Destination::Outbound {
            return self.done_of(rows).await;
        }
        let (begun, mut before) = (Instant::now(), None);
        let within = self.ops.patience.served_within;
        self.look_until(rows, true, |found| {
            let is_late = begun.elapsed() >= within && before == Some(found);
            before = Some(found);
            is_late
        })
        .await
    }

    /// The same of rows of which nothing is on its way, or nobody knows whether it is: read until there was nothing more of
    /// them for so long that nobody waits for it.
    pub(super) async fn done_awaited(&self, rows: &[u32]) -> Result<Option<DoneRows>, Halt> {
        let mut last_news = (0, Instant::now());
        let within = self.ops.patience.visible_within;
        self.look_until(rows, false, |found| {
            if found > last_news.0 {
                last_news = (found, Instant::now());
            }
            last_news.1.elapsed() >= within
        })
        .await
    }

    /// Reads the list until all rows stand on it, or it is over for as many as are found. `None` where it cannot be read.
    async fn look_until(
        &self,
        rows: &[u32],
        jobs_first: bool,
        mut is_over: impl FnMut(usize) -> bool,
    ) -> Result<Option<DoneRows>, Halt> {
        let mut pause = self.ops.patience.first_look;
        let mut is_told = false;
        loop {
            let read = if jobs_first { self.done_of(rows).await? } else { self.done_now(rows).await? };
            let Some(there) = read else { return Ok(None) };
            let found = there.0.len();
            if found == rows.len() || is_over(found) {
                return Ok(Some(there));
            }
            if !std::mem::replace(&mut is_told, true) {
                // Whether a call arrived at all is not known where its jobs are looked at first.
                if !jobs_first {
                    self.note_unseen(rows.len() - found);
                }
                let (there, all) = (thousands(found as u64), thousands(rows.len() as u64));
                self.tell(format!("{there} of {all} contacts are on the list yet: waiting for the others"));
            }
            self.pause(pause).await;
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            pause = self.ops.patience.longer(pause);
        }
    }

    /// Which rows are done, by the fewest calls: one per number, or the whole list in large pages. `None` where the tenant
    /// cannot be read back, or something that is still on its way does not end: then nobody knows, and nothing is sent again
    /// by itself.
    pub(super) async fn done_of(&self, rows: &[u32]) -> Result<Option<DoneRows>, Halt> {
        if self.plan.destination == Destination::Outbound && !self.jobs_are_over().await? {
            return Ok(None);
        }
        self.done_now(rows).await
    }

    /// The same without a look at what may still be on its way.
    pub(super) async fn done_now(&self, rows: &[u32]) -> Result<Option<DoneRows>, Halt> {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows.dedup();
        let size = self.list_size + self.plan.counts.add;
        let to = self.plan.destination;
        let judge = self.judge();
        if to == Destination::Entries && CALLS_OF_ONE * rows.len() as u64 <= calls_to_read(size) {
            let planned = self.rows.pick(&rows).await?;
            let mut done = Vec::new();
            for (row, planned) in rows.into_iter().zip(planned) {
                let Some(number) = planned.identifier.phone() else { continue };
                let records = self.ops.client.entries_of(number, Some(&self.plan.list)).await?;
                done.extend(judge.is_done(&planned, &records).then_some(row));
            }
            return Ok(Some(DoneRows(done)));
        }
        // What is in flight is still finished after a stop, and that may need this reading.
        let unstoppable = tokio_util::sync::CancellationToken::new();
        let (client, told) = ((&self.ops.client, &self.ops.ledger), (Some(size), Phase::Send));
        let read = read_target(client, to, &self.plan.list, Proof::Once, told, &Silent, &unstoppable).await;
        let there = match read {
            Err(OpsError::Api(api::Error::NotFound { .. })) if to == Destination::Outbound => {
                return Ok(None);
            }
            read => read?.in_force(to, Timestamp::now()),
        };
        let file = self.rows.clone();
        let done = off_thread(move || {
            let (mut there, mut done) = (there.beside(), Vec::new());
            for (row, planned) in rows.iter().zip(file.rows_of(rows.iter().copied())) {
                let planned = planned?;
                let records = there.at(&planned.identifier)?;
                done.extend(judge.is_done(&planned, records).then_some(*row));
            }
            Ok::<_, OpsError>(DoneRows(done))
        });
        Ok(Some(done.await??))
    }

    fn judge(&self) -> Judge {
        let tenant = self.ops.profile().tenant.clone();
        Judge { to: self.plan.destination, tenant, list: self.plan.list.clone() }
    }
}

//! Reading rows back from the list: the only way to know what an unanswered call did.

use std::collections::HashMap;
use std::time::Instant;

use jiff::Timestamp;

use super::engine::{Engine, Halt};
use super::target::{in_force, read_target};
use super::walk::{Proof, calls_to_read};
use super::{OpsError, Silent};
use crate::api;
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Destination, Op};
use crate::domain::progress::Phase;
use crate::domain::text::thousands;

/// Calls that reading the entries of one number takes: a page of them, and one that brings nothing new.
const CALLS_OF_ONE: u64 = 2;

/// What stands on a list, by whom it means.
pub(super) type Records = HashMap<Identifier, Vec<RemoteEntry>>;

impl Engine {
    /// Splits plan rows into those whose record stands on the list as we wrote it, and the rest.
    pub(super) async fn find_on_list(&self, rows: &[u32]) -> Result<(Vec<u32>, Vec<u32>), Halt> {
        let there = self.records_of(rows).await?.unwrap_or_default();
        Ok(rows.iter().partition(|&&row| self.written_record(row, &there).is_some()))
    }

    /// The records of rows whose call may yet be served. A contact has no key by which a second one of it is told, so nothing
    /// of it counts as missing before a call can be on its way no longer, and two readings have found as many.
    pub(super) async fn records_in_the_end(&self, rows: &[u32]) -> Result<Option<Records>, Halt> {
        if self.plan.destination != Destination::Outbound {
            return self.records_of(rows).await;
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
    pub(super) async fn records_awaited(&self, rows: &[u32]) -> Result<Option<Records>, Halt> {
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
    ) -> Result<Option<Records>, Halt> {
        let mut pause = self.ops.patience.first_look;
        let mut is_told = false;
        loop {
            let read = if jobs_first { self.records_of(rows).await? } else { self.records_now(rows).await? };
            let Some(there) = read else { return Ok(None) };
            let found = rows.iter().filter(|&&row| self.written_record(row, &there).is_some()).count();
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

    /// The records of the rows' numbers, by the fewest calls: one per number, or the whole list in large pages. `None`
    /// where the tenant cannot be read back, or something that is still on its way does not end: then nobody knows, and
    /// nothing is sent again by itself.
    pub(super) async fn records_of(&self, rows: &[u32]) -> Result<Option<Records>, Halt> {
        if self.plan.destination == Destination::Outbound && !self.jobs_are_over().await? {
            return Ok(None);
        }
        self.records_now(rows).await
    }

    /// The same without a look at what may still be on its way.
    pub(super) async fn records_now(&self, rows: &[u32]) -> Result<Option<Records>, Halt> {
        let size = self.list_size + self.plan.counts.add;
        let to = self.plan.destination;
        let one_by_one =
            to == Destination::Entries && CALLS_OF_ONE * rows.len() as u64 <= calls_to_read(size);
        let entries = if one_by_one {
            let mut entries = Vec::new();
            let numbers = rows.iter().filter_map(|&row| self.rows.get(row as usize)?.identifier.phone());
            for number in numbers {
                entries.extend(self.ops.client.entries_of(number, Some(&self.plan.list)).await?);
            }
            entries
        } else {
            // What is in flight is still finished after a stop, and that may need this reading.
            let unstoppable = tokio_util::sync::CancellationToken::new();
            let (client, told) = (&self.ops.client, (Some(size), Phase::Send));
            match read_target(client, to, &self.plan.list, Proof::Once, told, &Silent, &unstoppable).await {
                Err(OpsError::Api(api::Error::NotFound { .. })) if to == Destination::Outbound => {
                    return Ok(None);
                }
                read => read?,
            }
        };
        Ok(Some(by_identifier(in_force(to, entries, Timestamp::now()))))
    }

    /// Whether the list is as the row wants it: its record stands there, or every record that it takes off is gone.
    pub(super) fn is_done(&self, row: u32, there: &Records) -> bool {
        match self.rows.get(row as usize) {
            Some(plan) if plan.op == Op::Remove => {
                let records = there.get(&plan.identifier).map_or(&[][..], Vec::as_slice);
                !records.iter().any(|record| plan.replaces.contains(&record.id))
            }
            _ => self.written_record(row, there).is_some(),
        }
    }

    /// The record that our write of this row made: our key where the tenant tells it, else one that is what the row
    /// wants, and in no case one of the records that the row replaces.
    pub(super) fn written_record<'a>(&self, row: u32, there: &'a Records) -> Option<&'a RemoteEntry> {
        let plan = self.rows.get(row as usize)?;
        let key = (self.plan.destination == Destination::Entries).then(|| self.key_of(plan));
        there.get(&plan.identifier)?.iter().find(|entry| {
            !plan.replaces.contains(&entry.id)
                && ((key.is_some() && entry.key == key) || plan.stands_as(self.plan.destination, entry))
        })
    }
}

/// Records by whom they mean; what means none is nobody's.
pub(super) fn by_identifier(entries: Vec<RemoteEntry>) -> Records {
    let mut there = Records::new();
    for entry in entries {
        if let Some(identifier) = entry.identifier.clone() {
            there.entry(identifier).or_default().push(entry);
        }
    }
    there
}

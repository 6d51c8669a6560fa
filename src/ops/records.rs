//! What stands on a list, as it was read: on disk where it is much, sorted by whom it means.

use std::hash::RandomState;

use jiff::Timestamp;

use super::{OpsError, off_thread};
use crate::domain::beside::Beside;
use crate::domain::entry::RemoteEntry;
use crate::domain::plan::Destination;
use crate::ledger::{Ledger, Rows, Sorted, Sorter};

/// The records of a list. Cheap to clone.
#[derive(Clone)]
pub(super) struct Records {
    records: Sorted<RemoteEntry>,
    /// Records that ended before are left out.
    live_at: Option<Timestamp>,
}

impl Records {
    pub(super) fn of(records: Sorted<RemoteEntry>) -> Self {
        Self { records, live_at: None }
    }

    /// How many there are, and the SHA-256 of all that they say: what a plan names as the list that it was made against.
    pub(super) async fn named(&self) -> Result<String, OpsError> {
        let records = self.records.clone();
        off_thread(move || Ok(format!("{} records, sha256 {}", records.len(), records.digest()?))).await?
    }

    /// Nothing.
    pub(super) fn empty() -> Self {
        Self::of(Sorted::of(Vec::new()))
    }

    /// The records that are in force. An expired entry suppresses nothing, and an item that is sent says no expiry: it takes
    /// the place of one. Entries say their own.
    pub(super) fn in_force(self, to: Destination, now: Timestamp) -> Self {
        let live_at = (to == Destination::Items).then_some(now);
        Self { live_at, ..self }
    }

    /// Every record, by whom it means; those that mean nobody come first. Blocking.
    pub(super) fn rows(&self) -> Rows<RemoteEntry> {
        let Some(now) = self.live_at else { return self.records.rows() };
        let is_left_out = move |row: &Result<RemoteEntry, _>| row.as_ref().is_ok_and(|row| !row.is_live(now));
        Box::new(self.records.rows().filter(move |row| !is_left_out(row)))
    }

    /// The same, to be read beside another sequence.
    pub(super) fn beside(&self) -> Beside<RemoteEntry, Rows<RemoteEntry>> {
        Beside::new(self.rows())
    }
}

/// Records as they come from the tenant, in any order and any number.
pub(super) struct Gathered {
    records: Sorter<RemoteEntry>,
    /// A hash of what tells each record from the others: of ten million, two that differ have the same once in a hundred
    /// thousand readings, and then the list is read once more.
    marks: Sorter<u64>,
}

impl Gathered {
    pub(super) fn new(ledger: &Ledger) -> Self {
        Self { records: ledger.sorter(), marks: ledger.sorter() }
    }

    /// Takes a page: of each record what tells it from the others, and the record itself where it is of interest.
    pub(super) async fn take(
        mut self,
        page: Vec<(String, Option<RemoteEntry>)>,
        hash: &RandomState,
    ) -> Result<Self, OpsError> {
        use std::hash::BuildHasher;
        let page: Vec<_> = page.into_iter().map(|(key, record)| (hash.hash_one(&key), record)).collect();
        let is_quick = self.records.has_room(page.len()) && self.marks.has_room(page.len());
        let take = move || {
            for (mark, record) in page {
                self.marks.push(mark)?;
                record.map_or(Ok(()), |record| self.records.push(record))?;
            }
            Ok(self)
        };
        if is_quick { take() } else { off_thread(take).await? }
    }

    /// The records, and the marks of all of them, in order.
    pub(super) async fn finish(self) -> Result<(Records, Sorted<u64>), OpsError> {
        off_thread(move || Ok((Records::of(self.records.finish()?), self.marks.finish()?))).await?
    }
}

/// Whether something came twice.
pub(super) async fn comes_twice(marks: Sorted<u64>) -> Result<bool, OpsError> {
    off_thread(move || {
        let mut last = None;
        for mark in marks.rows() {
            let mark = mark?;
            if last.replace(mark) == Some(mark) {
                return Ok(true);
            }
        }
        Ok(false)
    })
    .await?
}

/// Whether everything of `part` stands in `all`, as often.
pub(super) async fn holds_all(all: Sorted<u64>, part: Sorted<u64>) -> Result<bool, OpsError> {
    off_thread(move || {
        let mut all = all.rows();
        for wanted in part.rows() {
            let wanted = wanted?;
            loop {
                match all.next().transpose()? {
                    Some(there) if there < wanted => {}
                    Some(there) if there == wanted => break,
                    _ => return Ok(false),
                }
            }
        }
        Ok(true)
    })
    .await?
}

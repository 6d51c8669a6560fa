//! The second half of an update: the new record is on the list (read back), so the old one may go. In that order, so
//! that the number is never without a record; killed in between, a resume finishes it.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::engine::{Engine, Halt};
use crate::api::{self, Attempt};
use crate::ledger::Replacement;

const IN_FLIGHT: usize = 16;
const PATIENCE: u32 = 8;

impl Engine {
    /// Removes every old record whose replacement stands. Returns how many had to stay, because theirs does not.
    pub(super) async fn finish_replacements(&self) -> Result<u64, Halt> {
        let open = self.ops.ledger.open_replacements(&self.run).await?;
        if open.is_empty() {
            return Ok(0);
        }
        self.tell(format!("removing {} records that were replaced", open.len()));
        let rows: Vec<u32> = open.iter().map(|replacement| replacement.row).collect();
        let there = self.records_of(&rows).await?.unwrap_or_default();
        let (ready, stay): (Vec<Replacement>, Vec<Replacement>) =
            open.into_iter().partition(|replacement| self.written_record(replacement.row, &there).is_some());

        // A number that loses a record begins a new generation *before* it does: were the order the other way round, a
        // kill in between would let a later upload repeat a key that the tenant still remembers.
        let numbers = ready
            .iter()
            .filter_map(|r| self.rows.get(r.row as usize))
            .filter_map(|row| row.identifier.phone())
            .collect();
        let profile = &self.ops.profile().name;
        kill_point!("R1");
        self.ops.ledger.raise_generation(profile, &self.plan.list, numbers).await?;

        kill_point!("R2");
        let mut queue = ready.into_iter();
        let mut flying = FuturesUnordered::new();
        loop {
            while flying.len() < IN_FLIGHT {
                let Some(replacement) = queue.next() else { break };
                flying.push(self.remove(replacement));
            }
            match flying.next().await {
                Some(result) => result?,
                None => return Ok(stay.len() as u64),
            }
        }
    }

    /// Removal by id may be repeated: a record that is gone already counts as removed.
    async fn remove(&self, replacement: Replacement) -> Result<(), Halt> {
        let mut backoff = self.ops.patience.pauses(u64::from(replacement.row));
        for attempt in 1.. {
            if self.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            let (error, after, retry) =
                match self.ops.client.delete_entry(&replacement.entry_id, &self.stop).await {
                    Attempt::Answered(_) => {
                        kill_point!("R3");
                        self.ops.ledger.replaced(&self.run, &replacement.entry_id).await?;
                        return Ok(());
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
        Ok(())
    }
}

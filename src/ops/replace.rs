//! The second half of an update: the new record is on the list (read back), so the old one may go. In that order, so
//! that the number is never without a record; killed in between, a resume finishes it.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;

use super::engine::{Engine, Halt};
use crate::ledger::Replacement;

const IN_FLIGHT: usize = 16;

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
        let removing: Vec<u32> = ready.iter().map(|replacement| replacement.row).collect();
        let numbers = ready
            .iter()
            .filter_map(|r| self.rows.get(r.row as usize))
            .filter_map(|row| row.identifier.phone())
            .collect();
        kill_point!("R1");
        self.ops.ledger.begin_replacements(&self.run, &removing, numbers, Timestamp::now()).await?;

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

    /// A record that the tenant keeps is a difference that the reconciliation will tell.
    async fn remove(&self, replacement: Replacement) -> Result<(), Halt> {
        match self.delete(replacement.row, &replacement.entry_id).await? {
            None => {
                kill_point!("R3");
                Ok(self.ops.ledger.replaced(&self.run, &replacement.entry_id).await?)
            }
            Some((code, words)) => {
                self.tell(format!("an old record stays: {code}, {words}"));
                Ok(())
            }
        }
    }
}

//! The second half of an update: the new record is on the list (read back), so the old one may go. In that order, so
//! that the number is never without a record; killed in between, a resume finishes it.

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;

use super::engine::{Engine, Halt};
use crate::domain::text::thousands;
use crate::ledger::Replacement;

/// Records that are removed at once, and plan rows whose records are under one intent.
const IN_FLIGHT: usize = 16;
const AT_ONCE: usize = 1_000;

impl Engine {
    /// Removes every old record whose replacement stands. Returns how many had to stay, because theirs does not.
    pub(super) async fn finish_replacements(&self) -> Result<u64, Halt> {
        let ledger = &self.ops.ledger;
        let rows = ledger.rows_with_replacements(&self.run).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let records = ledger.replacements_left(&self.run).await?;
        self.tell(format!("removing {} records that were replaced", thousands(records)));
        let there = self.done_of(&rows).await?;
        let mut stay = 0;
        for part in rows.chunks(AT_ONCE) {
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let open = ledger.open_replacements(&self.run, *first..=*last).await?;
            let is_ready = |it: &Replacement| there.as_ref().is_some_and(|there| there.has(it.row));
            let (ready, kept): (Vec<Replacement>, Vec<Replacement>) = open.into_iter().partition(is_ready);
            stay += kept.len() as u64;
            self.remove_all(ready).await?;
        }
        Ok(stay)
    }

    async fn remove_all(&self, ready: Vec<Replacement>) -> Result<(), Halt> {
        // A number that loses a record begins a new generation *before* it does: were the order the other way round, a
        // kill in between would let a later upload repeat a key that the tenant still remembers.
        let removing: Vec<u32> = ready.iter().map(|replacement| replacement.row).collect();
        let numbers = self.rows.pick(&removing).await?.into_iter();
        let numbers = numbers.filter_map(|row| row.identifier.phone()).collect();
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
                None => return Ok(()),
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

//! Rows of a call: batches that turn out to be too large, and what was learned from that for the next run.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::Ledger;
use super::batches::load_batch;
use super::bind::queue;
use super::codec::{int, micros, put_rows};
use super::error::Error;
use super::runs::load;
use crate::domain::plan::Destination;
use crate::domain::run::BatchState;

impl Ledger {
    /// Divides a batch that waits in the queue into batches of at most so many rows. Nothing of it was sent, or what was
    /// sent had no effect.
    pub async fn divide(&self, run: &str, seq: u32, most: usize) -> Result<(), Error> {
        let run = run.to_owned();
        self.write(move |connection| {
            let batch = load_batch(connection, &run, seq)?;
            if batch.state != BatchState::Queued {
                let what = format!("batch {seq} of run {run}, to be divided");
                let queued = BatchState::Queued.as_str();
                return Err(Error::IllegalTransition { what, from: batch.state.as_str(), to: queued });
            }
            let mut parts = batch.rows.chunks(most.max(1));
            let Some(first) = parts.next().filter(|first| first.len() < batch.rows.len()) else {
                return Ok(());
            };
            connection
                .prepare_cached(
                    "UPDATE batches SET plan_rows = ?3, first_row = ?4, last_row = ?5 WHERE run = ?1 AND seq = ?2",
                )?
                .execute(params![run, seq, put_rows(first), first.first(), first.last()])?;
            let next = load(connection, &run)?.batches;
            let mut added = 0;
            for (seq, rows) in (int(next)..).zip(parts) {
                queue(connection, &run, seq, rows, batch.attempt)?;
                added += 1;
            }
            connection
                .prepare_cached("UPDATE runs SET batches = batches + ?2 WHERE id = ?1")?
                .execute(params![run, added])?;
            Ok(())
        })
        .await
    }

    /// Rows of a call that the tenant of a profile took, where more were too large; only what was learned since then.
    pub async fn learned_size(
        &self,
        profile: &str,
        to: Destination,
        since: Timestamp,
    ) -> Result<Option<usize>, Error> {
        let profile = profile.to_owned();
        self.read(move |connection| {
            let found: Option<i64> = connection
                .prepare_cached(
                    "SELECT most FROM sizes WHERE profile = ?1 AND destination = ?2 AND at >= ?3",
                )?
                .query_row(params![profile, to.as_str(), micros(since)], |row| row.get(0))
                .optional()?;
            Ok(found.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0))
        })
        .await
    }

    /// Keeps what a run has learned.
    pub async fn learn_size(
        &self,
        profile: &str,
        to: Destination,
        most: usize,
        at: Timestamp,
    ) -> Result<(), Error> {
        let profile = profile.to_owned();
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO sizes (profile, destination, most, at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (profile, destination) DO UPDATE SET most = excluded.most, at = excluded.at",
                )?
                .execute(params![profile, to.as_str(), int(most as u64), micros(at)])?;
            Ok(())
        })
        .await
    }
}

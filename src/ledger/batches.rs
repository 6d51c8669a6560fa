//! The journal of the wire: intent → answer → settled, and the way round where an answer was lost. Each step is on disk
//! when its method returns.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest as _, Sha256};

use super::audit::{append, of_run};
use super::codec::{count, hex, micros, position, rows};
use super::error::{Error, damaged};
use super::lists::raise;
use super::runs::load;
use super::{Batch, Ledger, Replacement};
use crate::domain::phone::E164;
use crate::domain::run::{BatchState, RunState};

const COLUMNS: &str = "seq, plan_rows, state, attempt, status, answer";

impl Ledger {
    /// Batches that are not settled, in order.
    pub async fn open_batches(&self, run: &str) -> Result<Vec<Batch>, Error> {
        self.batches_in(run, &BatchState::OPEN, None, u32::MAX).await
    }

    /// Batches in one of these states, none of them `Settled`, in order: as many, behind that one.
    pub async fn batches_in(
        &self,
        run: &str,
        states: &'static [BatchState],
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Batch>, Error> {
        let run = run.to_owned();
        self.read(move |connection| {
            load(connection, &run)?;
            let states: Vec<String> = states.iter().map(|state| format!("'{}'", state.as_str())).collect();
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM batches WHERE run = ?1 AND seq > ?2 AND state <> 'settled' AND state IN ({}) ORDER BY seq LIMIT ?3",
                states.join(", ")
            ))?;
            let mut found = statement.query(params![run, after.map_or(-1, i64::from), limit])?;
            let mut batches = Vec::new();
            while let Some(row) = found.next()? {
                batches.push(batch(row)?);
            }
            Ok(batches)
        })
        .await
    }

    /// Intent of the next attempt: on disk before the first byte leaves. Only for a run that is `Uploading`.
    pub async fn intent(&self, run: &str, seq: u32, body_sha256: &str, at: Timestamp) -> Result<(), Error> {
        let (run, body) = (run.to_owned(), body_sha256.to_owned());
        self.write(move |connection| {
            let loaded = load(connection, &run)?;
            let state = loaded.state;
            if state != RunState::Uploading {
                let what = format!("batch {seq} of run {run} which is not uploading");
                return Err(Error::IllegalTransition {
                    what,
                    from: state.as_str(),
                    to: BatchState::Intent.as_str(),
                });
            }
            let batch = step(connection, &run, seq, BatchState::Intent, None)?;
            connection
                .prepare_cached(
                    "UPDATE batches SET attempt = attempt + 1, body_sha256 = ?3, sent_at = ?4, status = NULL,
                            answer = NULL, answer_sha256 = NULL
                     WHERE run = ?1 AND seq = ?2",
                )?
                .execute(params![run, seq, body, micros(at)])?;
            let effect = format!(
                "batch {seq}, attempt {}: {} rows, body sha256 {body}",
                batch.attempt.saturating_add(1),
                batch.rows.len()
            );
            append(connection, &of_run(at, &loaded.by, "batch.sent", &run, effect))?;
            kill_point!("K10");
            Ok(())
        })
        .await
    }

    /// The raw answer: on disk before any row settles.
    pub async fn answer(&self, run: &str, seq: u32, status: u16, body: Vec<u8>) -> Result<(), Error> {
        let run = run.to_owned();
        let hash = hex(&Sha256::digest(&body));
        self.write(move |connection| {
            step(connection, &run, seq, BatchState::Response, None)?;
            connection
                .prepare_cached(
                    "UPDATE batches SET status = ?3, answer = ?4, answer_sha256 = ?5 WHERE run = ?1 AND seq = ?2",
                )?
                .execute(params![run, seq, status, body, hash])?;
            Ok(())
        })
        .await
    }

    /// The attempt certainly had no effect: back to `Queued`.
    pub async fn not_applied(&self, run: &str, seq: u32, why: &str) -> Result<(), Error> {
        self.step(run, seq, BatchState::Queued, Some(why)).await
    }

    /// The attempt may have had an effect.
    pub async fn indeterminate(&self, run: &str, seq: u32, why: &str) -> Result<(), Error> {
        self.step(run, seq, BatchState::Indeterminate, Some(why)).await
    }

    /// It was read back.
    pub async fn probed(&self, run: &str, seq: u32) -> Result<(), Error> {
        self.step(run, seq, BatchState::Probed, None).await
    }

    /// How many records of a run's replacements are not gone yet.
    pub async fn replacements_left(&self, run: &str) -> Result<u64, Error> {
        let run = run.to_owned();
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT count(*) FROM replacements WHERE run = ?1 AND done = 0")?;
            count(statement.query_row(params![run], |row| row.get(0))?)
        })
        .await
    }

    /// Plan rows of a run that replace records which are not gone yet, sorted.
    pub async fn rows_with_replacements(&self, run: &str) -> Result<Vec<u32>, Error> {
        let run = run.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT plan_row FROM replacements WHERE run = ?1 AND done = 0 ORDER BY plan_row",
            )?;
            let rows = statement.query_map(params![run], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(rows)
        })
        .await
    }

    /// Records that plan rows of a run replace, and that are not gone yet, in order of those rows.
    pub async fn open_replacements(
        &self,
        run: &str,
        rows: RangeInclusive<u32>,
    ) -> Result<Vec<Replacement>, Error> {
        let run = run.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT plan_row, entry_id FROM replacements
                 WHERE run = ?1 AND done = 0 AND plan_row BETWEEN ?2 AND ?3 ORDER BY plan_row, entry_id",
            )?;
            let mut found = statement.query(params![run, rows.start(), rows.end()])?;
            let mut replacements = Vec::new();
            while let Some(row) = found.next()? {
                replacements.push(Replacement { row: row.get(0)?, entry_id: row.get(1)?, done: false });
            }
            Ok(replacements)
        })
        .await
    }

    /// Old records are about to be removed, by the plan rows that replace them: the numbers among those begin a new
    /// generation, and the trail has the intent, in one transaction before the first call leaves.
    pub async fn begin_replacements(
        &self,
        run: &str,
        rows: &[u32],
        numbers: Vec<E164>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (run, records) = (run.to_owned(), rows.len());
        self.write(move |connection| {
            let loaded = load(connection, &run)?;
            raise(connection, &loaded.profile, &loaded.list, numbers)?;
            if records == 0 {
                return Ok(());
            }
            let effect =
                format!("{records} old records are to be removed, their replacements were read back");
            append(connection, &of_run(at, &loaded.by, "records.removing", &run, effect)).map(drop)
        })
        .await
    }

    /// The old record is gone. Saying so twice is fine.
    pub async fn replaced(&self, run: &str, entry_id: &str) -> Result<(), Error> {
        let (run, entry) = (run.to_owned(), entry_id.to_owned());
        self.write(move |connection| {
            let row: Option<(u32, bool)> = connection
                .prepare_cached("SELECT plan_row, done FROM replacements WHERE run = ?1 AND entry_id = ?2")?
                .query_row(params![run, entry], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((row, is_done)) = row else {
                return Err(Error::NotFound { what: format!("run {run} replaces no such record") });
            };
            if is_done {
                return Ok(());
            }
            connection
                .prepare_cached("UPDATE replacements SET done = 1 WHERE run = ?1 AND entry_id = ?2")?
                .execute(params![run, entry])?;
            // Its id is the tenant's word, and may be a number.
            let by = load(connection, &run)?.by;
            let effect = format!("the old record that plan row {row} replaces is gone");
            append(connection, &of_run(Timestamp::now(), &by, "record.removed", &run, effect)).map(drop)
        })
        .await
    }

    async fn step(&self, run: &str, seq: u32, to: BatchState, why: Option<&str>) -> Result<(), Error> {
        let (run, why) = (run.to_owned(), why.map(str::to_owned));
        self.write(move |connection| step(connection, &run, seq, to, why.as_deref()).map(drop)).await
    }
}

/// Moves a batch on, if its state machine has that step. Returns it as it was before.
pub(super) fn step(
    connection: &Connection,
    run: &str,
    seq: u32,
    to: BatchState,
    why: Option<&str>,
) -> Result<Batch, Error> {
    let before = load_batch(connection, run, seq)?;
    if !before.state.may_become(to) {
        let what = format!("batch {seq} of run {run}");
        return Err(Error::IllegalTransition { what, from: before.state.as_str(), to: to.as_str() });
    }
    // The answer of an attempt that had no effect must not be taken for one of the next attempt.
    // `settled` is written together with its verdicts; here the step is only allowed.
    if to != BatchState::Settled {
        connection
            .prepare_cached(
                "UPDATE batches SET state = ?3, why = ?4, answer = CASE ?3 WHEN 'queued' THEN NULL ELSE answer END
                 WHERE run = ?1 AND seq = ?2",
            )?
            .execute(params![run, seq, to.as_str(), why])?;
    }
    Ok(before)
}

pub(super) fn load_batch(connection: &Connection, run: &str, seq: u32) -> Result<Batch, Error> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM batches WHERE run = ?1 AND seq = ?2"))?;
    let mut found = statement.query(params![run, seq])?;
    match found.next()? {
        Some(row) => batch(row),
        None => Err(Error::NotFound { what: format!("run “{}” has no batch {seq}", run.escape_debug()) }),
    }
}

fn batch(row: &Row<'_>) -> Result<Batch, Error> {
    let state: String = row.get(2)?;
    let status: Option<u16> = row.get(4)?;
    let answer: Option<Vec<u8>> = row.get(5)?;
    Ok(Batch {
        seq: position(row.get(0)?)?,
        rows: rows(row.get_ref(1)?.as_blob().map_err(|_| damaged("a batch has no rows"))?)?,
        state: BatchState::from_name(&state).ok_or_else(|| damaged("a batch is in a state that is none"))?,
        attempt: position(row.get(3)?)?,
        answer: status.zip(answer),
    })
}

//! Binding a plan to a run: its counts become the run's buckets, its operations a queue of batches.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::audit::{append, of_run};
use super::codec::{int, put_rows};
use super::error::{Error, damaged};
use super::plans::{by_id, open};
use super::runs::load;
use super::{Ledger, approvals, pseudonyms};
use crate::domain::plan::{Op, PlanSummary};
use crate::domain::run::{BatchState, RunSummary};

/// Rows of a batch that takes off: a call for each record, so a stop or a kill leaves few of them in doubt.
const REMOVALS: usize = 50;

impl Ledger {
    /// Binds a plan to a run: counts go into its buckets (`unaccounted` = operations), batches of at most `per_call`
    /// rows are queued for every row that is sent, additions before removals. Binding the same plan again changes nothing.
    pub async fn bind_plan(
        &self,
        run: &str,
        plan: &PlanSummary,
        per_call: usize,
    ) -> Result<RunSummary, Error> {
        let (run, id, digest) = (run.to_owned(), plan.id.clone(), plan.digest.clone());
        let (opened, verified) = (id.clone(), digest.clone());
        let (batches, pseudonyms) = self
            .blocking(move |folder| {
                let (mut sent, mut taken_off) = (Batches::of(per_call.max(1)), Batches::of(REMOVALS));
                for (index, row) in (0..).zip(open(folder, &opened, &verified.0)?.rows()) {
                    match row?.op {
                        Op::Remove => taken_off.push(index),
                        op if op.is_sent() => sent.push(index),
                        _ => {}
                    }
                }
                // No batch does both, and whoever is taken off comes last.
                let batches = [sent.finish(), taken_off.finish()].concat();
                Ok((batches, pseudonyms::digest(folder, &opened)?))
            })
            .await?;
        self.write(move |connection| {
            let plan = by_id(connection, &id)?;
            if plan.digest != digest {
                return Err(damaged(format!("plan {id} is not the one that was meant")));
            }
            bind(connection, &run, &plan, &batches, pseudonyms.as_deref())
        })
        .await
    }
}

fn bind(
    connection: &Connection,
    id: &str,
    plan: &PlanSummary,
    batches: &[Queued],
    pseudonyms: Option<&str>,
) -> Result<RunSummary, Error> {
    let run = load(connection, id)?;
    let bound: bool =
        connection.query_row("SELECT bound FROM runs WHERE id = ?1", params![id], |r| r.get(0))?;
    if bound && run.plan.as_ref() == Some(&plan.id) {
        return Ok(run);
    }
    let refuse = |what: String| {
        Err(Error::IllegalTransition { what, from: run.state.as_str(), to: "bound to a plan" })
    };
    if bound {
        return refuse(format!("run {id} with another plan"));
    }
    if run.state.is_final() {
        return refuse(format!("run {id}"));
    }
    if (&run.profile, &run.list) != (&plan.profile, &plan.list) {
        return refuse(format!("run {id} on another list than plan {}", plan.id));
    }
    let counts = &plan.counts;
    let operations: usize = batches.iter().map(|batch| batch.len).sum();
    if operations as u64 != counts.operations() {
        return Err(damaged(format!("the counts of plan {} do not fit its rows", plan.id)));
    }
    connection
        .prepare_cached(
            "UPDATE runs SET plan = ?2, bound = 1, file_sha256 = ?3, file_rows = ?4, unchanged = ?5, duplicates = ?6,
                    removed = ?7, rejected = ?8, unaccounted = ?9, batches = ?10
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            plan.id,
            plan.file_sha256,
            int(counts.rows),
            int(counts.unchanged),
            int(counts.duplicates),
            int(counts.removed),
            int(counts.rejected),
            int(counts.operations()),
            batches.len() as i64,
        ])?;
    approvals::use_newest(connection, id, &plan.digest)?;
    for (seq, batch) in (0..).zip(batches) {
        put(connection, id, seq, batch, 0)?;
    }
    let vouched = match pseudonyms {
        Some(sha256) => format!(", pseudonyms sha256 {sha256}"),
        None => ", no pseudonyms".to_owned(),
    };
    let effect =
        format!("plan {} with {operations} operations in {} batches{vouched}", plan.id, batches.len());
    append(connection, &of_run(Timestamp::now(), &run.by, "run.planned", id, effect))?;
    load(connection, id)
}

/// Rows of a batch as they are stored: a hundred in a line are a few bytes.
#[derive(Clone)]
struct Queued {
    rows: Vec<u8>,
    first: u32,
    last: u32,
    len: usize,
}

impl Queued {
    fn of(rows: &[u32]) -> Option<Self> {
        let (first, last) = (*rows.first()?, *rows.last()?);
        Some(Self { rows: put_rows(rows), first, last, len: rows.len() })
    }
}

/// Cuts rows into batches as they come.
struct Batches {
    per_batch: usize,
    here: Vec<u32>,
    done: Vec<Queued>,
}

impl Batches {
    fn of(per_batch: usize) -> Self {
        Self { per_batch, here: Vec::new(), done: Vec::new() }
    }

    fn push(&mut self, row: u32) {
        self.here.push(row);
        if self.here.len() == self.per_batch {
            self.done.extend(Queued::of(&self.here));
            self.here.clear();
        }
    }

    fn finish(mut self) -> Vec<Queued> {
        self.done.extend(Queued::of(&self.here));
        self.done
    }
}

/// Puts a batch into the queue. `rows` must be sorted; none are no batch.
pub(super) fn queue(
    connection: &Connection,
    run: &str,
    seq: i64,
    rows: &[u32],
    attempt: u32,
) -> Result<(), Error> {
    let batch = Queued::of(rows).ok_or_else(|| damaged("a batch has no rows"))?;
    put(connection, run, seq, &batch, attempt)
}

fn put(connection: &Connection, run: &str, seq: i64, batch: &Queued, attempt: u32) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO batches (run, seq, plan_rows, first_row, last_row, state, attempt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            run,
            seq,
            batch.rows,
            batch.first,
            batch.last,
            BatchState::Queued.as_str(),
            attempt
        ])?;
    Ok(())
}

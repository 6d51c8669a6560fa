//! Settling a batch: every row gets its verdict, in one transaction with buckets, successors and audit event.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::audit::{append, of_run};
use super::batches::step;
use super::bind::queue;
use super::codec::{int, micros, put_rows};
use super::error::Error;
use super::runs::load;
use super::{Ledger, Settlement, metrics};
use crate::domain::run::{BatchState, RunSummary};

impl Ledger {
    /// Settles a batch: rows, buckets, successors, replacements, counters in one transaction. Every row of the batch
    /// must be in exactly one of `accepted`, `dead`, `unaccounted`, `requeue`; anything else is an error and nothing
    /// is written. An old record may only be named for an accepted row. Successors take over the attempts of the batch.
    /// Returns the run as it is then.
    pub async fn settle(&self, run: &str, seq: u32, settlement: Settlement) -> Result<RunSummary, Error> {
        let run = run.to_owned();
        self.write(move |connection| settle(connection, &run, seq, settlement)).await
    }
}

fn settle(
    connection: &Connection,
    id: &str,
    seq: u32,
    mut settlement: Settlement,
) -> Result<RunSummary, Error> {
    let batch = step(connection, id, seq, BatchState::Settled, None)?;
    let run = load(connection, id)?;
    settlement.accepted.sort_unstable();
    settlement.requeue.iter_mut().for_each(|rows| rows.sort_unstable());
    if let Some(fault) = fault(&batch.rows, &settlement) {
        return Err(Error::IllegalTransition {
            what: format!("batch {seq} of run {id} ({fault})"),
            from: batch.state.as_str(),
            to: BatchState::Settled.as_str(),
        });
    }
    // A clock that is late only lengthens the cool-down; a missing time would shorten it.
    let at = settlement.at.unwrap_or_else(Timestamp::now);
    let accepted = settlement.accepted.len() as u64;
    let dead = settlement.dead.len() as u64;

    let answer: Option<String> = connection
        .prepare_cached("SELECT answer_sha256 FROM batches WHERE run = ?1 AND seq = ?2")?
        .query_row(params![id, seq], |row| row.get(0))?;
    let answer =
        answer.map_or_else(|| "no answer, read back".to_owned(), |sha256| format!("answer sha256 {sha256}"));
    let effect = format!(
        "batch {seq}: {accepted} accepted, {dead} refused, {} without verdict, {} to be sent again, {answer}",
        settlement.unaccounted.len(),
        settlement.requeue.iter().map(Vec::len).sum::<usize>(),
    );
    let order = append(connection, &of_run(at, &run.by, "batch.settled", id, effect))?;
    connection
        .prepare_cached(
            "UPDATE batches SET state = 'settled', accepted = ?3, settled = ?4, settled_at = ?5, answer = NULL
             WHERE run = ?1 AND seq = ?2",
        )?
        .execute(params![id, seq, put_rows(&settlement.accepted), int(order), micros(at)])?;
    kill_point!("K19");
    exceptions(connection, id, seq, &settlement)?;
    for (next, rows) in (int(run.batches)..).zip(&settlement.requeue) {
        queue(connection, id, next, rows, batch.attempt)?;
    }
    for (row, entry) in &settlement.replace {
        connection
            .prepare_cached("INSERT INTO replacements (run, plan_row, entry_id) VALUES (?1, ?2, ?3)")?
            .execute(params![id, row, entry])?;
    }
    let last = (accepted > 0).then(|| micros(at));
    connection
        .prepare_cached(
            "UPDATE runs SET accepted = accepted + ?2, dead_letters = dead_letters + ?3,
                    unaccounted = unaccounted - ?2 - ?3, batches = batches + ?4, batches_done = batches_done + 1,
                    last_accepted = CASE WHEN ?5 IS NULL THEN last_accepted
                                         ELSE max(coalesce(last_accepted, ?5), ?5) END
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            int(accepted),
            int(dead),
            settlement.requeue.len() as i64,
            last
        ])?;
    metrics::add(connection, id, &settlement.metrics)?;
    load(connection, id)
}

/// Rows whose verdict has to be remembered one by one.
fn exceptions(connection: &Connection, run: &str, seq: u32, settlement: &Settlement) -> Result<(), Error> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO exceptions (run, plan_row, seq, kind, code, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (row, code, message) in &settlement.dead {
        insert.execute(params![run, row, seq, "dead", code, message])?;
    }
    for row in &settlement.unaccounted {
        insert.execute(params![run, row, seq, "unaccounted", None::<&str>, None::<&str>])?;
    }
    Ok(())
}

/// Why a settlement is not one, in words that hold no number of anyone.
fn fault(batch: &[u32], settlement: &Settlement) -> Option<&'static str> {
    let mut rows = settlement.accepted.clone();
    rows.extend(settlement.dead.iter().map(|(row, _, _)| row));
    rows.extend(&settlement.unaccounted);
    rows.extend(settlement.requeue.iter().flatten());
    rows.sort_unstable();
    if rows.windows(2).any(|pair| pair[0] == pair[1]) {
        return Some("a row has two verdicts");
    }
    if rows.iter().any(|row| batch.binary_search(row).is_err()) {
        return Some("a verdict is about a row of another batch");
    }
    if rows.len() != batch.len() {
        return Some("a row has no verdict");
    }
    if settlement.requeue.iter().any(Vec::is_empty) {
        return Some("a successor is empty");
    }
    if settlement.replace.iter().any(|(row, _)| settlement.accepted.binary_search(row).is_err()) {
        return Some("an old record would go although its replacement was not accepted");
    }
    None
}

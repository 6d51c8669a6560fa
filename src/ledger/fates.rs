//! Plan rows of a run by what became of them: what a later plan takes back, or sends once more.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::Ledger;
use super::codec::{count, ranges};
use super::error::Error;
use super::plans::{by_id, open};
use super::runs::load;
use super::sorter::{Rows, Sorter};
use crate::domain::beside::Beside;
use crate::domain::list::ListId;
use crate::domain::plan::{Op, PlanRow, PlanSummary};

/// A row that the tenant took of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    /// The row.
    pub row: PlanRow,
    /// What has become of it since, as far as the ledger knows.
    pub since: Since,
}

/// What later runs of ours did with a number, or want of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing.
    Untouched,
    /// They changed it.
    Changed,
    /// They want it to stand there as it does.
    Wanted,
}

impl Ledger {
    /// What the tenant took of a run, sorted by number. Read from disk as it is asked for, in a bounded memory.
    pub async fn done_by(&self, run: &str) -> Result<Rows<Done>, Error> {
        let id = run.to_owned();
        let Some((plan, list, accepted, later)) = self.read(move |c| accepted(c, &id)).await? else {
            return Ok(Box::new(std::iter::empty()));
        };
        let mut last = Beside::new(self.last_words(&plan.profile, &list).await?);
        self.blocking(move |folder| {
            // Whatever became of them: those files want these numbers to stand there.
            let mut wanted = Sorter::new(&folder.join("plans"));
            for (id, digest) in later {
                for row in open(folder, &id, &digest)?.rows() {
                    let row = row?;
                    if matches!(row.op, Op::Unchanged | Op::Add | Op::Update) {
                        wanted.push(row.identifier)?;
                    }
                }
            }
            let mut wanted = Beside::new(wanted.finish()?.rows());
            let orders: HashSet<u64> = accepted.iter().map(|(order, _)| *order).collect();
            let mut since = move |row: &PlanRow| {
                let is_last = last.at(&row.identifier)?.iter().any(|placed| orders.contains(&placed.order));
                let is_wanted = !wanted.at(&row.identifier)?.is_empty();
                Ok(match (is_last, is_wanted) {
                    (false, _) => Since::Changed,
                    (true, true) => Since::Wanted,
                    (true, false) => Since::Untouched,
                })
            };
            let taken = taken(open(folder, &plan.id, &plan.digest.0)?.rows(), &accepted)?;
            let done = taken.map(move |row| {
                let row = row?;
                since(&row).map(|since| Done { row, since })
            });
            Ok::<Rows<Done>, Error>(Box::new(done))
        })
        .await
    }

    /// Rows that the tenant refused, sorted, with its codes.
    pub async fn refused(&self, run: &str) -> Result<Vec<(PlanRow, String)>, Error> {
        let id = run.to_owned();
        let (plan, refused) = self.read(move |connection| refused(connection, &id)).await?;
        let Some(plan) = plan else { return Ok(Vec::new()) };
        self.blocking(move |folder| {
            let indices: Vec<u32> = refused.iter().map(|(row, _)| *row).collect();
            let rows = open(folder, &plan.id, &plan.digest.0)?.pick(&indices)?;
            Ok(rows.into_iter().zip(refused).map(|((_, row), (_, code))| (row, code)).collect())
        })
        .await
    }
}

/// Plan, list, settlements with their rows, and the plans that later runs on the list were bound to, those of other profiles
/// of the tenant too.
type Accepted = (PlanSummary, ListId, Vec<(u64, Vec<u8>)>, Vec<(String, String)>);

/// The rows of a plan that are in one of these settlements.
fn taken(
    rows: impl Iterator<Item = Result<PlanRow, Error>> + Send + 'static,
    settled: &[(u64, Vec<u8>)],
) -> Result<Rows<PlanRow>, Error> {
    let mut lines = Vec::new();
    for (_, bytes) in settled {
        ranges(bytes, |first, last| lines.push((first, last)))?;
    }
    lines.sort_unstable();
    let mut lines = lines.into_iter().peekable();
    let is_taken = move |(index, row): (u32, Result<PlanRow, Error>)| {
        while lines.next_if(|(_, last)| *last < index).is_some() {}
        (row.is_err() || lines.peek().is_some_and(|(first, _)| *first <= index)).then_some(row)
    };
    Ok(Box::new((0..).zip(rows).filter_map(is_taken)))
}

fn accepted(connection: &Connection, id: &str) -> Result<Option<Accepted>, Error> {
    let run = load(connection, id)?;
    let Some(plan) = &run.plan else { return Ok(None) };
    let plan = by_id(connection, plan)?;
    let mut settled = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT settled, accepted FROM batches WHERE run = ?1 AND state = 'settled' AND length(accepted) > 0",
    )?;
    let mut found = statement.query(params![id])?;
    while let Some(row) = found.next()? {
        settled.push((count(row.get(0)?)?, row.get(1)?));
    }
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT p.id, p.digest FROM runs r JOIN plans p ON p.id = r.plan
         JOIN runs it ON it.id = ?1
         WHERE r.list = it.list AND (r.profile = it.profile OR r.lock = it.lock) AND r.n > it.n
           AND r.bound = 1 AND p.operation <> 'remove'",
    )?;
    let later =
        statement.query_map(params![id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(Some((plan, run.list, settled, later)))
}

type Refused = (Option<PlanSummary>, Vec<(u32, String)>);

fn refused(connection: &Connection, id: &str) -> Result<Refused, Error> {
    let run = load(connection, id)?;
    let Some(plan) = &run.plan else { return Ok((None, Vec::new())) };
    let plan = by_id(connection, plan)?;
    let mut statement = connection.prepare_cached(
        "SELECT plan_row, code FROM exceptions WHERE run = ?1 AND kind = 'dead' ORDER BY plan_row",
    )?;
    let found =
        statement.query_map(params![id], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?)))?;
    let mut refused = Vec::new();
    for row in found {
        let (row, code) = row?;
        refused.push((row, code.unwrap_or_default()));
    }
    Ok((Some(plan), refused))
}

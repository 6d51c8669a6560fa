//! Plan rows of a run by what became of them: what a later plan takes back, or sends once more.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use super::Ledger;
use super::codec::{count, rows};
use super::error::Error;
use super::expected::{Word, last_words};
use super::plans::{by_id, open};
use super::runs::load;
use crate::domain::identifier::Identifier;
use crate::domain::list::ListId;
use crate::domain::plan::{Op, PlanRow, PlanSummary};

/// What a run did that nobody has touched since, as far as the ledger knows.
#[derive(Debug, Default)]
pub struct Done {
    /// Rows that the tenant took and that no later run has changed or confirmed, sorted.
    pub rows: Vec<PlanRow>,
    /// Rows whose number a later run of ours changed.
    pub changed_since: u64,
    /// Rows whose number a later run of ours wanted to stand there as it does.
    pub wanted_since: u64,
}

impl Ledger {
    /// What is left to take back of a run.
    pub async fn done_by(&self, run: &str) -> Result<Done, Error> {
        let id = run.to_owned();
        let Some((plan, list, accepted, later)) = self.read(move |c| accepted(c, &id)).await? else {
            return Ok(Done::default());
        };
        let words = self.words(&plan.profile, &list).await?;
        self.blocking(move |folder| {
            let orders: HashSet<u64> = accepted.iter().map(|(order, _)| *order).collect();
            let last: HashMap<Identifier, u64> =
                last_words(words).into_iter().map(|(order, word)| (word.into_whom(), order)).collect();
            let mut indices: Vec<u32> = accepted.into_iter().flat_map(|(_, rows)| rows).collect();
            indices.sort_unstable();
            let taken = open(folder, &plan.id, &plan.digest.0)?.pick(&indices)?;
            let mut done = Done::default();
            for (_, row) in taken {
                match last.get(&row.identifier) {
                    Some(order) if orders.contains(order) => done.rows.push(row),
                    _ => done.changed_since += 1,
                }
            }
            let mut wanted = HashSet::new();
            for (id, digest) in later {
                open(folder, &id, &digest)?.each(|row| {
                    let is_ours =
                        || done.rows.binary_search_by(|it| it.identifier.cmp(&row.identifier)).is_ok();
                    // Whatever became of it: that file wants the number to stand there.
                    if matches!(row.op, Op::Unchanged | Op::Add | Op::Update) && is_ours() {
                        wanted.insert(row.identifier);
                    }
                })?;
            }
            let before = done.rows.len();
            done.rows.retain(|row| !wanted.contains(&row.identifier));
            done.wanted_since = (before - done.rows.len()) as u64;
            Ok(done)
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
type Accepted = (PlanSummary, ListId, Vec<(u64, Vec<u32>)>, Vec<(String, String)>);

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
        settled.push((count(row.get(0)?)?, rows(&row.get::<_, Vec<u8>>(1)?)?));
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

impl Word {
    fn into_whom(self) -> Identifier {
        match self {
            Self::Stands(entry) | Self::Restored(entry) => entry.identifier,
            Self::Gone(identifier) => identifier,
        }
    }
}

//! Where a number came from: every accepted row of ours that holds it.

use std::path::Path;

use rusqlite::{Connection, params};

use super::Ledger;
use super::codec::{from_micros, rows};
use super::error::Error;
use super::plans::open;
use super::rows::key;
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Op, PlanRow};
use crate::domain::verdict::LedgerEvidence;

struct Candidate {
    run: String,
    file: String,
    by: String,
    list_name: String,
    plan: String,
    digest: String,
}

impl Ledger {
    /// Every accepted row of ours that means somebody, newest first. A plan that cannot be read is an error: what is
    /// not known must not look like nothing.
    pub async fn evidence(
        &self,
        profile: &str,
        whom: impl Into<Identifier>,
    ) -> Result<Vec<LedgerEvidence>, Error> {
        let (profile, whom) = (profile.to_owned(), whom.into());
        let runs = self.read(move |connection| candidates(connection, &profile)).await?;
        let holding = self
            .blocking(move |folder| {
                let mut holding = Vec::new();
                for run in runs {
                    if let Some((index, row)) = row_of(folder, &run, &whom)? {
                        holding.push((run, index, (row.row, row.op == Op::Remove)));
                    }
                }
                Ok(holding)
            })
            .await?;
        self.read(move |connection| {
            let mut found = Vec::new();
            for (run, index, (row, taken_off)) in holding {
                if let Some((order, at)) = accepted(connection, &run.run, index)? {
                    let file =
                        Path::new(&run.file).file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let at = from_micros(at)?;
                    let (run, by, list_name) = (run.run, run.by, run.list_name);
                    found.push((order, LedgerEvidence { run, file, row, taken_off, at, by, list_name }));
                }
            }
            found.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
            Ok(found.into_iter().map(|(_, evidence)| evidence).collect())
        })
        .await
    }
}

/// Runs that had anything accepted.
fn candidates(connection: &Connection, profile: &str) -> Result<Vec<Candidate>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT r.id, r.file, r.made_by, r.list_name, r.plan, p.digest FROM runs r JOIN plans p ON p.id = r.plan
         WHERE r.profile = ?1 AND r.accepted > 0 ORDER BY r.n DESC",
    )?;
    let found = statement.query_map(params![profile], |row| {
        Ok(Candidate {
            run: row.get(0)?,
            file: row.get(1)?,
            by: row.get(2)?,
            list_name: row.get(3)?,
            plan: row.get(4)?,
            digest: row.get(5)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The row with its index in the plan.
fn row_of(folder: &Path, run: &Candidate, whom: &Identifier) -> Result<Option<(u32, PlanRow)>, Error> {
    open(folder, &run.plan, &run.digest)?.find(key(whom), |row| row.identifier == *whom)
}

/// When the row was accepted, if it was: position in the trail and time.
pub(super) fn accepted(connection: &Connection, run: &str, index: u32) -> Result<Option<(i64, i64)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT accepted, settled, settled_at FROM batches
         WHERE run = ?1 AND state = 'settled' AND first_row <= ?2 AND last_row >= ?2",
    )?;
    let mut found = statement.query(params![run, index])?;
    while let Some(row) = found.next()? {
        let ranges: Vec<u8> = row.get(0)?;
        if rows(&ranges)?.binary_search(&index).is_ok() {
            return Ok(Some((row.get(1)?, row.get(2)?)));
        }
    }
    Ok(None)
}

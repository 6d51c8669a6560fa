//! Every file, run and row that ever held a number, with what became of it: from pseudonyms, and where those are missing
//! from the plans themselves.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::codec::from_micros;
use super::error::Error;
use super::evidence::accepted;
use super::plans::open;
use super::pseudonyms::{self, Planned, Whom};
use super::rows::key;
use super::{Ledger, TrailKeys};
use crate::domain::plan::Op;

/// A row that held somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRow {
    /// The run; `None` = a plan that was never launched.
    pub run: Option<String>,
    /// Its plan.
    pub plan: String,
    /// Profile.
    pub profile: String,
    /// Name of the list.
    pub list_name: String,
    /// Path of the file.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub file_sha256: String,
    /// Data row of it.
    pub row: u64,
    /// When the plan was made, or the row accepted.
    pub at: Timestamp,
    /// Who launched the run, or made the plan.
    pub by: String,
    /// What became of the row.
    pub outcome: Outcome,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The tenant took it.
    Accepted,
    /// It was taken off the list.
    TakenOff,
    /// Already there with these attributes.
    Unchanged,
    /// Left out before an outbound upload.
    Removed,
    /// Same number as another row of its file.
    Duplicate,
    /// Refused by our validation, with the code.
    Rejected(String),
    /// Refused by the tenant, with the code.
    DeadLetter(String),
    /// No verdict, or not yet.
    Unaccounted,
    /// Its plan was not launched.
    Planned,
}

impl Outcome {
    /// The word for scripts.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::TakenOff => "taken-off",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
            Self::Duplicate => "duplicate",
            Self::Rejected(_) => "rejected",
            Self::DeadLetter(_) => "dead-letter",
            Self::Unaccounted => "unaccounted",
            Self::Planned => "planned",
        }
    }

    /// The code behind a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Rejected(code) | Self::DeadLetter(code) => Some(code),
            _ => None,
        }
    }
}

/// The answer to *was this number ever in a file of ours*.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Every row that held it, newest first.
    pub rows: Vec<HeldRow>,
    /// What cannot be told, one sentence for each plan: not known is not nothing.
    pub unknown: Vec<String>,
}

/// A plan with a run, if it has one.
struct Bound {
    run: Option<String>,
    plan: String,
    digest: String,
    row: HeldRow,
    /// The event of the run that binds its plan.
    event: Option<String>,
}

impl Ledger {
    /// Looks for somebody in everything that was ever planned. `keys`: those that may have made the pseudonyms.
    pub async fn history(&self, keys: Vec<TrailKeys>, whom: Vec<Whom>) -> Result<History, Error> {
        let plans = self.read(plans).await?;
        let (found, unknown) = self
            .blocking(move |folder| {
                let (mut found, mut unknown) = (Vec::new(), Vec::new());
                for bound in plans {
                    match held(folder, &bound, &keys, &whom) {
                        Ok((rows, note)) => {
                            unknown.extend(note);
                            found.extend(
                                rows.into_iter().map(|row| (bound.run.clone(), bound.row.clone(), row)),
                            );
                        }
                        Err(error) => {
                            unknown.push(format!("plan {} cannot be asked: {error}", bound.plan));
                        }
                    }
                }
                Ok((found, unknown))
            })
            .await?;
        self.read(move |connection| {
            let mut rows = Vec::new();
            for (run, held, (row, planned)) in found {
                let (outcome, at) = outcome(connection, run.as_deref(), planned)?;
                rows.push(HeldRow { row, outcome, at: at.unwrap_or(held.at), ..held });
            }
            Ok(History { rows, unknown })
        })
        .await
    }
}

fn plans(connection: &Connection) -> Result<Vec<Bound>, Error> {
    let mut events: HashMap<String, String> = HashMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT CAST(object AS BLOB), CAST(effect AS BLOB) FROM events WHERE kind = 'run.planned'",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        events.insert(text(row.get(0)?), text(row.get(1)?));
    }
    let mut statement = connection.prepare_cached(
        "SELECT r.id, p.id, p.digest, p.profile, p.list_name, p.file, p.file_sha256, p.made_at,
                coalesce(r.made_by, p.made_by)
         FROM plans p LEFT JOIN runs r ON r.plan = p.id ORDER BY p.n DESC, r.n DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut plans = Vec::new();
    while let Some(row) = rows.next()? {
        let run: Option<String> = row.get(0)?;
        let plan: String = row.get(1)?;
        let held = HeldRow {
            run: run.clone(),
            plan: plan.clone(),
            profile: row.get(3)?,
            list_name: row.get(4)?,
            file: row.get(5)?,
            file_sha256: row.get(6)?,
            row: 0,
            at: from_micros(row.get(7)?)?,
            by: row.get(8)?,
            outcome: Outcome::Planned,
        };
        let event = run.as_ref().and_then(|run| events.get(&format!("run {run}")).cloned());
        plans.push(Bound { run, plan, digest: row.get(2)?, row: held, event });
    }
    Ok(plans)
}

type Rows = Vec<(u64, Planned)>;

/// The rows of one plan, and what cannot be told of it.
fn held(
    folder: &Path,
    bound: &Bound,
    keys: &[TrailKeys],
    whom: &[Whom],
) -> Result<(Rows, Option<String>), Error> {
    let id = &bound.plan;
    let missing = |why: &str| format!("duplicates and rejected rows of plan {id} cannot be told: {why}");
    let there = pseudonyms::digest(folder, id)?;
    let promised = bound.event.as_deref().and_then(|effect| effect.split_once(", pseudonyms sha256 "));
    let why = match (&there, promised) {
        (None, None) => "it has no pseudonyms",
        (None, Some(_)) => "its pseudonyms are gone, and the trail names them",
        (Some(there), Some((_, promised))) if there != promised => {
            "its pseudonyms are not those that the trail names"
        }
        // Bound before there were any: nothing vouches for a file that came later.
        (Some(_), None) if bound.event.is_some() => "the trail does not vouch for its pseudonyms",
        (Some(_), _) => match pseudonyms::find(folder, id, keys, whom)? {
            Some(rows) => return Ok((rows, None)),
            None => "the key that made its pseudonyms is not here",
        },
    };
    Ok((planned(folder, bound, whom)?, Some(missing(why))))
}

/// The same from the plan itself, which has only what became an operation or might have.
fn planned(folder: &Path, bound: &Bound, whom: &[Whom]) -> Result<Rows, Error> {
    let mut file = open(folder, &bound.plan, &bound.digest)?;
    let mut rows = Vec::new();
    for whom in whom {
        let Whom::Known(identifier) = whom else { continue };
        if let Some((index, row)) = file.find(key(identifier), |row| row.identifier == *identifier)? {
            let planned = match row.op {
                Op::Add | Op::Update => Planned::Sent(index),
                Op::Remove => Planned::TakenOff(index),
                Op::Unchanged => Planned::Unchanged,
                Op::Removed => Planned::Removed,
            };
            rows.push((row.row, planned));
        }
    }
    Ok(rows)
}

fn outcome(
    connection: &Connection,
    run: Option<&str>,
    planned: Planned,
) -> Result<(Outcome, Option<Timestamp>), Error> {
    let taken_off = matches!(planned, Planned::TakenOff(_));
    let index = match planned {
        Planned::Duplicate => return Ok((Outcome::Duplicate, None)),
        Planned::Rejected(code) => return Ok((Outcome::Rejected(code), None)),
        Planned::Removed => return Ok((Outcome::Removed, None)),
        _ if run.is_none() => return Ok((Outcome::Planned, None)),
        Planned::Unchanged => return Ok((Outcome::Unchanged, None)),
        Planned::Sent(index) | Planned::TakenOff(index) => index,
    };
    let run = run.unwrap_or_default();
    if let Some((_, at)) = accepted(connection, run, index)? {
        let outcome = if taken_off { Outcome::TakenOff } else { Outcome::Accepted };
        return Ok((outcome, Some(from_micros(at)?)));
    }
    let dead: Option<Option<String>> = connection
        .prepare_cached("SELECT code FROM exceptions WHERE run = ?1 AND plan_row = ?2 AND kind = 'dead'")?
        .query_row(params![run, index], |row| row.get(0))
        .optional()?;
    Ok(match dead {
        Some(code) => (Outcome::DeadLetter(code.unwrap_or_default()), None),
        None => (Outcome::Unaccounted, None),
    })
}

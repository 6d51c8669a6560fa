//! The conservation check at the end of a run: its buckets counted again, from the plan and the batches, by a way that
//! shares nothing with the counters that settlements keep.

use rusqlite::params;

use super::Ledger;
use super::codec::rows;
use super::error::{Error, damaged};
use super::plans::{by_id, open};
use super::runs::load;
use crate::domain::plan::{Op, PlanSummary};
use crate::domain::run::Buckets;

/// Where a row of the plan is. Each is in exactly one place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Accepted,
    Dead,
    Unaccounted,
    Open,
}

impl Ledger {
    /// The buckets of a run, read again from its plan and batches, for the conservation check at its end. A row that is
    /// in two places, or in none, is damage.
    pub async fn recount(&self, run: &str) -> Result<Buckets, Error> {
        let run = run.to_owned();
        let Some((plan, places)) = self.read(move |connection| places(connection, &run)).await? else {
            return Ok(Buckets::default());
        };
        self.blocking(move |folder| {
            let mut file = open(folder, &plan.id, &plan.digest.0)?;
            let mut marks = vec![Place::Nowhere; file.len() as usize];
            for (place, indices) in places {
                for index in indices {
                    match marks.get_mut(index as usize) {
                        Some(mark @ Place::Nowhere) => *mark = place,
                        Some(_) => return Err(damaged("a row of the plan has two verdicts")),
                        None => return Err(damaged("a batch has a row that the plan has not")),
                    }
                }
            }
            let counts = &plan.counts;
            let mut buckets = Buckets {
                rows: counts.rows,
                duplicates: counts.duplicates,
                rejected: counts.rejected,
                ..Buckets::default()
            };
            let mut lost = false;
            let mut marks = marks.into_iter();
            file.each(|row| match (row.op, marks.next()) {
                (Op::Unchanged, Some(Place::Nowhere)) => buckets.unchanged += 1,
                (Op::Removed, Some(Place::Nowhere)) => buckets.removed += 1,
                (op, Some(Place::Accepted)) if op.is_sent() => buckets.accepted += 1,
                (op, Some(Place::Dead)) if op.is_sent() => buckets.dead_letters += 1,
                (op, Some(Place::Unaccounted | Place::Open)) if op.is_sent() => buckets.unaccounted += 1,
                _ => lost = true,
            })?;
            if lost {
                return Err(damaged("a row of the plan is in no batch, or an unchanged one is in some"));
            }
            Ok(buckets)
        })
        .await
    }
}

type Places = Vec<(Place, Vec<u32>)>;

/// `None` for a run that has no plan yet.
fn places(connection: &rusqlite::Connection, id: &str) -> Result<Option<(PlanSummary, Places)>, Error> {
    let run = load(connection, id)?;
    let bound: bool =
        connection.query_row("SELECT bound FROM runs WHERE id = ?1", params![id], |r| r.get(0))?;
    let Some(plan) = run.plan.filter(|_| bound) else { return Ok(None) };
    let plan = by_id(connection, &plan)?;

    let mut places = Vec::new();
    let mut statement =
        connection.prepare("SELECT state = 'settled', plan_rows, accepted FROM batches WHERE run = ?1")?;
    let mut found = statement.query(params![id])?;
    while let Some(row) = found.next()? {
        if row.get(0)? {
            places.push((Place::Accepted, rows(&row.get::<_, Vec<u8>>(2)?)?));
        } else {
            places.push((Place::Open, rows(&row.get::<_, Vec<u8>>(1)?)?));
        }
    }
    let mut statement = connection.prepare("SELECT kind, plan_row FROM exceptions WHERE run = ?1")?;
    let mut found = statement.query(params![id])?;
    while let Some(row) = found.next()? {
        let place = match row.get::<_, String>(0)?.as_str() {
            "dead" => Place::Dead,
            "unaccounted" => Place::Unaccounted,
            _ => return Err(damaged("a row has a verdict that is none")),
        };
        places.push((place, vec![row.get(1)?]));
    }
    Ok(Some((plan, places)))
}

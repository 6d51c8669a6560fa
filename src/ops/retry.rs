//! Sending once more what the tenant refused of a run: a plan like any other, whose rows the ledger knows.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::plan::{Draft, Planned, PlannedRows, Planner, Wanted, barred_there, named, of_scrub, strongest};
use super::records::Records;
use super::scrub::Scrub;
use super::undo::nothing;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::entry::RemoteEntry;
use crate::domain::plan::{Destination, Op, Operation, Origin, PlanRow, SCRUBBED};
use crate::domain::run::RunSummary;

impl Ops {
    /// Plans to send once more what the tenant refused of a run. Whoever was held back because of a scrub stays so.
    pub async fn plan_retry(
        &self,
        run: &str,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        const NOTHING: &str = "nothing-to-retry";
        self.refuse_read_only("retrying dead letters")?;
        let (run, plan) = self.ended_run(run, NOTHING).await?;
        if self.refused_rows(&run).await?.is_empty() {
            return Err(nothing(
                NOTHING,
                format!("run {} has no dead letters that can be sent again", run.id),
            ));
        }
        let to = plan.destination;
        let (list, remote) = self.list_of_run(to, &run, &*sink, stop).await?;
        if remote.is_none() {
            // Who of them was taken by then, nothing tells: they would be on the list twice.
            let earlier = self.ledger.runs().await?.into_iter();
            let origin = Origin::DeadLetters(run.id.clone());
            if let Some(earlier) = earlier.filter(|it| it.buckets.rows > 0).find(|it| it.origin == origin) {
                let words = format!(
                    "run {} has sent them once more already, and nobody can read who of them is on the list",
                    earlier.id
                );
                return Err(nothing(NOTHING, words));
            }
        }
        let scrub = self.scrub_again(&plan.scrub, &*sink, stop).await?;
        let there = remote.clone().unwrap_or_else(Records::empty);
        let (rows, shortened) = self.retry_rows(&run, to, &there, &scrub).await?;
        let is_off = rows.iter().all(|row| row.op == Op::Remove);
        let draft = Draft {
            to,
            operation: if is_off { Operation::Remove } else { Operation::Add },
            origin: Origin::DeadLetters(run.id.clone()),
            list,
            file: (plan.file, plan.file_sha256),
            duplicates: 0,
            rejected: 0,
            scrub: plan.scrub,
            records: named(remote.as_ref()).await?,
            checked: None,
        };
        let writer = self.begin_rows(&draft).await?;
        let (rows, clauses) = off_thread(move || {
            let (rows, ()) = PlannedRows::write(writer, |push| rows.into_iter().try_for_each(push))?;
            let barred = remote.map(|there| barred_there(&scrub, &there)).transpose()?;
            let clauses = of_scrub(to, &scrub, &rows.removed, barred);
            Ok::<_, OpsError>((rows, clauses))
        })
        .await??;
        self.store_of_run(draft, rows, shortened, clauses, stop).await
    }

    /// The rows of a retry against the list as it is now, and how many of them end earlier than what stands there. Each does
    /// what it was to do then: a plan that takes back, and one of a snapshot, have rows that put there beside rows that take
    /// off.
    pub(super) async fn retry_rows(
        &self,
        run: &RunSummary,
        to: Destination,
        there: &Records,
        scrub: &Scrub,
    ) -> Result<(Vec<PlanRow>, u64), OpsError> {
        let against = self.against((to, Operation::Add), &run.list, Some(there), false).await?;
        let (off, put): (Vec<PlanRow>, Vec<PlanRow>) =
            self.refused_rows(run).await?.into_iter().partition(|row| row.op == Op::Remove);
        let wanted: Vec<Wanted> = put.iter().map(|row| Wanted::again(row, scrub)).collect();
        let mut there = there.beside();
        off_thread(move || {
            let mut planner = Planner::new(against, wanted.into_iter().map(Ok));
            let mut rows = Vec::new();
            while let Some(row) = planner.next_row()? {
                rows.push(row);
            }
            for row in off {
                let records = there.at(&row.identifier)?;
                rows.push(off_again(row, records));
            }
            rows.sort_unstable_by(|a, b| a.identifier.cmp(&b.identifier));
            Ok((rows, planner.tallies.shortened))
        })
        .await?
    }

    /// What the tenant refused of a run, but for whoever was held back because of a scrub.
    async fn refused_rows(&self, run: &RunSummary) -> Result<Vec<PlanRow>, OpsError> {
        let mut refused = self.ledger.refused(&run.id).await?;
        refused.retain(|(_, code)| code != SCRUBBED);
        Ok(refused.into_iter().map(|(row, _)| row).collect())
    }
}

/// The records that were to go, and no other one: what somebody has put there since is theirs.
fn off_again(row: PlanRow, records: &[RemoteEntry]) -> PlanRow {
    let meant: Vec<&RemoteEntry> =
        records.iter().filter(|record| row.replaces.contains(&record.id)).collect();
    match strongest(meant.iter().copied()) {
        Some(before) => {
            let replaces = meant.iter().map(|record| record.id.clone()).collect();
            PlanRow { replaces, before: Some(Box::new(before)), ..row }
        }
        None => PlanRow { op: Op::Unchanged, replaces: Vec::new(), before: None, ..row },
    }
}

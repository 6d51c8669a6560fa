//! Sending once more what the tenant refused of a run: a plan like any other, whose rows the ledger knows.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::plan::{Against, Draft, Planned, Wanted, of_scrub, plan_rows};
use super::undo::nothing;
use super::{Ops, OpsError, Sink};
use crate::domain::plan::{Operation, Origin, SCRUBBED};

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
        let mut refused = self.ledger.refused(&run.id).await?;
        refused.retain(|(_, code)| code != SCRUBBED);
        if refused.is_empty() {
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
        let generations = self.ledger.generations(&run.profile, &run.list).await?.into_iter().collect();
        let scrub = self.scrub_again(&plan.scrub, &*sink, stop).await?;
        let operation = if plan.operation == Operation::Remove { Operation::Remove } else { Operation::Add };
        let there = remote.as_deref().unwrap_or_default();
        let against = Against { to, operation, remote: there, generations: &generations, ours: &[] };
        let planned = plan_rows(&against, refused.iter().map(|(row, _)| Wanted::again(row, &scrub)));
        let draft = Draft {
            to,
            operation,
            origin: Origin::DeadLetters(run.id.clone()),
            list,
            file: (plan.file, plan.file_sha256),
            duplicates: 0,
            rejected: 0,
            shortened: planned.shortened,
            clauses: of_scrub(to, &scrub, &planned.rows, remote.as_deref()),
            scrub: plan.scrub,
            rows: planned.rows,
            checked: None,
        };
        self.store_of_run(draft, stop).await
    }
}

//! A plan is launched only against the file and the list that it was made for.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::domain::entry::RemoteEntry;
use crate::domain::plan::{Operation, Origin, PlanRow, PlanSummary};
use crate::domain::progress::Phase;
use crate::domain::run::RunSummary;
use crate::domain::text::thousands;
use crate::files;
use crate::ops::plan::{Against, differing, planned_otherwise};
use crate::ops::target::in_force;
use crate::ops::{Ops, OpsError, Sink, off_thread};

impl Ops {
    /// Looks at the file and at the list once more.
    pub(super) async fn check_fresh(
        &self,
        plan: &PlanSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), OpsError> {
        self.refuse_other_options(plan)?;
        if plan.origin == Origin::File {
            let path = PathBuf::from(&plan.file);
            let sha256 = off_thread(move || files::sha256_of(&path)).await??;
            if sha256 != plan.file_sha256 {
                return Err(stale(plan, "the file"));
            }
        }
        let to = plan.destination;
        let list = self.find_target(to, &plan.list.0).await?;
        let told = (list.entry_count, Phase::Plan);
        let read = self.read_if_readable(to, &plan.list, told, &**sink, stop).await?;
        if read.is_none() {
            self.refuse_second_launch(plan).await?;
        }
        let remote = in_force(to, read.unwrap_or_default(), Timestamp::now());
        let rows = self.ledger.plan_rows(plan).await?;
        match self.planned_otherwise(plan, rows, remote, sink, stop).await? {
            0 => Ok(()),
            n => {
                let n = thousands(n as u64);
                let what = match plan.scrub.is_empty() {
                    true => format!("the list (as to {n} numbers)"),
                    false => format!("the list, or one it was scrubbed against, (as to {n} numbers)"),
                };
                Err(stale(plan, &what))
            }
        }
    }

    /// Where nobody can read the list, nothing would show that a plan was carried out already: its contacts would be there
    /// twice.
    async fn refuse_second_launch(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        let runs = self.ledger.runs().await?;
        let before = |run: &&RunSummary| run.plan.as_ref() == Some(&plan.id) && run.buckets.rows > 0;
        match runs.iter().find(before) {
            None => Ok(()),
            Some(run) => Err(OpsError::Approval {
                code: "plan-stale",
                message: format!(
                    "plan {} was launched by run {} already, and nobody can read who is on the list by now",
                    plan.id, run.id
                ),
                advice: "Look at that run; what it left out is planned anew from a file.".into(),
            }),
        }
    }

    /// Rows that would be planned otherwise now.
    async fn planned_otherwise(
        &self,
        plan: &PlanSummary,
        rows: Vec<PlanRow>,
        remote: Vec<RemoteEntry>,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<usize, OpsError> {
        let (to, operation) = (plan.destination, plan.operation);
        if let Origin::Undo(run) = &plan.origin {
            let run = self.ledger.run(run).await?;
            return Ok(differing(&rows, &self.undo_rows(&run, &remote).await?.rows));
        }
        let scrub = self.scrub_again(&plan.scrub, &**sink, stop).await?;
        if let Origin::DeadLetters(run) = &plan.origin {
            let run = self.ledger.run(run).await?;
            return Ok(differing(&rows, &self.retry_rows(&run, to, &remote, &scrub).await?.rows));
        }
        let generations = self.ledger.generations(&plan.profile, &plan.list).await?;
        let ours = match operation {
            // As many as were taken off then are looked for: none, where none could be.
            Operation::Sync if rows.iter().any(|row| row.row == 0) => {
                self.ledger.ours(&plan.profile, &plan.list).await?
            }
            _ => Vec::new(),
        };
        off_thread(move || {
            let generations = generations.into_iter().collect();
            let against = Against { to, operation, remote: &remote, generations: &generations, ours: &ours };
            planned_otherwise(&rows, &against, &scrub)
        })
        .await
    }
}

fn stale(plan: &PlanSummary, what: &str) -> OpsError {
    OpsError::Approval {
        code: "plan-stale",
        message: format!("plan {} is stale: {what} changed since it was made", plan.id),
        advice: "Make and approve a new plan.".into(),
    }
}

//! A plan is launched only against the file and the list that it was made for.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::domain::plan::{Operation, Origin, PlanSummary};
use crate::domain::progress::Phase;
use crate::domain::run::RunSummary;
use crate::domain::text::counted;
use crate::files;
use crate::ops::plan::{Planner, Wanted, differing};
use crate::ops::records::Records;
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
        let there = read.map(|read| read.in_force(to, Timestamp::now()));
        match self.planned_otherwise(plan, there, sink, stop).await? {
            0 => Ok(()),
            n => {
                let n = counted(n, "number", "numbers");
                let what = match plan.scrub.is_empty() {
                    true => format!("the list (as to {n})"),
                    false => format!("the list, or one it was scrubbed against, (as to {n})"),
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
        there: Option<Records>,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<u64, OpsError> {
        let (to, operation) = (plan.destination, plan.operation);
        let rows = self.ledger.plan_rows(plan).await?;
        let there = there.unwrap_or_else(Records::empty);
        if let Origin::Undo(run) = &plan.origin {
            let run = self.ledger.run(run).await?;
            let mut undo = self.take_back(&run, &there).await?;
            let now = std::iter::from_fn(move || undo.next_row().transpose());
            return off_thread(move || differing(rows, now)).await?;
        }
        let scrub = self.scrub_again(&plan.scrub, &**sink, stop).await?;
        if let Origin::DeadLetters(run) = &plan.origin {
            let run = self.ledger.run(run).await?;
            let now = self.retry_rows(&run, to, &there, &scrub).await?.0.into_iter().map(Ok);
            return off_thread(move || differing(rows, now)).await?;
        }
        // As many as were taken off then are looked for: none, where none could be.
        let beside = operation == Operation::Sync && self.takes_off_beside(plan).await?;
        let against = self.against((to, operation), &plan.list, Some(&there), beside).await?;
        let before = self.ledger.plan_rows(plan).await?;
        off_thread(move || {
            let mut planner = Planner::new(against, Wanted::all_again(before, operation, &scrub));
            differing(rows, std::iter::from_fn(|| planner.next_row().transpose()))
        })
        .await?
    }

    /// Whether a plan takes somebody off whom no row of its file names.
    async fn takes_off_beside(&self, plan: &PlanSummary) -> Result<bool, OpsError> {
        let rows = self.ledger.plan_rows(plan).await?;
        off_thread(move || {
            for row in rows {
                if row?.row == 0 {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await?
    }
}

fn stale(plan: &PlanSummary, what: &str) -> OpsError {
    OpsError::Approval {
        code: "plan-stale",
        message: format!("plan {} is stale: {what} changed since it was made", plan.id),
        advice: "Make and approve a new plan.".into(),
    }
}

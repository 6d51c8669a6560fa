//! Approving a plan: bound to its digest, by the user of this machine, and by somebody else where the policy wants that.

use jiff::Timestamp;

use super::{Ops, OpsError, off_thread};
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Op, PlanSummary};
use crate::ledger::Approval;

impl Ops {
    /// Approves a stored plan. The OS user is recorded; `claimed` is only a claim.
    pub async fn approve(
        &self,
        plan: &str,
        reason: &str,
        claimed: Option<&str>,
    ) -> Result<(PlanSummary, Approval), OpsError> {
        self.refuse_read_only("an approval")?;
        self.refuse_broken_trail().await?;
        if reason.trim().is_empty() {
            return Err(OpsError::Approval {
                code: "reason-needed",
                message: "an approval needs a reason".into(),
                advice: "Say why with --reason TEXT.".into(),
            });
        }
        let plan = self.ledger.plan(plan).await?;
        let allowed = self.refuse_own_approval(&plan);
        self.note_refusal("approval.refused", format!("plan {}", plan.id), Some(reason.trim()), allowed)
            .await?;
        let approval = Approval {
            digest: plan.digest.clone(),
            by: self.actor.to_string(),
            claimed: claimed.map(str::to_owned),
            reason: reason.trim().to_owned(),
            at: Timestamp::now(),
        };
        self.ledger.approve(&plan, approval.clone()).await?;
        Ok((plan, approval))
    }

    /// Nobody approves their own plan where the policy wants a second person.
    fn refuse_own_approval(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        if self.needs_second_person(plan) && *plan.made_by == *self.actor {
            return Err(OpsError::Approval {
                code: "approval-needed",
                message: format!("plan {} was made by you, and this profile wants a second person", plan.id),
                advice: format!("Ask another person for `quietline approve {} --reason TEXT`.", plan.id),
            });
        }
        Ok(())
    }

    /// Whether the profile's policy wants this plan approved by somebody else than its maker. The OS user decides.
    pub fn needs_second_person(&self, plan: &PlanSummary) -> bool {
        self.profile().four_eyes.demands(plan.counts.operations(), plan.counts.remove)
    }

    /// A plan that nobody else has approved is not launched where the policy wants a second person.
    pub fn refuse_without_second_person(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        if !self.needs_second_person(plan) {
            return Ok(());
        }
        let id = &plan.id;
        Err(OpsError::Approval {
            code: "approval-needed",
            message: format!("this profile wants a second person; plan {id} is stored, and nothing was sent"),
            advice: format!(
                "Ask another person for `quietline approve {id} --reason TEXT`, then `quietline upload {id}`."
            ),
        })
    }

    /// Whom a stored plan takes off its list, sorted: whoever approves or launches it sees them first.
    pub async fn comes_off(&self, plan: &PlanSummary) -> Result<Vec<Identifier>, OpsError> {
        if plan.counts.remove == 0 {
            return Ok(Vec::new());
        }
        let rows = self.ledger.plan_rows(plan).await?;
        off_thread(move || {
            let mut comes_off = Vec::new();
            for row in rows {
                let row = row?;
                comes_off.extend((row.op == Op::Remove).then_some(row.identifier));
            }
            Ok(comes_off)
        })
        .await?
    }
}

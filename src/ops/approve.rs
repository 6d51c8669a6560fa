//! Approving a plan: bound to its digest, by the user of this machine, and by somebody else where the policy wants that.

use jiff::{SignedDuration, Timestamp};

use super::{Ops, OpsError, off_thread};
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Op, PlanSummary};
use crate::domain::text::visible;
use crate::ledger::{Approval, ApprovalStanding, Holds};

/// What came of an approval.
#[derive(Clone, Debug)]
pub struct Approved {
    /// The plan.
    pub plan: PlanSummary,
    /// The approval as it stands now: for one launch, until its end.
    pub standing: ApprovalStanding,
    /// When this person had approved it before, where that still held: its time begins anew.
    pub renews: Option<Timestamp>,
}

impl Ops {
    /// Approves a stored plan. The OS user is recorded; `claimed` is only a claim.
    pub async fn approve(
        &self,
        plan: &str,
        reason: &str,
        claimed: Option<&str>,
    ) -> Result<Approved, OpsError> {
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
        // The limit and the policy are those of the profile that it was made for.
        let allowed = self.check_fits(&plan).and_then(|()| self.refuse_own_approval(&plan));
        self.note_refusal("approval.refused", format!("plan {}", plan.id), Some(reason.trim()), allowed)
            .await?;
        let approval = Approval {
            claimed: claimed.map(str::to_owned),
            ..self.new_approval(&plan, reason.trim(), Timestamp::now())
        };
        let before = self.ledger.approval(&plan.digest).await?;
        let renews = before
            .filter(|it| it.approval.by == approval.by && matches!(it.holds(approval.at), Holds::Until(_)))
            .map(|it| it.approval.at);
        self.ledger.approve(&plan, approval).await?;
        let standing = self.ledger.approval(&plan.digest).await?;
        let lost = || OpsError::Internal(format!("the approval of plan {} is not there", plan.id));
        Ok(Approved { standing: standing.ok_or_else(lost)?, plan, renews })
    }

    /// An approval by the OS user, as long as the profile lets it hold.
    pub(super) fn new_approval(&self, plan: &PlanSummary, reason: &str, at: Timestamp) -> Approval {
        let hours = i64::from(self.profile().upload.approval_hours);
        Approval {
            digest: plan.digest.clone(),
            by: self.actor.to_string(),
            claimed: None,
            reason: reason.to_owned(),
            at,
            until: at.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX),
        }
    }

    /// The approval that a plan is launched under: its number. Refused where there is none, where the one there is does not
    /// hold any more, and where the policy wants another person's.
    pub(super) async fn approval_for_launch(&self, plan: &PlanSummary) -> Result<u64, OpsError> {
        let id = &plan.id;
        let Some(standing) = self.ledger.approval(&plan.digest).await? else {
            return Err(OpsError::Approval {
                code: "approval-needed",
                message: format!("plan {id} is not approved"),
                advice: format!("Approve it with `quietline approve {id} --reason TEXT`."),
            });
        };
        refuse_spent(plan, &standing, Timestamp::now())?;
        if standing.approval.by == plan.made_by {
            self.refuse_without_second_person(plan)?;
        }
        Ok(standing.number)
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

/// An approval that does not hold is refused: who gave it and when, what became of it, and what to do.
fn refuse_spent(plan: &PlanSummary, standing: &ApprovalStanding, now: Timestamp) -> Result<(), OpsError> {
    let id = &plan.id;
    let Approval { by, at, until, .. } = &standing.approval;
    let given = format!("{} gave at {}", visible(by, 60), minute(*at));
    let again = format!("have it approved anew: `quietline approve {id} --reason TEXT`");
    let (code, became, advice) = match standing.holds(now) {
        Holds::Until(_) => return Ok(()),
        Holds::Expired if *at > now => (
            "approval-expired",
            format!("is not believed: the clock of this machine says {}", minute(now)),
            format!("Put the clock right; else {again}."),
        ),
        Holds::Expired if now < *until => (
            "approval-expired",
            format!(
                "ended at {}: the audit trail has seen that time, though the clock of this machine says {}",
                minute(*until),
                minute(now)
            ),
            format!("Put the clock right; then {again}."),
        ),
        Holds::Expired => (
            "approval-expired",
            format!("ended at {}", minute(*until)),
            format!("Look at it once more, and {again}."),
        ),
        Holds::Used(run) => (
            "approval-used",
            format!("was for one launch, and run {run} has used it"),
            format!(
                "See `quietline runs {run}`, and go on with it by `quietline resume {run}`; to launch the plan once more, {again}."
            ),
        ),
        Holds::Void(why) => (
            "approval-void",
            format!("counts no more: {}, and the plan may have been launched since", visible(&why, 200)),
            format!("Look at the list (`quietline reconcile`), then {again}."),
        ),
    };
    Err(OpsError::Approval {
        code,
        message: format!("the approval of plan {id} that {given} {became}"),
        advice,
    })
}

/// A time as messages say it: to the minute.
fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

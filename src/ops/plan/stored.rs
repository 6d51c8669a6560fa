//! Plans that wait, and one of them as whoever did not make it sees it: what it does by what stands at the tenant now.

use super::effect::{effect_on_contacts, effect_sentence, who_comes_off, with_clauses};
use super::{Planned, enforcing_rules};
use crate::domain::list::DncList;
use crate::domain::plan::{Destination, PlanSummary};
use crate::domain::rule::Rule;
use crate::ledger::WaitingPlan;
use crate::ops::{Ops, OpsError};

impl Ops {
    /// Plans of this profile that do something and that no run was launched for, newest first, with their approvals. Those
    /// that are older than an approval may be are left out: their lists are others by now.
    pub async fn waiting_plans(&self) -> Result<Vec<WaitingPlan>, OpsError> {
        Ok(self.ledger.waiting_plans(&self.profile().name, jiff::Timestamp::now()).await?)
    }

    /// A stored plan with everything a person needs to approve it. Its file is not read: the launch does that.
    pub async fn stored_plan(&self, id: &str) -> Result<Planned, OpsError> {
        let summary = self.ledger.plan(id).await?;
        self.check_fits(&summary)?;
        let to = summary.destination;
        let list = self.find_target(to, &to.list_of(&summary.list).0).await?;
        let rules = if to.is_dnc_list() { self.client.rules().await? } else { Vec::new() };
        let comes_off = self.comes_off(&summary).await?;
        let approval = self.ledger.approval(&summary.digest).await?;
        Ok(Planned { comes_off, approval, ..self.told(summary, list, &rules) })
    }

    /// What a plan does, in words, by these rules.
    pub(super) fn told(&self, summary: PlanSummary, list: DncList, rules: &[Rule]) -> Planned {
        let (to, counts) = (summary.destination, &summary.counts);
        let enforcing = enforcing_rules(&list, rules);
        let takes = self.estimate(to, counts);
        let environment = self.profile().environment.as_str();
        let effect = match to {
            Destination::Entries | Destination::Items => {
                effect_sentence(counts, &enforcing, environment, takes)
            }
            Destination::Suppression | Destination::Outbound => {
                effect_on_contacts(to, counts, environment, takes)
            }
        };
        let clauses = who_comes_off(counts).into_iter().chain(summary.says.iter().cloned());
        let effect = with_clauses(&effect, clauses);
        let enforced_by = enforcing.iter().map(|rule| rule.name.clone()).collect();
        Planned {
            summary,
            file: None,
            list,
            enforced_by,
            effect,
            takes,
            comes_off: Vec::new(),
            approval: None,
        }
    }
}

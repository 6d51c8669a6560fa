//! Gate: may the campaign start?

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::enforce::Probed;
use super::plan::enforcing_rules;
use super::{Ops, OpsError};
use crate::domain::list::DncList;
use crate::domain::readiness::{ListState, Readiness, ReadinessFacts, readiness};
use crate::domain::rule::{Channel, Rule};
use crate::ledger::ListFacts;

impl Ops {
    /// The readiness of one list now.
    pub async fn gate(&self, list: &str) -> Result<(DncList, Readiness), OpsError> {
        let list = self.find_list(list).await?;
        let rules = self.client.rules().await?;
        let facts = self.ledger.list_facts(&self.profile().name, &list.id).await?;
        let numbers = self.numbers_to_probe(&list).await?;
        let probes_agree = match self.probe(&list, &numbers).await? {
            Probed::Agree => Some(true),
            Probed::NotYet => Some(false),
            // An empty list enforces nothing and hides nothing.
            Probed::Nothing => Some(true),
        };
        let facts = readiness_facts(&list, &rules, &facts, probes_agree);
        Ok((list, readiness(&facts, Timestamp::now())))
    }

    /// Asks the gate until it is READY, or can no longer become so by waiting, or `patience` ends.
    pub async fn gate_wait(
        &self,
        list: &str,
        patience: Duration,
        stop: &CancellationToken,
    ) -> Result<(DncList, Readiness), OpsError> {
        let begun = std::time::Instant::now();
        loop {
            let (found, answer) = self.gate(list).await?;
            let left = patience.saturating_sub(begun.elapsed());
            if answer.state != ListState::Settling || left.is_zero() {
                return Ok((found, answer));
            }
            let wait = Duration::from_secs(answer.seconds_left.clamp(1, 15)).min(left);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return Err(OpsError::Stopped),
            }
        }
    }
}

/// The facts of one list. The gate is about campaigns, so only rules that cover OUTBOUND count.
pub(super) fn readiness_facts(
    list: &DncList,
    rules: &[Rule],
    facts: &ListFacts,
    probes_agree: Option<bool>,
) -> ReadinessFacts {
    let enforced_by = enforcing_rules(list, rules)
        .into_iter()
        .filter(|rule| rule.scope.covers(Channel::Outbound))
        .map(|rule| rule.name.clone())
        .collect();
    ReadinessFacts {
        enforced_by: Some(enforced_by),
        list_active: Some(list.active),
        run_in_flight: facts.in_flight.as_ref().map(|(id, state)| (id.clone(), state.as_str())),
        cool_down_until: facts.cool_down_until,
        reconciled: facts.reconciled,
        last_accepted: facts.last_accepted,
        probes_agree,
    }
}

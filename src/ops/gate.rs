//! Gate: may the campaign start?

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::plan::enforcing_rules;
use super::{Ops, OpsError};
use crate::domain::list::{DncList, ListId};
use crate::domain::readiness::{ListState, Probes, Readiness, ReadinessFacts, readiness};
use crate::domain::rule::{Channel, Rule};
use crate::ledger::ListFacts;

impl Ops {
    /// The readiness of one list now.
    pub async fn gate(&self, list: &str) -> Result<(DncList, Readiness), OpsError> {
        let list = self.find_list(list).await?;
        let rules = self.client.rules().await?;
        let facts = self.facts_of(&list.id).await?;
        let numbers = self.numbers_to_probe(&list).await?;
        let probes = self.probe(&list, &numbers).await?;
        let readiness = self.readiness(&list, &rules, &facts, Some(probes));
        Ok((list, readiness))
    }

    /// What the ledger knows of a list: also of what other profiles do to it.
    pub(super) async fn facts_of(&self, list: &ListId) -> Result<ListFacts, OpsError> {
        Ok(self.ledger.list_facts_of(&self.profile().name, list, &self.lock_scope()).await?)
    }

    /// Folds what is known of a list now.
    pub(super) fn readiness(
        &self,
        list: &DncList,
        rules: &[Rule],
        facts: &ListFacts,
        probes: Option<Probes>,
    ) -> Readiness {
        let facts = readiness_facts(list, rules, facts, probes, self.profile().cool_down_seconds);
        readiness(&facts, Timestamp::now())
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

/// The end of the cool-down that begins with an accepted row.
pub(super) fn end_of_cool_down(accepted: Timestamp, seconds: u64) -> Timestamp {
    let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    accepted.saturating_add(seconds).unwrap_or(Timestamp::MAX)
}

/// The facts of one list. The gate is about campaigns, so only rules that cover OUTBOUND count. A run that was given up
/// before it noted its cool-down owes it all the same.
fn readiness_facts(
    list: &DncList,
    rules: &[Rule],
    facts: &ListFacts,
    probes: Option<Probes>,
    cool_down_seconds: u64,
) -> ReadinessFacts {
    let owed = facts.last_accepted.map(|accepted| end_of_cool_down(accepted, cool_down_seconds));
    let enforced_by = enforcing_rules(list, rules)
        .into_iter()
        .filter(|rule| rule.scope.covers(Channel::Outbound))
        .map(|rule| rule.name.clone())
        .collect();
    ReadinessFacts {
        enforced_by: Some(enforced_by),
        list_active: Some(list.active),
        run_in_flight: facts.in_flight.as_ref().map(|(id, state)| (id.clone(), state.as_str())),
        cool_down_until: facts.cool_down_until.max(owed),
        reconciled: facts.reconciled,
        last_accepted: facts.last_accepted,
        unaccounted: facts.unaccounted,
        doubt: facts.doubt.clone(),
        probes,
    }
}

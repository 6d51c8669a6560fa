//! Lists and rules as they are on the tenant, with what we know of them.

use super::plan::enforcing_rules;
use super::{Ops, OpsError};
use crate::domain::list::{DncList, ListId, resolve};
use crate::domain::phone::E164;
use crate::domain::readiness::{ListState, Probes, Readiness};
use crate::domain::rule::{Action, Rule};
use crate::ledger::ListFacts;

/// A list with everything the Lists pane shows of it.
#[derive(Clone, Debug)]
pub struct ListOverview {
    /// The list.
    pub list: DncList,
    /// Active BLOCK rules that name it, by name.
    pub enforced_by: Vec<String>,
    /// What the gate says.
    pub readiness: Readiness,
    /// What the ledger knows.
    pub facts: ListFacts,
}

/// Lists and rules of one moment.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Every list.
    pub lists: Vec<ListOverview>,
    /// Every rule, in the order of decision.
    pub rules: Vec<Rule>,
}

impl Ops {
    /// Lists and rules. Lists that would be READY are probed like the gate does: the pane is never greener than it.
    pub async fn catalog(&self) -> Result<Catalog, OpsError> {
        let lists = self.client.lists().await?;
        let mut rules = self.client.rules().await?;
        rules.sort_by(|a, b| {
            let order = |rule: &Rule| (rule.priority, rule.action != Action::Block);
            order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id))
        });
        let mut overviews = Vec::with_capacity(lists.len());
        for list in lists {
            let facts = self.facts_of(&list.id).await?;
            let readiness = self.readiness(&list, &rules, &facts, Some(Probes::Agree));
            let enforced_by = enforcing_rules(&list, &rules).iter().map(|rule| rule.name.clone()).collect();
            overviews.push(ListOverview { list, enforced_by, readiness, facts });
        }
        self.probe_what_would_be_ready(&mut overviews, &rules).await?;
        Ok(Catalog { lists: overviews, rules })
    }

    /// One question (asked twice, as the gate does) about the numbers of all lists: the record query is the scarcest of all calls.
    async fn probe_what_would_be_ready(
        &self,
        overviews: &mut [ListOverview],
        rules: &[Rule],
    ) -> Result<(), OpsError> {
        let would_be = overviews.iter_mut().filter(|overview| overview.readiness.state == ListState::Ready);
        let mut asked = Vec::new();
        for overview in would_be {
            let numbers = self.numbers_to_probe(&overview.list).await?;
            asked.push((overview, numbers));
        }
        let numbers: Vec<E164> = asked.iter().flat_map(|(_, numbers)| numbers).copied().collect();
        let records = match numbers.is_empty() {
            true => Ok(Vec::new()),
            false => self.steady_records(&numbers).await,
        };
        for (overview, numbers) in asked {
            let probes = match &records {
                Ok(records) => self.judge(&overview.list, &numbers, records).await.ok(),
                Err(_) => None,
            };
            overview.readiness = self.readiness(&overview.list, rules, &overview.facts, probes);
        }
        Ok(())
    }

    /// Every rule, as the tenant has them.
    pub async fn rules(&self) -> Result<Vec<Rule>, OpsError> {
        Ok(self.client.rules().await?)
    }

    /// A list by id or equal name.
    pub async fn find_list(&self, wanted: &str) -> Result<DncList, OpsError> {
        let lists = self.client.lists().await?;
        Ok(resolve(&lists, wanted)?.clone())
    }

    /// Asks an embedded sandbox to lose entries of a list. Refused for any other preset.
    pub async fn sandbox_lose(&self, list: &ListId, count: u32) -> Result<(), OpsError> {
        if self.profile().preset != "sandbox" {
            return Err(OpsError::ReadOnly { what: "losing entries of a real tenant" });
        }
        Ok(self.client.sandbox_lose(list, count).await?)
    }
}

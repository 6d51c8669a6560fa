//! Lists and rules as they are on the tenant, with what we know of them.

use jiff::Timestamp;

use super::enforce::Probed;
use super::gate::readiness_facts;
use super::plan::enforcing_rules;
use super::{Ops, OpsError};
use crate::domain::list::{DncList, ListId, resolve};
use crate::domain::readiness::{ListState, Readiness, readiness};
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
            let facts = self.ledger.list_facts(&self.profile().name, &list.id).await?;
            let ask = |probes| readiness(&readiness_facts(&list, &rules, &facts, probes), Timestamp::now());
            let mut readiness = ask(Some(true));
            if readiness.state == ListState::Ready {
                let numbers = self.numbers_to_probe(&list).await?;
                readiness = match self.probe(&list, &numbers).await {
                    Ok(Probed::Agree | Probed::Nothing) => ask(Some(true)),
                    Ok(Probed::NotYet) => ask(Some(false)),
                    Err(_) => ask(None),
                };
            }
            let enforced_by = enforcing_rules(&list, &rules).iter().map(|rule| rule.name.clone()).collect();
            overviews.push(ListOverview { list, enforced_by, readiness, facts });
        }
        Ok(Catalog { lists: overviews, rules })
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

    /// Creates a list, or finds the one with the equal name.
    pub async fn create_list(
        &self,
        name: &str,
        description: &str,
        active: bool,
    ) -> Result<DncList, OpsError> {
        self.refuse_read_only("creating a list")?;
        let list = self.client.create_list(name, description, active).await?;
        self.note("list.created", &list.id, "the list exists on the tenant".into(), None).await?;
        Ok(list)
    }

    /// Asks an embedded sandbox to lose entries of a list. Refused for any other preset.
    pub async fn sandbox_lose(&self, list: &ListId, count: u32) -> Result<(), OpsError> {
        if self.profile().preset != "sandbox" {
            return Err(OpsError::ReadOnly { what: "losing entries of a real tenant" });
        }
        Ok(self.client.sandbox_lose(list, count).await?)
    }
}

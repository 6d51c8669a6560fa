//! Lists and rules as they are on the tenant, with what we know of them.

use super::{Ops, OpsError};
use crate::domain::list::{DncList, ListId};
use crate::domain::readiness::Readiness;
use crate::domain::rule::Rule;
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
    /// Lists and rules.
    pub async fn catalog(&self) -> Result<Catalog, OpsError> {
        todo!()
    }

    /// A list by id or equal name.
    pub async fn find_list(&self, wanted: &str) -> Result<DncList, OpsError> {
        let _ = wanted;
        todo!()
    }

    /// Creates a list, or finds the one with the equal name.
    pub async fn create_list(
        &self,
        name: &str,
        description: &str,
        active: bool,
    ) -> Result<DncList, OpsError> {
        let _ = (name, description, active);
        todo!()
    }

    /// Asks an embedded sandbox to lose entries of a list. Refused for any other preset.
    pub async fn sandbox_lose(&self, list: &ListId, count: u32) -> Result<(), OpsError> {
        let _ = (list, count);
        todo!()
    }
}

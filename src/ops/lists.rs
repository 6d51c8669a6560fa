//! Making a list, binding it to the rule that enforces it, and switching it on once it is proven.

use super::binding::Binding;
use super::{Ops, OpsError};
use crate::api::{Error, ListChange, NewList, Scopes};
use crate::domain::list::DncList;
use crate::domain::readiness::{ListState, Readiness};
use crate::domain::rule::Rule;

/// A list that was made or found.
#[derive(Clone, Debug)]
pub struct MadeList {
    /// The list.
    pub list: DncList,
    /// It was not there before.
    pub made: bool,
    /// The rule that names it now, where one was asked for.
    pub bound_to: Option<Rule>,
}

/// What came of switching a list on.
#[derive(Clone, Debug)]
pub struct Activation {
    /// The list as it is now.
    pub list: DncList,
    /// What the gate said of it before.
    pub readiness: Readiness,
}

impl Ops {
    /// Creates a list, or finds the one with the equal name, and binds it to a rule where a binding was looked at before
    /// ([`Ops::binding`]), for a reason that goes into the trail. A list that is there already must be of the kind that was
    /// asked for.
    pub async fn create_list(
        &self,
        new: &NewList,
        binding: Option<(&Binding, &str)>,
    ) -> Result<MadeList, OpsError> {
        self.refuse_read_only("creating a list")?;
        let ops = self.asking(Scopes::CHANGE);
        let reason = binding.map(|(_, reason)| reason.to_owned());
        let (list, made) = ops.client.create_list(new, self.profile().upload.list_dialect).await?;
        // Also one that was made: behind a lost answer it may be somebody else's who was faster.
        refuse_another(new, &list)?;
        if made {
            self.note("list.created", &list.id, "the list exists on the tenant".into(), reason).await?;
        }
        let bound_to = match binding {
            Some((binding, reason)) => Some(ops.bind(&list, binding, reason).await?),
            None => None,
        };
        Ok(MadeList { list, made, bound_to })
    }

    /// Creates a suppression list, or finds the one with the equal name. The boolean says whether it was made now.
    pub async fn create_suppression_list(&self, name: &str) -> Result<(DncList, bool), OpsError> {
        self.refuse_read_only("creating a list")?;
        let client = self.client.asking(Scopes::SUPPRESSION);
        let (list, made) = client.create_suppression_list(name).await?;
        let list = DncList::from(list);
        if made {
            self.note("list.created", &list.id, "the list exists on the tenant".into(), None).await?;
        }
        Ok((list, made))
    }

    /// A rule by id, else by its equal name.
    pub async fn find_rule(&self, wanted: &str) -> Result<Rule, OpsError> {
        let rules = self.client.rules().await?;
        if let Some(rule) = rules.iter().find(|rule| rule.id == wanted) {
            return Ok(rule.clone());
        }
        let mut named = rules.into_iter().filter(|rule| rule.name == wanted);
        match (named.next(), named.next()) {
            (Some(rule), None) => Ok(rule),
            (None, _) => Err(Error::NotFound { what: format!("the rule “{wanted}”") }.into()),
            (Some(_), Some(_)) => {
                let detail = "several rules carry exactly this name: name one by its id";
                Err(Error::Rejected { status: 409, detail: detail.into() }.into())
            }
        }
    }

    /// Switches a list on. What is not READY but for being inactive is refused, unless a reason says why all the same.
    pub async fn activate_list(&self, list: &str, reason: Option<&str>) -> Result<Activation, OpsError> {
        self.refuse_read_only("activating a list")?;
        let list = self.find_list(list).await?;
        let rules = self.client.rules().await?;
        let facts = self.facts_of(&list.id).await?;
        // What the gate would say once it is active. The platform is not probed: it enforces no list that is switched off.
        let active = DncList { active: true, ..list.clone() };
        let readiness =
            self.readiness(&active, &rules, &facts, Some(crate::domain::readiness::Probes::Nothing));
        if readiness.state != ListState::Ready && reason.is_none() {
            return Err(OpsError::Nothing {
                code: "not-ready",
                message: format!("list {} is {}: {}", list.id, readiness.state.as_str(), readiness.because),
                advice: "Bring it to READY first, or say with --force --reason TEXT why not.".into(),
            });
        }
        let list = self.switch_on(&list, reason).await?;
        Ok(Activation { list, readiness })
    }

    /// Switches a list on, and says so in the trail.
    pub(super) async fn switch_on(&self, list: &DncList, reason: Option<&str>) -> Result<DncList, OpsError> {
        let change = ListChange { active: Some(true), ..ListChange::default() };
        let list = self.client.asking(Scopes::CHANGE).change_list(&list.id, &change).await?;
        self.note("list.activated", &list.id, "the list is active".into(), reason.map(str::to_owned)).await?;
        Ok(list)
    }
}

/// A list of that name that is another one: somebody else's numbers would be mixed with ours.
pub(super) fn refuse_another(new: &NewList, there: &DncList) -> Result<(), OpsError> {
    if there.kind.is_empty() || there.kind == new.kind {
        return Ok(());
    }
    let detail = format!("a list of that name exists, and it is of type {}", there.kind);
    Err(Error::Rejected { status: 409, detail }.into())
}

//! Binding a list to the rule that enforces it: what that changes is said before it is done, since it decides who is called.

use super::lists::refuse_another;
use super::{Ops, OpsError};
use crate::api::{Error, NewList, RuleChange};
use crate::domain::list::DncList;
use crate::domain::rule::{Action, Rule, Scope};
use crate::domain::text::thousands;

/// How often a rule that others change is bound to: each time on the version that stands then.
const TRIES: u32 = 3;

/// A list that is to be bound to a rule, as it was looked at.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The rule.
    pub rule: Rule,
    /// What it changes, in sentences. Names are the tenant's own, not escaped for a terminal.
    pub effect: String,
    /// The rule names the list already: nothing changes.
    pub stands: bool,
}

impl Ops {
    /// What it would change if the list of this name were bound to a rule (by id or equal name). Nothing is made: a mistyped
    /// rule, one that lets its numbers through, or a list of another kind is refused here.
    pub async fn binding(&self, new: &NewList, rule: &str) -> Result<Binding, OpsError> {
        let rule = self.find_rule(rule).await?;
        refuse_exception(&rule)?;
        let list = self.client.list_named(&new.name).await?;
        if let Some(there) = &list {
            refuse_another(new, there)?;
        }
        let stands = list.as_ref().is_some_and(|list| rule.lists.contains(&list.id));
        Ok(Binding { effect: effect(new, list.as_ref(), &rule), stands, rule })
    }

    /// Adds a list to those that a rule matches, on the version that was read; where somebody else was faster, on theirs,
    /// unless they changed what the rule does: then it is not what a person agreed to.
    pub(super) async fn bind(
        &self,
        list: &DncList,
        binding: &Binding,
        reason: &str,
    ) -> Result<Rule, OpsError> {
        let does = |rule: &Rule| (rule.scope, rule.action, rule.active);
        for attempt in 1.. {
            let seen = self.client.rule(&binding.rule.id).await?;
            if does(&seen.now) != does(&binding.rule) {
                return Err(Error::Conflict { what: "the rule".into() }.into());
            }
            if seen.now.lists.contains(&list.id) {
                return Ok(seen.now);
            }
            let lists = seen.now.lists.iter().cloned().chain([list.id.clone()]).collect();
            let change = RuleChange { lists: Some(lists), ..RuleChange::default() };
            match self.client.change_rule(&seen.now.id, seen.version.as_deref(), &change).await {
                Ok(changed) => {
                    let effect = format!("rule {} names the list", changed.now.id);
                    self.note("list.bound", &list.id, effect, Some(reason.to_owned())).await?;
                    return Ok(changed.now);
                }
                Err(Error::Conflict { .. }) if attempt < TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(OpsError::Internal("a rule was bound to without end".into()))
    }
}

fn refuse_exception(rule: &Rule) -> Result<(), OpsError> {
    if rule.action == Action::Block {
        return Ok(());
    }
    let detail = format!(
        "rule “{}” lets its numbers through: a list that shall block does not belong there",
        rule.name
    );
    Err(Error::Rejected { status: 409, detail }.into())
}

/// Whose calls it stops, and from when on.
fn effect(new: &NewList, list: Option<&DncList>, rule: &Rule) -> String {
    let calls = match rule.scope {
        Scope::Outbound => "is not called",
        Scope::Inbound => "cannot call",
        Scope::Both => "neither is called nor can call",
    };
    let holds = match list.map(|list| list.entry_count) {
        None => "The list is new and holds no number yet.".to_owned(),
        Some(Some(entries)) => format!("The list was there before and holds {} entries.", thousands(entries)),
        Some(None) => {
            "The list was there before, and the tenant does not tell how many entries it holds.".into()
        }
    };
    let active = list.map_or(new.active, |list| list.active);
    let from = match (rule.active, active) {
        (true, true) => "It takes effect at once.",
        (true, false) => "The list is inactive: it takes effect when the list is switched on.",
        (false, _) => "The rule is inactive: it takes effect when the rule is switched on.",
    };
    format!(
        "Rule “{}” (priority {}) blocks by {} lists and gets “{}” beside them: whoever stands on it {calls}. {holds} {from}",
        rule.name,
        rule.priority,
        rule.lists.len(),
        new.name
    )
}

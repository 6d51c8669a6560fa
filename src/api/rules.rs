//! DNC rules: read, made, changed and removed, each change on the version that was looked at.

mod wire;

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::outcome::Write;
use super::scope::Family;
use super::single::{is, unlike};
use super::wire::odd;
use crate::domain::list::ListId;
use crate::domain::rule::{Action, Rule, Scope};
use wire::{encode_change, encode_rule, read_rule, read_rules};

/// Rules of one page.
const PAGE: usize = 100;
const PATH: [&str; 2] = ["dnc", "rules"];
const WHAT: &str = "the rule";

/// A rule to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    /// Its name: what it is found by afterwards.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Channels it covers.
    pub scope: Scope,
    /// Lower decides first.
    pub priority: i64,
    /// Lists whose members it matches.
    pub lists: Vec<ListId>,
    /// What a match does.
    pub action: Action,
    /// Whether the platform uses it from the start.
    pub active: bool,
}

impl NewRule {
    /// Whether a rule says all of this.
    pub fn stands_in(&self, rule: &Rule) -> bool {
        let Self { name, description, scope, priority, lists, action, active } = self;
        (name, description, scope, priority, lists, action, active)
            == (
                &rule.name,
                &rule.description,
                &rule.scope,
                &rule.priority,
                &rule.lists,
                &rule.action,
                &rule.active,
            )
    }
}

/// Fields of a rule that change; `None` = stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleChange {
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Channels it covers.
    pub scope: Option<Scope>,
    /// Lower decides first.
    pub priority: Option<i64>,
    /// All of its lists, in order.
    pub lists: Option<Vec<ListId>>,
    /// What a match does.
    pub action: Option<Action>,
    /// Whether the platform uses it.
    pub active: Option<bool>,
}

impl RuleChange {
    /// The fields in which a rule is not as wanted, by their names on the wire.
    pub fn differs_from(&self, rule: &Rule) -> Vec<&'static str> {
        let Self { name, description, scope, priority, lists, action, active } = self;
        unlike([
            ("name", is(name.as_ref(), &rule.name)),
            ("description", is(description.as_ref(), &rule.description)),
            ("scope", is(scope.as_ref(), &rule.scope)),
            ("priority", is(priority.as_ref(), &rule.priority)),
            ("listIds", is(lists.as_ref(), &rule.lists)),
            ("action", is(action.as_ref(), &rule.action)),
            ("isActive", is(active.as_ref(), &rule.active)),
        ])
    }
}

/// Something of the tenant, and the version it was read in (`ETag`); `None` = the tenant tells no versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// What was read.
    pub now: T,
    /// What a change of it has to name.
    pub version: Option<String>,
}

impl Client {
    /// Every rule.
    pub async fn rules(&self) -> Result<Vec<Rule>, Error> {
        let asked = (Family::Rules, "the rules", &PATH[..]);
        self.all_pages(asked, PAGE, None, read_rules, |rule| rule.id.clone()).await
    }

    /// One rule with its version.
    pub async fn rule(&self, id: &str) -> Result<Versioned<Rule>, Error> {
        let answer = self.read(Ask::get(Family::Rules, WHAT, &["dnc", "rules", id])).await?;
        let rule = read_rule(&answer.raw.body)?;
        if rule.id != id {
            return Err(odd("the answer tells of another rule"));
        }
        Ok(Versioned { now: rule, version: answer.version })
    }

    /// Makes a rule, or finds the one that says all of this. The boolean says whether it was made now.
    ///
    /// It is looked for before it is made, and again after a lost answer, so that there are never two: a twin changes no
    /// decision, and would go on deciding when the other is changed.
    pub async fn create_rule(&self, new: &NewRule) -> Result<(Rule, bool), Error> {
        let find = || async move { Ok(self.rules().await?.into_iter().find(|rule| new.stands_in(rule))) };
        if let Some(there) = find().await? {
            return Ok((there, false));
        }
        let ask = || Ask::post(Family::Rules, "the rules", &PATH, encode_rule(new));
        let made = |body: Vec<u8>| async move { read_rule(&body) };
        self.create(WHAT, ask, made, find).await
    }

    /// Changes a rule, if it is still in the version that was looked at. A lost answer is settled by reading it back; a
    /// change of somebody else is [`Error::Conflict`], and theirs stays.
    pub async fn change_rule(
        &self,
        id: &str,
        version: Option<&str>,
        change: &RuleChange,
    ) -> Result<Versioned<Rule>, Error> {
        let path = ["dnc", "rules", id];
        let ask = || Ask::patch(Family::Rules, WHAT, &path, encode_change(change)).if_match(version);
        self.change(WHAT, ask, || self.rule(id), |rule| change.differs_from(&rule.now)).await
    }

    /// Removes a rule, if it is still in the version that was looked at. One that is gone already counts as removed.
    pub async fn delete_rule(&self, id: &str, version: Option<&str>) -> Result<(), Error> {
        let path = ["dnc", "rules", id];
        let ask = Ask::delete(Family::Rules, WHAT, &path).if_match(version);
        self.persist(Write::Removal, ask).await.map(drop)
    }
}

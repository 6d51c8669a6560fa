//! DNC rules and the decision that a rule set makes about a number. Exact and with a trace.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;

use super::list::ListId;

/// The direction of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// We call.
    Outbound,
    /// They call.
    Inbound,
}

impl Channel {
    /// Both, outbound first.
    pub const ALL: [Self; 2] = [Self::Outbound, Self::Inbound];

    /// `OUTBOUND` or `INBOUND`, the platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outbound => "OUTBOUND",
            Self::Inbound => "INBOUND",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which channels a rule covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Calls to us only.
    Inbound,
    /// Calls by us only.
    Outbound,
    /// Both.
    Both,
}

impl Scope {
    /// Whether the rule has a say on `channel`.
    pub fn covers(self, channel: Channel) -> bool {
        match self {
            Self::Both => true,
            Self::Inbound => channel == Channel::Inbound,
            Self::Outbound => channel == Channel::Outbound,
        }
    }

    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "INBOUND",
            Self::Outbound => "OUTBOUND",
            Self::Both => "BOTH",
        }
    }
}

/// What a matching rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The call is suppressed.
    Block,
    /// The number is excepted from what follows.
    Allow,
}

impl Action {
    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "BLOCK",
            Self::Allow => "ALLOW",
        }
    }
}

/// A rule as the tenant describes it. Lower `priority` decides first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The tenant's id.
    pub id: String,
    /// The name people know it by.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Channels it covers.
    pub scope: Scope,
    /// Lower decides first.
    pub priority: i64,
    /// Lists whose members it matches, in the tenant's order.
    pub lists: Vec<ListId>,
    /// What a match does.
    pub action: Action,
    /// Whether the platform uses it at all.
    pub active: bool,
}

/// Whether a number is a live member of a list; `None` = could not be read.
pub type Membership = Option<bool>;

/// One list of a rule, as seen for one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListStep {
    /// The list.
    pub list: ListId,
    /// Whether the number is on it (live entry, active list).
    pub member: Membership,
}

/// What became of one rule in a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It matched first and decides.
    Decides,
    /// Nothing matched.
    NoMatch,
    /// A list could not be read, so the rule may or may not match: nothing after it can make the answer sure.
    Unknown,
    /// It covers the other channel only.
    OtherChannel,
    /// It is switched off.
    Inactive,
    /// An earlier rule decided.
    NotReached,
}

/// One rule in the order of decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Index into the rules as given to [`decide`].
    pub rule: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// Its lists.
    pub lists: Vec<ListStep>,
}

/// What the rule set alone says about a number on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// A BLOCK rule matched first.
    Suppressed,
    /// No active rule blocks it.
    Allowed,
    /// A membership that matters could not be read.
    Unknown,
}

/// A decision and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Which channel was asked about.
    pub channel: Channel,
    /// What the rules say.
    pub ruling: Ruling,
    /// Index of the deciding rule into the rules as given.
    pub decided_by: Option<usize>,
    /// The list whose membership decided.
    pub by_list: Option<ListId>,
    /// Every rule, in the order of decision.
    pub trace: Vec<Step>,
}

/// Decides by priority (lower first; BLOCK before ALLOW on equal priority, then by id). In a rule, membership of *any*
/// listed list matches, whatever its position. `member` must already fold list activity and entry expiry in.
/// A rule with an unreadable list that is not matched by another list makes the answer `Unknown`, unless the rules after
/// it would decide the same way whatever the membership is. Exact: the answer is sure if and only if it is the same for
/// every way in which the unreadable memberships can turn out.
///
/// `decided_by` is the first rule that matches for sure. In an `Unknown` ruling no rule decides, and such a rule counts
/// as not reached.
pub fn decide(rules: &[Rule], channel: Channel, member: &dyn Fn(&ListId) -> Membership) -> Decision {
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by(|&a, &b| {
        let key = |i: usize| (rules[i].priority, rules[i].action == Action::Allow, rules[i].id.as_str());
        key(a).cmp(&key(b))
    });

    let mut trace = Vec::with_capacity(rules.len());
    // What may decide, depending on the lists that could not be read.
    let mut may_block = false;
    let mut may_allow = false;
    // The first rule that matches for sure: its index, its place in the trace, and the list.
    let mut sure: Option<(usize, usize, ListId)> = None;
    // When a later rule is reached, the number is on none of the unreadable lists of the earlier ones.
    let mut passed: HashSet<&ListId> = HashSet::new();

    for index in order {
        let rule = &rules[index];
        let lists: Vec<ListStep> =
            rule.lists.iter().map(|list| ListStep { list: list.clone(), member: member(list) }).collect();
        let outcome = if !rule.active {
            Outcome::Inactive
        } else if !rule.scope.covers(channel) {
            Outcome::OtherChannel
        } else if sure.is_some() {
            Outcome::NotReached
        } else if let Some(step) = lists.iter().find(|step| step.member == Some(true)) {
            sure = Some((index, trace.len(), step.list.clone()));
            Outcome::Decides
        } else {
            let mut unreadable = false;
            let mut may_match = false;
            for (list, step) in rule.lists.iter().zip(&lists) {
                if step.member.is_none() {
                    unreadable = true;
                    may_match |= passed.insert(list);
                }
            }
            may_block |= may_match && rule.action == Action::Block;
            may_allow |= may_match && rule.action == Action::Allow;
            if unreadable { Outcome::Unknown } else { Outcome::NoMatch }
        };
        trace.push(Step { rule: index, outcome, lists });
    }

    let last = sure.as_ref().map_or(Action::Allow, |(index, ..)| rules[*index].action);
    may_block |= last == Action::Block;
    may_allow |= last == Action::Allow;
    let ruling = match (may_block, may_allow) {
        (true, true) => Ruling::Unknown,
        (true, false) => Ruling::Suppressed,
        (false, _) => Ruling::Allowed,
    };
    let (decided_by, by_list) = match sure {
        Some((_, place, _)) if ruling == Ruling::Unknown => {
            trace[place].outcome = Outcome::NotReached;
            (None, None)
        }
        Some((index, _, list)) => (Some(index), Some(list)),
        None => (None, None),
    };
    Decision { channel, ruling, decided_by, by_list, trace }
}

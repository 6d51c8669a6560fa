//! DNC rules and the decision that a rule set makes about a number. Exact and with a trace.

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
/// it would decide the same way whatever the membership is.
pub fn decide(rules: &[Rule], channel: Channel, member: &dyn Fn(&ListId) -> Membership) -> Decision {
    let _ = (rules, channel, member);
    todo!()
}

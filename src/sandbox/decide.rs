//! What the tenant's engine makes of a number: the first matching rule decides, per channel.

use super::check::Millis;
use super::state::{Channel, Kind, State};
use super::world;

/// A status of the record query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Suppressed,
    Pending,
    NotSuppressed,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Suppressed => "SUPPRESSED",
            Self::Pending => "PENDING",
            Self::NotSuppressed => "NOT_SUPPRESSED",
        }
    }
}

/// The records of one number, one per type at most. Empty = the tenant does not know it.
pub(super) fn records(state: &State, number: u64, now: Millis) -> Vec<(Kind, Status)> {
    let mut out = Vec::new();
    for kind in Kind::ALL {
        let known = state.records_of(number).any(|(list, _)| state.lists[list].kind == kind);
        let status = if blocked(state, number, kind, now, true) {
            Status::Suppressed
        } else if blocked(state, number, kind, now, false) {
            Status::Pending
        } else if known || (kind == Kind::National && world::known_clean(state.options.seed, number)) {
            Status::NotSuppressed
        } else {
            continue;
        };
        out.push((kind, status));
    }
    out
}

/// Whether a BLOCK rule decides on either channel, where blocking lists count only if they are of `kind`. Over all
/// kinds together this is the same as the whole rule set's decision.
fn blocked(state: &State, number: u64, kind: Kind, now: Millis, enforced_only: bool) -> bool {
    let on: Vec<usize> = state
        .records_of(number)
        .filter(|(list, record)| {
            state.lists[*list].active && record.is_live(now) && (!enforced_only || record.enforced <= now)
        })
        .map(|(list, _)| list)
        .collect();
    if on.is_empty() {
        return false;
    }
    let mut rules: Vec<_> = state.rules.iter().filter(|rule| rule.active).collect();
    // BLOCK before ALLOW on equal priority: fail closed.
    rules.sort_by_key(|rule| (rule.priority, !rule.blocks));
    [Channel::Outbound, Channel::Inbound].into_iter().any(|channel| {
        rules
            .iter()
            .filter(|rule| rule.covers(channel))
            .find(|rule| {
                on.iter().any(|list| {
                    let list = &state.lists[*list];
                    (!rule.blocks || list.kind == kind) && rule.lists.contains(&list.id)
                })
            })
            .is_some_and(|rule| rule.blocks)
    })
}

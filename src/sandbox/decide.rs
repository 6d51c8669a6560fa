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

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::check::{DAY, now};
    use super::*;

    /// The whole rule set's decision, spelled out: walk the rules of each channel until one matches.
    fn suppressed(state: &State, number: u64, now: Millis) -> bool {
        for channel in [Channel::Outbound, Channel::Inbound] {
            let mut rules = state.rules.clone();
            rules.sort_by_key(|rule| (rule.priority, !rule.blocks));
            for rule in rules {
                let matches = rule.active
                    && rule.covers(channel)
                    && state.lists.iter().any(|list| {
                        list.active
                            && rule.lists.contains(&list.id)
                            && list.records.iter().any(|r| {
                                r.number == number && r.enforced <= now && r.expires.is_none_or(|at| at > now)
                            })
                    });
                if matches {
                    if rule.blocks {
                        return true;
                    }
                    break;
                }
            }
        }
        false
    }

    #[test]
    fn the_records_together_say_what_the_rules_say() {
        let mut state = world::seeded(Options { entries: 300, ..Options::default() });
        let numbers: Vec<u64> = state.by_number.keys().copied().collect();
        let mut seen = [0, 0];
        for priorities in [[5, 10, 20, 30, 40, 50], [50, 40, 30, 20, 10, 5], [7; 6], [30, 20, 20, 10, 20, 5]]
        {
            for (rule, priority) in state.rules.iter_mut().zip(priorities) {
                rule.priority = priority;
            }
            for inbound_allow in [false, true] {
                state.rules[1].scope = if inbound_allow { "BOTH" } else { "OUTBOUND" }.into();
                for at in [now(), now() + 400 * DAY] {
                    for number in &numbers {
                        let told = records(&state, *number, at);
                        let any = told.iter().any(|(_, status)| *status == Status::Suppressed);
                        assert_eq!(any, suppressed(&state, *number, at), "{number} {priorities:?} {told:?}");
                        seen[usize::from(any)] += 1;
                    }
                }
            }
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }
}

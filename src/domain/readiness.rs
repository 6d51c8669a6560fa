//! Is a list enforced? READY is earned; everything else names what is missing.

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::text::{thousands, visible};

/// State of a list as the gate sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListState {
    /// Bound, reconciled clean, cooled down, probes agree.
    Ready,
    /// The cool-down or the probes are not through.
    Settling,
    /// No active blocking rule enforces it.
    Unbound,
    /// The last reconciliation found differences.
    Discrepant,
    /// Never reconciled, or the tenant could not be asked.
    Unverified,
}

impl ListState {
    /// The word of the gate.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Settling => "SETTLING",
            Self::Unbound => "UNBOUND",
            Self::Discrepant => "DISCREPANT",
            Self::Unverified => "UNVERIFIED",
        }
    }
}

/// What the platform said of a sample of the numbers that the list should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probes {
    /// Every number reads SUPPRESSED.
    Agree,
    /// Every number reads SUPPRESSED, but for some that an exception rule lets through.
    PartlyExcepted,
    /// There is no number to sample: the list should hold none that is still valid.
    Nothing,
    /// Some number on the list does not read SUPPRESSED yet.
    NotYet,
    /// Some number is not on the list any more, or no longer valid there.
    Gone,
    /// An exception rule lets every one of them through.
    Excepted,
}

/// What the gate knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadinessFacts {
    /// Names of active BLOCK rules that enforce the list for OUTBOUND; `None` = rules could not be read.
    pub enforced_by: Option<Vec<String>>,
    /// Whether the list itself is active; `None` = could not be read.
    pub list_active: Option<bool>,
    /// A run on the list that is not finished: its id and state word.
    pub run_in_flight: Option<(String, &'static str)>,
    /// End of the cool-down of the last accepted row, if any row was ever accepted.
    pub cool_down_until: Option<Timestamp>,
    /// When the last reconciliation ended, and how many differences it left.
    pub reconciled: Option<(Timestamp, u64)>,
    /// When the last row was accepted: a reconciliation before it proves nothing.
    pub last_accepted: Option<Timestamp>,
    /// Rows that the last run left without a verdict of the tenant: nobody knows whether they are on the list.
    pub unaccounted: u64,
    /// Why the ledger may not know everything of the list.
    pub doubt: Option<String>,
    /// The probes; `None` = the platform was not asked.
    pub probes: Option<Probes>,
}

/// The gate's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The state.
    pub state: ListState,
    /// One sentence.
    pub because: String,
    /// Seconds until the cool-down ends, 0 when it has.
    pub seconds_left: u64,
}

/// Folds the facts at `now`. Order: UNBOUND, then UNVERIFIED where something could not be read, SETTLING, DISCREPANT,
/// UNVERIFIED where no reconciliation covers the last accepted row, READY.
pub fn readiness(facts: &ReadinessFacts, now: Timestamp) -> Readiness {
    let seconds_left = facts.cool_down_until.map_or(0, |until| seconds_until(until, now));
    let (state, because) = fold(facts, seconds_left);
    Readiness { state, because, seconds_left }
}

const NOT_YET: &str = "The platform does not report every sampled number as SUPPRESSED yet.";

fn fold(facts: &ReadinessFacts, seconds_left: u64) -> (ListState, String) {
    use ListState::{Discrepant, Ready, Settling, Unbound, Unverified};

    if facts.list_active == Some(false) {
        return (Unbound, "The list is not active, so no rule can enforce it.".to_owned());
    }
    if facts.enforced_by.as_ref().is_some_and(Vec::is_empty) {
        return (Unbound, "No active BLOCK rule enforces the list for OUTBOUND.".to_owned());
    }
    let Some(rule) = facts.enforced_by.as_ref().and_then(|rules| rules.first()) else {
        return (Unverified, "The rules could not be read.".to_owned());
    };
    if facts.list_active.is_none() {
        return (Unverified, "The list could not be read.".to_owned());
    }
    if let Some((run, state)) = &facts.run_in_flight {
        return (Settling, format!("Run {} on the list is not finished: {state}.", visible(run, 40)));
    }
    if seconds_left > 0 {
        return (Settling, format!("The cool-down after the last accepted row has {seconds_left} s to go."));
    }
    if facts.probes == Some(Probes::NotYet) {
        return (Settling, NOT_YET.to_owned());
    }
    if let Some(why) = &facts.doubt {
        return (Unverified, why.clone());
    }
    let Some((reconciled_at, differences)) = facts.reconciled else {
        return (Unverified, "The list was never reconciled.".to_owned());
    };
    if differences > 0 {
        let (count, s) = (thousands(differences), if differences == 1 { "" } else { "s" });
        return (Discrepant, format!("The last reconciliation left {count} difference{s}."));
    }
    if facts.unaccounted > 0 {
        let (count, s) = (thousands(facts.unaccounted), if facts.unaccounted == 1 { "" } else { "s" });
        return (Discrepant, format!("The last run left {count} row{s} without a verdict of the tenant."));
    }
    if facts.last_accepted.is_some_and(|accepted| reconciled_at < accepted) {
        return (Unverified, "Rows were accepted after the last reconciliation.".to_owned());
    }
    let sample = match facts.probes {
        Some(Probes::Agree) => "every sampled number reads SUPPRESSED",
        Some(Probes::PartlyExcepted) => {
            "the sampled numbers read SUPPRESSED, but for some that an exception rule lets through"
        }
        Some(Probes::Nothing) => "it should hold no number that could be sampled",
        Some(Probes::NotYet) => {
            return (Settling, NOT_YET.to_owned());
        }
        Some(Probes::Gone) => {
            return (Discrepant, "A number is gone from the list since its last reconciliation.".to_owned());
        }
        Some(Probes::Excepted) => {
            return (Unbound, "An exception rule lets every sampled number of the list through.".to_owned());
        }
        None => {
            return (Unverified, "The platform was not asked whether it enforces the list.".to_owned());
        }
    };
    let rule = visible(rule, 60);
    (Ready, format!("Rule “{rule}” enforces the list, the last reconciliation was clean, and {sample}."))
}

/// Whole seconds, rounded up: 0 only when the moment has come.
fn seconds_until(until: Timestamp, now: Timestamp) -> u64 {
    let nanoseconds = until.as_nanosecond() - now.as_nanosecond();
    u64::try_from(nanoseconds).map_or(0, |left| left.div_ceil(1_000_000_000))
}

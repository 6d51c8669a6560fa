//! Is a list enforced? READY is earned; everything else names what is missing.

use jiff::Timestamp;

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
    /// Probes: `Some(true)` all sampled numbers read SUPPRESSED, `Some(false)` some do not yet, `None` not asked.
    pub probes_agree: Option<bool>,
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
    let _ = (facts, now);
    todo!()
}

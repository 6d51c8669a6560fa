//! State machines of a run, its batches and its rows. One transition function each.

#[cfg(test)]
mod tests;

use std::fmt;

/// Seconds after which nobody can be expected to have watched a run to its end: it rings then.
pub const LONG_SECONDS: u64 = 60;

/// State of a run.
///
/// ```text
/// Draft ─▶ Approved ─▶ Uploading ⇄ Paused      any ─▶ Cancelled | Failed | Interrupted
///                          │
///                          ▼
///                      Uploaded ─▶ CoolingDown ─▶ Reconciling ─▶ Ready | Discrepant
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// Written before its file is read.
    Draft,
    /// Its plan is approved.
    Approved,
    /// Batches are being sent.
    Uploading,
    /// Stopped by a person; resumable.
    Paused,
    /// Stopped by a crash or by tenant trouble; resumable.
    Interrupted,
    /// Every row has a verdict of the tenant.
    Uploaded,
    /// Waiting for the platform to enforce.
    CoolingDown,
    /// Reading the list back.
    Reconciling,
    /// The list is as intended and enforced. Final.
    Ready,
    /// The list is not as intended; a person decides. Final until a repair.
    Discrepant,
    /// Given up for a reason that resuming cannot mend. Final.
    Failed,
    /// Stopped for good by a person. Final.
    Cancelled,
}

impl RunState {
    /// Every state, in the order of life.
    pub const ALL: [Self; 12] = [
        Self::Draft,
        Self::Approved,
        Self::Uploading,
        Self::Paused,
        Self::Interrupted,
        Self::Uploaded,
        Self::CoolingDown,
        Self::Reconciling,
        Self::Ready,
        Self::Discrepant,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Uploading => "uploading",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Uploaded => "uploaded",
            Self::CoolingDown => "cooling_down",
            Self::Reconciling => "reconciling",
            Self::Ready => "ready",
            Self::Discrepant => "discrepant",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The inverse of [`RunState::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Nothing follows by itself, and `resume` does not take it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ready | Self::Discrepant | Self::Failed | Self::Cancelled)
    }

    /// `resume` takes it: whatever was begun and is neither final nor in someone's hands (the lock tells that).
    pub fn is_resumable(self) -> bool {
        !self.is_final()
    }

    /// Whether a run may go from `self` to `next`. Staying is no transition.
    ///
    /// Paused and interrupted runs go on wherever they were: the ledger knows how far that is. A run without anything
    /// to send goes from its approval straight to `Uploaded`; rows without a verdict take it from there to `Discrepant`.
    pub fn may_become(self, next: Self) -> bool {
        use RunState::{
            Approved, Cancelled, CoolingDown, Discrepant, Draft, Failed, Interrupted, Paused, Ready,
            Reconciling, Uploaded, Uploading,
        };
        match (self, next) {
            (Ready | Discrepant | Failed | Cancelled, _) => false,
            (_, Cancelled | Failed) => true,
            (from, Interrupted) => from != Interrupted,
            (Draft, Approved | Paused) => true,
            (Approved, Uploading | Uploaded | Paused) => true,
            (Uploading, Uploaded | Paused) => true,
            (Uploaded, CoolingDown | Reconciling | Discrepant | Paused) => true,
            (CoolingDown, Reconciling | Paused) => true,
            (Reconciling, Ready | Discrepant | Paused) => true,
            (Paused | Interrupted, Draft | Approved | Uploading | Uploaded | CoolingDown | Reconciling) => {
                true
            }
            _ => false,
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a person wants of a run that another process works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stop; it can be resumed.
    Pause,
    /// Stop for good.
    Cancel,
}

impl Wish {
    /// The word that the ledger stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Cancel => "cancel",
        }
    }

    /// The inverse of [`Wish::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pause, Self::Cancel].into_iter().find(|wish| wish.as_str() == name)
    }
}

/// State of a batch. The wire lies between `Intent` and `Response`; what was lost there is `Indeterminate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchState {
    /// Planned, nothing on disk but its place.
    Queued,
    /// Intent with attempt and body digest is on disk (fsync): bytes may leave.
    Intent,
    /// The raw answer is on disk (fsync); no row settled yet.
    Response,
    /// It may have arrived. Read back before sending again.
    Indeterminate,
    /// Read back: what is missing goes to `Queued` again, the rest settles.
    Probed,
    /// Every row has its verdict. Final.
    Settled,
}

impl BatchState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Intent, Self::Response, Self::Indeterminate, Self::Probed, Self::Settled];
    /// Those that are still to be queued, sent or settled.
    pub const OPEN: [Self; 5] =
        [Self::Queued, Self::Intent, Self::Response, Self::Indeterminate, Self::Probed];
    /// Those in which something may have arrived that is not settled.
    pub const SENT: [Self; 4] = [Self::Intent, Self::Response, Self::Indeterminate, Self::Probed];
    /// The one in which an answer is there to be settled.
    pub const ANSWERED: [Self; 1] = [Self::Response];
    /// Those in which nobody knows whether it arrived: an attempt without an answer, also one that a kill cut off.
    pub const UNSURE: [Self; 3] = [Self::Intent, Self::Indeterminate, Self::Probed];

    /// The word the ledger stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Intent => "intent",
            Self::Response => "response",
            Self::Indeterminate => "indeterminate",
            Self::Probed => "probed",
            Self::Settled => "settled",
        }
    }

    /// The inverse of [`BatchState::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether a batch may go from `self` to `next`.
    ///
    /// From `Intent` or `Response` back to `Queued` only where the call surely was not applied (it never left, or the
    /// tenant refused it whole: slow down, too large). An answer that leaves it open (`504`) is `Indeterminate` too.
    pub fn may_become(self, next: Self) -> bool {
        use BatchState::{Indeterminate, Intent, Probed, Queued, Response, Settled};
        matches!(
            (self, next),
            (Queued, Intent)
                | (Intent, Response | Indeterminate | Queued)
                | (Response, Settled | Indeterminate | Queued)
                | (Indeterminate, Probed)
                | (Probed, Settled | Queued)
        )
    }
}

/// What became of one row. `Unaccounted` is visible and never final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowOutcome {
    /// Nothing known yet.
    Pending,
    /// The tenant took it in this run.
    Accepted,
    /// Already there; nothing sent.
    Unchanged,
    /// Another row of the file carries the number.
    Duplicate,
    /// Scrubbed out before an outbound upload.
    Removed,
    /// Refused by our validation.
    Rejected,
    /// Refused by the tenant.
    DeadLettered,
    /// No verdict; visible, never final.
    Unaccounted,
}

/// The buckets of a run. The conservation law: `rows` is their sum, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    /// Physical data rows of the file.
    pub rows: u64,
    /// Taken by the tenant in this run.
    pub accepted: u64,
    /// Already there with these attributes.
    pub unchanged: u64,
    /// Same number as another row of this file.
    pub duplicates: u64,
    /// Scrubbed out.
    pub removed: u64,
    /// Refused by validation.
    pub rejected: u64,
    /// Refused by the tenant.
    pub dead_letters: u64,
    /// No verdict yet.
    pub unaccounted: u64,
}

impl Buckets {
    /// Sum of all buckets without `rows`.
    pub fn sum(&self) -> u64 {
        self.accepted
            + self.unchanged
            + self.duplicates
            + self.removed
            + self.rejected
            + self.dead_letters
            + self.unaccounted
    }

    /// The conservation law. Checked in release builds too, before a run may call itself done.
    pub fn is_conserved(&self) -> bool {
        self.rows == self.sum()
    }
}

/// What everyone sees of a run: console, `runs`, `upload --json`.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Short id: `7f3a91c2`.
    pub id: String,
    /// Its plan, once there is one.
    pub plan: Option<String>,
    /// Profile it belongs to.
    pub profile: String,
    /// Where its numbers go.
    pub destination: super::plan::Destination,
    /// What is done with them.
    pub operation: super::plan::Operation,
    /// Where its rows come from.
    pub origin: super::plan::Origin,
    /// The list is switched on once it is proven.
    pub activates: bool,
    /// Target list, as the ledger names it.
    pub list: super::list::ListId,
    /// Its name at the time.
    pub list_name: String,
    /// Absolute path of the input file.
    pub file: String,
    /// Where it is.
    pub state: RunState,
    /// What became of its rows.
    pub buckets: Buckets,
    /// Batches settled.
    pub batches_done: u64,
    /// Batches in all.
    pub batches: u64,
    /// Calls repeated.
    pub retries: u64,
    /// Times the tenant asked us to slow down.
    pub throttled: u64,
    /// Differences found by its reconciliation.
    pub differences: u64,
    /// Begun at.
    pub started_at: jiff::Timestamp,
    /// Last change of state.
    pub changed_at: jiff::Timestamp,
    /// Earliest end of the cool-down, once rows were accepted.
    pub cool_down_until: Option<jiff::Timestamp>,
    /// Seconds of work (not of waiting for a person).
    pub seconds: f64,
    /// Who launched it.
    pub by: String,
    /// Why, in the words of the person.
    pub reason: String,
    /// What went wrong, when it did not end well: code and sentence.
    pub error: Option<(String, String)>,
}

impl RunSummary {
    /// What the rows are called that the tenant took, and those for which nothing had to be sent.
    pub fn words(&self) -> (&'static str, &'static str) {
        use super::plan::{Operation, Origin};
        match (&self.origin, self.operation) {
            (Origin::Undo(_), _) => ("taken back", "left as they are"),
            (_, Operation::Remove) => ("taken off", "not there"),
            (_, Operation::Add | Operation::Sync) => ("accepted", "already there"),
        }
    }

    /// What a row of it is that was rejected or refused, and so did nothing to its list of numbers not to be called.
    pub fn fate(&self) -> &'static str {
        use super::plan::{Operation, Origin};
        match (&self.origin, self.operation) {
            (Origin::Undo(_), _) => "NOT taken back",
            (_, Operation::Remove) => "STILL on the list",
            (_, Operation::Add | Operation::Sync) => "NOT suppressed",
        }
    }

    /// What it is made of, where that is not its file alone: `undo of 7f3a91c2`.
    pub fn made_of(&self) -> Option<String> {
        use super::plan::Origin;
        match &self.origin {
            Origin::File => None,
            Origin::Undo(run) => Some(format!("undo of {run}")),
            Origin::DeadLetters(run) => Some(format!("dead letters of {run}")),
        }
    }

    /// Whether something is left to do for it. An upload to an outbound list ends with its last verdict.
    pub fn is_resumable(&self) -> bool {
        let ended =
            self.destination == super::plan::Destination::Outbound && self.state == RunState::Uploaded;
        self.state.is_resumable() && !ended
    }
}

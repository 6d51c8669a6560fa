//! What goes into the ledger and what comes out of it.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::identifier::Identifier;
use crate::domain::list::ListId;
use crate::domain::metrics::Metrics;
use crate::domain::plan::{Destination, Digest, Operation, Origin, PlanSummary};
use crate::domain::run::{BatchState, RunState};

/// A run to begin.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Profile.
    pub profile: String,
    /// Where its numbers go.
    pub destination: Destination,
    /// What is done with them.
    pub operation: Operation,
    /// Where its rows come from.
    pub origin: Origin,
    /// Target list, as the ledger names it.
    pub list: ListId,
    /// Its name.
    pub list_name: String,
    /// Absolute path of the input.
    pub file: PathBuf,
    /// SHA-256 of the input where already known (a stored plan).
    pub file_sha256: Option<String>,
    /// The plan, where there already is one.
    pub plan: Option<String>,
    /// The approval that it is launched under, where there already is one: it is used by that.
    pub approval: Option<u64>,
    /// Why.
    pub reason: String,
    /// Options needed to read the file again the same way, as JSON that `ops` understands.
    pub input: String,
    /// The list is switched on once it is proven.
    pub activates: bool,
    /// OS user.
    pub by: String,
    /// Now.
    pub at: Timestamp,
}

/// An approval, bound to a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What was approved.
    pub digest: Digest,
    /// OS user.
    pub by: String,
    /// A name that was only claimed.
    pub claimed: Option<String>,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// An approval with what became of it. [`ApprovalStanding::holds`] says whether a run may be launched under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalStanding {
    /// What was given.
    pub approval: Approval,
    /// Its number in the ledger.
    pub number: u64,
    /// The run that was launched under it.
    pub used_by: Option<String>,
    /// Why it counts no more, as a clause.
    pub void: Option<String>,
    /// The latest time that the trail has seen since it was given.
    pub seen: Timestamp,
}

/// A plan that no run has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingPlan {
    /// The plan.
    pub plan: PlanSummary,
    /// Its newest approval, whatever became of it.
    pub standing: Option<ApprovalStanding>,
}

/// A batch as stored. `rows` are indices into the plan's rows (sorted by number).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Position in the run, from 0. A batch that is split or repeated in part gets successors with new numbers.
    pub seq: u32,
    /// Indices into the plan's rows.
    pub rows: Vec<u32>,
    /// Where it is.
    pub state: BatchState,
    /// Attempts so far.
    pub attempt: u32,
    /// The stored answer, where there is one and it is not settled yet: status and body.
    pub answer: Option<(u16, Vec<u8>)>,
}

/// A row that the tenant refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Data row of the file.
    pub row: u64,
    /// Whom it means.
    pub identifier: Identifier,
    /// The tenant's code.
    pub code: String,
    /// Its words; not escaped for a terminal.
    pub message: String,
}

/// How the rows of a batch are settled, in one transaction with its audit event.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// Plan-row indices that the tenant took.
    pub accepted: Vec<u32>,
    /// Plan-row indices that the tenant refused, with its reason.
    pub dead: Vec<(u32, String, String)>,
    /// Plan-row indices without a verdict that a read-back could not settle.
    pub unaccounted: Vec<u32>,
    /// Successor batches: rows that have to be sent (again).
    pub requeue: Vec<Vec<u32>>,
    /// Old records to remove once their replacement is read back: plan-row index and entry id.
    pub replace: Vec<(u32, String)>,
    /// When the last of the accepted rows was accepted.
    pub at: Option<Timestamp>,
    /// What the calls since the last settlement came to, added to the run.
    pub metrics: Metrics,
}

/// An old record that an update replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Plan-row index.
    pub row: u32,
    /// The record to remove.
    pub entry_id: String,
    /// Removed.
    pub done: bool,
}

/// What the gate needs to know of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFacts {
    /// Latest unfinished run: id and state.
    pub in_flight: Option<(String, RunState)>,
    /// End of the cool-down of the last accepted row.
    pub cool_down_until: Option<Timestamp>,
    /// Last accepted row.
    pub last_accepted: Option<Timestamp>,
    /// Last reconciliation: when, and differences left.
    pub reconciled: Option<(Timestamp, u64)>,
    /// Rows that the newest run with a plan left without a verdict when it ended; 0 where it was cancelled.
    pub unaccounted: u64,
    /// Why the ledger may not know everything of the list: until the next reconciliation nothing is proven.
    pub doubt: Option<String>,
    /// Last upload: when, by whom.
    pub last_upload: Option<(Timestamp, String)>,
    /// Whether a baseline exists.
    pub has_baseline: bool,
}

/// Something a person or a run did, for the trail.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// When.
    pub at: Timestamp,
    /// OS user.
    pub actor: String,
    /// `plan.approved`, ….
    pub kind: &'static str,
    /// What it is about.
    pub object: String,
    /// One sentence, numbers masked.
    pub effect: String,
    /// The reason a person gave.
    pub reason: Option<String>,
}

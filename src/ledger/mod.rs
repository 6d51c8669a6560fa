//! What we did, on disk. SQLite (WAL, `synchronous=FULL`), one writer thread with group commit; plans and baselines are
//! compact sorted files beside it, named by their digest.
//!
//! ```text
//! data folder (0700)
//!   ledger.db      runs, batches, exceptions, approvals, audit trail (0600)
//!   plans/ID.plan  immutable snapshots: what was approved is what is sent
//!   lists/…        expected sets: the baseline, and what our runs made of it
//! ```
//!
//! The rule of the journal: intent on disk (fsync) → send → answer on disk (fsync) → settle rows and audit event in one
//! transaction. A write returns when it is durable.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::audit::AuditEvent;
use crate::domain::diff::{Diff, Expected};
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::plan::{Digest, PlanRow, PlanSummary};
use crate::domain::run::{BatchState, Buckets, RunState, RunSummary};
use crate::domain::verdict::LedgerEvidence;

/// Why the ledger cannot go on. Exit code 6.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Another process works on the same list.
    #[error("{what} is in use by {holder}")]
    Locked {
        /// What is locked: `list National (L-1)`.
        what: String,
        /// Who holds it: `pid 4711, run 7f3a91c2, since 14:02`.
        holder: String,
    },
    /// The disk is full, read-only or failing. Nothing is sent any more.
    #[error("the ledger cannot be written: {detail}")]
    Unwritable {
        /// What the system said.
        detail: String,
    },
    /// The ledger, or a plan, is not what was written.
    #[error("the ledger is damaged: {detail}")]
    Damaged {
        /// What is off.
        detail: String,
    },
    /// Written by a newer version.
    #[error("the ledger was written by a newer version (schema {found}, this is {known})")]
    Newer {
        /// Schema on disk.
        found: i64,
        /// Schema of this program.
        known: i64,
    },
    /// No such run or plan, or several begin with that id.
    #[error("{what}")]
    NotFound {
        /// What was asked for, as a sentence.
        what: String,
    },
    /// A state machine was asked for a step it does not have.
    #[error("{what} cannot go from {from} to {to}")]
    IllegalTransition {
        /// What.
        what: String,
        /// From.
        from: &'static str,
        /// To.
        to: &'static str,
    },
}

impl Error {
    /// Stable code for `--json` errors.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::Unwritable { .. } => "ledger-unwritable",
            Self::Damaged { .. } => "ledger-damaged",
            Self::Newer { .. } => "ledger-newer",
            Self::NotFound { .. } => "not-found",
            Self::IllegalTransition { .. } => "illegal-transition",
        }
    }

    /// What to do next, in a sentence.
    pub fn advice(&self) -> String {
        match self {
            Self::Locked { .. } => "Wait for it, or stop that process.".into(),
            Self::Unwritable { .. } => "Free space or mend the permissions, then `quietline resume`.".into(),
            Self::Damaged { .. } => {
                "Keep the folder as it is and restore a backup; nothing was changed.".into()
            }
            Self::Newer { .. } => "Use the newer version of quietline.".into(),
            Self::NotFound { .. } => "See what there is with `quietline runs`.".into(),
            Self::IllegalTransition { .. } => "See its state with `quietline runs`.".into(),
        }
    }
}

/// A run to begin.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Profile.
    pub profile: String,
    /// Target list.
    pub list: ListId,
    /// Its name.
    pub list_name: String,
    /// Absolute path of the input.
    pub file: PathBuf,
    /// SHA-256 of the input where already known (a stored plan).
    pub file_sha256: Option<String>,
    /// The plan, where there already is one.
    pub plan: Option<String>,
    /// Why.
    pub reason: String,
    /// Options needed to read the file again the same way, as JSON that `ops` understands.
    pub input: String,
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

/// What the last attempt and answer of a batch say about it, for the batch detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Data row of the file.
    pub row: u64,
    /// The number.
    pub number: E164,
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
    /// Calls repeated and 429s since the last settlement, added to the run.
    pub retries: u64,
    /// See `retries`.
    pub throttled: u64,
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

/// Held while a process works on a list; dropping it lets go.
#[derive(Debug)]
pub struct ListLock {}

/// The ledger. Cheap to clone; clones share the writer.
#[derive(Clone, Debug)]
pub struct Ledger {}

#[expect(unused_variables, reason = "skeleton")]
impl Ledger {
    /// Opens or creates the ledger in `folder`, migrates, checks it. Runs left `Uploading`, `CoolingDown`, `Reconciling`
    /// whose lock nobody holds are not touched here: see [`Ledger::mark_interrupted`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        todo!()
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        todo!()
    }

    // ── runs ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Writes a run in state `Draft`, with its audit event. Returns its id.
    pub async fn create_run(&self, run: NewRun) -> Result<String, Error> {
        todo!()
    }

    /// Moves a run on, with its audit event. An illegal step is an error.
    pub async fn set_state(
        &self,
        run: &str,
        to: RunState,
        error: Option<(String, String)>,
        at: Timestamp,
    ) -> Result<RunSummary, Error> {
        todo!()
    }

    /// Binds a plan to a run: counts go into its buckets (`unaccounted` = operations), batches of at most `per_call`
    /// rows are queued for every row that is not `Unchanged`.
    pub async fn bind_plan(
        &self,
        run: &str,
        plan: &PlanSummary,
        per_call: usize,
    ) -> Result<RunSummary, Error> {
        todo!()
    }

    /// A run by id or by the beginning of its id.
    pub async fn run(&self, id: &str) -> Result<RunSummary, Error> {
        todo!()
    }

    /// The `input` JSON and the file hash a run was begun with.
    pub async fn run_input(&self, id: &str) -> Result<(String, Option<String>), Error> {
        todo!()
    }

    /// Every run, newest first.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, Error> {
        todo!()
    }

    /// Marks runs as `Interrupted` that say they are at work but whose list lock nobody holds.
    pub async fn mark_interrupted(&self, at: Timestamp) -> Result<Vec<RunSummary>, Error> {
        todo!()
    }

    /// Adds working time to a run.
    pub async fn add_seconds(&self, run: &str, seconds: f64) -> Result<(), Error> {
        todo!()
    }

    /// Notes the end of the cool-down, never earlier than one already noted.
    pub async fn set_cool_down(&self, run: &str, until: Timestamp) -> Result<(), Error> {
        todo!()
    }

    // ── plans ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Digest that [`Ledger::store_plan`] would give: over everything that matters (profile, list, file hash, rows).
    pub fn digest(profile: &str, list: &ListId, file_sha256: &str, rows: &[PlanRow]) -> Digest {
        todo!()
    }

    /// Stores an immutable plan (temp file, fsync, rename, fsync of the folder). Rows must be sorted by number.
    pub async fn store_plan(&self, plan: &PlanSummary, rows: Vec<PlanRow>) -> Result<(), Error> {
        todo!()
    }

    /// A plan by id, beginning of its id, or digest.
    pub async fn plan(&self, id: &str) -> Result<PlanSummary, Error> {
        todo!()
    }

    /// The rows of a plan; the digest is verified while reading.
    pub async fn plan_rows(&self, plan: &PlanSummary) -> Result<Vec<PlanRow>, Error> {
        todo!()
    }

    /// Stores an approval with its audit event.
    pub async fn approve(&self, plan: &PlanSummary, approval: Approval) -> Result<(), Error> {
        todo!()
    }

    /// The approval of a digest.
    pub async fn approval(&self, digest: &Digest) -> Result<Option<Approval>, Error> {
        todo!()
    }

    // ── batches ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Batches that are not settled, in order.
    pub async fn open_batches(&self, run: &str) -> Result<Vec<Batch>, Error> {
        todo!()
    }

    /// Intent of the next attempt: on disk before the first byte leaves.
    pub async fn intent(&self, run: &str, seq: u32, body_sha256: &str, at: Timestamp) -> Result<(), Error> {
        todo!()
    }

    /// The raw answer: on disk before any row settles.
    pub async fn answer(&self, run: &str, seq: u32, status: u16, body: Vec<u8>) -> Result<(), Error> {
        todo!()
    }

    /// The attempt certainly had no effect: back to `Queued`.
    pub async fn not_applied(&self, run: &str, seq: u32, why: &str) -> Result<(), Error> {
        todo!()
    }

    /// The attempt may have had an effect.
    pub async fn indeterminate(&self, run: &str, seq: u32, why: &str) -> Result<(), Error> {
        todo!()
    }

    /// It was read back.
    pub async fn probed(&self, run: &str, seq: u32) -> Result<(), Error> {
        todo!()
    }

    /// Settles a batch: rows, buckets, successors, replacements, counters in one transaction. Every row of the batch
    /// must be in exactly one of `accepted`, `dead`, `unaccounted`, `requeue`; anything else is an error and nothing
    /// is written. Returns the run as it is then.
    pub async fn settle(&self, run: &str, seq: u32, settlement: Settlement) -> Result<RunSummary, Error> {
        todo!()
    }

    /// Replacements of a run that are not done.
    pub async fn open_replacements(&self, run: &str) -> Result<Vec<Replacement>, Error> {
        todo!()
    }

    /// The old record is gone.
    pub async fn replaced(&self, run: &str, entry_id: &str) -> Result<(), Error> {
        todo!()
    }

    /// Dead letters of a run, or of all runs, by file row.
    pub async fn dead_letters(&self, run: Option<&str>) -> Result<Vec<(String, DeadLetter)>, Error> {
        todo!()
    }

    // ── lists ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes the lock of a list, naming us as the holder, or says who holds it.
    pub fn lock_list(&self, profile: &str, list: &ListId, holder: &str) -> Result<ListLock, Error> {
        todo!()
    }

    /// Stores the baseline of a list, sorted by number, unless there already is one. Returns whether it was stored.
    pub async fn store_baseline(
        &self,
        profile: &str,
        list: &ListId,
        expected: Vec<Expected>,
    ) -> Result<bool, Error> {
        todo!()
    }

    /// The expected set, sorted by number: the baseline with the accepted rows of our runs and the accepted differences
    /// folded in. `None` without a baseline.
    pub async fn expected(&self, profile: &str, list: &ListId) -> Result<Option<Vec<Expected>>, Error> {
        todo!()
    }

    /// Notes a reconciliation with its audit event, and keeps its differences for the pane.
    pub async fn store_reconciliation(
        &self,
        profile: &str,
        list: &ListId,
        run: Option<&str>,
        diff: &Diff,
        at: Timestamp,
        by: &str,
    ) -> Result<(), Error> {
        todo!()
    }

    /// Numbers of a list whose generation is above 0.
    pub async fn generations(&self, profile: &str, list: &ListId) -> Result<Vec<(E164, u32)>, Error> {
        todo!()
    }

    /// Raises the generation of numbers that we removed or that a reconciliation found missing.
    pub async fn raise_generation(
        &self,
        profile: &str,
        list: &ListId,
        numbers: Vec<E164>,
    ) -> Result<(), Error> {
        todo!()
    }

    /// What the gate needs.
    pub async fn list_facts(&self, profile: &str, list: &ListId) -> Result<ListFacts, Error> {
        todo!()
    }

    // ── evidence ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Every accepted row of ours that holds the number, newest first.
    pub async fn evidence(&self, profile: &str, number: E164) -> Result<Vec<LedgerEvidence>, Error> {
        todo!()
    }

    /// Appends to the trail.
    pub async fn note(&self, event: NewEvent) -> Result<(), Error> {
        todo!()
    }

    /// The newest events, newest first.
    pub async fn events(&self, limit: usize) -> Result<Vec<AuditEvent>, Error> {
        todo!()
    }

    /// Hash of the newest event: printed at the end of each run.
    pub async fn head(&self) -> Result<String, Error> {
        todo!()
    }

    /// The buckets of a run, read again from its plan and batches, for the conservation check at its end.
    pub async fn recount(&self, run: &str) -> Result<Buckets, Error> {
        todo!()
    }
}

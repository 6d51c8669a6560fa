//! What came of a piece of work.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Asked, Checking, Folder, OpenedFile, RowWindow, Trouble};
use crate::domain::audit::{AuditEvent, TrailReport};
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::{NotANumber, Phone};
use crate::domain::readiness::Readiness;
use crate::domain::run::RunSummary;
use crate::domain::verdict::{Answer, LedgerEvidence};
use crate::ops::{
    Approved, Catalog, Checked, DeadLetter, Found, IndexState, JobsNow, Measured, Planned, Reconciliation,
    WaitingPlan,
};

/// What a task found. `Run`, `Note`, `Jobs`, `Opened`, `Found`, `Checking` and `Indexed` may be followed by more; every other fact ends its task.
#[derive(Debug)]
pub enum Fact {
    /// Lists and rules.
    Catalog(Catalog),
    /// Every run of the profile, newest first.
    Runs(Vec<RunSummary>),
    /// A run changed (not the end of its task).
    Run(Box<RunSummary>),
    /// A run's task ended.
    RunEnded(Box<RunSummary>),
    /// A sentence worth showing (not the end of its task).
    Note(String),
    /// How the jobs of a run stand (not the end of its task).
    Jobs(Box<JobsNow>),
    /// Dead letters of one run.
    DeadLetters {
        /// The run asked about.
        run: String,
        /// By file row.
        letters: Vec<DeadLetter>,
    },
    /// What was measured of a run so far.
    Measured {
        /// The run asked about.
        run: String,
        /// Its calls and its messages.
        measured: Box<Measured>,
    },
    /// The newest audit events, newest first, and the hash of the chain's head.
    Audit {
        /// Newest first.
        events: Vec<AuditEvent>,
        /// Head of the chain.
        head: String,
        /// Whether it is what was written.
        chain: TrailReport,
    },
    /// What is known of the number being typed.
    Typed(Typed),
    /// Answers, one per input.
    Answers(Vec<Answer>),
    /// A file cannot be opened before a person decides something.
    Asked(Box<Asked>),
    /// A file is open; its index follows.
    Opened(OpenedFile),
    /// The index moved on, or is complete.
    Indexed(IndexState),
    /// Rows of the open file.
    Rows(RowWindow),
    /// More matches of a search, and how far it is.
    Found(Found),
    /// A search came to its end.
    Searched,
    /// Validation goes on: what it found meanwhile.
    Checking(Box<Checking>),
    /// Validation ended.
    Checked(Arc<Checked>),
    /// A plan is ready.
    Planned(Box<Planned>),
    /// The plans that wait, newest first.
    Waiting(Vec<WaitingPlan>),
    /// A plan was approved.
    Approved(Box<Approved>),
    /// A list was read back and compared.
    Reconciled(Box<Reconciliation>),
    /// The gate answered.
    Gate(Box<(DncList, Readiness)>),
    /// A file was written: where, and how many rows it holds.
    Written {
        /// Where.
        path: PathBuf,
        /// Rows; 0 where it has none to count.
        rows: u64,
    },
    /// Something stands where a file was to be written, and nobody said that it may be replaced: nothing was written.
    Occupied(PathBuf),
    /// How the open file is read is saved as a layout.
    LayoutSaved {
        /// Its name.
        name: String,
        /// Whether it was not there already.
        new: bool,
    },
    /// A folder's content.
    Folder(Folder),
    /// The sandbox lost entries of this list.
    SandboxLost(ListId),
    /// The wizard's connection test passed and the profile with this name is written.
    ProfileReady(String),
    /// A task ended without a result worth a fact.
    Done,
    /// It did not work.
    Failed(Trouble),
}

impl Fact {
    /// Whether the task goes on after this fact.
    pub fn is_interim(&self) -> bool {
        match self {
            Self::Run(_)
            | Self::Note(_)
            | Self::Jobs(_)
            | Self::Opened(_)
            | Self::Found(_)
            | Self::Checking(_) => true,
            Self::Indexed(state) => !state.complete,
            _ => false,
        }
    }

    /// Whether a person has asked for this a moment ago and looks for it. Everything else comes by itself, or after a time
    /// that makes no moment's difference.
    pub fn is_awaited(&self) -> bool {
        matches!(
            self,
            Self::Rows(_)
                | Self::Asked(_)
                | Self::Typed(_)
                | Self::Answers(_)
                | Self::Folder(_)
                | Self::Occupied(_)
        )
    }
}

/// A number as it is being typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// What stands in the field.
    pub input: String,
    /// How it reads.
    pub read: Result<Phone, NotANumber>,
    /// What the ledger knows of it.
    pub known: Vec<LedgerEvidence>,
}

//! What happens, what is to be done about it, and what came of it.
//!
//! ```text
//! Event ─▶ App::update ─▶ Vec<Effect> ─▶ runtime ─▶ Report ─▶ Event
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use super::Ended;
use crate::domain::audit::AuditEvent;
use crate::domain::list::{DncList, ListId};
use crate::domain::phone::{E164, NotANumber, Phone};
use crate::domain::progress::Progress;
use crate::domain::readiness::Readiness;
use crate::domain::run::RunSummary;
use crate::domain::text::visible;
use crate::domain::verdict::{Answer, LedgerEvidence};
use crate::ops::{
    Catalog, Checked, DeadLetter, Found, Gauges, IndexState, Input, LookupSources, Needle, OpsError,
    PlanRequest, Planned, Reconciliation,
};

mod file;

pub use file::{Asked, Checking, Folder, FolderItem, OpenedFile, Output, PreviewRow, RowWindow};

/// Names one piece of work. Numbers only grow, so a report of an older task in a slot is recognised as stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// Key, mouse, paste, resize, focus.
    Input(crossterm::event::Event),
    /// A fact from a task: never dropped.
    Report(Report),
    /// How far running tasks are: latest wins.
    Progress(BTreeMap<TaskId, Progress>),
    /// The connection's gauges: latest wins.
    Gauges(Gauges),
    /// Time passed while something on the screen depends on it.
    Tick,
}

/// A fact, and the task it comes from.
#[derive(Debug)]
pub struct Report {
    /// Which task.
    pub task: TaskId,
    /// What it found.
    pub fact: Fact,
}

/// What a task found. `Run`, `Note`, `Opened`, `Found`, `Checking` and `Indexed` may be followed by more; every other fact ends its task.
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
    /// Dead letters of one run.
    DeadLetters {
        /// The run asked about.
        run: String,
        /// By file row.
        letters: Vec<DeadLetter>,
    },
    /// The newest audit events, newest first, and the hash of the chain's head.
    Audit {
        /// Newest first.
        events: Vec<AuditEvent>,
        /// Head of the chain.
        head: String,
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
            Self::Run(_) | Self::Note(_) | Self::Opened(_) | Self::Found(_) | Self::Checking(_) => true,
            Self::Indexed(state) => !state.complete,
            _ => false,
        }
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

/// What went wrong, ready to be shown: every string is already safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What was tried: `read the lists`.
    pub doing: String,
    /// Stable code.
    pub code: String,
    /// What.
    pub message: String,
    /// The causes behind it, outermost first.
    pub chain: Vec<String>,
    /// What next.
    pub advice: String,
}

impl Trouble {
    /// From a job's error. `doing` completes the sentence “could not …”.
    pub fn new(doing: &str, error: &OpsError) -> Self {
        let mut chain = Vec::new();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let text = visible(&cause.to_string(), 400);
            if chain.last() != Some(&text) {
                chain.push(text);
            }
            source = cause.source();
        }
        let message = visible(&error.to_string(), 400);
        chain.retain(|cause| *cause != message);
        Self {
            doing: doing.to_owned(),
            code: error.code().to_owned(),
            message,
            chain,
            advice: visible(&error.advice(), 400),
        }
    }

    /// From a sentence, where no job's error stands behind it.
    pub fn said(doing: &str, code: &str, message: &str, advice: &str) -> Self {
        Self {
            doing: doing.to_owned(),
            code: code.to_owned(),
            message: visible(message, 400),
            chain: Vec::new(),
            advice: visible(advice, 400),
        }
    }

    /// Whether a person stopped it: not worth an alarm.
    pub fn is_stop(&self) -> bool {
        self.code == "stopped"
    }
}

/// Something to do outside of `update`.
#[derive(Debug)]
pub enum Effect {
    /// Start a piece of work; its reports carry the id.
    Start(TaskId, Op),
    /// Stop one. An upload that is stopped is paused: it journals its calls in flight first.
    Stop(TaskId),
    /// Put text on the clipboard of the terminal (OSC 52).
    Copy(String),
    /// Set the terminal's title.
    Title(String),
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Go to the background, as Ctrl-Z does.
    Suspend,
    /// Leave the console. Running tasks are stopped and awaited.
    End(Ended),
}

/// A piece of work. The runtime gives each to `ops`.
#[derive(Clone, Debug)]
pub enum Op {
    /// Read lists and rules.
    Catalog,
    /// Read the runs.
    Runs,
    /// Read the dead letters of a run.
    DeadLetters {
        /// The run.
        run: String,
    },
    /// Read the newest audit events.
    Audit {
        /// How many.
        limit: usize,
    },
    /// Read a number as it is typed. Latest wins.
    Typed {
        /// What stands in the field.
        input: String,
    },
    /// Look numbers up. Latest wins.
    Lookup {
        /// What was asked, one per answer.
        inputs: Vec<String>,
        /// Whom to ask.
        sources: LookupSources,
    },
    /// Open a file, then index it in the background. Latest wins.
    OpenFile {
        /// Which.
        path: PathBuf,
        /// How to read it.
        input: Input,
    },
    /// Read rows `first..first + count` of the open file. Latest wins.
    LoadRows {
        /// The open file.
        file: OpenedFile,
        /// From 1.
        first: u64,
        /// How many.
        count: usize,
    },
    /// Search every row of the open file. Latest wins.
    Search {
        /// The open file.
        file: OpenedFile,
        /// What for.
        needle: Box<Needle>,
        /// The row to begin at, from 1; it goes round to the one before.
        from: u64,
    },
    /// Validate the whole file. Latest wins.
    Check {
        /// The open file.
        file: OpenedFile,
    },
    /// Plan the file against a list. Latest wins.
    Plan(PlanRequest),
    /// Launch a plan, through to READY; approve it first, unless that is for somebody else to do.
    Launch {
        /// Id of the plan.
        plan: String,
        /// Why.
        reason: String,
        /// A name that is only claimed, beside the OS user's.
        claimed: Option<String>,
        /// Whether this person's launch is the approval too. Without it, a plan that nobody approved is refused.
        approve: bool,
    },
    /// Go on with a run.
    Resume {
        /// Its id.
        run: String,
    },
    /// Cancel, for good, a run that nobody works on.
    CancelRun {
        /// Its id.
        run: String,
    },
    /// Read a list back and compare.
    Reconcile {
        /// The list.
        list: ListId,
        /// The run it belongs to, where it does.
        run: Option<String>,
    },
    /// Ask the gate.
    Gate {
        /// The list.
        list: ListId,
    },
    /// Write something that is made from the open file.
    WriteOut {
        /// What.
        what: Output,
        /// The open file.
        file: Box<OpenedFile>,
        /// What validation found.
        checked: Arc<Checked>,
        /// Where to.
        out: PathBuf,
        /// Whether what stands there may be replaced.
        replace: bool,
    },
    /// Save how the open file is read as a layout of the config file.
    SaveLayout {
        /// Its name.
        name: String,
        /// The open file.
        file: OpenedFile,
    },
    /// Write text that a person asked for (0600).
    Export {
        /// Where to.
        out: PathBuf,
        /// What.
        text: String,
        /// Rows in it, for the confirmation.
        rows: u64,
    },
    /// Read a folder. Latest wins.
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// Let the embedded sandbox lose entries.
    SandboxLose {
        /// Of which list.
        list: ListId,
        /// How many.
        count: u32,
    },
    /// Store credentials, test them, write the profile.
    SetUp(SetUp),
}

/// What the wizard collected.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// Name of the new profile, which is the tenant's name.
    pub tenant: String,
    /// The client id.
    pub client_id: String,
    /// The secret. `Debug` does not show it.
    pub client_secret: SecretString,
}

/// Places where only the newest task counts: starting one stops the one before, and its late reports are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Lists and rules.
    Catalog,
    /// Runs.
    Runs,
    /// Audit events.
    Audit,
    /// Dead letters.
    DeadLetters,
    /// As-you-type.
    Typed,
    /// Look-up.
    Lookup,
    /// The open file and its index.
    File,
    /// Rows of the preview.
    Rows,
    /// The search in the open file.
    Search,
    /// Validation of the open file.
    Check,
    /// The plan in preparation.
    Plan,
    /// Folder of the picker.
    Folder,
    /// The wizard's set-up.
    SetUp,
}

impl Op {
    /// The slot, for work where only the newest counts. Work that changes something has none.
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Self::Catalog => Some(Slot::Catalog),
            Self::Runs => Some(Slot::Runs),
            Self::Audit { .. } => Some(Slot::Audit),
            Self::DeadLetters { .. } => Some(Slot::DeadLetters),
            Self::Typed { .. } => Some(Slot::Typed),
            Self::Lookup { .. } => Some(Slot::Lookup),
            Self::OpenFile { .. } => Some(Slot::File),
            Self::LoadRows { .. } => Some(Slot::Rows),
            Self::Search { .. } => Some(Slot::Search),
            Self::Check { .. } => Some(Slot::Check),
            Self::Plan(_) => Some(Slot::Plan),
            Self::Folder { .. } => Some(Slot::Folder),
            Self::SetUp(_) => Some(Slot::SetUp),
            Self::Launch { .. }
            | Self::Resume { .. }
            | Self::CancelRun { .. }
            | Self::Reconcile { .. }
            | Self::Gate { .. }
            | Self::WriteOut { .. }
            | Self::SaveLayout { .. }
            | Self::Export { .. }
            | Self::SandboxLose { .. } => None,
        }
    }

    /// What it does, to complete “could not …” and to name it while it works.
    pub fn doing(&self) -> &'static str {
        match self {
            Self::Catalog => "read lists and rules",
            Self::Runs => "read the runs",
            Self::DeadLetters { .. } => "read the dead letters",
            Self::Audit { .. } => "read the audit trail",
            Self::Typed { .. } => "read the number",
            Self::Lookup { .. } => "look the number up",
            Self::OpenFile { .. } => "open the file",
            Self::LoadRows { .. } => "read the rows",
            Self::Search { .. } => "search the file",
            Self::Check { .. } => "check the file",
            Self::Plan(_) => "plan the upload",
            Self::Launch { .. } => "upload",
            Self::Resume { .. } => "resume the run",
            Self::CancelRun { .. } => "cancel the run",
            Self::Reconcile { .. } => "reconcile the list",
            Self::Gate { .. } => "ask the gate",
            Self::WriteOut { what: Output::Rejects, .. } => "write the rejects",
            Self::WriteOut { what: Output::Clean, .. } => "write the cleaned list",
            Self::WriteOut { what: Output::Report, .. } => "write the report",
            Self::SaveLayout { .. } => "save the layout",
            Self::Export { .. } => "write the export",
            Self::Folder { .. } => "read the folder",
            Self::SandboxLose { .. } => "make the sandbox lose entries",
            Self::SetUp(_) => "set the tenant up",
        }
    }

    /// Whether it sees a run through: quitting asks about those, and stopping them pauses the run.
    pub fn is_run(&self) -> bool {
        matches!(self, Self::Launch { .. } | Self::Resume { .. })
    }

    /// Whether Ctrl-C stops it: long work that a person waits for.
    pub fn is_foreground(&self) -> bool {
        matches!(
            self,
            Self::OpenFile { .. }
                | Self::Search { .. }
                | Self::Check { .. }
                | Self::Plan(_)
                | Self::Reconcile { .. }
                | Self::Lookup { .. }
                | Self::SetUp(_)
        )
    }

    /// Whether it changes anything on the tenant or in the ledger: off in read-only mode.
    pub fn is_change(&self) -> bool {
        matches!(
            self,
            Self::Launch { .. } | Self::Resume { .. } | Self::CancelRun { .. } | Self::SandboxLose { .. }
        )
    }
}

/// A number as a person sees it: whole, or masked in privacy mode.
pub fn shown(number: E164, masked: bool) -> String {
    if masked { number.masked() } else { number.pretty() }
}

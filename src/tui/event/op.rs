//! What is to be done, and where only the newest of it counts.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use super::{OpenedFile, Output};
use crate::domain::list::ListId;
use crate::ops::{Checked, Input, LookupSources, Needle, PlanRequest};

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
    /// Read what was measured of a run. Latest wins.
    Measured {
        /// The run.
        run: String,
    },
    /// Read the newest audit events.
    Audit {
        /// How many.
        limit: usize,
        /// Go through the whole trail, and not only through what came since the last look.
        whole: bool,
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
    /// Plan to take a run back. Latest wins.
    PlanUndo {
        /// The run.
        run: String,
    },
    /// Plan to send once more what the tenant refused of a run. Latest wins.
    PlanRetry {
        /// The run.
        run: String,
    },
    /// Read the plans that wait to be approved or launched.
    Waiting,
    /// Read a stored plan as whoever is to approve it sees it. Latest wins.
    StoredPlan {
        /// Id of the plan.
        plan: String,
    },
    /// Approve a plan of somebody else; nothing is launched.
    Approve {
        /// Id of the plan.
        plan: String,
        /// Why.
        reason: String,
    },
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
    /// Have a run paused that another process works on.
    PauseRun {
        /// Its id.
        run: String,
    },
    /// Cancel a run for good, whoever works on it.
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
    /// What was measured of a run.
    Measured,
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
    /// The plan in preparation, or the stored one that is looked at.
    Plan,
    /// Plans that wait.
    Waiting,
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
            Self::Measured { .. } => Some(Slot::Measured),
            Self::Typed { .. } => Some(Slot::Typed),
            Self::Lookup { .. } => Some(Slot::Lookup),
            Self::OpenFile { .. } => Some(Slot::File),
            Self::LoadRows { .. } => Some(Slot::Rows),
            Self::Search { .. } => Some(Slot::Search),
            Self::Check { .. } => Some(Slot::Check),
            Self::Plan(_) | Self::PlanUndo { .. } | Self::PlanRetry { .. } | Self::StoredPlan { .. } => {
                Some(Slot::Plan)
            }
            Self::Waiting => Some(Slot::Waiting),
            Self::Folder { .. } => Some(Slot::Folder),
            Self::SetUp(_) => Some(Slot::SetUp),
            Self::Approve { .. }
            | Self::Launch { .. }
            | Self::Resume { .. }
            | Self::PauseRun { .. }
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
            Self::Measured { .. } => "read what was measured of the run",
            Self::Audit { .. } => "read the audit trail",
            Self::Typed { .. } => "read the number",
            Self::Lookup { .. } => "look the number up",
            Self::OpenFile { .. } => "open the file",
            Self::LoadRows { .. } => "read the rows",
            Self::Search { .. } => "search the file",
            Self::Check { .. } => "check the file",
            Self::Plan(_) => "plan the upload",
            Self::PlanUndo { .. } => "plan the undo",
            Self::PlanRetry { .. } => "plan the retry",
            Self::Waiting => "read the plans that wait",
            Self::StoredPlan { .. } => "read the plan",
            Self::Approve { .. } => "approve the plan",
            Self::Launch { .. } => "upload",
            Self::Resume { .. } => "resume the run",
            Self::PauseRun { .. } => "pause the run",
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
                | Self::PlanUndo { .. }
                | Self::PlanRetry { .. }
                | Self::StoredPlan { .. }
                | Self::Reconcile { .. }
                | Self::Lookup { .. }
                | Self::SetUp(_)
        )
    }

    /// Whether it changes anything on the tenant or in the ledger: off in read-only mode.
    pub fn is_change(&self) -> bool {
        matches!(
            self,
            Self::Approve { .. }
                | Self::Launch { .. }
                | Self::Resume { .. }
                | Self::PauseRun { .. }
                | Self::CancelRun { .. }
                | Self::SandboxLose { .. }
        )
    }
}

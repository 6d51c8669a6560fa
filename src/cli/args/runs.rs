//! From a plan to a list that is READY.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::InputArgs;
use crate::domain::plan::{Destination, Operation};

#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// The file
    pub file: PathBuf,
    /// What kind of list its numbers go to
    #[arg(long, value_name = "KIND", default_value = "entries")]
    pub to: ToArg,
    /// What is done with them
    #[arg(long = "op", value_name = "OP", default_value = "add")]
    pub operation: OperationArg,
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: String,
    /// Outbound: leave out whoever stands on this list. Again for each further list
    #[arg(long, value_name = "LIST")]
    pub scrub: Vec<String>,
    /// Exit 0 although rows are rejected
    #[arg(long)]
    pub allow_rejects: bool,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PlansArgs {
    /// Plan, by id, beginning of its id, or digest
    pub plan: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ApproveArgs {
    /// Plan, by id, beginning of its id, or digest
    pub plan: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// A name to record beside the user of this machine, as claimed
    #[arg(long = "as", value_name = "NAME")]
    pub claimed: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UploadArgs {
    /// A file (needs --list), or the id of an approved plan; `./p-1a2b3c4d` names a file that is called like a plan
    #[arg(value_name = "FILE|PLAN")]
    pub what: PathBuf,
    /// What kind of list its numbers go to; a plan knows it
    #[arg(long, value_name = "KIND")]
    pub to: Option<ToArg>,
    /// What is done with them; a plan knows it
    #[arg(long = "op", value_name = "OP")]
    pub operation: Option<OperationArg>,
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: Option<String>,
    /// Outbound: leave out whoever stands on this list. Again for each further list
    #[arg(long, value_name = "LIST")]
    pub scrub: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Switch the list on once it is proven to hold every number, where it is inactive
    #[arg(long)]
    pub activate: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// When to return: after the last settled row, or after cool-down and reconciliation
    #[arg(long, value_name = "STATE", default_value = "ready")]
    pub until: UntilArg,
    /// Exit 0 although rows are rejected or refused
    #[arg(long)]
    pub allow_rejects: bool,
    /// Return once the run is launched; it goes on by itself, also when this terminal is closed
    #[arg(long)]
    pub detach: bool,
    /// What `--detach` starts
    #[arg(long, hide = true, conflicts_with = "detach")]
    pub detached: bool,
    #[command(flatten)]
    pub lock: LockArgs,
    #[command(flatten)]
    pub input: InputArgs,
}

/// Lists that another process works on.
#[derive(Debug, Args)]
pub(in crate::cli) struct LockArgs {
    /// Wait up to this long for a list that another process works on; without it, fail at once and name the holder
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait_lock: u64,
}

/// `--to`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ToArg {
    /// Entries of a DNC list: with jurisdiction and expiry, and a verdict on each
    #[default]
    Entries,
    /// Items of a DNC list: queued, and read back
    Items,
    /// Contacts of a suppression list, with reason and end
    Suppression,
    /// Contacts of an outbound list: a job inserts them
    Outbound,
}

impl From<ToArg> for Destination {
    fn from(to: ToArg) -> Self {
        match to {
            ToArg::Entries => Self::Entries,
            ToArg::Items => Self::Items,
            ToArg::Suppression => Self::Suppression,
            ToArg::Outbound => Self::Outbound,
        }
    }
}

/// `--op`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum OperationArg {
    /// The file's numbers shall stand on the list
    #[default]
    Add,
    /// The file's numbers shall not stand on the list any more
    Remove,
    /// The file is the whole of what we keep on the list: its numbers shall stand there, and those that we put there before
    /// and that it does not name shall go; records of others stay
    Sync,
}

impl From<OperationArg> for Operation {
    fn from(operation: OperationArg) -> Self {
        match operation {
            OperationArg::Add => Self::Add,
            OperationArg::Remove => Self::Remove,
            OperationArg::Sync => Self::Sync,
        }
    }
}

/// `--until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum UntilArg {
    /// After the last settled row.
    Uploaded,
    /// After cool-down and reconciliation.
    Ready,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ResumeArgs {
    /// Run, by id or its beginning; the newest that can go on, where none is named
    pub run: Option<String>,
    /// When to return
    #[arg(long, value_name = "STATE", default_value = "ready")]
    pub until: UntilArg,
    /// Exit 0 although rows are rejected or refused
    #[arg(long)]
    pub allow_rejects: bool,
    #[command(flatten)]
    pub lock: LockArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RunsArgs {
    /// Run, by id or its beginning
    pub run: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CancelArgs {
    #[command(flatten)]
    pub stop: StopArgs,
    /// Cancel although the tenant cannot say what arrived; needs --reason, and the list a reconciliation
    #[arg(long, requires = "reason")]
    pub force: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct StopArgs {
    /// Run, by id or its beginning
    pub run: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How long a process that works on it may take to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UndoArgs {
    /// Run, by id or its beginning
    pub run: String,
    #[command(flatten)]
    pub launch: LaunchArgs,
}

/// How a plan that is made of a run is launched.
#[derive(Debug, Args)]
pub(in crate::cli) struct LaunchArgs {
    /// Why; without it the plan is stored and shown, and nothing is sent
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(long, requires = "reason")]
    pub yes: bool,
    /// When to return
    #[arg(long, value_name = "STATE", default_value = "ready")]
    pub until: UntilArg,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DeadLettersArgs {
    /// Run, by id or its beginning; all runs, where none is named
    pub run: Option<String>,
    /// Write them as CSV
    #[arg(long, value_name = "OUT.csv")]
    pub export: Option<PathBuf>,
    /// Plan to send those of the run once more, and launch that with --reason
    #[arg(long, requires = "run", conflicts_with = "export")]
    pub retry: bool,
    #[command(flatten)]
    pub launch: LaunchArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReconcileArgs {
    /// What kind of list it is
    #[arg(long, value_name = "KIND", default_value = "entries")]
    pub to: ToArg,
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: String,
    /// The run that this reconciliation belongs to
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Write the differences as CSV
    #[arg(long, value_name = "OUT.csv")]
    pub export: Option<PathBuf>,
    #[command(flatten)]
    pub lock: LockArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GateArgs {
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: String,
    /// Wait up to this long while the list is settling
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

//! The command line as it is typed. Names and flags are a contract: more may be added, none may change.

mod audit;
mod demo;
mod input;
mod ledger;
mod runs;
mod tenant;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(super) use audit::{AuditAction, AuditArgs};
pub(super) use demo::{DemoArgs, SandboxAction, SandboxArgs};
pub(super) use input::{ChangesArg, DateOrderArg, InputArgs};
pub(super) use ledger::{LedgerAction, LedgerArgs};
pub(super) use runs::{
    ApproveArgs, CancelArgs, DeadLettersArgs, GateArgs, LaunchArgs, PlanArgs, PlansArgs, ReconcileArgs,
    ResumeArgs, RunsArgs, StopArgs, ToArg, UndoArgs, UntilArg, UploadArgs,
};
pub(super) use tenant::{
    AuthAction, AuthArgs, ContactsAction, ContactsArgs, CreateListArgs, ListsAction, ListsArgs, LookupArgs,
    ProfileAction, ProfileAddArgs, ProfileArgs, RulesArgs, SyncArgs,
};

/// Do-Not-Call suppression for NICE CXone: a console, and commands for the same jobs.
#[derive(Debug, Parser)]
#[command(name = "quietline", version, about, max_term_width = 110)]
#[command(
    after_help = "Without a command, on a terminal: the console.\nExit codes: 0 done · 1 the answer is no · \
2 usage or config · 3 input file · 4 credentials, permission, approval · 5 the tenant · 6 ledger · 70 a defect of ours · 130 interrupted, \
can be resumed."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command knows, before or after its name.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Globals {
    /// Profile to work with
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Config file [env: QUIETLINE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of ledger and plans [env: QUIETLINE_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// One JSON document on stdout; `--json=lines` for one per line as it happens
    #[arg(long, global = true, num_args = 0..=1, require_equals = true, value_name = "FORM",
          default_missing_value = "document")]
    pub json: Option<JsonForm>,
    /// No progress and no remarks
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Refuse everything that changes anything
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Say more on stderr (a log file in the console)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// How JSON comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum JsonForm {
    /// Exactly one document.
    Document,
    /// One document per line.
    Lines,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The console on an embedded tenant: nothing to set up, nothing real
    Demo(DemoArgs),
    /// The console with a file open in it
    Open(OpenArgs),
    /// Validate a file; nothing is sent
    Check(CheckArgs),
    /// What an upload would do; stores the plan
    Plan(PlanArgs),
    /// Every plan that waits to be approved or launched, or one of them with whom it takes off
    Plans(PlansArgs),
    /// Approve a stored plan, bound to its digest
    Approve(ApproveArgs),
    /// Launch a file or an approved plan and see it through
    Upload(UploadArgs),
    /// Go on with a run after a pause, a crash or trouble with the tenant
    Resume(ResumeArgs),
    /// Every run, or one
    Runs(RunsArgs),
    /// Stop a run that another process works on; it can be resumed
    Pause(StopArgs),
    /// Cancel a run for good, also one that another process works on
    Cancel(CancelArgs),
    /// Take back what a run did, by a plan of its own
    Undo(UndoArgs),
    /// Records that the tenant refused, with its reasons
    DeadLetters(DeadLettersArgs),
    /// Read a list back and compare it with what it should be
    Reconcile(ReconcileArgs),
    /// Exit 0 only when the list is READY: for campaign start
    Gate(GateArgs),
    /// May these numbers be called, and why
    Lookup(LookupArgs),
    /// Contact records of the tenant
    Contacts(ContactsArgs),
    /// DNC lists
    Lists(ListsArgs),
    /// DNC rules
    Rules(RulesArgs),
    /// The tamper-evident trail of everything that was done; needs no tenant
    Audit(AuditArgs),
    /// Credentials in the keyring of this machine
    Auth(AuthArgs),
    /// A copy of the ledger, taken while it is in use, and the way back
    Ledger(LedgerArgs),
    /// Tenants in the config file
    Profile(ProfileArgs),
    /// Saved file layouts in the config file
    Layouts(LayoutsArgs),
    /// What works, what does not, what to do
    Doctor,
    /// The simulated tenant alone, for other clients
    Sandbox(SandboxArgs),
    /// Completions for a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub(super) struct OpenArgs {
    /// The file
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The file
    pub file: PathBuf,
    /// Write the rejected rows here, with their reasons
    #[arg(long, value_name = "OUT.csv")]
    pub rejects: Option<PathBuf>,
    /// Write the usable numbers here, each once, sorted by number
    #[arg(long, value_name = "OUT.csv")]
    pub clean: Option<PathBuf>,
    /// Write a report here, by its ending: .html prints, .json is for scripts, .csv has every problem; may stand several times
    #[arg(long, value_name = "OUT.html|.json|.csv")]
    pub report: Vec<PathBuf>,
    /// Save how this file was read as a layout of the config file
    #[arg(long, value_name = "NAME")]
    pub save_layout: Option<String>,
    /// Exit 0 although rows are rejected
    #[arg(long)]
    pub allow_rejects: bool,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Debug, Args)]
pub(super) struct LayoutsArgs {
    #[command(subcommand)]
    pub action: Option<LayoutsAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum LayoutsAction {
    /// Every layout
    Ls,
    /// One layout, as it stands in the config file
    Show {
        /// Its name
        name: String,
    },
    /// Remove a layout
    Rm {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

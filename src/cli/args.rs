//! The command line as it is typed. Names and flags are a contract: more may be added, none may change.

mod input;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(super) use input::{ChangesArg, DateOrderArg, InputArgs};

use crate::sandbox::Story;

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
    /// Approve a stored plan, bound to its digest
    Approve(ApproveArgs),
    /// Launch a file or an approved plan and see it through
    Upload(UploadArgs),
    /// Go on with a run after a pause, a crash or trouble with the tenant
    Resume(ResumeArgs),
    /// Every run, or one
    Runs(RunsArgs),
    /// Cancel a run for good
    Cancel(CancelArgs),
    /// Records that the tenant refused, with its reasons
    DeadLetters(DeadLettersArgs),
    /// Read a list back and compare it with what it should be
    Reconcile(ReconcileArgs),
    /// Exit 0 only when the list is READY: for campaign start
    Gate(GateArgs),
    /// May these numbers be called, and why
    Lookup(LookupArgs),
    /// DNC lists
    Lists(ListsArgs),
    /// DNC rules
    Rules(RulesArgs),
    /// Credentials in the keyring of this machine
    Auth(AuthArgs),
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
pub(super) struct DemoArgs {
    /// Seed of the simulated tenant
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// What goes wrong
    #[arg(long, value_parser = story, default_value = "calm", value_name = "NAME")]
    pub story: Story,
    /// Forget what earlier demos exported, too
    #[arg(long)]
    pub fresh: bool,
    /// A file to open at once
    pub file: Option<PathBuf>,
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
pub(super) struct PlanArgs {
    /// The file
    pub file: PathBuf,
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: String,
    /// Exit 0 although rows are rejected
    #[arg(long)]
    pub allow_rejects: bool,
    #[command(flatten)]
    pub input: InputArgs,
}

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
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
pub(super) struct UploadArgs {
    /// A file (needs --list), or the id of an approved plan; `./p-1a2b3c4d` names a file that is called like a plan
    #[arg(value_name = "FILE|PLAN")]
    pub what: PathBuf,
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// When to return: after the last settled row, or after cool-down and reconciliation
    #[arg(long, value_name = "STATE", default_value = "ready")]
    pub until: UntilArg,
    /// Exit 0 although rows are rejected or refused
    #[arg(long)]
    pub allow_rejects: bool,
    #[command(flatten)]
    pub input: InputArgs,
}

/// `--until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum UntilArg {
    /// After the last settled row.
    Uploaded,
    /// After cool-down and reconciliation.
    Ready,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// Run, by id or its beginning; the newest that can go on, where none is named
    pub run: Option<String>,
    /// When to return
    #[arg(long, value_name = "STATE", default_value = "ready")]
    pub until: UntilArg,
    /// Exit 0 although rows are rejected or refused
    #[arg(long)]
    pub allow_rejects: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    /// Run, by id or its beginning
    pub run: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CancelArgs {
    /// Run, by id or its beginning
    pub run: String,
}

#[derive(Debug, Args)]
pub(super) struct DeadLettersArgs {
    /// Run, by id or its beginning; all runs, where none is named
    pub run: Option<String>,
    /// Write them as CSV
    #[arg(long, value_name = "OUT.csv")]
    pub export: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReconcileArgs {
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: String,
    /// The run that this reconciliation belongs to
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Write the differences as CSV
    #[arg(long, value_name = "OUT.csv")]
    pub export: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// List, by id or exact name
    #[arg(long, value_name = "ID|NAME")]
    pub list: String,
    /// Wait up to this long while the list is settling
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub wait: u64,
}

#[derive(Debug, Args)]
pub(super) struct LookupArgs {
    /// Numbers, or `-` for one per line on stdin
    #[arg(required = true, value_name = "NUMBER|-")]
    pub numbers: Vec<String>,
    /// Ask what is on this machine only
    #[arg(long)]
    pub offline: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListsArgs {
    #[command(subcommand)]
    pub action: Option<ListsAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ListsAction {
    /// Every list
    Ls,
    /// One list
    Show {
        /// List, by id or exact name
        #[arg(value_name = "ID|NAME")]
        list: String,
    },
    /// Make a list, or find the one of that exact name
    Create {
        /// Its name
        name: String,
        /// What it is for
        #[arg(long, default_value = "", hide_default_value = true)]
        description: String,
        /// The platform shall not use it yet
        #[arg(long)]
        inactive: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub action: Option<RulesAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesAction {
    /// Every rule, in the order of decision
    Ls,
}

#[derive(Debug, Args)]
pub(super) struct AuthArgs {
    #[command(subcommand)]
    pub action: Option<AuthAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum AuthAction {
    /// Store the client secret (hidden prompt, or stdin) in the keyring, then test it
    Login {
        /// The client id
        #[arg(long, value_name = "ID")]
        client_id: String,
        /// Store only
        #[arg(long)]
        no_test: bool,
    },
    /// Whether there are credentials, and where
    Status,
    /// Remove the credentials from the keyring
    Logout,
}

#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    #[command(subcommand)]
    pub action: Option<ProfileAction>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProfileAction {
    /// Every profile
    Ls,
    /// One profile, with the place of each setting
    Show {
        /// Its name; the one in use, where none is given
        name: Option<String>,
    },
    /// Add a profile; the first becomes the default
    Add(Box<ProfileAddArgs>),
    /// Remove a profile; its credentials stay until `auth logout`
    Rm {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct ProfileAddArgs {
    /// Its name
    pub name: String,
    /// Where the tenant lives: my, org, tenant-api, regional, engage, custom, sandbox
    #[arg(long, value_name = "P")]
    pub preset: String,
    /// The tenant's name
    #[arg(long, value_name = "T")]
    pub tenant: Option<String>,
    /// Region of the platform, such as na1
    #[arg(long, value_name = "R")]
    pub region: Option<String>,
    /// Override of the token URL
    #[arg(long, value_name = "URL")]
    pub token_url: Option<String>,
    /// Override of the API base, ending in /api/v2
    #[arg(long, value_name = "URL")]
    pub api_url: Option<String>,
    /// sandbox, staging or production
    #[arg(long, value_name = "E")]
    pub environment: Option<String>,
    /// keyring or env
    #[arg(long, value_name = "WHERE")]
    pub credentials: Option<String>,
    /// Country in which numbers without a country code are read
    #[arg(long, value_name = "CC")]
    pub default_region: Option<String>,
    /// Seconds until the gate may open; under 180 only where nothing is real
    #[arg(long, value_name = "S")]
    pub cool_down: Option<u64>,
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
pub(super) struct SandboxArgs {
    #[command(subcommand)]
    pub action: SandboxAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum SandboxAction {
    /// Serve until stopped
    Serve {
        /// Port on 127.0.0.1; 0 = any free one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Seed of the world and of every fault
        #[arg(long, default_value_t = 7)]
        seed: u64,
        /// What goes wrong: calm, flaky, slow
        #[arg(long, value_parser = story, default_value = "calm", value_name = "NAME")]
        story: Story,
        /// Seconds until a written entry is enforced
        #[arg(long, value_name = "S", default_value_t = 2)]
        cool_down: u64,
        /// Entries in the seeded world
        #[arg(long, value_name = "N", default_value_t = 50_000)]
        entries: usize,
    },
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

fn story(word: &str) -> Result<Story, String> {
    Story::ALL.into_iter().find(|(_, known)| *known == word).map(|(story, _)| story).ok_or_else(|| {
        let known: Vec<&str> = Story::ALL.iter().map(|(_, word)| *word).collect();
        format!("one of: {}", known.join(", "))
    })
}

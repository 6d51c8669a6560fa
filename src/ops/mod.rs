//! The jobs: check, plan, approve, upload, reconcile, gate, look-up. The only layer that combines files, api and ledger,
//! and it never knows who watches: console, progress bar, JSON lines or nobody ([`Sink`]).

use std::sync::Arc;
use std::time::Duration;

use crate::api::{self, Client, Scopes};
use crate::config::{ConfigError, Profile};
use crate::credentials::CredentialError;
use crate::domain::job::{JobId, JobStatus};
use crate::domain::list::Unresolved;
use crate::domain::phone::{Normaliser, PhonePolicy};
use crate::domain::plan::Destination;
use crate::domain::progress::Progress;
use crate::domain::run::RunSummary;
use crate::files;
use crate::ledger::{self, Ledger, TrailKeys};

mod approve;
mod background;
mod backup;
mod binding;
mod catalog;
mod check;
mod contacts;
mod control;
pub mod doctor;
mod enforce;
mod engine;
mod extra;
mod follow;
mod gate;
mod input;
mod layout;
mod lists;
mod lookup;
mod made_under;
mod measured;
mod outbox;
mod patience;
mod plan;
mod read_back;
mod reconcile;
mod records;
mod replace;
mod retry;
mod scrub;
pub mod setup;
mod target;
mod trail;
mod undo;
mod upload;
mod walk;

pub use approve::Approved;
pub use backup::{back_up, restore};
pub use binding::Binding;
pub use catalog::{Catalog, ListOverview};
pub use check::{
    CheckedFile, Opened, check, check_document, check_options, check_telling, normaliser, open_or_ask,
    progress,
};
pub use contacts::{ContactSync, CutOff, NotWritten, SyncedContacts};
pub use control::CallOff;
pub use follow::Resumed;
pub use input::{Input, LayoutWish};
pub use layout::{find as find_layout, open_file, settle as settle_layout};
pub use lists::{Activation, MadeList};
pub use lookup::LookupSources;
pub use measured::Measured;
pub use outbox::FoundSecret;
pub use patience::Patience;
pub use plan::{PlanRequest, Planned};
pub use reconcile::Reconciliation;
pub use trail::{Audit, Exported, HeldNumber, KeyHome, Verified};
pub use upload::{Launch, Launched, Until};

// What `tui` and `cli` need of the layers below, by the only door they may use.
pub use crate::api::{
    Circuit, Credentials, Endpoints, FeedState, Gauges, Limits, NewList, Rate, Rates, WebhookSecret,
};
pub use crate::files::{
    Accounting, Answer, BadValue, Changes, CheckEvent, CheckOptions, Checked, Constants, Container, Contents,
    DateOrder, Document, Field, FileError, Format, Found, Hits, IndexState, InputOptions, Intent,
    Interpreted, Layout, LineEnding, Mapping, Needle, Question, Record, ReportFormat, UsedLayout, Values,
    Widths, check_fields, date_order, delimiter_name, delimiter_named, is_same_file, may_hold_emails,
    question, write_clean, write_rejects, write_report, write_safely,
};
pub use crate::ledger::is_shared;
pub use crate::ledger::{
    Approval, ApprovalStanding, Backup, DeadLetter, HeldRow, Holds, ListFacts, Outcome, Restored, WaitingPlan,
};

/// What can go wrong with a job. `code`, `message` (Display), `advice` and the exit code are the contract of `--json`.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// The input file. Exit 3.
    #[error(transparent)]
    File(#[from] files::FileError),
    /// The tenant. Exit 4 for credentials and permission, else 5.
    #[error(transparent)]
    Api(#[from] api::Error),
    /// The ledger. Exit 6.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// The list named does not resolve. Exit 2.
    #[error(transparent)]
    List(#[from] Unresolved),
    /// The configuration. Exit 2.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No credentials. Exit 4.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The plan needs an approval, or the one there is does not fit. Exit 4.
    #[error("{message}")]
    Approval {
        /// `approval-needed`, `plan-stale`, …
        code: &'static str,
        /// What.
        message: String,
        /// What next.
        advice: String,
    },
    /// Nothing to do where something was asked for. Exit 1.
    #[error("{message}")]
    Nothing {
        /// `nothing-to-resume`, …
        code: &'static str,
        /// What.
        message: String,
        /// What next.
        advice: String,
    },
    /// A run is not cancelled, because nobody can say what of it arrived. Exit code of why.
    #[error("{what}, and the tenant cannot be asked: {why}")]
    Unread {
        /// How much of what.
        what: String,
        /// Exit code of what stood in the way.
        exit: u8,
        /// What stood in the way.
        why: String,
    },
    /// The process that works on a run did not stop in time. Exit 6.
    #[error("run {run} is still in the hands of {holder}")]
    Unheard {
        /// The run.
        run: String,
        /// Who has it.
        holder: String,
        /// Whether it was asked to stop: it does so when it next looks.
        is_asked: bool,
    },
    /// Forbidden by `--read-only`. Exit 2.
    #[error("{what} is not possible in read-only mode")]
    ReadOnly {
        /// What was asked for.
        what: &'static str,
    },
    /// A person stopped it; it can be resumed. Exit 130.
    #[error("stopped")]
    Stopped,
    /// A defect of ours, caught before it could do harm. Exit 70.
    #[error("an internal error stopped the job: {0}")]
    Internal(String),
}

impl OpsError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(e) => e.code(),
            Self::Api(e) => e.code(),
            Self::Ledger(e) => e.code(),
            Self::List(Unresolved::None { .. }) => "unknown-list",
            Self::List(Unresolved::Several { .. }) => "ambiguous-list",
            Self::Config(e) => e.code,
            Self::Credentials(e) => e.code,
            Self::Approval { code, .. } | Self::Nothing { code, .. } => code,
            Self::Unread { .. } => "unread",
            Self::Unheard { .. } => "unheard",
            Self::ReadOnly { .. } => "read-only",
            Self::Stopped => "stopped",
            Self::Internal(_) => "internal",
        }
    }

    /// What to do next.
    pub fn advice(&self) -> String {
        match self {
            Self::File(e) => e.advice(),
            Self::Api(e) => e.advice(),
            Self::Ledger(e) => e.advice(),
            Self::List(Unresolved::None { near, .. }) if !near.is_empty() => {
                format!("Did you mean {}? `quietline lists` shows all.", near.join(", "))
            }
            Self::List(_) => "`quietline lists` shows all lists with their ids.".into(),
            Self::Config(e) => e.advice.clone(),
            Self::Credentials(e) => e.advice.clone(),
            Self::Approval { advice, .. } | Self::Nothing { advice, .. } => advice.clone(),
            Self::Unread { .. } => {
                "Cancel it when the tenant answers; or with --force --reason TEXT, and then reconcile the list.".into()
            }
            Self::Unheard { is_asked: true, .. } => {
                "It stops when it next looks into the ledger; wait longer with --wait SECONDS, or stop that process.".into()
            }
            Self::Unheard { .. } => "Give it time with --wait SECONDS.".into(),
            Self::ReadOnly { .. } => "Start without --read-only.".into(),
            Self::Stopped => "Go on with `quietline resume`.".into(),
            Self::Internal(_) => "Nothing was sent after it. Please report this sentence.".into(),
        }
    }

    /// The exit code of the command line contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::File(files::FileError::Stopped) | Self::Stopped | Self::Api(api::Error::Stopped) => 130,
            Self::File(files::FileError::Unwritable { .. } | files::FileError::BadConstant { .. }) => 2,
            Self::File(_) => 3,
            Self::Api(api::Error::Unauthorised { .. } | api::Error::Forbidden { .. }) => 4,
            Self::Api(_) => 5,
            Self::Ledger(ledger::Error::NotFound { .. } | ledger::Error::BadPlace { .. }) => 2,
            Self::Unread { exit, .. } => *exit,
            Self::Ledger(_) | Self::Unheard { .. } => 6,
            Self::List(_) | Self::Config(_) | Self::ReadOnly { .. } => 2,
            Self::Credentials(_) | Self::Approval { .. } => 4,
            Self::Nothing { .. } => 1,
            Self::Internal(_) => 70,
        }
    }
}

/// What a job tells while it works.
#[derive(Clone, Debug)]
pub enum OpsEvent {
    /// A gauge: latest wins.
    Progress(Progress),
    /// A run changed: state, buckets, counters. A fact: never dropped.
    Run(Box<RunSummary>),
    /// How the jobs of a run stand, and how their news comes. A gauge: latest wins.
    Jobs {
        /// The run.
        run: String,
        /// Its jobs.
        now: JobsNow,
    },
    /// A sentence worth showing: `read back batch 12 after a reset`.
    Note(String),
}

/// The jobs of a run, as last heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsNow {
    /// How their news comes.
    pub feed: FeedState,
    /// Every job of this sending, in the order of its batches.
    pub jobs: Vec<JobNow>,
}

impl JobsNow {
    /// Rows of all jobs.
    pub fn rows(&self) -> u64 {
        self.jobs.iter().map(|job| job.rows).sum()
    }

    /// Rows that the jobs have worked off, as far as their progress tells.
    pub fn worked_off(&self) -> u64 {
        self.jobs.iter().map(JobNow::worked_off).sum()
    }
}

impl JobNow {
    /// Rows that it has worked off, as far as its progress tells.
    pub fn worked_off(&self) -> u64 {
        match self.status {
            JobStatus::Completed => self.rows,
            _ => self.rows * u64::from(self.progress.min(100)) / 100,
        }
    }
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobNow {
    /// The tenant's id.
    pub id: JobId,
    /// Rows that it was given.
    pub rows: u64,
    /// Where it is.
    pub status: JobStatus,
    /// How much of it is done, in percent.
    pub progress: u8,
}

/// Who watches. Called from async code: must not block.
pub trait Sink: Send + Sync {
    /// Something happened.
    fn event(&self, event: OpsEvent);
}

/// Nobody watches.
#[derive(Debug)]
pub struct Silent;

impl Sink for Silent {
    fn event(&self, _event: OpsEvent) {}
}

/// Everything a job needs. Cheap to clone.
#[derive(Clone)]
pub struct Ops {
    profile: Arc<Profile>,
    client: Client,
    ledger: Ledger,
    normaliser: Normaliser,
    patience: Patience,
    lock_wait: Duration,
    read_only: bool,
    actor: Arc<str>,
    /// Looked for once, when they are first needed.
    keys: Arc<tokio::sync::OnceCell<Option<TrailKeys>>>,
    outbox: Arc<outbox::Outbox>,
    /// The saved layouts, where they are known.
    layouts: Option<Arc<[files::Layout]>>,
}

impl Ops {
    /// Puts a profile, its credentials and a ledger together. No call is made.
    pub fn new(
        profile: Profile,
        credentials: Credentials,
        ledger: Ledger,
        read_only: bool,
    ) -> Result<Self, OpsError> {
        let patience = Patience::with(&profile);
        Self::with_patience(profile, credentials, ledger, read_only, patience)
    }

    /// The same with more or less patience than usual.
    pub fn with_patience(
        profile: Profile,
        credentials: Credentials,
        ledger: Ledger,
        read_only: bool,
        patience: Patience,
    ) -> Result<Self, OpsError> {
        let normaliser = check::normaliser(&profile);
        let client = Client::with_patience(
            profile.endpoints.clone(),
            profile.limits.clone(),
            api::Deadlines::default(),
            patience.calls,
            credentials,
            // What stands on the tenant is read as it is, also where we would not upload it ourselves.
            Normaliser::new(profile.region, PhonePolicy::Possible, Vec::new()),
        )?;
        let profile = Arc::new(profile);
        let (actor, keys, outbox) = (os_user().into(), Arc::default(), outbox::Outbox::none());
        let (lock_wait, layouts) = (Duration::ZERO, None);
        let ops = Self {
            profile,
            client,
            ledger,
            normaliser,
            patience,
            lock_wait,
            read_only,
            actor,
            keys,
            outbox,
            layouts,
        };
        // Until somebody brings its secret.
        Ok(ops.with_webhook(Ok(None)))
    }

    /// The profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The ledger, for reading.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether changes are refused.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The same for a job that asks the tenant for these scopes: what only looks holds no token that can write.
    fn asking(&self, scopes: Scopes) -> Self {
        Self { client: self.client.asking(scopes), ..self.clone() }
    }

    /// The same for one run: its calls share a budget of repeats.
    fn for_a_run(&self, to: Destination) -> Self {
        Self { client: self.client.asking(target::change_scopes(to)).for_a_job(), ..self.clone() }
    }

    /// The connection's gauges.
    pub fn gauges(&self) -> tokio::sync::watch::Receiver<api::Gauges> {
        self.client.gauges()
    }
}

impl Ops {
    fn refuse_read_only(&self, what: &'static str) -> Result<(), OpsError> {
        if self.read_only { Err(OpsError::ReadOnly { what }) } else { Ok(()) }
    }
}

/// Runs blocking work on its own thread. A panic there is an internal error, not a dead console.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, OpsError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| OpsError::Internal("a worker thread ended before its work was done".into()))
}

/// The OS user: what approvals and the trail record.
pub fn os_user() -> String {
    whoami::username().unwrap_or_else(|_| "unknown".into())
}

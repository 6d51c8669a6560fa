//! The tenant over HTTP. Knows nothing of files, ledger or screens. The contract it speaks is one page per family.
//!
//! ```text
//! Client ─▶ limiter (per family) ─▶ token (single flight) ─▶ transport ─▶ outcome table
//!                ▲ 429 pauses it whole                                     applied │ not applied │ indeterminate
//! ```
//!
//! Jobs are followed by [`Client::follow`]: over a socket where there is one, by asking where there is none.
//!
//! Reads retry by themselves. A write is *one* attempt (plus one repeat after a 401): whoever journals it decides.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

mod ask;
mod breaker;
mod call;
mod client;
mod clock;
mod contacts;
mod embedded;
mod entries;
mod feed;
mod items;
mod limiter;
mod limits;
mod lists;
mod origin;
mod outbound;
pub mod outcome;
mod pace;
mod paging;
mod probe;
mod records;
mod retry;
mod rules;
mod scope;
mod single;
mod suppression;
mod tally;
mod token;
mod transport;
mod webhook;
mod wire;
mod write;

pub use breaker::Circuit;
pub use client::{Client, Gauges};
pub use entries::{EntriesReading, EntryWrite, Refusal, RowVerdict, encode_entries, read_entries_answer};
pub use feed::{FeedNews, FeedPace, FeedState, JobFeed};
pub use items::{ItemWrite, encode_items, read_items_answer};
pub use limits::{Rate, Rates};
pub use lists::{ListChange, ListDialect, NewList};
pub use outbound::{BulkWrite, encode_bulk, read_bulk_answer};
pub use probe::{Sight, is_behind_proxy, look_at};
pub use retry::{Backoff, Patience};
pub use rules::{NewRule, RuleChange, Versioned};
pub use scope::Scopes;
pub use suppression::{
    ContactWrite, SuppressionList, SuppressionListChange, encode_contacts, read_contacts_answer,
};
pub use transport::fits_into_address;
pub use webhook::{Receiver, WebhookSecret};

/// Where the tenant lives: explicit origins, never a template in code paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// OAuth token URL.
    pub token_url: String,
    /// API base, ending in `/api/v2`.
    pub api_url: String,
    /// WebSocket URL of the job events; `None` = jobs are polled.
    pub events_url: Option<String>,
}

/// Rate and size limits of a profile. Each rate counts all calls of its family, reads included.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Calls per second on the entries family.
    pub entries_per_second: f64,
    /// Rows of one POST of entries.
    pub entries_per_call: usize,
    /// Calls per minute on the items of lists.
    pub items_per_minute: f64,
    /// Rows of one POST of items.
    pub items_per_call: usize,
    /// Calls per minute on the contacts of suppression lists.
    pub suppression_per_minute: f64,
    /// Rows of one POST of suppression contacts.
    pub suppression_per_call: usize,
    /// Calls per minute on outbound contact lists and their jobs.
    pub bulk_per_minute: f64,
    /// Rows of one bulk insert.
    pub bulk_per_call: usize,
    /// Record queries per minute.
    pub query_per_minute: f64,
    /// Numbers of one record query.
    pub query_per_call: usize,
    /// Contact updates per second.
    pub contacts_per_second: f64,
    /// Contact updates that are out at once.
    pub contacts_in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries_per_second: 50.0,
            entries_per_call: 100,
            items_per_minute: 100.0,
            items_per_call: 10_000,
            suppression_per_minute: 100.0,
            suppression_per_call: 10_000,
            bulk_per_minute: 100.0,
            bulk_per_call: 10_000,
            query_per_minute: 100.0,
            query_per_call: 100,
            contacts_per_second: 10.0,
            contacts_in_flight: 4,
        }
    }
}

/// Client credentials (RFC 6749 §4.4). `Debug` shows neither part.
#[derive(Clone)]
pub struct Credentials {
    /// The id; not secret, still never logged.
    pub client_id: String,
    /// The secret.
    pub client_secret: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// How long a call may take. All on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// TCP and TLS.
    pub connect: Duration,
    /// From the request to the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// From the request to the end of the answer.
    pub total: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// What went wrong, classified by what the caller must do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The tenant could not be reached or answered with a server error, and patience ran out.
    #[error("the tenant cannot be reached: {detail}")]
    Unreachable {
        /// What was seen last; no numbers, no secrets.
        detail: String,
    },
    /// The tenant asks for patience.
    #[error("the tenant asks to wait")]
    Throttled {
        /// How long, where it says.
        after: Option<Duration>,
    },
    /// The credentials are wrong, or the token is refused twice.
    #[error("the credentials were refused: {detail}")]
    Unauthorised {
        /// What the token endpoint said, in human text.
        detail: String,
    },
    /// A scope is missing.
    #[error("not allowed: {needed} is needed, the token was asked for {asked}")]
    Forbidden {
        /// Scopes the call needs.
        needed: String,
        /// Scopes that were asked for.
        asked: String,
    },
    /// No such thing.
    #[error("{what} does not exist on the tenant")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The tenant refuses the request as it is.
    #[error("the tenant refused the request ({status}): {detail}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// Its words, shortened; not escaped for a terminal.
        detail: String,
    },
    /// Somebody else changed it in the meantime: look at theirs before writing ours.
    #[error("{what} was changed by somebody else in the meantime")]
    Conflict {
        /// What was to be changed.
        what: String,
    },
    /// Too many rows in one call.
    #[error("the tenant takes fewer rows in one call")]
    TooLarge,
    /// Five server errors in a row: the circuit is open.
    #[error("the tenant is unhealthy: calls stopped")]
    CircuitOpen {
        /// How long until one call is tried.
        retry_in: Duration,
    },
    /// The answer is not what the contract says.
    #[error("the tenant answered in a way we do not understand: {detail}")]
    Protocol {
        /// What was odd.
        detail: String,
    },
    /// The person stopped it.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// Stable code for `--json` errors.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "tenant-unreachable",
            Self::Throttled { .. } => "tenant-throttled",
            Self::Unauthorised { .. } => "unauthorised",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not-found",
            Self::Rejected { .. } => "tenant-refused",
            Self::Conflict { .. } => "changed-elsewhere",
            Self::TooLarge => "too-large",
            Self::CircuitOpen { .. } => "circuit-open",
            Self::Protocol { .. } => "protocol",
            Self::Stopped => "stopped",
        }
    }

    /// What to do next, in a sentence.
    pub fn advice(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                "Check the network and `quietline doctor`; a run can go on with `quietline resume`.".into()
            }
            Self::Throttled { .. } => "Wait, or lower the rate in the profile's limits.".into(),
            Self::Unauthorised { .. } => "Store the right credentials with `quietline auth login`.".into(),
            Self::Forbidden { needed, .. } => format!("Ask the tenant's administrator to grant {needed}."),
            Self::NotFound { .. } => "Check the id, or list what there is with `quietline lists`.".into(),
            Self::Rejected { .. } | Self::Protocol { .. } => {
                "Check the preset and URLs with `quietline doctor`; the tenant may speak another dialect."
                    .into()
            }
            Self::Conflict { .. } => "Look at it as it is now, and make the change again.".into(),
            Self::TooLarge => "Lower entries_per_call in the profile's limits.".into(),
            Self::CircuitOpen { .. } => {
                "Wait until the tenant has recovered, then `quietline resume`.".into()
            }
            Self::Stopped => "Go on with `quietline resume`.".into(),
        }
    }
}

/// An answer as it came, before anything is read into it. The ledger keeps it. Its body holds numbers, so `Debug` shows
/// only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body, size-capped.
    pub body: Vec<u8>,
    /// The tenant's request id, for the error detail.
    pub request_id: Option<String>,
}

impl fmt::Debug for RawAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAnswer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("request_id", &self.request_id)
            .finish()
    }
}

/// What became of one write attempt.
#[derive(Debug, Clone)]
pub enum Attempt {
    /// An answer with per-row verdicts arrived: read it with the family's reader.
    Answered(RawAnswer),
    /// It certainly did not take effect.
    NotApplied {
        /// Why. `TooLarge` and `Rejected` with status 400 refuse the batch as a whole: halve it to find the row.
        error: Error,
        /// Whether the same request may be sent again.
        retry: bool,
        /// Earliest time for that, where the tenant says.
        after: Option<Duration>,
        /// The answer, where there was one.
        raw: Option<RawAnswer>,
    },
    /// It may have arrived: read back before sending again.
    Indeterminate {
        /// Why.
        error: Error,
        /// Earliest time for the next call, where the tenant says.
        after: Option<Duration>,
        /// The answer, where there was one.
        raw: Option<RawAnswer>,
    },
}

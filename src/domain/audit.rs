//! Audit events: who did what to what, why, with which effect. No raw numbers in them.

use jiff::Timestamp;

/// One event of the trail, newest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Position in the trail, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// OS user.
    pub actor: String,
    /// `plan.approved`, `run.started`, `run.state`, `list.reconciled`, …
    pub kind: String,
    /// What it is about: `run 7f3a91c2`, `list L-1`.
    pub object: String,
    /// One sentence with the effect. Numbers masked.
    pub effect: String,
    /// The reason a person gave.
    pub reason: Option<String>,
    /// Hash of the event, chained to the one before, lower-case hex.
    pub hash: String,
}

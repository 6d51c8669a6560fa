//! Why a command did not do its work: what a script and a person are told, and the exit code.

use crate::config::ConfigError;
use crate::ops::OpsError;

/// The exit codes of the contract.
pub(super) mod exit {
    pub const DONE: u8 = 0;
    pub const NO: u8 = 1;
    pub const USAGE: u8 = 2;
    pub const FILE: u8 = 3;
    pub const ACCESS: u8 = 4;
    pub const TENANT: u8 = 5;
    pub const LEDGER: u8 = 6;
    /// A defect of ours, caught before it could do harm (`EX_SOFTWARE`).
    pub const INTERNAL: u8 = 70;
    pub const STOPPED: u8 = 130;
}

/// A failure. Holds no secret and no number; strings of others are not escaped yet.
#[derive(Debug)]
pub(super) struct Failure {
    pub code: String,
    pub message: String,
    pub advice: String,
    pub exit: u8,
}

impl Failure {
    pub fn new(exit: u8, code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), advice: advice.into(), exit }
    }

    pub fn usage(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(exit::USAGE, "usage", message, advice)
    }
}

impl From<OpsError> for Failure {
    fn from(e: OpsError) -> Self {
        Self::new(e.exit_code(), e.code(), e.to_string(), e.advice())
    }
}

impl From<ConfigError> for Failure {
    fn from(e: ConfigError) -> Self {
        OpsError::from(e).into()
    }
}

/// The answer could not be written. A pipe that was closed is not this: whoever closed it has read enough.
impl From<std::io::Error> for Failure {
    fn from(e: std::io::Error) -> Self {
        Self::new(
            exit::USAGE,
            "output-unwritable",
            format!("the answer cannot be written: {e}"),
            "Check where stdout, or the file that was named, goes to.",
        )
    }
}

/// The exit code that belongs to the error a run ended with.
pub(super) fn exit_of_run_error(code: &str) -> u8 {
    match code {
        "unauthorised" | "forbidden" | "no-credentials" | "no-keyring" | "keyring-locked"
        | "origin-changed" | "bad-secret" | "approval-needed" | "plan-stale" => exit::ACCESS,
        "file-unreadable" | "not-a-file" | "no-records" | "wrong-kind" | "damaged-file"
        | "expands-too-far" | "too-many-numbers" | "no-room" | "needs-choice" | "layout-mismatch"
        | "file-changed" | "accounting" => exit::FILE,
        "locked" | "trail-broken" | "ledger-unwritable" | "ledger-damaged" | "ledger-newer"
        | "illegal-transition" => exit::LEDGER,
        "unknown-list" | "ambiguous-list" | "bad-constant" => exit::USAGE,
        "internal" => exit::INTERNAL,
        _ => exit::TENANT,
    }
}

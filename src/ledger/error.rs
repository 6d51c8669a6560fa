//! What can go wrong with the ledger, and what SQLite and the file system mean by their errors.

/// Why the ledger cannot go on. Exit code 6.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Another process works on the same list.
    #[error("{what} is in use by {holder}")]
    Locked {
        /// What is locked: `list National (L-1)`.
        what: String,
        /// Who holds it: `pid 4711, run 7f3a91c2, since 14:02`.
        holder: String,
    },
    /// The disk is full, read-only or failing. Nothing is sent any more.
    #[error("the ledger cannot be written: {detail}")]
    Unwritable {
        /// What the system said.
        detail: String,
    },
    /// The ledger, or a plan, is not what was written.
    #[error("the ledger is damaged: {detail}")]
    Damaged {
        /// What is off.
        detail: String,
    },
    /// The audit trail is not what was written, and nobody has acknowledged it. No run begins.
    #[error("event {at} of the audit trail is not what was written: {what}")]
    TrailBroken {
        /// Position of the first such event.
        at: u64,
        /// What is off, as a clause.
        what: String,
    },
    /// Written by a newer version.
    #[error("the ledger was written by a newer version (schema {found}, this is {known})")]
    Newer {
        /// Schema on disk.
        found: i64,
        /// Schema of this program.
        known: i64,
    },
    /// No such run or plan, or several begin with that id.
    #[error("{what}")]
    NotFound {
        /// What was asked for, as a sentence.
        what: String,
    },
    /// A backup would take the place of a ledger that knows more.
    #[error("{why}")]
    NotOlder {
        /// What it knows more, as a sentence.
        why: String,
    },
    /// A backup cannot be written there.
    #[error("no backup can be written to {what}")]
    BadPlace {
        /// Where, and why not.
        what: String,
    },
    /// A state machine was asked for a step it does not have.
    #[error("{what} cannot go from {from} to {to}")]
    IllegalTransition {
        /// What.
        what: String,
        /// From.
        from: &'static str,
        /// To.
        to: &'static str,
    },
}

impl Error {
    /// Stable code for `--json` errors.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::Unwritable { .. } => "ledger-unwritable",
            Self::Damaged { .. } => "ledger-damaged",
            Self::TrailBroken { .. } => "trail-broken",
            Self::Newer { .. } => "ledger-newer",
            Self::NotFound { .. } => "not-found",
            Self::NotOlder { .. } => "ledger-not-older",
            Self::BadPlace { .. } => "bad-place",
            Self::IllegalTransition { .. } => "illegal-transition",
        }
    }

    /// What to do next, in a sentence.
    pub fn advice(&self) -> String {
        match self {
            Self::Locked { .. } => "Wait for it, or stop that process.".into(),
            Self::Unwritable { .. } => "Free space or mend the permissions, then `quietline resume`.".into(),
            Self::Damaged { .. } => {
                "Keep the folder as it is and restore a backup; nothing was changed.".into()
            }
            Self::TrailBroken { .. } => {
                "Keep a copy of the data folder and find out who changed it (`quietline audit verify`); then \
                 `quietline audit acknowledge --reason TEXT` lets runs begin again."
                    .into()
            }
            Self::Newer { .. } => "Use the newer version of quietline.".into(),
            Self::NotFound { .. } => "See what there is with `quietline runs`.".into(),
            Self::NotOlder { .. } => {
                "Nothing was changed. To restore all the same, say --force --reason TEXT: what is there is kept aside.".into()
            }
            Self::BadPlace { .. } => "Name a new file in a folder that exists, best on another disk.".into(),
            Self::IllegalTransition { .. } => "See its state with `quietline runs`.".into(),
        }
    }
}

impl From<rusqlite::Error> for Error {
    /// SQLite's code decides: a full, failing or read-only disk is not a damaged file, and neither is another writer.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(
                Code::DiskFull
                | Code::SystemIoFailure
                | Code::ReadOnly
                | Code::CannotOpen
                | Code::PermissionDenied
                | Code::OutOfMemory
                | Code::NoLargeFileSupport
                | Code::FileLockingProtocolFailed,
            ) => Self::Unwritable { detail },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Locked {
                what: "the ledger".into(),
                holder: "another process that is writing to it".into(),
            },
            _ => Self::Damaged { detail },
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Unwritable { detail: error.to_string() }
    }
}

/// Shorthand: what was read is not what was written.
pub(super) fn damaged(detail: impl Into<String>) -> Error {
    Error::Damaged { detail: detail.into() }
}

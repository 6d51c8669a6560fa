//! The ledger as a whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct LedgerArgs {
    #[command(subcommand)]
    pub action: LedgerAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum LedgerAction {
    /// Write a copy of the whole ledger into one file, also while it is in use
    Backup {
        /// The file; a backup that stands there is replaced
        file: PathBuf,
    },
    /// Put a backup in the place of the ledger; what was there is kept aside
    Restore {
        /// The file
        file: PathBuf,
        /// Also over a ledger that knows more than the backup; needs --reason
        #[arg(long, requires = "reason")]
        force: bool,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

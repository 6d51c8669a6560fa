//! The trail.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(in crate::cli) struct AuditArgs {
    #[command(subcommand)]
    pub action: Option<AuditAction>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuditAction {
    /// The newest events, or with --number every file, run and row that ever held a number
    Log {
        /// A telephone number in any spelling, or an e-mail address
        #[arg(long, value_name = "NUMBER")]
        number: Option<String>,
        /// How many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Go through the whole trail; exit 0 only where it is what was written
    Verify,
    /// Write the events of a period, with what an auditor needs to verify them
    Export {
        /// First day (UTC), or moment: 2026-11-01, 2026-11-01T08:00:00Z
        #[arg(long, value_name = "WHEN")]
        from: Option<String>,
        /// Last day (UTC), which is included, or the moment before which to end
        #[arg(long, value_name = "WHEN")]
        to: Option<String>,
        /// Folder to write into
        #[arg(short = 'o', long = "output", value_name = "DIR")]
        output: PathBuf,
    },
    /// You have looked at what is broken: runs may begin again. The trail says so for good
    Acknowledge {
        /// What you found
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

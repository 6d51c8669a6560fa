//! The console.

use std::path::PathBuf;

use crate::config::Config;
use crate::ops::Ops;

/// What the console starts with.
pub struct Start {
    /// A tenant to work with; `None` opens the first-run wizard.
    pub ops: Option<Ops>,
    /// The configuration: themes, profiles, and where the wizard writes.
    pub config: Config,
    /// Commands that change anything are off.
    pub read_only: bool,
    /// Colours are off (`NO_COLOR`, `--color never`).
    pub mono: bool,
    /// A file to open at once.
    pub open: Option<PathBuf>,
    /// Where the file picker begins (the samples, in a demo).
    pub folder: PathBuf,
    /// The tenant is embedded in this process: its own commands are offered.
    pub embedded: bool,
}

/// Why the console ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person quit.
    Quit,
    /// The wizard asked for the embedded sandbox: start it and come back.
    WantsSandbox,
    /// The wizard wrote this profile: load it and come back.
    WantsProfile(String),
    /// A signal (its number).
    Signal(i32),
}

/// Opens the console on the terminal and returns when it is left. The terminal is restored in every case.
pub async fn run(start: Start) -> anyhow::Result<Ended> {
    let _ = start.embedded;
    todo!()
}

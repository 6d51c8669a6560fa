//! The console.
//!
//! ```text
//!  terminal ─▶ Input ─┐                         ┌────────────── view(&App) ──▶ buffer + HitMap
//!  tasks ──▶ Report ──┼─▶ Event ─▶ App::update ─┤
//!  timers ─▶ Tick ────┘             (pure, sync) └─▶ Vec<Effect> ─▶ Runtime ─▶ ops::* (async) ─▶ Report…
//! ```
//!
//! `command` is the table of what a person can mean; `store` holds facts; `panes` and `overlays` hold what a person did
//! with them. Only `runtime` spawns, only `terminal` writes escapes, only `theme` knows colours.

mod act;
mod app;
mod command;
mod cx;
#[cfg(test)]
mod desk;
mod event;
mod frames;
mod hits;
mod keymap;
mod main_loop;
mod overlays;
mod panes;
mod runtime;
mod store;
mod terminal;
#[cfg(test)]
mod testkit;
mod theme;
mod widgets;

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
    main_loop::run(start).await
}

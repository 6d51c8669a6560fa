//! Quietline: Do-Not-Call suppression for NICE CXone, as a terminal console and its headless twin.
//!
//! ```text
//!  terminal ─▶ Input ─┐                         ┌────────────── view(&App, frame) ──▶ buffer + HitMap
//!  tasks ──▶ Report ──┼─▶ Event ─▶ App::update ─┤
//!  timers ─▶ Tick ────┘             (pure, sync) └─▶ Vec<Effect> ─▶ Runtime ─▶ ops::* (async) ─▶ Report…
//! ```
//!
//! Layers (`tests/tidy` enforces them): [`domain`] uses nothing · [`files`], [`api`], [`ledger`] use `domain` only and
//! never each other · [`ops`] combines them · [`credentials`] stands beside `api` · [`config`] serves `ops`, `cli`, `tui` ·
//! [`tui`] and [`cli`] use `ops` and `domain`, never each other (`cli` starts `tui`) · [`sandbox`] uses nothing of the
//! crate and is used by `cli` and tests only.

#[macro_use]
mod kill_point;

pub mod api;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod domain;
pub mod files;
pub mod ledger;
pub mod ops;
pub mod sandbox;
pub mod tui;

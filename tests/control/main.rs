//! Several processes and one ledger: who works on a list, how others stop it, and how it goes on without a terminal.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::expect_used, reason = "tests")]

#[expect(dead_code, reason = "the desk is shared; not every test needs all of it")]
#[path = "../support/mod.rs"]
mod support;

mod backup;
mod desk;
mod detached;
mod ledger_trouble;
mod stopping;
mod taking_off;
mod unattended;

//! The ledger as `ops` uses it: every method, every kill, every refusal.

#![expect(clippy::unwrap_used, reason = "tests")]

mod auditor;
mod folder;
mod journal;
mod lists;
mod outbox;
mod plans;
mod processes;
mod property;
mod runs;
mod sizes;
mod trail;
mod world;

//! The command line as a person and a script use it: typed, with its streams, its exit codes and what it leaves behind.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::expect_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod bare;
mod doctor;
mod documents;
mod files;
mod jobs;
mod layouts;
mod profiles;
mod sandbox;
mod secrets;
#[cfg(unix)]
mod shared;
mod taking_off;
mod trouble;
mod webhook;

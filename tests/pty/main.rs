//! The console in a real pseudo-terminal: keys in, screen out, and the terminal as it was when it ends.
#![cfg(unix)]
#![expect(clippy::expect_used, reason = "tests")]

mod demo_path;
mod harness;
mod hygiene;
mod keys;
mod lifecycle;
mod lost;
mod search;

//! The words of the business. Pure: no io, no clock, no randomness, no wire formats, no screen.
//!
//! ```text
//! file row ─▶ phone ─▶ entry ─┐                    ┌─▶ verdict (may this number be called, and why)
//!             problem ◀───────┤   rule ─▶ decision ┤
//!                             └─▶ plan ─▶ run ─────┴─▶ diff ─▶ readiness (is the list enforced)
//! ```
//!
//! Everything that needs the time takes it as an argument.

pub mod audit;
pub mod beside;
pub mod contact;
pub mod delivery;
pub mod diff;
pub mod entry;
pub mod identifier;
pub mod job;
pub mod jurisdiction;
pub mod list;
pub mod metrics;
pub mod phone;
pub mod plan;
pub mod problem;
pub mod progress;
pub mod readiness;
pub mod rule;
pub mod run;
pub mod text;
pub(crate) mod varint;
pub mod verdict;

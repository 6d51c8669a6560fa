//! Progress of long work: phases, rate and an honest ETA. Pure maths; time is an argument.

use std::time::Duration;

/// Phases of a run in their order. `Validate` also covers the reading of the remote list for the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Reading and checking the file.
    Validate,
    /// Comparing with the list on the tenant.
    Plan,
    /// Sending batches.
    Send,
    /// Cool-down.
    Settle,
    /// Reading the list back.
    Reconcile,
}

impl Phase {
    /// Every phase in order.
    pub const ALL: [Self; 5] = [Self::Validate, Self::Plan, Self::Send, Self::Settle, Self::Reconcile];

    /// A word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Plan => "plan",
            Self::Send => "send",
            Self::Settle => "settle",
            Self::Reconcile => "reconcile",
        }
    }
}

/// How far one phase is. A small copy, latest wins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Which phase.
    pub phase: Phase,
    /// Units done: bytes, rows, seconds; the same unit as `total`.
    pub done: u64,
    /// Units in all; `None` while it is not known.
    pub total: Option<u64>,
    /// Calls (or rows) per second over the last seconds, where measured.
    pub rate: Option<f64>,
    /// Time to the end, once it can be said honestly.
    pub eta: Option<Duration>,
}

impl Progress {
    /// 0–100; never 100 before `done == total`.
    pub fn percent(&self) -> Option<f64> {
        let total = self.total?;
        if total == 0 || self.done >= total {
            return Some(100.0);
        }
        Some((self.done as f64 / total as f64 * 100.0).min(99.9))
    }
}

/// Measures a rate over a sliding window and derives an ETA after a warm-up.
#[derive(Clone, Debug)]
pub struct RateMeter {
    window: Duration,
    samples: std::collections::VecDeque<(Duration, u64)>,
}

impl RateMeter {
    /// A meter over the last `window`.
    pub fn new(window: Duration) -> Self {
        Self { window, samples: std::collections::VecDeque::new() }
    }

    /// Notes that `done` units were done `at` (time since some fixed start, monotonic).
    pub fn note(&mut self, at: Duration, done: u64) {
        let _ = (at, done, self.window, &mut self.samples);
        todo!()
    }

    /// Units per second over the window; `None` during warm-up (under 2 samples or 1 s).
    pub fn rate(&self) -> Option<f64> {
        todo!()
    }

    /// Time left for `left` units at that rate.
    pub fn eta(&self, left: u64) -> Option<Duration> {
        let _ = left;
        todo!()
    }
}

/// An ETA as people say it: `~4 min`, `~40 s`, `about 2 h`. Rounded, because it is a guess.
pub fn say_eta(eta: Duration) -> String {
    let _ = eta;
    todo!()
}

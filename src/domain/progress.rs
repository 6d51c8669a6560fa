//! Progress of long work: phases, rate and an honest ETA. Pure maths; time is an argument.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use super::run::RunState;

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

    /// Whether a run in this state is in this phase: how far one before it came says nothing of now.
    pub fn is_of(self, state: RunState) -> bool {
        match state {
            RunState::Draft | RunState::Approved => matches!(self, Self::Validate | Self::Plan),
            RunState::Uploading | RunState::Uploaded => self == Self::Send,
            RunState::CoolingDown => self == Self::Settle,
            RunState::Reconciling => self == Self::Reconcile,
            _ => true,
        }
    }

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
    samples: VecDeque<(Duration, u64)>,
}

impl RateMeter {
    /// A meter over the last `window`.
    pub fn new(window: Duration) -> Self {
        Self { window, samples: VecDeque::new() }
    }

    /// Notes that `done` units were done `at` (time since some fixed start, monotonic).
    ///
    /// A `done` that falls is a new piece of work and starts the measurement again; an `at` that falls is ignored.
    pub fn note(&mut self, at: Duration, done: u64) {
        if let Some(&(last_at, last_done)) = self.samples.back() {
            if done < last_done {
                self.samples.clear();
            } else if at < last_at {
                return;
            }
        }
        // However often it is told, a window holds at most some 64 samples.
        let spacing = self.window / 64;
        if let [.., (before, _), (last_at, last_done)] = self.samples.make_contiguous()
            && at.saturating_sub(*before) < spacing
        {
            (*last_at, *last_done) = (at, done);
        } else {
            self.samples.push_back((at, done));
        }
        // One sample from before the window stays, so that slow work has a rate too.
        while self.samples.get(1).is_some_and(|&(second, _)| second + self.window <= at) {
            self.samples.pop_front();
        }
    }

    /// Units per second over the window; `None` during warm-up (under 2 samples or 1 s).
    pub fn rate(&self) -> Option<f64> {
        let (&(from, before), &(to, after)) = (self.samples.front()?, self.samples.back()?);
        let span = to.saturating_sub(from);
        (self.samples.len() >= 2 && span >= Duration::from_secs(1))
            .then(|| (after - before) as f64 / span.as_secs_f64())
    }

    /// Time left for `left` units at that rate; `None` during warm-up and while nothing moves.
    pub fn eta(&self, left: u64) -> Option<Duration> {
        let rate = self.rate()?;
        if left == 0 {
            return Some(Duration::ZERO);
        }
        Duration::try_from_secs_f64(left as f64 / rate).ok()
    }
}

/// An ETA as people say it: `~4 min`, `~40 s`, `about 2 h`. Rounded, because it is a guess.
pub fn say_eta(eta: Duration) -> String {
    let seconds = eta.as_secs_f64();
    let round = |unit: f64| (seconds / unit).round();
    if round(5.0) < 12.0 {
        format!("~{} s", round(5.0).max(1.0) * 5.0)
    } else if round(60.0) < 90.0 {
        format!("~{} min", round(60.0))
    } else if round(3600.0) < 48.0 {
        format!("about {} h", round(3600.0))
    } else {
        format!("about {} days", round(86_400.0))
    }
}

//! Monotonic time since the client was made: deadlines, tokens and limits never look at the wall clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Time since a fixed start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    /// Starts now.
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub(super) fn now(self) -> Duration {
        self.0.elapsed()
    }

    /// The instant that stands `at` after the start, for timers.
    pub(super) fn instant(self, at: Duration) -> Instant {
        self.0 + at
    }
}

/// Locks for a moment. None of the small states behind these locks can be left half changed by a panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Rate limits: a sliding window of arrivals.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far a call may arrive early: two calls sent a second apart may arrive a little closer than that.
const JITTER: Duration = Duration::from_millis(50);

/// At most `most` calls within `span`.
#[derive(Debug)]
pub(super) struct Window {
    most: usize,
    span: Duration,
    arrivals: VecDeque<Instant>,
}

impl Window {
    /// The entries family: so many calls a second.
    pub(super) fn entries(most: usize) -> Self {
        Self { most: most.max(1), span: Duration::from_secs(1), arrivals: VecDeque::new() }
    }

    /// The record query: 100 calls a minute.
    pub(super) fn query() -> Self {
        Self { most: 100, span: Duration::from_secs(60), arrivals: VecDeque::new() }
    }

    /// Counts a call that arrives at `at`. `Err` holds the whole seconds to wait; a refused call is not counted.
    pub(super) fn admit(&mut self, at: Instant) -> Result<(), u64> {
        let span = self.span - JITTER;
        while self.arrivals.front().is_some_and(|first| at.duration_since(*first) >= span) {
            self.arrivals.pop_front();
        }
        match self.arrivals.front() {
            Some(first) if self.arrivals.len() >= self.most => {
                let wait = self.span.saturating_sub(at.duration_since(*first));
                Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
            }
            _ => {
                self.arrivals.push_back(at);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_so_many_calls_and_no_more() {
        let mut window = Window::entries(50);
        let start = Instant::now();
        for _ in 0..50 {
            assert_eq!(window.admit(start), Ok(()));
        }
        assert_eq!(window.admit(start), Err(1));
        assert_eq!(window.admit(start + Duration::from_millis(900)), Err(1));
        assert_eq!(window.admit(start + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn an_even_stream_at_the_limit_is_never_refused() {
        let mut window = Window::entries(50);
        let start = Instant::now();
        for n in 0..500 {
            // Every seventh call is late by up to two steps and pushes against its successors.
            let late = if n % 7 == 0 { 40 } else { 0 };
            assert_eq!(window.admit(start + Duration::from_millis(n * 20 + late)), Ok(()), "call {n}");
        }
    }
}

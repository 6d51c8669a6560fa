//! Rate limits: a sliding window of arrivals.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Options;
use super::family::Family;

/// How far a call may arrive early: two calls sent a second apart may arrive a little closer than that.
const JITTER: Duration = Duration::from_millis(50);

/// Record queries a minute.
const QUERIES: u32 = 100;

/// At most `most` calls within `span`.
#[derive(Debug)]
pub(super) struct Window {
    most: usize,
    span: Duration,
    arrivals: VecDeque<Instant>,
}

impl Window {
    fn new(most: u32, seconds: u64) -> Self {
        Self { most: most.max(1) as usize, span: Duration::from_secs(seconds), arrivals: VecDeque::new() }
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

/// A window for each family that has a limit. A read and a write of one thing share theirs.
#[derive(Debug)]
pub(super) struct Windows {
    entries: Window,
    query: Window,
    items: Window,
    suppression: Window,
    bulk: Window,
    contacts: Window,
}

impl Windows {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            entries: Window::new(options.entries_per_second, 1),
            query: Window::new(QUERIES, 60),
            items: Window::new(options.items_per_minute, 60),
            suppression: Window::new(options.suppression_per_minute, 60),
            bulk: Window::new(options.bulk_per_minute, 60),
            contacts: Window::new(options.contacts_per_second, 1),
        }
    }

    /// The window that a call of this family passes through. Jobs are read without one.
    pub(super) fn of(&mut self, family: Family) -> Option<&mut Window> {
        match family {
            Family::EntriesRead | Family::EntriesWrite => Some(&mut self.entries),
            Family::Query => Some(&mut self.query),
            Family::ItemsRead | Family::ItemsWrite => Some(&mut self.items),
            Family::SuppressionRead | Family::SuppressionWrite => Some(&mut self.suppression),
            Family::Bulk => Some(&mut self.bulk),
            Family::ContactsWrite => Some(&mut self.contacts),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_so_many_calls_and_no_more() {
        let mut window = Window::new(50, 1);
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
        let mut window = Window::new(50, 1);
        let start = Instant::now();
        for n in 0..500 {
            // Every seventh call is late by up to two steps and pushes against its successors.
            let late = if n % 7 == 0 { 40 } else { 0 };
            assert_eq!(window.admit(start + Duration::from_millis(n * 20 + late)), Ok(()), "call {n}");
        }
    }
}

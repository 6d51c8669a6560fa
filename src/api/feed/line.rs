//! The line to the tenant's events: when it is tried, and what people read of it. Pure: the socket itself is elsewhere.
//!
//! ```text
//! Down ──due──▶ Opening ──▶ Live
//!  ▲ │             │          │
//!  │ └─ refused ◀──┤ 403, 1008, redirect…: jobs are polled, tried again after minutes
//!  └───── dropped ◀┴──────────┘ again after a pause that doubles;   404: Off for good
//! ```

use std::time::Duration;

use super::super::retry::Backoff;
use super::FeedState;
use super::pace::FeedPace;

/// How a connection, or the try at one, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It may go better in a moment; not before `after`, where the tenant says so.
    Dropped { why: String, after: Option<Duration> },
    /// The tenant does not want it: asked again after minutes only.
    Refused { why: String },
    /// There is no such thing: not asked again.
    Never { why: String },
}

#[derive(Debug)]
enum Phase {
    /// Tried at this time.
    Down { at: Duration },
    /// A try is under way.
    Opening,
    /// It stands.
    Live,
    /// There is none.
    Off,
}

/// The line of one feed.
#[derive(Debug)]
pub(super) struct Line {
    phase: Phase,
    /// Drops and failed tries in a row.
    attempt: u32,
    /// Why jobs are polled for longer than a reconnect takes.
    refused: Option<String>,
    backoff: Backoff,
    pause: Duration,
}

impl Line {
    /// A line that is tried at once, or none at all (`off` says why).
    pub(super) fn new(pace: &FeedPace, off: Option<&str>, now: Duration, seed: u64) -> Self {
        Self {
            phase: if off.is_some() { Phase::Off } else { Phase::Down { at: now } },
            attempt: 0,
            refused: off.map(str::to_owned),
            backoff: Backoff::within(pace.reconnect_first, pace.reconnect_longest, seed),
            pause: pace.refused,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// Whether there is a line at all.
    pub(super) fn is_off(&self) -> bool {
        matches!(self.phase, Phase::Off)
    }

    /// When it is tried again; `None` = not by the clock.
    pub(super) fn due(&self) -> Option<Duration> {
        match self.phase {
            Phase::Down { at } => Some(at),
            _ => None,
        }
    }

    /// Whether it is to be opened now; if so, it is being opened from now on.
    pub(super) fn take_due(&mut self, now: Duration) -> bool {
        let due = self.due().is_some_and(|at| now >= at);
        if due {
            self.phase = Phase::Opening;
        }
        due
    }

    /// It stands. The pauses start over only once it has proven itself: a tenant that accepts and drops is not hammered.
    pub(super) fn opened(&mut self) {
        self.phase = Phase::Live;
        self.refused = None;
    }

    /// The other end has shown that it lives.
    pub(super) fn proven(&mut self) {
        self.attempt = 0;
        self.backoff.reset();
    }

    /// It is gone, or was not to be had.
    pub(super) fn ended(&mut self, ending: Ending, now: Duration) {
        let (why, at) = match ending {
            Ending::Dropped { after, .. } => (None, Some(now + self.backoff.next(after))),
            Ending::Refused { why } => (Some(why), Some(now + self.pause)),
            Ending::Never { why } => (Some(why), None),
        };
        self.attempt = self.attempt.saturating_add(1);
        self.refused = why;
        self.phase = at.map_or(Phase::Off, |at| Phase::Down { at });
    }

    /// What people read.
    pub(super) fn state(&self, now: Duration) -> FeedState {
        if self.is_live() {
            return FeedState::Live;
        }
        if let Some(reason) = &self.refused {
            return FeedState::Polling { reason: reason.clone() };
        }
        let next_try = self.due().map_or(Duration::ZERO, |at| at.saturating_sub(now));
        FeedState::Reconnecting { attempt: self.attempt, next_try }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn line() -> Line {
        Line::new(&FeedPace::default(), None, at(0), 7)
    }

    fn dropped() -> Ending {
        Ending::Dropped { why: "x".into(), after: None }
    }

    #[test]
    fn it_is_tried_at_once_and_again_after_pauses_that_grow() {
        let mut line = line();
        assert!(line.take_due(at(0)));
        assert!(!line.take_due(at(0)), "one try at a time");
        let mut longest = Duration::ZERO;
        for attempt in 1..=40 {
            line.ended(dropped(), at(0));
            let FeedState::Reconnecting { attempt: told, next_try } = line.state(at(0)) else { panic!() };
            assert_eq!(told, attempt);
            assert!(next_try <= FeedPace::default().reconnect_longest);
            longest = longest.max(next_try);
            assert!(line.take_due(next_try));
            // Accepted and dropped at once: nothing is proven, so the pauses go on growing.
            line.opened();
        }
        assert!(longest > FeedPace::default().reconnect_first);
        line.proven();
        line.ended(dropped(), at(0));
        let FeedState::Reconnecting { attempt: 1, next_try } = line.state(at(0)) else { panic!() };
        assert!(next_try <= FeedPace::default().reconnect_first);
    }

    #[test]
    fn the_tenants_word_is_a_lower_bound() {
        let mut line = line();
        line.ended(Ending::Dropped { why: "429".into(), after: Some(at(60)) }, at(5));
        assert!(line.due().unwrap() >= at(65));
    }

    #[test]
    fn a_refusal_is_left_alone_for_minutes_and_says_why() {
        let mut line = line();
        assert!(line.take_due(at(0)));
        line.ended(Ending::Refused { why: "403".into() }, at(1));
        let polling = FeedState::Polling { reason: "403".into() };
        assert_eq!(line.state(at(1)), polling);
        assert!(!line.take_due(at(300)));
        assert!(line.take_due(at(301)));
        assert_eq!(line.state(at(301)), polling, "until it stands");
        line.opened();
        assert_eq!(line.state(at(301)), FeedState::Live);
    }

    #[test]
    fn what_does_not_exist_is_never_tried() {
        let mut none = Line::new(&FeedPace::default(), Some("no address"), at(0), 7);
        assert!(none.is_off() && !none.take_due(at(1_000_000)));
        let mut line = line();
        assert!(line.take_due(at(0)));
        line.ended(Ending::Never { why: "404".into() }, at(0));
        assert!(line.is_off() && !line.take_due(at(1_000_000)));
        assert_eq!(line.state(at(0)), FeedState::Polling { reason: "404".into() });
    }
}

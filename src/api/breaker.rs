//! The circuit: five server errors in a row open it; after a pause one call is let through to see.
//!
//! ```text
//! Closed(failures) ──5 in a row──▶ Open(until) ──pause over──▶ Probing ──well──▶ Closed(0)
//!                                     ▲                          │ failed
//!                                     └──────────────────────────┘
//! ```
//!
//! Pure: time is an argument, counted from any fixed start.

use std::time::Duration;

/// Server errors in a row that open the circuit.
const THRESHOLD: u32 = 5;

/// What people see of the circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Circuit {
    /// Calls go out.
    #[default]
    Closed,
    /// Calls are stopped; after this time one is tried.
    Open {
        /// Until then.
        retry_in: Duration,
    },
    /// One call is out to see whether the tenant is well again.
    Probing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration },
    Probing { since: Duration },
}

/// A call that was let through; given back with how it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    probe: bool,
}

impl Pass {
    /// Whether the call decides about the circuit.
    pub(super) fn is_probe(self) -> bool {
        self.probe
    }
}

/// The circuit of one tenant.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    pause: Duration,
}

impl Breaker {
    /// A closed circuit that stays open for `pause` once it opens.
    pub(super) fn new(pause: Duration) -> Self {
        Self { state: State::Closed { failures: 0 }, pause }
    }

    /// Whether a call may go out; otherwise how long until one may.
    pub(super) fn allow(&mut self, now: Duration) -> Result<Pass, Duration> {
        match self.state {
            State::Closed { .. } => Ok(Pass { probe: false }),
            State::Open { until } if now < until => Err(until - now),
            // A probe whose caller went away never reports: after another pause the next one is let through.
            State::Probing { since } if now < since + self.pause => Err(since + self.pause - now),
            State::Open { .. } | State::Probing { .. } => {
                self.state = State::Probing { since: now };
                Ok(Pass { probe: true })
            }
        }
    }

    /// How long until a call may go out, without taking the place of the one probe.
    pub(super) fn blocked_for(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Open { until } if now < until => Some(until - now),
            State::Probing { since } if now < since + self.pause => Some(since + self.pause - now),
            _ => None,
        }
    }

    /// Notes how a call went. Late news of calls from before the circuit opened changes nothing.
    pub(super) fn note(&mut self, pass: Pass, healthy: bool, now: Duration) {
        self.state = match (self.state, pass.probe, healthy) {
            (State::Closed { .. }, _, true) | (State::Probing { .. }, true, true) => {
                State::Closed { failures: 0 }
            }
            (State::Closed { failures }, _, false) if failures + 1 < THRESHOLD => {
                State::Closed { failures: failures + 1 }
            }
            (State::Closed { .. }, _, false) | (State::Probing { .. }, true, false) => {
                State::Open { until: now + self.pause }
            }
            (state, _, _) => state,
        };
    }

    /// What people see of it.
    pub(super) fn circuit(&self, now: Duration) -> Circuit {
        match self.state {
            State::Closed { .. } => Circuit::Closed,
            State::Open { until } => Circuit::Open { retry_in: until.saturating_sub(now) },
            State::Probing { .. } => Circuit::Probing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(breaker: &mut Breaker, now: Duration) {
        let pass = breaker.allow(now).unwrap();
        breaker.note(pass, false, now);
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(PAUSE);
        for _ in 0..THRESHOLD {
            fail(&mut breaker, at(1));
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_four_do_not() {
        let mut breaker = Breaker::new(PAUSE);
        for _ in 0..4 {
            fail(&mut breaker, at(0));
        }
        assert_eq!(breaker.circuit(at(0)), Circuit::Closed);
        let pass = breaker.allow(at(0)).unwrap();
        breaker.note(pass, true, at(0));
        for _ in 0..4 {
            fail(&mut breaker, at(0));
        }
        assert_eq!(breaker.circuit(at(0)), Circuit::Closed, "a success between them starts the count again");
        fail(&mut breaker, at(0));
        assert_eq!(breaker.circuit(at(10)), Circuit::Open { retry_in: at(20) });
        assert_eq!(breaker.allow(at(10)), Err(at(20)));
        assert_eq!(breaker.blocked_for(at(10)), Some(at(20)));
    }

    #[test]
    fn after_the_pause_exactly_one_call_is_tried() {
        let mut breaker = opened();
        let probe = breaker.allow(at(31)).unwrap();
        assert_eq!(breaker.allow(at(31)), Err(PAUSE), "the second must wait for the first");
        assert_eq!(breaker.circuit(at(31)), Circuit::Probing);
        assert_eq!(breaker.blocked_for(at(41)), Some(at(20)));
        assert_eq!(breaker.blocked_for(at(61)), None, "a probe that nobody answers holds nobody for ever");
        assert_eq!(opened().blocked_for(at(31)), None, "the pause is over");
        breaker.note(probe, true, at(32));
        assert_eq!(breaker.circuit(at(32)), Circuit::Closed);
        assert!(breaker.allow(at(32)).is_ok());
    }

    #[test]
    fn a_failed_probe_opens_it_for_another_pause() {
        let mut breaker = opened();
        let probe = breaker.allow(at(31)).unwrap();
        breaker.note(probe, false, at(33));
        assert_eq!(breaker.allow(at(40)), Err(at(23)));
    }

    #[test]
    fn a_probe_that_never_reports_does_not_close_the_door_for_ever() {
        let mut breaker = opened();
        let _lost = breaker.allow(at(31)).unwrap();
        assert!(breaker.allow(at(60)).is_err());
        assert!(breaker.allow(at(61)).is_ok());
    }

    #[test]
    fn late_news_from_before_it_opened_changes_nothing() {
        let mut breaker = Breaker::new(PAUSE);
        let early = breaker.allow(at(0)).unwrap();
        for _ in 0..THRESHOLD {
            fail(&mut breaker, at(1));
        }
        breaker.note(early, true, at(2));
        assert_eq!(breaker.circuit(at(2)), Circuit::Open { retry_in: at(29) });
        breaker.note(early, false, at(20));
        assert!(breaker.allow(at(31)).is_ok(), "a late failure does not lengthen the pause");
    }
}

//! Whether the other end still lives: a ping at intervals, and a pong that must come in time. Other messages are no sign of
//! life: what stands in a buffer of the network may have been sent long ago.

use std::time::Duration;

use super::pace::FeedPace;

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing before this time.
    Wait(Duration),
    /// Send a ping that says this.
    Ping([u8; 8]),
    /// The pong did not come in time.
    Overdue,
}

/// The pings of one connection.
#[derive(Debug)]
pub(super) struct Heart {
    ping: Duration,
    pong: Duration,
    next: Duration,
    count: u64,
    /// When the pong of the last ping is overdue; `None` = it has come.
    until: Option<Duration>,
}

impl Heart {
    pub(super) fn start(pace: &FeedPace, now: Duration) -> Self {
        Self { ping: pace.ping, pong: pace.pong, next: now + pace.ping, count: 0, until: None }
    }

    /// Looks at the clock.
    pub(super) fn beat(&mut self, now: Duration) -> Beat {
        match self.until {
            Some(until) if now >= until => Beat::Overdue,
            Some(until) => Beat::Wait(until),
            None if now >= self.next => {
                self.count += 1;
                self.next = now + self.ping;
                self.until = Some(now + self.pong);
                Beat::Ping(self.count.to_be_bytes())
            }
            None => Beat::Wait(self.next),
        }
    }

    /// A pong came. Returns whether it answers the ping that is out: a pong that nobody asked for proves nothing.
    pub(super) fn pong(&mut self, payload: &[u8]) -> bool {
        let answers = self.until.is_some() && payload == self.count.to_be_bytes();
        if answers {
            self.until = None;
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: fn() -> FeedPace = FeedPace::default;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_ping_every_twenty_seconds_and_a_pong_within_ten() {
        let mut heart = Heart::start(&PACE(), at(0));
        assert_eq!(heart.beat(at(0)), Beat::Wait(at(20)));
        let Beat::Ping(first) = heart.beat(at(20)) else { panic!() };
        assert_eq!(heart.beat(at(29)), Beat::Wait(at(30)));
        assert!(heart.pong(&first));
        assert_eq!(heart.beat(at(30)), Beat::Wait(at(40)));
        let Beat::Ping(second) = heart.beat(at(40)) else { panic!() };
        assert_ne!(first, second);
        assert_eq!(heart.beat(at(50)), Beat::Overdue);
    }

    #[test]
    fn only_the_pong_that_is_due_counts() {
        let mut heart = Heart::start(&PACE(), at(0));
        assert!(!heart.pong(&0_u64.to_be_bytes()), "no ping was sent");
        let Beat::Ping(payload) = heart.beat(at(20)) else { panic!() };
        assert!(!heart.pong(b"") && !heart.pong(b"hello"));
        assert_eq!(heart.beat(at(30)), Beat::Overdue);
        assert!(heart.pong(&payload), "it was found in the buffer at the last moment");
        assert!(!heart.pong(&payload), "told twice");
    }
}

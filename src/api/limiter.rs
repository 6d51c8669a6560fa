//! Waiting for one's turn: callers of a family queue in the order in which they came, one timer for all.

use std::sync::Mutex;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Error;
use super::clock::{Clock, lock};
use super::limits::Rate;
use super::pace::{Pace, Place};
use super::retry::Backoff;

/// The limiter of one family of calls.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Fair: whoever holds it is next, everybody else waits behind.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<(Pace, Backoff)>,
    clock: Clock,
}

/// How long a caller is ready to wait.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until<'a> {
    /// As long as it takes, unless stopped: uploads sit out a pause.
    Stopped(&'a CancellationToken),
    /// Not past this time: a person is waiting.
    Deadline(Duration),
}

impl Limiter {
    /// A limiter of `ceiling` calls per second; `backoff` gives the pause where a 429 names none.
    pub(super) fn new(ceiling: f64, backoff: Backoff, clock: Clock) -> Self {
        Self { turn: tokio::sync::Mutex::new(()), state: Mutex::new((Pace::new(ceiling), backoff)), clock }
    }

    /// Waits for a place. `Stopped` or `Throttled` where the caller's patience ends first; no place is taken then.
    pub(super) async fn acquire(&self, until: Until<'_>) -> Result<Place, Error> {
        match until {
            Until::Stopped(stop) => {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => Err(Error::Stopped),
                    place = self.take() => Ok(place),
                }
            }
            Until::Deadline(at) => {
                // Known to be hopeless: say so at once instead of keeping a person waiting.
                if let Some(pause) = self.paused_for()
                    && self.clock.now() + pause > at
                {
                    return Err(Error::Throttled { after: Some(pause) });
                }
                match tokio::time::timeout_at(self.clock.instant(at), self.take()).await {
                    Ok(place) => Ok(place),
                    Err(_) => Err(Error::Throttled { after: self.paused_for() }),
                }
            }
        }
    }

    async fn take(&self) -> Place {
        let _turn = self.turn.lock().await;
        loop {
            let asked = lock(&self.state).0.ask(self.clock.now());
            match asked {
                Ok(place) => return place,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// A 429 came: the whole family pauses. Returns for how long.
    pub(super) fn throttled(&self, after: Option<Duration>) -> Duration {
        let mut state = lock(&self.state);
        let (pace, backoff) = &mut *state;
        let pause = match after {
            Some(after) => after,
            None => backoff.next(None),
        };
        pace.throttle(self.clock.now(), pause);
        pause
    }

    /// The call of `place` was answered, `took` after it was sent.
    pub(super) fn answered(&self, place: Place, took: Duration, throttled: bool) {
        let mut state = lock(&self.state);
        let (pace, backoff) = &mut *state;
        pace.answered(place, self.clock.now(), took);
        if !throttled {
            backoff.reset();
        }
    }

    fn paused_for(&self) -> Option<Duration> {
        lock(&self.state).0.paused_for(self.clock.now())
    }

    /// How the calls go now.
    pub(super) fn gauge(&self) -> Rate {
        let state = lock(&self.state);
        let (pace, now) = (&state.0, self.clock.now());
        Rate {
            used: pace.used(now),
            allowed: pace.rate(),
            ceiling: pace.ceiling(),
            paused: pace.paused_for(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn limiter(rate: f64) -> Limiter {
        Limiter::new(rate, Backoff::new(1), Clock::start())
    }

    #[tokio::test]
    async fn a_stop_ends_the_wait_and_takes_no_place() {
        let limiter = Arc::new(limiter(50.0));
        limiter.throttled(Some(Duration::from_secs(600)));
        let stop = CancellationToken::new();
        let waiting = tokio::spawn({
            let (limiter, stop) = (limiter.clone(), stop.clone());
            async move { limiter.acquire(Until::Stopped(&stop)).await }
        });
        tokio::task::yield_now().await;
        stop.cancel();
        assert!(matches!(waiting.await.unwrap(), Err(Error::Stopped)));
        assert!(limiter.gauge().used < 1.0);
    }

    #[tokio::test]
    async fn a_person_is_told_at_once_when_the_pause_is_too_long() {
        let limiter = limiter(50.0);
        limiter.throttled(Some(Duration::from_secs(600)));
        let refused = limiter.acquire(Until::Deadline(Duration::from_secs(5))).await;
        assert!(
            matches!(refused, Err(Error::Throttled { after: Some(after) }) if after > Duration::from_secs(590))
        );
    }

    #[tokio::test]
    async fn a_person_does_not_queue_behind_an_upload_that_sits_out_a_pause() {
        let limiter = Arc::new(limiter(50.0));
        let stop = CancellationToken::new();
        let held = limiter.turn.lock().await;
        let deadline = limiter.clock.now() + Duration::from_millis(5);
        let refused = limiter.acquire(Until::Deadline(deadline)).await;
        assert!(matches!(refused, Err(Error::Throttled { after: None })));
        drop(held);
        assert!(limiter.acquire(Until::Stopped(&stop)).await.is_ok());
    }

    #[tokio::test]
    async fn a_429_without_a_word_is_paused_by_the_backoff() {
        let limiter = limiter(50.0);
        assert!(limiter.throttled(None) <= Duration::from_millis(250));
        assert!((limiter.gauge().allowed - 25.0).abs() < 1e-9);
    }
}

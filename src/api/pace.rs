//! When the next call of a family may go out. Pure: time is an argument, counted from any fixed start.
//!
//! At most `n` sends in any sliding `n / rate` seconds *as the tenant sees arrivals*: the last sends are remembered, and a
//! small guard that follows the measured jitter keeps two sends that were a second apart from arriving closer. A send
//! whose answer came unusually late may have arrived late: it is remembered as later than it was sent. The sends of one
//! window are spread, so that a start with cold connections is no burst.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::FEW;

const SHORTEST_GUARD: Duration = Duration::from_millis(5);
const LONGEST_GUARD: Duration = Duration::from_millis(10);
/// Share of the even distance that two sends keep: under 1, so that a late timer is caught up within the window.
const SPREAD: f64 = 0.8;
/// Distances under this are not kept: the timer is coarser.
const FINEST_DISTANCE: Duration = Duration::from_millis(2);
/// 429s of calls that were in flight together lower the rate once.
const ONE_LOWERING: Duration = Duration::from_secs(1);
/// A quiet time of this length raises the rate by one step.
const RAISE_EVERY: Duration = Duration::from_secs(1);
/// No answer makes a send look later than by this much: a slow tenant is not a slow network.
const LATEST: Duration = Duration::from_millis(100);
/// One step up, as a share of the ceiling.
const RAISE_BY: f64 = 0.05;

/// A place that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u64);

/// Answers from which the usual round trip is learned.
const LEARNING: u32 = 8;

/// The pace of one family of calls.
#[derive(Debug)]
pub(super) struct Pace {
    ceiling: f64,
    rate: f64,
    /// When the last calls arrived, as far as can be told, oldest first; and which place each was.
    sends: VecDeque<(Duration, u64)>,
    /// When calls went out, as far back as [`Pace::used`] looks.
    recent: VecDeque<Duration>,
    places: u64,
    last_sent: Option<Duration>,
    paused_until: Duration,
    /// When the rate last changed, while it is under the ceiling.
    changed_at: Option<Duration>,
    lowered_at: Option<Duration>,
    round_trip: Option<f64>,
    jitter: f64,
    /// Answers so far, up to [`LEARNING`].
    answers: u32,
}

impl Pace {
    /// A pace of at most `ceiling` calls per second. Nonsense (zero, negative, not a number) becomes very slow.
    pub(super) fn new(ceiling: f64) -> Self {
        let ceiling = if ceiling.is_finite() { ceiling.clamp(0.01, 10_000.0) } else { 0.01 };
        Self {
            ceiling,
            rate: ceiling,
            sends: VecDeque::new(),
            recent: VecDeque::new(),
            places: 0,
            last_sent: None,
            paused_until: Duration::ZERO,
            changed_at: None,
            lowered_at: None,
            round_trip: None,
            jitter: 0.0,
            answers: 0,
        }
    }

    /// Takes the next place, or tells how long to wait before asking again.
    pub(super) fn ask(&mut self, now: Duration) -> Result<Place, Duration> {
        self.raise(now);
        let at = self.next_at();
        if now < at {
            return Err(at - now);
        }
        self.places += 1;
        self.last_sent = Some(now);
        self.remember(now, self.places);
        let window = self.window();
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|at| now.saturating_sub(*at) >= window) {
            self.recent.pop_front();
        }
        while self.sends.len() > burst(self.ceiling) {
            self.sends.pop_front();
        }
        Ok(Place(self.places))
    }

    fn remember(&mut self, at: Duration, place: u64) {
        let after = self.sends.partition_point(|(other, _)| *other <= at);
        self.sends.insert(after, (at, place));
    }

    fn next_at(&self) -> Duration {
        let n = burst(self.rate);
        let mut at = self.paused_until;
        if let Some(nth_last) = self.sends.len().checked_sub(n).and_then(|i| self.sends.get(i)) {
            at = at.max(nth_last.0 + Duration::from_secs_f64(n as f64 / self.rate) + self.guard());
        }
        let distance = Duration::from_secs_f64(SPREAD / self.rate);
        if let Some(last) = self.last_sent
            && distance >= FINEST_DISTANCE
        {
            at = at.max(last + distance);
        }
        at
    }

    fn guard(&self) -> Duration {
        Duration::from_secs_f64(self.jitter).clamp(SHORTEST_GUARD, LONGEST_GUARD)
    }

    /// The whole family pauses until `now + pause`, and goes on more slowly.
    pub(super) fn throttle(&mut self, now: Duration, pause: Duration) {
        self.paused_until = self.paused_until.max(now + pause);
        if self.lowered_at.is_none_or(|at| now >= at + ONE_LOWERING) {
            self.rate = (self.rate / 2.0).max(self.ceiling / 50.0);
            self.lowered_at = Some(now);
        }
        // Quiet time counts from the end of the pause.
        self.changed_at = Some(self.paused_until);
    }

    fn raise(&mut self, now: Duration) {
        while let Some(at) = self.changed_at
            && now >= at + RAISE_EVERY
        {
            self.rate = (self.rate + self.ceiling * RAISE_BY).min(self.ceiling);
            self.changed_at = (self.rate < self.ceiling).then_some(at + RAISE_EVERY);
        }
    }

    /// Notes that the call of `place` was answered at `now`, `took` after it was sent. The guard follows the variation,
    /// and an answer that came later than usual moves the send: it cannot have arrived later than the answer less the
    /// usual round trip.
    pub(super) fn answered(&mut self, place: Place, now: Duration, took: Duration) {
        let took = took.as_secs_f64();
        let mean = self.round_trip.unwrap_or(took);
        // What is usual is not known from the first answers, which may be the slow ones: until it is, a call counts from
        // its answer, and the quickest of them is taken for the usual.
        let learning = self.answers < LEARNING;
        let usual = if learning { Duration::ZERO } else { Duration::from_secs_f64(mean + self.jitter) };
        if let Some(i) = self.sends.iter().position(|(_, other)| *other == place.0) {
            let sent = self.sends[i].0;
            let arrived = now.saturating_sub(usual).min(sent + LATEST);
            if arrived > sent {
                self.sends.remove(i);
                self.remember(arrived, place.0);
            }
        }
        if learning {
            self.answers += 1;
            self.round_trip = Some(mean.min(took));
            return;
        }
        // One outlier must not pass for the usual.
        let took = took.min(mean + 4.0 * self.jitter + 0.005);
        self.jitter += ((took - mean).abs() - self.jitter) / 4.0;
        self.round_trip = Some(mean + (took - mean) / 8.0);
    }

    /// How long the family is paused from `now`.
    pub(super) fn paused_for(&self, now: Duration) -> Option<Duration> {
        self.paused_until.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// Calls per second that went out lately: of the last second; of the last minute where a family has few calls a second.
    pub(super) fn used(&self, now: Duration) -> f64 {
        let window = self.window();
        let lately = self.recent.iter().rev().take_while(|at| now.saturating_sub(**at) < window);
        lately.count() as f64 / window.as_secs_f64()
    }

    fn window(&self) -> Duration {
        Duration::from_secs(if self.ceiling < FEW { 60 } else { 1 })
    }

    /// Calls per second that are allowed at most.
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// Calls per second that are allowed at present.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }
}

/// One second's worth of calls, at least one.
fn burst(rate: f64) -> usize {
    (rate.floor() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_went_out_is_told_over_a_second_or_where_it_is_little_over_a_minute() {
        let mut quick = Pace::new(50.0);
        let mut slow = Pace::new(100.0 / 60.0);
        for pace in [&mut quick, &mut slow] {
            let mut now = Duration::ZERO;
            while now < Duration::from_secs(30) {
                match pace.ask(now) {
                    Ok(_) => {}
                    Err(wait) => now += wait,
                }
            }
        }
        let at = |seconds| Duration::from_secs(seconds);
        assert!(quick.used(at(30)) > 45.0, "{}", quick.used(at(30)));
        assert_eq!(quick.used(at(32)), 0.0);
        // Half a minute of it.
        assert!((45.0..=51.0).contains(&(slow.used(at(30)) * 60.0)), "{}", slow.used(at(30)));
        assert_eq!(slow.used(at(91)), 0.0);
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    /// Asks as one eager caller would, with timers that are late by what `late` says, and returns the times of sends.
    fn run(pace: &mut Pace, calls: usize, mut late: impl FnMut(usize) -> Duration) -> Vec<Duration> {
        let mut now = Duration::ZERO;
        let mut sends = Vec::new();
        while sends.len() < calls {
            match pace.ask(now) {
                Ok(_) => sends.push(now),
                Err(wait) => now += wait + late(sends.len()),
            }
        }
        sends
    }

    /// The slow, obvious count: the most sends in any window of `span` that starts at a send.
    fn busiest(sends: &[Duration], span: Duration) -> usize {
        sends
            .iter()
            .map(|from| sends.iter().filter(|at| **at >= *from && **at < *from + span).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn fifty_a_second_are_used_to_the_full_and_never_exceeded() {
        let sends = run(&mut Pace::new(50.0), 1_000, |_| ms(1));
        assert_eq!(busiest(&sends, Duration::from_secs(1)), 50);
        let steady = (sends[999] - sends[49]).as_secs_f64();
        let share = 950.0 / steady / 50.0;
        assert!(share > 0.985 && share <= 1.0, "share {share}");
    }

    #[test]
    fn a_hundred_a_minute_leave_one_by_one() {
        let sends = run(&mut Pace::new(100.0 / 60.0), 150, |_| ms(1));
        assert_eq!(busiest(&sends, Duration::from_secs(1)), 2);
        assert!(busiest(&sends, Duration::from_secs(60)) <= 100);
        assert!(sends[1] - sends[0] >= ms(600));
    }

    #[test]
    fn a_429_pauses_the_family_and_halves_the_rate_once_per_flock() {
        let mut pace = Pace::new(50.0);
        assert!(pace.ask(ms(0)).is_ok());
        for in_flight in 0..8 {
            pace.throttle(ms(100 + in_flight), Duration::from_secs(3));
        }
        assert!((pace.rate() - 25.0).abs() < 1e-9, "{}", pace.rate());
        assert_eq!(pace.paused_for(ms(107)), Some(Duration::from_secs(3)));
        assert_eq!(pace.ask(ms(200)), Err(ms(2_907)));
        assert!(pace.ask(ms(3_107)).is_ok());
        assert_eq!(pace.paused_for(ms(3_107)), None);
    }

    #[test]
    fn a_shorter_pause_never_shortens_a_longer_one() {
        let mut pace = Pace::new(50.0);
        pace.throttle(ms(0), Duration::from_secs(10));
        pace.throttle(ms(10), Duration::from_secs(1));
        assert_eq!(pace.ask(ms(5_000)), Err(ms(5_000)));
    }

    #[test]
    fn the_rate_comes_back_step_by_step_and_stops_at_the_ceiling() {
        let mut pace = Pace::new(50.0);
        pace.throttle(ms(0), Duration::ZERO);
        assert!(pace.ask(ms(999)).is_ok());
        assert!((pace.rate() - 25.0).abs() < 1e-9);
        assert!(pace.ask(ms(1_100)).is_ok());
        assert!((pace.rate() - 27.5).abs() < 1e-9);
        assert!(pace.ask(Duration::from_secs(600)).is_ok());
        assert!((pace.rate() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn many_429s_never_stop_it_altogether() {
        let mut pace = Pace::new(50.0);
        for i in 0..100 {
            pace.throttle(Duration::from_secs(2 * i), Duration::ZERO);
        }
        assert!(pace.rate() >= 1.0);
    }

    #[test]
    fn the_guard_follows_the_jitter_within_its_bounds() {
        let mut pace = Pace::new(50.0);
        assert_eq!(pace.guard(), SHORTEST_GUARD);
        for i in 0..100 {
            pace.answered(Place(0), ms(0), ms(20 + 14 * (i % 2)));
        }
        assert!(pace.guard() > SHORTEST_GUARD && pace.guard() < LONGEST_GUARD, "{:?}", pace.guard());
        for i in 0..100 {
            pace.answered(Place(0), ms(0), ms(20 + 500 * (i % 2)));
        }
        assert_eq!(pace.guard(), LONGEST_GUARD);
    }

    #[test]
    fn a_send_that_arrived_late_holds_its_place_for_longer() {
        let mut pace = Pace::new(50.0);
        let mut now = ms(0);
        for n in 0..50 {
            now = ms(20 * n);
            let place = pace.ask(now).unwrap();
            // The first ones tell what is usual; the eleventh is held up for 60 ms on its way.
            let took = if n == 10 { ms(61) } else { ms(1) };
            pace.answered(place, now + took, took);
        }
        let mut later = Vec::new();
        while later.len() < 11 {
            match pace.ask(now) {
                Ok(_) => later.push(now),
                Err(wait) => now += wait,
            }
        }
        assert!(later[9] < ms(1_200), "the others are not held up: {:?}", later[9]);
        let last = later[10];
        assert!(last >= ms(1_200), "{last:?}");
        // 41 of the first window follow the late one or are it; it arrived at 260 ms at the latest.
        let arrived: Vec<Duration> =
            (0..50).map(|n| if n == 10 { ms(260) } else { ms(20 * n) }).chain(later).collect();
        assert!(busiest(&arrived, Duration::from_secs(1)) <= 50);
    }

    #[test]
    fn nonsense_rates_neither_panic_nor_open_the_gate() {
        for rate in [0.0, -5.0, f64::NAN, f64::INFINITY] {
            let mut pace = Pace::new(rate);
            assert!(pace.ask(ms(0)).is_ok());
            assert!(pace.ask(ms(1_000)).is_err(), "{rate}");
        }
    }

    #[test]
    fn the_gauge_counts_the_last_second() {
        let mut pace = Pace::new(50.0);
        let sends = run(&mut pace, 120, |_| Duration::ZERO);
        let now = sends[119];
        assert!(pace.used(now) >= 49.0);
        assert!(pace.used(now + Duration::from_secs(2)) < 1.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_second_ever_holds_more_than_allowed(
            rate in 0.5f64..80.0,
            late in proptest::collection::vec(0u64..30_000, 50),
            arrivals in proptest::collection::vec(0u64..4_000, 50),
            held_up in proptest::collection::vec((0usize..300, 0u64..90_000), 0..6),
            throttles in proptest::collection::vec(0usize..400, 0..4),
        ) {
            let mut pace = Pace::new(rate);
            let mut now = Duration::ZERO;
            let mut seen: Vec<Duration> = Vec::new();
            while seen.len() < 300 {
                let i = seen.len();
                match pace.ask(now) {
                    Ok(place) => {
                        // The tenant sees it up to 4 ms later, each call differently, and a few much later.
                        let extra = held_up.iter().filter(|(at, _)| *at == i).map(|(_, us)| *us).max();
                        let took = Duration::from_micros(arrivals[i % 50] + extra.unwrap_or(0));
                        seen.push(now + took);
                        pace.answered(place, now + took, took);
                        if throttles.contains(&i) {
                            pace.throttle(now, Duration::from_millis(late[i % 50] / 10));
                        }
                    }
                    Err(wait) => {
                        prop_assert!(wait > Duration::ZERO);
                        now += wait + Duration::from_micros(late[i % 50]);
                    }
                }
            }
            seen.sort_unstable();
            let n = burst(rate);
            prop_assert!(busiest(&seen, Duration::from_secs_f64(n as f64 / rate)) <= n);
        }
    }
}

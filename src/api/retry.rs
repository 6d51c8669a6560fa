//! Patience: exponential pauses with full jitter, and what the tenant says of them in `Retry-After`.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::clock::lock;

/// No pause that a tenant asks for is taken for longer than this: a slip of its clock must not stop a run for a year.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(900);

/// How often, how long and how slowly calls are repeated. The defaults are right for a tenant; tests use shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Upper bound of the first pause.
    pub first_pause: Duration,
    /// Upper bound of any pause that the tenant did not ask for.
    pub longest_pause: Duration,
    /// Attempts of one read, the first included.
    pub attempts: u32,
    /// Time for one read with all its attempts and pauses.
    pub budget: Duration,
    /// How long the circuit stays open before one call is tried.
    pub circuit_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(20),
            attempts: 6,
            budget: Duration::from_secs(90),
            circuit_pause: Duration::from_secs(30),
        }
    }
}

/// How many calls of one job may be repeated: a tenant that fails one call in three is not to be asked a third time for each
/// of ten million rows. Every call that goes well earns a share of a repeat.
#[derive(Debug)]
pub(super) struct Budget(Mutex<f64>);

impl Budget {
    /// Repeats that a job begins with, and the most that it can save.
    const MOST: f64 = 100.0;
    /// What a call that goes well earns: one repeat for five of them.
    const EARNED: f64 = 0.2;

    pub(super) fn new() -> Self {
        Self(Mutex::new(Self::MOST))
    }

    /// A call went well.
    pub(super) fn earn(&self) {
        let mut left = lock(&self.0);
        *left = (*left + Self::EARNED).min(Self::MOST);
    }

    /// Takes a repeat; `false` = there is none left.
    pub(super) fn take(&self) -> bool {
        let mut left = lock(&self.0);
        let enough = *left >= 1.0;
        if enough {
            *left -= 1.0;
        }
        enough
    }
}

/// Exponential backoff with full jitter: the nth pause is drawn evenly from zero to `first × 2ⁿ`, at most `longest`.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    step: u32,
    rng: fastrand::Rng,
}

impl Backoff {
    /// The usual backoff: 250 ms doubling to 20 s. The same seed gives the same pauses.
    pub fn new(seed: u64) -> Self {
        let usual = Patience::default();
        Self::within(usual.first_pause, usual.longest_pause, seed)
    }

    /// A backoff with its own bounds.
    pub fn within(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, step: 0, rng: fastrand::Rng::with_seed(seed) }
    }

    /// The next pause. Where the tenant named one (`after`), it is never shorter than that.
    pub fn next(&mut self, after: Option<Duration>) -> Duration {
        let bound = self.first.saturating_mul(1 << self.step.min(30)).min(self.longest);
        self.step = self.step.saturating_add(1);
        let micros = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
        let pause = Duration::from_micros(self.rng.u64(0..=micros));
        after.map_or(pause, |after| after.min(LONGEST_RETRY_AFTER).max(pause))
    }

    /// Starts over after a success.
    pub fn reset(&mut self) {
        self.step = 0;
    }
}

/// Reads `Retry-After`: seconds, or an HTTP date taken relative to the answer's own `Date`, so that a wrong clock on
/// either side does no harm. Several headers: the longest. Anything else is `None` and the usual backoff applies.
pub(super) fn retry_after<'a>(
    values: impl Iterator<Item = &'a str>,
    date: Option<&str>,
    now: SystemTime,
) -> Option<Duration> {
    let server_now = date.and_then(|text| httpdate::parse_http_date(text.trim()).ok()).unwrap_or(now);
    values
        .filter_map(|value| {
            let value = value.trim();
            if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
                // More digits than a u64 holds is still "very long".
                let seconds = value.parse().unwrap_or(u64::MAX);
                return Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER));
            }
            let at = httpdate::parse_http_date(value).ok()?;
            Some(at.duration_since(server_now).unwrap_or_default().min(LONGEST_RETRY_AFTER))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_may_repeat_one_call_in_five_for_ever_and_a_hundred_in_a_row() {
        let budget = Budget::new();
        let in_a_row = (0..1_000).take_while(|_| budget.take()).count();
        assert_eq!(in_a_row, 100);
        for _ in 0..1_000 {
            (0..5).for_each(|_| budget.earn());
            assert!(budget.take(), "one in five");
        }
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.take(), "more than that is too much");
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!((0..1_000).take_while(|_| budget.take()).count(), 100, "nothing is saved up without end");
    }

    const DATE: &str = "Tue, 15 Nov 1994 08:12:31 GMT";

    fn read(values: &[&str]) -> Option<Duration> {
        retry_after(values.iter().copied(), Some(DATE), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn both_forms_of_retry_after_are_read_and_clamped() {
        assert_eq!(read(&["7"]), Some(Duration::from_secs(7)));
        assert_eq!(read(&["0"]), Some(Duration::ZERO));
        assert_eq!(read(&["Tue, 15 Nov 1994 08:12:41 GMT"]), Some(Duration::from_secs(10)));
        assert_eq!(read(&["Tue, 15 Nov 1994 08:12:01 GMT"]), Some(Duration::ZERO), "a date in the past");
        assert_eq!(read(&["1000000000"]), Some(LONGEST_RETRY_AFTER));
        assert_eq!(read(&["99999999999999999999999999"]), Some(LONGEST_RETRY_AFTER));
        assert_eq!(read(&["Mon, 15 Nov 2094 08:12:41 GMT"]), Some(LONGEST_RETRY_AFTER));
    }

    #[test]
    fn garbage_leaves_the_pause_to_the_backoff_and_the_longest_of_two_wins() {
        for garbage in ["", "-1", "soon", "1.5", "0x10", " "] {
            assert_eq!(read(&[garbage]), None, "{garbage:?}");
        }
        assert_eq!(read(&["2", "5", "soon"]), Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_date_is_relative_to_the_servers_clock_not_ours() {
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
        let read = retry_after(["Tue, 15 Nov 1994 08:12:34 GMT"].into_iter(), Some(DATE), ours);
        assert_eq!(read, Some(Duration::from_secs(3)));
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_use_their_whole_width() {
        let mut widest = [Duration::ZERO; 10];
        let mut narrowest = [Duration::MAX; 10];
        for seed in 0..500 {
            let mut backoff = Backoff::new(seed);
            for step in 0..10 {
                let pause = backoff.next(None);
                let bound = Duration::from_millis(250 << step).min(Duration::from_secs(20));
                assert!(pause <= bound, "step {step}: {pause:?}");
                widest[step] = widest[step].max(pause);
                narrowest[step] = narrowest[step].min(pause);
            }
        }
        for step in 0..10 {
            let bound = Duration::from_millis(250 << step).min(Duration::from_secs(20));
            assert!(widest[step] > bound.mul_f64(0.9), "step {step} never comes near its bound");
            assert!(
                narrowest[step] < bound.mul_f64(0.1),
                "step {step} is never short: that is no full jitter"
            );
        }
    }

    #[test]
    fn the_tenants_word_is_a_lower_bound_and_a_success_starts_over() {
        let mut backoff = Backoff::new(7);
        assert!(backoff.next(Some(Duration::from_secs(30))) >= Duration::from_secs(30));
        for _ in 0..50 {
            assert!(backoff.next(None) <= Duration::from_secs(20));
        }
        backoff.reset();
        assert!(backoff.next(None) <= Duration::from_millis(250));
        assert!(backoff.next(Some(Duration::from_secs(1_000_000))) <= LONGEST_RETRY_AFTER);
    }

    #[test]
    fn the_same_seed_gives_the_same_pauses() {
        let pauses = |seed| {
            let mut backoff = Backoff::new(seed);
            (0..8).map(|_| backoff.next(None)).collect::<Vec<_>>()
        };
        assert_eq!(pauses(3), pauses(3));
        assert_ne!(pauses(3), pauses(4));
    }
}

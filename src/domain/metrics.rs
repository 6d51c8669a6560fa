//! What the calls of a run took: latencies by family and kind of call, and what had to be done more than once.
//!
//! ```text
//! each call ─▶ Histogram (its family and kind) ─┐
//! repeats, pauses of the tenant ────────────────┼─▶ Metrics ─▶ added up with each settled batch, also over restarts
//! rows that are not on the list yet ────────────┘
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Steps between a power of two and the next one. A percentile is at most one step above what it stands for.
const STEPS: u64 = 32;
/// `log2(STEPS)`.
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// Counted durations, in microseconds, in buckets whose width grows with what they hold: whatever is asked of it is never
/// below the truth, and above it by less than one part in 32.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: BTreeMap<u16, u64>,
    longest: u64,
}

/// The bucket of a value. Values under twice `STEPS` have one of their own.
fn bucket(micros: u64) -> u16 {
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(STEP_BITS + 1);
    // At most 32 × 60 buckets for all of 64 bits.
    (u64::from(shift) * STEPS + (micros >> shift)) as u16
}

/// The largest value of a bucket.
fn top(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let shift = (bucket / STEPS).saturating_sub(1);
    let first = bucket - shift * STEPS;
    ((first + 1) << shift).wrapping_sub(1)
}

impl Histogram {
    /// Counts a duration.
    pub fn note(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        *self.counts.entry(bucket(micros)).or_default() += 1;
        self.longest = self.longest.max(micros);
    }

    /// Adds what another one has counted.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.counts {
            *self.counts.entry(*bucket).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
    }

    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The longest, exactly.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.longest)
    }

    /// The duration that so many of a thousand do not exceed: 500 is the median. Never less than that, and less than one
    /// part in 32 more. Zero where nothing was counted.
    pub fn permille(&self, permille: u64) -> Duration {
        let count = u128::from(self.count());
        let rank = (count * u128::from(permille.min(1_000))).div_ceil(1_000).max(1);
        let mut seen = 0;
        for (bucket, n) in &self.counts {
            seen += u128::from(*n);
            if seen >= rank {
                return Duration::from_micros(top(*bucket).min(self.longest));
            }
        }
        Duration::ZERO
    }

    /// What has to be kept of it: each bucket that holds anything with its count, and the longest in microseconds.
    pub fn parts(&self) -> (impl ExactSizeIterator<Item = (u16, u64)> + '_, u64) {
        (self.counts.iter().map(|(bucket, count)| (*bucket, *count)), self.longest)
    }

    /// The inverse of [`Histogram::parts`].
    pub fn from_parts(counts: impl IntoIterator<Item = (u16, u64)>, longest: u64) -> Self {
        Self { counts: counts.into_iter().collect(), longest }
    }
}

/// Which calls: those of one family that do the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Calls {
    /// `entries`, `items`, `suppression`, `outbound`, `query`, …
    pub family: Cow<'static, str>,
    /// `read`, `write`, `delete`.
    pub kind: Cow<'static, str>,
}

/// What the calls of a job came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// How long each call took, from its first byte out to the last one in; waiting for its turn is not in it.
    pub latency: BTreeMap<Calls, Histogram>,
    /// Calls made again.
    pub retries: u64,
    /// Answers that asked to wait (429).
    pub throttled: u64,
    /// Rows that the tenant had answered for and that did not stand on the list when it was first read.
    pub not_yet_visible: u64,
}

impl Metrics {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts a call.
    pub fn note(&mut self, calls: Calls, took: Duration) {
        self.latency.entry(calls).or_default().note(took);
    }

    /// Adds what another one has counted.
    pub fn add(&mut self, other: &Self) {
        for (calls, histogram) in &other.latency {
            self.latency.entry(calls.clone()).or_default().add(histogram);
        }
        self.retries += other.retries;
        self.throttled += other.throttled;
        self.not_yet_visible += other.not_yet_visible;
    }

    /// Calls of all kinds, repeats included.
    pub fn calls(&self) -> u64 {
        self.latency.values().map(Histogram::count).sum()
    }
}

/// A latency as people read it: `3.4 ms`, `38 ms`, `1.2 s`.
pub fn say_latency(took: Duration) -> String {
    match took.as_millis() {
        0..10 => format!("{:.1} ms", took.as_micros() as f64 / 1_000.0),
        ms @ 10..1_000 => format!("{ms} ms"),
        _ => format!("{:.1} s", took.as_secs_f64()),
    }
}

/// So many in a second of working time; `None` where no time has passed.
pub fn per_second(n: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| n as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(sorted: &[u64], permille: u64) -> u64 {
        let rank = (sorted.len() as u64 * permille).div_ceil(1_000).max(1);
        sorted[rank as usize - 1]
    }

    #[test]
    fn buckets_follow_one_another_without_a_gap() {
        for value in (0..5_000).chain([u64::MAX / 3, u64::MAX - 1, u64::MAX]) {
            assert!(top(bucket(value)) >= value, "{value}");
            assert!(value == 0 || bucket(value - 1) <= bucket(value), "{value}");
            let next = top(bucket(value)).checked_add(1);
            assert!(next.is_none_or(|next| bucket(next) == bucket(value) + 1), "{value}");
        }
    }

    #[test]
    fn nothing_counted_is_nothing_said() {
        assert_eq!(Histogram::default().permille(500), Duration::ZERO);
        assert_eq!(per_second(7, 0.0), None);
        assert_eq!(per_second(7, 2.0), Some(3.5));
    }

    #[test]
    fn a_latency_is_said_in_few_digits() {
        for (micros, said) in
            [(3_410, "3.4 ms"), (38_900, "38 ms"), (999_999, "999 ms"), (1_249_000, "1.2 s")]
        {
            assert_eq!(say_latency(Duration::from_micros(micros)), said);
        }
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_an_exact_sort_within_the_bound(
            values in prop::collection::vec((0u32..63).prop_flat_map(|bits| 0u64..=(1 << bits)), 1..400),
            permille in 0u64..=1_000,
        ) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|micros| histogram.note(Duration::from_micros(*micros)));
            let mut sorted = values;
            sorted.sort_unstable();
            let truth = u128::from(exact(&sorted, permille));
            let told = histogram.permille(permille).as_micros();
            prop_assert!(told >= truth, "{told} is below {truth}");
            prop_assert!((told - truth) * 32 <= truth, "{told} is too far above {truth}");
            prop_assert_eq!(u128::from(sorted[sorted.len() - 1]), histogram.longest().as_micros());
            prop_assert_eq!(sorted.len() as u64, histogram.count());
        }

        #[test]
        fn two_that_are_added_are_one_that_counted_all(
            left in prop::collection::vec(0u64..10_000_000, 0..50),
            right in prop::collection::vec(0u64..10_000_000, 0..50),
        ) {
            let of = |values: &[u64]| {
                let mut metrics = Metrics::default();
                for micros in values {
                    let kind = if micros % 2 == 0 { "read" } else { "write" };
                    let calls = Calls { family: "entries".into(), kind: kind.into() };
                    metrics.note(calls, Duration::from_micros(*micros));
                    metrics.retries += micros % 3;
                }
                metrics
            };
            let mut sum = of(&left);
            sum.add(&of(&right));
            prop_assert_eq!(sum, of(&[left, right].concat()));
        }

        #[test]
        fn it_comes_back_from_its_parts(values in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut histogram = Histogram::default();
            values.iter().for_each(|micros| histogram.note(Duration::from_micros(*micros)));
            let (counts, longest) = histogram.parts();
            prop_assert_eq!(Histogram::from_parts(counts, longest), histogram);
        }
    }
}

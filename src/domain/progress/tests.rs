use proptest::prelude::*;

use super::*;

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn nothing_is_said_during_warm_up() {
    let mut meter = RateMeter::new(s(10.0));
    assert_eq!(meter.rate(), None);
    meter.note(s(0.0), 0);
    assert_eq!(meter.rate(), None);
    meter.note(s(0.9), 90);
    assert_eq!((meter.rate(), meter.eta(10)), (None, None));
    meter.note(s(1.0), 100);
    assert_eq!(meter.rate(), Some(100.0));
    assert_eq!(meter.eta(500), Some(s(5.0)));
    assert_eq!(meter.eta(0), Some(Duration::ZERO));
}

#[test]
fn the_rate_follows_the_window() {
    let mut meter = RateMeter::new(s(10.0));
    for second in 0..=60_u32 {
        let done = if second <= 30 { second * 100 } else { 3_000 + (second - 30) * 10 };
        meter.note(s(f64::from(second)), u64::from(done));
    }
    assert_eq!(meter.rate(), Some(10.0));
}

#[test]
fn slow_work_has_a_rate_and_standing_work_no_eta() {
    let mut meter = RateMeter::new(s(5.0));
    meter.note(s(0.0), 0);
    meter.note(s(20.0), 10);
    assert_eq!(meter.rate(), Some(0.5));
    meter.note(s(40.0), 10);
    assert_eq!(meter.rate(), Some(0.0));
    assert_eq!(meter.eta(5), None);
}

#[test]
fn new_work_starts_the_measurement_again() {
    let mut meter = RateMeter::new(s(5.0));
    meter.note(s(0.0), 1_000);
    meter.note(s(2.0), 2_000);
    meter.note(s(3.0), 0);
    assert_eq!(meter.rate(), None);
    meter.note(s(4.0), 7);
    assert_eq!(meter.rate(), Some(7.0));
    meter.note(s(3.5), 8);
    assert_eq!(meter.rate(), Some(7.0), "a clock that goes back is ignored");
}

#[test]
fn percent_is_whole_only_when_done() {
    let at = |done, total| Progress { phase: Phase::Send, done, total, rate: None, eta: None }.percent();
    assert_eq!(at(1, None), None);
    assert_eq!(at(0, Some(0)), Some(100.0));
    assert_eq!(at(1, Some(4)), Some(25.0));
    assert_eq!(at(9_999_999, Some(10_000_000)), Some(99.9));
    assert_eq!(at(10, Some(10)), Some(100.0));
}

#[test]
fn an_eta_is_said_as_a_guess() {
    for (seconds, said) in [
        (0.0, "~5 s"),
        (3.0, "~5 s"),
        (38.0, "~40 s"),
        (57.0, "~55 s"),
        (59.0, "~1 min"),
        (75.0, "~1 min"),
        (235.0, "~4 min"),
        (3_600.0, "~60 min"),
        (7_000.0, "about 2 h"),
        (200_000.0, "about 2 days"),
    ] {
        assert_eq!(say_eta(s(seconds)), said, "{seconds}");
    }
}

proptest! {
    #[test]
    fn a_steady_rate_is_found_however_often_it_is_told(rate in 1_u32..5_000, steps in 20_usize..400, gap_ms in 1_u64..1_500) {
        let mut meter = RateMeter::new(s(8.0));
        let mut last = Duration::ZERO;
        for step in 0..steps as u64 {
            last = Duration::from_millis(step * gap_ms);
            meter.note(last, step * gap_ms * u64::from(rate) / 1_000);
        }
        prop_assert!(meter.samples.len() <= 200);
        match meter.rate() {
            Some(found) => prop_assert!((found - f64::from(rate)).abs() <= 1.0 + f64::from(rate) * 0.01, "{found} for {rate}"),
            None => prop_assert!(last < s(1.0)),
        }
    }
}

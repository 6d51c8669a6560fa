//! Limits: what the profile allows, and what the tenant said of it while the doctor looked.

use super::{Finding, Health};
use crate::api::{Gauges, Limits};
use crate::config::Profile;

pub(super) fn of_limits(profile: &Profile, gauges: Option<&Gauges>) -> Finding {
    let limits = &profile.limits;
    let usual = Limits::default();
    let mut seen = format!(
        "entries {} calls per second of {} rows, record query {} calls per minute of {} numbers",
        limits.entries_per_second, limits.entries_per_call, limits.query_per_minute, limits.query_per_call
    );
    if let Some(gauges) = gauges {
        seen += &match gauges.throttled {
            0 => format!("; {} calls just now, none too fast for the tenant", gauges.calls),
            n => format!("; {n} of {} calls just now were too fast for the tenant (429)", gauges.calls),
        };
        let paused = gauges.families.all().into_iter().filter_map(|(name, rate)| Some((name, rate.paused?)));
        for (name, pause) in paused {
            seen += &format!("; {name} paused for {} s by its Retry-After", pause.as_secs().max(1));
        }
    }
    let above = limits.entries_per_second > usual.entries_per_second
        || limits.query_per_minute > usual.query_per_minute;
    let throttled = gauges.is_some_and(|gauges| gauges.throttled > 0);
    match (above, throttled) {
        (true, _) => Finding::new("limits", Health::Attention, seen)
            .advise("Above what tenants allow by default: without their consent the tenant answers 429."),
        (false, true) => Finding::new("limits", Health::Attention, seen).advise(
            "Others use the same limits, or they are lower here: lower the rates in the profile's limits.",
        ),
        (false, false) => Finding::new("limits", Health::Fine, seen),
    }
}

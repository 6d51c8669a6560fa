//! What was measured of a run: how long its calls take, how many rows it gets through, who was told of it.

use ratatui::text::Line;

use crate::domain::metrics::{Calls, Histogram, say_latency};
use crate::domain::run::RunSummary;
use crate::domain::text::thousands;
use crate::ops::Measured;
use crate::tui::cx::Cx;
use crate::tui::theme::Role;
use crate::tui::widgets::{span, state};

fn known<'a>(run: &RunSummary, cx: &'a Cx) -> Option<&'a Measured> {
    cx.store.measured.get(&run.id)?.value()
}

/// What matters while a run is watched, in two lines: its writes, and who is told.
pub(super) fn lines(run: &RunSummary, cx: &Cx) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let Some(measured) = known(run, cx) else { return lines };
    let writes = measured.metrics.latency.iter().filter(|(calls, _)| calls.kind == "write");
    if let Some((_, histogram)) = writes.max_by_key(|(_, histogram)| histogram.count()) {
        let said = format!("writes {}{}", latency(histogram), throughput(run, measured));
        lines.push(Line::from(span(cx, Role::Text, said)));
    }
    if let Some(said) = measured.deliveries.said() {
        let said = format!("webhook {}", cx.text(&said, 200));
        let troubled = measured.deliveries.given_up > 0
            || (measured.deliveries.waiting > 0 && measured.deliveries.why.is_some());
        lines.push(Line::from(if troubled {
            state(cx, Role::Warn, &said)
        } else {
            span(cx, Role::Muted, said)
        }));
    }
    lines
}

/// All of it, for the overlay.
pub(super) fn full(run: &RunSummary, cx: &Cx) -> Vec<(String, String)> {
    let Some(measured) = known(run, cx) else { return Vec::new() };
    let of = |(calls, histogram): (&Calls, &Histogram)| {
        let name = cx.name(&format!("{} {}", calls.family, calls.kind), 30);
        (name, format!("{} calls, {}", thousands(histogram.count()), latency(histogram)))
    };
    let mut lines: Vec<_> = measured.metrics.latency.iter().map(of).collect();
    let throughput = throughput(run, measured);
    if !throughput.is_empty() {
        lines.push(("throughput".to_owned(), throughput.trim_start_matches(" · ").to_owned()));
    }
    let twice = format!(
        "{} in the file · {} on the list already · {} not visible at the first look",
        thousands(run.buckets.duplicates),
        thousands(run.buckets.unchanged),
        thousands(measured.metrics.not_yet_visible),
    );
    lines.push(("duplicates".to_owned(), twice));
    if let Some(said) = measured.deliveries.said() {
        lines.push(("webhook".to_owned(), cx.text(&said, 300)));
    }
    lines
}

fn latency(histogram: &Histogram) -> String {
    let [median, most, nearly_all] = [500, 900, 990].map(|n| say_latency(histogram.permille(n)));
    let longest = say_latency(histogram.longest());
    format!("p50 {median} · p90 {most} · p99 {nearly_all} · max {longest}")
}

fn throughput(run: &RunSummary, measured: &Measured) -> String {
    // Working time is noted when a run rests: until then the rate beside it tells.
    match (Measured::rows_per_second(run), measured.calls_per_second(run)) {
        (Some(rows), Some(calls)) => format!(" · {rows:.1} rows/s · {calls:.1} calls/s"),
        _ => String::new(),
    }
}

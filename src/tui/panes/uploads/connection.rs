//! How a run reaches the tenant at present: its health, the rate, the news of jobs, a bar for each job.

use ratatui::text::Line;

use crate::domain::job::JobStatus;
use crate::domain::plan::Destination;
use crate::domain::run::RunSummary;
use crate::domain::text::thousands;
use crate::ops::{Circuit, FeedState, Gauges, JobNow, JobsNow, Rate};
use crate::tui::cx::Cx;
use crate::tui::store::Live;
use crate::tui::theme::Role;
use crate::tui::widgets::{progress, span, state};

/// Jobs that have a bar of their own.
const BARS: usize = 6;

/// The lines of a run that is at work here.
pub(super) fn lines(run: &RunSummary, live: &Live, cx: &Cx, bar: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(gauges) = &cx.store.gauges {
        lines.push(tenant(run, gauges, cx));
    }
    if let Some(now) = &live.jobs {
        lines.push(feed(&now.feed, cx));
        lines.extend(jobs(now, cx, bar));
    }
    lines
}

fn label(cx: &Cx, word: &'static str) -> ratatui::text::Span<'static> {
    span(cx, Role::Muted, format!("{word:<10}"))
}

fn tenant(run: &RunSummary, gauges: &Gauges, cx: &Cx) -> Line<'static> {
    let rate = rate_of(run.destination, gauges);
    let mut line = Line::from(label(cx, "tenant"));
    line.push_span(match (gauges.circuit, rate.paused) {
        (Circuit::Open { retry_in }, _) => {
            let words = format!("unhealthy: calls stopped, next try in {} s", retry_in.as_secs().max(1));
            state(cx, Role::Bad, &words)
        }
        (Circuit::Probing, _) => state(cx, Role::Busy, "unhealthy: one call tries"),
        (Circuit::Closed, Some(left)) => {
            state(cx, Role::Warn, &format!("asks for patience: {} s", left.as_secs().max(1)))
        }
        // Not a green light: a tenant that cannot be reached at all leaves the circuit closed.
        (Circuit::Closed, None) => span(cx, Role::Text, "calls go out"),
    });
    line.push_span(span(cx, Role::Text, format!("  {}", said(rate))));
    line
}

/// The family that a destination's calls belong to.
fn rate_of(to: Destination, gauges: &Gauges) -> Rate {
    match to {
        Destination::Entries => gauges.families.entries,
        Destination::Items => gauges.families.items,
        Destination::Suppression => gauges.families.suppression,
        Destination::Outbound => gauges.families.outbound,
    }
}

/// `38/50 calls per s`, `1/100 calls per min`; what 429s have lowered is said.
fn said(rate: Rate) -> String {
    let (unit, times) = rate.unit();
    let lowered = match rate.allowed < rate.ceiling - 1e-6 {
        true => format!(", lowered from {:.0}", rate.ceiling * times),
        false => String::new(),
    };
    format!("{:.0}/{:.0} calls per {unit}{lowered}", rate.used * times, rate.allowed * times)
}

fn feed(feed: &FeedState, cx: &Cx) -> Line<'static> {
    let role = match feed {
        FeedState::Live => Role::Good,
        FeedState::Reconnecting { attempt: 0, .. } => Role::Busy,
        FeedState::Reconnecting { .. } | FeedState::Polling { .. } => Role::Warn,
    };
    let mut line = Line::from(label(cx, "events"));
    line.push_span(state(cx, role, &cx.text(&feed.to_string(), 120)));
    line
}

/// A bar for each job, those that are open first; the others in a sentence.
fn jobs(now: &JobsNow, cx: &Cx, bar: usize) -> Vec<Line<'static>> {
    let mut order: Vec<&JobNow> = now.jobs.iter().collect();
    order.sort_by_key(|job| job.status.is_final());
    let mut lines: Vec<Line<'static>> = order.iter().take(BARS).map(|job| one(job, cx, bar)).collect();
    if order.len() > BARS {
        let rest = &order[BARS..];
        let over = rest.iter().filter(|job| job.status.is_final()).count();
        let words = format!("          … and {} more jobs, {over} of them over", rest.len());
        lines.push(Line::from(span(cx, Role::Muted, words)));
    }
    lines
}

fn one(job: &JobNow, cx: &Cx, bar: usize) -> Line<'static> {
    let role = match job.status {
        JobStatus::Completed => Role::Good,
        JobStatus::Failed | JobStatus::Aborted => Role::Bad,
        JobStatus::Queued | JobStatus::Running => Role::Busy,
    };
    let mut line = Line::from(label(cx, "job"));
    let percent = if job.status == JobStatus::Completed { 100.0 } else { f64::from(job.progress) };
    // Narrower than the phases, so that the id stands in the same line.
    line.spans.extend(progress::bar(cx, percent, bar.min(16)));
    line.push_span(span(cx, Role::Text, format!(" {percent:>3.0} %  ")));
    line.push_span(state(cx, role, job.status.as_str()));
    let rest = format!("  {} rows  {}", thousands(job.rows), cx.name(&job.id.0, 24));
    line.push_span(span(cx, Role::Muted, rest));
    line
}

//! What is measured of a run, as scripts and people read it: its calls, what it did twice, and who was told of it.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::domain::metrics::{Calls, Histogram, say_latency};
use crate::domain::run::RunSummary;
use crate::domain::text::{thousands, visible};
use crate::ops::{Measured, Ops, OpsError};

/// What the ledger keeps of a run beside its summary.
pub(super) struct Measures(Measured);

impl Measures {
    pub async fn of(ops: &Ops, run: &RunSummary) -> Result<Self, OpsError> {
        Ok(Self(ops.measured(&run.id).await?))
    }

    /// `metrics` of a run object.
    pub fn metrics(&self, run: &RunSummary) -> Value {
        let of = |(calls, histogram): (&Calls, &Histogram)| {
            json!({"family": calls.family, "kind": calls.kind, "calls": histogram.count(),
                "p50_ms": millis(histogram.permille(500)), "p90_ms": millis(histogram.permille(900)),
                "p99_ms": millis(histogram.permille(990)), "max_ms": millis(histogram.longest())})
        };
        let latency: Vec<Value> = self.0.metrics.latency.iter().map(of).collect();
        json!({
            "rows_per_second": rounded(Measured::rows_per_second(run)),
            "calls": self.0.metrics.calls(),
            "calls_per_second": rounded(self.0.calls_per_second(run)),
            "retries": self.0.metrics.retries,
            "throttled": self.0.metrics.throttled,
            "latency": latency,
            "duplicates": {"in_file": run.buckets.duplicates, "already_on_list": run.buckets.unchanged,
                "not_yet_visible": self.0.metrics.not_yet_visible},
        })
    }

    /// `webhook` of a run object: null where nobody was to be told.
    pub fn webhook(&self) -> Value {
        let d = &self.0.deliveries;
        if d.waiting + d.delivered + d.given_up == 0 {
            return Value::Null;
        }
        json!({"delivered": d.delivered, "waiting": d.waiting, "given_up": d.given_up,
            "next_at": d.next_at.map(|at| at.to_string()), "because": d.why})
    }

    /// The same in lines for people; empty where there is nothing to tell.
    pub fn lines(&self, run: &RunSummary) -> String {
        let mut text = String::new();
        for (calls, histogram) in &self.0.metrics.latency {
            let _ = writeln!(
                text,
                "calls {} {}: {} · median {} · 90 % {} · 99 % {} · longest {}",
                visible(&calls.family, 40),
                visible(&calls.kind, 20),
                thousands(histogram.count()),
                say_latency(histogram.permille(500)),
                say_latency(histogram.permille(900)),
                say_latency(histogram.permille(990)),
                say_latency(histogram.longest()),
            );
        }
        if let (Some(rows), Some(calls)) = (Measured::rows_per_second(run), self.0.calls_per_second(run))
            && self.0.metrics.calls() > 0
        {
            let _ = writeln!(text, "throughput: {rows:.1} rows/s · {calls:.1} calls/s");
        }
        let twice = (run.buckets.duplicates, run.buckets.unchanged, self.0.metrics.not_yet_visible);
        if twice != (0, 0, 0) {
            let _ = writeln!(
                text,
                "duplicates: {} in the file · {} on the list already · {} not visible at the first look",
                thousands(twice.0),
                thousands(twice.1),
                thousands(twice.2),
            );
        }
        if let Some(said) = self.0.deliveries.said() {
            let _ = writeln!(text, "webhook: {}", visible(&said, 300));
        }
        text
    }
}

fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}

fn rounded(n: Option<f64>) -> Option<f64> {
    n.map(|n| (n * 1_000.0).round() / 1_000.0)
}

//! Progress: a bar on a terminal, JSON lines where they are asked for, remarks everywhere else. Always beside the data.

use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::output::Out;
use super::shapes::RunObject;
use crate::domain::progress::{Phase, Progress, say_eta};
use crate::domain::run::RunState;
use crate::domain::text::{thousands, visible};
use crate::ops::{JobsNow, OpsEvent, Sink};

/// The sink that fits the way out.
pub(super) fn sink(out: Out) -> Arc<dyn Sink> {
    if out.streams() {
        Arc::new(Lines { out })
    } else if out.draws_progress() {
        Arc::new(Bar::new())
    } else {
        Arc::new(Remarks { out, last: Mutex::new(None) })
    }
}

/// A sentence per change of state, whatever the way out: for a log.
pub(super) fn remarks(out: Out) -> Arc<dyn Sink> {
    Arc::new(Remarks { out, last: Mutex::new(None) })
}

/// One JSON document per event.
struct Lines {
    out: Out,
}

impl Sink for Lines {
    fn event(&self, event: OpsEvent) {
        // A reader that is gone must not stop a run; the exit code still tells.
        let _ = match event {
            OpsEvent::Progress(p) => self.out.line(&json!({"event": "progress", "phase": p.phase.as_str(),
                "done": p.done, "total": p.total, "rate": p.rate, "eta_seconds": p.eta.map(|eta| eta.as_secs())})),
            OpsEvent::Run(run) => self.out.line(&json!({"event": "run", "run": RunObject::of(&run)})),
            OpsEvent::Jobs { run, now } => self.out.line(&jobs_object(&run, &now)),
            OpsEvent::Note(text) => self.out.line(&json!({"event": "note", "text": text})),
        };
    }
}

/// A sentence per change of state.
struct Remarks {
    out: Out,
    last: Mutex<Option<RunState>>,
}

impl Sink for Remarks {
    fn event(&self, event: OpsEvent) {
        match event {
            OpsEvent::Progress(_) | OpsEvent::Jobs { .. } => {}
            OpsEvent::Run(run) => {
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.replace(run.state) != Some(run.state) {
                    self.out.remark(&format!("run {}: {}", visible(&run.id, 40), run.state));
                }
            }
            OpsEvent::Note(text) => self.out.remark(&visible(&text, 500)),
        }
    }
}

/// A bar that is redrawn in place and leaves nothing behind.
struct Bar {
    bar: ProgressBar,
    state: Mutex<(Option<Phase>, Option<RunState>)>,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{prefix:>10} [{bar:30}] {percent:>3} %  {msg}") {
            bar.set_style(style.progress_chars("█▊·"));
        }
        Self { bar, state: Mutex::new((None, None)) }
    }

    fn show(&self, progress: Progress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0.replace(progress.phase) != Some(progress.phase) {
            self.bar.reset();
            self.bar.set_message("");
            self.bar.set_prefix(progress.phase.as_str());
        }
        match progress.total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.set_position(progress.done);
        let mut said = thousands(progress.done);
        if let Some(total) = progress.total {
            said.push_str(&format!("/{}", thousands(total)));
        }
        if let Some(rate) = progress.rate {
            said.push_str(&format!("  {rate:.0}/s"));
        }
        if let Some(eta) = progress.eta {
            said.push_str(&format!("  {}", say_eta(eta)));
        }
        self.bar.set_message(said);
    }
}

impl Bar {
    /// Rows that jobs have worked off, and how their news comes.
    fn show_jobs(&self, now: &JobsNow) {
        self.bar.set_prefix("jobs");
        self.bar.set_length(now.rows());
        self.bar.set_position(now.worked_off());
        let open = now.jobs.iter().filter(|job| !job.status.is_final()).count();
        self.bar.set_message(format!("{open} open  {}", visible(&now.feed.to_string(), 120)));
    }
}

fn jobs_object(run: &str, now: &JobsNow) -> serde_json::Value {
    let jobs: Vec<_> = now
        .jobs
        .iter()
        .map(|job| json!({"id": job.id.0, "rows": job.rows, "status": job.status.as_str(), "progress": job.progress}))
        .collect();
    json!({"event": "jobs", "run": run, "feed": now.feed.to_string(), "jobs": jobs})
}

impl Sink for Bar {
    fn event(&self, event: OpsEvent) {
        match event {
            OpsEvent::Progress(progress) => self.show(progress),
            OpsEvent::Run(run) => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                if state.1.replace(run.state) != Some(run.state) {
                    self.bar.println(format!("run {}: {}", visible(&run.id, 40), run.state));
                }
            }
            OpsEvent::Jobs { now, .. } => self.show_jobs(&now),
            OpsEvent::Note(text) => self.bar.println(visible(&text, 500)),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! Work in progress: how far it is, and what it said.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::domain::progress::{Phase, Progress};
use crate::domain::run::RunState;
use crate::ops::JobsNow;
use crate::tui::event::Op;

/// How many rates a sparkline shows at most.
const RATES: usize = 120;
/// How many notes are kept.
const NOTES: usize = 50;

/// A task, from before it starts until its last fact.
#[derive(Debug)]
pub struct Task {
    /// What it does.
    pub op: Op,
    /// When it was started.
    pub started: Timestamp,
    /// Where it is.
    pub live: Live,
}

impl Task {
    pub(super) fn new(op: Op, started: Timestamp) -> Self {
        let run = match &op {
            Op::Resume { run } => Some(run.clone()),
            _ => None,
        };
        Self { op, started, live: Live { run, ..Live::default() } }
    }
}

/// Phases, rates and notes of long work.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The run it works on, once known.
    pub run: Option<String>,
    /// The state of that run, as last heard.
    pub state: Option<RunState>,
    /// The last progress that was heard, which may be of a phase before.
    pub now: Option<Progress>,
    /// Last progress of each phase it went through.
    pub phases: BTreeMap<Phase, Progress>,
    /// Rates of the sending phase, oldest first.
    pub rates: VecDeque<f64>,
    /// What it said, newest last.
    pub notes: VecDeque<String>,
    /// Its jobs on the tenant, as last heard.
    pub jobs: Option<JobsNow>,
}

impl Live {
    pub(super) fn note(&mut self, progress: Progress) {
        if self.now == Some(progress) {
            return;
        }
        self.now = Some(progress);
        self.phases.insert(progress.phase, progress);
        if let (Phase::Send, Some(rate)) = (progress.phase, progress.rate) {
            self.rates.push_back(rate);
            if self.rates.len() > RATES {
                self.rates.pop_front();
            }
        }
    }

    pub(super) fn say(&mut self, note: String) {
        self.notes.push_back(note);
        if self.notes.len() > NOTES {
            self.notes.pop_front();
        }
    }

    /// Percent of the present phase, where it can be said.
    pub fn percent(&self) -> Option<f64> {
        self.present().and_then(|progress| progress.percent())
    }

    /// The progress of the phase that the work is in.
    pub fn present(&self) -> Option<Progress> {
        self.now.filter(|now| self.state.is_none_or(|state| now.phase.is_of(state)))
    }
}

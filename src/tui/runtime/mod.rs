//! Effects → tasks. The only place in the console that spawns.
//!
//! Facts come back over a bounded channel and are never dropped; how far tasks are is a gauge (`watch`, latest wins).
//! One token per task under one root: stopping a task cancels its token, leaving cancels the root.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::event::{Fact, Op, Report, TaskId, Trouble};
use crate::config::Config;
use crate::domain::progress::Progress;
use crate::ops::{Ops, OpsEvent, Sink};

mod disk;
mod file;
mod keys;
mod perform;
#[cfg(test)]
mod tests;

pub use keys::Keys;

/// How many facts may wait for the loop before tasks do.
const FACTS: usize = 256;
/// How long running tasks may take to journal what they have in flight when the console is left.
const PATIENCE: Duration = Duration::from_secs(15);

/// How far every task is.
pub type AllProgress = BTreeMap<TaskId, Progress>;

/// See the module.
pub struct Runtime {
    ops: Option<Ops>,
    config: Arc<Config>,
    root: CancellationToken,
    tokens: HashMap<TaskId, CancellationToken>,
    tasks: JoinSet<TaskId>,
    facts: mpsc::Sender<Report>,
    progress: watch::Sender<AllProgress>,
}

/// What comes back.
pub struct Reports {
    /// Facts.
    pub facts: mpsc::Receiver<Report>,
    /// Gauges.
    pub progress: watch::Receiver<AllProgress>,
}

impl Runtime {
    /// A runtime with nothing to do, and where its reports arrive.
    pub fn new(ops: Option<Ops>, config: Config) -> (Self, Reports) {
        let (facts, facts_in) = mpsc::channel(FACTS);
        let (progress, progress_in) = watch::channel(AllProgress::new());
        let runtime = Self {
            ops,
            config: Arc::new(config),
            root: CancellationToken::new(),
            tokens: HashMap::new(),
            tasks: JoinSet::new(),
            facts,
            progress,
        };
        (runtime, Reports { facts: facts_in, progress: progress_in })
    }

    /// Starts work. Its last report is its end, whatever becomes of it.
    pub fn start(&mut self, id: TaskId, op: Op) {
        self.reap();
        let stop = self.root.child_token();
        self.tokens.insert(id, stop.clone());
        let job = Job {
            id,
            ops: self.ops.clone(),
            config: Arc::clone(&self.config),
            stop,
            facts: self.facts.clone(),
            progress: self.progress.clone(),
        };
        self.tasks.spawn(async move {
            let fact = job.perform(op).await;
            job.progress.send_modify(|all| {
                all.remove(&job.id);
            });
            job.report(fact).await;
            job.id
        });
    }

    /// Stops a task. It ends by itself, after what must not be cut short.
    pub fn stop(&mut self, id: TaskId) {
        if let Some(token) = self.tokens.get(&id) {
            token.cancel();
        }
    }

    fn reap(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Ok(id) = ended {
                self.tokens.remove(&id);
            }
        }
    }

    /// Stops everything and waits until what is in flight is journalled, but not for ever.
    pub async fn shut_down(mut self, mut reports: Reports) {
        self.root.cancel();
        let ended = async {
            loop {
                tokio::select! {
                    task = self.tasks.join_next() => if task.is_none() { break },
                    // Tasks that wait to report must not wait in vain.
                    Some(_) = reports.facts.recv() => {}
                }
            }
        };
        let _ = tokio::time::timeout(PATIENCE, ended).await;
        self.tasks.abort_all();
    }
}

/// One task's tools.
struct Job {
    id: TaskId,
    ops: Option<Ops>,
    config: Arc<Config>,
    stop: CancellationToken,
    facts: mpsc::Sender<Report>,
    progress: watch::Sender<AllProgress>,
}

impl Job {
    /// Reports a fact. When the loop is gone there is nobody to tell.
    async fn report(&self, fact: Fact) {
        let _ = self.facts.send(Report { task: self.id, fact }).await;
    }

    /// Runs blocking work on a thread of its own. A panic there is trouble, not a hang.
    async fn blocking<T: Send + 'static>(
        &self,
        doing: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        tokio::task::spawn_blocking(work).await.map_err(|_| {
            Trouble::said(
                doing,
                "defect",
                "the work ended unexpectedly",
                "Please report what you did before.",
            )
        })
    }

    /// Runs a job of `ops` under a sink, passing on what it says in the order in which it says it.
    async fn watched<T>(
        &self,
        work: impl Future<Output = T>,
        mut said: mpsc::UnboundedReceiver<OpsEvent>,
    ) -> T {
        tokio::pin!(work);
        let result = loop {
            tokio::select! {
                biased;
                Some(event) = said.recv() => self.pass_on(event).await,
                result = &mut work => break result,
            }
        };
        while let Ok(event) = said.try_recv() {
            self.pass_on(event).await;
        }
        result
    }

    async fn pass_on(&self, event: OpsEvent) {
        match event {
            OpsEvent::Progress(progress) => self.gauge(progress),
            OpsEvent::Run(run) => self.report(Fact::Run(run)).await,
            OpsEvent::Note(note) => self.report(Fact::Note(note)).await,
            OpsEvent::Jobs { now, .. } => self.report(Fact::Jobs(Box::new(now))).await,
        }
    }

    fn gauge(&self, progress: Progress) {
        note(&self.progress, self.id, progress);
    }

    fn sink(&self) -> (Arc<dyn Sink>, mpsc::UnboundedReceiver<OpsEvent>) {
        let (facts, said) = mpsc::unbounded_channel();
        (Arc::new(OpsSink { id: self.id, progress: self.progress.clone(), facts }), said)
    }
}

/// Turns what a job says into reports. Called from async code, so it never waits: progress overwrites, facts queue (at
/// most one per settled batch) until the task passes them on.
struct OpsSink {
    id: TaskId,
    progress: watch::Sender<AllProgress>,
    facts: mpsc::UnboundedSender<OpsEvent>,
}

impl Sink for OpsSink {
    fn event(&self, event: OpsEvent) {
        match event {
            OpsEvent::Progress(progress) => note(&self.progress, self.id, progress),
            fact => drop(self.facts.send(fact)),
        }
    }
}

fn note(gauges: &watch::Sender<AllProgress>, id: TaskId, progress: Progress) {
    gauges.send_modify(|all| {
        all.insert(id, progress);
    });
}

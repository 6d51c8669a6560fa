//! A run, step by step, from wherever the ledger says it is: plan, send, and prove what was sent.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Until;
use crate::domain::plan::Destination;
use crate::domain::run::{RunState, RunSummary};
use crate::files::FileError;
use crate::ledger;
use crate::ops::engine::{Engine, Halt, Shared, removals_of};
use crate::ops::input::{FileMark, Input};
use crate::ops::plan::PlanRequest;
use crate::ops::scrub::Barred;
use crate::ops::{Ops, OpsError, OpsEvent, Sink, off_thread};

impl Ops {
    /// Sees a run through from wherever it is, and signs the trail as it is then. The list is locked by the caller.
    pub(super) async fn drive(
        &self,
        run: &str,
        until: Until,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        let driven = self.drive_on(run, until, sink.clone(), stop).await;
        self.sign_trail(&sink).await;
        driven
    }

    async fn drive_on(
        &self,
        run: &str,
        until: Until,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        let begun = Instant::now();
        // What was wished of the process before is not meant for whoever goes on.
        self.ledger.forget_wish(run).await?;
        let told = stop.child_token();
        let result = tokio::select! {
            result = self.steps(run, until, &sink, &told) => result,
            never = self.heed(run, &told, &*sink) => match never {},
        };
        self.ledger.add_seconds(run, begun.elapsed().as_secs_f64()).await?;
        self.ledger.add_metrics(run, self.client.take_metrics()).await?;
        let at = Timestamp::now();
        let summary = match result {
            Ok(()) => self.ledger.run(run).await?,
            Err(Halt::Stopped) => self.ledger.set_state(run, RunState::Paused, None, at).await?,
            Err(Halt::Trouble(error)) => {
                let why = Some((error.code().to_owned(), error.to_string()));
                self.ledger.set_state(run, RunState::Interrupted, why, at).await?
            }
            Err(Halt::KeyConflict) => {
                let why = "the tenant knows one of our idempotency keys with another body";
                let why = Some(("key-conflict".to_owned(), why.to_owned()));
                self.ledger.set_state(run, RunState::Failed, why, at).await?
            }
            Err(Halt::Ops(error)) => {
                // A file that cannot be used ends the run, one that changed may be put back; a ledger that fails
                // cannot even say so.
                let state = match &error {
                    // A plan or baseline that is not what was written: the database itself may well be.
                    OpsError::Ledger(ledger::Error::Damaged { .. }) => Some(RunState::Interrupted),
                    OpsError::Ledger(_) => None,
                    OpsError::File(FileError::Changed { .. }) => Some(RunState::Interrupted),
                    _ => Some(RunState::Failed),
                };
                if let Some(state) = state {
                    let why = Some((error.code().to_owned(), error.to_string()));
                    // What went wrong first is what is told.
                    if let Ok(summary) = self.ledger.set_state(run, state, why, at).await {
                        sink.event(OpsEvent::Run(Box::new(summary)));
                    }
                }
                return Err(error);
            }
        };
        kill_point!("K21");
        sink.event(OpsEvent::Run(Box::new(summary.clone())));
        kill_point!("K22");
        Ok(summary)
    }

    async fn steps(
        &self,
        run: &str,
        until: Until,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), Halt> {
        let mut summary = self.ledger.run(run).await?;
        let goes_on = matches!(summary.state, RunState::Paused | RunState::Interrupted);
        if summary.plan.is_none() || summary.buckets.rows == 0 {
            // One that was stopped before begins anew, and may be stopped again.
            self.go(run, RunState::Draft, sink).await?;
            summary = match summary.plan {
                None => self.plan_run(&summary, sink, stop).await?,
                Some(_) => self.queue_plan(&summary, sink, stop).await?,
            };
        }
        if matches!(summary.state, RunState::Draft) {
            summary = self.go(run, RunState::Approved, sink).await?;
        }
        let sent =
            matches!(summary.state, RunState::Uploaded | RunState::CoolingDown | RunState::Reconciling);
        if !sent {
            let barred = match goes_on {
                true => self.barred_since(&summary, sink, stop).await?,
                false => Barred::new(),
            };
            self.go(run, RunState::Uploading, sink).await?;
            self.send(&summary, barred, sink, stop).await?;
            summary = self.go(run, RunState::Uploaded, sink).await?;
        }
        if summary.destination == Destination::Outbound {
            return self.end_outbound(&summary).await;
        }
        if until == Until::Uploaded {
            return Ok(());
        }
        self.settle_and_prove(&summary, sink, stop).await
    }

    /// Contacts of an outbound list have no cool-down and nothing to reconcile: a run ends with its last verdict, and where
    /// one is missing a person decides.
    async fn end_outbound(&self, run: &RunSummary) -> Result<(), Halt> {
        let unaccounted = self.ledger.run(&run.id).await?.buckets.unaccounted;
        if unaccounted > 0 {
            let words = "some contacts have no verdict of the tenant: they do not stand on its list, or it cannot be read back";
            let why = Some(("unaccounted".to_owned(), words.to_owned()));
            self.ledger.set_state(&run.id, RunState::Discrepant, why, Timestamp::now()).await?;
        }
        Ok(())
    }

    pub(in crate::ops) async fn go(
        &self,
        run: &str,
        to: RunState,
        sink: &Arc<dyn Sink>,
    ) -> Result<RunSummary, OpsError> {
        let now = self.ledger.run(run).await?;
        if now.state == to {
            return Ok(now);
        }
        let summary = self.ledger.set_state(run, to, None, Timestamp::now()).await?;
        sink.event(OpsEvent::Run(Box::new(summary.clone())));
        Ok(summary)
    }

    /// A run that has no plan yet: first launch from a file, or the resumption of one that was killed while it read.
    async fn plan_run(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, Halt> {
        let (json, _) = self.ledger.run_input(&run.id).await?;
        let damaged = || OpsError::Internal(format!("run {} does not say how to read its file", run.id));
        let (list, input, mark) = Input::from_json(&json).ok_or_else(damaged)?;
        let file = PathBuf::from(&run.file);
        if mark.is_some() && FileMark::of(&file) != mark {
            return Err(OpsError::File(FileError::Changed { path: file }).into());
        }
        kill_point!("K1");
        let to = run.destination;
        let list = self.find_target(to, &list).await?;
        let list_id = list.id.0.clone();
        let operation = run.operation;
        let request = PlanRequest { file, to, operation, list: list_id, input, shown: None };
        let planned = self.plan_for(list, &request, sink.clone(), stop).await?;
        self.refuse_without_second_person(&planned.summary)?;
        // Launched without a look at the plan: what it does, and what it does not, is told all the same.
        sink.event(OpsEvent::Note(format!("plan {}: {}", planned.summary.id, planned.effect)));
        let approval = self.new_approval(&planned.summary, &run.reason, Timestamp::now());
        self.ledger.approve(&planned.summary, approval).await?;
        let per_call = self.rows_of_a_call(planned.summary.destination).await?;
        let summary = self.ledger.bind_plan(&run.id, &planned.summary, per_call).await?;
        kill_point!("K9");
        sink.event(OpsEvent::Run(Box::new(summary.clone())));
        Ok(summary)
    }

    /// A run that was killed between its launch and the queueing of its plan: nothing of it was sent yet.
    async fn queue_plan(
        &self,
        run: &RunSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, Halt> {
        let plan = self.ledger.plan(run.plan.as_deref().unwrap_or_default()).await?;
        self.check_fresh(&plan, sink, stop).await?;
        let per_call = self.rows_of_a_call(plan.destination).await?;
        Ok(self.ledger.bind_plan(&run.id, &plan, per_call).await?)
    }

    async fn send(
        &self,
        run: &RunSummary,
        barred: Barred,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), Halt> {
        let engine = self.engine(run, barred, sink, stop).await?;
        engine.send_all().await?;
        let stayed = engine.finish_replacements().await?;
        if stayed > 0 {
            engine.tell(format!("{stayed} old records stay: their replacements could not be read back"));
        }
        let counted = self.ledger.recount(&run.id).await?;
        let stored = self.ledger.run(&run.id).await?.buckets;
        if !stored.is_conserved() || counted != stored {
            let words = format!("the buckets of run {} do not add up to its rows", run.id);
            return Err(OpsError::Internal(words).into());
        }
        Ok(())
    }

    /// What sends a run, or settles what it has sent.
    pub(in crate::ops) async fn engine(
        &self,
        run: &RunSummary,
        barred: Barred,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Engine, OpsError> {
        let id = run.plan.as_deref().unwrap_or_default();
        let plan = self.ledger.plan(id).await?;
        let rows = self.ledger.plan_file(&plan).await?;
        let removals = match plan.counts.remove {
            0 => Vec::new(),
            _ => {
                let rows = self.ledger.plan_rows(&plan).await?;
                off_thread(move || removals_of(rows)).await??
            }
        };
        let list_size = self.ledger.expected_at_most(&run.profile, &run.list).await?;
        Ok(Engine {
            ops: self.clone(),
            run: run.id.clone(),
            plan,
            rows,
            removals,
            barred,
            list_size,
            sink: sink.clone(),
            stop: stop.child_token(),
            shared: Mutex::new(Shared::new()),
        })
    }
}

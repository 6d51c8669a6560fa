//! Upload: the run from launch to READY, and its resumption after anything.
//!
//! [`Ops::upload`] and [`Ops::resume`] end in the same `drive`: it looks at what the ledger says is still to be done and
//! does that. So there is no second way to finish a run, and a kill costs nothing but the calls in flight.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::engine::{Engine, Halt, Shared};
use super::input::{FileMark, Input};
use super::plan::PlanRequest;
use super::scrub::Barred;
use super::target::binding;
use super::{Ops, OpsError, OpsEvent, Sink, off_thread};
use crate::domain::list::{DncList, ListId};
use crate::domain::plan::{Destination, PlanSummary};
use crate::domain::progress::Phase;
use crate::domain::run::{RunState, RunSummary};
use crate::files::{self, FileError};
use crate::ledger::{Approval, DeadLetter, ListLock, NewRun};

/// What is uploaded.
#[derive(Clone, Debug)]
pub enum Launched {
    /// A file: plan, approve and launch in one go.
    File(PlanRequest),
    /// A stored and approved plan, by id.
    Plan(String),
}

/// A launch.
#[derive(Clone, Debug)]
pub struct Launch {
    /// What.
    pub what: Launched,
    /// Why, in the person's words.
    pub reason: String,
    /// When to return.
    pub until: Until,
    /// Switch the list on once it is proven, where it is inactive.
    pub activates: bool,
}

/// When an upload returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// After the last settled row.
    Uploaded,
    /// After cool-down and reconciliation.
    #[default]
    Ready,
}

impl Ops {
    /// Launches a run and sees it through. Cancelling `stop` pauses it (after the calls in flight are journalled).
    /// The sink gets the run at every change of state and while batches settle. Tenant trouble ends in a summary
    /// with state `Interrupted` and `error`, not in `Err`; `Err` means that no run came about or the ledger failed.
    pub async fn upload(
        &self,
        launch: Launch,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        self.refuse_read_only("an upload")?;
        let to = match &launch.what {
            Launched::File(request) => request.to,
            Launched::Plan(id) => self.ledger.plan(id).await?.destination,
        };
        self.for_a_run(to).launch(launch, sink, stop).await
    }

    async fn launch(
        &self,
        launch: Launch,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        match launch.what {
            Launched::File(request) => {
                let list = self.find_target(request.to, &request.list).await?;
                let new =
                    NewRun { activates: launch.activates, ..self.new_run(&list, &request, &launch.reason) };
                let mut lock = self.lock(&list.id)?;
                let run = self.ledger.create_run(new).await?;
                lock.set_holder(&self.holder(&run))?;
                self.drive(&run, launch.until, sink, stop).await
            }
            Launched::Plan(id) => {
                let plan = self.ledger.plan(&id).await?;
                self.check_fits(&plan)?;
                match self.ledger.approval(&plan.digest).await? {
                    Some(approval) if approval.by != plan.made_by => {}
                    Some(_) => self.refuse_without_second_person(&plan)?,
                    None => {
                        return Err(OpsError::Approval {
                            code: "approval-needed",
                            message: format!("plan {} is not approved", plan.id),
                            advice: format!("Approve it with `quietline approve {} --reason TEXT`.", plan.id),
                        });
                    }
                }
                let mut lock = self.lock(&plan.list)?;
                self.check_fresh(&plan, &sink, stop).await?;
                let new = NewRun { activates: launch.activates, ..self.run_of_plan(&plan, &launch.reason) };
                let run = self.ledger.create_run(new).await?;
                lock.set_holder(&self.holder(&run))?;
                let per_call = self.rows_of_a_call(plan.destination).await?;
                self.ledger.bind_plan(&run, &plan, per_call).await?;
                self.drive(&run, launch.until, sink, stop).await
            }
        }
    }

    /// Goes on with a run: the one named, or the newest resumable one.
    pub async fn resume(
        &self,
        run: Option<&str>,
        until: Until,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        self.refuse_read_only("resuming a run")?;
        let runs = self.runs().await?;
        let wanted = match run {
            Some(id) => Some(self.ledger.run(id).await?),
            None => runs.into_iter().find(RunSummary::is_resumable),
        };
        let nothing = |message: String| OpsError::Nothing {
            code: "nothing-to-resume",
            message,
            advice: "`quietline runs` shows every run with its state.".into(),
        };
        let run = wanted.ok_or_else(|| nothing("there is no run to go on with".into()))?;
        let (run, mut lock) = self.take(run, nothing).await?;
        lock.set_holder(&self.holder(&run.id))?;
        self.for_a_run(run.destination).drive(&run.id, until, sink, stop).await
    }

    /// A run that is ours and has not ended, with the lock of its list. Looked at again under the lock: whoever held it
    /// may have brought the run to its end in the meantime.
    async fn take(
        &self,
        run: RunSummary,
        nothing: impl Fn(String) -> OpsError,
    ) -> Result<(RunSummary, ListLock), OpsError> {
        if run.profile != self.profile().name {
            return Err(nothing(format!("run {} belongs to profile {}", run.id, run.profile)));
        }
        let lock = self.lock(&run.list)?;
        let run = self.ledger.run(&run.id).await?;
        if run.state.is_final() {
            return Err(nothing(format!("run {} has ended: {}", run.id, run.state)));
        }
        Ok((run, lock))
    }

    /// Cancels a run that nobody is working on, for good.
    pub async fn cancel(&self, run: &str) -> Result<RunSummary, OpsError> {
        self.refuse_read_only("cancelling a run")?;
        let nothing = |message: String| OpsError::Nothing {
            code: "nothing-to-cancel",
            message,
            advice: "`quietline runs` shows every run with its state.".into(),
        };
        let (run, _lock) = self.take(self.ledger.run(run).await?, nothing).await?;
        Ok(self.ledger.set_state(&run.id, RunState::Cancelled, None, Timestamp::now()).await?)
    }

    /// Every run of this profile, newest first; runs that a crash left behind are marked as interrupted first.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, OpsError> {
        if !self.read_only {
            self.ledger.mark_interrupted(Timestamp::now()).await?;
        }
        let mut runs = self.ledger.runs().await?;
        runs.retain(|run| run.profile == self.profile().name);
        Ok(runs)
    }

    /// Dead letters with their run, of one run or of all.
    pub async fn dead_letters(&self, run: Option<&str>) -> Result<Vec<(String, DeadLetter)>, OpsError> {
        let run = match run {
            Some(id) => Some(self.ledger.run(id).await?.id),
            None => None,
        };
        Ok(self.ledger.dead_letters(run.as_deref()).await?)
    }

    pub(super) fn lock(&self, list: &ListId) -> Result<ListLock, OpsError> {
        let holder = self.holder("none");
        Ok(self.ledger.lock_list(&self.profile().name, list, &holder)?)
    }

    fn holder(&self, run: &str) -> String {
        let since = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ");
        format!("{} (pid {}, run {run}, since {since})", self.actor, std::process::id())
    }

    fn new_run(&self, list: &DncList, request: &PlanRequest, reason: &str) -> NewRun {
        let file = std::path::absolute(&request.file).unwrap_or_else(|_| request.file.clone());
        NewRun {
            profile: self.profile().name.clone(),
            destination: request.to,
            list: list.id.clone(),
            list_name: list.name.clone(),
            file,
            file_sha256: None,
            plan: None,
            reason: reason.to_owned(),
            activates: false,
            input: request.input.to_json(&list.id.0, FileMark::of(&request.file)),
            by: self.actor.to_string(),
            at: Timestamp::now(),
        }
    }

    fn run_of_plan(&self, plan: &PlanSummary, reason: &str) -> NewRun {
        NewRun {
            profile: plan.profile.clone(),
            destination: plan.destination,
            list: plan.list.clone(),
            list_name: plan.list_name.clone(),
            file: PathBuf::from(&plan.file),
            file_sha256: Some(plan.file_sha256.clone()),
            plan: Some(plan.id.clone()),
            reason: reason.to_owned(),
            activates: false,
            input: Input::default().to_json(&plan.list.0, None),
            by: self.actor.to_string(),
            at: Timestamp::now(),
        }
    }

    fn check_fits(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        if plan.profile == self.profile().name {
            return Ok(());
        }
        Err(OpsError::Approval {
            code: "plan-stale",
            message: format!("plan {} was made for profile {}", plan.id, plan.profile),
            advice: format!("Launch it with --profile {}.", plan.profile),
        })
    }

    /// A plan is launched only against the file and the list it was made for.
    async fn check_fresh(
        &self,
        plan: &PlanSummary,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<(), OpsError> {
        let stale = |what: &str| OpsError::Approval {
            code: "plan-stale",
            message: format!("plan {} is stale: {what} changed since it was made", plan.id),
            advice: "Make and approve a new plan.".into(),
        };
        let path = PathBuf::from(&plan.file);
        let sha256 = off_thread(move || files::sha256_of(&path)).await??;
        if sha256 != plan.file_sha256 {
            return Err(stale("the file"));
        }
        let rows = self.ledger.plan_rows(plan).await?;
        let to = plan.destination;
        let list = self.find_target(to, &plan.list.0).await?;
        let told = (list.entry_count, Phase::Plan);
        let read = self.read_if_readable(to, &plan.list, told, &**sink, stop).await?;
        let remote = binding(to, read.unwrap_or_default(), Timestamp::now());
        let generations = self.ledger.generations(&plan.profile, &plan.list).await?.into_iter().collect();
        let scrub = self.scrub_again(&plan.scrub, &**sink, stop).await?;
        if off_thread(move || super::plan::is_fresh(to, &rows, &remote, &generations, &scrub)).await? {
            Ok(())
        } else {
            Err(stale(if plan.scrub.is_empty() {
                "the list"
            } else {
                "the list, or one it was scrubbed against,"
            }))
        }
    }

    /// Sees a run through from wherever it is. The list is locked by the caller.
    async fn drive(
        &self,
        run: &str,
        until: Until,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        let begun = Instant::now();
        let result = self.steps(run, until, &sink, stop).await;
        self.ledger.add_seconds(run, begun.elapsed().as_secs_f64()).await?;
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
                    OpsError::Ledger(_) => None,
                    OpsError::File(FileError::Changed { .. }) => Some(RunState::Interrupted),
                    _ => Some(RunState::Failed),
                };
                if let Some(state) = state {
                    let why = Some((error.code().to_owned(), error.to_string()));
                    let summary = self.ledger.set_state(run, state, why, at).await?;
                    sink.event(OpsEvent::Run(Box::new(summary)));
                }
                return Err(error);
            }
        };
        sink.event(OpsEvent::Run(Box::new(summary.clone())));
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

    pub(super) async fn go(
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
        let to = run.destination;
        let list = self.find_target(to, &list).await?;
        let request = PlanRequest { file, to, list: list.id.0.clone(), input, shown: None };
        let planned = self.plan_for(list, &request, sink.clone(), stop).await?;
        self.refuse_without_second_person(&planned.summary)?;
        // Launched without a look at the plan: what it does, and what it does not, is told all the same.
        sink.event(OpsEvent::Note(format!("plan {}: {}", planned.summary.id, planned.effect)));
        let approval = Approval {
            digest: planned.summary.digest.clone(),
            by: self.actor.to_string(),
            claimed: None,
            reason: run.reason.clone(),
            at: Timestamp::now(),
        };
        self.ledger.approve(&planned.summary, approval).await?;
        let per_call = self.rows_of_a_call(planned.summary.destination).await?;
        let summary = self.ledger.bind_plan(&run.id, &planned.summary, per_call).await?;
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
        let id = run.plan.as_deref().unwrap_or_default();
        let plan = self.ledger.plan(id).await?;
        let rows = Arc::new(self.ledger.plan_rows(&plan).await?);
        let expected = self.ledger.expected(&run.profile, &run.list).await?;
        let gauges = self.client.gauges().borrow().clone();
        let engine = Engine {
            ops: self.clone(),
            run: run.id.clone(),
            plan,
            rows,
            barred,
            list_size: expected.map_or(0, |set| set.len() as u64),
            sink: sink.clone(),
            stop: stop.child_token(),
            shared: Mutex::new(Shared::new((gauges.retries, gauges.throttled))),
        };
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
}

//! Upload: the run from launch to READY, and its resumption after anything.
//!
//! [`Ops::upload`] and [`Ops::resume`] end in the same `drive`: it looks at what the ledger says is still to be done and
//! does that. So there is no second way to finish a run, and a kill costs nothing but the calls in flight.

mod drive;
mod fresh;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::control::of_run;
use super::input::{FileMark, Input};
use super::plan::{PlanRequest, refuse_request};
use super::{Ops, OpsError, OpsEvent, Sink};
use crate::domain::list::DncList;
use crate::domain::plan::{Origin, PlanSummary};
use crate::domain::run::RunSummary;
use crate::ledger::{DeadLetter, ListLock, NewRun};

/// What the holder of a lock says of itself before its run has an id.
const LAUNCHING: &str = "launching an upload";

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

/// What a launch is about, for the trail.
fn object_of(what: &Launched) -> String {
    match what {
        Launched::File(request) => format!("list {}", request.list),
        Launched::Plan(id) => format!("plan {id}"),
    }
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
        self.refuse_broken_trail().await?;
        let to = match &launch.what {
            Launched::File(request) => request.to,
            Launched::Plan(id) => self.ledger.plan(id).await?.destination,
        };
        let (reason, object) = (launch.reason.clone(), object_of(&launch.what));
        self.announce_deliveries(&sink).await?;
        let launched = self.for_a_run(to).launch(launch, sink, stop).await;
        self.note_refusal("plan.refused", object, Some(&reason), launched).await
    }

    async fn launch(
        &self,
        launch: Launch,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        match launch.what {
            Launched::File(request) => {
                // Before there is a run that could only fail.
                refuse_request(&request)?;
                let list = self.find_target(request.to, &request.list).await?;
                let new =
                    NewRun { activates: launch.activates, ..self.new_run(&list, &request, &launch.reason) };
                let mut lock = self.lock(&list.id, LAUNCHING, &*sink, stop).await?;
                kill_point!("K7");
                let run = self.begin(&mut lock, new, &*sink).await?;
                self.drive(&run, launch.until, sink, stop).await
            }
            Launched::Plan(id) => {
                let plan = self.ledger.plan(&id).await?;
                self.check_fits(&plan)?;
                self.approval_for_launch(&plan).await?;
                let mut lock = self.lock(&plan.list, LAUNCHING, &*sink, stop).await?;
                self.check_fresh(&plan, &sink, stop).await?;
                // While the list was waited for and read, another launch may have used it, or its time have come.
                let approval = Some(self.approval_for_launch(&plan).await?);
                self.note_bypass(&plan, &launch.reason).await?;
                let new = NewRun {
                    activates: launch.activates,
                    approval,
                    ..self.run_of_plan(&plan, &launch.reason)
                };
                let run = self.begin(&mut lock, new, &*sink).await?;
                kill_point!("U1");
                let per_call = self.rows_of_a_call(plan.destination).await?;
                self.ledger.bind_plan(&run, &plan, per_call).await?;
                self.drive(&run, launch.until, sink, stop).await
            }
        }
    }

    /// Writes the run under the lock of its list, and tells that there is one.
    async fn begin(&self, lock: &mut ListLock, new: NewRun, sink: &dyn Sink) -> Result<String, OpsError> {
        let run = self.ledger.create_run_under(lock, new).await?;
        lock.set_holder(&self.holder(&of_run(&run)))?;
        sink.event(OpsEvent::Run(Box::new(self.ledger.run(&run).await?)));
        Ok(run)
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
        self.refuse_broken_trail().await?;
        self.announce_deliveries(&sink).await?;
        let run = self.resumable(run).await?;
        self.refuse_foreign(&run, nothing_to_resume)?;
        let lock = self.lock(&run.list, &of_run(&run.id), &*sink, stop).await?;
        let (run, _held) = self.take(run, lock, nothing_to_resume).await?;
        let resumed = self.for_a_run(run.destination).drive(&run.id, until, sink, stop).await;
        self.note_refusal("plan.refused", format!("run {}", run.id), None, resumed).await
    }

    /// The run that is meant, in whatever state it is.
    pub(super) async fn resumable(&self, run: Option<&str>) -> Result<RunSummary, OpsError> {
        let runs = self.runs().await?;
        match run {
            Some(id) => Ok(self.ledger.run(id).await?),
            None => runs
                .into_iter()
                .find(RunSummary::is_resumable)
                .ok_or_else(|| nothing_to_resume("there is no run to go on with".into())),
        }
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

    fn new_run(&self, list: &DncList, request: &PlanRequest, reason: &str) -> NewRun {
        let file = std::path::absolute(&request.file).unwrap_or_else(|_| request.file.clone());
        NewRun {
            profile: self.profile().name.clone(),
            destination: request.to,
            operation: request.operation,
            origin: Origin::File,
            list: list.id.clone(),
            list_name: list.name.clone(),
            file,
            file_sha256: None,
            plan: None,
            approval: None,
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
            operation: plan.operation,
            origin: plan.origin.clone(),
            list: plan.list.clone(),
            list_name: plan.list_name.clone(),
            file: PathBuf::from(&plan.file),
            file_sha256: Some(plan.file_sha256.clone()),
            plan: Some(plan.id.clone()),
            approval: None,
            reason: reason.to_owned(),
            activates: false,
            input: Input::default().to_json(&plan.list.0, None),
            by: self.actor.to_string(),
            at: Timestamp::now(),
        }
    }

    pub(super) fn check_fits(&self, plan: &PlanSummary) -> Result<(), OpsError> {
        if plan.profile == self.profile().name {
            return Ok(());
        }
        Err(OpsError::Approval {
            code: "plan-stale",
            message: format!("plan {} was made for profile {}", plan.id, plan.profile),
            advice: format!("Launch it with --profile {}.", plan.profile),
        })
    }
}

fn nothing_to_resume(message: String) -> OpsError {
    OpsError::Nothing {
        code: "nothing-to-resume",
        message,
        advice: "`quietline runs` shows every run with its state.".into(),
    }
}

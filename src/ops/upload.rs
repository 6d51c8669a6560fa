//! Upload: the run from launch to READY, and its resumption after anything.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::plan::PlanRequest;
use super::{Ops, OpsError, Sink};
use crate::domain::run::RunSummary;
use crate::ledger::DeadLetter;

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
    /// The sink gets the run at every change of state and after every settled batch. Tenant trouble ends in a summary
    /// with state `Interrupted` and `error`, not in `Err`; `Err` means that no run came about or the ledger failed.
    pub async fn upload(
        &self,
        launch: Launch,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        let _ = (launch, sink, stop);
        todo!()
    }

    /// Goes on with a run: the one named, or the newest resumable one.
    pub async fn resume(
        &self,
        run: Option<&str>,
        until: Until,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<RunSummary, OpsError> {
        let _ = (run, until, sink, stop);
        todo!()
    }

    /// Cancels a run that nobody is working on, for good.
    pub async fn cancel(&self, run: &str) -> Result<RunSummary, OpsError> {
        let _ = run;
        todo!()
    }

    /// Every run of this profile, newest first; runs that a crash left behind are marked as interrupted first.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, OpsError> {
        todo!()
    }

    /// Dead letters with their run, of one run or of all.
    pub async fn dead_letters(&self, run: Option<&str>) -> Result<Vec<(String, DeadLetter)>, OpsError> {
        let _ = run;
        todo!()
    }
}

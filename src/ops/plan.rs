//! Plan: what an upload would do, against the list as it is on the tenant now. Approve: bound to the digest.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::check::{CheckedFile, Input};
use super::{Ops, OpsError, Sink};
use crate::domain::list::DncList;
use crate::domain::plan::PlanSummary;
use crate::ledger::Approval;

/// What to plan.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// The file.
    pub file: PathBuf,
    /// List by id or equal name.
    pub list: String,
    /// How to read the file.
    pub input: Input,
}

/// A stored plan with everything a person needs to approve it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What it does.
    pub summary: PlanSummary,
    /// The file behind it.
    pub file: CheckedFile,
    /// The target.
    pub list: DncList,
    /// Active BLOCK rules that enforce the list, by name; empty = UNBOUND, and the confirmation says so.
    pub enforced_by: Vec<String>,
    /// `suppress 48,211 more numbers for OUTBOUND and INBOUND in PRODUCTION; takes about 10 min`.
    pub effect: String,
    /// Estimate at the allowed rate.
    pub takes: Duration,
}

impl Ops {
    /// Checks the file, reads the list, stores the plan.
    pub async fn plan(
        &self,
        request: &PlanRequest,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Planned, OpsError> {
        let _ = (request, sink, stop);
        todo!()
    }

    /// Approves a stored plan. The OS user is recorded; `claimed` is only a claim.
    pub async fn approve(
        &self,
        plan: &str,
        reason: &str,
        claimed: Option<&str>,
    ) -> Result<(PlanSummary, Approval), OpsError> {
        let _ = (plan, reason, claimed);
        todo!()
    }
}

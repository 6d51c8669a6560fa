//! Uploads.

use super::{Command as C, PaneId, Row, Scope, tenant};
use crate::tui::cx::Cx;

const HERE: Scope = Scope::Pane(PaneId::Uploads);

fn runs(cx: &Cx) -> Option<&'static str> {
    tenant(cx).or(cx.store.runs.value().is_none_or(Vec::is_empty).then_some("there is no run yet"))
}

pub(super) const ROWS: &[Row] = &[
    Row::new(C::UploadPause, HERE, "uploads.pause", "pause / resume")
        .keys(&["space"])
        .help("Stop sending (calls in flight are journalled first), or go on where it stopped.")
        .danger()
        .footer(1)
        .needs(runs),
    Row::new(C::UploadResume, HERE, "uploads.resume", "resume")
        .keys(&["r"])
        .help("Go on with a paused or interrupted run, also of a process that has died.")
        .danger()
        .footer(2)
        .needs(runs),
    Row::new(C::UploadCancel, HERE, "uploads.cancel", "cancel")
        .keys(&["x"])
        .help("Stop a run for good; asks first.")
        .danger()
        .footer(3)
        .needs(runs),
    Row::new(C::UploadUndo, HERE, "uploads.undo", "undo")
        .keys(&["z"])
        .help("Plan to take back what the run did; shown and approved like any plan.")
        .danger()
        .footer(7)
        .needs(runs),
    Row::new(C::UploadRetry, HERE, "uploads.retry", "retry dead letters")
        .keys(&["t"])
        .help("Plan to send once more what the tenant refused of the run; shown and approved like any plan.")
        .danger()
        .footer(8)
        .needs(runs),
    Row::new(C::UploadPlans, HERE, "uploads.plans", "plans that wait")
        .keys(&["w"])
        .help("Stored plans of everybody that no run has: look at one, approve or launch it.")
        .footer(9)
        .needs(tenant),
    Row::new(C::ReconcileStart, HERE, "uploads.compare", "compare")
        .keys(&["c"])
        .help("Read the run's list back and compare it with what it should be.")
        .footer(6)
        .needs(runs),
    Row::new(C::Accept, HERE, "uploads.detail", "detail")
        .keys(&["enter"])
        .help("The run, or the dead letter, in full.")
        .footer(4)
        .needs(runs),
    Row::new(C::Refresh, HERE, "uploads.refresh", "refresh")
        .keys(&["R", "ctrl-r"])
        .help("Read the runs again.")
        .footer(5)
        .needs(tenant),
];

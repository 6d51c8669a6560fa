//! `plans`: what waits to be approved or launched.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::PlanObject;
use crate::cli::{report, table};
use crate::domain::plan::PlanSummary;
use crate::domain::text::{thousands, visible};
use crate::ops::{ApprovalStanding, Holds, Ops, WaitingPlan};

pub(super) async fn plans(context: &Context, plan: Option<&str>) -> Result<u8, Failure> {
    let (_, ops) = context.connect_to_read().await?;
    match plan {
        None => {
            let waiting = context.or_stopped(ops.waiting_plans()).await?;
            let objects: Vec<Value> = waiting.iter().map(|it| object(it, &ops)).collect();
            context.out.answer(&objects, || list(&waiting, &ops))?;
        }
        Some(id) => {
            let planned = context.or_stopped(ops.stored_plan(id)).await?;
            context.out.answer(&PlanObject::of(&planned), || {
                let (plan, standing) = (&planned.summary, planned.approval.as_ref());
                let by = visible(&plan.made_by, 60);
                let at = minute(plan.made_at);
                format!("{}made by {by} at {at}; {}\n", report::plan(&planned), words(plan, standing, &ops))
            })?;
        }
    }
    Ok(exit::DONE)
}

fn object(waiting: &WaitingPlan, ops: &Ops) -> Value {
    let (plan, counts) = (&waiting.plan, &waiting.plan.counts);
    let approval = waiting.standing.as_ref().map(|standing| &standing.approval);
    json!({
        "plan": plan.id, "digest": plan.digest.to_string(), "to": plan.destination.as_str(),
        "list": plan.destination.list_of(&plan.list).to_string(), "list_name": plan.list_name,
        "op": plan.operation.as_str(), "origin": plan.origin.to_text(), "file": plan.file,
        "by": plan.made_by, "made_at": plan.made_at.to_string(),
        "add": counts.add, "update": counts.update, "remove": counts.remove,
        "second_person": ops.needs_second_person(plan), "approval": word(waiting.standing.as_ref()),
        "approved_by": approval.map(|approval| &approval.by),
        "until": approval.map(|approval| approval.until.to_string()),
    })
}

/// `none`, `holds`, `expired`, `void`, or `used` by a run.
fn word(standing: Option<&ApprovalStanding>) -> &'static str {
    match standing.map(|standing| standing.holds(Timestamp::now())) {
        None => "none",
        Some(Holds::Until(_)) => "holds",
        Some(Holds::Expired) => "expired",
        Some(Holds::Used(_)) => "used",
        Some(Holds::Void(_)) => "void",
    }
}

fn list(waiting: &[WaitingPlan], ops: &Ops) -> String {
    if waiting.is_empty() {
        return "no plan waits: `quietline plan FILE --list LIST` makes one".into();
    }
    let rows = waiting.iter().map(|WaitingPlan { plan, standing }| {
        [
            plan.id.clone(),
            plan.made_by.clone(),
            minute(plan.made_at),
            report::source(plan),
            plan.list_name.clone(),
            thousands(plan.counts.add + plan.counts.update),
            thousands(plan.counts.remove),
            words(plan, standing.as_ref(), ops),
        ]
    });
    let header = ["plan", "made by", "when", "from", "list", "to write", "TAKES OFF", "approval"];
    table::table(header, rows)
}

/// How its approval stands, for people.
fn words(plan: &PlanSummary, standing: Option<&ApprovalStanding>, ops: &Ops) -> String {
    let second = ops.needs_second_person(plan);
    let Some(standing) = standing else {
        return if second { "waits for a second person" } else { "not approved" }.into();
    };
    let by = visible(&standing.approval.by, 60);
    match standing.holds(Timestamp::now()) {
        Holds::Until(_) if second && standing.approval.by == plan.made_by => {
            "waits for a second person".into()
        }
        Holds::Until(until) => format!("approved by {by} until {}", minute(until)),
        Holds::Expired => format!("the approval by {by} has ended"),
        Holds::Used(run) => format!("launched as run {run}"),
        Holds::Void(_) => format!("the approval by {by} counts no more"),
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

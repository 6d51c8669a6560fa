//! `plan` and `approve`.

use serde_json::json;

use crate::cli::args::{ApproveArgs, PlanArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::PlanObject;
use crate::cli::{progress, report};
use crate::domain::identifier::Identifier;
use crate::domain::text::visible;
use crate::ops::{Approved, PlanRequest};

pub(super) async fn plan(context: &Context, args: &PlanArgs) -> Result<u8, Failure> {
    // What was typed wrong is told before anybody is called.
    super::input::input(&args.input)?;
    let (config, ops) = context.connect().await?;
    let mut input = super::input::settled(&config, &args.file, &args.input, &context.stop).await?;
    input.scrub.clone_from(&args.scrub);
    let request = PlanRequest {
        file: args.file.clone(),
        to: args.to.into(),
        operation: args.operation.into(),
        list: args.list.clone(),
        input,
        shown: None,
    };
    let planned = ops.plan(&request, progress::sink(context.out), &context.stop).await?;
    context.out.answer(&PlanObject::of(&planned), || report::plan(&planned))?;
    let rejected = planned.summary.counts.rejected > 0 && !args.allow_rejects;
    Ok(if rejected { exit::NO } else { exit::DONE })
}

pub(super) async fn approve(context: &Context, args: &ApproveArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("approving a plan")?;
    let reason = reason(&args.reason)?;
    let (_, ops) = context.connect().await?;
    let Approved { plan, standing, renews } =
        context.or_stopped(ops.approve(&args.plan, reason, args.claimed.as_deref())).await?;
    let (approval, comes_off) = (standing.approval, ops.comes_off(&plan).await?);
    let whole: Vec<String> = comes_off.iter().map(Identifier::whole).collect();
    let object = json!({
        "plan": plan.id, "digest": plan.digest.to_string(), "list": plan.list.to_string(), "by": approval.by,
        "claimed": approval.claimed, "reason": approval.reason, "at": approval.at.to_string(),
        "until": approval.until.to_string(), "renews": renews.map(|at| at.to_string()),
        "add": plan.counts.add, "update": plan.counts.update, "remove": plan.counts.remove, "takes_off": whole,
        "says": plan.says,
    });
    context.out.answer(&object, || {
        let id = visible(&plan.id, 40);
        let again = renews.map_or_else(String::new, |at| {
            format!(" (since {}; its time begins anew)", at.strftime("%Y-%m-%d %H:%MZ"))
        });
        format!(
            "{}\nplan {id} is approved by {}{again}, for one launch until {}: `quietline upload {id} --reason TEXT`",
            report::stored_plan(&plan, &comes_off).trim_end(),
            visible(&approval.by, 60),
            approval.until.strftime("%Y-%m-%d %H:%MZ"),
        )
    })?;
    Ok(exit::DONE)
}

/// A reason is what a person can read later.
pub(super) fn reason(text: &str) -> Result<&str, Failure> {
    match text.trim() {
        "" => Err(Failure::usage("--reason is empty", "Say in a few words why this is done.")),
        reason => Ok(reason),
    }
}

//! `undo`, and `dead-letters --retry`: plans that are made of a run, shown and approved like any other.

use super::upload::{confirmed, finish, told, until};
use crate::cli::args::{DeadLettersArgs, LaunchArgs, UndoArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::PlanObject;
use crate::cli::{ask, progress, report};
use crate::domain::text::visible;
use crate::ops::{Launch, Launched, Ops, Planned};

pub(super) async fn undo(context: &Context, args: &UndoArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("undoing a run")?;
    look_at(&args.launch)?;
    let (_, ops) = context.connect().await?;
    let planned = ops.plan_undo(&args.run, progress::sink(context.out), &context.stop).await?;
    launch(context, &ops, &planned, &args.launch).await
}

pub(super) async fn retry(context: &Context, args: &DeadLettersArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("retrying dead letters")?;
    look_at(&args.launch)?;
    let (_, ops) = context.connect().await?;
    let run = args.run.as_deref().unwrap_or_default();
    let planned = ops.plan_retry(run, progress::sink(context.out), &context.stop).await?;
    launch(context, &ops, &planned, &args.launch).await
}

/// What was typed wrong is told before anybody is called.
fn look_at(args: &LaunchArgs) -> Result<(), Failure> {
    if let Some(reason) = &args.reason {
        super::plan::reason(reason)?;
        if !args.yes && !ask::can_ask() {
            return Err(Failure::usage(
                "this changes who is called, and nobody is here to ask",
                "Leave out --reason to look at the plan first, then say --yes.",
            ));
        }
    }
    Ok(())
}

async fn launch(context: &Context, ops: &Ops, planned: &Planned, args: &LaunchArgs) -> Result<u8, Failure> {
    let Some(reason) = &args.reason else {
        context.out.answer(&PlanObject::of(planned), || report::plan(planned))?;
        let id = visible(&planned.summary.id, 40);
        context.out.remark(&format!(
            "nothing was sent: `quietline approve {id} --reason TEXT`, then `quietline upload {id} --reason TEXT`"
        ));
        return Ok(exit::DONE);
    };
    let reason = super::plan::reason(reason)?.to_owned();
    ops.refuse_at_launch(&planned.summary, &reason).await?;
    if !args.yes {
        confirmed(context, ops, planned).await?;
    }
    context.or_stopped(ops.approve(&planned.summary.id, &reason, None)).await?;
    let what = Launched::Plan(planned.summary.id.clone());
    let launch = Launch { what, reason, until: until(args.until), activates: false };
    let ended = ops.upload(launch, progress::sink(context.out), &context.stop).await;
    let run = told(context, ops, ended).await?;
    finish(context, ops, &run, false).await
}

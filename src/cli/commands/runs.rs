//! `runs`, `pause` and `cancel`: the journal, and the word to a run wherever it is worked on.

use std::time::Duration;

use crate::cli::args::{CancelArgs, StopArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::measures::Measures;
use crate::cli::shapes::RunObject;
use crate::cli::{progress, report};
use crate::domain::run::RunState;
use crate::ops::{CallOff, OpsError};

pub(super) async fn runs(context: &Context, run: Option<&str>) -> Result<u8, Failure> {
    let (_, ops) = context.connect_to_read().await?;
    // Read all first: that marks what a crash left behind.
    let all = context.or_stopped(ops.runs()).await?;
    match run {
        None => {
            let objects: Vec<RunObject> = all.iter().map(RunObject::of).collect();
            context.out.answer(&objects, || report::runs(&all))?;
        }
        Some(id) => {
            let one = ops.ledger().run(id).await.map_err(OpsError::from)?;
            let measures = Measures::of(&ops, &one).await?;
            let text = || report::run(&one) + &measures.lines(&one);
            context.out.answer(&RunObject::measured(&one, &measures), text)?;
        }
    }
    Ok(exit::DONE)
}

pub(super) async fn pause(context: &Context, args: &StopArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("pausing a run")?;
    let (_, ops) = context.connect().await?;
    let sink = progress::sink(context.out);
    let run = ops.pause(&args.run, &call_off(args, false), &*sink, &context.stop).await?;
    context.out.answer(&RunObject::of(&run), || report::run(&run))?;
    // It may have come to its end just before it heard.
    Ok(if matches!(run.state, RunState::Paused | RunState::Uploaded) { exit::DONE } else { exit::NO })
}

pub(super) async fn cancel(context: &Context, args: &CancelArgs) -> Result<u8, Failure> {
    context.refuse_in_read_only("cancelling a run")?;
    let (_, ops) = context.connect().await?;
    let sink = progress::sink(context.out);
    let cancelled =
        ops.call_off(&args.stop.run, &call_off(&args.stop, args.force), sink, &context.stop).await?;
    context.out.answer(&RunObject::of(&cancelled), || report::run(&cancelled))?;
    ops.end_deliveries().await;
    Ok(exit::DONE)
}

fn call_off(args: &StopArgs, force: bool) -> CallOff {
    let reason = args.reason.clone().filter(|reason| !reason.trim().is_empty());
    CallOff { reason, wait: Duration::from_secs(args.wait), force }
}

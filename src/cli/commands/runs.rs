//! `runs` and `cancel`: the journal.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::measures::Measures;
use crate::cli::report;
use crate::cli::shapes::RunObject;
use crate::ops::OpsError;

pub(super) async fn runs(context: &Context, run: Option<&str>) -> Result<u8, Failure> {
    let (_, ops) = context.connect().await?;
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

pub(super) async fn cancel(context: &Context, run: &str) -> Result<u8, Failure> {
    context.refuse_in_read_only("cancelling a run")?;
    let (_, ops) = context.connect().await?;
    let cancelled = context.or_stopped(ops.cancel(run)).await?;
    context.out.answer(&RunObject::of(&cancelled), || report::run(&cancelled))?;
    ops.end_deliveries().await;
    Ok(exit::DONE)
}

//! `reconcile`: read the list back, compare it with what it should be.

use std::time::Duration;

use crate::cli::args::ReconcileArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::shapes::ReconcileObject;
use crate::cli::{progress, report};
use crate::domain::diff::{Diff, Difference};
use crate::domain::identifier::Identifier;
use crate::domain::text::{thousands, told_cell, visible};
use crate::ops::write_safely;

pub(super) async fn run(context: &Context, args: &ReconcileArgs) -> Result<u8, Failure> {
    let (_, ops) = context.connect().await?;
    let ops = ops.waiting_for_locks(Duration::from_secs(args.lock.wait_lock));
    let sink = progress::sink(context.out);
    let result = ops.reconcile(args.to.into(), &args.list, args.run.as_deref(), sink, &context.stop).await?;
    if let Some(path) = &args.export {
        write_safely(path, &csv(&result.diff)?)?;
        let (n, path) = (result.diff.differences.len() as u64, visible(&path.display().to_string(), 300));
        context.out.remark(&format!("{} differences written to {path}", thousands(n)));
    }
    context.out.answer(&ReconcileObject::of(&result), || report::reconcile(&result))?;
    Ok(if result.diff.is_clean() { exit::DONE } else { exit::NO })
}

const HEADER: [&str; 11] = [
    "kind",
    "number",
    "raw",
    "fields",
    "expected_jurisdiction",
    "expected_expires",
    "expected_source",
    "remote_id",
    "remote_jurisdiction",
    "remote_expires",
    "remote_source",
];

fn csv(diff: &Diff) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritable = |e: csv::Error| std::io::Error::other(e);
    writer.write_record(HEADER).map_err(unwritable)?;
    for difference in &diff.differences {
        writer.write_record(row(difference).map(|text| told_cell(&text))).map_err(unwritable)?;
    }
    Ok(writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?)
}

fn row(difference: &Difference) -> [String; 11] {
    let (expected, remote) = (difference.expected.as_ref(), difference.remote.as_ref());
    let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    [
        difference.kind.as_str().into(),
        difference.identifier.as_ref().map(Identifier::whole).unwrap_or_default(),
        difference.raw.clone(),
        difference.fields.join(" "),
        expected.and_then(|e| e.jurisdiction.clone()).unwrap_or_default(),
        time(expected.and_then(|e| e.expires)),
        expected.and_then(|e| e.source.clone()).unwrap_or_default(),
        remote.map(|r| r.id.clone()).unwrap_or_default(),
        remote.and_then(|r| r.jurisdiction.clone()).unwrap_or_default(),
        time(remote.and_then(|r| r.expires)),
        remote.and_then(|r| r.source.clone()).unwrap_or_default(),
    ]
}

//! `ledger backup` and `ledger restore`.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::args::LedgerAction;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::domain::list::ListId;
use crate::domain::plan::Destination;
use crate::domain::text::{thousands, visible};
use crate::ops::{self, Restored};

pub(super) async fn run(context: &Context, action: LedgerAction) -> Result<u8, Failure> {
    let config = context.config()?;
    match action {
        LedgerAction::Backup { file } => {
            let backup = context.or_stopped(ops::back_up(config.data_dir(), &file)).await?;
            let (summary, file) = (&backup.summary, file.display().to_string());
            let object = json!({"file": file, "at": summary.at, "events": summary.events, "head": summary.head,
                "files": summary.files, "bytes": summary.bytes, "digest": backup.digest});
            context.out.answer(&object, || {
                format!(
                    "{}: {} events, {} files, {} bytes\naudit trail head: {}\ndigest: {}\n",
                    visible(&file, 300),
                    thousands(summary.events),
                    thousands(summary.files),
                    thousands(summary.bytes),
                    summary.head,
                    backup.digest
                )
            })?;
        }
        LedgerAction::Restore { file, force, reason } => {
            context.refuse_in_read_only("restoring a backup")?;
            let reason = reason.filter(|reason| force && !reason.trim().is_empty());
            if force && reason.is_none() {
                return Err(Failure::usage(
                    "--force needs a reason",
                    "Say with --reason TEXT why the ledger goes.",
                ));
            }
            // Once begun it is seen through: half of each would be nobody's ledger.
            let restored = ops::restore(config.data_dir(), &file, reason).await?;
            let lists: Vec<_> = restored
                .in_doubt
                .iter()
                .map(|(profile, list)| json!({"profile": profile, "list": list}))
                .collect();
            let replaced = restored.replaced.as_ref().map(|path| path.display().to_string());
            let object = json!({"at": restored.summary.at, "events": restored.summary.events, "head": restored.head,
                "replaced": replaced, "to_reconcile": lists});
            context.out.answer(&object, || told(&restored))?;
        }
    }
    Ok(exit::DONE)
}

fn told(restored: &Restored) -> String {
    let summary = &restored.summary;
    let mut text = format!(
        "the ledger is the backup of {}: {} events\naudit trail head: {}\n",
        visible(&summary.at, 60),
        thousands(summary.events),
        restored.head
    );
    if let Some(path) = &restored.replaced {
        let _ = writeln!(text, "what was there before: {}", visible(&path.display().to_string(), 300));
    }
    if restored.in_doubt.is_empty() {
        return text;
    }
    text.push_str("Lists may have been written since: each is UNVERIFIED until it is reconciled.\n");
    for (profile, list) in &restored.in_doubt {
        let key = ListId(list.clone());
        let to = Destination::of_key(&key);
        let (profile, list) = (visible(profile, 60), visible(&to.list_of(&key).0, 100));
        // A list of a campaign has nothing that it could be compared with.
        if to != Destination::Outbound {
            let _ = writeln!(
                text,
                "next: `quietline reconcile --profile {profile} --to {} --list {list}`",
                to.as_str()
            );
        }
    }
    text
}

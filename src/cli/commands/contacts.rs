//! `contacts sync`: the status of each contact's numbers goes into its record.

use serde_json::json;

use crate::cli::args::{ContactsAction, SyncArgs};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::{ask, progress};
use crate::domain::contact::Standing;
use crate::domain::text::{thousands, visible};
use crate::ops::{ContactSync, NotWritten, SyncedContacts};

/// What next after a sync that was cut off.
const GO_ON: &str = "The same command again goes on behind what was written.";

/// Rows that are named one by one to people; scripts get all of them.
const NAMED: usize = 20;

pub(super) async fn run(context: &Context, action: ContactsAction) -> Result<u8, Failure> {
    let ContactsAction::Sync(args) = action;
    context.refuse_in_read_only("writing contacts")?;
    if args.field.as_ref().is_some_and(|field| field.trim().is_empty()) {
        return Err(Failure::usage("--field is empty", "Name the field of the contact record."));
    }
    if !args.yes {
        confirm(context, &args).await?;
    }
    let (config, ops) = context.connect().await?;
    let input = super::input::settled(&config, &args.file, &args.input, &context.stop).await?;
    let wish = ContactSync { field: args.field.clone(), id_column: args.id_column.clone() };
    let sink = progress::sink(context.out);
    let done = ops.sync_contacts(&args.file, &input, &wish, sink, &context.stop).await?;
    let word = |standing: &Standing| standing.as_str();
    let standings: serde_json::Map<String, serde_json::Value> =
        done.standings.iter().map(|(standing, n)| (word(standing).to_owned(), json!(n))).collect();
    let named = |rows: &[NotWritten]| -> Vec<serde_json::Value> {
        let one = |it: &NotWritten| json!({"row": it.row, "contact": it.contact, "code": it.code, "message": it.why});
        rows.iter().map(one).collect()
    };
    let mut object = json!({
        "file": args.file.display().to_string(), "rows": done.rows, "contacts": done.contacts,
        "updated": done.updated, "unchanged": done.unchanged, "standings": standings,
        "rejected": named(&done.rejected), "failed": named(&done.failed), "seconds": done.seconds,
    });
    if let (Some(cut_off), Some(fields)) = (&done.cut_off, object.as_object_mut()) {
        let error = json!({"code": cut_off.code, "message": cut_off.message, "advice": GO_ON});
        fields.insert("error".into(), error);
    }
    context.out.answer(&object, || report(&done))?;
    if let Some(cut_off) = &done.cut_off {
        return Ok(cut_off.exit_code);
    }
    Ok(if done.rejected.is_empty() && done.failed.is_empty() { exit::DONE } else { exit::NO })
}

async fn confirm(context: &Context, args: &SyncArgs) -> Result<(), Failure> {
    if !ask::can_ask() {
        return Err(Failure::usage(
            "a sync changes contact records, and nobody is here to ask",
            "Say --yes.",
        ));
    }
    let file = visible(&args.file.display().to_string(), 200);
    let question = format!("Write the status of every contact of {file} into its record? [y/N]");
    let answer = ask::wait(&context.stop, move || ask::line(&question)).await?;
    if answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    Err(Failure::new(
        exit::STOPPED,
        "stopped",
        "it was not confirmed; nothing was written",
        "Start it again when you are ready.",
    ))
}

fn report(done: &SyncedContacts) -> String {
    let mut text = format!(
        "{} rows, {} contacts: {} written, {} written before\n",
        thousands(done.rows),
        thousands(done.contacts),
        thousands(done.updated),
        thousands(done.unchanged)
    );
    if let Some(cut_off) = &done.cut_off {
        let left = done.contacts - done.updated - done.unchanged - done.failed.len() as u64;
        let why = visible(&cut_off.message, 300);
        text += &format!("✗ cut off with {} contacts to go: {why}. {GO_ON}\n", thousands(left));
    }
    for (standing, n) in done.standings.iter().rev() {
        text += &format!("  {:<14} {}\n", standing.as_str(), thousands(*n));
    }
    for (rows, what) in [(&done.rejected, "rejected"), (&done.failed, "not taken by the tenant")] {
        if rows.is_empty() {
            continue;
        }
        text += &format!("{} {what}:\n", thousands(rows.len() as u64));
        for it in rows.iter().take(NAMED) {
            text += &format!(
                "  row {}  {}  {}: {}\n",
                it.row,
                visible(&it.contact, 60),
                it.code,
                visible(&it.why, 200)
            );
        }
        if rows.len() > NAMED {
            text +=
                &format!("  … and {} more; --json has all of them\n", thousands((rows.len() - NAMED) as u64));
        }
    }
    text
}

//! `audit`: the trail. Needs a ledger, and neither a tenant nor credentials.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::cli::args::AuditAction;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, exit};
use crate::cli::table::table;
use crate::domain::audit::{AuditEvent, TrailReport};
use crate::domain::text::{thousands, visible};
use crate::ops::{Audit, HeldRow, Verified};

pub(super) async fn run(context: &Context, action: Option<AuditAction>) -> Result<u8, Failure> {
    let config = context.config()?;
    let profile = context.profile_if_any(&config)?;
    let folder = config.data_dir();
    match action {
        Some(AuditAction::Verify) => {
            let Verified { report, is_ours } = context.or_stopped(Audit::verify(folder, profile)).await?;
            let mut object = report_object(&report);
            if let Some(checkpoint) = object.get_mut("checkpoint").and_then(Value::as_object_mut) {
                checkpoint.insert("ours".into(), json!(is_ours));
            }
            context.out.answer(&object, || said(&report))?;
            if is_ours == Some(false) {
                // The chain may fit all the same: whoever writes all of it anew can sign it with a key of their own.
                context.out.warn("the last checkpoint was signed with another key than the one that is here");
            }
            Ok(if report.is_intact() { exit::DONE } else { exit::NO })
        }
        Some(AuditAction::Log { number: Some(number), limit }) => {
            let audit = context.or_stopped(Audit::open(folder, profile)).await?;
            of_number(context, &audit, &number, limit).await
        }
        Some(AuditAction::Log { number: None, limit }) => {
            let audit = context.or_stopped(Audit::open(folder, profile)).await?;
            log(context, &audit, limit).await
        }
        None => log(context, &context.or_stopped(Audit::open(folder, profile)).await?, 100).await,
        Some(AuditAction::Export { from, to, output }) => {
            let from = from.as_deref().map(|text| moment(text, "--from", false)).transpose()?;
            let to = to.as_deref().map(|text| moment(text, "--to", true)).transpose()?;
            let audit = context.or_stopped(Audit::open(folder, profile)).await?;
            let exported = context.or_stopped(audit.export(from, to, &output)).await?;
            let object = json!({
                "events": exported.events.display().to_string(), "chain": exported.chain.display().to_string(),
                "records": exported.records, "intact": exported.report.is_intact(), "head": exported.report.head,
            });
            context.out.answer(&object, || {
                format!(
                    "{} events written to {}\n{}",
                    thousands(exported.records),
                    visible(&exported.events.display().to_string(), 300),
                    said(&exported.report)
                )
            })?;
            Ok(if exported.report.is_intact() { exit::DONE } else { exit::NO })
        }
        Some(AuditAction::Acknowledge { reason }) => {
            context.refuse_in_read_only("acknowledging a break")?;
            let reason = super::plan::reason(&reason)?;
            let audit = context.or_stopped(Audit::open(folder, profile)).await?;
            let report = audit.acknowledge(reason).await?;
            context.out.answer(&report_object(&report), || {
                format!("acknowledged, runs may begin again: {}", broken(&report))
            })?;
            Ok(exit::DONE)
        }
    }
}

async fn log(context: &Context, audit: &Audit, limit: usize) -> Result<u8, Failure> {
    let events = context.or_stopped(audit.events(limit)).await?;
    let objects: Vec<Value> = events.iter().map(event_object).collect();
    context.out.answer(&objects, || match events.is_empty() {
        true => "Nothing was done yet.".into(),
        false => {
            table(["event", "when", "who", "what", "object", "effect", "reason"], events.iter().map(line))
        }
    })?;
    Ok(exit::DONE)
}

async fn of_number(context: &Context, audit: &Audit, typed: &str, limit: usize) -> Result<u8, Failure> {
    let mut held = context.or_stopped(audit.of_number(typed)).await?;
    let found = held.rows.len() as u64;
    held.rows.truncate(limit);
    let object = json!({
        "number": held.identifier, "found": found,
        "rows": held.rows.iter().map(row_object).collect::<Vec<_>>(), "unknown": held.unknown,
    });
    context.out.answer(&object, || match held.rows.is_empty() {
        true => "No file that was planned or uploaded from here held it.".into(),
        false => table(
            ["when", "run", "plan", "list", "file", "row", "outcome", "by"],
            held.rows.iter().map(row_line),
        ),
    })?;
    for sentence in &held.unknown {
        // Not a remark: who asks for quiet must not take this for *never*.
        context.out.warn(&visible(sentence, 400));
    }
    Ok(if found > 0 && held.unknown.is_empty() { exit::DONE } else { exit::NO })
}

fn report_object(report: &TrailReport) -> Value {
    let checkpoint = report.checkpoint.as_ref().map(|checkpoint| {
        json!({"records": checkpoint.records, "head": checkpoint.head, "at": checkpoint.at.to_string(), "key": checkpoint.key})
    });
    json!({
        "records": report.records, "intact": report.is_intact(), "head": report.head,
        "first_bad": report.broken.as_ref().map(|broken| broken.at),
        "because": report.broken.as_ref().map(|broken| broken.what.clone()),
        "acknowledged": report.acknowledged, "checkpoint": checkpoint,
    })
}

fn said(report: &TrailReport) -> String {
    let head = visible(&report.head, 80);
    let checkpoint = match &report.checkpoint {
        Some(checkpoint) => format!(
            "last checkpoint: event {}, {}, key {}",
            thousands(checkpoint.records),
            checkpoint.at,
            visible(&checkpoint.key, 80)
        ),
        None => "no checkpoint: nothing is signed".into(),
    };
    let state = match report.is_intact() {
        true => format!("intact: {} events, each with the hash of the one before", thousands(report.records)),
        false if report.acknowledged => format!("BROKEN, acknowledged: {}", broken(report)),
        false => format!(
            "BROKEN: {}\nno run begins; find out who changed it, then `quietline audit acknowledge --reason TEXT`",
            broken(report)
        ),
    };
    format!("{state}\n{checkpoint}\naudit trail head: {head}")
}

fn broken(report: &TrailReport) -> String {
    report.broken.as_ref().map(|broken| visible(&broken.to_string(), 400)).unwrap_or_default()
}

fn event_object(event: &AuditEvent) -> Value {
    json!({
        "seq": event.seq, "at": event.at.to_string(), "actor": event.actor, "kind": event.kind, "object": event.object,
        "effect": event.effect, "reason": event.reason, "hash": event.hash,
    })
}

fn line(event: &AuditEvent) -> [String; 7] {
    let at = event.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let reason = event.reason.clone().unwrap_or_default();
    let fields =
        [&event.actor, &event.kind, &event.object, &event.effect, &reason].map(|text| visible(text, 600));
    let [actor, kind, object, effect, reason] = fields;
    [event.seq.to_string(), at, actor, kind, object, effect, reason]
}

fn row_object(row: &HeldRow) -> Value {
    json!({
        "run": row.run, "plan": row.plan, "profile": row.profile, "list_name": row.list_name, "file": row.file,
        "file_sha256": row.file_sha256, "row": row.row, "at": row.at.to_string(), "by": row.by,
        "outcome": row.outcome.as_str(), "code": row.outcome.code(),
    })
}

fn row_line(row: &HeldRow) -> [String; 8] {
    let code = row.outcome.code().map(|code| format!(" ({code})")).unwrap_or_default();
    let fields = [
        row.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        row.run.clone().unwrap_or_else(|| "not launched".into()),
        row.plan.clone(),
        row.list_name.clone(),
        row.file.clone(),
        row.row.to_string(),
        format!("{}{code}", row.outcome.as_str()),
        row.by.clone(),
    ];
    fields.map(|text| visible(&text, 300))
}

/// A day or a moment. The last day of a period is part of it.
fn moment(text: &str, flag: &str, is_end: bool) -> Result<Timestamp, Failure> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day: Option<Date> = text.parse().ok();
    let day = day.and_then(|day| if is_end { day.checked_add(1.day()).ok() } else { Some(day) });
    let at = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|day| day.timestamp());
    at.ok_or_else(|| {
        Failure::usage(
            format!("{flag} is neither a day nor a moment"),
            "Write it as 2026-11-01, or as 2026-11-01T08:00:00Z.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_period_has_its_first_and_its_last_day() {
        let at = |text: &str, is_end| moment(text, "--from", is_end).unwrap().to_string();
        assert_eq!(at("2026-11-01", false), "2026-11-01T00:00:00Z");
        assert_eq!(at("2026-11-30", true), "2026-12-01T00:00:00Z");
        assert_eq!(at("2026-11-30T08:00:00Z", true), "2026-11-30T08:00:00Z");
        for text in ["", "yesterday", "2026-13-01", "9999-12-31T99:00:00Z"] {
            assert!(moment(text, "--to", true).is_err(), "{text}");
        }
    }
}

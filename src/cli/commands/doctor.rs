//! `doctor`: what works, what does not, what to do.

use serde_json::json;

use crate::cli::context::{Context, stopped};
use crate::cli::failure::{Failure, exit};
use crate::ops::doctor::{self, Finding, Health};

pub(super) async fn run(context: &Context) -> Result<u8, Failure> {
    let config = context.config()?;
    let profile = context.profile_if_any(&config)?;
    let findings = tokio::select! {
        findings = doctor::doctor(&config, profile.as_ref()) => findings,
        () = context.stop.cancelled() => return Err(stopped()),
    };
    // What could not be looked at is not fine either.
    let ok = findings.iter().all(|finding| matches!(finding.health, Health::Fine | Health::Attention));
    let objects: Vec<_> = findings
        .iter()
        .map(|f| json!({"subject": f.subject, "health": f.health.as_str(), "seen": f.seen, "advice": f.advice}))
        .collect();
    context.out.answer(&json!({"ok": ok, "findings": objects}), || findings.iter().map(line).collect())?;
    Ok(if ok { exit::DONE } else { exit::NO })
}

fn line(finding: &Finding) -> String {
    let mark = match finding.health {
        Health::Fine => "fine       ",
        Health::Attention => "attention  ",
        Health::Broken => "BROKEN     ",
        Health::NotChecked => "not checked",
    };
    // What was seen is escaped where it is seen.
    let advice = finding.advice.as_ref().map(|advice| format!("{:27}→ {advice}\n", "")).unwrap_or_default();
    format!("{mark}  {:12}  {}\n{advice}", finding.subject, finding.seen)
}

//! The answers as people read them. Every string of a file or of the tenant is escaped here.

use std::fmt::Write as _;
use std::path::Path;

use super::table::table;
use crate::domain::diff::DiffKind;
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Destination, Origin, PlanSummary};
use crate::domain::problem::Severity;
use crate::domain::run::{RunState, RunSummary};
use crate::domain::text::{thousands, visible};
use crate::domain::verdict::Answer;
use crate::ops::{CheckedFile, Planned, Reconciliation};

/// Rows of problems that are shown one by one; the rejects file has them all.
const SHOWN_PROBLEMS: usize = 10;
/// Numbers that a plan takes off that are shown one by one; `--json` has them all.
const SHOWN_COME_OFF: usize = 10;
/// Differences that are shown one by one; the export has them all.
const SHOWN_DIFFERENCES: usize = 20;

/// `check`.
pub(super) fn check(file: &CheckedFile) -> String {
    let checked = &file.checked;
    let packed = file.document.container().map_or_else(String::new, |container| {
        let what = if container.is_workbook() { "sheet " } else { "" };
        let part = container.part.as_deref().map(|part| format!(", {what}{}", visible(part, 100)));
        format!(" ({}{})", container.kind, part.unwrap_or_default())
    });
    let all = match checked.rows == checked.records {
        true => format!("{} rows", thousands(checked.rows)),
        false => format!("{} numbers in {} rows", thousands(checked.rows), thousands(checked.records)),
    };
    let layout = file.document.layout().map_or_else(String::new, |used| {
        format!(" (layout {}, {})", visible(&used.name, 64), used.contents.as_str())
    });
    let notes: Vec<_> = checked.problems.iter().take_while(|problem| problem.place.row == 0).collect();
    // What is said of the file is no warning of a row, and may weigh more than one.
    let of_file = match notes.len() {
        0 => String::new(),
        1 => " · 1 note on the file".to_owned(),
        many => format!(" · {many} notes on the file"),
    };
    let mut text = format!(
        "{}{packed}{layout}: {all} · {} usable · {} duplicates · {} rejected · {} with warnings{of_file}\n",
        visible(&file.document.name(), 200),
        thousands(checked.valid),
        thousands(checked.duplicates),
        thousands(checked.rejected),
        thousands(checked.warnings),
    );
    if !checked.counts.is_empty() {
        let mut counts: Vec<_> = checked.counts.iter().collect();
        counts.sort_by_key(|(code, n)| (code.severity(), std::cmp::Reverse(**n)));
        let rows = counts.into_iter().map(|(code, n)| {
            let weight = match code.severity() {
                Severity::Rejection => "rejected",
                Severity::Warning => "warning",
            };
            [weight.into(), code.as_str().into(), thousands(*n), code.title().into()]
        });
        let _ = write!(text, "\n{}\n", table(["", "code", "rows", "meaning"], rows));
    }
    if !notes.is_empty() {
        let rows = notes.into_iter().map(|note| {
            [note.code.as_str().into(), note.raw.chars().take(40).collect(), note.hint.into_owned()]
        });
        let _ = write!(text, "\n{}\n", table(["of the file", "value", "what to know"], rows));
    }
    let columns = file.document.columns();
    let rejections = || checked.problems.iter().filter(|p| p.code.severity() == Severity::Rejection);
    let rows = rejections().take(SHOWN_PROBLEMS).map(|problem| {
        let column = problem.column.and_then(|i| columns.get(i)).cloned().unwrap_or_default();
        [
            thousands(problem.place.row),
            thousands(problem.place.line),
            column,
            problem.raw.chars().take(40).collect(),
            format!("{}: {}", problem.code.title(), problem.hint),
        ]
    });
    if rejections().next().is_some() {
        let _ = write!(text, "\n{}\n", table(["row", "line", "column", "value", "why"], rows));
        let more = rejections().count().saturating_sub(SHOWN_PROBLEMS);
        if more > 0 {
            let _ =
                writeln!(text, "… and {} more: --rejects OUT.csv writes them all", thousands(more as u64));
        }
    }
    text
}

/// `plan`.
pub(super) fn plan(planned: &Planned) -> String {
    let (plan, counts) = (&planned.summary, &planned.summary.counts);
    let enforced = match planned.enforced_by.as_slice() {
        _ if !plan.destination.is_dnc_list() => String::new(),
        [] => "UNBOUND: no active rule blocks by this list, so it has no effect yet".into(),
        rules => format!("enforced by {}", visible(&rules.join(", "), 200)),
    };
    format!(
        "plan {}  digest {}\n{} → {} ({})\n{} rows: add {} · update {} · take off {} · already as wanted {} · duplicates {} · removed {} · rejected {}\n{}{}\n{}\n",
        visible(&plan.id, 40),
        plan.digest.short(),
        source(plan),
        visible(&plan.list_name, 100),
        visible(&plan.list.to_string(), 60),
        thousands(counts.rows),
        thousands(counts.add),
        thousands(counts.update),
        thousands(counts.remove),
        thousands(counts.unchanged),
        thousands(counts.duplicates),
        thousands(counts.removed),
        thousands(counts.rejected),
        comes_off(&planned.comes_off),
        visible(&planned.effect, 700),
        enforced,
    )
}

/// A plan as the ledger keeps it: what can be said of it without its file and its list.
pub(super) fn stored_plan(plan: &PlanSummary, who: &[Identifier]) -> String {
    let counts = &plan.counts;
    let unscrubbed = plan.destination == Destination::Outbound && plan.scrub.is_empty();
    format!(
        "{}plan {}: {} → {}\nadd {} · update {} · TAKE OFF {} · left out {} · rejected {}{}\n{}",
        comes_off(who),
        visible(&plan.id, 40),
        source(plan),
        visible(&plan.list_name, 100),
        thousands(counts.add),
        thousands(counts.update),
        thousands(counts.remove),
        thousands(counts.removed),
        thousands(counts.rejected),
        if unscrubbed { "; NOT SCRUBBED: held against no list" } else { "" },
        plan.says.iter().map(|said| format!("{}\n", visible(said, 300))).collect::<String>(),
    )
}

/// What a plan is made of: a file, or what a run did.
pub(super) fn source(plan: &PlanSummary) -> String {
    match &plan.origin {
        Origin::File => {
            let name = Path::new(&plan.file).file_name().unwrap_or_default().to_string_lossy();
            visible(&name, 200)
        }
        Origin::Undo(run) => format!("undo of run {}", visible(run, 40)),
        Origin::DeadLetters(run) => format!("dead letters of run {}", visible(run, 40)),
    }
}

/// Who may be called then, in front of everything else that the plan does.
fn comes_off(who: &[Identifier]) -> String {
    if who.is_empty() {
        return String::new();
    }
    let mut shown: Vec<String> = who.iter().take(SHOWN_COME_OFF).map(Identifier::whole).collect();
    if who.len() > SHOWN_COME_OFF {
        shown.push(format!("and {} more", thousands((who.len() - SHOWN_COME_OFF) as u64)));
    }
    format!("TAKES OFF: {}\n", shown.join(", "))
}

/// One run, in full.
pub(super) fn run(run: &RunSummary) -> String {
    let b = &run.buckets;
    let (accepted, unchanged) = run.words();
    let mut text = format!(
        "run {}  {}  → {}\n{} rows: {accepted} {} · {unchanged} {} · duplicates {} · removed {} · rejected {} · dead letters {} · unaccounted {}\nbatches {}/{} · retries {} · throttled {} · {:.1} s\n",
        visible(&run.id, 40),
        run.state.as_str().to_uppercase(),
        visible(&run.list_name, 100),
        thousands(b.rows),
        thousands(b.accepted),
        thousands(b.unchanged),
        thousands(b.duplicates),
        thousands(b.removed),
        thousands(b.rejected),
        thousands(b.dead_letters),
        thousands(b.unaccounted),
        run.batches_done,
        run.batches,
        run.retries,
        run.throttled,
        run.seconds,
    );
    if run.differences > 0 {
        let _ =
            writeln!(text, "{} differences: `quietline reconcile` shows them", thousands(run.differences));
    }
    if let Some((code, message)) = &run.error {
        let _ = writeln!(text, "why: {} [{}]", visible(message, 500), visible(code, 60));
    }
    if matches!(run.state, RunState::Paused | RunState::Interrupted) {
        let _ = writeln!(text, "next: `quietline resume {}`", visible(&run.id, 40));
    }
    text
}

/// Every run.
pub(super) fn runs(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "There is no run yet: `quietline upload FILE --list NAME --reason TEXT` begins one.".into();
    }
    let rows = runs.iter().map(|run| {
        let file = std::path::Path::new(&run.file).file_name().map(|n| n.to_string_lossy().into_owned());
        [
            run.id.clone(),
            run.state.as_str().into(),
            run.list_name.clone(),
            run.made_of().or(file).unwrap_or_default(),
            thousands(run.buckets.rows),
            thousands(run.buckets.accepted),
            run.started_at.strftime("%Y-%m-%d %H:%MZ").to_string(),
            run.by.clone(),
        ]
    });
    table(["run", "state", "list", "file", "rows", "accepted", "started", "by"], rows)
}

/// `reconcile`.
pub(super) fn reconcile(result: &Reconciliation) -> String {
    let diff = &result.diff;
    let mut text = format!(
        "{}: remote {} · expected {} · matching {}",
        visible(&result.list.name, 100),
        thousands(diff.remote),
        thousands(diff.expected),
        thousands(diff.matching)
    );
    for kind in DiffKind::ALL {
        let _ = write!(text, " · {} {}", kind.as_str().replace('_', " "), thousands(diff.count(kind) as u64));
    }
    text.push('\n');
    if result.baseline {
        text.push_str(
            "This was the first reconciliation of the list: what is there now is recorded as the baseline.\n",
        );
    }
    if diff.is_clean() {
        text.push_str("Clean: the list is as it should be.\n");
        return text;
    }
    let rows = diff.differences.iter().take(SHOWN_DIFFERENCES).map(|d| {
        let number = d.identifier.as_ref().map_or_else(String::new, Identifier::whole);
        [d.kind.as_str().replace('_', " "), number, d.raw.clone(), d.fields.join(", ")]
    });
    let _ = write!(text, "\n{}\n", table(["difference", "number", "as stored", "fields"], rows));
    let more = diff.differences.len().saturating_sub(SHOWN_DIFFERENCES);
    if more > 0 {
        let _ = writeln!(text, "… and {} more: --export OUT.csv writes them all", thousands(more as u64));
    }
    text
}

/// One answer of `lookup`.
pub(super) fn answer(answer: &Answer) -> String {
    let number = answer.number.map_or_else(|| visible(&answer.input, 60), |number| number.pretty());
    let place = answer.jurisdiction.map(|j| format!("  {j}")).unwrap_or_default();
    format!("{number}{place}  {}\n  {}\n", answer.verdict.headline(), visible(&answer.because, 500))
}

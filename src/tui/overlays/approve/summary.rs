//! What a plan is said to do, to whoever approves it.

use ratatui::text::{Line, Span};

use super::Step;
use crate::domain::plan::{Counts, Destination, Operation, Origin};
use crate::domain::progress::say_eta;
use crate::domain::text::{counted, thousands};
use crate::ops::{Approval, Holds, Planned};
use crate::tui::cx::Cx;
use crate::tui::theme::{self, Role};
use crate::tui::widgets::{span, state};

/// What the person approves: place, effect and warnings first, so that no small screen hides them.
pub(super) fn summary(cx: &Cx, planned: &Planned) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let list = cx.name(&planned.list.name, 200);
    let entries =
        planned.list.entry_count.map_or_else(String::new, |n| format!(" · {} entries now", thousands(n)));
    let mut place = vec![span(cx, Role::Title, list), span(cx, Role::Muted, format!("{entries}  "))];
    if let Some(tenant) = &cx.env.tenant {
        let role = theme::environment(tenant.environment);
        place.push(span(cx, role, format!(" {} ", tenant.environment.as_str())));
        place.push(span(cx, Role::Muted, format!(" {}", cx.name(&tenant.profile, 40))));
    }
    lines.push(Line::from(place));
    lines.push(Line::from(span(cx, Role::Text, format!("This will {}.", effect(cx, planned)))));
    lines.extend(comes_off(cx, planned));
    lines.extend(warnings(cx, planned));
    lines.extend(buckets(cx, planned));
    let path = short_path(&cx.name(&planned.summary.file, 300));
    lines.push(match &planned.summary.origin {
        Origin::File => {
            labelled(cx, "file", format!("{path}, {} rows", thousands(planned.summary.counts.rows)))
        }
        Origin::Undo(run) => labelled(cx, "undo", format!("of run {}, made from {path}", cx.name(run, 12))),
        Origin::DeadLetters(run) => labelled(
            cx,
            "retry",
            format!("of the dead letters of run {}, made from {path}", cx.name(run, 12)),
        ),
    });
    if !planned.enforced_by.is_empty() {
        lines.push(labelled(cx, "enforced by", cx.name(&planned.enforced_by.join(", "), 300)));
    }
    let cool_down = match planned.summary.destination {
        Destination::Outbound => "",
        _ => ", cool-down included",
    };
    lines.push(labelled(cx, "takes", format!("{}{cool_down}", say_eta(planned.takes))));
    let summary = &planned.summary;
    if summary.made_by != cx.env.user {
        let by = cx.name(&summary.made_by, 60);
        lines.push(labelled(cx, "made by", format!("{by}, {}", cx.when(summary.made_at))));
    }
    let user = cx.name(&cx.env.user, 60);
    lines.push(labelled(cx, "approver", format!("{user} (the user of this computer)")));
    lines.push(labelled(cx, "plan", format!("{}, digest {}", summary.id, summary.digest.short())));
    lines
}

/// Whom the plan takes off, first of all: they may be called then.
fn comes_off(cx: &Cx, planned: &Planned) -> Option<Line<'static>> {
    const SHOWN: usize = 6;
    let who = &planned.comes_off;
    if who.is_empty() {
        return None;
    }
    let mut shown: Vec<String> =
        who.iter().take(SHOWN).filter_map(|it| Some(cx.number(it.phone()?))).collect();
    if who.len() > SHOWN {
        shown.push(format!("and {} more", thousands((who.len() - SHOWN) as u64)));
    }
    Some(Line::from(state(cx, Role::Bad, &format!("TAKES OFF, so they may be called: {}", shown.join(", ")))))
}

/// The effect without the time: that stands in a line of its own, cool-down included.
fn effect(cx: &Cx, planned: &Planned) -> String {
    let effect = cx.name(&planned.effect, 600);
    match effect.rsplit_once("; takes ") {
        Some((effect, _)) => effect.to_owned(),
        None => effect,
    }
}

/// A long path as its folder and its name: enough to tell two files of the same name apart. The run's detail has all.
pub(super) fn short_path(path: &str) -> String {
    const LONG: usize = 48;
    let parts: Vec<&str> = path.rsplitn(3, ['/', '\\']).collect();
    match parts.as_slice() {
        [name, folder, _] if path.chars().count() > LONG => format!("…/{folder}/{name}"),
        _ => path.to_owned(),
    }
}

fn labelled(cx: &Cx, label: &str, value: String) -> Line<'static> {
    Line::from(vec![span(cx, Role::Muted, format!("{label:<13}")), span(cx, Role::Text, value)])
}

fn warnings(cx: &Cx, planned: &Planned) -> Vec<Line<'static>> {
    let counts = &planned.summary.counts;
    let mut all: Vec<Span<'static>> = Vec::new();
    all.extend(approval(cx, planned));
    let to = planned.summary.destination;
    if to == Destination::Outbound && planned.summary.scrub.is_empty() {
        let what = "NOT SCRUBBED: these contacts will be called, and were held against no list (t in File).";
        all.push(state(cx, Role::Warn, what));
    }
    if to.is_dnc_list() && planned.enforced_by.is_empty() {
        let what = match counts.add + counts.update {
            0 => "UNBOUND: no active rule enforces this list: its numbers are callable already.",
            _ => "UNBOUND: no active rule enforces this list, so these numbers would stay callable.",
        };
        all.push(state(cx, Role::Warn, what));
    }
    if !planned.list.active {
        all.push(state(cx, Role::Warn, "The list itself is switched off on the tenant."));
    }
    if counts.shortened > 0 {
        let than = if counts.shortened == 1 { "it does" } else { "they do" };
        let n = counted(counts.shortened, "entry", "entries");
        all.push(state(cx, Role::Warn, &format!("{n} would expire earlier than {than} now.")));
    }
    if counts.rejected > 0 {
        let n = counted(counts.rejected, "row is", "rows are");
        let fate = match planned.summary.operation {
            Operation::Remove => "not come off the list",
            Operation::Add | Operation::Sync => "not be suppressed",
        };
        all.push(state(cx, Role::Warn, &format!("{n} rejected and will {fate} (x in File writes them).")));
    }
    let warned = planned.file.as_ref().map_or(0, |file| file.checked.warnings);
    if warned > 0 {
        let n = counted(warned, "row is", "rows are");
        all.push(state(cx, Role::Warn, &format!("{n} used with a warning.")));
    }
    all.into_iter().map(Line::from).collect()
}

/// Who has approved it, or has to.
fn approval(cx: &Cx, planned: &Planned) -> Option<Span<'static>> {
    let id = &planned.summary.id;
    let given = planned.approval.as_ref().map(|standing| (standing, cx.name(&standing.approval.by, 60)));
    let ended = match &given {
        Some((standing, by)) => match standing.holds(cx.now) {
            Holds::Until(_) => String::new(),
            Holds::Expired => format!(" The approval by {by} has ended."),
            Holds::Used(run) => format!(" The approval by {by} was used by run {}.", cx.name(&run, 8)),
            Holds::Void(_) => format!(" The approval by {by} counts no more: the ledger was restored since."),
        },
        None => String::new(),
    };
    let (role, what) = match (Step::of_planned(cx, planned), given) {
        (Step::Launch, Some((standing, by))) => {
            let Approval { until, reason, .. } = &standing.approval;
            let (until, reason) = (cx.when(*until), cx.text(reason, 200));
            (Role::Good, format!("Approved by {by} for one launch until {until}: “{reason}”"))
        }
        (Step::Wait, _) => (
            Role::Warn,
            format!(
                "A second person must approve: they run `quietline approve {id} --reason TEXT`, or press w in their Uploads. Then launch it here, or with `quietline upload {id}`.{ended}"
            ),
        ),
        (Step::Approve, _) => {
            (Role::Warn, format!("You are the second person. Nothing is launched by your approval.{ended}"))
        }
        (Step::ApproveAndLaunch | Step::Launch, _) if ended.is_empty() => return None,
        (Step::ApproveAndLaunch | Step::Launch, _) => (Role::Warn, ended.trim_start().to_owned()),
    };
    Some(state(cx, role, &what))
}

/// The conservation law of a plan.
pub(super) fn adds_up(counts: &Counts) -> bool {
    let kept = counts.unchanged + counts.duplicates + counts.removed + counts.rejected;
    counts.operations() + kept == counts.rows
}

/// Every bucket, and that they add up to the rows.
fn buckets(cx: &Cx, planned: &Planned) -> Vec<Line<'static>> {
    let counts = &planned.summary.counts;
    let unchanged = match (&planned.summary.origin, planned.summary.operation) {
        (Origin::Undo(_), _) => "left as they are",
        (_, Operation::Remove) => "not there",
        (_, Operation::Add | Operation::Sync) => "already there",
    };
    let parts = [
        (counts.add, "to add"),
        (counts.update, "to update"),
        (counts.remove, "to TAKE OFF"),
        (counts.unchanged, unchanged),
        (counts.duplicates, if counts.duplicates == 1 { "duplicate" } else { "duplicates" }),
        (counts.removed, "scrubbed out"),
        (counts.rejected, "rejected"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(n, word)| *n > 0 || [unchanged, "to add", "to update", "rejected"].contains(word))
        .map(|(n, word)| format!("{} {word}", thousands(n)))
        .collect();
    let total = format!("{} = {} rows", said.join(" · "), thousands(counts.rows));
    let mut lines = vec![Line::from(span(cx, Role::Text, total))];
    if !adds_up(counts) {
        lines.push(Line::from(state(
            cx,
            Role::Bad,
            "These do not add up to the rows: do not launch, report it.",
        )));
    }
    lines
}

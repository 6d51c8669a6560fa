//! One run in words and bars: where it is, what became of its rows, what to do next.

use std::path::Path;

use ratatui::text::{Line, Span};

use super::{connection, measured};
use crate::domain::plan::{Destination, Operation};
use crate::domain::progress::{Phase, Progress, say_eta};
use crate::domain::run::{RunState, RunSummary};
use crate::domain::text::{counted, thousands};
use crate::tui::cx::{Cx, minutes};
use crate::tui::store::Live;
use crate::tui::theme::{self, Role};
use crate::tui::widgets::{progress, span, state};

/// Whether the run is past the sending of batches.
fn is_sent(run: RunState) -> bool {
    matches!(
        run,
        RunState::Uploaded
            | RunState::CoolingDown
            | RunState::Reconciling
            | RunState::Ready
            | RunState::Discrepant
    )
}

/// Whether rows without a verdict are merely still to come: batches are being sent here, or none was sent yet. Of a run
/// in other hands, or one that stopped on its way, nobody here can say that.
fn is_on_its_way(run: &RunSummary, cx: &Cx) -> bool {
    match run.state {
        RunState::Draft | RunState::Approved => true,
        RunState::Uploading => cx.store.task_of_run(&run.id).is_some(),
        _ => false,
    }
}

/// Seconds until the cool-down ends.
pub(super) fn cooling(run: &RunSummary, cx: &Cx) -> Option<u64> {
    let until = run.cool_down_until.filter(|_| run.state == RunState::CoolingDown)?;
    Some((until.as_second() - cx.now.as_second()).max(0).unsigned_abs())
}

/// How far a phase is: as told while it works here, else from what the ledger says of the run. `None` = not begun, or
/// not known; a phase is never shown as done without a reason.
pub(super) fn phase(run: &RunSummary, live: Option<&Live>, phase: Phase, cx: &Cx) -> Option<Progress> {
    // Once nobody here works on it, a rate and the time left would be those of an earlier hour.
    let at_work = cx.store.task_of_run(&run.id).is_some();
    let rest = |told: Progress| if at_work { told } else { Progress { rate: None, eta: None, ..told } };
    let told = live.and_then(|live| live.phases.get(&phase).copied()).map(rest);
    let whole = |n: u64| Some(Progress { phase, done: n, total: Some(n), rate: None, eta: None });
    let part = |done, total| Some(Progress { phase, done, total: Some(total), rate: None, eta: None });
    match phase {
        Phase::Validate | Phase::Plan if run.plan.is_some() => whole(run.buckets.rows),
        Phase::Validate | Phase::Plan => told,
        Phase::Send if run.batches_done == run.batches && is_sent(run.state) => whole(run.batches),
        Phase::Send => told.or_else(|| part(run.batches_done, run.batches).filter(|_| run.batches > 0)),
        Phase::Settle => match (cooling(run, cx), run.state) {
            (Some(left), _) => {
                let all = cx.env.tenant.as_ref().map_or(left, |tenant| tenant.cool_down_seconds).max(left);
                part(all - left, all)
            }
            (None, RunState::Ready | RunState::Reconciling) => {
                let all = cx.env.tenant.as_ref().map_or(0, |tenant| tenant.cool_down_seconds);
                told.filter(|told| Some(told.done) == told.total).or_else(|| whole(all))
            }
            _ => told,
        },
        Phase::Reconcile if run.state == RunState::Ready => told.or_else(|| whole(run.buckets.rows)),
        Phase::Reconcile => told,
    }
}

/// What is short enough for the table: `64 %  ~4 min`, `2:41`, `12`.
pub(super) fn how_far(run: &RunSummary, cx: &Cx) -> String {
    let live = cx.store.live(&run.id);
    if let Some(left) = cooling(run, cx) {
        return minutes(left);
    }
    match run.state {
        RunState::Discrepant => format!("{} differ", thousands(run.differences)),
        RunState::Draft | RunState::Approved | RunState::Ready | RunState::Failed | RunState::Cancelled => {
            String::new()
        }
        _ => {
            let ours = cx.store.task_of_run(&run.id).is_some();
            let now = live.and_then(Live::present).filter(|_| ours);
            let shown = now.or_else(|| phase(run, live, Phase::Send, cx));
            let percent = shown.and_then(|progress| progress.percent());
            let eta = now
                .and_then(|progress| progress.eta)
                .map_or_else(String::new, |eta| format!(" {}", say_eta(eta)));
            percent.map_or_else(String::new, |percent| format!("{percent:.0} %{eta}"))
        }
    }
}

/// The state as people say it. A run that moves without a task of ours is in other hands.
pub(super) fn word(run: &RunSummary, cx: &Cx) -> (Role, String) {
    let ours = cx.store.task_of_run(&run.id).is_some();
    let word = match run.state {
        RunState::Ready => "READY".to_owned(),
        RunState::Uploaded if !run.is_resumable() => return (Role::Good, "UPLOADED".into()),
        RunState::Discrepant => "DISCREPANT".to_owned(),
        RunState::CoolingDown => "settling".to_owned(),
        RunState::Uploading | RunState::Reconciling if !ours => format!("{} elsewhere", run.state.as_str()),
        other => other.as_str().to_owned(),
    };
    (theme::run_state(run.state), word)
}

/// File name of a run, or the run that it is made of, safe to show.
pub(super) fn file_name(run: &RunSummary, cx: &Cx) -> String {
    if let Some(made_of) = run.made_of() {
        return cx.name(&made_of, 60);
    }
    let name = Path::new(&run.file).file_name().map(|name| name.to_string_lossy().into_owned());
    cx.name(&name.unwrap_or_else(|| run.file.clone()), 60)
}

/// Rows that a run which is through left out, in short, in a sentence, and what to do about them. A list can be READY
/// and numbers of the file still be callable: that must not look like "fine".
pub(super) fn left_out(run: &RunSummary) -> Option<(u64, String, &'static str)> {
    let (rejected, dead) = (run.buckets.rejected, run.buckets.dead_letters);
    if !is_sent(run.state) || rejected + dead == 0 {
        return None;
    }
    let rows = rejected + dead;
    // A run that goes on may hold back who came onto a scrub list meanwhile: that is no refusal of the tenant's.
    let by = if run.destination == Destination::Outbound { "not taken" } else { "refused by the tenant" };
    let refused = format!("{by} (dead letter{})", if dead == 1 { "" } else { "s" });
    let parts = [(rejected, "rejected"), (dead, refused.as_str())];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{} {why}", thousands(*n))).collect();
    let verb = if rows == 1 { "row is" } else { "rows are" };
    let next = match (rejected, dead) {
        (0, _) => "Tab shows the dead letters, Enter why.",
        (_, 0) => "4 opens the file, x there writes the rejects with what to mend.",
        _ => "Tab shows the dead letters; 4 opens the file, x there writes the rejects.",
    };
    // What was left out of a list to be called is only left out.
    let fate = if run.destination == Destination::Outbound { "left out" } else { run.fate() };
    Some((rows, format!("{} {verb} {fate}: {}", thousands(rows), said.join(", ")), next))
}

/// What to do next, in a sentence with its key.
pub(super) fn next(run: &RunSummary, cx: &Cx) -> String {
    let ours = cx.store.task_of_run(&run.id).is_some();
    match run.state {
        RunState::Draft | RunState::Approved | RunState::Uploading | RunState::Uploaded if ours => {
            "Space pauses it; what is in flight is journalled first.".into()
        }
        RunState::CoolingDown => {
            "The platform may still let calls through: wait for READY before a campaign starts.".into()
        }
        RunState::Reconciling if ours => "The list is being read back.".into(),
        RunState::Uploaded if !run.is_resumable() => {
            "Nothing to do: an upload to an outbound list ends with its last verdict.".into()
        }
        RunState::Draft | RunState::Approved | RunState::Uploaded => {
            "Nobody works on it here: r goes on where it stopped.".into()
        }
        RunState::Uploading | RunState::Reconciling => {
            "Another process works on it: Space asks that one to pause, x cancels it for good.".into()
        }
        RunState::Paused => "r (or Space) goes on where it stopped; x cancels it for good.".into(),
        RunState::Interrupted => {
            "r goes on where it stopped: what may have arrived is read back first.".into()
        }
        RunState::Ready => match left_out(run) {
            // No rule stands behind a suppression list: that its contacts are on it is all that was proven.
            None if !run.destination.is_dnc_list() => "Nothing to do: the list is as intended.".into(),
            Some((_, _, next)) if !run.destination.is_dnc_list() => {
                format!("What was accepted is on the list; {next}")
            }
            None => "Nothing to do: the list is as intended and enforced.".into(),
            Some((_, _, next)) if run.operation == Operation::Remove => {
                format!("What was {} is as intended; {next}", run.words().0)
            }
            Some((_, _, next)) => format!("What was accepted is enforced; {next}"),
        },
        RunState::Discrepant => "c reads its list back and names each difference.".into(),
        RunState::Failed => {
            "Mend the cause, then plan the file again (4, u): what arrived is not sent twice.".into()
        }
        RunState::Cancelled => "4, u plans the file again: what arrived is not sent twice.".into(),
    }
}

/// Every line of the right side.
pub(super) fn lines(run: &RunSummary, cx: &Cx, width: u16) -> Vec<Line<'static>> {
    let live = cx.store.live(&run.id);
    let (role, said) = word(run, cx);
    let mut head = vec![state(cx, role, &said)];
    if let Some(left) = cooling(run, cx) {
        head.push(span(cx, Role::Busy, format!("  cool-down {} left", minutes(left))));
    }
    head.push(span(cx, Role::Muted, format!("  {}", next(run, cx))));
    let mut lines = vec![Line::from(head)];
    if let Some((_, sentence, _)) = left_out(run) {
        lines.push(Line::from(state(cx, Role::Warn, &sentence)));
    }
    if let Some((code, sentence)) = &run.error {
        let what = format!("{} ({})", cx.text(sentence, 300), cx.name(code, 40));
        lines.push(Line::from(state(cx, Role::Bad, &what)));
    }
    let bar = usize::from(width.saturating_sub(44).clamp(8, 30));
    for step in Phase::ALL {
        // An upload to an outbound list ends with its last verdict.
        if run.destination == Destination::Outbound && matches!(step, Phase::Settle | Phase::Reconcile) {
            continue;
        }
        let how_far = phase(run, live, step, cx);
        let mut line = progress::phase(cx, step.as_str(), how_far.as_ref(), bar);
        if step == Phase::Settle
            && let Some(left) = cooling(run, cx)
        {
            line.push_span(span(cx, Role::Busy, format!("  {} left", minutes(left))));
        }
        lines.push(line);
    }
    if let Some(live) = live.filter(|_| cx.store.task_of_run(&run.id).is_some()) {
        lines.extend(connection::lines(run, live, cx, bar));
    }
    lines.push(counters(run, live, cx, width));
    lines.push(buckets(run, cx));
    lines.extend(measured::lines(run, cx));
    if !run.buckets.is_conserved() {
        let sum = thousands(run.buckets.sum());
        let what =
            format!("the buckets hold {sum}, the file {} rows: report this", thousands(run.buckets.rows));
        lines.push(Line::from(state(cx, Role::Bad, &what)));
    }
    if let Some(note) = live.and_then(|live| live.notes.back()) {
        lines.push(Line::from(span(cx, Role::Muted, format!("· {}", cx.text(note, 200)))));
    }
    lines
}

fn counters(run: &RunSummary, live: Option<&Live>, cx: &Cx, width: u16) -> Line<'static> {
    let said = format!(
        "batches {}/{}  retries {}  throttled {}×  ",
        thousands(run.batches_done),
        thousands(run.batches),
        thousands(run.retries),
        thousands(run.throttled),
    );
    let dead = format!("dead letters {}", thousands(run.buckets.dead_letters));
    let mut spans = vec![span(cx, Role::Text, said)];
    spans.push(if run.buckets.dead_letters > 0 {
        state(cx, Role::Bad, &dead)
    } else {
        span(cx, Role::Text, dead)
    });
    if let Some(live) = live.filter(|live| !live.rates.is_empty()) {
        let label = "  rate ";
        let used: usize = spans.iter().map(Span::width).sum::<usize>() + label.len();
        let room = usize::from(width).saturating_sub(used).saturating_sub(1).min(16);
        if room >= 4 {
            spans.push(span(cx, Role::Muted, label));
            spans.push(span(cx, Role::Bar, progress::sparkline(live.rates.iter().copied(), room)));
        }
    }
    Line::from(spans)
}

/// The buckets, and what they add up to. Rows without a verdict are never left out.
fn buckets(run: &RunSummary, cx: &Cx) -> Line<'static> {
    let buckets = &run.buckets;
    let (accepted, unchanged) = run.words();
    let bucket = |n: u64, word: &str| (n, format!("{} {word}", thousands(n)));
    let parts = [
        bucket(buckets.unchanged, unchanged),
        (buckets.duplicates, counted(buckets.duplicates, "duplicate", "duplicates")),
        bucket(buckets.removed, "scrubbed out"),
        bucket(buckets.rejected, "rejected"),
        (buckets.dead_letters, counted(buckets.dead_letters, "dead letter", "dead letters")),
    ];
    let mut said = vec![format!("{} {accepted}", thousands(buckets.accepted))];
    said.extend(parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, said)| said));
    let mut spans: Vec<Span<'static>> = vec![span(cx, Role::Text, said.join(" · "))];
    if buckets.unaccounted > 0 {
        let n = thousands(buckets.unaccounted);
        spans.push(span(cx, Role::Text, " · "));
        spans.push(if is_on_its_way(run, cx) {
            span(cx, Role::Text, format!("{n} to go"))
        } else {
            state(cx, Role::Warn, &format!("{n} without verdict"))
        });
    }
    spans.push(span(cx, Role::Muted, format!(" = {} rows", thousands(buckets.rows))));
    Line::from(spans)
}

/// The run in full, for the overlay.
pub(super) fn full(run: &RunSummary, cx: &Cx) -> Vec<(String, String)> {
    let plain = |line: &Line<'_>| line.spans.iter().map(|span| span.content.as_ref()).collect::<String>();
    let mut lines = vec![
        ("run".to_owned(), run.id.clone()),
        ("goes to".to_owned(), format!("{} ({})", run.destination, run.operation)),
        ("list".to_owned(), format!("{} ({})", cx.name(&run.list_name, 120), cx.name(&run.list.0, 60))),
        ("file".to_owned(), cx.name(&run.file, 300)),
        ("state".to_owned(), word(run, cx).1),
        ("left out".to_owned(), left_out(run).map_or_else(|| "nothing so far".into(), |(_, said, _)| said)),
        ("what next".to_owned(), next(run, cx)),
        ("begun".to_owned(), format!("{} by {}", cx.when_exactly(run.started_at), cx.name(&run.by, 60))),
        ("changed".to_owned(), cx.when_exactly(run.changed_at)),
        ("reason".to_owned(), cx.text(&run.reason, 400)),
        ("rows".to_owned(), plain(&buckets(run, cx))),
        ("calls".to_owned(), plain(&counters(run, None, cx, 80))),
    ];
    lines.extend(measured::full(run, cx));
    if let Some(plan) = &run.plan {
        lines.push(("plan".to_owned(), plan.clone()));
    }
    if let Some(at) = run.cool_down_until {
        lines.push(("cool-down until".to_owned(), cx.when_exactly(at)));
    }
    if let Some((code, sentence)) = &run.error {
        lines.push(("error".to_owned(), format!("{} ({})", cx.text(sentence, 400), cx.name(code, 40))));
    }
    for (at, note) in cx.store.live(&run.id).into_iter().flat_map(|live| live.notes.iter().rev()).enumerate()
    {
        lines.push((if at == 0 { "notes".to_owned() } else { String::new() }, cx.text(note, 200)));
    }
    lines
}

//! The line below the file: which list it is for, and what an upload would do.

use ratatui::text::Line;

use crate::domain::plan::{Destination, Operation};
use crate::domain::progress::say_eta;
use crate::domain::text::thousands;
use crate::ops::{Field, Input, PlanRequest};
use crate::tui::cx::{Cx, UploadAim};
use crate::tui::event::{Op, Slot, Trouble};
use crate::tui::store::{OpenFile, SoFar, Task};
use crate::tui::theme::{self, Role};
use crate::tui::widgets::{span, state};

/// What would be planned for the open file and the list aimed at.
pub(super) fn wanted(cx: &Cx, file: &OpenFile) -> Option<PlanRequest> {
    let aim = match (&cx.aim.upload, &cx.aim.list) {
        (Some(aim), _) => aim.clone(),
        (None, Some(list)) => UploadAim { list: list.0.clone(), ..UploadAim::default() },
        (None, None) => return None,
    };
    cx.env.tenant.as_ref()?;
    Some(PlanRequest {
        to: aim.to,
        operation: aim.operation,
        file: file.opened.document.path().to_path_buf(),
        list: aim.list,
        input: Input { scrub: aim.scrub, ..file.opened.input.clone() },
        shown: file.checked.as_ref().map(|checked| checked.sha256.clone()),
    })
}

/// Whether a plan was asked for exactly this. A file that is opened again loses its plan, so the mapping agrees.
pub(super) fn is_for(request: Option<&PlanRequest>, wanted: &PlanRequest) -> bool {
    request.is_some_and(|request| {
        (&request.file, request.to, request.operation, &request.list, &request.input.scrub)
            == (&wanted.file, wanted.to, wanted.operation, &wanted.list, &wanted.input.scrub)
    })
}

/// Plans by itself once the file is checked and a list is chosen, and again when either changes. It only reads.
pub(super) fn plan_if_due(cx: &Cx, file: &OpenFile) -> Option<Op> {
    let checked = file.checked.is_some() && !cx.store.busy(Slot::Check);
    let wanted = wanted(cx, file).filter(|_| checked && has_number(file))?;
    (!is_for(cx.store.planning.request.as_ref(), &wanted)).then_some(Op::Plan(wanted))
}

pub(super) fn has_number(file: &OpenFile) -> bool {
    file.opened.document.mapping().means_anyone()
}

/// The run that was launched from the plan that is shown, if one was: the plan is spent then.
pub(super) fn run_of_plan(cx: &Cx) -> Option<&crate::domain::run::RunSummary> {
    let plan = &cx.store.planning.planned.as_ref()?.summary.id;
    cx.store.runs.value()?.iter().find(|run| run.plan.as_ref() == Some(plan))
}

/// Title of the region.
pub(super) fn title(cx: &Cx) -> String {
    match (&cx.aim.upload, &cx.aim.list) {
        (Some(aim), _) => {
            let (list, to) = (cx.name(&aim.list, 60), aim.to);
            match aim.operation {
                Operation::Add => format!("This file → {list}, {to}"),
                Operation::Remove => format!("This file comes OFF {list}, {to}"),
                Operation::Sync => format!("This file = all that we keep on {list}, {to}"),
            }
        }
        (None, Some(list)) => format!("This file → {}", cx.name(cx.store.list_name(list), 60)),
        (None, None) => "This file → no list yet".to_owned(),
    }
}

/// Its lines: what the file holds, and what an upload would do.
pub(super) fn lines(cx: &Cx, file: &OpenFile) -> Vec<Line<'static>> {
    vec![holds(cx, file), would_do(cx, file)]
}

/// What the opening of a file is at: an archive has to be unpacked first.
pub(super) fn opening(task: &Task) -> String {
    match task.live.now.map(|progress| progress.done) {
        Some(bytes) if bytes >= 1_000_000 => format!("unpacking {} MB …", thousands(bytes / 1_000_000)),
        Some(_) => "unpacking …".to_owned(),
        None => "opening …".to_owned(),
    }
}

fn holds(cx: &Cx, file: &OpenFile) -> Line<'static> {
    // Another file is on its way; the one that is shown stays until it is there.
    if let Some((_, task)) = cx.store.in_slot(Slot::File).filter(|(task, _)| *task != file.task)
        && let Op::OpenFile { path, .. } = &task.op
    {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        return Line::from(vec![
            span(cx, Role::Busy, format!("◌ {}: {}", cx.name(&name, 40), opening(task))),
            span(cx, Role::Muted, "  Esc stops it"),
        ]);
    }
    // Counts of a file that cannot be read any more, or is another one by now, are not shown as if they held.
    if let (Some(trouble), Some(_)) = (&file.trouble, &file.checked) {
        return trouble_line(cx, trouble, "R reads it again");
    }
    if let Some(checked) = &file.checked {
        // Where several columns say whom a row means, the buckets count those and not the rows of the table beside them.
        let all = match checked.rows == checked.records {
            true => format!("{} rows", thousands(checked.rows)),
            false => {
                let mapping = file.opened.document.mapping();
                let what = if mapping.columns.contains_key(&Field::Email) { "contacts" } else { "numbers" };
                format!("{} {what} in {} rows", thousands(checked.rows), thousands(checked.records))
            }
        };
        let said = format!(
            "{} usable of {all} · duplicates {} · ",
            thousands(checked.valid),
            thousands(checked.duplicates),
        );
        let rejected = format!("rejected {}", thousands(checked.rejected));
        let rejected = if checked.rejected > 0 {
            state(cx, Role::Bad, &rejected)
        } else {
            span(cx, Role::Text, rejected)
        };
        let warned = format!(" · with a warning {}", thousands(checked.warnings));
        return Line::from(vec![span(cx, Role::Text, said), rejected, span(cx, Role::Muted, warned)]);
    }
    if let Some((_, task)) = cx.store.in_slot(Slot::Check) {
        let percent = task.live.percent().map_or_else(String::new, |percent| format!(" {percent:.0} %"));
        let so_far = file.so_far.as_ref().filter(|so_far| so_far.rows > 0).map_or_else(String::new, counted);
        return Line::from(vec![
            span(cx, Role::Busy, format!("◌ checking every row{percent}{so_far}")),
            span(cx, Role::Muted, "  Esc stops it"),
        ]);
    }
    if let Some(so_far) = file.so_far.as_ref().filter(|so_far| so_far.stopped) {
        let at = match so_far.rows {
            0 => " at its start".to_owned(),
            rows => format!(" at row {}, rejected {} so far", thousands(rows), thousands(so_far.rejected)),
        };
        return Line::from(vec![
            state(cx, Role::Warn, &format!("check stopped{at}")),
            span(cx, Role::Muted, "  R starts again"),
        ]);
    }
    if !has_number(file) {
        return Line::from(state(cx, Role::Warn, "Which column holds the number? m says so."));
    }
    match &file.trouble {
        Some(trouble) => trouble_line(cx, trouble, "R reads it again"),
        None => Line::from(span(cx, Role::Muted, "not checked; R reads it again")),
    }
}

/// ` · 4,200,000 rows · rejected 126,000 so far`.
fn counted(so_far: &SoFar) -> String {
    format!(" · {} rows · rejected {} so far", thousands(so_far.rows), thousands(so_far.rejected))
}

fn trouble_line(cx: &Cx, trouble: &Trouble, next: &str) -> Line<'static> {
    let what = format!("could not {}: {}", trouble.doing, trouble.message);
    Line::from(vec![state(cx, Role::Bad, &what), span(cx, Role::Muted, format!("  {next}, ! shows why"))])
}

fn would_do(cx: &Cx, file: &OpenFile) -> Line<'static> {
    if cx.env.tenant.is_none() {
        return Line::from(span(cx, Role::Muted, "no tenant: the file can be checked, not planned"));
    }
    let planning = &cx.store.planning;
    let current = wanted(cx, file).is_some_and(|wanted| is_for(planning.request.as_ref(), &wanted));
    if cx.aim.list.is_none() && cx.aim.upload.is_none() {
        return Line::from(span(
            cx,
            Role::Text,
            "l chooses the list; then this line says what an upload would do",
        ));
    }
    if let Some((_, task)) = cx.store.in_slot(Slot::Plan) {
        let phase = task.live.now.map_or("", |progress| progress.phase.as_str());
        let percent = task.live.percent().map_or_else(String::new, |percent| format!(" {percent:.0} %"));
        return Line::from(span(cx, Role::Busy, format!("◌ comparing with the list … {phase}{percent}")));
    }
    if let Some(run) = run_of_plan(cx) {
        let word = state(cx, theme::run_state(run.state), run.state.as_str());
        let next = span(cx, Role::Muted, "  5 shows it · u plans again");
        return Line::from(vec![span(cx, Role::Text, format!("run {} ", run.id)), word, next]);
    }
    match (&planning.planned, &planning.trouble) {
        (Some(planned), _) if current => {
            let counts = &planned.summary.counts;
            let removed = match counts.removed {
                0 => String::new(),
                n => format!(" · left out {}", thousands(n)),
            };
            let adds = format!("add {} · update {}", thousands(counts.add), thousands(counts.update));
            let what = match (planned.summary.operation, counts.remove) {
                (Operation::Remove, n) => {
                    format!("TAKE OFF {} · not there {}", thousands(n), thousands(counts.unchanged))
                }
                (_, 0) => format!("{adds} · already there {}", thousands(counts.unchanged)),
                (_, n) => {
                    format!(
                        "{adds} · TAKE OFF {} · already there {}",
                        thousands(n),
                        thousands(counts.unchanged)
                    )
                }
            };
            let said = format!(
                "{what} · duplicates {}{removed} · rejected {}   {} at the allowed rate",
                thousands(counts.duplicates),
                thousands(counts.rejected),
                say_eta(planned.takes),
            );
            let to = planned.summary.destination;
            let unbound = match planned.summary.scrub.is_empty() {
                true if to == Destination::Outbound => "  ▲ NOT SCRUBBED",
                _ if to.is_dnc_list() && planned.enforced_by.is_empty() => "  ▲ UNBOUND",
                _ => "",
            };
            Line::from(vec![span(cx, Role::Text, said), span(cx, Role::Warn, unbound)])
        }
        (_, Some(trouble)) if current => {
            // What stands on the screen is gone: planned again, it would be refused again.
            let is_gone = trouble.code == "file-changed";
            trouble_line(cx, trouble, if is_gone { "R reads it again" } else { "u tries again" })
        }
        _ if file.so_far.as_ref().is_some_and(|so_far| so_far.stopped) => {
            Line::from(span(cx, Role::Muted, "not planned: not every row is checked"))
        }
        _ => Line::from(span(cx, Role::Muted, "planned once every row is checked")),
    }
}

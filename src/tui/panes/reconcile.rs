//! Reconcile: the list on the tenant against the list as it should be.
//!
//! ```text
//! ╭ list · as of 14:02 ───────────────────────────────╮
//! │ remote 50,000  expected 50,003  matching …        │
//! │ [all 3]  missing 3  unexpected 0 …                │
//! │ kind       number      expected │ on the tenant   │
//! ╰───────────────────────────────────────────────────╯
//! ```

mod export;
mod table;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Pane;
use crate::domain::diff::{DiffKind, Difference};
use crate::domain::identifier::Identifier;
use crate::domain::list::ListId;
use crate::domain::plan::Destination;
use crate::domain::run::RunState;
use crate::domain::text::thousands;
use crate::ops::Reconciliation;
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, TaskId, Trouble};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::detail::Detail;
use crate::tui::overlays::list_picker::ListPicker;
use crate::tui::store::Task;
use crate::tui::theme::Role;
use crate::tui::widgets::list::{Spot, cells, list};
use crate::tui::widgets::{frame, line, progress, span, state, text};

/// See the module.
#[derive(Debug, Default)]
pub struct Reconcile {
    spot: Spot,
    /// The one kind that is shown; `None` = all.
    kind: Option<DiffKind>,
    /// What the cursor and the filter below belong to.
    of: Option<(ListId, Timestamp)>,
    /// Places of the differences that are shown.
    shown: Vec<usize>,
    filtered: Option<DiffKind>,
}

fn result(cx: &Cx) -> Option<&Reconciliation> {
    cx.store.reconciliations.get(cx.aim.compared()?)?.value()
}

fn trouble(cx: &Cx) -> Option<&Trouble> {
    cx.store.reconciliations.get(cx.aim.compared()?)?.trouble()
}

/// The task that reads this list back.
fn task(cx: &Cx) -> Option<(TaskId, &Task)> {
    let wanted = cx.aim.compared()?;
    let is_it = |task: &&Task| matches!(&task.op, Op::Reconcile { list, .. } if list == wanted);
    cx.store.tasks.iter().find(|(_, task)| is_it(task)).map(|(id, task)| (*id, task))
}

/// Kinds that occur, in the order of the report; `None` is all of them.
fn kinds(result: &Reconciliation) -> Vec<Option<DiffKind>> {
    let occurring = DiffKind::ALL.into_iter().filter(|kind| result.diff.count(*kind) > 0);
    [None].into_iter().chain(occurring.map(Some)).collect()
}

impl Reconcile {
    fn start(cx: &Cx) -> Reply {
        let Some(list) = cx.aim.compared().cloned() else {
            return Reply::act(Act::Open(Box::new(ListPicker::then(Command::ReconcileStart))));
        };
        if task(cx).is_some() {
            return Reply::act(Act::Refuse("the list is being read back already".into()));
        }
        Reply::act(Act::Start(Op::Reconcile { list, run: None }))
    }

    fn turn(&mut self, back: bool, cx: &Cx) {
        let Some(result) = result(cx) else { return };
        let kinds = kinds(result);
        let at = kinds.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        let step = if back { kinds.len() - 1 } else { 1 };
        self.kind = kinds[(at + step) % kinds.len()];
        self.spot = Spot::default();
        self.refilter(cx);
    }

    fn refilter(&mut self, cx: &Cx) {
        let Some(result) = result(cx) else { return };
        let wanted = |difference: &Difference| self.kind.is_none_or(|kind| kind == difference.kind);
        let all = result.diff.differences.iter().enumerate();
        self.shown = all.filter(|(_, difference)| wanted(difference)).map(|(at, _)| at).collect();
        self.filtered = self.kind;
        self.spot.clamp(self.shown.len());
    }

    fn selected<'a>(&self, cx: &'a Cx) -> Option<&'a Difference> {
        result(cx)?.diff.differences.get(*self.shown.get(self.spot.at)?)
    }

    fn export(&self, cx: &Cx) -> Reply {
        let Some(result) = result(cx) else { return Reply::done() };
        if self.shown.is_empty() {
            return Reply::act(Act::Say("there is no difference to write".into()));
        }
        let differences = self.shown.iter().filter_map(|at| result.diff.differences.get(*at));
        let text = export::csv(differences);
        let name: String =
            result.list.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let kind = self.kind.map_or("differences", |kind| kind.as_str());
        let stamp = result.at.strftime("%Y%m%dT%H%M%SZ");
        let out = cx.env.exports.join(format!("{name}.{kind}.{stamp}.csv"));
        Reply::act(Act::Start(Op::Export { out, text, rows: self.shown.len() as u64 }))
    }

    fn open(&self, cx: &Cx) -> Reply {
        match self.selected(cx) {
            Some(difference) => {
                Reply::act(Act::Open(Box::new(Detail::new("Difference", table::full(cx, difference)))))
            }
            None => Reply::done(),
        }
    }
}

impl Pane for Reconcile {
    fn id(&self) -> PaneId {
        PaneId::Reconcile
    }

    fn title(&self) -> &'static str {
        "Reconcile"
    }

    fn badge(&self, cx: &Cx) -> Option<String> {
        let differences = result(cx)?.diff.differences.len();
        (differences > 0).then(|| thousands(differences as u64))
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.spot.step(command, self.shown.len(), cx.hits.page_of(0)) {
            return Reply::done();
        }
        match command {
            Command::ReconcileStart | Command::Refresh => return Self::start(cx),
            Command::ReconcileList => return Reply::act(Act::Open(Box::<ListPicker>::default())),
            Command::ReconcileKind | Command::Right | Command::NextRegion => self.turn(false, cx),
            Command::Left | Command::PrevRegion => self.turn(true, cx),
            Command::ReconcileExport => return self.export(cx),
            Command::Accept => return self.open(cx),
            Command::Copy => {
                let Some(difference) = self.selected(cx) else { return Reply::done() };
                let text =
                    difference.identifier.as_ref().map_or_else(|| difference.raw.clone(), Identifier::whole);
                return Reply::act(Act::Copy(text, "number"));
            }
            Command::Back if self.kind.is_some() => {
                self.kind = None;
                self.refilter(cx);
            }
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        match hit {
            Hit::Row(0, index) => self.spot.at = index,
            Hit::Row(1, index) => {
                if let Some(kind) = result(cx).and_then(|result| kinds(result).get(index).copied()) {
                    self.kind = kind;
                    self.spot = Spot::default();
                    self.refilter(cx);
                }
                return Reply::done();
            }
            _ => return Reply::Ignored,
        }
        if double { self.open(cx) } else { Reply::done() }
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let of = result(cx).map(|result| (result.list.id.clone(), result.at));
        if of != self.of {
            self.of = of;
            let gone = |kind| result(cx).is_none_or(|result| result.diff.count(kind) == 0);
            if self.kind.is_some_and(gone) {
                self.kind = None;
            }
            self.shown.clear();
            self.refilter(cx);
        } else if self.filtered != self.kind {
            self.refilter(cx);
        }
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let title = match (cx.aim.compared(), result(cx)) {
            (Some(id), Some(result)) => {
                let kind = Destination::of_key(id);
                let kind = if kind.is_dnc_list() { String::new() } else { format!(", {kind}") };
                format!("{}{kind} · as of {}", cx.name(&result.list.name, 60), cx.when(result.at))
            }
            (Some(id), None) => cx.name(cx.store.list_name(id), 60),
            (None, _) => "Reconcile".to_owned(),
        };
        let inside = frame(area, buf, cx, &title, true);
        if inside.height < 4 {
            return;
        }
        if cx.aim.compared().is_none() {
            let sentence =
                "Reads a list back from the tenant and names every number that is not as it should be.";
            text::empty(inside, buf, cx, sentence, "l chooses a list · c reads it back");
            return;
        }
        let mut rest = inside;
        if let Some((_, task)) = task(cx) {
            take(&mut rest, 1, |place| line(place, buf, &reading(cx, task, place.width)));
        } else if let Some(trouble) = trouble(cx) {
            let lines = unverified(cx, trouble);
            take(&mut rest, 3, |place| text::lines(place, buf, lines, 0));
        }
        match result(cx) {
            Some(result) => self.compared(rest, buf, cx, hits, result),
            None if task(cx).is_none() && trouble(cx).is_none() => {
                text::empty(rest, buf, cx, &never(cx), "c reads the list back and compares it");
            }
            None => {}
        }
    }
}

/// Hands the upper lines to `draw` and keeps the rest.
fn take(rest: &mut Rect, height: u16, draw: impl FnOnce(Rect)) {
    let height = height.min(rest.height);
    draw(Rect { height, ..*rest });
    *rest = Rect { y: rest.y + height, height: rest.height - height, ..*rest };
}

fn reading(cx: &Cx, task: &Task, width: u16) -> Line<'static> {
    match task.live.now {
        Some(now) => {
            progress::phase(cx, "reading", Some(&now), usize::from(width.saturating_sub(50).clamp(8, 30)))
        }
        None => Line::from(span(cx, Role::Busy, "◌ asking the tenant for the list …")),
    }
}

/// The tenant could not be asked: nothing is claimed, and what was known is named with its age.
fn unverified(cx: &Cx, trouble: &Trouble) -> Vec<Line<'static>> {
    let known = match result(cx) {
        Some(result) => format!("Below: the last good state, of {}.", cx.when(result.at)),
        None => "Nothing is known of it from this session.".to_owned(),
    };
    if trouble.is_stop() {
        return vec![Line::from(vec![
            state(cx, Role::Warn, "UNVERIFIED: stopped before the list was read. "),
            span(cx, Role::Text, format!("{known} c reads it again.")),
        ])];
    }
    vec![
        Line::from(vec![
            state(cx, Role::Warn, "UNVERIFIED: the list could not be read back. "),
            span(cx, Role::Text, trouble.message.clone()),
        ]),
        Line::from(span(cx, Role::Muted, format!("{known} {} c tries again.", trouble.advice))),
    ]
}

/// What is known of a list that was not reconciled in this session.
fn never(cx: &Cx) -> String {
    let Some(overview) = cx.aim.compared().and_then(|list| cx.store.list(list)) else {
        return "Not read back in this session.".to_owned();
    };
    let last_run = cx.store.runs.value().and_then(|runs| {
        runs.iter().find(|run| run.list == overview.list.id && run.state == RunState::Discrepant)
    });
    match (overview.facts.reconciled, last_run) {
        (Some((at, 0)), _) => {
            format!("Last read back {}: no difference then. What it holds now is not known.", cx.when(at))
        }
        (Some((at, n)), _) => format!("Last read back {}: {} differences.", cx.when(at), thousands(n)),
        (None, Some(run)) => format!("Run {} left {} differences.", run.id, thousands(run.differences)),
        (None, None) if overview.facts.has_baseline => {
            "Never read back since its baseline was recorded.".to_owned()
        }
        (None, None) => {
            "Never read back. The first time records what the list holds now as its baseline.".to_owned()
        }
    }
}

impl Reconcile {
    fn compared(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, result: &Reconciliation) {
        let mut rest = area;
        let summary = summary(cx, result, usize::from(area.width));
        // Where a line is too long even so, its words wrap: it may stay a word short of the edge.
        let height = |line: &Line<'_>| match line.width() as u16 {
            width if width <= area.width => 1,
            width => width.div_ceil(area.width.saturating_sub(12).max(1)),
        };
        let height = summary.iter().map(height).sum();
        take(&mut rest, height, |place| text::lines(place, buf, summary, 0));
        if result.baseline {
            let said =
                "First time: what the list held became its baseline. Later comparisons measure against it.";
            take(&mut rest, 1, |place| line(place, buf, &Line::from(state(cx, Role::Busy, said))));
        }
        take(&mut rest, 1, |place| self.kinds(place, buf, cx, hits, result));
        if result.diff.is_clean() {
            let clean = if result.diff.remote == 0 {
                "● The list is empty, as expected."
            } else {
                "● Every number is there as expected, and nothing else."
            };
            let old = trouble(cx).is_some();
            let next = if old {
                "as of then; it could not be read again"
            } else {
                "the cool-down and probes decide READY: 2 shows it"
            };
            text::empty(rest, buf, cx, clean, next);
            return;
        }
        if rest.height < 2 {
            return;
        }
        let width = rest.width.saturating_sub(1);
        take(&mut rest, 1, |place| cells(place, buf, table::heading(cx, width)));
        list(rest, buf, cx, hits, (0, true), self.shown.len(), &self.spot, |at| {
            let difference = self.shown.get(at).and_then(|at| result.diff.differences.get(*at));
            difference.map_or_else(Vec::new, |difference| table::row(cx, difference, width))
        });
    }

    fn kinds(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, result: &Reconciliation) {
        let mut x = area.x;
        for (at, kind) in kinds(result).into_iter().enumerate() {
            let (word, n) = match kind {
                None => ("all", result.diff.differences.len()),
                Some(kind) => (table::word(kind), result.diff.count(kind)),
            };
            let symbol = kind.map_or_else(String::new, |kind| format!("{} ", table::symbol(kind).0));
            let label = format!("{symbol}{word} {}", thousands(n as u64));
            let (label, role) = if kind == self.kind {
                (format!("[{label}]"), Role::Focus)
            } else {
                (format!(" {label} "), Role::Muted)
            };
            let label = Line::from(span(cx, role, label));
            let width = (label.width() as u16).min(area.right().saturating_sub(x));
            let place = Rect { x, width, ..area };
            line(place, buf, &label);
            hits.add(place, Hit::Row(1, at));
            x = x.saturating_add(width + 1).min(area.right());
        }
    }
}

/// Every number of the report, also those that are 0: what is not said would have to be guessed. One line where it has
/// room, else the totals above the differences.
fn summary(cx: &Cx, result: &Reconciliation, width: usize) -> Vec<Line<'static>> {
    let diff = &result.diff;
    let totals = format!(
        "remote {} · expected {} · matching {}",
        thousands(diff.remote),
        thousands(diff.expected),
        thousands(diff.matching)
    );
    let totals = Line::from(span(cx, Role::Text, totals));
    let mut spans: Vec<Span<'static>> = Vec::new();
    for kind in DiffKind::ALL {
        let n = diff.count(kind);
        let (symbol, role) = table::symbol(kind);
        let plural = if kind == DiffKind::RemoteDuplicate { "duplicates" } else { table::word(kind) };
        if !spans.is_empty() {
            spans.push(span(cx, Role::Text, " · "));
        }
        spans.push(if n == 0 {
            span(cx, Role::Muted, format!("{plural} 0"))
        } else {
            span(cx, role, format!("{symbol} {plural} {}", thousands(n as u64)))
        });
    }
    let differences = Line::from(spans);
    let between = span(cx, Role::Text, " · ");
    if totals.width() + between.width() + differences.width() > width {
        return vec![totals, differences];
    }
    let mut one = totals;
    one.push_span(between);
    one.spans.extend(differences.spans);
    vec![one]
}

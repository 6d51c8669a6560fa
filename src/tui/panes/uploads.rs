//! Uploads: every run of the profile, of this console, of another process, of an earlier day; and one of them closely.
//!
//! ```text
//! ╭ Runs ──────────────╮╭ run 7f3a… · file → list · ENV ──────────╮
//! │ 7f3a… ◌ uploading  ││ ◌ uploading   what next                 │
//! │ 6c02… ◌ settling   ││ validate ━━━━ 100 %                     │
//! ╰────────────────────╯╰─────────────────────────────────────────╯
//! ╭ Dead letters ───────────────────────────────────────────────╮
//! ╰─────────────────────────────────────────────────────────────╯
//! ```

mod acts;
mod connection;
mod detail;
mod measured;

#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Pane;
use crate::domain::plan::{Destination, SCRUBBED};
use crate::domain::run::{RunState, RunSummary};
use crate::domain::text::thousands;
use crate::ops::DeadLetter;
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::plans::Plans;
use crate::tui::theme::Role;
use crate::tui::widgets::list::{Spot, list, right};
use crate::tui::widgets::table::Cursor;
use crate::tui::widgets::{frame, span, state, text};

const RUNS: u8 = 0;
const DEAD: u8 = 1;

/// Cells that a number takes with its separators.
fn thousands_width(n: u64) -> u16 {
    thousands(n).len() as u16
}

/// Seconds after which runs in other hands are read again.
const FOREIGN: i64 = 2;

/// See the module.
#[derive(Debug, Default)]
pub struct Uploads {
    focus: u8,
    cursor: Cursor<String>,
    spot: Spot,
    dead: Spot,
    /// The aim that was followed last: a new one moves the cursor, an old one leaves it.
    aimed: Option<String>,
    /// Runs of this console seen so far: a new one is selected when it appears.
    seen: Vec<String>,
    /// Dead letters asked for: of which run, and how many there were then.
    asked: Option<(String, u64)>,
    /// What was measured asked for: of which run, in which state, and when.
    measured: Option<(String, RunState, i64)>,
}

fn runs(cx: &Cx) -> &[RunSummary] {
    cx.store.runs.value().map_or(&[], Vec::as_slice)
}

fn ids(cx: &Cx) -> Vec<String> {
    runs(cx).iter().map(|run| run.id.clone()).collect()
}

/// A process works on it, or died at it: the ledger tells which when the runs are read.
fn is_at_work(run: &RunSummary) -> bool {
    matches!(run.state, RunState::Uploading | RunState::CoolingDown | RunState::Reconciling)
}

/// Whose words stand in a dead letter.
fn said_by(code: &str) -> &'static str {
    if code == SCRUBBED { "why" } else { "the tenant said" }
}

impl Uploads {
    fn run<'a>(&self, cx: &'a Cx) -> Option<&'a RunSummary> {
        cx.store.run(self.cursor.key()?)
    }

    fn letters<'a>(&self, cx: &'a Cx) -> &'a [DeadLetter] {
        let known = self.run(cx).and_then(|run| cx.store.dead_letters.get(&run.id));
        known.and_then(|letters| letters.value()).map_or(&[], Vec::as_slice)
    }

    fn select(&mut self, run: String, cx: &Cx) {
        if self.cursor.key() != Some(&run) {
            self.dead = Spot::default();
        }
        self.cursor.select(run);
        self.cursor.resync(&ids(cx));
        self.spot.at = self.cursor.index();
    }
}

impl Pane for Uploads {
    fn id(&self) -> PaneId {
        PaneId::Uploads
    }

    fn title(&self) -> &'static str {
        "Uploads"
    }

    fn badge(&self, cx: &Cx) -> Option<String> {
        let (_, task) = cx.store.run_tasks().next()?;
        Some(task.live.percent().map_or_else(|| "◌".to_owned(), |percent| format!("{percent:.0} %")))
    }

    fn why_not(&self, command: Command, cx: &Cx) -> Option<String> {
        let run = self.run(cx)?;
        let ours = cx.store.task_of_run(&run.id).is_some();
        let ended = || Some(format!("run {} has ended: {}", run.id, run.state));
        match command {
            Command::UploadPause if !ours && run.state.is_final() => ended(),
            Command::UploadCancel if run.state.is_final() => ended(),
            Command::UploadUndo | Command::UploadRetry if ours => Some("the run is still at work".into()),
            Command::UploadUndo if run.buckets.accepted == 0 => {
                Some("the tenant took no row of this run".into())
            }
            Command::UploadUndo if !run.destination.is_dnc_list() => {
                Some("contacts cannot be taken off by a call: take them off at the tenant".into())
            }
            Command::UploadRetry if run.buckets.dead_letters == 0 => Some("it has no dead letters".into()),
            Command::ReconcileStart if ours => Some("the run is still at work on its list".into()),
            Command::UploadResume if ours => Some("it is at work already".into()),
            Command::UploadResume if run.state.is_final() => ended(),
            _ => None,
        }
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        let ids = ids(cx);
        if self.focus == DEAD {
            if self.dead.step(command, self.letters(cx).len(), cx.hits.page_of(DEAD)) {
                return Reply::done();
            }
        } else if self.spot.step(command, ids.len(), cx.hits.page_of(RUNS)) {
            if let Some(run) = ids.get(self.spot.at) {
                self.select(run.clone(), cx);
            }
            return Reply::done();
        }
        match command {
            Command::NextRegion | Command::PrevRegion => self.focus = 1 - self.focus,
            Command::UploadPause => return self.pause_or_resume(cx),
            Command::UploadResume => return self.run(cx).map_or_else(Reply::done, Self::resume),
            Command::UploadCancel => return self.cancel(cx),
            Command::ReconcileStart => return self.compare(cx),
            Command::UploadUndo => return self.plan_of(cx, |run| Op::PlanUndo { run }),
            Command::UploadRetry => return self.plan_of(cx, |run| Op::PlanRetry { run }),
            Command::UploadPlans => return Reply::act(Act::Open(Box::<Plans>::default())),
            Command::Accept => return self.open(cx),
            Command::Copy => {
                let Some(run) = self.run(cx) else { return Reply::done() };
                return Reply::act(Act::Copy(run.id.clone(), "run id"));
            }
            Command::Refresh => {
                (self.asked, self.measured) = (None, None);
                return Reply::act(Act::Start(Op::Runs));
            }
            Command::Back if self.focus == DEAD => self.focus = RUNS,
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        match hit {
            Hit::Row(RUNS, index) => {
                self.focus = RUNS;
                if let Some(run) = ids(cx).get(index) {
                    self.select(run.clone(), cx);
                }
            }
            Hit::Row(DEAD, index) => {
                self.focus = DEAD;
                self.dead.at = index;
            }
            Hit::Region(region) => self.focus(region),
            _ => return Reply::Ignored,
        }
        if double { self.open(cx) } else { Reply::done() }
    }

    fn focus(&mut self, region: u8) {
        self.focus = region.min(DEAD);
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        // A run that this console began is selected as soon as the list of runs has it.
        let ours = cx.store.run_tasks().filter_map(|(_, task)| task.live.run.clone());
        let ours: Vec<String> = ours.filter(|run| cx.store.run(run).is_some()).collect();
        if let Some(new) = ours.iter().find(|run| !self.seen.contains(run)) {
            self.select(new.clone(), cx);
        }
        self.seen = ours;
        if cx.aim.run != self.aimed {
            self.aimed.clone_from(&cx.aim.run);
            if let Some(run) = self.aimed.clone() {
                self.select(run, cx);
            }
        }
        self.cursor.resync(&ids(cx));
        self.spot.at = self.cursor.index();
        let mut acts = Vec::new();
        if let Some(run) = self.run(cx).filter(|run| run.buckets.dead_letters > 0) {
            let wanted = (run.id.clone(), run.buckets.dead_letters);
            if self.asked.as_ref() != Some(&wanted) && !cx.store.busy(Slot::DeadLetters) {
                acts.push(Act::Start(Op::DeadLetters { run: run.id.clone() }));
                self.asked = Some(wanted);
            }
        }
        acts.extend(self.measure(cx));
        let old = cx.store.runs.at().is_none_or(|at| cx.now.as_second() - at.as_second() >= FOREIGN);
        if old
            && cx.store.has_foreign_run()
            && !cx.store.busy(Slot::Runs)
            && cx.store.runs.trouble().is_none()
        {
            acts.push(Act::Start(Op::Runs));
        }
        self.dead.clamp(self.letters(cx).len());
        acts
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        if runs(cx).is_empty() {
            let inside = frame(area, buf, cx, "Runs", true);
            hits.add(inside, Hit::Region(RUNS));
            let none = cx.store.runs.value().is_none();
            let busy = none && cx.store.busy(Slot::Runs);
            if !text::waiting(inside, buf, cx, busy, cx.store.runs.trouble(), "the runs") {
                let (what, next) = match cx.store.has_run() {
                    true => ("◌ A run begins: what it was planned for is looked at once more.", ""),
                    false => ("There is no run yet.", "4 opens a file; u there plans and launches"),
                };
                text::empty(inside, buf, cx, what, next);
            }
            return;
        }
        let dead = self.run(cx).map_or(0, |run| run.buckets.dead_letters);
        let wide = area.width >= 100;
        let low = match (dead, wide) {
            (0, _) => 0,
            (_, true) => (area.height / 3).clamp(4, 10),
            (_, false) if area.height >= 20 => 6,
            // On a small screen the dead letters take the place of the detail while they have the focus.
            (_, false) if self.focus == DEAD => area.height.saturating_sub(5),
            _ => 0,
        };
        let main = Rect { height: area.height.saturating_sub(low), ..area };
        if wide {
            let left = Rect { width: 40, ..main };
            self.runs(left, buf, cx, hits);
            self.detail(Rect { x: left.right(), width: main.width - left.width, ..main }, buf, cx);
        } else {
            let top = Rect { height: Self::few(cx).min(main.height), ..main };
            self.runs(top, buf, cx, hits);
            let rest = Rect { y: top.bottom(), height: main.height - top.height, ..main };
            if rest.height > 2 {
                self.detail(rest, buf, cx);
            }
        }
        if low > 0 {
            self.dead_letters(Rect { y: main.bottom(), height: low, ..area }, buf, cx, hits, dead);
        }
    }
}

impl Uploads {
    /// Asks what was measured of the run that is looked at: when it is chosen, when it comes into another state, and now
    /// and then as long as it goes on.
    fn measure(&mut self, cx: &Cx) -> Option<Act> {
        let run = self.run(cx)?;
        let (id, state, now) = (run.id.clone(), run.state, cx.now.as_second());
        let goes_on = cx.store.task_of_run(&id).is_some() || cx.store.tells(&id);
        let known = self.measured.as_ref().is_some_and(|(known, then, at)| {
            *known == id && *then == state && !(goes_on && now - at >= FOREIGN)
        });
        if known || cx.store.busy(Slot::Measured) {
            return None;
        }
        self.measured = Some((id.clone(), state, now));
        Some(Act::Start(Op::Measured { run: id }))
    }

    /// Height of the runs where they stand above the detail.
    fn few(cx: &Cx) -> u16 {
        u16::try_from(runs(cx).len() + 2).unwrap_or(5).clamp(3, 5)
    }

    fn runs(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let title = match cx.store.runs.trouble() {
            Some(_) => "Runs · ▲ not read again (!)",
            None => "Runs",
        };
        let inside = frame(area, buf, cx, title, self.focus == RUNS);
        list(inside, buf, cx, hits, (RUNS, self.focus == RUNS), runs(cx).len(), &self.spot, |at| {
            let Some(run) = runs(cx).get(at) else { return Vec::new() };
            let (role, word) = detail::word(run, cx);
            vec![
                (0, 8, span(cx, Role::Text, cx.name(&run.id, 8))),
                (9, 16, state(cx, role, &word)),
                (
                    26,
                    12,
                    match (run.state, detail::left_out(run)) {
                        (RunState::Ready, Some((rows, _, _))) => {
                            state(cx, Role::Warn, &format!("{} out", thousands(rows)))
                        }
                        _ => span(cx, Role::Text, detail::how_far(run, cx)),
                    },
                ),
                (39, 24, span(cx, Role::Muted, cx.name(&run.list_name, 60))),
                (64, 16, span(cx, Role::Muted, cx.when(run.started_at))),
            ]
        });
    }

    fn detail(&self, area: Rect, buf: &mut Buffer, cx: &Cx) {
        let Some(run) = self.run(cx) else {
            frame(area, buf, cx, "Run", false);
            return;
        };
        let environment = cx.env.tenant.as_ref().map_or("", |tenant| tenant.environment.as_str());
        let title = format!(
            "run {} · {} → {} · {environment}",
            run.id,
            detail::file_name(run, cx),
            cx.name(&run.list_name, 60)
        );
        let inside = frame(area, buf, cx, &title, false);
        text::lines(inside, buf, detail::lines(run, cx, inside.width), 0);
    }

    fn dead_letters(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap, count: u64) {
        let fate = match self.run(cx) {
            Some(run) if run.destination == Destination::Outbound => "not on the list",
            run => run.map_or("NOT suppressed", RunSummary::fate),
        };
        let title = format!("Dead letters {} · refused by the tenant, {fate}", thousands(count));
        let inside = frame(area, buf, cx, &title, self.focus == DEAD);
        let letters = self.letters(cx);
        if letters.is_empty() {
            let failed = self.run(cx).and_then(|run| cx.store.dead_letters.get(&run.id)?.trouble());
            let busy = cx.store.busy(Slot::DeadLetters);
            text::waiting(inside, buf, cx, busy, failed, "the dead letters");
            return;
        }
        // As wide as the largest row number: no hole between the word and the number.
        let digits = letters.iter().map(|letter| letter.row).max().map_or(0, thousands_width);
        list(inside, buf, cx, hits, (DEAD, self.focus == DEAD), letters.len(), &self.dead, |at| {
            let Some(letter) = letters.get(at) else { return Vec::new() };
            let row = format!("row {}", right(&thousands(letter.row), usize::from(digits)));
            vec![
                (0, digits + 4, span(cx, Role::Muted, row)),
                (digits + 6, 18, span(cx, Role::Text, cx.identifier(&letter.identifier))),
                (digits + 25, 22, state(cx, Role::Bad, &cx.text(&letter.code, 60))),
                (digits + 48, 200, span(cx, Role::Text, format!("“{}”", cx.text(&letter.message, 300)))),
            ]
        });
        if letters.len() as u64 != count && inside.height > 1 && !cx.store.busy(Slot::DeadLetters) {
            let last = Rect { y: inside.bottom() - 1, height: 1, ..inside };
            let what = format!("▲ {} of {} are read; R reads again", letters.len(), thousands(count));
            crate::tui::widgets::line(last, buf, &Line::from(span(cx, Role::Warn, what)));
        }
    }
}

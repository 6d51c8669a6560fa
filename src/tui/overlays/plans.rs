//! Plans that wait: made by anybody, launched by nobody. Enter shows one as whoever is to approve it sees it.

#[cfg(test)]
mod tests;

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::approve::{Approve, Step};
use super::{Overlay, window};
use crate::domain::plan::{Origin, PlanSummary};
use crate::domain::text::thousands;
use crate::ops::{Holds, WaitingPlan};
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::list::{Spot, list};
use crate::tui::widgets::{span, state, text};

/// See the module.
#[derive(Debug, Default)]
pub struct Plans {
    spot: Spot,
    /// The selected plan, kept when others come or go.
    selected: Option<String>,
    asked: bool,
}

fn waiting(cx: &Cx) -> &[WaitingPlan] {
    cx.store.waiting.value().map_or(&[], Vec::as_slice)
}

impl Plans {
    fn open(&self, cx: &Cx) -> Reply {
        let Some(waiting) = waiting(cx).get(self.spot.at) else { return Reply::done() };
        let plan = waiting.plan.id.clone();
        Reply::Consumed(vec![Act::Start(Op::StoredPlan { plan }), Act::Open(Box::<Approve>::default())])
    }

    fn note(&mut self, cx: &Cx) {
        self.selected = waiting(cx).get(self.spot.at).map(|waiting| waiting.plan.id.clone());
    }
}

impl Overlay for Plans {
    fn id(&self) -> OverlayId {
        OverlayId::Plans
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.spot.step(command, waiting(cx).len(), cx.hits.page_of(0)) {
            self.note(cx);
            return Reply::done();
        }
        match command {
            Command::Accept => self.open(cx),
            Command::Refresh => Reply::act(Act::Start(Op::Waiting)),
            _ => Reply::Ignored,
        }
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let Hit::Row(0, index) = hit else { return Reply::Ignored };
        self.spot.at = index;
        self.note(cx);
        if double { self.open(cx) } else { Reply::done() }
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let kept = |wanted: &String| waiting(cx).iter().position(|waiting| waiting.plan.id == *wanted);
        if let Some(at) = self.selected.as_ref().and_then(kept) {
            self.spot.at = at;
        }
        self.spot.clamp(waiting(cx).len());
        self.note(cx);
        // What somebody else has done meanwhile is looked for each time.
        if !std::mem::replace(&mut self.asked, true) {
            return vec![Act::Start(Op::Waiting)];
        }
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let inside = window(area, buf, cx, "Plans that wait", 116, 22);
        if waiting(cx).is_empty() {
            let none = cx.store.waiting.value().is_none();
            let busy = none && cx.store.busy(Slot::Waiting);
            if !text::waiting(inside, buf, cx, busy, cx.store.waiting.trouble(), "the plans") {
                text::empty(inside, buf, cx, "No plan waits.", "4 opens a file; u there plans it");
            }
            return;
        }
        list(inside, buf, cx, hits, (0, true), waiting(cx).len(), &self.spot, |at| {
            let Some(waiting) = waiting(cx).get(at) else { return Vec::new() };
            let (plan, counts) = (&waiting.plan, &waiting.plan.counts);
            let writes = match counts.add + counts.update {
                0 => String::new(),
                n => format!("+{}", thousands(n)),
            };
            let off = match counts.remove {
                0 => span(cx, Role::Muted, "nobody off"),
                n => state(cx, Role::Bad, &format!("{} OFF", thousands(n))),
            };
            let target = format!("{} → {}", from(cx, plan), cx.name(&plan.list_name, 60));
            vec![
                (0, 10, span(cx, Role::Text, cx.name(&plan.id, 10))),
                (11, 10, span(cx, Role::Text, cx.name(&plan.made_by, 40))),
                (22, 10, span(cx, Role::Muted, cx.day(plan.made_at))),
                (33, 8, span(cx, Role::Text, writes)),
                (42, 11, off),
                (54, 30, standing(cx, waiting)),
                (85, 80, span(cx, Role::Muted, target)),
            ]
        });
    }
}

/// How its approval stands: by whom and for how long, or what is missing.
fn standing(cx: &Cx, waiting: &WaitingPlan) -> Span<'static> {
    let step = Step::of(cx, &waiting.plan, waiting.standing.as_ref());
    let Some(standing) = &waiting.standing else {
        return match step {
            Step::Approve => state(cx, Role::Warn, "waits for you"),
            Step::Wait => state(cx, Role::Busy, "a second person"),
            _ => span(cx, Role::Muted, "not approved"),
        };
    };
    let by = cx.name(&standing.approval.by, 20);
    match standing.holds(cx.now) {
        Holds::Until(_) if matches!(step, Step::Approve) => state(cx, Role::Warn, "waits for you"),
        Holds::Until(_) if matches!(step, Step::Wait) => state(cx, Role::Busy, "a second person"),
        Holds::Until(until) => state(cx, Role::Good, &format!("{by}, until {}", cx.when(until))),
        Holds::Expired => state(cx, Role::Warn, &format!("{by}: has ended")),
        Holds::Used(run) => span(cx, Role::Muted, format!("run {}", cx.name(&run, 8))),
        Holds::Void(_) => state(cx, Role::Warn, &format!("{by}: void")),
    }
}

/// What its rows come from.
fn from(cx: &Cx, plan: &PlanSummary) -> String {
    match &plan.origin {
        Origin::File => {
            let name = Path::new(&plan.file).file_name().unwrap_or_default().to_string_lossy();
            cx.name(&name, 60)
        }
        Origin::Undo(run) => format!("undo of {}", cx.name(run, 8)),
        Origin::DeadLetters(run) => format!("retry of {}", cx.name(run, 8)),
    }
}

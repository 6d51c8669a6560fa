//! Choosing a list: for the file, for reconciling. What is chosen is aimed at by every pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Overlay, fuzzy, window};
use crate::domain::list::ListId;
use crate::domain::text::thousands;
use crate::ops::ListOverview;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::{self, Role};
use crate::tui::widgets::input::Field;
use crate::tui::widgets::list::{Spot, list, right};
use crate::tui::widgets::{span, state, text};

/// See the module.
#[derive(Debug, Default)]
pub struct ListPicker {
    field: Field,
    spot: Spot,
    lists: Vec<ListId>,
    shown: Vec<usize>,
    then: Option<Command>,
    /// The list aimed at when it opened is selected once the lists are there.
    placed: bool,
    asked: bool,
}

impl ListPicker {
    /// Goes on with a command once a list is chosen.
    pub fn then(command: Command) -> Self {
        Self { then: Some(command), ..Self::default() }
    }

    fn take(&self, cx: &Cx) -> Reply {
        let chosen = self.shown.get(self.spot.at).and_then(|at| cx.store.lists().get(*at));
        let Some(chosen) = chosen else {
            return Reply::act(Act::Refuse("no list has these letters; Esc clears them".into()));
        };
        let mut acts = vec![Act::Close, Act::AimList(chosen.list.id.clone())];
        acts.extend(self.then.map(Act::Run));
        Reply::Consumed(acts)
    }

    fn filter(&mut self, cx: &Cx) {
        let names: Vec<String> = cx
            .store
            .lists()
            .iter()
            .map(|overview| format!("{} {}", overview.list.name, overview.list.id))
            .collect();
        self.shown = fuzzy::filter(self.field.value(), names.iter().map(String::as_str));
        self.spot.clamp(self.shown.len());
    }
}

impl Overlay for ListPicker {
    fn id(&self) -> OverlayId {
        OverlayId::ListPicker
    }

    fn field(&self) -> bool {
        true
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.spot.step(command, self.shown.len(), cx.hits.page_of(0)) {
            return Reply::done();
        }
        match command {
            Command::Accept => self.take(cx),
            Command::Back if !self.field.value().is_empty() => {
                self.field.set("");
                self.filter(cx);
                Reply::done()
            }
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        if self.field.edit(text) {
            self.spot = Spot::default();
            self.filter(cx);
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let Hit::Row(0, index) = hit else { return Reply::Ignored };
        self.spot.at = index;
        if double { self.take(cx) } else { Reply::done() }
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let lists: Vec<ListId> = cx.store.lists().iter().map(|overview| overview.list.id.clone()).collect();
        if lists != self.lists {
            let selected = self.shown.get(self.spot.at).and_then(|at| self.lists.get(*at)).cloned();
            let selected = if self.placed { selected } else { cx.aim.list.clone() };
            self.lists = lists;
            self.filter(cx);
            self.spot.at =
                self.shown.iter().position(|at| self.lists.get(*at) == selected.as_ref()).unwrap_or(0);
            self.placed = true;
        }
        let idle = cx.store.catalog.value().is_none() && !cx.store.busy(Slot::Catalog);
        if idle && !std::mem::replace(&mut self.asked, true) {
            return vec![Act::Start(Op::Catalog)];
        }
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let inside = window(area, buf, cx, "Choose a list", 100, 22);
        if inside.height < 4 {
            return;
        }
        let top = Rect { height: 1, ..inside };
        self.field.view(top, buf, cx, hits, "list ", "letters of its name or id; Enter chooses", true);
        let rest = Rect { y: inside.y + 2, height: inside.height - 2, ..inside };
        if self.shown.is_empty() {
            let busy = cx.store.busy(Slot::Catalog);
            let failed = cx.store.catalog.trouble();
            let none = cx.store.catalog.value().is_none();
            if none && text::waiting(rest, buf, cx, busy, failed, "the lists") {
                return;
            }
            if cx.store.lists().is_empty() {
                text::empty(rest, buf, cx, "The tenant has no list.", "Create one on the tenant, then R");
            } else {
                text::empty(rest, buf, cx, "No list has these letters.", "Esc clears them");
            }
            return;
        }
        let names = rest.width.saturating_sub(if rest.width < 80 { 31 } else { 52 });
        list(rest, buf, cx, hits, (0, true), self.shown.len(), &self.spot, |row| {
            let Some(overview) = self.shown.get(row).and_then(|at| cx.store.lists().get(*at)) else {
                return Vec::new();
            };
            let entries = overview.list.entry_count.map_or_else(|| "?".to_owned(), thousands);
            let word = overview.readiness.state;
            vec![
                (0, names, span(cx, Role::Text, cx.name(&overview.list.name, 120))),
                (names + 1, 12, span(cx, Role::Muted, right(&entries, 12))),
                (names + 15, 14, state(cx, theme::list_state(word), word.as_str())),
                (names + 30, 21, bound(cx, overview)),
            ]
        });
    }
}

fn bound(cx: &Cx, overview: &ListOverview) -> ratatui::text::Span<'static> {
    match overview.enforced_by.as_slice() {
        [] => span(cx, Role::Warn, "▲ no rule enforces it"),
        [rule] => span(cx, Role::Muted, cx.name(rule, 40)),
        rules => span(cx, Role::Muted, format!("{} rules", rules.len())),
    }
}

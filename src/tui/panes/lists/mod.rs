//! Lists: what they are, whether they are enforced, and what keeps them from READY.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::Pane;
use crate::domain::list::ListId;
use crate::domain::readiness::ListState;
use crate::domain::text::thousands;
use crate::ops::ListOverview;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::{Cx, minutes};
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::{self, Role};
use crate::tui::widgets::filter::Filter;
use crate::tui::widgets::table::{Column, Cursor, Table, moved, widest};
use crate::tui::widgets::{frame, span, state, text};

mod detail;
#[cfg(test)]
mod tests;

const LISTS: u8 = 0;
const DETAIL: u8 = 1;

/// See the module.
#[derive(Debug, Default)]
pub struct Lists {
    cursor: Cursor<ListId>,
    filter: Filter,
    focus: u8,
    skip: usize,
    /// The aim as it was last: when another pane aims at a list, it is selected here.
    aimed: Option<ListId>,
}

/// The state of a list as one word, with what belongs to it: `SETTLING 2:41`, `DISCREPANT 12`.
pub(super) fn state_word(cx: &Cx, overview: &ListOverview) -> String {
    let word = overview.readiness.state.as_str();
    match overview.readiness.state {
        // Nothing is left to count while a run is at work or the gate's probes are awaited.
        ListState::Settling => match cx.store.seconds_left(overview, cx.now) {
            0 => word.to_owned(),
            left => format!("{word} {}", minutes(left)),
        },
        ListState::Discrepant => {
            let left = overview.facts.reconciled.map_or(0, |(_, differences)| differences);
            format!("{word} {}", thousands(left))
        }
        _ => word.to_owned(),
    }
}

impl Lists {
    fn shown<'a>(&self, cx: &'a Cx) -> Vec<&'a ListOverview> {
        cx.store
            .lists()
            .iter()
            .filter(|overview| {
                let list = &overview.list;
                let text =
                    format!("{} {} {} {}", list.name, list.id, list.kind, overview.readiness.state.as_str());
                self.filter.admits(&text)
            })
            .collect()
    }

    fn keys(&self, cx: &Cx) -> Vec<ListId> {
        self.shown(cx).into_iter().map(|overview| overview.list.id.clone()).collect()
    }

    fn selected<'a>(&self, cx: &'a Cx) -> Option<&'a ListOverview> {
        self.cursor.key().and_then(|id| cx.store.list(id))
    }

    /// For a command about the selected list: aim at it, then the rest.
    fn about(&mut self, cx: &Cx, acts: impl FnOnce(ListId) -> Vec<Act>) -> Reply {
        let Some(list) = self.selected(cx).map(|overview| overview.list.id.clone()) else {
            return Reply::act(Act::Refuse("there is no list here yet".into()));
        };
        self.aimed = Some(list.clone());
        let mut all = vec![Act::AimList(list.clone())];
        all.extend(acts(list));
        Reply::Consumed(all)
    }
}

impl Pane for Lists {
    fn id(&self) -> PaneId {
        PaneId::Lists
    }

    fn badge(&self, cx: &Cx) -> Option<String> {
        let discrepant =
            cx.store.lists().iter().filter(|o| o.readiness.state == ListState::Discrepant).count();
        (discrepant > 0).then(|| format!("✗{discrepant}"))
    }

    fn field(&self) -> bool {
        self.filter.is_open()
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.filter.update(command) {
            self.cursor.resync(&self.keys(cx));
            return Reply::done();
        }
        match command {
            Command::NextRegion | Command::PrevRegion => self.focus = 1 - self.focus,
            Command::Back if self.focus == DETAIL => self.focus = LISTS,
            Command::Accept => {
                self.focus = DETAIL;
                self.skip = 0;
                return self.about(cx, |_| Vec::new());
            }
            Command::ListUpload => {
                return self.about(cx, |_| vec![Act::Go(PaneId::File), Act::Run(Command::FileOpen)]);
            }
            Command::ListReconcile => {
                return self.about(cx, |list| {
                    vec![Act::Start(Op::Reconcile { list, run: None }), Act::Go(PaneId::Reconcile)]
                });
            }
            Command::ListGate => return self.about(cx, |list| vec![Act::Start(Op::Gate { list })]),
            Command::SandboxLose => {
                return self.about(cx, |list| vec![Act::Start(Op::SandboxLose { list, count: 3 })]);
            }
            Command::Copy => match self.selected(cx) {
                Some(overview) => return Reply::act(Act::Copy(detail::plain(cx, overview), "list")),
                None => return Reply::Ignored,
            },
            _ if self.focus == DETAIL => match moved(command, self.skip, 200, cx.hits.page_of(DETAIL)) {
                Some(skip) => self.skip = skip,
                None => return Reply::Ignored,
            },
            _ => {
                if !self.cursor.step(command, &self.keys(cx), cx.hits.page_of(LISTS)) {
                    return Reply::Ignored;
                }
                self.skip = 0;
            }
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        if !self.filter.text(text) {
            return Reply::Ignored;
        }
        self.cursor.resync(&self.keys(cx));
        Reply::done()
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        match hit {
            Hit::Region(region) => self.focus = region,
            Hit::Row(LISTS, index) => {
                self.focus = LISTS;
                self.cursor.go(index, &self.keys(cx));
                if double {
                    return self.update(Command::Accept, cx);
                }
            }
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn focus(&mut self, region: u8) {
        self.focus = region;
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        if cx.aim.list != self.aimed {
            self.aimed.clone_from(&cx.aim.list);
            if let Some(list) = &self.aimed {
                self.cursor.select(list.clone());
            }
        }
        self.cursor.resync(&self.keys(cx));
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let split = if area.width >= 100 {
            // As much as the longest name needs, but the detail keeps a third and the table what it had.
            let wanted = columns(cx).iter().map(|width| width + 1).sum::<u16>() + 2;
            let table = wanted.clamp(area.width * 6 / 10, area.width * 2 / 3);
            Layout::horizontal([Constraint::Length(table), Constraint::Fill(1)])
        } else {
            Layout::vertical([Constraint::Percentage(50), Constraint::Fill(1)])
        };
        let [left, right] = split.areas(area);
        self.table(left, buf, cx, hits);
        let focused = self.focus == DETAIL;
        let title = self.selected(cx).map_or("List".into(), |overview| cx.name(&overview.list.name, 50));
        let inside = frame(right, buf, cx, &title, focused);
        hits.add(inside, Hit::Region(DETAIL));
        hits.page(DETAIL, usize::from(inside.height));
        if let Some(overview) = self.selected(cx) {
            text::said(inside, buf, cx, &detail::lines(cx, overview, inside.width, focused), self.skip);
        }
    }
}

impl Lists {
    fn table(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let focused = self.focus == LISTS;
        let inside = frame(area, buf, cx, &title(cx), focused);
        let busy = cx.store.busy(Slot::Catalog);
        if cx.store.catalog.value().is_none()
            && text::waiting(inside, buf, cx, busy, cx.store.catalog.trouble(), "lists and rules")
        {
            return;
        }
        let shown = self.shown(cx);
        let inside = self.filter.view(inside, buf, cx, hits, shown.len(), cx.store.lists().len());
        if shown.is_empty() {
            let (sentence, next) = if self.filter.is_active() {
                ("No list has these words.", "Esc shows all")
            } else {
                ("The tenant has no lists.", "R reads again")
            };
            text::empty(inside, buf, cx, sentence, next);
            return;
        }
        let [_, kind, entries, uploaded, state_width] = columns(cx).map(Constraint::Length);
        let columns = [
            Column::left("list", Constraint::Fill(1)),
            Column::left("type", kind),
            Column::right("entries", entries),
            Column::left("uploaded", uploaded),
            Column::left("state", state_width),
        ];
        let table = Table { columns: &columns, total: shown.len(), region: LISTS, focused };
        table.view(inside, buf, cx, hits, &self.cursor, |row| {
            let Some(overview) = shown.get(row) else { return Vec::new() };
            let list = &overview.list;
            let name = if list.active { Role::Text } else { Role::Muted };
            let [title, kind, entries, upload, _] = words(cx, overview);
            vec![
                span(cx, name, title),
                span(cx, Role::Muted, kind),
                span(cx, Role::Text, entries),
                span(cx, Role::Muted, upload),
                state(cx, theme::list_state(overview.readiness.state), &state_word(cx, overview)),
            ]
        });
    }
}

/// What the table says of a list, column by column.
fn words(cx: &Cx, overview: &ListOverview) -> [String; 5] {
    let list = &overview.list;
    [
        cx.name(&list.name, 80),
        cx.name(&list.kind, 12),
        list.entry_count.map_or("?".into(), thousands),
        overview.facts.last_upload.as_ref().map_or("never".into(), |(at, _)| cx.day(*at)),
        format!("● {}", state_word(cx, overview)),
    ]
}

/// The width that each column needs for every list there is, so that it does not change while scrolling.
fn columns(cx: &Cx) -> [u16; 5] {
    let all: Vec<_> = cx.store.lists().iter().map(|overview| words(cx, overview)).collect();
    let titles = [("list", 80), ("type", 12), ("entries", 13), ("uploaded", 10), ("state", 20)];
    std::array::from_fn(|at| {
        let (title, most) = titles[at];
        widest(title, most, all.iter().map(|words| words[at].as_str()))
    })
}

/// How fresh the table is, and whether a newer one is on its way or did not come.
fn title(cx: &Cx) -> String {
    let count = cx.store.lists().len();
    let fresh = match cx.store.catalog.at() {
        _ if cx.store.busy(Slot::Catalog) => " · reading …".to_owned(),
        Some(at) if cx.store.catalog.trouble().is_some() => {
            format!(" · ▲ as of {}, newer not to be had", cx.when(at))
        }
        Some(at) => format!(" · as of {}", cx.when(at)),
        None => String::new(),
    };
    format!("Lists {count}{fresh}")
}

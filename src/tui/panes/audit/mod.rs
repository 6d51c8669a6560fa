//! Audit: the trail, newest first, with the state and the head of its chain.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;

use super::Pane;
use crate::domain::audit::{AuditEvent, TrailReport};
use crate::domain::text::thousands;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::detail::Detail;
use crate::tui::theme::Role;
use crate::tui::widgets::filter::Filter;
use crate::tui::widgets::table::{Column, Cursor, Table, widest};
use crate::tui::widgets::{frame, line, span, text};

#[cfg(test)]
mod tests;

const EVENTS: u8 = 0;

/// See the module.
#[derive(Debug, Default)]
pub struct Audit {
    cursor: Cursor<u64>,
    filter: Filter,
}

fn all(cx: &Cx) -> &[AuditEvent] {
    cx.store.trail.value().map_or(&[], |trail| &trail.events)
}

impl Audit {
    fn shown<'a>(&self, cx: &'a Cx) -> Vec<&'a AuditEvent> {
        all(cx)
            .iter()
            .filter(|event| {
                if !self.filter.is_active() {
                    return true;
                }
                let reason = event.reason.as_deref().unwrap_or_default();
                let text =
                    [&event.actor, &event.kind, &event.object, &event.effect].map(String::as_str).join(" ");
                // What is shown instead of an id is found too.
                let shown = format!("{} {}", said(cx, &event.object), said(cx, &event.effect));
                self.filter.admits(&format!("{text} {shown} {reason}"))
            })
            .collect()
    }

    fn keys(&self, cx: &Cx) -> Vec<u64> {
        self.shown(cx).into_iter().map(|event| event.seq).collect()
    }

    fn selected<'a>(&self, cx: &'a Cx) -> Option<&'a AuditEvent> {
        all(cx).iter().find(|event| self.cursor.key() == Some(&event.seq))
    }

    fn open(&self, cx: &Cx) -> Reply {
        match self.selected(cx) {
            Some(event) => Reply::act(Act::Open(Box::new(Detail::new("Event", detail(cx, event))))),
            None => Reply::done(),
        }
    }
}

/// An event's text for the table: lists by name where they are known, numbers with separators. The event in full, the
/// clipboard and the trail itself keep what was written.
fn said(cx: &Cx, text: &str) -> String {
    const NAMES: [&str; 6] = ["run", "plan", "list", "batch", "digest", "by"];
    let mut before = "";
    let mut words = Vec::new();
    for word in text.split(' ') {
        let core = word.trim_end_matches([',', '.', ';', ':']);
        let end = &word[core.len()..];
        let known = cx.store.lists().iter().find(|overview| before == "list" && overview.list.id.0 == core);
        let number = core.parse::<u64>().ok().filter(|_| core.bytes().all(|digit| digit.is_ascii_digit()));
        // What follows such a word is a name even where it is all digits.
        let number = number.filter(|_| !core.starts_with('0') && !NAMES.contains(&before));
        words.push(match (known, number) {
            (Some(overview), _) => format!("{}{end}", overview.list.name),
            (None, Some(n)) => format!("{}{end}", thousands(n)),
            (None, None) => word.to_owned(),
        });
        before = core;
    }
    words.join(" ")
}

/// `14:02:07` today, with the date otherwise.
fn time(cx: &Cx, at: Timestamp) -> String {
    let exactly = cx.when_exactly(at);
    let is_today = exactly.get(..10) == cx.when_exactly(cx.now).get(..10);
    if is_today { exactly.get(11..).unwrap_or(&exactly).to_owned() } else { exactly }
}

fn detail(cx: &Cx, event: &AuditEvent) -> Vec<(String, String)> {
    let reason = event.reason.as_deref().map_or("none given".into(), |reason| cx.name(reason, 400));
    [
        ("event", event.seq.to_string()),
        ("when", cx.when_exactly(event.at)),
        ("who", cx.name(&event.actor, 60)),
        ("what", cx.name(&event.kind, 60)),
        ("object", cx.name(&event.object, 100)),
        ("effect", cx.name(&event.effect, 600)),
        ("reason", reason),
        ("hash", cx.name(&event.hash, 128)),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .into()
}

/// The state of the chain as a word, with how far it was looked at and what is signed.
fn chain<'a>(cx: &'a Cx, report: &TrailReport) -> Line<'a> {
    let (role, word) = match &report.broken {
        None if report.trusted == 0 => {
            (Role::Good, format!("INTACT, all {} events", thousands(report.records)))
        }
        None => (Role::Good, format!("INTACT since event {} (V: all of it)", thousands(report.trusted))),
        Some(broken) if report.acknowledged => {
            (Role::Warn, format!("BROKEN at event {}, acknowledged", thousands(broken.at)))
        }
        Some(broken) => (
            Role::Bad,
            format!(
                "BROKEN at event {}, no run begins: {}",
                thousands(broken.at),
                cx.name(&broken.what, 120)
            ),
        ),
    };
    let signed = match &report.checkpoint {
        Some(checkpoint) => {
            format!(
                " · last checkpoint {} (event {})",
                time(cx, checkpoint.at),
                thousands(checkpoint.records)
            )
        }
        None => " · no checkpoint".into(),
    };
    Line::from(vec![span(cx, role, word), span(cx, Role::Muted, signed)])
}

impl Pane for Audit {
    fn id(&self) -> PaneId {
        PaneId::Audit
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
            Command::Accept => self.open(cx),
            Command::AuditVerify => Reply::act(Act::Start(Op::Audit { limit: 500, whole: true })),
            Command::Copy => match self.selected(cx) {
                Some(event) => {
                    let lines =
                        detail(cx, event).into_iter().map(|(label, value)| format!("{label}: {value}\n"));
                    Reply::act(Act::Copy(lines.collect(), "event"))
                }
                None => Reply::Ignored,
            },
            _ if self.cursor.step(command, &self.keys(cx), cx.hits.page_of(EVENTS)) => Reply::done(),
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        if !self.filter.text(text) {
            return Reply::Ignored;
        }
        self.cursor.resync(&self.keys(cx));
        Reply::done()
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let Hit::Row(EVENTS, index) = hit else { return Reply::Ignored };
        self.cursor.go(index, &self.keys(cx));
        if double { self.open(cx) } else { Reply::done() }
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        self.cursor.resync(&self.keys(cx));
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let inside = frame(area, buf, cx, "Audit trail, newest first", true);
        let busy = cx.store.busy(Slot::Audit);
        let Some(trail) = cx.store.trail.value() else {
            if !text::waiting(inside, buf, cx, busy, cx.store.trail.trouble(), "the trail") {
                text::empty(inside, buf, cx, "The trail was not read yet.", "R reads it");
            }
            return;
        };
        if inside.height < 4 {
            return;
        }
        line(Rect { height: 1, ..inside }, buf, &chain(cx, &trail.chain));
        let inside = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
        let head = Line::from(vec![
            span(cx, Role::Muted, "head "),
            span(cx, Role::Text, cx.name(&trail.head, 80)),
            span(cx, Role::Muted, " · each event's hash covers the one before"),
        ]);
        line(Rect { height: 1, ..inside }, buf, &head);
        let inside = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
        let shown = self.shown(cx);
        let inside = self.filter.view(inside, buf, cx, hits, shown.len(), trail.events.len());
        if shown.is_empty() {
            let (sentence, next) = if self.filter.is_active() {
                ("No event has these words.", "Esc shows all")
            } else {
                ("Nothing was done yet.", "Uploads, approvals and reconciliations appear here")
            };
            text::empty(inside, buf, cx, sentence, next);
            return;
        }
        // Newest first: if the first and the last are of today, all are.
        let ends = [shown.first(), shown.last()].into_iter().flatten().map(|event| time(cx, event.at));
        let ends: Vec<String> = ends.collect();
        let wide = widest("time", 19, ends.iter().map(String::as_str));
        let columns = [
            Column::left("time", Constraint::Length(wide)),
            Column::left("who", Constraint::Length(10)),
            Column::left("what", Constraint::Length(18)),
            Column::left("object", Constraint::Fill(2)),
            Column::left("effect", Constraint::Fill(5)),
        ];
        let table = Table { columns: &columns, total: shown.len(), region: EVENTS, focused: true };
        table.view(inside, buf, cx, hits, &self.cursor, |at| {
            let Some(event) = shown.get(at) else { return Vec::new() };
            vec![
                span(cx, Role::Muted, time(cx, event.at)),
                span(cx, Role::Text, cx.name(&event.actor, 30)),
                span(cx, Role::Text, cx.name(&event.kind, 40)),
                span(cx, Role::Muted, cx.name(&said(cx, &event.object), 60)),
                span(cx, Role::Text, cx.name(&said(cx, &event.effect), 200)),
            ]
        });
    }
}

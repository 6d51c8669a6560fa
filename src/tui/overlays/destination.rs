//! Where the numbers of the open file go: entries, items, a suppression list, an outbound list. What is chosen holds until
//! another list is chosen.
//!
//! ```text
//! ╭ Where to ───────────────────────────────────────────────────╮
//! │ kind   ◂ outbound ▸  contacts of an outbound list: a job …  │
//! │ do     ◂ add ▸       (entries: add, remove, sync)           │
//! │ list   cl-winback▏                                          │
//! │ scrub  National_DNC, Held                                   │
//! ╰─────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::domain::plan::{Destination, Operation};
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::{Cx, UploadAim};
use crate::tui::hits::HitMap;
use crate::tui::theme::Role;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::{line, span, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Kind,
    Operation,
    List,
    Scrub,
}

/// See the module.
#[derive(Debug)]
pub struct WhereTo {
    to: Destination,
    operation: Operation,
    list: Field,
    scrub: Field,
    focus: Focus,
}

impl WhereTo {
    /// Begins with what is aimed at now.
    pub fn new(cx: &Cx) -> Self {
        let mut overlay = Self {
            to: Destination::Entries,
            operation: Operation::Add,
            list: Field::default(),
            scrub: Field::default(),
            focus: Focus::Kind,
        };
        if let Some(aim) = &cx.aim.upload {
            overlay.to = aim.to;
            overlay.operation = aim.operation;
            overlay.list.set(&aim.list);
            overlay.scrub.set(&aim.scrub.join(", "));
        } else if let Some(list) = &cx.aim.list {
            overlay.list.set(cx.store.list_name(list));
        }
        overlay
    }

    /// The other kind to the left or right. A DNC list's name means nothing among suppression lists.
    fn turn(&mut self, back: bool) {
        let kinds = Destination::ALL.map(|(kind, _)| kind);
        let at = kinds.iter().position(|kind| *kind == self.to).unwrap_or(0);
        let step = if back { kinds.len() - 1 } else { 1 };
        let to = kinds[(at + step) % kinds.len()];
        if to.is_dnc_list() != self.to.is_dnc_list() || !to.is_dnc_list() {
            self.list.set("");
        }
        self.to = to;
    }

    /// The other operation to the left or right.
    fn turn_operation(&mut self, back: bool) {
        let all = Operation::ALL.map(|(operation, _)| operation);
        let at = all.iter().position(|operation| *operation == self.operation).unwrap_or(0);
        let step = if back { all.len() - 1 } else { 1 };
        self.operation = all[(at + step) % all.len()];
    }

    /// What is done: where nothing can be taken off there is nothing to choose.
    fn chosen(&self) -> Operation {
        if self.to.can_take_off() { self.operation } else { Operation::Add }
    }

    fn order(&self) -> &'static [Focus] {
        match self.to {
            Destination::Outbound => &[Focus::Kind, Focus::List, Focus::Scrub],
            to if to.can_take_off() => &[Focus::Kind, Focus::Operation, Focus::List],
            _ => &[Focus::Kind, Focus::List],
        }
    }

    fn step(&mut self, back: bool) {
        let order = self.order();
        let at = order.iter().position(|focus| *focus == self.focus).unwrap_or(0);
        let step = if back { order.len() - 1 } else { 1 };
        self.focus = order[(at + step) % order.len()];
    }

    fn take(&mut self) -> Reply {
        if self.list.is_blank() {
            self.focus = Focus::List;
            return Reply::act(Act::Refuse("name the list: its id, or exactly its name".into()));
        }
        let names = self.scrub.value().split(',').map(str::trim).filter(|name| !name.is_empty());
        let scrub = match self.to {
            Destination::Outbound => names.map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let operation = self.chosen();
        let aim = UploadAim { to: self.to, operation, list: self.list.value().trim().to_owned(), scrub };
        Reply::Consumed(vec![Act::Close, Act::AimUpload(aim)])
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        match self.focus {
            Focus::Kind | Focus::Operation => None,
            Focus::List => Some(&mut self.list),
            Focus::Scrub => Some(&mut self.scrub),
        }
    }
}

/// What a kind is, in a few words.
fn said(to: Destination) -> &'static str {
    match to {
        Destination::Entries => "entries of a DNC list: with jurisdiction and expiry, and a verdict on each",
        Destination::Items => "items of a DNC list: queued, and read back",
        Destination::Suppression => "contacts of a suppression list: with reason and end",
        Destination::Outbound => "contacts of an outbound list, to be CALLED: a job inserts them",
    }
}

/// What an operation does, in a few words.
fn done(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "the file's numbers shall stand on the list",
        Operation::Remove => "the file's numbers come OFF the list, and may be called then",
        Operation::Sync => {
            "the file is all that we keep there: what we put there before and it does not name comes OFF; records of \
             others stay"
        }
    }
}

impl Overlay for WhereTo {
    fn id(&self) -> OverlayId {
        OverlayId::WhereTo
    }

    fn field(&self) -> bool {
        !matches!(self.focus, Focus::Kind | Focus::Operation)
    }

    fn update(&mut self, command: Command, _cx: &Cx) -> Reply {
        match command {
            Command::Left if self.focus == Focus::Kind => self.turn(true),
            Command::Right if self.focus == Focus::Kind => self.turn(false),
            Command::Left if self.focus == Focus::Operation => self.turn_operation(true),
            Command::Right if self.focus == Focus::Operation => self.turn_operation(false),
            Command::NextRegion | Command::Down => self.step(false),
            Command::PrevRegion | Command::Up => self.step(true),
            Command::Accept if Some(&self.focus) == self.order().last() => return self.take(),
            Command::Accept => self.step(false),
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        match self.field_mut() {
            Some(field) => {
                field.edit(text);
                Reply::done()
            }
            None => Reply::Ignored,
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let width = area.width.min(92);
        let inner = usize::from(width.saturating_sub(4));
        let mut words: Vec<String> = text::wrap(said(self.to), inner);
        if self.to.can_take_off() {
            words.extend(text::wrap(done(self.operation), inner));
        }
        if self.to == Destination::Outbound && self.scrub.is_blank() {
            words.extend(text::wrap(
                "Not scrubbed: nobody is left out who stands on a do-not-call list.",
                inner,
            ));
        }
        let inside = window(area, buf, cx, "Where to", width, words.len() as u16 + 8);
        let mut rows = (inside.y..inside.bottom()).map(|y| Rect { y, height: 1, ..inside });
        let mut choices = vec![(" kind   ", self.to.as_str(), Focus::Kind)];
        if self.to.can_take_off() {
            choices.push((" do     ", self.operation.as_str(), Focus::Operation));
        }
        for ((label, value, focus), place) in choices.into_iter().zip(rows.by_ref()) {
            let chosen = self.focus == focus;
            let spans = vec![
                span(cx, if chosen { Role::Key } else { Role::Muted }, label),
                span(cx, if chosen { Role::Title } else { Role::Text }, format!("◂ {value} ▸")),
                span(cx, Role::Muted, if chosen { "   ← → chooses, Enter goes on" } else { "" }),
            ];
            line(place, buf, &Line::from(spans));
        }
        if let Some(place) = rows.next() {
            let ghost = match self.to {
                Destination::Outbound => "the contact list's id",
                _ => "its id, or exactly its name",
            };
            self.list.view(place, buf, cx, hits, " list   ", ghost, self.focus == Focus::List);
        }
        if self.to == Destination::Outbound
            && let Some(place) = rows.next()
        {
            let ghost = "lists to hold it against, with commas between them";
            self.scrub.view(place, buf, cx, hits, " scrub  ", ghost, self.focus == Focus::Scrub);
        }
        for (said, place) in words.iter().zip(rows.skip(1)) {
            line(place, buf, &Line::from(span(cx, Role::Muted, format!(" {said}"))));
        }
    }
}

#[cfg(test)]
mod tests;

//! Which column holds what: fields above, each with what its column holds and how the rows at hand read under it, and the
//! file's columns below. Nothing is guessed for the person and nothing happens before Enter.
//!
//! ```text
//! ▌ number         ◂ phone ▸      118 of 120 read as numbers · 2 rejected: not a phone number
//!                                 (415) 555-0101 · n/a · 415.555.0102
//!   expires        = 2029-12-31   for every row
//! ───────────────────────────────────────────────────────────
//!   1 phone   118/120   number    (415) 555-0101 · n/a
//!   2 state     0/120             US-CA · US-NV
//! ```

mod reads;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Overlay;
use crate::ops::{Constants, Field, Input};
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::Op;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::store::OpenFile;
use crate::tui::widgets::input;
use crate::tui::widgets::list::Spot;

/// See the module.
#[derive(Debug, Default)]
pub struct Mapping {
    spot: Spot,
    /// What was chosen; `None` until the person changed something.
    chosen: Option<Chosen>,
    /// What was chosen before a field's column was turned: columns on the way are given back to who had them.
    before: Option<(Field, Chosen)>,
    /// What the person turned the header into, if they did.
    header: Option<bool>,
    /// The constant that is being typed.
    typing: Option<input::Field>,
}

/// Columns and constants, as they would be used.
#[derive(Clone, Debug)]
struct Chosen {
    columns: BTreeMap<Field, usize>,
    /// Further columns of numbers.
    more: Vec<usize>,
    constants: Constants,
}

impl Chosen {
    /// As the file is read now.
    fn of(file: &OpenFile) -> Self {
        let document = &file.opened.document;
        let mapping = document.mapping();
        Self {
            columns: mapping.columns.clone(),
            more: mapping.more_numbers.clone(),
            constants: document.constants().clone(),
        }
    }

    fn is_used(&self, column: usize) -> bool {
        self.columns.values().chain(&self.more).any(|at| *at == column)
    }

    /// A column serves one field: whatever had it loses it.
    fn set(&mut self, field: Field, column: usize) {
        self.columns.retain(|other, at| *other == field || *at != column);
        self.more.retain(|at| *at != column);
        self.columns.insert(field, column);
        self.constants.remove(field);
    }

    /// The field that a column serves.
    fn field_of(&self, column: usize) -> Option<Field> {
        let first = self.columns.iter().find(|(_, at)| **at == column).map(|(field, _)| *field);
        first.or_else(|| self.more.contains(&column).then_some(Field::Number))
    }
}

impl Mapping {
    fn field_at(&self) -> Field {
        Field::ALL.get(self.spot.at).copied().unwrap_or(Field::Number)
    }

    fn chosen(&self, file: &OpenFile) -> Chosen {
        self.chosen.clone().unwrap_or_else(|| Chosen::of(file))
    }

    fn change(&mut self, file: &OpenFile, change: impl FnOnce(&mut Chosen)) {
        self.before = None;
        change(self.chosen.get_or_insert_with(|| Chosen::of(file)));
    }

    /// The next column for the selected field, forwards or backwards. Of several number columns the last one turns.
    fn turn(&mut self, back: bool, file: &OpenFile) {
        let count = file.opened.document.columns().len();
        if count == 0 {
            return;
        }
        let field = self.field_at();
        let next = |from: Option<usize>| match from {
            None if back => count - 1,
            None => 0,
            Some(at) if back => (at + count - 1) % count,
            Some(at) => (at + 1) % count,
        };
        let now = self.chosen(file);
        if let Some((last, rest)) = now.more.split_last().filter(|_| field == Field::Number) {
            let mut at = next(Some(*last));
            while at != *last && now.is_used(at) {
                at = next(Some(at));
            }
            let more = [rest, &[at]].concat();
            self.change(file, |chosen| chosen.more = more);
            return;
        }
        let before = match self.before.take() {
            Some((of, before)) if of == field => before,
            _ => now.clone(),
        };
        let mut turned = before.clone();
        turned.set(field, next(now.columns.get(&field).copied()));
        self.chosen = Some(turned);
        self.before = Some((field, before));
    }

    /// One more column of numbers: the next one that serves no field.
    fn add(&mut self, file: &OpenFile) -> Reply {
        let chosen = self.chosen(file);
        if self.field_at() != Field::Number || !chosen.columns.contains_key(&Field::Number) {
            return Reply::act(Act::Refuse("only the number may stand in several columns".into()));
        }
        let free = (0..file.opened.document.columns().len()).find(|at| !chosen.is_used(*at));
        match free {
            None => Reply::act(Act::Refuse("every column serves a field already".into())),
            Some(at) => {
                self.change(file, |chosen| chosen.more.push(at));
                Reply::done()
            }
        }
    }

    /// The last number column goes, or the only column of another field, or its constant.
    fn remove(&mut self, file: &OpenFile) -> Reply {
        let field = self.field_at();
        if field == Field::Number && self.chosen(file).more.is_empty() {
            return Reply::act(Act::Refuse("the number needs a column".into()));
        }
        self.change(file, |chosen| {
            if field == Field::Number {
                chosen.more.pop();
            } else if chosen.columns.remove(&field).is_none() {
                chosen.constants.remove(field);
            }
        });
        Reply::done()
    }

    fn type_constant(&mut self, file: &OpenFile) -> Reply {
        let field = self.field_at();
        if !Constants::FIELDS.contains(&field) {
            return Reply::act(Act::Refuse(format!("{} has no value for every row", field.as_str())));
        }
        let mut typed = input::Field::default();
        typed.set(self.chosen(file).constants.get(field).unwrap_or_default());
        self.typing = Some(typed);
        Reply::done()
    }

    /// What was typed holds for every row; nothing takes the constant away.
    fn set_constant(&mut self, file: &OpenFile) -> Reply {
        let field = self.field_at();
        let typed = self.typing.as_ref().map(|typed| typed.value().trim().to_owned()).unwrap_or_default();
        let mut constants = self.chosen(file).constants;
        if typed.is_empty() {
            constants.remove(field);
        } else if let Err(why) = constants.set(field, &typed) {
            return Reply::act(Act::Refuse(why.to_string()));
        }
        self.typing = None;
        self.change(file, |chosen| {
            if !typed.is_empty() {
                chosen.columns.remove(&field);
            }
            chosen.constants = constants;
        });
        Reply::done()
    }

    fn take(&self, file: &OpenFile) -> Reply {
        let document = &file.opened.document;
        let now = self.chosen(file);
        if ![Field::Number, Field::Email].iter().any(|field| now.columns.contains_key(field)) {
            return Reply::act(Act::Refuse("choose the column of the number first (←, →)".into()));
        }
        let mut input: Input = file.opened.input.clone();
        if self.chosen.is_some() {
            // Every choice is said, also where sniffing found the same, and where there is no column: it must not change
            // behind the person's back.
            let column = |at: Option<&usize>| at.map_or_else(|| "-".to_owned(), |at| (at + 1).to_string());
            let fields = Field::ALL.into_iter().map(|field| (field, column(now.columns.get(&field))));
            let more = now.more.iter().map(|at| (Field::Number, column(Some(at))));
            input.options.map = fields.chain(more).collect();
            input.options.constants = now.constants;
            input.options.only_said = true;
        }
        input.options.header = self.header.or(input.options.header);
        let op = Op::OpenFile { path: document.path().to_path_buf(), input };
        Reply::Consumed(vec![Act::Close, Act::Start(op)])
    }
}

impl Overlay for Mapping {
    fn id(&self) -> OverlayId {
        OverlayId::Mapping
    }

    fn field(&self) -> bool {
        self.typing.is_some()
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        let Some(file) = &cx.store.file else { return Reply::act(Act::Close) };
        if self.typing.is_some() {
            match command {
                Command::Accept => return self.set_constant(file),
                Command::Back => self.typing = None,
                _ => {}
            }
            return Reply::done();
        }
        if self.spot.step(command, Field::ALL.len(), Field::ALL.len()) {
            return Reply::done();
        }
        match command {
            Command::Left | Command::Right => self.turn(command == Command::Left, file),
            Command::MappingHeader => {
                let now = self.header.unwrap_or(file.opened.document.format().header);
                self.header = Some(!now);
            }
            Command::MappingAdd => return self.add(file),
            Command::MappingRemove => return self.remove(file),
            Command::MappingConstant => return self.type_constant(file),
            Command::Accept => return self.take(file),
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        match &mut self.typing {
            Some(typing) => {
                typing.edit(text);
                Reply::done()
            }
            None => Reply::Ignored,
        }
    }

    fn click(&mut self, hit: Hit, _double: bool, cx: &Cx) -> Reply {
        match (hit, &cx.store.file) {
            (Hit::Row(0, index), _) => self.spot.at = index,
            (Hit::Row(1, column), Some(file)) => {
                let field = self.field_at();
                self.change(file, |chosen| chosen.set(field, column));
            }
            _ => return Reply::Ignored,
        }
        self.typing = None;
        Reply::done()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        view::view(self, area, buf, cx, hits);
    }
}

//! Which column holds what: fields above, the file's columns below with samples, and how many of the rows at hand each
//! would serve. Nothing is guessed for the person and nothing happens before Enter.
//!
//! ```text
//! ▌ number         phone           118 of 120 read as numbers
//!   jurisdiction   (none)          inferred from the area code
//! ─────────────────────────────────────────────────────────
//!   1 phone   118/120   (415) 555-0101 · n/a
//!   2 state     0/120   US-CA · US-NV
//! ```

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::ops::{Field, Input};
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::Op;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::store::OpenFile;
use crate::tui::theme::Role;
use crate::tui::widgets::list::{Spot, cells, list, right};
use crate::tui::widgets::{line, span, text};

/// How many rows the counts look at.
const ROWS: usize = 200;

/// See the module.
#[derive(Debug, Default)]
pub struct Mapping {
    spot: Spot,
    /// Columns as chosen; `None` until the open file was looked at.
    chosen: Option<BTreeMap<Field, usize>>,
    /// What the person turned the header into, if they did.
    header: Option<bool>,
}

impl Mapping {
    fn field_at(&self) -> Field {
        Field::ALL.get(self.spot.at).copied().unwrap_or(Field::Number)
    }

    fn column(&self, field: Field, file: &OpenFile) -> Option<usize> {
        self.chosen.as_ref().unwrap_or(&file.opened.document.mapping().columns).get(&field).copied()
    }

    /// The next column for the selected field, forwards or backwards. A column serves one field: the other loses it.
    fn turn(&mut self, back: bool, file: &OpenFile) {
        let count = file.opened.document.columns().len();
        if count == 0 {
            return;
        }
        let field = self.field_at();
        let next = match self.column(field, file) {
            None if back => count - 1,
            None => 0,
            Some(at) if back => (at + count - 1) % count,
            Some(at) => (at + 1) % count,
        };
        self.set(field, next, file);
    }

    fn set(&mut self, field: Field, column: usize, file: &OpenFile) {
        let chosen = self.chosen.get_or_insert_with(|| file.opened.document.mapping().columns.clone());
        chosen.retain(|other, at| *other == field || *at != column);
        chosen.insert(field, column);
    }

    fn take(&self, file: &OpenFile) -> Reply {
        let document = &file.opened.document;
        if self.column(Field::Number, file).is_none() {
            return Reply::act(Act::Refuse("choose the column of the number first (←, →)".into()));
        }
        let mut input: Input = Input::clone(&file.opened.input);
        if let Some(chosen) = &self.chosen {
            // Every choice is said, also where sniffing found the same: it must not change behind the person's back.
            let none = |said: &(Field, String)| said.1 == "-" && !chosen.contains_key(&said.0);
            let map = chosen.iter().map(|(field, at)| (*field, (at + 1).to_string()));
            input.options.map =
                map.chain(input.options.map.iter().filter(|said| none(said)).cloned()).collect();
        }
        input.options.header = self.header.or(input.options.header);
        let op = Op::OpenFile { path: document.path().to_path_buf(), input };
        Reply::Consumed(vec![Act::Close, Act::Start(op)])
    }
}

fn cells_of(file: &OpenFile, column: usize) -> impl Iterator<Item = &str> {
    let rows = file.window.iter().flat_map(|window| window.rows.iter().take(ROWS));
    rows.map(move |row| row.record.fields.get(column).map_or("", String::as_str))
}

/// How many of the rows at hand a column would serve a field.
fn serves(cx: &Cx, file: &OpenFile, field: Field, column: usize) -> usize {
    let filled = |cell: &&str| !cell.trim().is_empty();
    match field {
        Field::Number => {
            let plain = || Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
            let normaliser = cx.env.tenant.as_ref().map_or_else(plain, |tenant| tenant.normaliser.clone());
            let mapping = file.opened.document.mapping();
            let split = mapping.split_number && mapping.columns.get(&Field::Number) == Some(&column);
            if split {
                let both = cells_of(file, column).zip(cells_of(file, column + 1));
                return both
                    .filter(|(area, rest)| normaliser.normalise(&format!("{area}{rest}")).is_ok())
                    .count();
            }
            cells_of(file, column).filter(|cell| normaliser.normalise(cell).is_ok()).count()
        }
        Field::Jurisdiction => {
            cells_of(file, column).filter(|cell| Jurisdiction::parse(cell).is_some()).count()
        }
        _ => cells_of(file, column).filter(filled).count(),
    }
}

/// What the count of a field says.
fn counted(field: Field) -> &'static str {
    match field {
        Field::Number => "read as numbers",
        Field::Jurisdiction => "have the form US-CA",
        _ => "are filled",
    }
}

/// What happens to a field without a column.
fn without(field: Field) -> &'static str {
    match field {
        Field::Number => "needed: ← and → choose",
        Field::Jurisdiction => "inferred from the area code",
        Field::Expires => "never",
        Field::Source | Field::Notes => "left empty",
        Field::RangeEnd => "one number a row",
        Field::Change => "every row adds",
    }
}

impl Overlay for Mapping {
    fn id(&self) -> OverlayId {
        OverlayId::Mapping
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        let Some(file) = &cx.store.file else { return Reply::act(Act::Close) };
        if self.spot.step(command, Field::ALL.len(), Field::ALL.len()) {
            return Reply::done();
        }
        match command {
            Command::Left | Command::Right => self.turn(command == Command::Left, file),
            Command::MappingHeader => {
                let now = self.header.unwrap_or(file.opened.document.format().header);
                self.header = Some(!now);
            }
            Command::Accept => return self.take(file),
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, _double: bool, cx: &Cx) -> Reply {
        match (hit, &cx.store.file) {
            (Hit::Row(0, index), _) => self.spot.at = index,
            (Hit::Row(1, column), Some(file)) => self.set(self.field_at(), column, file),
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let inside = window(area, buf, cx, "Which column holds what", 100, 26);
        let Some(file) = &cx.store.file else {
            text::empty(inside, buf, cx, "No file is open.", "Esc closes");
            return;
        };
        if inside.height < 11 {
            return;
        }
        let names = file.opened.document.columns();
        let at_hand = file.window.as_ref().map_or(0, |window| window.rows.len().min(ROWS));
        let fields = Field::ALL.len() as u16;
        let top = Rect { height: fields, ..inside };
        list(top, buf, cx, hits, (0, true), Field::ALL.len(), &self.spot, |row| {
            let field = Field::ALL[row];
            let (name, count) = match self.column(field, file) {
                Some(at) => {
                    let served = serves(cx, file, field, at);
                    let name = names.get(at).map_or_else(String::new, |name| cx.name(name, 60));
                    (name, format!("{served} of {at_hand} {}", counted(field)))
                }
                None => ("(none)".to_owned(), without(field).to_owned()),
            };
            vec![
                (0, 13, span(cx, Role::Muted, field.as_str())),
                (14, 20, span(cx, Role::Text, format!("◂ {name} ▸"))),
                (36, 60, span(cx, Role::Muted, count)),
            ]
        });
        let header = self.header.unwrap_or(file.opened.document.format().header);
        let first =
            if header { "the first line names the columns" } else { "no header: the first line is data" };
        let row = |y: u16| Rect { y: inside.y + y, height: 1, ..inside };
        line(row(fields), buf, &Line::from(span(cx, Role::Muted, format!(" {first} (t changes it)"))));
        let heading = format!(" columns, and how many rows {}", counted(self.field_at()));
        line(row(fields + 1), buf, &Line::from(span(cx, Role::Title, heading)));
        let head = fields + 2;
        let below = Rect { y: inside.y + head, height: inside.height - head, ..inside };
        self.columns(below, buf, cx, hits, file, at_hand);
    }
}

impl Mapping {
    fn columns(
        &self,
        area: Rect,
        buf: &mut Buffer,
        cx: &Cx,
        hits: &mut HitMap,
        file: &OpenFile,
        at_hand: usize,
    ) {
        let names = file.opened.document.columns();
        let here = self.column(self.field_at(), file);
        let height = usize::from(area.height);
        let top = here.map_or(0, |at| (at + 1).saturating_sub(height));
        for (y, at) in (top..names.len()).take(height).enumerate() {
            let place = Rect { y: area.y + y as u16, height: 1, ..area };
            let used = Field::ALL.into_iter().find(|field| self.column(*field, file) == Some(at));
            let mark = if here == Some(at) { "▸" } else { " " };
            let samples: Vec<String> = cells_of(file, at)
                .filter(|cell| !cell.trim().is_empty())
                .take(3)
                .map(|cell| cx.text(cell, 24))
                .collect();
            let served = serves(cx, file, self.field_at(), at);
            let role = if here == Some(at) { Role::Accent } else { Role::Text };
            cells(
                place,
                buf,
                vec![
                    (0, 5, span(cx, Role::Key, format!("{mark}{}", right(&(at + 1).to_string(), 3)))),
                    (6, 18, span(cx, role, cx.name(&names[at], 40))),
                    (25, 9, span(cx, Role::Muted, right(&format!("{served}/{at_hand}"), 9))),
                    (36, 13, span(cx, Role::Key, used.map_or("", Field::as_str))),
                    (50, 60, span(cx, Role::Muted, samples.join(" · "))),
                ],
            );
            hits.add(place, Hit::Row(1, at));
        }
    }
}

//! ONE overlay for `?` and `:`: the command table, filtered by what is typed, executable; with lists, runs and recent
//! files behind it. What is not possible now stays visible with its reason.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::{Overlay, window};
use crate::domain::text::{thousands, visible};
use crate::ops::Input;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{self, Command, OverlayId, PaneId, Row, Scope};
use crate::tui::cx::Cx;
use crate::tui::event::Op;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::span;
use crate::tui::widgets::table::{Column, Cursor, Table, widest};

/// Which of the two it is: they differ in the order of rows and in the column beside the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `?`: this place first, with a sentence each.
    Help,
    /// `:`: everything by name.
    Palette,
}

/// What a row of the menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Command(Command, Scope),
    List(crate::domain::list::ListId),
    Run(String),
    File(std::path::PathBuf),
    Row(u64),
}

/// Where the typed letters were found, best first: a name that begins with them is what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Begins,
    Word,
    Name,
    Else,
}

#[derive(Debug)]
struct Item {
    target: Target,
    key: String,
    name: String,
    note: String,
    /// The stable name: found by it, but not shown.
    id: &'static str,
    why_not: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub struct Menu {
    kind: Kind,
    here: PaneId,
    field: Field,
    cursor: Cursor<usize>,
    items: Vec<Item>,
    shown: Vec<usize>,
    /// Rows of the file that the pane behind shows, and whether that is all of them.
    rows: Option<(u64, bool)>,
}

impl Menu {
    /// Opened from a pane.
    pub fn new(kind: Kind, here: PaneId, why_not: &dyn Fn(&Row) -> Option<String>, cx: &Cx) -> Self {
        let mut rows: Vec<&'static Row> = command::all()
            .filter(|row| row.palette && !matches!(row.scope, Scope::Overlay(_)))
            .filter(|row| !matches!(row.command, Command::Help | Command::Palette))
            .collect();
        rows.sort_by_key(|row| match row.scope {
            Scope::Pane(pane) if pane == here => 0,
            Scope::Global => 1,
            _ => 2,
        });
        if kind == Kind::Help {
            rows.retain(|row| matches!(row.scope, Scope::Global) || row.scope == Scope::Pane(here));
        }
        // A pane's own row of a command stands for the global one.
        let own: Vec<Command> =
            rows.iter().filter(|row| row.scope == Scope::Pane(here)).map(|row| row.command).collect();
        let everywhere = |command| command::row(command, &[Scope::Global]).is_some();
        rows.retain(|row| match row.scope {
            Scope::Pane(pane) if pane == here => true,
            Scope::Pane(_) => !everywhere(row.command),
            _ => !own.contains(&row.command),
        });
        let mut items: Vec<Item> = rows.into_iter().map(|row| command_item(row, here, why_not)).collect();
        items.extend(fact_items(cx));
        let shown = (0..items.len()).collect();
        let file = cx.store.file.as_ref().filter(|_| here == PaneId::File);
        let rows = file.map(|file| (file.index.rows, file.index.complete));
        Self { kind, here, field: Field::default(), cursor: Cursor::default(), items, shown, rows }
    }

    fn filter(&mut self) {
        self.items.retain(|item| !matches!(item.target, Target::Row(_)));
        let pattern = Pattern::parse(self.field.value(), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut letters = Vec::new();
        let typed = self.field.value().trim().to_lowercase();
        let mut scored: Vec<((Found, std::cmp::Reverse<u32>), usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut letters), &mut matcher);
                let name = item.name.to_lowercase();
                let (found, score) = match score(&item.name) {
                    Some(score) if name.starts_with(&typed) => (Found::Begins, score),
                    Some(score) if name.split([' ', '-', '_']).any(|word| word.starts_with(&typed)) => {
                        (Found::Word, score)
                    }
                    Some(score) => (Found::Name, score),
                    None => (Found::Else, score(&format!("{} {} {}", item.name, item.note, item.id))?),
                };
                Some(((found, std::cmp::Reverse(score)), index))
            })
            .collect();
        if !self.field.is_blank() {
            scored.sort();
        }
        self.shown = scored.into_iter().map(|(_, index)| index).collect();
        if let Some(item) = self.row_item() {
            self.shown.insert(0, self.items.len());
            self.items.push(item);
        }
        self.cursor = Cursor::default();
        self.cursor.go(0, &self.shown);
    }

    /// A number alone is a row of the file behind.
    fn row_item(&self) -> Option<Item> {
        let (rows, complete) = self.rows?;
        let typed = self.field.value().trim();
        let number = typed.strip_prefix("row").unwrap_or(typed).trim().replace([',', ' '], "");
        if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let last = thousands(rows);
        // More digits than are counted with: no file has such a row, however much of it is still to be read.
        let Ok(row) = number.parse::<u64>() else {
            let number = visible(&number, 20);
            return Some(Item {
                target: Target::Row(0),
                key: String::new(),
                name: format!("go to row {number}"),
                note: String::new(),
                id: "",
                why_not: Some(format!("there is no row {number}; no file has that many")),
            });
        };
        let beyond = (row == 0 || row > rows) && complete;
        Some(Item {
            target: Target::Row(row),
            key: String::new(),
            name: format!("go to row {}", thousands(row)),
            note: if complete { format!("the last is row {last}") } else { format!("read so far: {last}") },
            id: "",
            why_not: beyond.then(|| format!("there is no row {}; the last is row {last}", thousands(row))),
        })
    }

    fn take(&self) -> Reply {
        let Some(item) = self.cursor.key().or(self.shown.first()).and_then(|index| self.items.get(*index))
        else {
            return Reply::done();
        };
        if let Some(why) = &item.why_not {
            return Reply::act(Act::Refuse(why.clone()));
        }
        let mut acts = vec![Act::Close];
        match &item.target {
            Target::Command(command, Scope::Pane(pane)) if *pane != self.here => {
                acts.extend([Act::Go(*pane), Act::Run(*command)]);
            }
            Target::Command(command, _) => acts.push(Act::Run(*command)),
            Target::Row(row) => acts.push(Act::Jump(*row)),
            Target::List(list) => acts.extend([Act::AimList(list.clone()), Act::Go(PaneId::Lists)]),
            Target::Run(run) => acts.extend([Act::AimRun(run.clone()), Act::Go(PaneId::Uploads)]),
            Target::File(path) => acts.extend([
                Act::Go(PaneId::File),
                Act::Start(Op::OpenFile { path: path.clone(), input: Input::default() }),
            ]),
        }
        Reply::Consumed(acts)
    }
}

fn command_item(row: &'static Row, here: PaneId, why_not: &dyn Fn(&Row) -> Option<String>) -> Item {
    let place = match row.scope {
        Scope::Pane(pane) if pane != here => format!("{}: ", pane.word()),
        _ => String::new(),
    };
    Item {
        target: Target::Command(row.command, row.scope),
        key: row.key_label().unwrap_or_default(),
        name: format!("{place}{}", row.title),
        note: row.help.to_owned(),
        id: row.id,
        why_not: why_not(row),
    }
}

fn fact_items(cx: &Cx) -> Vec<Item> {
    let item = |target, name, note: &str| Item {
        target,
        key: String::new(),
        name,
        note: note.to_owned(),
        id: "",
        why_not: None,
    };
    let lists = cx.store.lists().iter().map(|overview| {
        item(
            Target::List(overview.list.id.clone()),
            format!("list {}", cx.name(&overview.list.name, 60)),
            overview.readiness.state.as_str(),
        )
    });
    let runs = cx.store.runs.value().into_iter().flatten().map(|run| {
        item(
            Target::Run(run.id.clone()),
            format!("run {} → {}", cx.name(&run.id, 12), cx.name(&run.list_name, 40)),
            run.state.as_str(),
        )
    });
    let files = cx.store.recent.iter().map(|path| {
        item(
            Target::File(path.clone()),
            format!("file {}", cx.text(&path.display().to_string(), 80)),
            "recent",
        )
    });
    lists.chain(runs).chain(files).collect()
}

impl Overlay for Menu {
    fn id(&self) -> OverlayId {
        OverlayId::Menu
    }

    fn field(&self) -> bool {
        true
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        if self.cursor.step(command, &self.shown, cx.hits.page_of(0)) {
            return Reply::done();
        }
        match command {
            Command::Accept => self.take(),
            Command::Back if !self.field.value().is_empty() => {
                self.field.set("");
                self.filter();
                Reply::done()
            }
            Command::Palette | Command::Help => Reply::act(Act::Close),
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        if self.field.edit(text) {
            self.filter();
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, _double: bool, _cx: &Cx) -> Reply {
        let Hit::Row(0, index) = hit else { return Reply::Ignored };
        self.cursor.go(index, &self.shown);
        self.take()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let title = match self.kind {
            Kind::Help => "What can be done here",
            Kind::Palette => "Commands, lists, runs, files",
        };
        let inside = window(area, buf, cx, title, 118, 26);
        if inside.height < 3 {
            return;
        }
        let top = Rect { height: 1, ..inside };
        let ghost = match self.rows {
            Some(_) => "type to find, or the number of a row; Enter does it",
            None => "type to find; Enter does it",
        };
        self.field.view(top, buf, cx, hits, ": ", ghost, true);
        let rest = Rect { y: inside.y + 2, height: inside.height - 2, ..inside };
        if self.shown.is_empty() {
            crate::tui::widgets::text::empty(rest, buf, cx, "Nothing has these letters.", "Esc clears");
            return;
        }
        // Of all that could be shown, so that the columns stand still while one types; the sentences get what is left.
        let names = self.items.iter().filter(|item| matches!(item.target, Target::Command(..)));
        let name = widest("", rest.width * 2 / 5, names.map(|item| item.name.as_str()));
        let columns = [
            Column::left("", Constraint::Length(7)),
            Column::left("", Constraint::Length(name.max(16))),
            Column::left("", Constraint::Fill(1)),
        ];
        let table = Table { columns: &columns, total: self.shown.len(), region: 0, focused: true };
        table.view(rest, buf, cx, hits, &self.cursor, |row| {
            let Some(item) = self.shown.get(row).and_then(|index| self.items.get(*index)) else {
                return Vec::new();
            };
            let (name, note) = match &item.why_not {
                Some(why) => (Role::Muted, format!("✗ {why}")),
                None => (Role::Text, item.note.clone()),
            };
            vec![
                span(cx, Role::Key, item.key.clone()),
                span(cx, name, item.name.clone()),
                span(cx, Role::Muted, note),
            ]
        });
    }
}

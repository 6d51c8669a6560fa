//! Choosing a file: a folder's content, recent files in front, filtered by what is typed. A path that is typed or
//! pasted opens too. Folders are read in the background; the list of the last one stays until the next is there.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, fuzzy, window};
use crate::ops::Input;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::list::{Spot, list, right};
use crate::tui::widgets::{line, span, text};

/// What a row of the picker stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    path: PathBuf,
    name: String,
    kind: Kind,
    size: u64,
    modified: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Recent,
    Folder,
    File,
}

/// See the module.
#[derive(Debug)]
pub struct FilePicker {
    field: Field,
    spot: Spot,
    /// The folder to show; asked for once.
    wanted: PathBuf,
    asked: bool,
    items: Vec<Item>,
    shown: Vec<usize>,
}

impl FilePicker {
    /// Begins beside the open file, or in the folder the console started with.
    pub fn new(cx: &Cx) -> Self {
        let beside = cx.store.recent.first().and_then(|path| path.parent()).map(Path::to_path_buf);
        let wanted = beside.unwrap_or_else(|| cx.env.folder.clone());
        Self {
            field: Field::default(),
            spot: Spot::default(),
            wanted,
            asked: false,
            items: Vec::new(),
            shown: Vec::new(),
        }
    }

    fn go(&mut self, folder: PathBuf) -> Reply {
        self.field.set("");
        self.spot = Spot::default();
        self.wanted.clone_from(&folder);
        self.asked = true;
        Reply::act(Act::Start(Op::Folder { path: folder }))
    }

    fn up(&mut self, cx: &Cx) -> Reply {
        // A folder that is on its way counts as gone to, so that quick keys lead where they say.
        let shown = cx.store.folder.value().filter(|_| !cx.store.busy(Slot::Folder));
        let here = shown.map_or(&self.wanted, |folder| &folder.path);
        match here.parent().map(Path::to_path_buf) {
            Some(above) => self.go(above),
            None => Reply::act(Act::Refuse("this is the topmost folder".into())),
        }
    }

    fn open(path: PathBuf) -> Reply {
        let op = Op::OpenFile { path, input: Input::default() };
        Reply::Consumed(vec![Act::Close, Act::Start(op)])
    }

    fn take(&mut self, cx: &Cx) -> Reply {
        if let Some(path) = typed_path(self.field.value()) {
            let path = cx.store.folder.value().map_or(path.clone(), |folder| folder.path.join(&path));
            let is_folder = self.field.value().trim_end().ends_with(['/', '\\']);
            return if is_folder { self.go(path) } else { Self::open(path) };
        }
        match self.shown.get(self.spot.at).and_then(|at| self.items.get(*at)) {
            Some(item) if item.kind == Kind::Folder => self.go(item.path.clone()),
            Some(item) => Self::open(item.path.clone()),
            None => Reply::act(Act::Refuse("nothing here has these letters; Esc clears them".into())),
        }
    }

    fn filter(&mut self) {
        let typed = if typed_path(self.field.value()).is_some() { "" } else { self.field.value() };
        self.shown = fuzzy::filter(typed, self.items.iter().map(|item| item.name.as_str()));
        self.spot.clamp(self.shown.len());
    }
}

/// What was typed or pasted, where it is a path and not a few letters of a name: quotes and `file://` are taken off.
pub fn typed_path(typed: &str) -> Option<PathBuf> {
    let plain = typed.trim().trim_matches(['"', '\'']).trim();
    let plain = plain.strip_prefix("file://").unwrap_or(plain);
    let is_path = plain.contains(['/', '\\']) && plain.chars().any(|c| !c.is_whitespace());
    // Terminals escape blanks in the path of a file that is dropped on them.
    is_path.then(|| PathBuf::from(if cfg!(windows) { plain.to_owned() } else { plain.replace("\\ ", " ") }))
}

fn items(cx: &Cx) -> Vec<Item> {
    let recent = cx.store.recent.iter().map(|path| Item {
        path: path.clone(),
        name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        kind: Kind::Recent,
        size: 0,
        modified: None,
    });
    let here = cx.store.folder.value().into_iter().flat_map(|folder| &folder.items).map(|item| Item {
        path: item.path.clone(),
        name: item.name.clone(),
        kind: if item.is_folder { Kind::Folder } else { Kind::File },
        size: item.size,
        modified: item.modified,
    });
    recent.chain(here).collect()
}

/// `1.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

impl Overlay for FilePicker {
    fn id(&self) -> OverlayId {
        OverlayId::FilePicker
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
            Command::PickerParent => self.up(cx),
            Command::Back if !self.field.value().is_empty() => {
                self.field.set("");
                self.filter();
                Reply::done()
            }
            _ => Reply::Ignored,
        }
    }

    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        if self.field.edit(text) {
            self.spot = Spot::default();
            self.filter();
        } else if self.field.value().is_empty() && is_backwards(text) {
            return self.up(cx);
        }
        Reply::done()
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let Hit::Row(0, index) = hit else { return Reply::Ignored };
        self.spot.at = index;
        if double { self.take(cx) } else { Reply::done() }
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let items = items(cx);
        if items != self.items {
            let selected = self.shown.get(self.spot.at).and_then(|at| self.items.get(*at)).cloned();
            self.items = items;
            self.filter();
            let again = self.shown.iter().position(|at| self.items.get(*at) == selected.as_ref());
            self.spot.at = again.unwrap_or(0);
        }
        if std::mem::replace(&mut self.asked, true) {
            return Vec::new();
        }
        vec![Act::Start(Op::Folder { path: self.wanted.clone() })]
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let inside = window(area, buf, cx, "Open a file", 92, 26);
        if inside.height < 5 {
            return;
        }
        let row = |y: u16| Rect { y: inside.y + y, height: 1, ..inside };
        let ghost = "letters filter; a path opens; Backspace goes to the folder above";
        self.field.view(row(0), buf, cx, hits, "file ", ghost, true);
        let here = cx.store.folder.value().map_or(&self.wanted, |folder| &folder.path);
        let samples = if cx.env.embedded { " · sample files to try" } else { "" };
        let path = cx.name(&here.display().to_string(), usize::from(inside.width).saturating_sub(26));
        line(row(1), buf, &Line::from(span(cx, Role::Muted, format!("in   {path}{samples}"))));
        let rest = Rect { y: inside.y + 3, height: inside.height - 3, ..inside };
        let trouble = cx.store.folder.trouble();
        if let Some(trouble) = trouble.filter(|_| !cx.store.busy(Slot::Folder)) {
            let top = Rect { height: rest.height.min(3), ..rest };
            text::trouble(top, buf, cx, trouble);
            let below = Rect { y: rest.y + top.height, height: rest.height - top.height, ..rest };
            self.rows(below, buf, cx, hits);
        } else if self.shown.is_empty() {
            if cx.store.busy(Slot::Folder) {
                text::empty(rest, buf, cx, "reading the folder …", "");
            } else if self.items.is_empty() {
                text::empty(rest, buf, cx, "This folder is empty.", "Backspace goes to the folder above");
            } else {
                text::empty(rest, buf, cx, "Nothing here has these letters.", "Esc clears them");
            }
        } else {
            self.rows(rest, buf, cx, hits);
        }
    }
}

impl FilePicker {
    fn rows(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let names = area.width.saturating_sub(31);
        list(area, buf, cx, hits, (0, true), self.shown.len(), &self.spot, |row| {
            let Some(item) = self.shown.get(row).and_then(|at| self.items.get(*at)) else {
                return Vec::new();
            };
            let name = cx.name(&item.name, 200);
            let when = item.modified.map_or_else(String::new, |at| cx.when(at));
            let (name, word) = match item.kind {
                Kind::Folder => (format!("{name}/"), "folder".to_owned()),
                Kind::Recent => (name, "recent".to_owned()),
                Kind::File => (name, size(item.size)),
            };
            let role = if item.kind == Kind::Folder { Role::Key } else { Role::Text };
            vec![
                (0, names, span(cx, role, name)),
                (names + 1, 10, span(cx, Role::Muted, right(&word, 10))),
                (names + 13, 16, span(cx, Role::Muted, when)),
            ]
        });
    }
}

/// Backspace and left, where there is nothing to take back: one folder up.
fn is_backwards(text: &Text) -> bool {
    match text {
        Text::Key(event) => crate::tui::command::Key::of(*event).is_backwards(),
        Text::Paste(_) => false,
    }
}

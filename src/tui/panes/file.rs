//! File: rows beside their problems, and what an upload would do.
//!
//! ```text
//! ╭ rows ───────────────────────────╮╭ problems ────────╮   wide: side by side
//! │                                 ││                  │   high: one above the other
//! ╰─────────────────────────────────╯╰──────────────────╯   small: the focused one, Tab changes
//! ╭ This file → list ───────────────────────────────────╮
//! ╰─────────────────────────────────────────────────────╯
//! ```
//!
//! Rows and problems are one selection seen twice: moving in either moves the other.

mod acts;
mod finder;
mod planning;
mod preview;
mod problems;
mod select;
mod view;

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::finder::Finder;
use self::problems::{Anchor, Tree};
use super::Pane;
use crate::domain::text::thousands;
use crate::ops::Input;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Output, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::destination::WhereTo;
use crate::tui::overlays::file_picker::{FilePicker, typed_path};
use crate::tui::overlays::layout_name::LayoutName;
use crate::tui::overlays::list_picker::ListPicker;
use crate::tui::overlays::mapping::Mapping;
use crate::tui::store::OpenFile;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::list::Spot;

const ROWS: u8 = 0;
const PROBLEMS: u8 = 1;

/// See the module.
#[derive(Debug, Default)]
pub struct File {
    focus: u8,
    /// The file the cursors belong to.
    path: PathBuf,
    rows: Spot,
    /// The last row was asked for while rows were still being counted: the selection goes to the real end
    /// once it is known.
    to_end: bool,
    /// A row that is gone to once the index has come to it.
    wanted: Option<u64>,
    /// Columns scrolled away.
    scroll: usize,
    tree: Tree,
    problem: Spot,
    /// The problem selected, where one is.
    current: Option<usize>,
    /// The selected line of the problems and the selected problem, to find them again when more problems come.
    kept: (Option<Anchor>, Option<Anchor>),
    /// The search in the rows.
    finder: Finder,
    /// The filter of the problems: its field, whether that has the focus, and what it says.
    find: Field,
    finding: bool,
    filter: String,
    /// Rows asked for last, with how many were known then: the same is not asked for twice.
    asked: Option<(u64, usize, u64)>,
}

/// Rows that can be gone to. Before the index begins, those at hand.
fn known(file: &OpenFile) -> usize {
    let at_hand =
        file.window.as_ref().and_then(|window| window.rows.last()).map_or(0, |row| row.record.place.row);
    usize::try_from(file.index.rows.max(at_hand)).unwrap_or(usize::MAX)
}

/// Why a row cannot be gone to.
fn no_such_row(row: u64, file: &OpenFile) -> String {
    let (row, known) = (thousands(row), thousands(known(file) as u64));
    match file.index.complete {
        true => format!("there is no row {row}; the last is row {known}"),
        false => format!("row {row} was not reached: reading stopped at row {known}; R reads the file again"),
    }
}

impl Pane for File {
    fn id(&self) -> PaneId {
        PaneId::File
    }

    fn title(&self) -> &'static str {
        "File"
    }

    fn badge(&self, cx: &Cx) -> Option<String> {
        let rejected = cx.store.file.as_ref()?.rejected();
        (rejected > 0).then(|| format!("✗{}", thousands(rejected)))
    }

    fn field(&self) -> bool {
        self.finding || self.finder.open
    }

    fn why_not(&self, command: Command, cx: &Cx) -> Option<String> {
        let searched = cx.store.file.as_ref().is_some_and(|file| self.finder.search(file).is_some());
        let steps = matches!(command, Command::NextMatch | Command::PrevMatch);
        (steps && !searched).then(|| "nothing is searched for (/)".to_owned())
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        match command {
            Command::FileOpen => return Reply::act(Act::Open(Box::new(FilePicker::new(cx)))),
            Command::FileList => return Reply::act(Act::Open(Box::<ListPicker>::default())),
            _ => {}
        }
        let Some(file) = &cx.store.file else {
            // With nothing open there is one thing to do.
            return match command {
                Command::Accept => Reply::act(Act::Open(Box::new(FilePicker::new(cx)))),
                Command::Back => {
                    let opening = cx.store.in_slot(Slot::File).map(|(task, _)| Act::Stop(task));
                    opening.map_or(Reply::Ignored, Reply::act)
                }
                _ => Reply::Ignored,
            };
        };
        let known = known(file);
        if self.focus == PROBLEMS {
            if self.problem.step(command, self.tree.len(), cx.hits.page_of(PROBLEMS)) {
                self.problem_moved(file);
                return Reply::done();
            }
        } else if self.rows.step(command, known, cx.hits.page_of(ROWS)) {
            self.row_moved(file);
            self.to_end = command == Command::Last && !file.index.complete;
            return Reply::done();
        }
        match command {
            Command::Accept if self.finder.open => return self.search(cx, file),
            Command::Accept if self.finding => self.finding = false,
            Command::Accept => return self.open(cx, file),
            Command::NextRegion | Command::PrevRegion => self.focus = 1 - self.focus,
            Command::Left | Command::Right => self.sideways(command == Command::Left, file),
            Command::FileNextProblem => return self.step_problem(false, file),
            Command::FilePrevProblem => return self.step_problem(true, file),
            Command::FileMapping => return Reply::act(Act::Open(Box::<Mapping>::default())),
            Command::FileRow => return Reply::act(Act::Run(Command::Palette)),
            Command::FilePlan => return Self::plan(cx, file),
            Command::FileRejects => return Self::write(Output::Rejects, cx, file),
            Command::FileClean => return Self::write(Output::Clean, cx, file),
            Command::FileReport => return Self::write(Output::Report, cx, file),
            Command::FileSaveLayout if !planning::has_number(file) => {
                return Reply::act(Act::Refuse("say which column holds the number first (m)".into()));
            }
            Command::FileWhereTo => return Reply::act(Act::Open(Box::new(WhereTo::new(cx)))),
            Command::FileSaveLayout => return Reply::act(Act::Open(Box::<LayoutName>::default())),
            Command::Refresh => {
                let path = file.opened.document.path().to_path_buf();
                return Reply::act(Act::Start(Op::OpenFile { path, input: file.opened.input.clone() }));
            }
            Command::NextMatch => return self.step_match(file, false),
            Command::PrevMatch => return self.step_match(file, true),
            Command::Filter if self.focus == PROBLEMS => self.finding = true,
            Command::Filter => self.finder.begin(),
            Command::Copy => {
                let Some(row) = file.row(self.row()) else { return Reply::done() };
                let text = String::from_utf8_lossy(&row.record.raw).into_owned();
                return Reply::act(Act::Copy(text, "row"));
            }
            Command::Back => return self.back(cx, file),
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        if self.finder.open {
            self.finder.edit(text);
            return Reply::done();
        }
        if self.finding {
            if self.find.edit(text) {
                self.filter = self.find.value().trim().to_owned();
                self.problem = Spot::default();
                self.kept = (None, None);
            }
            return Reply::done();
        }
        // A path that is pasted, or a file that is dropped on the terminal, opens.
        let Text::Paste(pasted) = text else { return Reply::Ignored };
        let line = pasted.trim();
        match typed_path(line).filter(|_| !line.contains('\n')) {
            Some(path) => Reply::act(Act::Start(Op::OpenFile { path, input: Input::default() })),
            None => Reply::act(Act::Refuse("that is no path of a file; o chooses one".into())),
        }
    }

    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let Some(file) = &cx.store.file else { return Reply::Ignored };
        match hit {
            Hit::Row(ROWS, index) => {
                self.focus = ROWS;
                self.rows.at = index;
                self.row_moved(file);
            }
            Hit::Row(PROBLEMS, index) => {
                self.focus = PROBLEMS;
                self.problem.at = index;
                self.problem_moved(file);
            }
            Hit::Region(region) => self.focus(region),
            _ => return Reply::Ignored,
        }
        if double { self.open(cx, file) } else { Reply::done() }
    }

    fn focus(&mut self, region: u8) {
        self.focus = region.min(PROBLEMS);
    }

    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let Some(file) = &cx.store.file else { return Vec::new() };
        let path = file.opened.document.path();
        if self.path != path {
            *self = Self { path: path.to_path_buf(), ..Self::default() };
        }
        let known = known(file);
        self.rows.clamp(known);
        if self.to_end && file.index.complete {
            self.rows.at = known.saturating_sub(1);
            self.row_moved(file);
        }
        let mut said = None;
        if let Some(step) = self.finder.first(file)
            && let Reply::Consumed(acts) = self.take_step(step, file)
        {
            said = acts.into_iter().next();
        }
        if let Some(row) = self.wanted {
            let over = file.index.complete || !cx.store.busy(Slot::File);
            if row <= known as u64 {
                self.reach(row, known);
                if !self.is_on(row, file) {
                    self.follow_row(file);
                }
            } else if over {
                self.wanted = None;
                said = Some(Act::Refuse(no_such_row(row, file)));
            }
        }
        if self.tree.follow(file, &self.filter) {
            self.find_again(file);
        }
        self.problem.clamp(self.tree.len());
        self.keep(file);
        let rows = self.ask_rows(cx, file);
        let plan = planning::plan_if_due(cx, file).map(Act::Start);
        said.into_iter().chain(rows).chain(plan).collect()
    }

    fn jump(&mut self, row: u64, cx: &Cx) -> Reply {
        let Some(file) = &cx.store.file else { return Reply::Ignored };
        let known = known(file);
        if row == 0 || file.index.complete && row > known as u64 {
            return Reply::act(Act::Refuse(no_such_row(row, file)));
        }
        self.focus = ROWS;
        self.went();
        self.go_to(row, file);
        Reply::done()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        view::view(self, area, buf, cx, hits);
    }
}

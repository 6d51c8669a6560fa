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

mod planning;
mod preview;
mod problems;
mod view;

#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::problems::{Node, Tree};
use super::Pane;
use crate::domain::text::thousands;
use crate::ops::Input;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::approve::Approve;
use crate::tui::overlays::file_picker::{FilePicker, typed_path};
use crate::tui::overlays::layout_name::LayoutName;
use crate::tui::overlays::list_picker::ListPicker;
use crate::tui::overlays::mapping::Mapping;
use crate::tui::overlays::row_detail::row_detail;
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
    /// Columns scrolled away.
    scroll: usize,
    tree: Tree,
    problem: Spot,
    /// The problem selected, where one is.
    current: Option<usize>,
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

impl File {
    fn row(&self) -> u64 {
        self.rows.at as u64 + 1
    }

    /// The row moved: the problem list follows to its first problem, or stays where it is.
    fn row_moved(&mut self) {
        self.to_end = false;
        self.current = self.tree.first_of(self.row());
        self.follow_current();
    }

    fn follow_current(&mut self) {
        if let Some(place) = self.current.and_then(|problem| self.tree.place_of(problem)) {
            self.problem.at = place;
        }
    }

    /// A problem was selected: the rows follow to it.
    fn problem_moved(&mut self, known: usize) {
        self.to_end = false;
        self.current = None;
        if let Some(Node::Problem(problem)) = self.tree.node(self.problem.at) {
            self.current = Some(problem);
            self.show_row_of(problem, known);
        }
    }

    fn show_row_of(&mut self, problem: usize, known: usize) {
        if let Some(row) = self.tree.problem(problem).map(|problem| problem.place.row).filter(|row| *row > 0)
        {
            self.rows.at = usize::try_from(row - 1).unwrap_or(usize::MAX);
            self.rows.clamp(known);
        }
    }

    fn step_problem(&mut self, back: bool, known: usize) -> Reply {
        match self.tree.next(self.row(), self.current, back) {
            Some(problem) => {
                self.to_end = false;
                self.tree.reveal(problem);
                self.current = Some(problem);
                self.follow_current();
                self.show_row_of(problem, known);
                Reply::done()
            }
            None if self.tree.is_clean() => Reply::act(Act::Say("no problem in this file".into())),
            None => {
                let what = if back { "no problem above this row" } else { "no problem below this row" };
                Reply::act(Act::Refuse(what.into()))
            }
        }
    }

    /// Enter on a row, or on a problem of it; a group opens or closes.
    fn open(&mut self, cx: &Cx, file: &OpenFile) -> Reply {
        if self.focus == PROBLEMS
            && let Some(Node::Group(group)) = self.tree.node(self.problem.at)
        {
            let open = self.tree.group(group).is_some_and(|group| group.open);
            self.tree.set_open(group, !open);
            return Reply::done();
        }
        match file.row(self.row()) {
            Some(row) => Reply::act(Act::Open(Box::new(row_detail(cx, file, row)))),
            None => Reply::act(Act::Refuse("the row is still being read".into())),
        }
    }

    fn sideways(&mut self, left: bool, file: &OpenFile) {
        if self.focus == PROBLEMS {
            if let Some(Node::Group(group)) = self.tree.node(self.problem.at) {
                self.tree.set_open(group, !left);
            } else if left {
                // From a problem back to its group.
                while self.problem.at > 0 && !matches!(self.tree.node(self.problem.at), Some(Node::Group(_)))
                {
                    self.problem.at -= 1;
                }
                self.current = None;
            }
            return;
        }
        let last = preview::columns(file).len().saturating_sub(1);
        self.scroll = if left { self.scroll.saturating_sub(1) } else { (self.scroll + 1).min(last) };
    }

    /// What was typed after `/`: a row number jumps, words filter the problems.
    fn found(&mut self, known: usize) -> Reply {
        self.finding = false;
        let typed = self.find.value().trim().to_owned();
        let number = typed.trim_start_matches("row").trim().replace([',', ' '], "");
        if let Ok(row) = number.parse::<usize>() {
            self.find.set("");
            self.filter.clear();
            if row == 0 || row > known {
                let why = format!("there is no row {row}; {} are known", thousands(known as u64));
                return Reply::act(Act::Refuse(why));
            }
            self.rows.at = row - 1;
            self.row_moved();
        }
        Reply::done()
    }

    fn plan(cx: &Cx, file: &OpenFile) -> Reply {
        if !planning::has_number(file) {
            return Reply::act(Act::Refuse("say which column holds the number first (m)".into()));
        }
        let Some(wanted) = planning::wanted(cx, file) else {
            return Reply::act(Act::Open(Box::new(ListPicker::then(Command::FilePlan))));
        };
        let planning = &cx.store.planning;
        let mut acts = vec![Act::Open(Box::<Approve>::default())];
        let current = planning::is_for(planning.request.as_ref(), &wanted);
        let spent = planning::run_of_plan(cx).is_some();
        if !cx.store.busy(Slot::Plan) && (!current || planning.planned.is_none() || spent) {
            acts.insert(0, Act::Start(Op::Plan(wanted)));
        }
        Reply::Consumed(acts)
    }

    fn rejects(cx: &Cx, file: &OpenFile) -> Reply {
        let Some(checked) = &file.checked else { return Reply::done() };
        if checked.rejected == 0 {
            return Reply::act(Act::Say("no row was rejected: there is nothing to write".into()));
        }
        let document = &file.opened.document;
        let stem = document.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let out = cx.env.exports.join(format!("{stem}.rejects.csv"));
        Reply::act(Act::Start(Op::WriteRejects { file: file.opened.clone(), checked: checked.clone(), out }))
    }

    /// Rows on the screen that are not at hand, with a page around them.
    fn ask_rows(&mut self, cx: &Cx, file: &OpenFile) -> Option<Act> {
        let page = cx.hits.page_of(ROWS);
        let known = known(file);
        let top = self.rows.top(known, page) as u64;
        let (from, to) = (top + 1, (top + page as u64).min(known.max(1) as u64));
        let holds = |first: u64, count: u64| first <= from && to < first + count;
        let at_hand =
            file.window.as_ref().is_some_and(|window| holds(window.first, window.rows.len() as u64));
        let coming = cx.store.in_slot(Slot::Rows).is_some_and(|(_, task)| match &task.op {
            Op::LoadRows { first, count, .. } => holds(*first, *count as u64),
            _ => false,
        });
        if at_hand || coming {
            return None;
        }
        let (first, count) = (from.saturating_sub(page as u64).max(1), (page * 3).max(150));
        let asked = (first, count, file.index.rows);
        let answered = file.window.as_ref().is_some_and(|window| window.first == first);
        if self.asked == Some(asked) && (answered || file.trouble.is_some()) {
            return None;
        }
        self.asked = Some(asked);
        Some(Act::Start(Op::LoadRows { file: file.opened.clone(), first, count }))
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
        let checked = cx.store.file.as_ref()?.checked.as_ref()?;
        (checked.rejected > 0).then(|| format!("✗{}", thousands(checked.rejected)))
    }

    fn field(&self) -> bool {
        self.finding
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
                _ => Reply::Ignored,
            };
        };
        let known = known(file);
        if self.focus == PROBLEMS {
            if self.problem.step(command, self.tree.len(), cx.hits.page_of(PROBLEMS)) {
                self.problem_moved(known);
                return Reply::done();
            }
        } else if self.rows.step(command, known, cx.hits.page_of(ROWS)) {
            self.row_moved();
            self.to_end = command == Command::Last && !file.index.complete;
            return Reply::done();
        }
        match command {
            Command::Accept if self.finding => return self.found(known),
            Command::Accept => return self.open(cx, file),
            Command::NextRegion | Command::PrevRegion => self.focus = 1 - self.focus,
            Command::Left | Command::Right => self.sideways(command == Command::Left, file),
            Command::FileNextProblem => return self.step_problem(false, known),
            Command::FilePrevProblem => return self.step_problem(true, known),
            Command::FileMapping => return Reply::act(Act::Open(Box::<Mapping>::default())),
            Command::FilePlan => return Self::plan(cx, file),
            Command::FileRejects => return Self::rejects(cx, file),
            Command::FileSaveLayout if !planning::has_number(file) => {
                return Reply::act(Act::Refuse("say which column holds the number first (m)".into()));
            }
            Command::FileSaveLayout => return Reply::act(Act::Open(Box::<LayoutName>::default())),
            Command::Refresh => {
                let path = file.opened.document.path().to_path_buf();
                return Reply::act(Act::Start(Op::OpenFile { path, input: file.opened.input.clone() }));
            }
            Command::Filter => self.finding = true,
            Command::Copy => {
                let Some(row) = file.row(self.row()) else { return Reply::done() };
                let text = String::from_utf8_lossy(&row.record.raw).into_owned();
                return Reply::act(Act::Copy(text, "row"));
            }
            Command::Back if self.finding || !self.find.value().is_empty() => {
                self.find.set("");
                self.filter.clear();
                self.finding = false;
            }
            Command::Back if self.focus == PROBLEMS => self.focus = ROWS,
            _ => return Reply::Ignored,
        }
        Reply::done()
    }

    fn text(&mut self, text: &Text, _cx: &Cx) -> Reply {
        if self.finding {
            if self.find.edit(text) {
                let typed = self.find.value().trim();
                let is_row = typed.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' '));
                self.filter = if is_row { String::new() } else { typed.to_owned() };
                self.problem = Spot::default();
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
                self.row_moved();
            }
            Hit::Row(PROBLEMS, index) => {
                self.focus = PROBLEMS;
                self.problem.at = index;
                self.problem_moved(known(file));
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
            self.row_moved();
        }
        if self.tree.follow(file.checked.as_ref(), &self.filter) {
            self.row_moved();
        }
        self.problem.clamp(self.tree.len());
        let rows = self.ask_rows(cx, file);
        let plan = planning::plan_if_due(cx, file).map(Act::Start);
        rows.into_iter().chain(plan).collect()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        view::view(self, area, buf, cx, hits);
    }
}

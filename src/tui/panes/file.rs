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

mod finder;
mod planning;
mod preview;
mod problems;
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
use self::problems::{Anchor, Node, Tree, anchor_of};
use super::Pane;
use crate::domain::text::thousands;
use crate::ops::Input;
use crate::tui::act::{Act, Reply, Text};
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Output, Slot};
use crate::tui::hits::{Hit, HitMap};
use crate::tui::overlays::approve::Approve;
use crate::tui::overlays::file_picker::{FilePicker, typed_path};
use crate::tui::overlays::layout_name::LayoutName;
use crate::tui::overlays::list_picker::ListPicker;
use crate::tui::overlays::mapping::Mapping;
use crate::tui::overlays::row_detail::row_detail;
use crate::tui::store::{OpenFile, Step};
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

impl File {
    fn row(&self) -> u64 {
        self.rows.at as u64 + 1
    }

    /// A person moved: what the selection was on its way to does not count any more.
    fn went(&mut self) {
        self.to_end = false;
        self.wanted = None;
        self.finder.moved();
    }

    /// The row moved: the problem list follows to its first problem, or stays where it is.
    fn row_moved(&mut self, file: &OpenFile) {
        self.went();
        self.follow_row(file);
    }

    fn follow_row(&mut self, file: &OpenFile) {
        self.current = file.problems().and_then(|problems| self.tree.first_of(self.row(), problems));
        self.follow_current(file);
    }

    fn follow_current(&mut self, file: &OpenFile) {
        let Some(problems) = file.problems() else { return };
        if let Some(place) = self.current.and_then(|problem| self.tree.place_of(problem, problems)) {
            self.problem.at = place;
        }
    }

    /// A problem was selected: the rows follow to it.
    fn problem_moved(&mut self, file: &OpenFile) {
        self.went();
        self.current = None;
        if let Some(Node::Problem(problem)) = self.tree.node(self.problem.at) {
            self.current = Some(problem);
            self.show_row_of(problem, file);
        }
    }

    /// The row of a problem, which the check may know before the index does.
    fn show_row_of(&mut self, problem: usize, file: &OpenFile) {
        let brief = file.problems().and_then(|problems| problems.briefs(problem).next());
        if let Some(row) = brief.map(|brief| brief.row).filter(|row| *row > 0) {
            self.reach(row, known(file));
        }
    }

    fn step_problem(&mut self, back: bool, file: &OpenFile) -> Reply {
        let Some(problems) = file.problems() else {
            return Reply::act(Act::Refuse("not checked: m says which column holds the number".into()));
        };
        match self.tree.next(self.row(), self.current, back, problems) {
            Some(problem) => {
                self.went();
                self.tree.reveal(problem, problems);
                self.current = Some(problem);
                self.follow_current(file);
                self.show_row_of(problem, file);
                Reply::done()
            }
            None if problems.is_empty() && file.checked.is_some() => {
                Reply::act(Act::Say("no problem in this file".into()))
            }
            None => {
                let what = if back { "no problem above this row" } else { "no problem below this row" };
                let so_far = file.so_far.as_ref().filter(|_| !back);
                let so_far = so_far.map_or_else(String::new, |so_far| {
                    format!(" so far; {} rows are checked", thousands(so_far.rows))
                });
                Reply::act(Act::Refuse(format!("{what}{so_far}")))
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

    /// Goes to a row, at once or as soon as the index has come to it.
    fn go_to(&mut self, row: u64, file: &OpenFile) {
        self.reach(row, known(file));
        self.to_end = false;
        self.follow_row(file);
    }

    fn reach(&mut self, row: u64, known: usize) {
        match usize::try_from(row).ok().filter(|row| *row <= known) {
            Some(row) => {
                self.wanted = None;
                self.rows.at = row.saturating_sub(1);
            }
            None => self.wanted = Some(row),
        }
    }

    /// Whether the selected problem is one of this row.
    fn is_on(&self, row: u64, file: &OpenFile) -> bool {
        let brief = self.current.and_then(|problem| file.problems()?.briefs(problem).next());
        brief.is_some_and(|brief| brief.row == row)
    }

    /// The tree changed: the selected line and problem are found again. Where there were none, they follow the row.
    fn find_again(&mut self, file: &OpenFile) {
        let Some(problems) = file.problems() else {
            self.current = None;
            return;
        };
        let (line, current) = self.kept;
        self.current = current.and_then(|anchor| self.tree.find(anchor, problems)?.1);
        let line = line.and_then(|anchor| self.tree.find(anchor, problems));
        if let Some((at, _)) = line {
            self.problem.at = at;
        }
        if self.current.is_none() && (line.is_none() || self.focus == ROWS) {
            self.follow_row(file);
        }
    }

    fn keep(&mut self, file: &OpenFile) {
        self.kept = file.problems().map_or((None, None), |problems| {
            let current = self.current.and_then(|problem| anchor_of(problems, problem));
            (self.tree.anchor(self.problem.at, problems), current)
        });
    }

    /// Enter in the field of the search.
    fn search(&mut self, cx: &Cx, file: &OpenFile) -> Reply {
        let running = cx.store.in_slot(Slot::Search).map(|(task, _)| Act::Stop(task));
        let from = self.row();
        match self.finder.start(file, cx, from) {
            Some(op) => Reply::act(Act::Start(op)),
            None => Reply::Consumed(running.into_iter().collect()),
        }
    }

    /// `n` and `N`.
    fn step_match(&mut self, file: &OpenFile, back: bool) -> Reply {
        let row = self.wanted.unwrap_or_else(|| self.row());
        let Some(search) = self.finder.search(file) else { return Reply::done() };
        let step = self.finder.step(search, row, back);
        self.take_step(step, file)
    }

    fn take_step(&mut self, step: Step, file: &OpenFile) -> Reply {
        match step {
            Step::To(row) | Step::Round(row) => {
                self.go_to(row, file);
                Reply::done()
            }
            Step::Searching => Reply::act(Act::Refuse("the rows on the way are still being searched".into())),
            Step::Nowhere => {
                Reply::act(Act::Refuse("nothing that is searched for is written in a row".into()))
            }
        }
    }

    /// One step back: out of a field, then what it brought, then the region.
    fn back(&mut self, cx: &Cx, file: &OpenFile) -> Reply {
        let running = |slot| cx.store.in_slot(slot).map(|(task, _)| task);
        if self.finder.open {
            self.finder.open = false;
        } else if self.finding || !self.find.value().is_empty() {
            self.find.set("");
            self.filter.clear();
            self.finding = false;
        } else if self.finder.clear() {
            return Reply::Consumed(running(Slot::Search).map(Act::Stop).into_iter().collect());
        } else if self.focus == PROBLEMS {
            self.focus = ROWS;
        } else if let Some(opening) = running(Slot::File).filter(|task| *task != file.task) {
            return Reply::act(Act::Stop(opening));
        } else if let Some(task) = running(Slot::Check) {
            return Reply::act(Act::Stop(task));
        } else {
            return Reply::Ignored;
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

    /// Writes what is made from the file, under its name, into the folder of exports.
    fn write(what: Output, cx: &Cx, file: &OpenFile) -> Reply {
        let Some(checked) = &file.checked else { return Reply::done() };
        let (ending, nothing) = match what {
            Output::Rejects => (
                "rejects.csv",
                (checked.rejected == 0).then_some("no row was rejected: there is nothing to write"),
            ),
            Output::Clean => (
                "clean.csv",
                (checked.valid == 0).then_some("no number is usable: there is nothing to write"),
            ),
            Output::Report => ("report.html", None),
        };
        if let Some(why) = nothing {
            return Reply::act(Act::Say(why.into()));
        }
        let stem = file.opened.document.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let out = cx.env.exports.join(format!("{stem}.{ending}"));
        Reply::act(Act::Start(Op::WriteOut {
            what,
            file: Box::new(file.opened.clone()),
            checked: checked.clone(),
            out,
            // Lists of two folders may have one name.
            replace: false,
        }))
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

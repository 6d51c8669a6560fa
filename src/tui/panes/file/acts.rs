//! What keys make the pane do: open a row, search, plan, write, step back.

use super::problems::Node;
use super::{File, PROBLEMS, ROWS, known, planning};
use crate::tui::act::{Act, Reply};
use crate::tui::command::Command;
use crate::tui::cx::Cx;
use crate::tui::event::{Op, Output, Slot};
use crate::tui::overlays::approve::Approve;
use crate::tui::overlays::list_picker::ListPicker;
use crate::tui::overlays::row_detail::row_detail;
use crate::tui::store::{OpenFile, Step};

impl File {
    /// Enter on a row, or on a problem of it; a group opens or closes.
    pub(super) fn open(&mut self, cx: &Cx, file: &OpenFile) -> Reply {
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

    /// Enter in the field of the search.
    pub(super) fn search(&mut self, cx: &Cx, file: &OpenFile) -> Reply {
        let running = cx.store.in_slot(Slot::Search).map(|(task, _)| Act::Stop(task));
        let from = self.row();
        match self.finder.start(file, cx, from) {
            Some(op) => Reply::act(Act::Start(op)),
            None => Reply::Consumed(running.into_iter().collect()),
        }
    }

    /// `n` and `N`.
    pub(super) fn step_match(&mut self, file: &OpenFile, back: bool) -> Reply {
        let row = self.wanted.unwrap_or_else(|| self.row());
        let Some(search) = self.finder.search(file) else { return Reply::done() };
        let step = self.finder.step(search, row, back);
        self.take_step(step, file)
    }

    pub(super) fn take_step(&mut self, step: Step, file: &OpenFile) -> Reply {
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
    pub(super) fn back(&mut self, cx: &Cx, file: &OpenFile) -> Reply {
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

    pub(super) fn plan(cx: &Cx, file: &OpenFile) -> Reply {
        if !planning::has_number(file) {
            return Reply::act(Act::Refuse("say which column holds the number first (m)".into()));
        }
        if file.checked.is_none() && !cx.store.busy(Slot::Check) {
            return Reply::act(Act::Refuse("not every row is checked: R reads the file again".into()));
        }
        let Some(wanted) = planning::wanted(cx, file) else {
            return Reply::act(Act::Open(Box::new(ListPicker::then(Command::FilePlan))));
        };
        let planning = &cx.store.planning;
        let mut acts = vec![Act::Open(Box::<Approve>::default())];
        let current = planning::is_for(planning.request.as_ref(), &wanted);
        let spent = planning::run_of_plan(cx).is_some();
        // While it is checked, the plan waits: it is for what the check finds, and begins by itself then.
        if file.checked.is_some()
            && !cx.store.busy(Slot::Plan)
            && (!current || planning.planned.is_none() || spent)
        {
            acts.insert(0, Act::Start(Op::Plan(wanted)));
        }
        Reply::Consumed(acts)
    }

    /// Writes what is made from the file, under its name, into the folder of exports.
    pub(super) fn write(what: Output, cx: &Cx, file: &OpenFile) -> Reply {
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
    pub(super) fn ask_rows(&mut self, cx: &Cx, file: &OpenFile) -> Option<Act> {
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

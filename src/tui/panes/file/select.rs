//! One selection seen twice: moving in the rows moves the problems, and the other way round.

use super::problems::{Node, anchor_of};
use super::{File, PROBLEMS, ROWS, known, preview};
use crate::domain::text::thousands;
use crate::tui::act::{Act, Reply};
use crate::tui::store::OpenFile;

impl File {
    pub(super) fn row(&self) -> u64 {
        self.rows.at as u64 + 1
    }

    /// A person moved: what the selection was on its way to does not count any more.
    pub(super) fn went(&mut self) {
        self.to_end = false;
        self.wanted = None;
        self.finder.moved();
    }

    /// The row moved: the problem list follows to its first problem, or stays where it is.
    pub(super) fn row_moved(&mut self, file: &OpenFile) {
        self.went();
        self.follow_row(file);
    }

    pub(super) fn follow_row(&mut self, file: &OpenFile) {
        self.current = file.problems().and_then(|problems| self.tree.first_of(self.row(), problems));
        self.follow_current(file);
    }

    pub(super) fn follow_current(&mut self, file: &OpenFile) {
        let Some(problems) = file.problems() else { return };
        if let Some(place) = self.current.and_then(|problem| self.tree.place_of(problem, problems)) {
            self.problem.at = place;
        }
    }

    /// A problem was selected: the rows follow to it.
    pub(super) fn problem_moved(&mut self, file: &OpenFile) {
        self.went();
        self.current = None;
        if let Some(Node::Problem(problem)) = self.tree.node(self.problem.at) {
            self.current = Some(problem);
            self.show_row_of(problem, file);
        }
    }

    /// The row of a problem, which the check may know before the index does.
    pub(super) fn show_row_of(&mut self, problem: usize, file: &OpenFile) {
        let brief = file.problems().and_then(|problems| problems.briefs(problem).next());
        if let Some(row) = brief.map(|brief| brief.row).filter(|row| *row > 0) {
            self.reach(row, known(file));
        }
    }

    pub(super) fn step_problem(&mut self, back: bool, file: &OpenFile) -> Reply {
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

    pub(super) fn sideways(&mut self, left: bool, file: &OpenFile) {
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
    pub(super) fn go_to(&mut self, row: u64, file: &OpenFile) {
        self.reach(row, known(file));
        self.to_end = false;
        self.follow_row(file);
    }

    pub(super) fn reach(&mut self, row: u64, known: usize) {
        match usize::try_from(row).ok().filter(|row| *row <= known) {
            Some(row) => {
                self.wanted = None;
                self.rows.at = row.saturating_sub(1);
            }
            None => self.wanted = Some(row),
        }
    }

    /// Whether the selected problem is one of this row.
    pub(super) fn is_on(&self, row: u64, file: &OpenFile) -> bool {
        let brief = self.current.and_then(|problem| file.problems()?.briefs(problem).next());
        brief.is_some_and(|brief| brief.row == row)
    }

    /// The tree changed: the selected line and problem are found again. Where there were none, they follow the row.
    pub(super) fn find_again(&mut self, file: &OpenFile) {
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

    pub(super) fn keep(&mut self, file: &OpenFile) {
        self.kept = file.problems().map_or((None, None), |problems| {
            let current = self.current.and_then(|problem| anchor_of(problems, problem));
            (self.tree.anchor(self.problem.at, problems), current)
        });
    }
}

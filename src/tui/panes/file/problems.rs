//! Problems as a tree: one group per code with its count, its rows below when it is open. Nothing is copied but the
//! places of problems, so half a million of them are no burden. While a check goes on, what is new is added to its group
//! and nothing else is touched; the groups get their last order when it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::problem::{Code, Problem, Problems, Severity};
use crate::ops::Checked;
use crate::tui::event::TaskId;
use crate::tui::store::OpenFile;

/// One line of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A kind of problem.
    Group(usize),
    /// One problem, by its place in the file's problems.
    Problem(usize),
}

/// A kind of problem.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) code: Code,
    /// As validation counted them: some codes are counted and not listed row by row.
    pub(super) count: u64,
    members: Vec<u32>,
    pub(super) open: bool,
}

impl Group {
    pub(super) fn has_rows(&self) -> bool {
        !self.members.is_empty()
    }
}

/// A line of the tree that is found again after the tree has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Group(Code),
    Problem { code: Code, row: u64 },
}

/// What the tree was made of.
#[derive(Debug, Default)]
enum Of {
    #[default]
    Nothing,
    /// So many problems of a check that goes on.
    SoFar(TaskId, usize),
    Whole(Arc<Checked>),
}

/// The tree over the problems of a file, under one filter. Who asks it hands the same problems in.
#[derive(Debug, Default)]
pub(super) struct Tree {
    of: Of,
    filter: String,
    groups: Vec<Group>,
}

impl Tree {
    /// Follows the facts; whether anything changed. Groups that were open stay open.
    pub(super) fn follow(&mut self, file: &OpenFile, filter: &str) -> bool {
        let same_filter = self.filter == filter;
        match (&mut self.of, &file.checked, &file.so_far) {
            (Of::Whole(mine), Some(theirs), _) if same_filter && Arc::ptr_eq(mine, theirs) => return false,
            (Of::Nothing, None, None) if same_filter => return false,
            (Of::SoFar(task, seen), None, Some(so_far)) if same_filter && *task == so_far.task => {
                let from = std::mem::replace(seen, so_far.problems.len());
                if from == so_far.problems.len() {
                    return false;
                }
                self.add(&so_far.problems, from);
                return true;
            }
            _ => {}
        }
        let open: Vec<Code> = self.groups.iter().filter(|group| group.open).map(|group| group.code).collect();
        filter.clone_into(&mut self.filter);
        self.groups.clear();
        self.of = match (&file.checked, &file.so_far) {
            (Some(checked), _) => {
                self.add(&checked.problems, 0);
                self.count(checked);
                Of::Whole(Arc::clone(checked))
            }
            (None, Some(so_far)) => {
                self.add(&so_far.problems, 0);
                Of::SoFar(so_far.task, so_far.problems.len())
            }
            (None, None) => Of::Nothing,
        };
        for group in &mut self.groups {
            group.open = open.contains(&group.code) && group.has_rows();
        }
        true
    }

    /// Adds the problems from a place on. A new kind goes where it belongs, so that the others keep their order.
    fn add(&mut self, problems: &Problems, from: usize) {
        let wanted = self.filter.to_lowercase();
        let mut new: BTreeMap<Code, Vec<u32>> = BTreeMap::new();
        let mut take = |at: usize, code: Code| {
            if let Ok(at) = u32::try_from(at) {
                new.entry(code).or_default().push(at);
            }
        };
        if wanted.is_empty() {
            let briefs = problems.briefs(from).enumerate();
            briefs.for_each(|(nth, brief)| take(from + nth, brief.code));
        } else {
            let held = problems.range(from..problems.len()).enumerate();
            held.filter(|(_, problem)| holds(problem, &wanted))
                .for_each(|(nth, problem)| take(from + nth, problem.code));
        }
        let order = |code: Code| (code.severity() != Severity::Rejection, code);
        for (code, mut members) in new {
            let at = self.groups.partition_point(|group| order(group.code) < order(code));
            if self.groups.get(at).is_none_or(|group| group.code != code) {
                self.groups.insert(at, Group { code, count: 0, members: Vec::new(), open: false });
            }
            if let Some(group) = self.groups.get_mut(at) {
                group.count += members.len() as u64;
                group.members.append(&mut members);
            }
        }
    }

    /// The counts and the order of the end: rejections first, the most frequent first.
    fn count(&mut self, checked: &Checked) {
        if self.filter.is_empty() {
            for (&code, &count) in checked.counts.iter().filter(|(_, count)| **count > 0) {
                match self.groups.iter_mut().find(|group| group.code == code) {
                    Some(group) => group.count = count,
                    None => self.groups.push(Group { code, count, members: Vec::new(), open: false }),
                }
            }
        }
        self.groups.sort_by_key(|group| {
            (group.code.severity() != Severity::Rejection, std::cmp::Reverse(group.count), group.code)
        });
    }

    pub(super) fn group(&self, at: usize) -> Option<&Group> {
        self.groups.get(at)
    }

    pub(super) fn kinds(&self) -> usize {
        self.groups.len()
    }

    /// Lines in all.
    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(lines).sum()
    }

    /// The line at a place.
    pub(super) fn node(&self, mut at: usize) -> Option<Node> {
        for (index, group) in self.groups.iter().enumerate() {
            if at == 0 {
                return Some(Node::Group(index));
            }
            if at < lines(group) {
                return group.members.get(at - 1).map(|member| Node::Problem(*member as usize));
            }
            at -= lines(group);
        }
        None
    }

    /// The line at a place, so that it can be found again. `problems` are those that the tree was made of.
    pub(super) fn anchor(&self, at: usize, problems: &Problems) -> Option<Anchor> {
        match self.node(at)? {
            Node::Group(group) => self.groups.get(group).map(|group| Anchor::Group(group.code)),
            Node::Problem(problem) => anchor_of(problems, problem),
        }
    }

    /// Where an anchor stands now, and its problem.
    pub(super) fn find(&self, anchor: Anchor, problems: &Problems) -> Option<(usize, Option<usize>)> {
        match anchor {
            Anchor::Group(code) => {
                let at = self.groups.iter().position(|group| group.code == code)?;
                Some((self.groups.iter().take(at).map(lines).sum(), None))
            }
            Anchor::Problem { code, row } => {
                let start = problems.before(row);
                let same = problems.briefs(start).take_while(|brief| brief.row == row);
                let problem = start + same.enumerate().find(|(_, brief)| brief.code == code)?.0;
                Some((self.place_of(problem, problems)?, Some(problem)))
            }
        }
    }

    /// Where a problem stands; where its group is closed, where the group stands. `None` when the filter hides it.
    pub(super) fn place_of(&self, problem: usize, problems: &Problems) -> Option<usize> {
        let code = problems.briefs(problem).next()?.code;
        let mut above = 0;
        for group in &self.groups {
            if group.code == code {
                let within = group.members.binary_search(&u32::try_from(problem).ok()?).ok()?;
                return Some(if group.open { above + 1 + within } else { above });
            }
            above += lines(group);
        }
        None
    }

    /// Opens or closes a group.
    pub(super) fn set_open(&mut self, group: usize, open: bool) {
        if let Some(group) = self.groups.get_mut(group) {
            group.open = open && group.has_rows();
        }
    }

    /// Opens the group of a problem.
    pub(super) fn reveal(&mut self, problem: usize, problems: &Problems) {
        let Some(brief) = problems.briefs(problem).next() else { return };
        if let Some(at) = self.groups.iter().position(|group| group.code == brief.code) {
            self.set_open(at, true);
        }
    }

    /// The first problem of a row that the filter shows.
    pub(super) fn first_of(&self, row: u64, problems: &Problems) -> Option<usize> {
        problems.of_row(row).find(|at| self.place_of(*at, problems).is_some())
    }

    /// The problem after (or before) this one; from a row without, the nearest below (or above). Rows only: what is
    /// the whole file's has no row to go to.
    pub(super) fn next(
        &self,
        row: u64,
        current: Option<usize>,
        back: bool,
        problems: &Problems,
    ) -> Option<usize> {
        let first = problems.before(1);
        let shown =
            |group: &Group, at: usize| group.members.partition_point(|member| (*member as usize) < at);
        let member = |group: &Group, at: usize| group.members.get(at).map(|member| *member as usize);
        if back {
            let end = current.unwrap_or_else(|| problems.before(row));
            let before = |group: &Group| member(group, shown(group, end).checked_sub(1)?);
            self.groups.iter().filter_map(before).max().filter(|at| *at >= first)
        } else {
            let start = current.map_or_else(|| problems.before(row + 1), |at| at + 1).max(first);
            self.groups.iter().filter_map(|group| member(group, shown(group, start))).min()
        }
    }
}

/// A problem, so that it can be found again among others.
pub(super) fn anchor_of(problems: &Problems, problem: usize) -> Option<Anchor> {
    problems.briefs(problem).next().map(|brief| Anchor::Problem { code: brief.code, row: brief.row })
}

fn lines(group: &Group) -> usize {
    1 + if group.open { group.members.len() } else { 0 }
}

fn holds(problem: &Problem, wanted: &str) -> bool {
    wanted.is_empty()
        || problem.code.title().contains(wanted)
        || problem.code.as_str().contains(wanted)
        || problem.raw.to_lowercase().contains(wanted)
        || problem.hint.to_lowercase().contains(wanted)
}

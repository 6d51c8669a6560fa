//! Problems as a tree: one group per code with its count, its rows below when it is open. Nothing is copied but the
//! places of problems, so half a million of them are no burden.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::problem::{Code, Problem, Severity};
use crate::ops::Checked;

/// One line of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A kind of problem.
    Group(usize),
    /// One problem, by its place in `Checked::problems`.
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

/// The tree over one validation, under one filter.
#[derive(Debug, Default)]
pub(super) struct Tree {
    of: Option<Arc<Checked>>,
    filter: String,
    groups: Vec<Group>,
}

impl Tree {
    /// Follows the facts; whether anything changed. Groups that were open stay open.
    pub(super) fn follow(&mut self, checked: Option<&Arc<Checked>>, filter: &str) -> bool {
        let same = match (&self.of, checked) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, None) => true,
            _ => false,
        };
        if same && self.filter == filter {
            return false;
        }
        let open: Vec<Code> = self.groups.iter().filter(|group| group.open).map(|group| group.code).collect();
        self.of = checked.cloned();
        filter.clone_into(&mut self.filter);
        self.groups = checked.map_or_else(Vec::new, |checked| groups(checked, filter));
        for group in &mut self.groups {
            group.open = open.contains(&group.code);
        }
        true
    }

    /// Whether the file has no problem at all.
    pub(super) fn is_clean(&self) -> bool {
        self.of.as_ref().is_none_or(|checked| checked.problems.is_empty())
    }

    pub(super) fn problem(&self, at: usize) -> Option<Problem> {
        self.of.as_ref()?.problems.get(at)
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

    /// Where a problem stands; where its group is closed, where the group stands. `None` when the filter hides it.
    pub(super) fn place_of(&self, problem: usize) -> Option<usize> {
        let code = self.problem(problem)?.code;
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
    pub(super) fn reveal(&mut self, problem: usize) {
        let Some(code) = self.problem(problem).map(|problem| problem.code) else { return };
        if let Some(at) = self.groups.iter().position(|group| group.code == code) {
            self.set_open(at, true);
        }
    }

    fn shows(&self, problem: usize) -> bool {
        self.place_of(problem).is_some()
    }

    /// The first problem of a row that the filter shows.
    pub(super) fn first_of(&self, row: u64) -> Option<usize> {
        self.of.as_ref()?.problems.of_row(row).find(|at| self.shows(*at))
    }

    /// The problem after (or before) this one; from a row without, the nearest below (or above). Rows only: what is
    /// the whole file's has no row to go to.
    pub(super) fn next(&self, row: u64, current: Option<usize>, back: bool) -> Option<usize> {
        let problems = &self.of.as_ref()?.problems;
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

fn lines(group: &Group) -> usize {
    1 + if group.open { group.members.len() } else { 0 }
}

/// Rejections first, the most frequent first.
fn groups(checked: &Checked, filter: &str) -> Vec<Group> {
    let mut members: BTreeMap<Code, Vec<u32>> = BTreeMap::new();
    let wanted = filter.to_lowercase();
    let mut take = |(at, code): (usize, Code)| {
        if let Ok(at) = u32::try_from(at) {
            members.entry(code).or_default().push(at);
        }
    };
    match wanted.as_str() {
        "" => checked.problems.briefs(0).map(|brief| brief.code).enumerate().for_each(&mut take),
        _ => {
            let held = checked.problems.iter().enumerate().filter(|(_, problem)| holds(problem, &wanted));
            held.map(|(at, problem)| (at, problem.code)).for_each(&mut take);
        }
    }
    let mut groups: Vec<Group> = if wanted.is_empty() {
        let mut counts = checked.counts.clone();
        for (code, places) in &members {
            counts.entry(*code).or_insert(places.len() as u64);
        }
        let group = |(code, count)| {
            let members = members.remove(&code).unwrap_or_default();
            Group { code, count, members, open: false }
        };
        counts.into_iter().filter(|(_, count)| *count > 0).map(group).collect()
    } else {
        let group = |(code, members): (Code, Vec<u32>)| Group {
            code,
            count: members.len() as u64,
            members,
            open: false,
        };
        members.into_iter().map(group).collect()
    };
    groups.sort_by_key(|group| {
        (group.code.severity() != Severity::Rejection, std::cmp::Reverse(group.count), group.code)
    });
    groups
}

fn holds(problem: &Problem, wanted: &str) -> bool {
    wanted.is_empty()
        || problem.code.title().contains(wanted)
        || problem.code.as_str().contains(wanted)
        || problem.raw.to_lowercase().contains(wanted)
        || problem.hint.to_lowercase().contains(wanted)
}

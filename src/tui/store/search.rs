//! A search over the open file: what was found so far, and which match is the next.
//!
//! It runs from the row where it began to the end and then from the top. What it has not come to yet is not known to hold
//! no match, so a step over such rows is not taken: it is said that they are still being searched.

use crate::ops::{Found, Hits, Needle};
use crate::tui::event::{TaskId, Trouble};

/// How a search stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchState {
    /// It goes on.
    Running,
    /// Every row was looked at.
    Done,
    /// A person stopped it: its matches stay.
    Stopped,
    /// It came to an error: its matches stay.
    Failed(Trouble),
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To this row.
    To(u64),
    /// Past the end, or the top, of the file to this row.
    Round(u64),
    /// It cannot be said yet.
    Searching,
    /// Nowhere: nothing was found.
    Nowhere,
}

/// See the module.
#[derive(Debug)]
pub struct Search {
    /// Its task.
    pub task: TaskId,
    /// What is searched for.
    pub needle: Needle,
    /// How it stands.
    pub state: SearchState,
    /// The row where it began.
    from: u64,
    /// Matches from there on.
    below: Hits,
    /// Matches before it, once the search came there.
    above: Hits,
    /// Everything from `from` on was looked at.
    wrapped: bool,
    bytes: u64,
    total: u64,
}

impl Search {
    pub(super) fn new(task: TaskId, needle: Needle, from: u64) -> Self {
        Self {
            task,
            needle,
            state: SearchState::Running,
            from: from.max(1),
            below: Hits::default(),
            above: Hits::default(),
            wrapped: false,
            bytes: 0,
            total: 0,
        }
    }

    pub(super) fn take(&mut self, found: &Found) {
        let hits = if found.wrapped { &mut self.above } else { &mut self.below };
        hits.append(&found.hits);
        self.wrapped |= found.wrapped;
        (self.bytes, self.total) = (found.bytes, found.total);
    }

    pub(super) fn end(&mut self, state: SearchState) {
        self.state = state;
    }

    /// Matches so far.
    pub fn len(&self) -> usize {
        self.below.len() + self.above.len()
    }

    /// Whether a row is among them.
    pub fn holds(&self, row: u64) -> bool {
        self.below.contains(row) || self.above.contains(row)
    }

    /// The place of a match among those found so far, from 1.
    pub fn rank(&self, row: u64) -> Option<usize> {
        self.holds(row).then(|| self.above.up_to(row) + self.below.up_to(row))
    }

    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        self.state == SearchState::Running
    }

    /// How much of the file was looked at; never 100 before the end.
    pub fn percent(&self) -> u64 {
        match (&self.state, self.total) {
            (SearchState::Done, _) => 100,
            (_, 0) => 0,
            (_, total) => (u128::from(self.bytes) * 100 / u128::from(total)).min(99) as u64,
        }
    }

    /// The first match at or behind the row where the search began.
    pub fn first(&self) -> Step {
        match self.below.first() {
            Some(row) => Step::To(row),
            None => self.round_to_top(),
        }
    }

    /// The match behind a row.
    pub fn next(&self, row: u64) -> Step {
        if row < self.from {
            return match self.above.after(row) {
                Some(next) => Step::To(next),
                None if self.is_running() => Step::Searching,
                None => match self.below.first() {
                    Some(next) => Step::To(next),
                    None => self.round_to_top(),
                },
            };
        }
        match self.below.after(row) {
            Some(next) => Step::To(next),
            None => self.round_to_top(),
        }
    }

    /// The match before a row.
    pub fn previous(&self, row: u64) -> Step {
        // Behind the last match, rows may wait that were not looked at yet.
        let looked_at = |hits: &Hits, done: bool| done || hits.last().is_some_and(|last| row <= last);
        let ended = !self.is_running();
        if row >= self.from {
            if !looked_at(&self.below, ended || self.wrapped) {
                return Step::Searching;
            }
            if let Some(before) = self.below.before(row) {
                return Step::To(before);
            }
        }
        if !looked_at(&self.above, ended) {
            return Step::Searching;
        }
        match (self.above.before(row), self.below.last().or(self.above.last())) {
            (Some(before), _) => Step::To(before),
            (None, Some(last)) if ended => Step::Round(last),
            (None, None) if ended => Step::Nowhere,
            _ => Step::Searching,
        }
    }

    /// Behind the last match of the lower part: the first one of the file.
    fn round_to_top(&self) -> Step {
        if self.is_running() && !self.wrapped {
            return Step::Searching;
        }
        match self.above.first() {
            Some(row) => Step::Round(row),
            None if self.is_running() => Step::Searching,
            None => self.below.first().map_or(Step::Nowhere, Step::Round),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(from: u64) -> Search {
        Search::new(TaskId(1), Needle::new("x", None).unwrap(), from)
    }

    fn found(rows: &[u64], wrapped: bool, bytes: u64) -> Found {
        Found { hits: rows.iter().copied().collect(), wrapped, bytes, total: 100 }
    }

    #[test]
    fn steps_go_round_the_file_and_never_over_rows_that_were_not_looked_at() {
        let mut search = search(50);
        assert_eq!(search.first(), Step::Searching);
        search.take(&found(&[60, 70], false, 30));
        assert_eq!((search.first(), search.next(60)), (Step::To(60), Step::To(70)));
        assert_eq!((search.next(70), search.previous(60)), (Step::Searching, Step::Searching));
        assert_eq!((search.previous(70), search.previous(71)), (Step::To(60), Step::Searching));
        assert_eq!((search.next(1), search.percent(), search.rank(70)), (Step::Searching, 30, Some(2)));

        search.take(&found(&[3], true, 60));
        assert_eq!((search.next(70), search.next(1)), (Step::Round(3), Step::To(3)));
        assert_eq!((search.next(3), search.previous(60)), (Step::Searching, Step::Searching));
        assert_eq!((search.previous(99), search.rank(70)), (Step::To(70), Some(3)));

        search.end(SearchState::Done);
        assert_eq!((search.next(3), search.previous(60)), (Step::To(60), Step::To(3)));
        assert_eq!((search.previous(3), search.next(70)), (Step::Round(70), Step::Round(3)));
        assert_eq!((search.len(), search.percent()), (3, 100));
    }

    #[test]
    fn without_a_match_the_end_is_said_only_at_the_end() {
        let mut search = search(1);
        search.take(&found(&[], true, 100));
        assert_eq!((search.first(), search.percent()), (Step::Searching, 99));
        search.end(SearchState::Done);
        assert_eq!(
            (search.first(), search.next(5), search.previous(5)),
            (Step::Nowhere, Step::Nowhere, Step::Nowhere)
        );
    }

    #[test]
    fn a_single_match_leads_round_to_itself() {
        let mut search = search(5);
        search.take(&found(&[5], false, 100));
        search.end(SearchState::Done);
        assert_eq!((search.next(5), search.previous(5)), (Step::Round(5), Step::Round(5)));
    }
}

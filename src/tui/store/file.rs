//! The open file, and the plan in preparation for it.

use std::sync::Arc;

use super::search::Search;
use crate::domain::problem::{Problem, Problems};
use crate::ops::{Checked, IndexState, PlanRequest, Planned};
use crate::tui::event::{Checking, OpenedFile, PreviewRow, RowWindow, TaskId, Trouble};

/// What a check has found that did not come to its end yet.
#[derive(Debug)]
pub struct SoFar {
    /// Its task.
    pub task: TaskId,
    /// Rows so far.
    pub rows: u64,
    /// Rows rejected so far.
    pub rejected: u64,
    /// Problems so far, in file order. Duplicates are known at the end only.
    pub problems: Problems,
    /// A person stopped it.
    pub stopped: bool,
}

impl SoFar {
    fn take(&mut self, news: &Checking) {
        self.rows = self.rows.max(news.rows);
        self.rejected = self.rejected.max(news.rejected);
        self.problems.go_on(&news.problems);
    }
}

/// The open file with everything found in it so far.
#[derive(Debug)]
pub struct OpenFile {
    /// The file and how it is read.
    pub opened: OpenedFile,
    /// How far the index is.
    pub index: IndexState,
    /// The rows that were loaded last.
    pub window: Option<RowWindow>,
    /// The last search in it.
    pub search: Option<Search>,
    /// What validation found, once it ended.
    pub checked: Option<Arc<Checked>>,
    /// What a check that goes on, or was stopped, has found.
    pub so_far: Option<SoFar>,
    /// The task that opened it, and indexes it.
    pub task: TaskId,
    /// Why rows or validation are not to be had.
    pub trouble: Option<Trouble>,
}

impl OpenFile {
    pub(super) fn new(opened: OpenedFile, task: TaskId) -> Self {
        let index = opened.document.index_state();
        Self { opened, index, window: None, search: None, checked: None, so_far: None, task, trouble: None }
    }

    pub(super) fn set_checked(&mut self, checked: Arc<Checked>) {
        self.checked = Some(checked);
        self.so_far = None;
    }

    pub(super) fn check_began(&mut self, task: TaskId) {
        let problems = Problems::default();
        self.so_far = Some(SoFar { task, rows: 0, rejected: 0, problems, stopped: false });
        self.checked = None;
        self.trouble = None;
    }

    pub(super) fn check_goes_on(&mut self, task: TaskId, news: &Checking) {
        if let Some(so_far) = self.so_far.as_mut().filter(|so_far| so_far.task == task) {
            so_far.take(news);
        }
    }

    pub(super) fn check_stopped(&mut self, task: TaskId) {
        if let Some(so_far) = self.so_far.as_mut().filter(|so_far| so_far.task == task) {
            so_far.stopped = true;
        }
    }

    /// Every problem known: of the whole file, or those found so far.
    pub fn problems(&self) -> Option<&Problems> {
        let so_far = self.so_far.as_ref().map(|so_far| &so_far.problems);
        self.checked.as_ref().map(|checked| &checked.problems).or(so_far)
    }

    /// Rows rejected, in all or so far.
    pub fn rejected(&self) -> u64 {
        let so_far = self.so_far.as_ref().map_or(0, |so_far| so_far.rejected);
        self.checked.as_ref().map_or(so_far, |checked| checked.rejected)
    }

    /// A row of the preview, if it is loaded.
    pub fn row(&self, row: u64) -> Option<&PreviewRow> {
        self.window.as_ref()?.rows.iter().find(|preview| preview.record.place.row == row)
    }

    /// Problems of one row, from validation. They are in file order, so this is a search, not a walk.
    pub fn problems_of(&self, row: u64) -> Vec<Problem> {
        let Some(checked) = &self.checked else { return Vec::new() };
        checked.problems.range(checked.problems.of_row(row)).collect()
    }
}

/// The plan in preparation.
#[derive(Debug, Default)]
pub struct Planning {
    /// What was asked for.
    pub request: Option<PlanRequest>,
    /// The plan, once it is there.
    pub planned: Option<Planned>,
    /// Why there is none.
    pub trouble: Option<Trouble>,
}

impl Planning {
    pub(super) fn begun(request: PlanRequest) -> Self {
        Self { request: Some(request), ..Self::default() }
    }
}

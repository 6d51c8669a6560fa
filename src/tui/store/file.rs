//! The open file, and the plan in preparation for it.

use std::sync::Arc;

use super::search::Search;
use crate::domain::problem::Problem;
use crate::ops::{Checked, IndexState, PlanRequest, Planned};
use crate::tui::event::{OpenedFile, PreviewRow, RowWindow, Trouble};

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
    /// Why rows or validation are not to be had.
    pub trouble: Option<Trouble>,
}

impl OpenFile {
    pub(super) fn new(opened: OpenedFile) -> Self {
        let index = opened.document.index_state();
        Self { opened, index, window: None, search: None, checked: None, trouble: None }
    }

    pub(super) fn set_checked(&mut self, checked: Arc<Checked>) {
        self.checked = Some(checked);
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

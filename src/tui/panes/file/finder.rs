//! Search in the rows: the field, where the next match is, and the line that says so.
//!
//! The matches themselves are facts and stand in the store; here is only what a person did with them.

use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use crate::domain::phone::{Normaliser, PhonePolicy, Region};
use crate::domain::text::thousands;
use crate::ops::{Field as Column, Needle};
use crate::tui::act::Text;
use crate::tui::cx::Cx;
use crate::tui::event::Op;
use crate::tui::store::{OpenFile, Search, SearchState, Step};
use crate::tui::theme::Role;
use crate::tui::widgets::input::Field;
use crate::tui::widgets::{span, state};

/// How the last step went, until the next one.
const ROUND_DOWN: &str = "past the end, on from the top";
const ROUND_UP: &str = "past the top, on from the end";

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Finder {
    pub(super) field: Field,
    /// The field has the focus.
    pub(super) open: bool,
    /// Matches are shown, and gone through.
    pub(super) active: bool,
    /// The first match is gone to once it is known.
    pub(super) first_is_due: bool,
    round: Option<&'static str>,
}

impl Finder {
    /// `/`: an empty field, unless something was left in it.
    pub(super) fn begin(&mut self) {
        self.open = true;
        if self.active {
            self.field.set("");
        }
    }

    /// Text for the field.
    pub(super) fn edit(&mut self, text: &Text) {
        self.field.edit(text);
    }

    /// Enter in the field: what to start. A blank field ends the search.
    pub(super) fn start(&mut self, file: &OpenFile, cx: &Cx, from: u64) -> Option<Op> {
        self.open = false;
        let needle = Needle::new(self.field.value(), Some(&reader(file, cx)));
        (self.active, self.first_is_due, self.round) = (needle.is_some(), needle.is_some(), None);
        needle.map(|needle| Op::Search { file: file.opened.clone(), needle: Box::new(needle), from })
    }

    /// Ends the search; whether there was one.
    pub(super) fn clear(&mut self) -> bool {
        self.field.set("");
        self.first_is_due = false;
        std::mem::take(&mut self.active)
    }

    /// The search that is shown.
    pub(super) fn search<'a>(&self, file: &'a OpenFile) -> Option<&'a Search> {
        file.search.as_ref().filter(|_| self.active)
    }

    /// The step to the next match, or to the one before.
    pub(super) fn step(&mut self, search: &Search, row: u64, back: bool) -> Step {
        self.first_is_due = false;
        let step = if back { search.previous(row) } else { search.next(row) };
        self.note(step, back);
        step
    }

    /// The step to the first match, while it is due.
    pub(super) fn first(&mut self, file: &OpenFile) -> Option<Step> {
        let step = self.search(file).filter(|_| self.first_is_due)?.first();
        if step == Step::Searching {
            return None;
        }
        self.first_is_due = false;
        self.note(step, false);
        Some(step)
    }

    fn note(&mut self, step: Step, back: bool) {
        self.round = match step {
            Step::Round(_) if back => Some(ROUND_UP),
            Step::Round(_) => Some(ROUND_DOWN),
            _ => None,
        };
    }

    /// The selection went elsewhere.
    pub(super) fn moved(&mut self) {
        self.first_is_due = false;
        self.round = None;
    }

    /// The line below the rows, while a search is shown.
    pub(super) fn line(&self, cx: &Cx, file: &OpenFile, row: u64, width: u16) -> Option<Line<'static>> {
        let search = self.search(file)?;
        let needle = span(cx, Role::Key, format!("/{}", cx.text(search.needle.text(), 40)));
        let gap = span(cx, Role::Muted, "  ");
        let ranges = file.opened.document.mapping().columns.contains_key(&Column::RangeEnd);
        let mut parts = vec![needle, gap, counted(cx, search, row, ranges)];
        let mut more = String::new();
        match &search.state {
            SearchState::Running => more.push_str(&format!(" · {} % searched", search.percent())),
            SearchState::Stopped => {
                more.push_str(&format!(" · stopped when {} % was searched", search.percent()));
            }
            SearchState::Failed(trouble) => more.push_str(&format!(" · {}", trouble.message)),
            SearchState::Done => {}
        }
        if let Some(round) = self.round {
            more.push_str(&format!(" · {round}"));
        }
        parts.push(span(cx, Role::Text, more));
        let used: usize = parts.iter().map(ratatui::text::Span::width).sum();
        let how = match search.needle.number() {
            Some(number) => [
                format!(" · as text, and as {} in any spelling", cx.number(number)),
                " · in any spelling".to_owned(),
            ],
            None => [" · as text".to_owned(), String::new()],
        };
        let fitting = how.into_iter().find(|how| used + how.width() <= usize::from(width));
        parts.push(span(cx, Role::Muted, fitting.unwrap_or_default()));
        Some(Line::from(parts))
    }
}

/// `match 3 of 1,204`. A search looks at what is written, and a range writes two of its numbers only.
fn counted(cx: &Cx, search: &Search, row: u64, ranges: bool) -> ratatui::text::Span<'static> {
    let all = thousands(search.len() as u64);
    let so_far = if search.state == SearchState::Done { "" } else { " so far" };
    match (search.rank(row), search.len()) {
        (Some(rank), _) => span(cx, Role::Text, format!("match {} of {all}{so_far}", thousands(rank as u64))),
        (None, 0) if search.state == SearchState::Done && ranges => {
            state(cx, Role::Warn, "no row names it; a range may still hold it")
        }
        (None, 0) if search.state == SearchState::Done => state(cx, Role::Warn, "no row holds it"),
        (None, 0) => span(cx, Role::Busy, "◌ no match so far"),
        (None, 1) => span(cx, Role::Text, format!("1 match{so_far}")),
        (None, _) => span(cx, Role::Text, format!("{all} matches{so_far}")),
    }
}

/// How what is searched for reads as a number. Looser than validation: also numbers that may not be uploaded are found.
fn reader(file: &OpenFile, cx: &Cx) -> Normaliser {
    let of_tenant = cx.env.tenant.as_ref().map(|tenant| tenant.normaliser.region());
    let region = file.opened.input.region.or(of_tenant).unwrap_or(Region::US);
    Normaliser::new(region, PhonePolicy::Possible, Vec::new())
}

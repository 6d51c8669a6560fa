//! Tables whose selection is an identity, not an index: when the facts change, the same thing stays selected.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::span;
use crate::tui::command::Command;
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap, Region};
use crate::tui::theme::Role;

/// What is selected, by key; with the place it had last, for when it is gone.
#[derive(Clone, Debug)]
pub struct Cursor<K> {
    key: Option<K>,
    index: usize,
    /// First row on the screen: kept between frames so that the table does not jump. Only the view writes it.
    top: Cell<usize>,
}

impl<K> Default for Cursor<K> {
    fn default() -> Self {
        Self { key: None, index: 0, top: Cell::new(0) }
    }
}

impl<K: Clone + PartialEq> Cursor<K> {
    /// The selected key.
    pub fn key(&self) -> Option<&K> {
        self.key.as_ref()
    }

    /// Its index in the keys of the last [`Cursor::resync`].
    pub fn index(&self) -> usize {
        self.index
    }

    /// Selects a key; it gets its index at the next resync.
    pub fn select(&mut self, key: K) {
        self.key = Some(key);
    }

    /// Finds the selected key among these; where it is gone, selects what stands in its place now.
    pub fn resync(&mut self, keys: &[K]) {
        let found = self.key.as_ref().and_then(|key| keys.iter().position(|k| k == key));
        self.index = found.unwrap_or(self.index.min(keys.len().saturating_sub(1)));
        self.key = keys.get(self.index).cloned();
    }

    /// Selects by index.
    pub fn go(&mut self, index: usize, keys: &[K]) {
        self.index = index.min(keys.len().saturating_sub(1));
        self.key = keys.get(self.index).cloned();
    }

    /// Moves for a moving command; `false` when it is none.
    pub fn step(&mut self, command: Command, keys: &[K], page: usize) -> bool {
        self.resync(keys);
        let last = keys.len().saturating_sub(1);
        let Some(index) = moved(command, self.index, last, page) else { return false };
        self.go(index, keys);
        true
    }

    /// First row to draw so that the selected one shows in `height` rows.
    fn top(&self, total: usize, height: usize) -> usize {
        let mut top = self.top.get().min(total.saturating_sub(height));
        if self.index < top {
            top = self.index;
        } else if height > 0 && self.index >= top + height {
            top = self.index + 1 - height;
        }
        self.top.set(top);
        top
    }
}

/// Where a moving command leads from `index` among `0..=last`; `None` when it is no moving command.
pub fn moved(command: Command, index: usize, last: usize, page: usize) -> Option<usize> {
    Some(match command {
        Command::Up => index.saturating_sub(1),
        Command::Down => (index + 1).min(last),
        Command::PageUp => index.saturating_sub(page),
        Command::PageDown => (index + page).min(last),
        Command::First => 0,
        Command::Last => last,
        _ => return None,
    })
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading; all empty = no heading line.
    pub title: &'static str,
    /// Width.
    pub width: Constraint,
    /// Numbers stand right.
    pub right: bool,
}

impl Column {
    /// Left-aligned.
    pub const fn left(title: &'static str, width: Constraint) -> Self {
        Self { title, width, right: false }
    }

    /// Right-aligned.
    pub const fn right(title: &'static str, width: Constraint) -> Self {
        Self { title, width, right: true }
    }
}

/// A column's width for its widest text, title included, at most `most` cells.
pub fn widest<'a>(title: &str, most: u16, texts: impl Iterator<Item = &'a str>) -> u16 {
    let widest = texts.map(UnicodeWidthStr::width).chain([title.width()]).max().unwrap_or(0);
    u16::try_from(widest).unwrap_or(u16::MAX).min(most)
}

/// Draws the rows that fit. `row(i)` gives the cells of row `i` and is asked for visible rows only.
#[derive(Debug)]
pub struct Table<'a> {
    /// Columns.
    pub columns: &'a [Column],
    /// Rows in all.
    pub total: usize,
    /// The region, for the mouse and for pages.
    pub region: Region,
    /// Whether the region has the focus.
    pub focused: bool,
}

impl Table<'_> {
    /// See the type.
    pub fn view<K: Clone + PartialEq>(
        &self,
        area: Rect,
        buf: &mut Buffer,
        cx: &Cx,
        hits: &mut HitMap,
        cursor: &Cursor<K>,
        mut row: impl FnMut(usize) -> Vec<Span<'static>>,
    ) {
        let area = area.intersection(buf.area);
        hits.add(area, Hit::Region(self.region));
        if area.is_empty() {
            return;
        }
        let headed = self.columns.iter().any(|column| !column.title.is_empty());
        let body = if headed {
            self.cells(Rect { height: 1, ..area }, buf, cx, None, |column, _| {
                span(cx, Role::Muted, column.title)
            });
            Rect { y: area.y + 1, height: area.height - 1, ..area }
        } else {
            area
        };
        let height = usize::from(body.height);
        hits.page(self.region, height);
        let top = cursor.top(self.total, height);
        for (line, index) in (top..self.total).take(height).enumerate() {
            let place = Rect { y: body.y + line as u16, height: 1, ..body };
            let selected = index == cursor.index;
            let role = match (selected, self.focused) {
                (true, true) => Some(Role::Selected),
                (true, false) => Some(Role::Marked),
                _ => None,
            };
            let cells = row(index);
            self.cells(place, buf, cx, role, |_, at| cells.get(at).cloned().unwrap_or_default());
            if role == Some(Role::Selected) {
                buf.set_style(place, cx.theme.style(Role::Selected));
            }
            hits.add(place, Hit::Row(self.region, index));
        }
    }

    fn cells<'s>(
        &self,
        area: Rect,
        buf: &mut Buffer,
        cx: &Cx,
        mark: Option<Role>,
        cell: impl Fn(&Column, usize) -> Span<'s>,
    ) {
        let marker = mark.map_or(" ", Role::symbol);
        buf.set_line(area.x, area.y, &Line::from(span(cx, Role::Key, marker)), area.width.min(1));
        let rest = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
        let widths =
            Layout::horizontal(self.columns.iter().map(|column| column.width)).spacing(1).split(rest);
        for (at, (column, place)) in self.columns.iter().zip(widths.iter()).enumerate() {
            let line = Line::from(cut(cell(column, at), place.width));
            let shift = if column.right { place.width.saturating_sub(line.width() as u16) } else { 0 };
            let place = Rect { x: place.x + shift, width: place.width - shift, ..*place };
            super::line(place, buf, &line);
        }
    }
}

/// Ends with `…` where a cell does not fit.
fn cut(span: Span<'_>, width: u16) -> Span<'_> {
    let width = usize::from(width);
    if span.width() <= width {
        return span;
    }
    let mut used = 0;
    let kept: String = span
        .content
        .chars()
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used < width
        })
        .collect();
    Span::styled(format!("{kept}…"), span.style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_stays_selected_when_the_facts_change() {
        let mut cursor = Cursor::default();
        cursor.step(Command::Down, &["a", "b", "c"], 10);
        assert_eq!(cursor.key(), Some(&"b"));
        cursor.resync(&["x", "a", "b"]);
        assert_eq!((cursor.key(), cursor.index()), (Some(&"b"), 2));
        cursor.resync(&["x", "y"]);
        assert_eq!(cursor.key(), Some(&"y"));
        cursor.resync(&[]);
        assert_eq!(cursor.key(), None);
    }

    #[test]
    fn a_cell_that_does_not_fit_ends_with_an_ellipsis() {
        assert_eq!(cut(Span::raw("National"), 5).content, "Nati…");
        assert_eq!(cut(Span::raw("漢字漢字"), 6).content, "漢字…");
        assert_eq!(cut(Span::raw("fits"), 4).content, "fits");
    }

    #[test]
    fn the_selected_row_is_always_in_view() {
        let mut cursor = Cursor::<usize>::default();
        let keys: Vec<usize> = (0..100).collect();
        for (command, top) in
            [(Command::Last, 90), (Command::Up, 90), (Command::First, 0), (Command::PageDown, 1)]
        {
            cursor.step(command, &keys, 10);
            assert_eq!(cursor.top(100, 10), top, "{command:?}");
        }
    }
}

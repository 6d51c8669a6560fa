//! What was drawn where: the only thing a view gives back beside the buffer. Mouse events and page keys use it.

use ratatui::layout::{Position, Rect};

use super::command::{Command, PaneId};

/// A region of a pane or overlay, by a number of its own: each pane counts from 0.
pub type Region = u8;

/// What lies under a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A tab of the header.
    Tab(PaneId),
    /// A hint of the footer, or a button.
    Command(Command),
    /// A region as such: a click focuses it, the wheel moves in it.
    Region(Region),
    /// A row of a region, by its index into what the region lists.
    Row(Region, usize),
    /// The toast line: a click opens the error.
    Toast,
}

/// Areas of the last frame, innermost last, and where the text cursor stands.
#[derive(Clone, Debug, Default)]
pub struct HitMap {
    areas: Vec<(Rect, Hit)>,
    pages: Vec<(Region, usize)>,
    cursor: Option<Position>,
}

impl HitMap {
    /// Notes an area.
    pub fn add(&mut self, area: Rect, hit: Hit) {
        if !area.is_empty() {
            self.areas.push((area, hit));
        }
    }

    /// Notes how many rows a region shows: a page.
    pub fn page(&mut self, region: Region, rows: usize) {
        self.pages.push((region, rows));
    }

    /// Rows of one page of a region; 10 where it was not drawn yet.
    pub fn page_of(&self, region: Region) -> usize {
        self.pages.iter().rev().find(|(r, _)| *r == region).map_or(10, |(_, rows)| (*rows).max(1))
    }

    /// Puts the text cursor somewhere.
    pub fn set_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some(Position { x, y });
    }

    /// Where the text cursor stands, if a field has the focus.
    pub fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Forgets what was drawn so far: an overlay lies over it.
    pub fn cover(&mut self) {
        self.areas.clear();
        self.pages.clear();
        self.cursor = None;
    }

    /// What lies innermost under a point.
    pub fn at(&self, x: u16, y: u16) -> Option<Hit> {
        let point = Position { x, y };
        self.areas.iter().rev().find(|(area, _)| area.contains(point)).map(|(_, hit)| *hit)
    }
}

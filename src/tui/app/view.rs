//! The whole screen from the app, into a buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{App, Leaving};
use crate::tui::hits::HitMap;
use crate::tui::theme::Role;
use crate::tui::widgets::{chrome, line, span};

/// Smaller than this, one sentence is all that is shown.
const MIN: (u16, u16) = (60, 20);

impl App {
    /// Draws everything; returns what lies where.
    pub fn view(&self, area: Rect, buf: &mut Buffer) -> HitMap {
        let mut hits = HitMap::default();
        if area.width < MIN.0 || area.height < MIN.1 {
            let sentence =
                format!("quietline needs {}×{}; this is {}×{}", MIN.0, MIN.1, area.width, area.height);
            let y = area.y + area.height / 2;
            let place =
                Rect { y: y.min(area.bottom().saturating_sub(1)), height: area.height.min(1), ..area };
            line(place, buf, &Line::from(span(&self.cx, Role::Text, sentence)));
            return hits;
        }
        let row = |y| Rect { y, height: 1, ..area };
        let said = chrome::toast_lines(&self.cx, &self.toasts, area.width, area.height / 5);
        let rows = said.len() as u16;
        let body = Rect { y: area.y + 2, height: area.height - 3 - rows, ..area };
        let active = &self.panes[self.active];
        active.view(body, buf, &self.cx, &mut hits);
        for layer in &self.layers {
            hits.cover();
            layer.view(body, buf, &self.cx, &mut hits);
        }
        chrome::header(row(area.y), buf, &self.cx, self.leaving != Leaving::No);
        let tabs: Vec<_> =
            self.panes.iter().map(|pane| (pane.id(), pane.title(), pane.badge(&self.cx))).collect();
        chrome::tabs(row(area.y + 1), buf, &self.cx, &mut hits, &tabs, active.id());
        chrome::footer(row(area.bottom() - 1), buf, &self.cx, &mut hits, &self.hints(), self.field());
        chrome::toasts(Rect { y: body.bottom(), height: rows, ..area }, buf, &mut hits, &said);
        hits
    }
}

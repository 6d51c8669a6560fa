//! The filter of a table: `/`, words, Esc.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::input::Field;
use super::{line, span};
use crate::domain::text::thousands;
use crate::tui::act::Text;
use crate::tui::command::Command;
use crate::tui::cx::Cx;
use crate::tui::hits::HitMap;
use crate::tui::theme::Role;

/// What is filtered for, and whether it is being typed.
#[derive(Debug, Default)]
pub struct Filter {
    field: Field,
    open: bool,
}

impl Filter {
    /// Whether its field has the focus.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether it leaves anything out.
    pub fn is_active(&self) -> bool {
        !self.field.is_blank()
    }

    /// Takes the commands that open, keep and clear it; `false` for any other.
    pub fn update(&mut self, command: Command) -> bool {
        match command {
            Command::Filter => self.open = true,
            Command::Accept if self.open => self.open = false,
            Command::Back if self.open || self.is_active() => {
                self.open = false;
                self.field.set("");
            }
            _ => return false,
        }
        true
    }

    /// Takes text while open.
    pub fn text(&mut self, text: &Text) -> bool {
        self.open && {
            self.field.edit(text);
            true
        }
    }

    /// Whether something holds every word, in any case.
    pub fn admits(&self, haystack: &str) -> bool {
        let haystack = haystack.to_lowercase();
        self.field.value().to_lowercase().split_whitespace().all(|word| haystack.contains(word))
    }

    /// Draws its line at the bottom of a region, when there is something to say; returns what is left of the region.
    pub fn view(
        &self,
        area: Rect,
        buf: &mut Buffer,
        cx: &Cx,
        hits: &mut HitMap,
        shown: usize,
        all: usize,
    ) -> Rect {
        if !(self.open || self.is_active()) || area.height < 2 {
            return area;
        }
        let rest = Rect { height: area.height - 1, ..area };
        let place = Rect { y: area.y + rest.height, height: 1, ..area };
        let count = format!("{} of {} · Esc shows all", thousands(shown as u64), thousands(all as u64));
        let count = Line::from(span(cx, Role::Muted, count));
        let width = (count.width() as u16).min(place.width);
        let left = Rect { width: place.width - width, ..place };
        self.field.view(left, buf, cx, hits, "/ ", "words", self.open);
        line(Rect { x: place.right() - width, width, ..place }, buf, &count);
        rest
    }
}

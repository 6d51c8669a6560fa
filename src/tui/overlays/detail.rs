//! Something in full: a row, a batch, a difference, an event. Labelled lines, scrolled, copied with `y`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Overlay, window};
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::table::moved;
use crate::tui::widgets::{span, text};

/// Labels and values. Whoever makes it has made every string safe to show (`Cx::text`).
#[derive(Debug)]
pub struct Detail {
    id: OverlayId,
    title: String,
    lines: Vec<(String, String)>,
    skip: usize,
}

impl Detail {
    /// Lines of label and value; an empty label continues the line above.
    pub fn new(title: &str, lines: Vec<(String, String)>) -> Self {
        Self { id: OverlayId::Detail, title: title.to_owned(), lines, skip: 0 }
    }

    pub(super) fn error(lines: Vec<(String, String)>) -> Self {
        Self { id: OverlayId::Error, title: "Error".into(), lines, skip: 0 }
    }

    fn plain(&self) -> String {
        self.lines
            .iter()
            .map(
                |(label, value)| {
                    if label.is_empty() { format!("  {value}\n") } else { format!("{label}: {value}\n") }
                },
            )
            .collect()
    }
}

impl Overlay for Detail {
    fn id(&self) -> OverlayId {
        self.id
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        match command {
            Command::Copy => Reply::act(Act::Copy(self.plain(), "details")),
            Command::Accept | Command::Quit => Reply::act(Act::Close),
            _ => match moved(command, self.skip, self.lines.len().saturating_sub(1), cx.hits.page_of(0)) {
                Some(skip) => {
                    self.skip = skip;
                    Reply::done()
                }
                None => Reply::Ignored,
            },
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let height = (self.lines.len() as u16).saturating_add(8).clamp(8, area.height.max(8));
        let inside = window(area, buf, cx, &self.title, 96, height);
        hits.add(inside, Hit::Region(0));
        hits.page(0, usize::from(inside.height));
        let width = self.lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let lines = self
            .lines
            .iter()
            .skip(self.skip)
            .map(|(label, value)| {
                Line::from(vec![
                    span(cx, Role::Muted, format!("{label:<width$}  ")),
                    span(cx, Role::Text, value.clone()),
                ])
            })
            .collect();
        text::lines(inside, buf, lines, 0);
    }
}

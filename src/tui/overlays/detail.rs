//! Something in full: a row, a batch, a difference, an event. Labelled lines, scrolled, copied with `y`.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr;

use super::{Overlay, window};
use crate::tui::act::{Act, Reply};
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap};
use crate::tui::theme::Role;
use crate::tui::widgets::table::moved;
use crate::tui::widgets::{span, text};

/// The most columns it takes.
const WIDE: u16 = 96;

/// Labels and values. Whoever makes it has made every string safe to show (`Cx::text`).
#[derive(Debug)]
pub struct Detail {
    id: OverlayId,
    title: String,
    lines: Vec<(String, String)>,
    skip: usize,
    /// Lines on the screen when it was drawn last: a long value takes several. Only the view writes it.
    drawn: Cell<usize>,
}

impl Detail {
    /// Lines of label and value; an empty label continues the line above.
    pub fn new(title: &str, lines: Vec<(String, String)>) -> Self {
        Self { id: OverlayId::Detail, title: title.to_owned(), lines, skip: 0, drawn: Cell::default() }
    }

    pub(super) fn error(lines: Vec<(String, String)>) -> Self {
        Self { id: OverlayId::Error, title: "Error".into(), lines, skip: 0, drawn: Cell::default() }
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
            _ => match moved(command, self.skip, self.drawn.get().saturating_sub(1), cx.hits.page_of(0)) {
                Some(skip) => {
                    self.skip = skip;
                    Reply::done()
                }
                None => Reply::Ignored,
            },
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let width = self.lines.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
        let room = usize::from(area.width.min(WIDE)).saturating_sub(width + 4);
        // A long value goes on under itself, not under its label.
        let mut lines = Vec::new();
        for (label, value) in &self.lines {
            let mut label = label.as_str();
            for part in text::wrap(value, room) {
                let indent = width.saturating_sub(label.width());
                let label = format!("{}{}  ", std::mem::take(&mut label), " ".repeat(indent));
                lines.push(Line::from(vec![span(cx, Role::Muted, label), span(cx, Role::Text, part)]));
            }
        }
        self.drawn.set(lines.len());
        let height = (lines.len() as u16).saturating_add(8).clamp(8, area.height.max(8));
        let inside = window(area, buf, cx, &self.title, WIDE, height);
        hits.add(inside, Hit::Region(0));
        hits.page(0, usize::from(inside.height));
        let shown = lines.into_iter().skip(self.skip).take(usize::from(inside.height));
        text::lines(inside, buf, shown.collect(), 0);
    }
}

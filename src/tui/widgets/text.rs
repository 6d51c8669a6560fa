//! Paragraphs: wrapped text, empty states.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{middle, span};
use crate::tui::cx::Cx;
use crate::tui::event::Trouble;
use crate::tui::theme::Role;

/// Lines, wrapped at the edge, scrolled down by `skip` lines.
pub fn lines(area: Rect, buf: &mut Buffer, lines: Vec<Line<'_>>, skip: u16) {
    let area = area.intersection(buf.area);
    if !area.is_empty() {
        Paragraph::new(Text::from(lines)).wrap(Wrap { trim: false }).scroll((skip, 0)).render(area, buf);
    }
}

/// A label and what belongs to it; without a label, the value takes the whole width.
#[derive(Clone, Debug)]
pub struct Said {
    label: &'static str,
    role: Role,
    value: String,
}

impl Said {
    /// A labelled line.
    pub fn new(label: &'static str, role: Role, value: impl Into<String>) -> Self {
        Self { label, role, value: value.into() }
    }

    /// A line of its own.
    pub fn line(role: Role, value: impl Into<String>) -> Self {
        Self::new("", role, value)
    }

    /// An empty line.
    pub fn gap() -> Self {
        Self::line(Role::Text, "")
    }
}

/// Labelled lines; a long value goes on under itself, not under its label. Scrolled down by `skip` lines.
pub fn said(area: Rect, buf: &mut Buffer, cx: &Cx, all: &[Said], skip: usize) {
    let area = area.intersection(buf.area);
    let width = all.iter().map(|said| said.label.width() + 2).filter(|width| *width > 2).max().unwrap_or(0);
    let rows = all.iter().flat_map(|said| {
        let continued = said.label == CONTINUED;
        let indent = if said.label.is_empty() { 0 } else { width };
        let label = if continued { "" } else { said.label };
        wrap(&said.value, usize::from(area.width).saturating_sub(indent)).into_iter().enumerate().map(
            move |(at, part)| {
                let label = if at == 0 { label } else { "" };
                Line::from(vec![
                    span(cx, Role::Muted, format!("{label:<indent$}")),
                    span(cx, said.role, part),
                ])
            },
        )
    });
    for (y, row) in (area.y..area.bottom()).zip(rows.skip(skip)) {
        super::line(Rect { y, height: 1, ..area }, buf, &row);
    }
}

/// A label that stands for “the same as above”.
pub const CONTINUED: &str = " ";

/// Breaks at blanks; a word that is longer than a line is broken where the line ends.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used > 0 && used + word.trim_end().width() > width {
            lines.push(String::new());
            used = 0;
        }
        for letter in word.chars() {
            let cells = letter.width().unwrap_or(0);
            if used + cells > width && letter != ' ' {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(letter);
            }
            used += cells;
        }
    }
    lines
}

/// An empty state: one sentence, and the key that changes it.
pub fn empty(area: Rect, buf: &mut Buffer, cx: &Cx, sentence: &str, next: &str) {
    let place = middle(area, area.width.saturating_sub(4), 4);
    lines(
        place,
        buf,
        vec![
            Line::from(span(cx, Role::Text, sentence.to_owned())).centered(),
            Line::from(span(cx, Role::Muted, next.to_owned())).centered(),
        ],
        0,
    );
}

/// Could not load: what, and what next.
pub fn trouble(area: Rect, buf: &mut Buffer, cx: &Cx, trouble: &Trouble) {
    lines(area, buf, trouble_lines(cx, trouble), 0);
}

/// The lines of a trouble.
pub fn trouble_lines<'a>(cx: &Cx, trouble: &Trouble) -> Vec<Line<'a>> {
    vec![
        Line::from(vec![
            super::state(cx, Role::Bad, &format!("could not {}: ", trouble.doing)),
            span(cx, Role::Text, trouble.message.clone()),
        ]),
        Line::from(span(cx, Role::Muted, format!("{}  (! shows it in full)", trouble.advice))),
    ]
}

/// What to show while there is no value: on its way, failed, or nothing to wait for. `false` when there was nothing to
/// say.
pub fn waiting(
    area: Rect,
    buf: &mut Buffer,
    cx: &Cx,
    busy: bool,
    failed: Option<&Trouble>,
    what: &str,
) -> bool {
    if busy {
        empty(area, buf, cx, &format!("reading {what} …"), "");
    } else if let Some(failed) = failed {
        trouble(area, buf, cx, failed);
    } else if cx.env.tenant.is_none() {
        empty(area, buf, cx, "No tenant yet.", ": then “set up” opens the wizard");
    } else {
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_breaks_at_blanks_and_long_words_at_the_edge() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
    }
}

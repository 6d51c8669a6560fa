//! Paragraphs: wrapped text, empty states.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Widget, Wrap};

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

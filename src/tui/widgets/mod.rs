//! Dumb pieces: data in, cells out.

pub mod chrome;
pub mod filter;
pub mod input;
pub mod list;
pub mod progress;
pub mod table;
pub mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::cx::Cx;
use super::theme::Role;

/// A framed region. Its border has the environment's shape; focus shows by a thick border and a marked title. Returns
/// the inside.
pub fn frame(area: Rect, buf: &mut Buffer, cx: &Cx, title: &str, focused: bool) -> Rect {
    let area = area.intersection(buf.area);
    let environment = cx.env.tenant.as_ref().map(|tenant| tenant.environment);
    let role = if focused { Role::Focus } else { Role::Border };
    // Half a number is another number: what the frame has no room for is marked.
    let mark = if focused { " ▸ " } else { " " };
    let room = usize::from(area.width).saturating_sub(2 + mark.chars().count() + 1);
    let title = format!("{mark}{} ", list::fit(title, room));
    let block = Block::bordered()
        .border_type(cx.theme.border(environment, focused))
        .border_style(cx.theme.style(role).remove_modifier(Modifier::BOLD))
        .title(Line::styled(title, cx.theme.style(Role::Title)));
    let inside = block.inner(area);
    block.render(area, buf);
    inside
}

/// One line, cut at the edge with a `…`: what is missing must not look as if it were not there.
pub fn line(area: Rect, buf: &mut Buffer, line: &Line<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let said: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    match list::cut(said.trim_end(), usize::from(area.width)) {
        None => buf.set_line(area.x, area.y, line, area.width),
        Some(at) => buf.set_line(area.x, area.y, &cut(line, at), area.width),
    };
}

/// The first `at` bytes of a line, and a `…` in the role of what it follows.
fn cut<'a>(line: &'a Line<'_>, mut at: usize) -> Line<'a> {
    let mut kept = Line { spans: Vec::new(), ..line.clone() };
    for span in &line.spans {
        let room = at.min(span.content.len());
        at -= room;
        if room > 0 {
            kept.spans.push(Span::styled(&span.content[..room], span.style));
        }
        if room < span.content.len() {
            kept.spans.push(Span::styled("…", span.style));
            break;
        }
    }
    kept
}

/// A span in a role.
pub fn span<'a>(cx: &Cx, role: Role, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
    Span::styled(text, cx.theme.style(role))
}

/// A symbol and a word in one role: state is never said by colour alone.
pub fn state<'a>(cx: &Cx, role: Role, word: &str) -> Span<'a> {
    Span::styled(format!("{} {word}", role.symbol()), cx.theme.style(role))
}

/// The middle of an area, at most this large.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

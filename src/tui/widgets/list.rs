//! Lists of any length: a place in the list and its scroll position, without a key per row. A million rows cost nothing.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::span;
use super::table::moved;
use crate::tui::command::Command;
use crate::tui::cx::Cx;
use crate::tui::hits::{Hit, HitMap, Region};
use crate::tui::theme::Role;

/// Which row of a list is selected, and which one stands at the top.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// Selected row, from 0.
    pub at: usize,
    /// Kept between frames so that the list does not jump. Only views write it.
    top: Cell<usize>,
}

impl Spot {
    /// Moves for a moving command; `false` when it is none.
    pub fn step(&mut self, command: Command, total: usize, page: usize) -> bool {
        self.clamp(total);
        let Some(at) = moved(command, self.at, total.saturating_sub(1), page) else { return false };
        self.at = at;
        true
    }

    /// Keeps the selection inside the list.
    pub fn clamp(&mut self, total: usize) {
        self.at = self.at.min(total.saturating_sub(1));
    }

    /// First row to draw so that the selected one shows in `height` rows.
    pub fn top(&self, total: usize, height: usize) -> usize {
        let mut top = self.top.get().min(total.saturating_sub(height));
        if self.at < top {
            top = self.at;
        } else if height > 0 && self.at >= top + height {
            top = self.at + 1 - height;
        }
        self.top.set(top);
        top
    }
}

/// Draws the rows that fit: a marker in front of the selected one, then cells at fixed places, so that no content can
/// push its neighbours aside. `row(i)` is asked for visible rows only and gives `(offset, width, cell)`.
#[expect(clippy::too_many_arguments, reason = "a list is drawn in one place with all it needs")]
pub fn list(
    area: Rect,
    buf: &mut Buffer,
    cx: &Cx,
    hits: &mut HitMap,
    (region, focused): (Region, bool),
    total: usize,
    spot: &Spot,
    mut row: impl FnMut(usize) -> Vec<(u16, u16, Span<'static>)>,
) {
    let area = area.intersection(buf.area);
    hits.add(area, Hit::Region(region));
    hits.page(region, usize::from(area.height));
    if area.is_empty() {
        return;
    }
    let height = usize::from(area.height);
    let top = spot.top(total, height);
    for (line, index) in (top..total).take(height).enumerate() {
        let place = Rect { y: area.y + line as u16, height: 1, ..area };
        let mark = match (index == spot.at, focused) {
            (true, true) => Some(Role::Selected),
            (true, false) => Some(Role::Marked),
            _ => None,
        };
        let marker = Line::from(span(cx, Role::Key, mark.map_or(" ", Role::symbol)));
        buf.set_line(place.x, place.y, &marker, 1);
        cells(place, buf, row(index));
        if mark == Some(Role::Selected) {
            buf.set_style(place, cx.theme.style(Role::Selected));
        }
        hits.add(place, Hit::Row(region, index));
    }
}

/// Draws cells at their offsets behind the marker's column. What does not fit is left out.
pub fn cells(place: Rect, buf: &mut Buffer, cells: Vec<(u16, u16, Span<'static>)>) {
    for (offset, width, cell) in cells {
        let offset = offset.saturating_add(1);
        if offset < place.width {
            let room = width.min(place.width - offset);
            let at = Rect { x: place.x + offset, width: room, ..place };
            super::line(at, buf, &Line::from(fitted(&cell, usize::from(room))));
        }
    }
}

fn fitted(cell: &Span<'static>, width: usize) -> Span<'static> {
    Span::styled(fit(&cell.content, width), cell.style)
}

/// Text in at most `width` columns of the terminal; what is cut is marked with `…`.
pub fn fit(text: &str, width: usize) -> String {
    match cut(text, width) {
        None => text.to_owned(),
        Some(_) if width == 0 => String::new(),
        Some(at) => format!("{}…", &text[..at]),
    }
}

/// Where text is cut that does not fit, so that a `…` has room behind it; never inside an escape, half of which would look
/// like something that stands in the file.
pub fn cut(text: &str, width: usize) -> Option<usize> {
    if text.width() <= width {
        return None;
    }
    let (mut used, mut at) = (0, 0);
    for letter in text.chars() {
        let wide = letter.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        at += letter.len_utf8();
    }
    let begun = text[..at].rfind('\\').filter(|begun| begun + escape_len(&text[*begun..]) > at);
    Some(begun.unwrap_or(at))
}

/// Bytes of the escape that a text begins with, `\u{202e}` or `\x1b`; 0 where it begins with none.
fn escape_len(text: &str) -> usize {
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some((hex, _)) = text.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')) {
        return if is_hex(hex) { hex.len() + 4 } else { 0 };
    }
    let hex = text.strip_prefix("\\x").and_then(|rest| rest.get(..2));
    if hex.is_some_and(is_hex) { 4 } else { 0 }
}

/// Text in at most `width` columns, shortened in the middle: both ends of an identifier tell it from others.
pub fn ends(text: &str, width: usize) -> String {
    if text.width() <= width || width < 5 {
        return fit(text, width);
    }
    let most = (width - 1) / 2;
    let mut back = String::new();
    for letter in text.chars().rev() {
        if back.width() + letter.width().unwrap_or(0) > most {
            break;
        }
        back.insert(0, letter);
    }
    format!("{}{back}", fit(text, width - back.width()))
}

/// The same, with blanks in front where it is shorter.
pub fn right(text: &str, width: usize) -> String {
    let text = fit(text, width);
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_never_takes_more_room_than_there_is() {
        assert_eq!(fit("東京電話", 5), "東京…");
        assert_eq!(fit("東京", 4), "東京");
        assert_eq!(fit("e\u{301}tat", 3), "e\u{301}t…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(right("7", 3), "  7");
        assert_eq!(ends("16e639e2-a9e1f02", 9), "16e6…1f02");
        assert_eq!(ends("16e639e2", 8), "16e639e2");
        assert_eq!(ends("東京電話東京電話", 8), "東京…話");
        assert_eq!(ends("abcdef", 3), "ab…");
    }

    #[test]
    fn no_escape_is_cut_in_the_middle() {
        let text = "hello\\u{1b}[31m";
        let cuts = [14, 13, 12, 11, 7, 6].map(|width| fit(text, width));
        assert_eq!(
            cuts,
            ["hello\\u{1b}[3…", "hello\\u{1b}[…", "hello\\u{1b}…", "hello…", "hello…", "hello…"]
        );
        assert_eq!(fit("a\\x1bb", 5), "a…");
        // What only looks like one is text.
        assert_eq!([fit("C:\\users\\x", 6), fit("a\\u{zz}b", 5)], ["C:\\us…", "a\\u{…"]);
    }

    #[test]
    fn the_selection_stays_inside_and_in_view_at_a_million_rows() {
        let mut spot = Spot::default();
        assert!(spot.step(Command::Last, 1_000_000, 20));
        assert_eq!((spot.at, spot.top(1_000_000, 20)), (999_999, 999_980));
        spot.clamp(3);
        assert_eq!((spot.at, spot.top(3, 20)), (2, 0));
        assert!(!spot.step(Command::Accept, 3, 20));
    }
}

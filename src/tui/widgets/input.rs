//! A one-line text field.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;
use unicode_width::UnicodeWidthChar;

use super::span;
use crate::domain::text::visible;
use crate::tui::act::Text;
use crate::tui::cx::Cx;
use crate::tui::hits::HitMap;
use crate::tui::theme::Role;

/// A field. `Debug` never shows what stands in it: it may be a number or a secret.
#[derive(Clone, Default)]
pub struct Field {
    input: Input,
    secret: bool,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({} characters)", self.input.value().chars().count())
    }
}

impl Field {
    /// A field with something in it.
    #[cfg(test)]
    pub fn with(value: &str) -> Self {
        Self { input: Input::new(value.to_owned()), secret: false }
    }

    /// A field that shows dots.
    pub fn secret() -> Self {
        Self { secret: true, ..Self::default() }
    }

    /// What stands in it.
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Whether nothing but blanks stands in it.
    pub fn is_blank(&self) -> bool {
        self.value().trim().is_empty()
    }

    /// Puts something else in it, cursor at the end.
    pub fn set(&mut self, value: &str) {
        self.input = Input::new(value.to_owned());
    }

    /// Takes a key or a paste. A pasted line end becomes a blank: it never submits. Returns whether the text changed.
    pub fn edit(&mut self, text: &Text) -> bool {
        match text {
            Text::Paste(pasted) => {
                let flat = pasted.trim_end_matches('\n').replace(['\n', '\t'], " ");
                // At once: letter by letter a long paste would copy the whole text for each of them.
                let (at, count) = (self.input.cursor(), flat.chars().count());
                let mut value: String = self.value().chars().take(at).collect();
                value.push_str(&flat);
                value.extend(self.value().chars().skip(at));
                self.input = Input::new(value).with_cursor(at + count);
                count > 0
            }
            Text::Key(_) => text
                .key_event()
                .and_then(|event| self.input.handle_event(&event))
                .is_some_and(|changed| changed.value),
        }
    }

    /// Draws it: a label, the text, and the cursor where it has the focus. An empty one shows `ghost`.
    #[expect(clippy::too_many_arguments, reason = "a field is drawn in one place with all it needs")]
    pub fn view(
        &self,
        area: Rect,
        buf: &mut Buffer,
        cx: &Cx,
        hits: &mut HitMap,
        label: &str,
        ghost: &str,
        focused: bool,
    ) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let label_width = unicode_width::UnicodeWidthStr::width(label) as u16;
        let role = if focused { Role::Key } else { Role::Muted };
        buf.set_line(area.x, area.y, &Line::from(span(cx, role, label)), area.width);
        let room = area.width.saturating_sub(label_width);
        if room < 2 {
            return;
        }
        let x = area.x + label_width;
        let scroll = self.input.visual_scroll(usize::from(room) - 1);
        let shown: String = if self.secret {
            "•".repeat(self.value().chars().count())
        } else {
            let mut left = 0;
            let hidden = |letter: &char| {
                let before = left;
                left += letter.width().unwrap_or(0);
                before < scroll
            };
            self.value().chars().skip_while(hidden).collect()
        };
        if self.value().is_empty() && !ghost.is_empty() {
            buf.set_line(x, area.y, &Line::from(span(cx, Role::Muted, ghost)), room);
        } else {
            // One visible form per character keeps the cursor where it belongs.
            let safe = visible(&shown, usize::from(room) * 4);
            buf.set_line(x, area.y, &Line::from(span(cx, Role::Text, safe)), room);
        }
        if focused {
            let cursor = self.input.visual_cursor().saturating_sub(scroll) as u16;
            hits.set_cursor(x + cursor.min(room - 1), area.y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_text_without_control_characters_and_never_submits() {
        let mut field = Field::default();
        assert!(field.edit(&Text::paste("202\u{1b}[31m555\r\n0101\n")));
        assert_eq!(field.value(), "202[31m555 0101");
    }

    #[test]
    fn a_paste_goes_in_where_the_cursor_is() {
        let mut field = Field::with("ad");
        field.edit(&Text::Key(crate::tui::command::Key::parse("left").unwrap().event()));
        assert!(field.edit(&Text::paste("b漢c")));
        assert!(field.edit(&Text::paste("!")));
        assert_eq!(field.value(), "ab漢c!d");
    }

    #[test]
    fn what_stands_in_a_field_is_not_in_its_debug_form() {
        assert_eq!(format!("{:?}", Field::with("hunter2")), "Field(7 characters)");
    }
}

//! Choose a list.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Overlay, window};
use crate::tui::act::Reply;
use crate::tui::command::{Command, OverlayId};
use crate::tui::cx::Cx;
use crate::tui::hits::HitMap;
use crate::tui::widgets::text;

/// See the module.
#[derive(Debug, Default)]
pub struct ListPicker;

impl Overlay for ListPicker {
    fn id(&self) -> OverlayId {
        OverlayId::ListPicker
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        let _ = (command, cx);
        Reply::Ignored
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let _ = hits;
        let inside = window(area, buf, cx, "Choose a list", 76, 16);
        text::empty(inside, buf, cx, "Nothing here yet.", "Esc closes");
    }
}

//! First run: the sandbox in one key, or a tenant in four steps.

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
pub struct Wizard;

impl Overlay for Wizard {
    fn id(&self) -> OverlayId {
        OverlayId::Wizard
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        let _ = (command, cx);
        Reply::Ignored
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let _ = hits;
        let inside = window(area, buf, cx, "Welcome", 76, 16);
        text::empty(inside, buf, cx, "Nothing here yet.", "Esc closes");
    }
}

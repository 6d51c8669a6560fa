//! Reconcile.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Pane;
use crate::tui::act::Reply;
use crate::tui::command::{Command, PaneId};
use crate::tui::cx::Cx;
use crate::tui::hits::HitMap;
use crate::tui::widgets::{frame, text};

/// See the module.
#[derive(Debug, Default)]
pub struct Reconcile;

impl Pane for Reconcile {
    fn id(&self) -> PaneId {
        PaneId::Reconcile
    }

    fn title(&self) -> &'static str {
        "Reconcile"
    }

    fn update(&mut self, command: Command, cx: &Cx) -> Reply {
        let _ = (command, cx);
        Reply::Ignored
    }

    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap) {
        let _ = hits;
        let inside = frame(area, buf, cx, "Reconcile", true);
        text::empty(inside, buf, cx, "Nothing here yet.", "? shows what can be done");
    }
}

//! Overlays: a stack of layers. A command goes to the top one; what it ignores goes to the global meaning, never to
//! the pane below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::act::{Act, Reply, Text};
use super::command::{Command, OverlayId};
use super::cx::Cx;
use super::hits::{Hit, HitMap};
use super::widgets::{frame, middle};

pub mod approve;
pub mod choice;
pub mod confirm;
pub mod destination;
pub mod detail;
pub mod error_detail;
pub mod file_picker;
mod fuzzy;
pub mod layout_name;
pub mod list_picker;
pub mod mapping;
pub mod menu;
pub mod plans;
pub mod row_detail;
pub mod wizard;

/// A layer.
pub trait Overlay: std::fmt::Debug {
    /// Which.
    fn id(&self) -> OverlayId;

    /// Whether a text field has the focus.
    fn field(&self) -> bool {
        false
    }

    /// Whether the footer may promise a command of its own now: a key that would do nothing here is not shown.
    fn offers(&self, command: Command) -> bool {
        let _ = command;
        true
    }

    /// A command. `Back` that is ignored closes the overlay.
    fn update(&mut self, command: Command, cx: &Cx) -> Reply;

    /// Text for the focused field.
    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        let _ = (text, cx);
        Reply::Ignored
    }

    /// A click on something noted in the hit map.
    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let _ = (hit, double, cx);
        Reply::Ignored
    }

    /// After every event while it is on top: clamp cursors, ask for what is missing, close when its work is done.
    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let _ = cx;
        Vec::new()
    }

    /// Draws it into the body of the screen. Must stand any size.
    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap);
}

/// A cleared, framed window in the middle; returns the inside.
pub fn window(area: Rect, buf: &mut Buffer, cx: &Cx, title: &str, width: u16, height: u16) -> Rect {
    let place = middle(area, width, height).intersection(buf.area);
    Clear.render(place, buf);
    frame(place, buf, cx, title, true)
}

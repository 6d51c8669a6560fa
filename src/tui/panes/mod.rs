//! Panes. One file and one line in [`all`] each; tabs, keys, footer, `?` and the contract tests follow from that.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::act::{Act, Reply, Text};
use super::command::{Command, PaneId};
use super::cx::Cx;
use super::hits::{Hit, HitMap};

mod audit;
mod file;
mod lists;
mod lookup;
mod reconcile;
mod rules;
mod uploads;

/// A pane holds what a person did here (cursor, filter, focus) and no facts: those are in the store.
pub trait Pane: std::fmt::Debug {
    /// Which.
    fn id(&self) -> PaneId;

    /// The word of its tab.
    fn title(&self) -> &'static str {
        self.id().word()
    }

    /// A few characters beside the tab: `64 %`, `12`.
    fn badge(&self, cx: &Cx) -> Option<String> {
        let _ = cx;
        None
    }

    /// Whether a text field has the focus: letters are text then.
    fn field(&self) -> bool {
        false
    }

    /// Why a command is not possible here now, where that depends on what is selected.
    fn why_not(&self, command: Command, cx: &Cx) -> Option<String> {
        let _ = (command, cx);
        None
    }

    /// A command. `Back` that is ignored leaves the pane as it is.
    fn update(&mut self, command: Command, cx: &Cx) -> Reply;

    /// Goes to a row by its number, where the pane shows rows that have one.
    fn jump(&mut self, row: u64, cx: &Cx) -> Reply {
        let _ = (row, cx);
        Reply::Ignored
    }

    /// Text for the focused field; a paste comes here even where no field has the focus.
    fn text(&mut self, text: &Text, cx: &Cx) -> Reply {
        let _ = (text, cx);
        Reply::Ignored
    }

    /// A click on something this pane noted in the hit map; `double` for the second of two.
    fn click(&mut self, hit: Hit, double: bool, cx: &Cx) -> Reply {
        let _ = (hit, double, cx);
        Reply::Ignored
    }

    /// The wheel over a region: focus it, so that the moving command that follows is meant for it.
    fn focus(&mut self, region: u8) {
        let _ = region;
    }

    /// After every event while the pane shows, and when it begins to: clamp cursors to the facts, ask for what is
    /// missing. Must ask only once for the same thing (see `Store::busy`).
    fn resync(&mut self, cx: &Cx) -> Vec<Act> {
        let _ = cx;
        Vec::new()
    }

    /// Draws it. Must stand any size, 0×0 too.
    fn view(&self, area: Rect, buf: &mut Buffer, cx: &Cx, hits: &mut HitMap);
}

/// Every pane, in the order of the tabs.
pub fn all() -> Vec<Box<dyn Pane>> {
    vec![
        Box::new(lookup::Lookup::default()),
        Box::new(lists::Lists::default()),
        Box::new(rules::Rules::default()),
        Box::new(file::File::default()),
        Box::new(uploads::Uploads::default()),
        Box::new(reconcile::Reconcile::default()),
        Box::new(audit::Audit::default()),
    ]
}

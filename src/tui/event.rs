//! What happens, what is to be done about it, and what came of it.
//!
//! ```text
//! Event ─▶ App::update ─▶ Vec<Effect> ─▶ runtime ─▶ Report ─▶ Event
//! ```

use std::collections::BTreeMap;

use super::Ended;
use crate::domain::phone::E164;
use crate::domain::progress::Progress;
use crate::ops::Gauges;

mod fact;
mod file;
mod op;
mod trouble;

pub use fact::{Fact, Typed};
pub use file::{Asked, Checking, Folder, FolderItem, OpenedFile, Output, PreviewRow, RowWindow};
pub use op::{Op, SetUp, Slot};
pub use trouble::Trouble;

/// Names one piece of work. Numbers only grow, so a report of an older task in a slot is recognised as stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// Key, mouse, paste, resize, focus.
    Input(crossterm::event::Event),
    /// A fact from a task: never dropped.
    Report(Report),
    /// How far running tasks are: latest wins.
    Progress(BTreeMap<TaskId, Progress>),
    /// The connection's gauges: latest wins.
    Gauges(Gauges),
    /// Time passed while something on the screen depends on it.
    Tick,
}

/// A fact, and the task it comes from.
#[derive(Debug)]
pub struct Report {
    /// Which task.
    pub task: TaskId,
    /// What it found.
    pub fact: Fact,
}

/// Something to do outside of `update`.
#[derive(Debug)]
pub enum Effect {
    /// Start a piece of work; its reports carry the id.
    Start(TaskId, Op),
    /// Stop one. An upload that is stopped is paused: it journals its calls in flight first.
    Stop(TaskId),
    /// Put text on the clipboard of the terminal (OSC 52).
    Copy(String),
    /// Set the terminal's title.
    Title(String),
    /// Ring, and say why where the terminal shows it on the desktop.
    Ring(String),
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Go to the background, as Ctrl-Z does.
    Suspend,
    /// Leave the console. Running tasks are stopped and awaited.
    End(Ended),
}

/// A number as a person sees it: whole, or masked in privacy mode.
pub fn shown(number: E164, masked: bool) -> String {
    if masked { number.masked() } else { number.pretty() }
}

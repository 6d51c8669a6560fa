//! What a pane or overlay wants: work to start, another place to go to, something to say. `App` carries it out.

use crossterm::event::{Event as Input, KeyEvent};

use super::Ended;
use super::command::{Command, PaneId};
use super::cx::UploadAim;
use super::event::{Op, TaskId};
use super::overlays::Overlay;
use crate::domain::list::ListId;

/// One wish.
#[derive(Debug)]
pub enum Act {
    /// Start work.
    Start(Op),
    /// Stop work. An upload is paused by that.
    Stop(TaskId),
    /// Lay an overlay on top.
    Open(Box<dyn Overlay>),
    /// Take the top overlay away.
    Close,
    /// Go to a pane, closing every overlay.
    Go(PaneId),
    /// Go to a row of the open file.
    Jump(u64),
    /// Aim at a list, for every pane.
    AimList(ListId),
    /// Compare another list than a DNC list: the ledger's name of it.
    AimCompare(ListId),
    /// Aim the open file at a destination.
    AimUpload(UploadAim),
    /// Aim at a run, for every pane.
    AimRun(String),
    /// Say something for a moment.
    Say(String),
    /// Say that something is not possible, and why.
    Refuse(String),
    /// Copy text; the second string names it: `answer`.
    Copy(String, &'static str),
    /// Do a command, as if its key had been pressed here.
    Run(Command),
    /// Leave when the last run has ended.
    QuitWhenDone,
    /// Pause every run, then leave.
    PauseAndQuit,
    /// Leave now.
    End(Ended),
}

/// What came of a command, a text, or a click.
#[derive(Debug)]
pub enum Reply {
    /// Not mine: the layer below, or the global meaning, may have it.
    Ignored,
    /// Taken, with what is to be done about it (often nothing).
    Consumed(Vec<Act>),
}

impl Reply {
    /// Taken; nothing else to do.
    pub fn done() -> Self {
        Self::Consumed(Vec::new())
    }

    /// Taken, with one wish.
    pub fn act(act: Act) -> Self {
        Self::Consumed(vec![act])
    }
}

/// Text for a field.
#[derive(Clone, Debug)]
pub enum Text {
    /// A character, or a key that edits a line.
    Key(KeyEvent),
    /// A bracketed paste, without control characters other than `\n` and `\t`.
    Paste(String),
}

impl Text {
    /// A paste as it came: control characters dropped, line ends unified. It never submits anything.
    pub fn paste(raw: &str) -> Self {
        let unified = raw.replace("\r\n", "\n").replace('\r', "\n");
        Self::Paste(unified.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect())
    }

    /// The key, as the terminal's event.
    pub(super) fn key_event(&self) -> Option<Input> {
        match self {
            Self::Key(key) => Some(Input::Key(*key)),
            Self::Paste(_) => None,
        }
    }
}

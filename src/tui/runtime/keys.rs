//! What a person does, from the terminal to the loop.
//!
//! The stream of the terminal is awaited by a task of its own, and the loop by a channel. While it waits, a thread of the
//! stream holds a lock, and each further look at it yields the processor several times before it gives up. In the loop, which
//! looks again after each report, that gave whole time slices to the readers of a file: the picture was late.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::tui::terminal;

/// From one question to the terminal to the next, while it says nothing.
const LOOK: Duration = Duration::from_secs(1);
/// Events that may wait for the loop; the others wait in the terminal.
const WAITING: usize = 64;

/// The keyboard, the mouse and the window.
pub struct Keys {
    events: mpsc::Receiver<io::Result<Event>>,
    task: JoinHandle<()>,
}

impl Keys {
    /// Listens. There may be one listener at a time.
    pub fn listen() -> Self {
        let (send, events) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            let mut stream = EventStream::new();
            loop {
                let event = tokio::select! {
                    biased;
                    event = stream.next() => event,
                    () = tokio::time::sleep(LOOK) => if terminal::is_gone() { None } else { continue },
                };
                let Some(event) = event else { break };
                if send.send(event).await.is_err() {
                    break;
                }
            }
        });
        Self { events, task }
    }

    /// The next event; `None` once the terminal is gone.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        self.events.recv().await
    }

    /// Stops listening, and returns when nobody listens any more: the next console may begin.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.task.abort();
    }
}

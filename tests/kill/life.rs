//! One process, from its start to its end or its kill.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::case::Kill;
use crate::checker::Said;
use crate::wire::{Watch, Wire};

/// Longest time that a process may live; never used up where all is well.
const LONGEST: Duration = Duration::from_secs(180);
const SIGKILL: i32 = 9;

/// What happens in a life.
#[derive(Debug)]
pub enum News {
    /// A call has come as far as was waited for.
    Reached,
    /// Its stdout is closed.
    Ended(String),
}

/// Starts the program, lets the kill happen, and waits until the process and its locks are gone.
pub fn live(mut command: Command, told: &str, wire: &Wire, kill: Option<&Kill>) -> Said {
    let (sender, news) = channel();
    let watch = match kill {
        Some(Kill::Wire { write, stage }) => Watch::Hold { write: *write, stage: *stage },
        Some(Kill::Instant { behind_a_write: true, .. } | Kill::Asleep { .. }) => Watch::FirstWrite,
        _ => Watch::Nothing,
    };
    wire.watch(watch, sender.clone());
    if let Some(Kill::At(place)) = kill {
        command.env("QUIETLINE_KILL_AT", place);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send(News::Ended(text));
    });
    let messages = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });

    let mut life = Life { child, news, stdout: None };
    match kill {
        None | Some(Kill::At(_) | Kill::Disk { .. }) => drop(life.hears(LONGEST)),
        Some(Kill::Wire { .. }) => {
            if life.hears(LONGEST) {
                life.signal(Signal::KILL);
            }
        }
        Some(Kill::Instant { behind_a_write, ms }) => {
            if (!behind_a_write || life.hears(LONGEST)) && !life.ends_within(*ms) {
                life.signal(Signal::KILL);
            }
        }
        Some(Kill::Asleep { awake_ms, asleep_ms }) => {
            if life.hears(LONGEST) && !life.ends_within(*awake_ms) {
                life.signal(Signal::STOP);
                life.ends_within(*asleep_ms);
                life.signal(Signal::KILL);
            }
        }
    }
    if life.stdout.is_none() {
        // It was killed, or has taken too long, which whoever reads the answer will see.
        life.hears(Duration::from_secs(20));
        life.signal(Signal::KILL);
    }
    let status = life.child.wait().unwrap();
    Said {
        command: told.to_owned(),
        code: status.code(),
        killed: status.signal() == Some(SIGKILL),
        stdout: life.stdout.unwrap_or_default(),
        stderr: messages.join().unwrap_or_default(),
    }
}

struct Life {
    child: Child,
    news: Receiver<News>,
    stdout: Option<String>,
}

impl Life {
    /// Waits for what was asked for: `true`. `false` = it ended, or the time is over.
    fn hears(&mut self, limit: Duration) -> bool {
        match self.news.recv_timeout(limit) {
            Ok(News::Reached) => true,
            Ok(News::Ended(text)) => {
                self.stdout = Some(text);
                false
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => false,
        }
    }

    fn ends_within(&mut self, ms: u64) -> bool {
        self.hears(Duration::from_millis(ms));
        self.stdout.is_some()
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        // One that is gone already is not waited for yet, so its number is still its own.
        let _ = kill_process(pid, signal);
    }
}

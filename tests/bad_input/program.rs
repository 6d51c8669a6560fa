//! The program as a script starts it: a bare environment, an end to its patience, and little memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::Value;

/// Nothing may take longer, on a slow machine too.
const PATIENCE: Duration = Duration::from_secs(240);
/// Memory that is there for data: the goal for ten million rows.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 200 << 20;

/// A check that has ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The one document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_default()
    }

    /// What no check may do: die, panic, or send to the terminal what steers it.
    pub fn trouble(&self) -> Option<String> {
        let steers = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        match self.code {
            None => Some("it was killed".into()),
            Some(_) if self.stderr.contains("panicked") => Some("it panicked".into()),
            Some(_) if self.stdout.contains(steers) || self.stderr.contains(steers) => {
                Some("it steers the terminal".into())
            }
            Some(_) if self.json().is_null() => Some("stdout is no JSON document".into()),
            Some(_) => None,
        }
    }
}

/// `quietline check PATH FLAGS --json`.
pub fn check(path: &Path, flags: &[String]) -> Ended {
    let mut command = command(path);
    command.args(flags);
    ended(command)
}

/// The same, not started yet.
pub fn command(path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietline"));
    command.args(["check", "--json"]).arg(path).env_clear().env("HOME", "/nowhere");
    if let Some(folder) = std::env::var_os("TMPDIR") {
        command.env("TMPDIR", folder);
    }
    command
}

/// Starts it and waits for its end.
pub fn ended(mut command: Command) -> Ended {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let id = child.id();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let limit = Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) };
        // One that has ended already needs no limit.
        let _ = prlimit(Pid::from_raw(id.cast_signed()), Resource::Data, limit);
    }
    let (send, receive) = channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    match receive.recv_timeout(PATIENCE) {
        Ok(output) => {
            let output = output.unwrap();
            Ended {
                code: output.status.code(),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            }
        }
        Err(_) => panic!("it hangs: process {id}, {command:?}"),
    }
}

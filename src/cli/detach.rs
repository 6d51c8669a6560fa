//! An upload that goes on by itself. The command that was typed starts the program once more and waits until that one has
//! launched the run; only that one ever holds the list's lock, so there is no moment at which nobody does.
//!
//! ```text
//!  upload --detach ──▶ upload --detached   a session of its own: no terminal can hang it up
//!        │ ◀── run, then a zero byte ──┤   from here on its streams go to DATA_DIR/logs/run-ID.log
//!        ▼ exit 0                      ▼   sees the run through
//! ```

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::context::Context;
use super::failure::{Failure, exit};
use super::output::Out;
use super::private_file;
use super::shapes::RunObject;
use crate::domain::run::RunSummary;
use crate::domain::text::visible;
use crate::ops::{OpsEvent, Sink};

/// Logs of detached runs that are kept.
const KEPT: usize = 30;
/// Tells the command that was typed that the run is launched.
const LAUNCHED: u8 = 0;

/// Starts the program with these arguments, hands on what it says, and returns once it has launched its run or failed.
pub(super) async fn start(context: &Context, arguments: Vec<OsString>) -> Result<u8, Failure> {
    let program = std::env::current_exe().map_err(|e| failed(&e))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(&e))?;
    let (process, said) = (child.id(), child.stdout.take());
    let mut work = tokio::task::spawn_blocking(move || match said.is_some_and(hand_on) {
        true => Ok(Some(exit::DONE)),
        false => child.wait().map(|status| status.code().and_then(|code| u8::try_from(code).ok())),
    });
    let ended = tokio::select! {
        ended = &mut work => ended,
        () = context.stop.cancelled() => {
            ask_to_stop(process);
            work.await
        }
    };
    let code = ended.map_err(std::io::Error::other).and_then(|ended| ended).map_err(|e| failed(&e))?;
    Ok(code.unwrap_or(exit::STOPPED))
}

fn failed(e: &std::io::Error) -> Failure {
    Failure::new(
        exit::USAGE,
        "no-process",
        format!("another process cannot be started: {e}"),
        "Leave out --detach, or free some memory.",
    )
}

/// Copies what the other process says until it has launched or ended. Returns whether it has launched.
fn hand_on(mut said: ChildStdout) -> bool {
    let mut out = std::io::stdout().lock();
    let mut buffer = [0; 4096];
    loop {
        let read = match said.read(&mut buffer) {
            Ok(0) | Err(_) => return false,
            Ok(read) => buffer.get(..read).unwrap_or_default(),
        };
        let mut parts = read.splitn(2, |byte| *byte == LAUNCHED);
        // Whoever closed our stdout wants none of it; the run is launched all the same.
        let _ = out.write_all(parts.next().unwrap_or_default()).and_then(|()| out.flush());
        if parts.next().is_some() {
            return true;
        }
    }
}

/// It is in a session of its own, where Ctrl-C does not reach it.
fn ask_to_stop(process: u32) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
    #[cfg(not(unix))]
    let _ = process;
}

/// Leaves the session of the terminal. Before anything is launched: until then the end of the terminal ends us too.
pub(super) fn leave_terminal() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        // Whoever leads a group already has one of its own.
        let _ = rustix::process::setsid();
        Ok(())
    }
    #[cfg(not(unix))]
    Err(Failure::usage("--detach needs a Unix system", "Start it without --detach, in a window of its own."))
}

/// What was typed, as the process that goes on by itself gets it.
pub(super) fn typed() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(flag) = arguments.iter_mut().find(|argument| *argument == "--detach") {
        *flag = "--detached".into();
    }
    arguments
}

/// Tells who typed the command that its run is launched, lets go of its streams, and goes on in a log.
pub(super) struct Leaving {
    inner: Arc<dyn Sink>,
    out: Out,
    data_dir: PathBuf,
    is_gone: Mutex<bool>,
}

impl Leaving {
    pub fn new(inner: Arc<dyn Sink>, out: Out, data_dir: &Path) -> Self {
        Self { inner, out, data_dir: data_dir.to_owned(), is_gone: Mutex::new(false) }
    }

    fn leave(&self, run: &RunSummary) {
        let id = visible(&run.id, 40);
        let log = log(&self.data_dir.join("logs"), &run.id);
        let _ = self.out.answer(&RunObject::of(run), || id.clone());
        let place =
            log.as_ref().map_or_else(|e| format!("no log: {e}"), |(path, _)| path.display().to_string());
        self.out.remark(&format!(
            "run {id} goes on by itself; `quietline resume {id}` follows it ({})",
            visible(&place, 300)
        ));
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(&[LAUNCHED]).and_then(|()| stdout.flush());
        drop(stdout);
        let log = log.map(|(_, file)| file).or_else(|_| File::options().write(true).open("/dev/null"));
        #[cfg(unix)]
        if let Ok(log) = log {
            let _ = rustix::stdio::dup2_stdout(&log);
            let _ = rustix::stdio::dup2_stderr(&log);
        }
        #[cfg(not(unix))]
        drop(log);
    }
}

impl Sink for Leaving {
    fn event(&self, event: OpsEvent) {
        if let OpsEvent::Run(run) = &event {
            let mut is_gone = self.is_gone.lock().unwrap_or_else(PoisonError::into_inner);
            if !std::mem::replace(&mut *is_gone, true) {
                self.leave(run);
            }
        }
        self.inner.event(event);
    }
}

/// The log of a run (0600), and room for it: of older ones only the newest are kept.
fn log(folder: &Path, run: &str) -> std::io::Result<(PathBuf, File)> {
    private_file::log_folder(folder)?;
    let mut old: Vec<_> = std::fs::read_dir(folder)?
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("run-") && name.ends_with(".log")
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    old.sort();
    for (_, path) in old.iter().take((old.len() + 1).saturating_sub(KEPT)) {
        let _ = std::fs::remove_file(path);
    }
    let path = folder.join(format!("run-{run}.log"));
    let file = private_file::append(&path)?;
    Ok((path, file))
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_many_logs_the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..40 {
            super::log(folder.path(), &format!("{n:08x}")).unwrap();
        }
        let kept = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(kept, super::KEPT);
        assert!(folder.path().join("run-00000027.log").exists(), "the newest");
    }
}

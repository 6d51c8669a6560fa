//! Ctrl-C, SIGTERM, SIGHUP: the first asks the job to stop where it is safe, the second leaves at once.

use tokio_util::sync::CancellationToken;

use super::failure::exit;
use super::output::Out;

/// Watches for signals on the current runtime. The token is cancelled by the first. `hangs_up`: the end of the terminal
/// counts as one; without it, it is heard and nothing follows.
pub(super) fn watch(out: Out, hangs_up: bool) -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut signals = Signals::new(hangs_up)?;
    let token = stop.clone();
    tokio::spawn(async move {
        signals.next().await;
        token.cancel();
        out.remark("stopping: what is on its way is written down first; once more to leave at once");
        signals.next().await;
        leave();
    });
    Ok(stop)
}

/// Whatever was sent has its intent on disk, so leaving at once loses nothing: `resume` reads back.
#[expect(clippy::exit, reason = "the second signal means at once; nothing is left to unwind")]
fn leave() -> ! {
    std::process::exit(exit::STOPPED.into())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    hangs_up: bool,
}

#[cfg(unix)]
impl Signals {
    fn new(hangs_up: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            hangs_up,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv(), if self.hangs_up => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new(_hangs_up: bool) -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

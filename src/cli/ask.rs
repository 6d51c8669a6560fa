//! Questions to the person: a confirmation, a secret. Off a terminal nobody is asked.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use tokio_util::sync::CancellationToken;

use super::context::stopped;
use super::failure::{Failure, exit};

/// A secret longer than this is a file that went to the wrong pipe.
const LONGEST_SECRET: u64 = 64 * 1024;

/// Whether a question can be put and answered.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Waits for the person on a thread of its own, so that Ctrl-C ends the question and not only the patience.
pub(super) async fn wait<T: Send + 'static>(
    stop: &CancellationToken,
    ask: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let terminal = Terminal::as_it_is();
    tokio::select! {
        answer = tokio::task::spawn_blocking(ask) => answer.map_err(io::Error::other)?,
        () = stop.cancelled() => {
            terminal.restore();
            Err(stopped())
        }
    }
}

/// The settings of the terminal before a question: a hidden prompt that is left halfway must not leave echo off.
#[cfg(unix)]
struct Terminal(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Terminal {
    fn as_it_is() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }

    fn restore(self) {
        if let Some(settings) = self.0 {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, &settings);
        }
    }
}

#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn as_it_is() -> Self {
        Self
    }

    fn restore(self) {}
}

/// Puts a question on stderr and reads the answer. Blocking.
pub(super) fn line(question: &str) -> Result<String, Failure> {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{question} ");
    let _ = err.flush();
    drop(err);
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|e| {
        Failure::new(exit::USAGE, "usage", format!("the answer cannot be read: {e}"), "Say --yes instead.")
    })?;
    Ok(answer.trim().to_owned())
}

/// A secret: from a hidden prompt on a terminal, else all of stdin. `command` is the one that asks. Blocking.
pub(super) fn secret(name: &str, command: &str) -> Result<SecretString, Failure> {
    let unreadable = |e: io::Error| {
        if e.kind() == io::ErrorKind::Interrupted {
            return stopped(); // Ctrl-C at the prompt
        }
        Failure::new(
            exit::ACCESS,
            "no-credentials",
            format!("the secret cannot be read: {e}"),
            "Type it at the prompt, or give it on stdin.",
        )
    };
    let text = if io::stdin().is_terminal() {
        Zeroizing::new(rpassword::prompt_password(format!("{name} (hidden): ")).map_err(unreadable)?)
    } else {
        let mut text = Zeroizing::new(String::new());
        io::Read::read_to_string(&mut io::Read::take(io::stdin().lock(), LONGEST_SECRET), &mut text)
            .map_err(unreadable)?;
        text
    };
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        return Err(Failure::new(
            exit::ACCESS,
            "no-credentials",
            "no secret was given",
            format!("Type it at the prompt, or give it on stdin: `{command} < FILE`."),
        ));
    }
    Ok(SecretString::from(secret.to_owned()))
}

//! The terminal: taken with a guard, given back in every case. The only place that writes escapes.

use std::io::{Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::app::App;

/// Whether the terminal is ours: restoring happens once, whoever comes first (drop, panic hook, signal).
static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Holds the terminal; dropping it gives it back.
pub struct Guard {
    /// Never dropped by itself: it would show the cursor once more, and print why it could not where the terminal is gone,
    /// which ends the program with a panic if nobody reads that either.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<std::io::Stdout>>>,
    mouse: bool,
    /// The next frame is drawn as if nothing stood on the screen.
    whole: bool,
}

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, mouse. The guard exists before anything that
    /// can fail, so a half-taken terminal is given back too.
    pub fn take() -> std::io::Result<Self> {
        hook();
        TAKEN.store(true, Ordering::SeqCst);
        let taken = enter(true).and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        match taken {
            Ok(terminal) => Ok(Self { terminal: ManuallyDrop::new(terminal), mouse: true, whole: false }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Lets the next frame be drawn whole. A window that shrank and grew again between two frames has the size of the last
    /// one, and yet the terminal has cut off what stood beyond the smaller size.
    pub fn draw_whole(&mut self) {
        self.whole = true;
    }

    /// Draws the app, inside a synchronized update so that nothing tears.
    pub fn draw(&mut self, app: &mut App) -> std::io::Result<()> {
        queue!(stdout(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.whole) {
            // `clear` would ask the terminal where its cursor is, and wait for keys to answer.
            let size = self.terminal.size()?;
            self.terminal.resize(size.into())?;
        }
        let mut hits = super::hits::HitMap::default();
        self.terminal.draw(|frame| {
            let area = frame.area();
            hits = app.view(area, frame.buffer_mut());
            if let Some(cursor) = hits.cursor().filter(|cursor| area.contains(*cursor)) {
                frame.set_cursor_position(cursor);
            }
        })?;
        app.drawn(hits);
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Sets the title. Control characters cannot be in it: it is made of `visible` text.
    pub fn title(&self, title: &str) -> std::io::Result<()> {
        execute!(stdout(), SetTitle(title))
    }

    /// Puts text on the clipboard of the person's own terminal, over SSH too (OSC 52).
    pub fn copy(&self, text: &str) -> std::io::Result<()> {
        let mut out = stdout();
        write!(out, "\x1b]52;c;{}\x07", STANDARD.encode(text))?;
        out.flush()
    }

    /// Rings, which marks a window that nobody looks at, and says why on the desktop (OSC 9) where the terminal can.
    pub fn ring(&self, why: &str) -> std::io::Result<()> {
        let mut out = stdout();
        out.write_all(ringing(why).as_bytes())?;
        out.flush()
    }

    /// Captures the mouse, or leaves it to the terminal.
    pub fn mouse(&mut self, on: bool) -> std::io::Result<()> {
        self.mouse = on;
        if on { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
    }

    /// To the background, as a shell's Ctrl-Z does; returns when brought back.
    pub fn suspend(&mut self) -> std::io::Result<()> {
        #[cfg(unix)]
        {
            leave()?;
            rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
            enter(self.mouse)?;
            self.draw_whole();
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// What rings. Whatever would end the notice early, or begin something else, is left out of it.
fn ringing(why: &str) -> String {
    let why: String = why.chars().filter(|c| !c.is_control()).collect();
    format!("\x07\x1b]9;{why}\x07")
}

fn enter(mouse: bool) -> std::io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    if mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) }
}

fn leave() -> std::io::Result<()> {
    // Each step is tried whatever became of the one before.
    let modes = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    disable_raw_mode().and(modes)
}

/// Whether the terminal is still ours: a panic on any thread gives it back, and then nothing may be drawn.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Whether the terminal hung up, which no signal tells where it is not the one that controls this process.
pub fn is_gone() -> bool {
    #[cfg(unix)]
    {
        rustix::termios::tcgetattr(stdout()).is_err_and(|error| error == rustix::io::Errno::IO)
    }
    #[cfg(not(unix))]
    {
        false
    }
}

/// Gives the terminal back, once. Nothing can be done about a terminal that is gone.
fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = leave();
    }
}

/// A panic anywhere restores the terminal before its message is printed.
fn hook() {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::ringing;

    #[test]
    fn a_notice_is_one_bell_and_one_sequence_whatever_stands_in_it() {
        assert_eq!(ringing("run 7f3a: ready"), "\x07\x1b]9;run 7f3a: ready\x07");
        assert_eq!(ringing("a\x07\x1b]52;c;x\x07\u{9b}2Jb"), "\x07\x1b]9;a]52;c;x2Jb\x07");
    }
}

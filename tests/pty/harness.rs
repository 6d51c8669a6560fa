//! Runs the program in a pseudo-terminal and looks at its screen. Nothing here sleeps: every wait is for output, for
//! input being read, or for the end of the program, and has a deadline that fails with the screen as it then is.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::keys;

/// Long enough for a debug build on a busy machine; a wait that succeeds never uses it up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A screen on which every pane shows all its regions.
pub const WIDE: (u16, u16) = (120, 34);

/// The program on its terminal, with a home of its own.
pub struct Console {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Every byte that the program has written.
    written: Vec<u8>,
    /// What was pressed, for the failure message.
    pressed: Vec<String>,
    ended: Option<ExitStatus>,
    home: TempDir,
}

impl Console {
    /// `quietline demo --fresh` on a wide screen.
    pub fn demo() -> Self {
        Self::start(&["demo", "--fresh"], WIDE)
    }

    /// The program with these arguments on a screen of (columns, rows).
    pub fn start(arguments: &[&str], size: (u16, u16)) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quietline"));
        command.args(arguments);
        Self::run(command, size)
    }

    /// Any program; the harness's own tests use the shell.
    pub fn run(mut command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let home = tempfile::tempdir().expect("a temporary home");
        isolate(&mut command, home.path());

        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave); // so that its end is seen as the end of output
        let reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        Self {
            writer,
            child,
            output: listen(reader),
            parser: vt100::Parser::new(non_zero(rows), non_zero(columns), 0),
            master: pair.master,
            written: Vec::new(),
            pressed: Vec::new(),
            ended: None,
            home,
        }
    }

    /// Presses keys, each only after the one before has been read, so that `<esc>1` is not taken for Alt-1.
    pub fn keys(&mut self, text: &str) -> &mut Self {
        for press in keys::parse(text) {
            self.wait_until_read();
            self.send(&press.bytes);
            self.pressed.push(press.name);
        }
        self.wait_until_read();
        self
    }

    /// Pastes text as a terminal does when the program asked for bracketed paste.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.wait_until_read();
        assert!(self.screen().bracketed_paste(), "the program does not ask for bracketed paste");
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
        self.pressed.push(format!("paste {text:?}"));
        self
    }

    /// Waits until the text stands on the screen, on one line.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("{text:?} on the screen"), |console| console.shows(text))
    }

    /// Waits until the text no longer stands on the screen.
    pub fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("{text:?} gone from the screen"), |console| !console.shows(text))
    }

    /// Waits until a condition on the screen holds. Looks again after each piece of output.
    pub fn wait_until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> &mut Self {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.take_pending();
            if holds(self) {
                return self;
            }
            if !self.take_until(deadline) {
                self.fail(&format!("waited for {what}"));
            }
        }
    }

    /// Whether the text stands on the screen now, on one line.
    pub fn shows(&self, text: &str) -> bool {
        self.text().lines().any(|line| line.contains(text))
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        self.screen().contents()
    }

    /// The screen with its modes and cells.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Every byte that the program has written so far.
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// The folder that the program takes for its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Changes the size of the terminal; the program is told by the system.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) -> &mut Self {
        self.parser.screen_mut().set_size(non_zero(rows), non_zero(columns));
        self.master.resize(size(columns, rows)).expect("the terminal takes its new size");
        self.pressed.push(format!("resize {columns}×{rows}"));
        self
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, signal: Signal) -> &mut Self {
        let id = self.child.process_id().expect("a process id");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("a process id");
        kill_process(pid, signal).expect("the signal is sent");
        self.pressed.push(format!("{signal:?}"));
        self
    }

    /// Waits for the end, all output read.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        while self.ended.is_none() {
            if !self.take_until(deadline) && self.ended.is_none() {
                self.fail("waited for the program to end");
            }
        }
        self.ended.clone().expect("just seen")
    }

    /// Asserts that the program left the terminal as a shell expects it.
    pub fn assert_restored(&self) {
        let screen = self.screen();
        let left: Vec<&str> = [
            (screen.alternate_screen(), "the alternate screen"),
            (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "mouse reports"),
            (screen.bracketed_paste(), "bracketed paste"),
            (screen.hide_cursor(), "a hidden cursor"),
            (self.raw_mode_left(), "raw mode"),
        ]
        .into_iter()
        .filter_map(|(left, what)| left.then_some(what))
        .collect();
        assert!(left.is_empty(), "left on: {}\n{}", left.join(", "), self.report());
    }

    /// Whether the terminal still hands over single keys without echo.
    fn raw_mode_left(&self) -> bool {
        use rustix::termios::{LocalModes, tcgetattr};
        let modes = tcgetattr(self.terminal()).expect("the terminal's modes").local_modes;
        !modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// Fails, showing what was pressed and what stands on the screen.
    pub fn fail(&self, why: &str) -> ! {
        panic!("{why}\n{}", self.report());
    }

    fn report(&self) -> String {
        let (rows, columns) = self.screen().size();
        let body: String = self.text().lines().map(|line| format!("│{line}\n")).collect();
        let end = match &self.ended {
            Some(status) => format!("it has ended: {status:?}"),
            None => "it still runs".to_owned(),
        };
        format!("pressed: {}\n{end}; the screen, {columns}×{rows}:\n{body}", self.pressed.join(" "))
    }

    fn send(&mut self, bytes: &[u8]) {
        if self.writer.write_all(bytes).and_then(|()| self.writer.flush()).is_err() {
            self.fail("the terminal takes no more input");
        }
        // The kernel hands bytes over in its own time: until then the program's side looks as if all had been read.
        // A program that reads faster than we look costs the whole limit, so it is short.
        let soon = Instant::now() + Duration::from_millis(20);
        while self.ended.is_none() && self.unread() == 0 && Instant::now() < soon {
            self.take_until(Instant::now() + Duration::from_millis(1));
        }
    }

    /// Waits until the program has read all that was sent.
    fn wait_until_read(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.ended.is_none() && self.unread() > 0 {
            // New output is the best sign; a short limit, because reading a key need not cause any.
            let soon = Instant::now() + Duration::from_millis(2);
            if !self.take_until(soon) && Instant::now() > deadline {
                self.fail("the program does not read its input");
            }
        }
    }

    /// Bytes in the terminal that the program has not read.
    fn unread(&self) -> u64 {
        rustix::io::ioctl_fionread(self.terminal()).unwrap_or(0)
    }

    /// The program's side of the terminal, opened for one question: held open it would hide the end of output.
    fn terminal(&self) -> std::fs::File {
        let name = self.master.tty_name().expect("the terminal has a name");
        OpenOptions::new().read(true).write(true).open(name).expect("the terminal opens")
    }

    fn take_pending(&mut self) {
        while let Ok(bytes) = self.output.try_recv() {
            self.take(&bytes);
        }
    }

    /// Takes the next piece of output. `false` when the deadline has passed or the program has ended.
    fn take_until(&mut self, deadline: Instant) -> bool {
        match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(bytes) => {
                self.take(&bytes);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                if self.ended.is_none() {
                    self.ended = Some(self.child.wait().expect("its exit status"));
                }
                false
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.written.extend_from_slice(bytes);
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        if self.ended.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What a desktop would lend to the program, and a test must not.
const FOREIGN_VARIABLES: &[&str] = &[
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "DBUS_SESSION_BUS_ADDRESS",
    "QUIETLINE_CLIENT_ID",
    "QUIETLINE_CLIENT_SECRET",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

/// Keeps a program away from whatever stands on this machine.
pub fn isolate(command: &mut CommandBuilder, home: &Path) {
    for (name, value) in isolated(home) {
        command.env(name, value);
    }
    for name in FOREIGN_VARIABLES {
        command.env_remove(name);
    }
    command.cwd(home);
}

/// A home in which the program finds nothing and leaves nothing behind.
fn isolated(home: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("HOME", home.to_path_buf()),
        ("XDG_CONFIG_HOME", home.join("config")),
        ("XDG_DATA_HOME", home.join("data")),
        ("XDG_CACHE_HOME", home.join("cache")),
        ("XDG_STATE_HOME", home.join("state")),
        ("QUIETLINE_CONFIG", home.join("quietline.toml")),
        ("QUIETLINE_DATA_DIR", home.join("quietline")),
        ("TERM", "xterm-256color".into()),
        ("COLORTERM", "truecolor".into()),
        ("LC_ALL", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
    ]
}

/// Reads until the end, off the test's thread, because a terminal's reader only knows how to block.
fn listen(mut reader: Box<dyn Read + Send>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 64 * 1024];
        let mut ends = 0;
        while ends < ENDS {
            match reader.read(&mut buffer) {
                Ok(count @ 1..) => {
                    ends = 0;
                    if sender.send(buffer[..count].to_vec()).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The end of a terminal is an error on Linux and zero bytes elsewhere.
                Ok(0) | Err(_) => ends += 1,
            }
        }
    });
    receiver
}

/// So many ends in a row are the end of output. Linux looks first whether there is output and then whether the other
/// side is closed: what a program writes between the two looks, just before it ends, is only there for the next read.
const ENDS: u32 = 2;

pub fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn non_zero(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("a terminal has a size")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Console {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script]);
        Console::run(command, (40, 10))
    }

    #[test]
    fn keys_go_in_and_the_screen_comes_out() {
        let mut console = shell("read -r line; echo \"got $line\"; exit 3");
        console.keys("a b<enter>").wait_for("got a b");
        assert_eq!(console.wait_exit().exit_code(), 3);
        console.assert_restored();
    }

    /// A reader that tells of an end too early, as a terminal can.
    struct Early(Vec<std::io::Result<&'static [u8]>>);

    impl Read for Early {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let next = if self.0.is_empty() { Ok(&[][..]) } else { self.0.remove(0) };
            next.map(|bytes| {
                buffer[..bytes.len()].copy_from_slice(bytes);
                bytes.len()
            })
        }
    }

    #[test]
    fn output_behind_an_early_end_is_not_lost() {
        let closed = || Err(std::io::Error::other("the other side is closed"));
        let interrupted = || Err(ErrorKind::Interrupted.into());
        let pieces = vec![Ok(&b"a"[..]), interrupted(), closed(), Ok(&b"b"[..]), Ok(&b""[..]), Ok(&b"c"[..])];
        let seen: Vec<u8> = listen(Box::new(Early(pieces))).into_iter().flatten().collect();
        assert_eq!(seen, b"abc");
    }

    #[test]
    fn a_key_is_read_before_the_next_is_sent() {
        let one_read = "dd bs=64 count=1 2>/dev/null | od -An -c | tr -d ' \\n'; printf '|'";
        let mut console = shell(&format!("stty raw -echo; printf ready; {one_read}; {one_read}; stty sane"));
        console.wait_for("ready").keys("<esc>1").wait_for("033|1|");
    }

    #[test]
    fn a_new_size_reaches_the_program() {
        let mut console = shell("trap 'stty size; exit' WINCH; echo ready; while :; do read -r line; done");
        console.wait_for("ready").resize((50, 12)).wait_for("12 50");
        console.wait_exit();
    }

    #[test]
    fn a_signal_reaches_the_program() {
        let mut console = shell("trap 'echo bye; exit 7' TERM; echo ready; read -r line");
        console.wait_for("ready").signal(Signal::TERM).wait_for("bye");
        assert_eq!(console.wait_exit().exit_code(), 7);
    }

    #[test]
    #[should_panic(
        expected = "the alternate screen, mouse reports, bracketed paste, a hidden cursor, raw mode"
    )]
    fn a_terminal_left_behind_is_seen() {
        let mut console = shell("stty raw -echo; printf '\\033[?1049h\\033[?1003h\\033[?2004h\\033[?25l'");
        console.wait_exit();
        console.assert_restored();
    }

    #[test]
    #[should_panic(expected = "waited for \"never\" on the screen")]
    fn a_wait_ends_with_the_program() {
        shell("echo something else").wait_for("never");
    }
}

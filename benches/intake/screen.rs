//! What a person sees: programs in a pseudo-terminal, timed to the byte that completes the picture.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::measure::surroundings;

/// What stands in the second row of every generated file.
pub const SECOND_ROW: &str = "256-347-1123";
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on its terminal.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
}

impl Terminal {
    fn start(mut command: CommandBuilder) -> Self {
        command.env("TERM", "xterm-256color");
        let size = PtySize { rows: 34, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let (rows, columns) = (34.try_into().unwrap(), 120.try_into().unwrap());
        Self { child, _master: pair.master, writer, output, parser: vt100::Parser::new(rows, columns, 0) }
    }

    /// Reads for so long.
    fn read_for(&mut self, pause: Duration) {
        let end = Instant::now() + pause;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.parser.process(&bytes);
        }
    }

    /// Reads until the screen is as wanted.
    fn until(&mut self, is_wanted: impl Fn(&str) -> bool) {
        let started = Instant::now();
        while !is_wanted(&self.parser.screen().contents()) {
            let left = PATIENCE.saturating_sub(started.elapsed());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(_) => panic!("it did not come:\n{}", self.parser.screen().contents()),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A tenant that is not there: nothing of it is needed to look at a file.
const PROFILE: &str = "default_profile = \"bench\"\n[profiles.bench]\npreset = \"custom\"\nenvironment = \"sandbox\"\n\
                       credentials = \"env\"\ntoken_url = \"http://127.0.0.1:9/token\"\napi_url = \"http://127.0.0.1:9/api/v2\"\n";

/// The console with a file open.
pub fn quietline(home: &Path, file: &Path) -> CommandBuilder {
    std::fs::write(home.join("quietline.toml"), PROFILE).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quietline"));
    command.arg("open");
    command.arg(file);
    command.env("QUIETLINE_CLIENT_ID", "bench");
    command.env("QUIETLINE_CLIENT_SECRET", "bench");
    for (name, value) in surroundings(home) {
        command.env(name, value);
    }
    command
}

/// Seconds from the start of a program until `text` is on its screen.
pub fn first(command: CommandBuilder, text: &str) -> f64 {
    let started = Instant::now();
    let mut terminal = Terminal::start(command);
    terminal.until(|screen| screen.contains(text));
    started.elapsed().as_secs_f64()
}

/// From a key to the picture that it makes, while the file is being validated.
pub fn keys(home: &Path, file: &Path) {
    let mut terminal = Terminal::start(quietline(home, file));
    terminal.until(|screen| screen.contains(SECOND_ROW));
    let mut times = Vec::new();
    for press in 0.. {
        let (key, row) = if press % 2 == 0 { (b"\x1b[B", 2) } else { (b"\x1b[A", 1) };
        let wanted = format!("row {row} of");
        // As fast as a key repeats that is held down.
        terminal.read_for(Duration::from_millis(33));
        let started = Instant::now();
        terminal.writer.write_all(key).unwrap();
        terminal.writer.flush().unwrap();
        terminal.until(|screen| screen.contains(&wanted));
        if terminal.parser.screen().contents().contains(" usable") {
            break;
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "| key to picture during validation | p50 {:.1} ms, p99 {:.1} ms, {} keys | | |",
        at(0.5),
        at(0.99),
        times.len()
    );
}

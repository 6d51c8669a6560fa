//! The terminal goes away while the console runs, as when the window is closed or the line is cut.

use std::io::Read;
use std::sync::mpsc::channel;

use portable_pty::{CommandBuilder, native_pty_system};
use rstest::rstest;

use crate::harness::{PATIENCE, WIDE, isolate, size};

#[rstest]
#[case::with_a_signal(true)]
#[case::without_a_word(false)]
fn a_console_whose_terminal_is_gone_ends(#[case] controlling: bool) {
    let home = tempfile::tempdir().expect("a temporary home");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_quietline"));
    command.args(["demo", "--fresh"]);
    command.set_controlling_tty(controlling);
    isolate(&mut command, home.path());
    let pair = native_pty_system().openpty(size(WIDE.0, WIDE.1)).expect("a pseudo-terminal");
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let mut parser = vt100::Parser::new(34.try_into().expect("rows"), 120.try_into().expect("columns"), 0);
    let mut buffer = [0; 4096];
    while !parser.screen().contents().contains("SANDBOX") {
        let count = reader.read(&mut buffer).expect("the program draws");
        assert!(count > 0, "the program ended before it drew");
        parser.process(&buffer[..count]);
    }
    drop((reader, pair.master));

    let mut killer = child.clone_killer();
    let (send, ended) = channel();
    let waiting = std::thread::spawn(move || send.send(child.wait()));
    let ended = ended.recv_timeout(PATIENCE);
    if ended.is_err() {
        let _ = killer.kill();
    }
    let _ = waiting.join();
    let status = ended.expect("it ends by itself").expect("a status");
    assert_eq!(status.exit_code(), 129, "as by a hangup, and without a panic: {status:?}");
}

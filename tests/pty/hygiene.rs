//! What reaches the terminal is what the console meant to send: every byte is read against a short list of sequences.
//! A cell of a hostile file that came through unescaped would stand out here.

use std::fs;

use crate::harness::Console;

/// Final bytes of control sequences that draw: cursor moves, erasing, colours, cursor shape.
const DRAWING: &[u8] = b"ABCDEFGHJKXdmqr";
/// Private modes that the console sets and resets.
const MODES: &[&str] =
    &["7", "12", "25", "1000", "1002", "1003", "1004", "1006", "1015", "1049", "2004", "2026"];
/// Operating-system commands: window title, clipboard, notification.
const COMMANDS: &[&str] = &["0", "2", "52", "9"];

#[test]
fn a_hostile_file_sends_nothing_of_its_own_to_the_terminal() {
    let mut console = Console::demo();
    let file = console.home().join("hostile.csv");
    fs::write(&file, HOSTILE).unwrap();
    console.wait_for("Number").keys("<esc><f4>").wait_for("File");
    console.paste(&file.display().to_string()).keys("<enter>").wait_for("hostile.csv").wait_for("Problems");
    // Every pane that may show a part of it: rows, problems, the row's detail, a filter, the title.
    console.keys("e").keys("e").keys("<enter>").keys("<esc>").keys("j").keys("<enter>").keys("<esc>");
    console.wait_for("u{1b}");
    console.keys("<esc><esc>q");
    console.wait_exit();
    assert_eq!(violations(console.written()), [""; 0]);
    assert!(!console.text().contains("PWNED"), "{}", console.text());
}

#[test]
fn walking_through_the_console_sends_only_known_sequences() {
    let mut console = Console::demo();
    console.wait_for("Number").keys("202 555 0101<enter>");
    console.keys("<esc><f2>").wait_for("Lists").keys("<f3>").wait_for("Rules").keys("<f7>").wait_for("Audit");
    console.keys("?").keys("<esc>").keys(":").keys("<esc>").keys("q");
    console.wait_exit();
    assert_eq!(violations(console.written()), [""; 0]);
}

/// Cells that try to move the cursor, set the title, write the clipboard, ask the terminal, turn text around, and
/// leave the alternate screen.
const HOSTILE: &str = concat!(
    "phone,source\n",
    "202-555-0143,plain\n",
    "\u{1b}[2J\u{1b}[1;1HPWNED,erase\n",
    "2025550144,\u{1b}]0;PWNED\u{7}\n",
    "2025550145,\u{1b}]52;c;UFdORUQ=\u{7}\n",
    "\u{1b}[6n,\u{1b}[?1049l\n",
    "2025550146,\u{9b}31mPWNED\n",
    "2025550147,\u{202e}4410555202\u{200b}\n",
    "2025550148,\u{1b}P+q544e\u{1b}\\\n",
    "2025550149,\u{8}\u{8}\u{8}\u{7f}\u{0}\n",
);

/// What does not belong in the output, each with its surroundings.
fn violations(output: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < output.len() {
        let (length, legal) = match output[at] {
            0x1b => sequence(&output[at..]),
            b'\r' | b'\n' => (1, true),
            0x00..=0x1f | 0x7f => (1, false),
            0x20..=0x7e => (1, true),
            _ => character(&output[at..]),
        };
        if !legal {
            let from = at.saturating_sub(20);
            let to = (at + length + 20).min(output.len());
            found.push(format!("at {at}: {:?}", String::from_utf8_lossy(&output[from..to])));
        }
        at += length;
    }
    found
}

/// One character beyond ASCII: legal when it is whole, visible, and does not turn its neighbours around.
fn character(output: &[u8]) -> (usize, bool) {
    let window = &output[..output.len().min(4)];
    let text = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or(""),
    };
    match text.chars().next() {
        Some(c) => {
            let invisible = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
            (c.len_utf8(), !invisible)
        }
        None => (1, false),
    }
}

/// One sequence that begins with ESC: its length, and whether it is on the list.
fn sequence(output: &[u8]) -> (usize, bool) {
    match output.get(1) {
        Some(b'[') => control_sequence(output),
        Some(b']') => system_command(output),
        Some(b'7' | b'8' | b'=' | b'>') => (2, true),
        Some(b'(') => (3, output.get(2) == Some(&b'B')),
        _ => (1, false),
    }
}

/// `ESC [ parameters intermediates final`.
fn control_sequence(output: &[u8]) -> (usize, bool) {
    let Some(last) = output.iter().skip(2).position(|byte| !(0x20..=0x3f).contains(byte)).map(|n| n + 2)
    else {
        return (output.len(), false);
    };
    let parameters = String::from_utf8_lossy(&output[2..last]).into_owned();
    let legal = match (output[last], parameters.strip_prefix('?')) {
        (b'h' | b'l', Some(modes)) => modes.split(';').all(|mode| MODES.contains(&mode)),
        (b'u', _) => parameters.starts_with(['>', '<']), // keyboard protocol, pushed and popped
        (_, Some(_)) => false,
        (last, None) => {
            DRAWING.contains(&last) && parameters.bytes().all(|b| b.is_ascii_digit() || b" ;:".contains(&b))
        }
    };
    (last + 1, legal)
}

/// `ESC ] number ; text BEL` or `… ESC \`, the text without control characters.
fn system_command(output: &[u8]) -> (usize, bool) {
    let Some(end) = output.iter().skip(2).position(|byte| matches!(byte, 0x07 | 0x1b)).map(|n| n + 2) else {
        return (output.len(), false);
    };
    let length = match (output[end], output.get(end + 1)) {
        (0x07, _) => end + 1,
        (_, Some(b'\\')) => end + 2,
        _ => return (end, false),
    };
    let text = String::from_utf8_lossy(&output[2..end]).into_owned();
    let number = text.split(';').next().unwrap_or("");
    let clean = !text.chars().any(char::is_control) && !text.contains("PWNED") && !text.contains("UFdORUQ");
    (length, COMMANDS.contains(&number) && clean)
}

mod tests {
    use super::violations;

    #[test]
    fn what_a_console_sends_is_legal() {
        let output = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[1;1H\x1b[38;2;1;2;3;48;5;7m╭ Ünïcode 漢 ╮\x1b[0m\r\n\x1b]2;quietline 64 %\x07\x1b[5 q\x1b[?2026l\x1b]52;c;MTIz\x1b\\\x1b[>1u\x1b[<1u";
        assert_eq!(violations(output.as_bytes()), [""; 0]);
    }

    #[test]
    fn what_a_hostile_cell_sends_is_seen() {
        let hostile: [&[u8]; 14] = [
            b"\x1b[6n",
            b"\x1b[c",
            b"\x1b[?47h",
            b"\x1b[21t",
            b"\x1bP+q544e\x1b\\",
            b"\x1b_x\x1b\\",
            b"\x1bc",
            b"\x07",
            b"\x08",
            b"\x7f",
            b"\xc2\x9b31m",
            b"\xff",
            "\u{202e}".as_bytes(),
            b"\x1b]1337;File=x\x07",
        ];
        for bytes in hostile {
            assert!(!violations(bytes).is_empty(), "{:?} passed", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_title_that_holds_another_sequence_is_seen() {
        assert!(!violations(b"\x1b]0;a\x1b[2Jb\x07").is_empty());
        assert!(!violations(b"\x1b]0;never ends").is_empty());
    }
}

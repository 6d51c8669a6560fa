//! What comes out: data to stdout (human, one JSON document, or JSON lines), everything else to stderr.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::args::{ColorWhen, Globals, JsonForm};
use super::failure::Failure;
use crate::domain::text::visible;

/// The way out of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub json: Option<JsonForm>,
    pub quiet: bool,
    color: ColorWhen,
}

impl Out {
    pub fn new(globals: &Globals) -> Self {
        Self { json: globals.json, quiet: globals.quiet, color: globals.color }
    }

    /// Whether colours are off for the console.
    pub fn is_mono(self) -> bool {
        match self.color {
            ColorWhen::Never => true,
            ColorWhen::Always => false,
            ColorWhen::Auto => std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        }
    }

    /// Whether progress is worth drawing.
    pub fn draws_progress(self) -> bool {
        !self.quiet && self.json.is_none() && io::stderr().is_terminal()
    }

    /// Whether facts are streamed as JSON lines.
    pub fn streams(self) -> bool {
        self.json == Some(JsonForm::Lines)
    }

    /// The answer: JSON where it was asked for, else text. `text` must already be safe to show.
    pub fn answer<T: Serialize>(self, value: &T, text: impl FnOnce() -> String) -> Result<(), Failure> {
        match self.json {
            None => self.text(&text()),
            Some(JsonForm::Document) => self.line(value),
            Some(JsonForm::Lines) => match serde_json::to_value(value).map_err(io::Error::from)? {
                Value::Array(elements) => elements.iter().try_for_each(|element| self.line(element)),
                document => self.line(&document),
            },
        }
    }

    /// Lines of text on stdout.
    pub fn text(self, text: &str) -> Result<(), Failure> {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        forgive_closed_pipe(write_flushed(&mut io::stdout().lock(), &format!("{text}{end}")))
    }

    /// One JSON document on a line of its own, flushed: whoever waits for it has it.
    pub fn line<T: Serialize>(self, value: &T) -> Result<(), Failure> {
        let text = to_json(value)?;
        forgive_closed_pipe(write_flushed(&mut io::stdout().lock(), &format!("{text}\n")))
    }

    /// A remark for the person, on stderr.
    pub fn remark(self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// What a person keeps, on stderr, also where quiet was asked for.
    pub fn tell(self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Rings, where a person is at the terminal and has not asked for quiet.
    pub fn ring(self) {
        if !self.quiet && io::stderr().is_terminal() {
            let _ = write!(io::stderr().lock(), "\u{7}");
        }
    }

    /// What must not be overlooked, on stderr, also where quiet was asked for.
    pub fn warn(self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "warning: {text}");
    }

    /// A failure: JSON on stdout where JSON was asked for, else what, why and next on stderr.
    pub fn failure(self, undone: &str, failure: &Failure) {
        if self.json.is_some() {
            let document = json!({"error": {
                "code": failure.code, "message": failure.message, "advice": failure.advice,
            }});
            if self.line(&document).is_ok() {
                return;
            }
            // Stdout is full or gone: a person, or the log of a script, may still read why.
        }
        let message = visible(&failure.message, 1_000);
        let advice = visible(&failure.advice, 1_000);
        let _ = writeln!(
            io::stderr().lock(),
            "error: {undone}\n  why:  {message} [{}]\n  next: {advice}",
            failure.code
        );
    }
}

fn write_flushed(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A reader that closed the pipe (`| head`) has what it wanted.
fn forgive_closed_pipe(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// JSON that a terminal can show: what is invisible or steers a terminal is escaped, and parses back to what it was.
pub(super) fn to_json<T: Serialize>(value: &T) -> io::Result<String> {
    let text = serde_json::to_string(value)?;
    if text.chars().all(|c| !needs_escape(c)) {
        return Ok(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if needs_escape(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    Ok(safe)
}

/// Characters that JSON lets stand but a terminal must not see. Outside of strings JSON has none of them.
fn needs_escape(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn json_shows_nothing_that_steers_a_terminal_and_parses_back() {
        let hostile = "a\u{1b}]52;c;x\u{7}b\u{9b}2Jc\u{202e}d\u{200b}e\u{e0041}f–é";
        let text = to_json(&hostile).unwrap();
        assert!(
            text.chars().all(|c| !c.is_control() && c != '\u{202e}' && c != '\u{200b}' && c != '\u{e0041}'),
            "{text}"
        );
        assert!(text.contains("–é"), "what people read stays: {text}");
        let back: String = serde_json::from_str(&text).unwrap();
        assert_eq!(back, hostile);
    }
}

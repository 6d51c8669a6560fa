//! Keys by name: `u`, `ctrl-p`, `shift-tab`, `alt-3`, `f5`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, in one spelling per key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    mods: KeyModifiers,
}

const NAMES: &[(&str, KeyCode, &str)] = &[
    ("enter", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("tab", KeyCode::Tab, "Tab"),
    ("space", KeyCode::Char(' '), "Space"),
    ("up", KeyCode::Up, "↑"),
    ("down", KeyCode::Down, "↓"),
    ("left", KeyCode::Left, "←"),
    ("right", KeyCode::Right, "→"),
    ("pageup", KeyCode::PageUp, "PgUp"),
    ("pagedown", KeyCode::PageDown, "PgDn"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
    ("backspace", KeyCode::Backspace, "Backspace"),
    ("delete", KeyCode::Delete, "Del"),
];

impl Key {
    /// Reads a name; `None` where it names no key.
    pub fn parse(name: &str) -> Option<Self> {
        let mut mods = KeyModifiers::NONE;
        let mut rest = name;
        loop {
            let (prefix, modifier) = match rest.split_once('-') {
                Some(("ctrl", after)) if !after.is_empty() => (after, KeyModifiers::CONTROL),
                Some(("alt", after)) if !after.is_empty() => (after, KeyModifiers::ALT),
                Some(("shift", after)) if !after.is_empty() => (after, KeyModifiers::SHIFT),
                _ => break,
            };
            mods |= modifier;
            rest = prefix;
        }
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(letter), None) => KeyCode::Char(letter),
            _ => match NAMES.iter().find(|(known, ..)| *known == rest) {
                Some((_, code, _)) => *code,
                None => KeyCode::F(rest.strip_prefix('f')?.parse().ok()?),
            },
        };
        Some(Self { code, mods })
    }

    /// The key of an event, in the same spelling: `BackTab` is `shift-tab`, and a letter carries no shift.
    pub fn of(event: KeyEvent) -> Self {
        let mut mods = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match event.code {
            KeyCode::BackTab => {
                mods |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            KeyCode::Char(letter) => {
                mods -= KeyModifiers::SHIFT;
                // With Ctrl the terminal may report either case of the letter.
                let plain =
                    if mods.contains(KeyModifiers::CONTROL) { letter.to_ascii_lowercase() } else { letter };
                KeyCode::Char(plain)
            }
            code => code,
        };
        Self { code, mods }
    }

    /// The event a terminal would send for it: the test kit types with this.
    #[cfg(test)]
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.mods)
    }

    /// Whether a focused text field takes it: characters, and the keys that edit a line.
    pub fn is_text(self) -> bool {
        let ctrl = self.mods.contains(KeyModifiers::CONTROL);
        if self.mods.contains(KeyModifiers::ALT) {
            return false;
        }
        match self.code {
            KeyCode::Char(letter) if ctrl => matches!(letter, 'a' | 'e' | 'w' | 'u' | 'k' | 'h' | 'd' | 'b'),
            KeyCode::Char(_)
            | KeyCode::Backspace
            | KeyCode::Delete
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::Home
            | KeyCode::End => true,
            _ => false,
        }
    }

    /// Whether it goes back in a text: in an empty field it may mean one step back.
    pub fn is_backwards(self) -> bool {
        self.mods.is_empty() && matches!(self.code, KeyCode::Backspace | KeyCode::Left)
    }

    /// As people read it: `Ctrl-P`, `⇧Tab`, `u`.
    pub fn label(self) -> String {
        let mut label = String::new();
        if self.mods.contains(KeyModifiers::CONTROL) {
            label.push_str("Ctrl-");
        }
        if self.mods.contains(KeyModifiers::ALT) {
            label.push_str("Alt-");
        }
        if self.mods.contains(KeyModifiers::SHIFT) {
            label.push_str("Shift-");
        }
        match NAMES.iter().find(|(_, code, _)| *code == self.code) {
            Some((.., shown)) => label.push_str(shown),
            None => match self.code {
                KeyCode::Char(letter) if !self.mods.is_empty() => label.push(letter.to_ascii_uppercase()),
                KeyCode::Char(letter) => label.push(letter),
                KeyCode::F(n) => label.push_str(&format!("F{n}")),
                _ => {}
            },
        }
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_the_same_from_its_name_and_from_the_terminal() {
        for (name, code, mods) in [
            ("u", KeyCode::Char('u'), KeyModifiers::NONE),
            ("E", KeyCode::Char('E'), KeyModifiers::SHIFT),
            ("shift-tab", KeyCode::BackTab, KeyModifiers::SHIFT),
            ("ctrl-p", KeyCode::Char('P'), KeyModifiers::CONTROL | KeyModifiers::SHIFT),
            ("alt-3", KeyCode::Char('3'), KeyModifiers::ALT),
            ("f5", KeyCode::F(5), KeyModifiers::NONE),
            ("-", KeyCode::Char('-'), KeyModifiers::NONE),
        ] {
            assert_eq!(Key::parse(name), Some(Key::of(KeyEvent::new(code, mods))), "{name}");
        }
        assert_eq!(Key::parse("nonsense"), None);
    }

    #[test]
    fn a_field_takes_letters_and_line_editing_but_not_escape_enter_or_alt_digits() {
        for text in ["a", "Q", "?", "5", "space", "backspace", "left", "ctrl-w"] {
            assert!(Key::parse(text).unwrap().is_text(), "{text}");
        }
        for command in ["esc", "enter", "tab", "alt-5", "f5", "ctrl-c", "ctrl-p", "up"] {
            assert!(!Key::parse(command).unwrap().is_text(), "{command}");
        }
    }
}

//! Key → command. Pure: the table, the place, and whether a text field has the focus.

use super::command::{self, Command, Key, Row, Scope};

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A command.
    Command(Command),
    /// Text for the focused field.
    Text,
    /// Nothing here.
    Nothing,
}

/// Looks a key up, innermost place first. While a field has the focus, what can be text is text.
pub fn resolve(key: Key, scopes: &[Scope], field: bool) -> Meaning {
    if field && key.is_text() {
        return Meaning::Text;
    }
    scopes
        .iter()
        .find_map(|scope| command::all().find(|row| row.scope == *scope && has(row, key)))
        .map_or(Meaning::Nothing, |row| Meaning::Command(row.command))
}

fn has(row: &Row, key: Key) -> bool {
    row.keys.iter().any(|name| Key::parse(name) == Some(key))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tui::command::{OverlayId, PaneId};

    fn places() -> Vec<Scope> {
        command::all().map(|row| row.scope).collect::<std::collections::HashSet<_>>().into_iter().collect()
    }

    fn key(name: &str) -> Key {
        Key::parse(name).unwrap()
    }

    #[test]
    fn every_key_name_is_a_key() {
        for row in command::all() {
            for name in row.keys {
                assert!(Key::parse(name).is_some(), "{}: {name}", row.id);
            }
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in places() {
            let mut seen = Vec::new();
            for row in command::all().filter(|row| row.scope == place) {
                for name in row.keys {
                    let key = key(name);
                    assert!(!seen.contains(&key), "{place:?}: {name} is taken before {}", row.id);
                    seen.push(key);
                }
            }
        }
    }

    #[test]
    fn ids_are_unique_and_listed_commands_have_help() {
        let mut ids = BTreeSet::new();
        for row in command::all() {
            assert!(ids.insert(row.id), "{} stands twice", row.id);
            let listed = row.palette && !matches!(row.scope, Scope::Overlay(_));
            assert!(!listed || !row.help.is_empty(), "{} has no help", row.id);
        }
    }

    #[test]
    fn a_pane_never_takes_the_keys_that_must_work_everywhere() {
        let reserved = ["?", ":", "/", "q", "tab", "shift-tab", "esc", "ctrl-c", "ctrl-z", "p", "!"];
        for row in command::all().filter(|row| matches!(row.scope, Scope::Pane(_))) {
            for name in row.keys {
                let same = command::all()
                    .any(|global| global.scope == Scope::Global && global.command == row.command);
                let digit = name.len() == 1 && name.bytes().all(|b| b.is_ascii_digit());
                assert!(same || !(reserved.contains(name) || digit), "{} takes {name}", row.id);
            }
        }
    }

    #[test]
    fn letters_are_text_while_a_field_has_the_focus_and_commands_otherwise() {
        let here = [Scope::Pane(PaneId::Lists), Scope::Global];
        assert_eq!(resolve(key("q"), &here, true), Meaning::Text);
        assert_eq!(resolve(key("4"), &here, true), Meaning::Text);
        assert_eq!(resolve(key("alt-4"), &here, true), Meaning::Command(Command::Go(PaneId::File)));
        assert_eq!(resolve(key("f4"), &here, true), Meaning::Command(Command::Go(PaneId::File)));
        assert_eq!(resolve(key("esc"), &here, true), Meaning::Command(Command::Back));
        assert_eq!(resolve(key("q"), &here, false), Meaning::Command(Command::Quit));
    }

    #[test]
    fn the_innermost_place_wins() {
        let lists = [Scope::Pane(PaneId::Lists), Scope::Global];
        assert_eq!(resolve(key("g"), &lists, false), Meaning::Command(Command::ListGate));
        assert_eq!(resolve(key("g"), &[Scope::Global], false), Meaning::Command(Command::First));
        let confirm = [Scope::Overlay(OverlayId::Confirm), Scope::Global];
        assert_eq!(resolve(key("y"), &confirm, false), Meaning::Command(Command::Yes));
    }
}

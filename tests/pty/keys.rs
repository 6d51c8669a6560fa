//! What a person types, in words: `"202 555 0101<enter><f2><esc>"`. Letters, digits and spaces are themselves.

/// One key press, as the bytes a terminal sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Named keys of an xterm.
const NAMED: &[(&str, &[u8])] = &[
    ("enter", b"\r"),
    ("esc", b"\x1b"),
    ("tab", b"\t"),
    ("s-tab", b"\x1b[Z"),
    ("space", b" "),
    ("bs", b"\x7f"),
    ("del", b"\x1b[3~"),
    ("up", b"\x1b[A"),
    ("down", b"\x1b[B"),
    ("right", b"\x1b[C"),
    ("left", b"\x1b[D"),
    ("home", b"\x1b[H"),
    ("end", b"\x1b[F"),
    ("pgup", b"\x1b[5~"),
    ("pgdn", b"\x1b[6~"),
    ("f1", b"\x1bOP"),
    ("f2", b"\x1bOQ"),
    ("f3", b"\x1bOR"),
    ("f4", b"\x1bOS"),
    ("f5", b"\x1b[15~"),
    ("f6", b"\x1b[17~"),
    ("f7", b"\x1b[18~"),
    ("lt", b"<"),
    ("gt", b">"),
];

/// Reads the words. Panics on a name that does not exist: a typing error in a test must not look like a key.
pub fn parse(text: &str) -> Vec<Press> {
    let mut presses = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '<' {
            let end = rest.find('>').unwrap_or_else(|| panic!("`<` without `>` in {text:?}"));
            presses.push(named(&rest[1..end]));
            rest = &rest[end + 1..];
        } else {
            presses.push(Press { name: first.to_string(), bytes: first.to_string().into_bytes() });
            rest = &rest[first.len_utf8()..];
        }
    }
    presses
}

fn named(name: &str) -> Press {
    let bytes = match name.split_once('-') {
        Some(("c", key)) if key.len() == 1 => vec![key.as_bytes()[0] & 0x1f],
        Some(("a", key)) if key.chars().count() == 1 => [b"\x1b", key.as_bytes()].concat(),
        _ => NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, bytes)| bytes.to_vec())
            .unwrap_or_else(|| panic!("no key is called <{name}>")),
    };
    Press { name: format!("<{name}>"), bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_bytes() {
        let bytes: Vec<u8> =
            parse("2 é<enter><c-c><a-1><f4><lt>").into_iter().flat_map(|press| press.bytes).collect();
        assert_eq!(bytes, "2 é\r\x03\x1b1\x1bOS<".as_bytes());
    }

    #[test]
    #[should_panic(expected = "no key is called <entre>")]
    fn a_key_that_does_not_exist_is_an_error() {
        parse("<entre>");
    }
}

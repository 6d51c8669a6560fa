//! The marks that separate fields, and their names.

/// Those that are looked for and offered.
pub(super) const DELIMITERS: [(u8, &str); 4] =
    [(b',', "comma"), (b';', "semicolon"), (b'\t', "tab"), (b'|', "pipe")];
/// Others that have a name of their own, since the mark itself is hard to see.
const NAMED: [(u8, &str); 1] = [(b' ', "space")];

fn named() -> impl Iterator<Item = (u8, &'static str)> {
    DELIMITERS.into_iter().chain(NAMED)
}

/// The separator of a word or a mark: `semicolon`, `;`. No letter, digit or quotation mark separates fields.
pub fn delimiter_named(text: &str) -> Option<u8> {
    if let Some((byte, _)) = named().find(|(_, name)| *name == text) {
        return Some(byte);
    }
    match text.as_bytes() {
        b"\\t" => Some(b'\t'),
        [byte] if (byte.is_ascii_punctuation() || matches!(byte, b'\t' | b' ')) && *byte != b'"' => {
            Some(*byte)
        }
        _ => None,
    }
}

/// The inverse of [`delimiter_named`].
pub fn delimiter_name(byte: u8) -> String {
    let known = named().find(|(known, _)| *known == byte);
    known.map_or_else(|| char::from(byte).to_string(), |(_, name)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_separator_has_a_name_that_means_it() {
        for byte in (0..=127_u8).filter(|byte| byte.is_ascii_punctuation() || b"\t ".contains(byte)) {
            let name = delimiter_name(byte);
            assert!(!name.trim().is_empty(), "{byte}");
            assert_eq!(delimiter_named(&name), Some(byte).filter(|byte| *byte != b'"'), "{name}");
        }
        assert_eq!((delimiter_named(" "), delimiter_named("\\t")), (Some(b' '), Some(b'\t')));
        for other in ["", "x", "7", "\"", "bar", "::", "\u{1}"] {
            assert_eq!(delimiter_named(other), None, "{other}");
        }
    }
}

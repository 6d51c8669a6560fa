//! What a cell is made of, found in one pass, so that a rule is asked only where it could have something to say.

use super::ruin::count_digits;

/// Classes of characters, as bits.
pub(super) const LETTER: u16 = 1;
pub(super) const POINT: u16 = 1 << 1;
pub(super) const COMMA: u16 = 1 << 2;
pub(super) const SLASH: u16 = 1 << 3;
pub(super) const HYPHEN: u16 = 1 << 4;
pub(super) const HASH: u16 = 1 << 6;
/// Semicolon, bar, ampersand.
pub(super) const LIST: u16 = 1 << 7;
pub(super) const CONTROL: u16 = 1 << 8;
pub(super) const BEYOND_ASCII: u16 = 1 << 9;
/// Digits enough for two numbers; no character has this bit.
pub(super) const TWO_NUMBERS: u16 = 1 << 10;

const CLASSES: [u16; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'.' => POINT,
            b',' => COMMA,
            b'/' => SLASH,
            b'-' => HYPHEN,
            b'#' => HASH,
            b';' | b'|' | b'&' => LIST,
            0..b' ' | 0x7F => CONTROL,
            0x80.. => BEYOND_ASCII,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// What a text is made of. Of a part of it the same may be said: nothing is missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Makeup {
    seen: u16,
    digits: usize,
}

impl Makeup {
    /// `subscriber`: digits that are enough for a number.
    pub(super) fn of(text: &str, subscriber: usize) -> Self {
        let seen = text.bytes().fold(0, |seen, byte| seen | CLASSES[usize::from(byte)]);
        let digits = count_digits(text);
        Self { seen: if digits >= 2 * subscriber { seen | TWO_NUMBERS } else { seen }, digits }
    }

    /// The same text, of which nothing is ruled out: every rule is asked.
    #[cfg(test)]
    pub(super) fn anything(self) -> Self {
        Self { seen: u16::MAX, ..self }
    }

    pub(super) fn digits(self) -> usize {
        self.digits
    }

    /// Whether any of these may be in it.
    pub(super) fn has(self, classes: u16) -> bool {
        self.seen & classes != 0
    }
}

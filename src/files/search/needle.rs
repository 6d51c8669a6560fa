//! What is searched for: a text, letter by letter but for the case of ASCII letters, and the telephone number it may be.

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8};

use super::digits::Digits;
use super::literal::Literal;
use crate::domain::phone::{E164, Normaliser};
use crate::files::scan::Width;
use crate::files::text::width_of;

/// Characters that stand otherwise in the stored bytes than in the text: a quotation mark may be doubled, and what could
/// not be decoded became another character.
const ALTERED: [char; 2] = ['"', char::REPLACEMENT_CHARACTER];

/// See the module. `Debug` does not show it: it may be a telephone number.
#[derive(Clone)]
pub struct Needle {
    text: String,
    literal: Literal,
    number: Option<(E164, Normaliser)>,
}

impl std::fmt::Debug for Needle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Needle({} characters)", self.text.chars().count())
    }
}

impl Needle {
    /// A text to search for; `None` where it is blank. Where it reads as a number by `normaliser`, that number is found in
    /// any spelling too.
    pub fn new(text: &str, normaliser: Option<&Normaliser>) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        let number = normaliser.and_then(|normaliser| {
            let phone = normaliser.normalise(text.trim()).ok()?;
            Some((phone.number, normaliser.clone()))
        });
        Some(Self { text: text.to_owned(), literal: Literal::new(text.as_bytes()), number })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number that it reads as.
    pub fn number(&self) -> Option<E164> {
        self.number.as_ref().map(|(number, _)| *number)
    }

    /// Where the text stands in another: byte ranges from left to right.
    pub fn places_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = self.literal.find(text.as_bytes(), from)?;
            from = at + self.text.len();
            // Continuation bytes differ from first bytes, so a match of whole characters begins and ends at some.
            Some(at..from)
        })
    }

    /// Whether a text holds it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.literal.find(text.as_bytes(), 0).is_some()
    }

    /// Whether a cell is the number, in whatever spelling.
    pub(super) fn is_number(&self, cell: &str) -> bool {
        let Some((number, normaliser)) = &self.number else { return false };
        Digits::new(*number).may_be_in(cell)
            && normaliser.normalise(cell).is_ok_and(|phone| phone.number == *number)
    }

    pub(super) fn digits(&self) -> Option<Digits> {
        self.number().map(Digits::new)
    }

    /// What to look for in the stored bytes (as units of the scanner's width).
    pub(super) fn stored_in(&self, encoding: &'static Encoding) -> Stored {
        let pieces = self.text.split(ALTERED);
        let Some(piece) = pieces.max_by_key(|piece| piece.len()).filter(|piece| !piece.is_empty()) else {
            return if self.text.contains('"') { Stored::text(b"\"", false) } else { Stored::BeyondAscii };
        };
        let whole = piece.len() == self.text.len();
        if width_of(encoding) != Width::One {
            // Anything beyond ASCII is one and the same unit there.
            let units: Vec<u8> = piece
                .encode_utf16()
                .map(|unit| u8::try_from(unit).ok().filter(u8::is_ascii).unwrap_or(0x80))
                .collect();
            return Stored::text(&units, whole && piece.is_ascii());
        }
        if encoding == UTF_8 || piece.is_ascii() && encoding.is_single_byte() {
            return Stored::text(piece.as_bytes(), whole);
        }
        if encoding.is_single_byte() {
            let (bytes, _, lost) = encoding.encode(piece);
            return if lost { Stored::Nowhere } else { Stored::text(&bytes, whole) };
        }
        // One character may be stored in several ways, and ASCII bytes may be halves of others.
        let ascii = piece.split(|c: char| !c.is_ascii()).max_by_key(|run| run.len()).unwrap_or_default();
        if ascii.is_empty() { Stored::BeyondAscii } else { Stored::text(ascii.as_bytes(), false) }
    }
}

/// What a needle looks like in the stored bytes.
#[derive(Clone, Debug)]
pub(super) enum Stored {
    /// In no row: the encoding has no such character.
    Nowhere,
    /// In rows with anything beyond ASCII at most.
    BeyondAscii,
    /// Where these bytes stand. `whole`: a row that holds them holds the needle; else its text decides.
    Text { literal: Literal, whole: bool },
}

impl Stored {
    fn text(bytes: &[u8], whole: bool) -> Self {
        Self::Text { literal: Literal::new(bytes), whole }
    }

    /// Chooses the rarest byte to look for, by a stretch of the file.
    pub(super) fn tune(&mut self, units: &[u8]) {
        if let Self::Text { literal, .. } = self {
            literal.tune(units);
        }
    }

    /// The next place at or behind `from` that has to be looked at.
    pub(super) fn next(&self, units: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::Nowhere => None,
            Self::BeyondAscii => super::digits::beyond_ascii(units, from),
            Self::Text { literal, .. } => literal.find(units, from),
        }
    }

    /// Whether a place found is the needle for sure.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Self::Text { whole: true, .. })
    }

    /// How many units before the end of a stretch may belong to a needle that goes on behind it.
    pub(super) fn overlap(&self) -> usize {
        match self {
            Self::Text { literal, .. } => literal.len() - 1,
            _ => 0,
        }
    }
}

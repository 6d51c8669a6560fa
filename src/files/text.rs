//! Which encoding a file is in, and how stored bytes become text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::kind::wide_without_mark;
use super::scan::Width;

/// What was found out about the encoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decided {
    /// The encoding.
    pub(super) encoding: &'static Encoding,
    /// Bytes of the mark at the start of the file.
    pub(super) bom: usize,
    /// It was taken from the content, neither said nor marked nor plain UTF-8.
    pub(super) assumed: bool,
}

/// Why the encoding cannot be decided here: the question to the person.
#[derive(Debug)]
pub(super) struct Undecided(pub(super) String);

/// Decides about the encoding. What the person said comes first, then a byte order mark, then the content.
pub(super) fn decide(head: &[u8], whole: bool, said: Option<&str>) -> Result<Decided, Undecided> {
    let marked = Encoding::for_bom(head);
    if let Some(label) = said {
        let encoding = named(label)?;
        let bom = marked.filter(|(found, _)| *found == encoding).map_or(0, |(_, length)| length);
        return Ok(Decided { encoding, bom, assumed: false });
    }
    if let Some((encoding, bom)) = marked {
        return Ok(Decided { encoding, bom, assumed: false });
    }
    if let Some(name) = wide_without_mark(head) {
        return Err(Undecided(format!("the text looks like {name}, but nothing in the file says so")));
    }
    let (sound, broken) = sequences(head, whole);
    if broken == 0 || sound >= broken {
        return Ok(Decided { encoding: UTF_8, bom: 0, assumed: false });
    }
    let guess = guess(head, whole);
    if guess == WINDOWS_1252 {
        return Ok(Decided { encoding: guess, bom: 0, assumed: true });
    }
    let name = guess.name();
    Err(Undecided(format!("the text is not UTF-8; it may be {name}, but that is a guess")))
}

fn named(label: &str) -> Result<&'static Encoding, Undecided> {
    let encoding = match label.trim().to_ascii_lowercase().as_str() {
        // The label alone leaves the order open; the standard reads it as little end first.
        "utf-16" | "utf16" | "utf16le" => UTF_16LE,
        "utf16be" => UTF_16BE,
        other => Encoding::for_label(other.as_bytes())
            .ok_or_else(|| Undecided(format!("no encoding is called {other:?}")))?,
    };
    if encoding.is_ascii_compatible() || encoding == UTF_16LE || encoding == UTF_16BE {
        return Ok(encoding);
    }
    Err(Undecided(format!("tables in {} cannot be read", encoding.name())))
}

/// What the content looks like, where it is neither marked nor UTF-8.
pub(super) fn guess(head: &[u8], whole: bool) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(head, whole);
    detector.guess(None, chardetng::Utf8Detection::Deny)
}

/// Sequences beyond ASCII that are UTF-8, and stretches that are not. A sequence cut off by the end of the head counts
/// as neither.
fn sequences(head: &[u8], whole: bool) -> (usize, usize) {
    let (mut sound, mut broken) = (0, 0);
    let mut chunks = head.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        let cut = chunks.peek().is_none() && !whole;
        broken += usize::from(!chunk.invalid().is_empty() && !cut);
    }
    (sound, broken)
}

/// How the scanner must read the encoding.
pub(super) fn width_of(encoding: &'static Encoding) -> Width {
    match encoding {
        e if e == UTF_16LE => Width::TwoLittle,
        e if e == UTF_16BE => Width::TwoBig,
        _ => Width::One,
    }
}

/// Text of one record, and whether some of its bytes are no text in this encoding.
pub(super) fn decode<'a>(encoding: &'static Encoding, stored: &'a [u8]) -> (Cow<'a, str>, bool) {
    if encoding == UTF_8
        && let Ok(text) = std::str::from_utf8(stored)
    {
        return (Cow::Borrowed(text), false);
    }
    encoding.decode_without_bom_handling(stored)
}

//! Markup as it is written to it: how long its texts are, whether it names a cell that no sheet has, and whether its cells
//! hold what would be lost. It keeps none.
//!
//! Readers of workbooks hold each text in memory and count beyond their numbers at such a cell, so every part is looked at
//! before they see any. What a part is called tells nothing: the workbook itself says which part is a sheet.

use std::io;

use memchr::{memchr, memchr3};
use quick_xml::events::BytesStart;

use super::cells::Cells;

/// No more of a tag is looked at.
const LONGEST_TAG: usize = 64 << 10;
/// What starts otherwise than a tag, and how it ends.
const SPECIAL: [(&[u8], &[u8]); 2] = [(b"!--", b"-->"), (b"![CDATA[", b"]]>")];

/// Where the bytes are.
#[derive(Clone, Copy, Debug, Default)]
enum Inside {
    #[default]
    Text,
    /// Behind a `<`, before it is clear what it opens.
    Start,
    /// A tag, perhaps within a quoted value: a `>` there ends nothing.
    Tag(Option<u8>),
    /// A tag that ends something.
    Close,
    /// Something that lasts until these bytes.
    Until(&'static [u8]),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Markup {
    inside: Inside,
    /// The tag so far, or the last bytes of what is no tag.
    held: Vec<u8>,
    current: usize,
    /// Bytes of the longest text, tag or comment.
    pub(super) longest: usize,
    /// A place is named that no sheet has.
    pub(super) far_cell: bool,
    pub(super) cells: Cells,
}

impl Markup {
    /// Takes bytes in and says how many.
    fn step(&mut self, bytes: &[u8]) -> usize {
        match self.inside {
            Inside::Text => {
                let open = memchr(b'<', bytes);
                let text = &bytes[..open.unwrap_or(bytes.len())];
                self.current += text.len();
                self.cells.text(text);
                if open.is_some() {
                    self.next(Inside::Start);
                }
                open.map_or(bytes.len(), |at| at + 1)
            }
            Inside::Start => self.start(bytes[0]),
            Inside::Tag(Some(quote)) => {
                let close = memchr(quote, bytes);
                if close.is_some() {
                    self.inside = Inside::Tag(None);
                }
                self.hold(bytes, close)
            }
            Inside::Tag(None) => {
                let stop = memchr3(b'>', b'"', b'\'', bytes);
                let used = self.hold(bytes, stop);
                match stop.map(|at| bytes[at]) {
                    Some(b'>') => {
                        self.read_tag();
                        self.next(Inside::Text);
                    }
                    Some(quote) => self.inside = Inside::Tag(Some(quote)),
                    None => {}
                }
                used
            }
            Inside::Close => {
                let close = memchr(b'>', bytes);
                let used = self.hold(bytes, close);
                if close.is_some() {
                    self.read_close();
                    self.next(Inside::Text);
                }
                used
            }
            Inside::Until(end) => {
                let close = memchr(b'>', bytes);
                let used = self.hold(bytes, close);
                if close.is_some() && self.held.ends_with(end) {
                    self.next(Inside::Text);
                } else {
                    self.held.drain(..self.held.len().saturating_sub(2));
                }
                used
            }
        }
    }

    /// The first bytes behind a `<`.
    fn start(&mut self, byte: u8) -> usize {
        self.held.push(byte);
        for (open, end) in SPECIAL {
            if self.held == open {
                self.cells.special(open == b"![CDATA[");
                self.held.clear();
                self.inside = Inside::Until(end);
            }
            if open.starts_with(&self.held) {
                return 1;
            }
        }
        self.held.pop();
        self.inside = match self.held.first().unwrap_or(&byte) {
            b'?' => Inside::Until(b"?>"),
            b'!' => Inside::Until(b">"),
            b'/' => Inside::Close,
            _ => Inside::Tag(None),
        };
        if matches!(self.inside, Inside::Until(_)) {
            self.cells.special(false);
        }
        0
    }

    fn next(&mut self, inside: Inside) {
        self.longest = self.longest.max(self.current);
        (self.inside, self.current) = (inside, 0);
        self.held.clear();
    }

    /// Takes bytes in up to a stop, and keeps of them what is looked at later.
    fn hold(&mut self, bytes: &[u8], stop: Option<usize>) -> usize {
        let used = stop.map_or(bytes.len(), |at| at + 1);
        self.current += used;
        let is_tag = matches!(self.inside, Inside::Tag(_) | Inside::Close);
        let from = if is_tag { 0 } else { used.saturating_sub(3) };
        let room = if is_tag { LONGEST_TAG.saturating_sub(self.held.len()) } else { 3 };
        self.held.extend_from_slice(&bytes[from..from + room.min(used - from)]);
        used
    }

    fn read_close(&mut self) {
        let tag = self.held.strip_suffix(b">").unwrap_or(&self.held).trim_ascii_end();
        self.cells.close(local(tag.strip_prefix(b"/").unwrap_or(tag)));
    }

    /// Looks for the place that a tag names: `r='XFD1048576'`, `ref='A1:B2'`. Other tags use the same words for other
    /// things, such as the radius of a circle.
    fn read_tag(&mut self) {
        let whole = self.held.strip_suffix(b">").unwrap_or(&self.held);
        let tag = whole.strip_suffix(b"/").unwrap_or(whole);
        let is_all = tag.len() < whole.len();
        let length = tag.iter().take_while(|b| !b.is_ascii_whitespace() && **b != b'/').count();
        let name = local(&tag[..length]);
        if name != b"c" {
            self.cells.open(name, is_all);
        }
        if !matches!(name, b"c" | b"row" | b"f" | b"dimension") {
            return;
        }
        if self.held.len() >= LONGEST_TAG {
            self.far_cell = true;
            return;
        }
        // What is no text no reader reads either.
        let Ok(text) = std::str::from_utf8(tag) else { return };
        let tag = BytesStart::from_content(text, length);
        let (mut kind, mut own) = (None, None);
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key = attribute.key.as_ref();
            // Of two of one name, readers take the first or none.
            match key {
                "t" if kind.is_none() => kind = Some(attribute.value.clone()),
                "r" if own.is_none() => own = Some(attribute.value.clone()),
                _ => {}
            }
            if matches!(key, "r" | "ref") {
                let places: Vec<_> = attribute.value.split(':').map(place).collect();
                let [first, .., last] = places.as_slice() else {
                    self.far_cell |= places.contains(&None);
                    continue;
                };
                let rises = |(from, to): (Place, Place)| from.0 <= to.0 && from.1 <= to.1;
                self.far_cell |= places.contains(&None) || !first.zip(*last).is_some_and(rises);
            }
        }
        if name == b"c" {
            self.cells.open_cell(kind.as_deref(), own.as_deref(), is_all);
        }
    }
}

/// A name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    name.rsplit(|b| *b == b':').next().unwrap_or_default()
}

/// Row and column.
type Place = (u32, u32);

/// The place that a name stands for; `None` where it lies behind `XFD1048576` by its mere length.
fn place(name: &str) -> Option<Place> {
    let (mut row, mut column, mut letters, mut digits) = (0, 0, 0, 0);
    for byte in name.bytes() {
        if byte.is_ascii_alphabetic() {
            letters += 1;
            column = column * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1;
        } else if byte.is_ascii_digit() {
            digits += 1;
            row = row * 10 + u32::from(byte - b'0');
        }
        if letters > 3 || digits > 7 {
            return None;
        }
    }
    Some((row, column))
}

impl io::Write for Markup {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = self.step(rest);
            rest = &rest[used..];
        }
        self.longest = self.longest.max(self.current);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rstest::rstest;

    use super::Markup;

    /// The same however it is cut.
    fn seen(text: &str) -> (usize, bool) {
        let mut found: Vec<_> = (1..=text.len().min(9))
            .map(|size| {
                let mut markup = Markup::default();
                text.as_bytes().chunks(size).for_each(|chunk| markup.write_all(chunk).unwrap());
                (markup.longest, markup.far_cell)
            })
            .collect();
        found.dedup();
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0]
    }

    #[rstest]
    #[case::a_row("<row r='4294967299'/>", true)]
    #[case::a_cell_with_blanks("<x:c s='1' r = \"A4294967299\">", true)]
    #[case::behind_a_mark_in_a_value("<c s='>' r='A4294967299'>", true)]
    #[case::behind_marks_in_a_comment("<!-- > <b ' --><c s='>' r='A4294967299'>", true)]
    #[case::behind_cdata("<![CDATA[ <b ']]><c s='>' r='A4294967299'>", true)]
    #[case::behind_an_instruction("<?b ' ?><c s='>' r='A4294967299'>", true)]
    #[case::a_shared_formula("<f t='shared' si='0' ref='A1:ZZZZ9'>", true)]
    #[case::backwards("<dimension ref='B2:A1'/>", true)]
    #[case::in_its_place("<row r='1048576'><c r='XFD1048576'/></row><dimension ref='A1:XFD1048576'/>", false)]
    #[case::a_circle("<circle r='12.3456789012'/>", false)]
    #[case::a_closing_tag("</c><c r='A1'>", false)]
    fn a_place_that_no_sheet_has_is_seen(#[case] text: &str, #[case] far: bool) {
        assert_eq!(seen(text).1, far);
    }

    #[test]
    fn the_longest_text_or_comment_is_measured() {
        assert_eq!(seen("<a>123456789</a>").0, 9);
        assert_eq!(seen("1234567").0, 7);
        assert_eq!(seen("<!--1234<5678-->").0, 12);
        assert_eq!(seen("<a b='1<2>34'>1</a>").0, 13);
    }
}

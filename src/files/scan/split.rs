//! The fields of one record.

use memchr::memchr;
use wide::i8x16;

/// The fields of a record, unquoted. Kept by the reader and filled again for each record.
#[derive(Clone, Debug, Default)]
pub(in crate::files) struct Fields {
    text: String,
    /// Where each field stands in the text.
    spans: Vec<(usize, usize)>,
}

impl Fields {
    /// Fields in the record.
    pub(in crate::files) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The field at `index`; `None` where the record has fewer.
    pub(in crate::files) fn get(&self, index: usize) -> Option<&str> {
        self.spans.get(index).map(|&(start, end)| &self.text[start..end])
    }

    /// Every field in order.
    pub(in crate::files) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(|&(start, end)| &self.text[start..end])
    }

    /// All of the text, one field behind the other; delimiters may stand between them.
    pub(in crate::files) fn text(&self) -> &str {
        &self.text
    }

    /// Which field the byte at `offset` of [`Fields::text`] belongs to.
    pub(in crate::files) fn index_at(&self, offset: usize) -> usize {
        self.spans.partition_point(|&(_, end)| end <= offset)
    }

    /// Takes a record in with the places of its fields.
    pub(in crate::files) fn take_spans(
        &mut self,
        record: &str,
        spans: impl IntoIterator<Item = (usize, usize)>,
    ) {
        self.text.clear();
        self.text.push_str(record);
        self.spans.clear();
        self.spans.extend(spans);
    }

    /// Splits a record. `quotes`: the record is sound, so a field that starts with a quotation mark ends with one; a
    /// rejected record is cut at its delimiters only, to be shown as it stands.
    pub(in crate::files) fn split(&mut self, record: &str, delimiter: Option<u8>, quotes: bool) {
        self.text.clear();
        self.spans.clear();
        let mark = if quotes { memchr(b'"', record.as_bytes()) } else { None };
        match mark {
            // Nothing to take out.
            None => {
                let start = self.take_whole(record, delimiter);
                self.spans.push((start, record.len()));
            }
            Some(mark) => {
                // Neither is there in front of the first field with a mark.
                let before = record.as_bytes()[..mark].iter().rposition(|byte| Some(*byte) == delimiter);
                let (plain, quoted) = record.split_at(before.map_or(0, |last| last + 1));
                self.take_whole(plain, delimiter);
                self.split_quoted(quoted, delimiter);
            }
        }
    }

    /// Copies the text as it is and looks for its cuts only: where the field behind the last one starts.
    fn take_whole(&mut self, text: &str, delimiter: Option<u8>) -> usize {
        self.text.push_str(text);
        let mut start = 0;
        if let Some(delimiter) = delimiter {
            each(delimiter, text.as_bytes(), |cut| {
                self.spans.push((start, cut));
                start = cut + 1;
            });
        }
        start
    }

    fn split_quoted(&mut self, record: &str, delimiter: Option<u8>) {
        let mut rest = record;
        loop {
            let start = self.text.len();
            if let Some(inside) = rest.strip_prefix('"') {
                rest = self.unquote(inside);
            }
            let cut = delimiter.and_then(|delimiter| memchr(delimiter, rest.as_bytes()));
            self.text.push_str(&rest[..cut.unwrap_or(rest.len())]);
            self.spans.push((start, self.text.len()));
            match cut {
                Some(at) => rest = &rest[at + 1..],
                None => return,
            }
        }
    }

    /// Takes in the text of a quotation and returns what stands behind its closing mark.
    fn unquote<'a>(&mut self, mut rest: &'a str) -> &'a str {
        loop {
            let Some(mark) = memchr(b'"', rest.as_bytes()) else {
                self.text.push_str(rest);
                return "";
            };
            self.text.push_str(&rest[..mark]);
            rest = &rest[mark + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    self.text.push('"');
                    rest = after;
                }
                None => return rest,
            }
        }
    }
}

/// Tells every place of a byte. Fields are so short that a search for each end would take longer than to look at sixteen
/// bytes at a time.
#[inline]
fn each(wanted: u8, bytes: &[u8], mut found: impl FnMut(usize)) {
    const STEP: usize = 16;
    let all = i8x16::splat(wanted.cast_signed());
    let (blocks, rest) = bytes.as_chunks::<STEP>();
    for (step, block) in blocks.iter().enumerate() {
        let mut places = i8x16::new(block.map(u8::cast_signed)).simd_eq(all).to_bitmask();
        while places != 0 {
            found(step * STEP + places.trailing_zeros() as usize);
            places &= places - 1;
        }
    }
    let start = bytes.len() - rest.len();
    rest.iter().enumerate().filter(|(_, byte)| **byte == wanted).for_each(|(step, _)| found(start + step));
}

impl<'a> FromIterator<&'a str> for Fields {
    fn from_iter<I: IntoIterator<Item = &'a str>>(fields: I) -> Self {
        let mut out = Self::default();
        for field in fields {
            let start = out.text.len();
            out.text.push_str(field);
            out.spans.push((start, out.text.len()));
        }
        out
    }
}

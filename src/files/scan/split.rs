//! The fields of one record.

/// The fields of a record, unquoted. Kept by the reader and filled again for each record.
#[derive(Clone, Debug, Default)]
pub(in crate::files) struct Fields {
    text: String,
    ends: Vec<usize>,
}

impl Fields {
    /// Fields in the record.
    pub(in crate::files) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at `index`; `None` where the record has fewer.
    pub(in crate::files) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.text[start..end])
    }

    /// Every field in order.
    pub(in crate::files) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// All of the text, one field behind the other.
    pub(in crate::files) fn text(&self) -> &str {
        &self.text
    }

    /// Which field the byte at `offset` of [`Fields::text`] belongs to.
    pub(in crate::files) fn index_at(&self, offset: usize) -> usize {
        self.ends.partition_point(|&end| end <= offset)
    }

    /// Splits a record. `quotes`: the record is sound, so a field that starts with a quotation mark ends with one; a
    /// rejected record is cut at its delimiters only, to be shown as it stands.
    pub(in crate::files) fn split(&mut self, record: &str, delimiter: Option<u8>, quotes: bool) {
        self.text.clear();
        self.ends.clear();
        let mut rest = record;
        loop {
            if quotes && let Some(inside) = rest.strip_prefix('"') {
                rest = self.unquote(inside);
            }
            let cut = delimiter.and_then(|delimiter| memchr::memchr(delimiter, rest.as_bytes()));
            self.text.push_str(&rest[..cut.unwrap_or(rest.len())]);
            self.ends.push(self.text.len());
            match cut {
                Some(at) => rest = &rest[at + 1..],
                None => return,
            }
        }
    }

    /// Takes in the text of a quotation and returns what stands behind its closing mark.
    fn unquote<'a>(&mut self, mut rest: &'a str) -> &'a str {
        loop {
            let Some(mark) = memchr::memchr(b'"', rest.as_bytes()) else {
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

impl<'a> FromIterator<&'a str> for Fields {
    fn from_iter<I: IntoIterator<Item = &'a str>>(fields: I) -> Self {
        let mut out = Self::default();
        for field in fields {
            out.text.push_str(field);
            out.ends.push(out.text.len());
        }
        out
    }
}

//! What a file looks like, and which of its columns means what.

use crate::files::{Field, Widths};

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
    /// Several of them.
    Mixed,
}

/// What sniffing (or the person) decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// WHATWG name: `UTF-8`, `UTF-16LE`, `windows-1252`.
    pub encoding: &'static str,
    /// Whether a byte order mark stands at the start.
    pub bom: bool,
    /// Field separator; `None` where each line is one number.
    pub delimiter: Option<u8>,
    /// Widths of the columns, where the fields have no separator.
    pub widths: Option<Widths>,
    /// Whether the first record names the columns.
    pub header: bool,
    /// How lines end, as far as sniffed.
    pub line_ending: LineEnding,
    /// A named layout, where recognised: `ftc-split` (`AAA,NNNNNNN`), `ftc-plain` (`AAANNNNNNN`), `ftc-changes` (rows add
    /// and delete), `ported` (a number a line, by the file's name), `ported-ranges`.
    pub layout: Option<&'static str>,
}

/// Which column holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Column index from 0 per field. `Number` may be absent while the person has not chosen yet.
    pub columns: std::collections::BTreeMap<Field, usize>,
    /// The number is column `Number` (area code) and the one after it.
    pub split_number: bool,
    /// Further number columns: each filled cell counts as a row of its own.
    pub more_numbers: Vec<usize>,
}

impl Mapping {
    /// Whether a record may hold several rows.
    pub(in crate::files) fn has_several(&self) -> bool {
        !self.more_numbers.is_empty() || self.has_ranges() || self.columns.contains_key(&Field::Email)
    }

    /// Whether some column says whom a row means.
    pub(crate) fn means_anyone(&self) -> bool {
        [Field::Number, Field::Email].iter().any(|field| self.columns.contains_key(field))
    }

    /// Whether a row may be a range of numbers.
    pub(in crate::files) fn has_ranges(&self) -> bool {
        self.columns.contains_key(&Field::RangeEnd)
    }
}

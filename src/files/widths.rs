//! Fixed width: each field is as many characters wide as the layout says, padded with spaces, without marks between them.
//!
//! A line that is longer or shorter than the layout has lost or gained something, and every field behind that place would be
//! another one. So it is cut nowhere: it stays whole and its row is rejected.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::scan::split::Fields;

/// Wider than any record.
const WIDEST: usize = 1 << 20;
/// More columns than any layout has.
const MOST_COLUMNS: usize = 10_000;

/// The widths of the columns in characters, from left to right: `10,5,10`, or `10,5,*` where the last column takes what is
/// left of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Widths(Arc<Layout>);

#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// Of the columns that have one.
    fixed: Vec<usize>,
    /// One more column takes the rest of the line.
    rest: bool,
}

/// What is wrong with a text that should be widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWidths {
    /// A part is no width.
    #[error("a width is a number of characters, from 1 on; the last one may be *")]
    NoWidth,
    /// Too many columns, or too wide.
    #[error("no row is as wide as that")]
    TooWide,
}

impl FromStr for Widths {
    type Err = BadWidths;

    fn from_str(text: &str) -> Result<Self, BadWidths> {
        let mut parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let rest = parts.pop_if(|last| *last == "*").is_some();
        let fixed = parts.into_iter().map(|part| match part.parse() {
            Ok(width) if width > 0 && part.bytes().all(|b| b.is_ascii_digit()) => Ok(width),
            _ => Err(BadWidths::NoWidth),
        });
        Self::new(fixed.collect::<Result<_, _>>()?, rest).ok_or(BadWidths::TooWide)
    }
}

impl fmt::Display for Widths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.0.fixed.iter().map(usize::to_string).collect();
        parts.extend(self.0.rest.then(|| "*".to_owned()));
        f.write_str(&parts.join(","))
    }
}

impl Widths {
    /// Columns of these widths, and one for the rest of the line where `rest`. `None` where no row can be so.
    pub(super) fn new(fixed: Vec<usize>, rest: bool) -> Option<Self> {
        let total = fixed.iter().fold(0_usize, |total, width| total.saturating_add(*width));
        (total <= WIDEST && fixed.len() <= MOST_COLUMNS && total + usize::from(rest) > 0)
            .then(|| Self(Arc::new(Layout { fixed, rest })))
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.0.fixed.len() + usize::from(self.0.rest)
    }

    /// Cuts a line into its fields, without their padding. `false` where the line does not have the layout's width; its
    /// only field is then the whole line. `exact`: each character is one byte in the file.
    ///
    /// Where the last column takes the rest, the length of the line proves nothing. Some programs count bytes, so a
    /// character of several bytes in front of that column would shift the others unseen, and such a line does not fit.
    pub(super) fn cut(&self, line: &str, exact: bool, fields: &mut Fields) -> bool {
        let total: usize = self.0.fixed.iter().sum();
        let is_plain = line.is_ascii();
        let length = if is_plain { line.len() } else { line.chars().count() };
        let shifts = || !is_plain && !exact && line.chars().take(total).any(|c| !c.is_ascii());
        let fits = if self.0.rest { length >= total && !shifts() } else { length == total };
        if fits {
            self.cut_loosely(line, fields);
        } else {
            fields.take_spans(line, [(0, line.len())]);
        }
        fits
    }

    /// Cuts a line of any length as far as it goes: for the names of the columns, whose padding is often left out.
    pub(super) fn cut_loosely(&self, line: &str, fields: &mut Fields) {
        let mut at = 0;
        let is_plain = line.is_ascii();
        let fixed = self.0.fixed.iter().map(|&width| {
            let rest = &line[at..];
            let step = match is_plain {
                true => width.min(rest.len()),
                false => rest.char_indices().nth(width).map_or(rest.len(), |(step, _)| step),
            };
            let start = at;
            at += step;
            (start, at)
        });
        let mut spans: Vec<(usize, usize)> = fixed.collect();
        if self.0.rest {
            spans.push((at, line.len()));
        }
        fields.take_spans(line, spans.into_iter().map(|span| trimmed(line, span)));
    }
}

fn trimmed(line: &str, (start, end): (usize, usize)) -> (usize, usize) {
    let field = &line[start..end];
    let start = start + field.len() - field.trim_start_matches(' ').len();
    (start, start + field.trim_matches(' ').len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(widths: &str, line: &str, exact: bool) -> Option<Vec<String>> {
        let mut fields = Fields::default();
        let fits = widths.parse::<Widths>().unwrap().cut(line, exact, &mut fields);
        let fields: Vec<String> = fields.iter().map(str::to_owned).collect();
        if !fits {
            assert_eq!(fields, [line], "a line that does not fit stays whole");
        }
        fits.then_some(fields)
    }

    #[test]
    fn widths_are_read_and_written_the_same() {
        for text in ["10", "10,5,10", "10,5,*", "*"] {
            assert_eq!(text.parse::<Widths>().unwrap().to_string(), text);
        }
        assert_eq!(" 10, 5 ,* ".parse::<Widths>().unwrap().to_string(), "10,5,*");
        for text in ["", "0", "10,", "10,x", "*,10", "10;5", "+10", "-1", "10,,5"] {
            assert_eq!(text.parse::<Widths>(), Err(BadWidths::NoWidth), "{text:?}");
        }
        for text in ["2000000", "1000000,1000000", "18446744073709551615,2"] {
            assert_eq!(text.parse::<Widths>(), Err(BadWidths::TooWide), "{text:?}");
        }
    }

    #[test]
    fn fields_are_cut_by_characters_and_lose_their_padding() {
        let row = |fields: &[&str]| Some(fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
        assert_eq!(cut("4,3,2", "ab   cde ", false), row(&["ab", "cd", "e"]));
        assert_eq!(cut("4,3", "é  ü   ", false), row(&["é  ü", ""]));
        assert_eq!(cut("3,*", "ab and the rest ", false), row(&["ab", "and the rest"]));
        assert_eq!(cut("3,*", "abc", false), row(&["abc", ""]));
    }

    #[test]
    fn a_line_of_another_length_is_not_cut() {
        for line in ["abcdefg", "abcdefghi", "ééé", ""] {
            assert_eq!(cut("4,4", line, false), None, "{line:?}");
        }
        assert_eq!(cut("4,*", "abc", false), None);
        // Bytes or characters: the length does not tell here, so neither is taken.
        assert_eq!(cut("4,*", "é  2025550101", false), None);
        assert!(cut("4,*", "é   2025550101", true).is_some(), "one byte a character");
        assert!(cut("4,*", "abc é", false).is_some());
    }
}

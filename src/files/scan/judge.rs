//! The decision about one record: a pure function of the units that follow and of whether they are all.
//!
//! A quotation opens only at the start of a field and closes only before a delimiter, a line end or the end of the file;
//! every other mark is irregular. Nothing is repaired: an irregular line is a rejected row, and where the quotation had run
//! over several lines each of them is.

use memchr::{memchr, memchr2, memchr3};

use super::swallowed::holds_row;
use super::{Dialect, Eol, Fault, LINE_LIMIT, RECORD_LIMIT};

/// What stands at the start of the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Cannot be said before more is read.
    More,
    /// Nothing.
    End,
    /// One record (or blank line).
    Record { text: usize, eol: Eol, fault: Option<Fault>, inner: u64 },
    /// A quotation swallowed rows, and ends after so many units.
    Lines { units: usize, first: Fault },
    /// A quotation swallowed rows, and its end is too far away to be seen from here.
    Swallow,
    /// A physical line longer than the limit.
    TooLong,
}

/// Only as much as one record may hold, and two units for its line ending.
pub(super) fn limited(units: &[u8]) -> &[u8] {
    &units[..units.len().min(RECORD_LIMIT + 2)]
}

/// The first line ending in `units`: its place and kind. At the end of the file a missing one is [`Eol::None`].
/// `None`: more must be read.
pub(super) fn line_end(units: &[u8], complete: bool) -> Option<(usize, Eol)> {
    let Some(at) = memchr2(b'\n', b'\r', units) else {
        return (complete && !units.is_empty()).then_some((units.len(), Eol::None));
    };
    eol_at(units, at, complete).map(|eol| (at, eol))
}

fn eol_at(units: &[u8], at: usize, complete: bool) -> Option<Eol> {
    match (units[at], units.get(at + 1)) {
        (b'\n', _) => Some(Eol::Lf),
        (_, Some(b'\n')) => Some(Eol::CrLf),
        (_, Some(_)) => Some(Eol::Cr),
        (_, None) => complete.then_some(Eol::Cr),
    }
}

/// Decides about the record at the start of `units`.
pub(super) fn judge(units: &[u8], is_last: bool, dialect: &Dialect) -> Verdict {
    if units.is_empty() {
        return if is_last { Verdict::End } else { Verdict::More };
    }
    let seen = limited(units);
    // Nothing stands behind what is seen.
    let ends = is_last && seen.len() == units.len();
    let whole = ends && seen.len() <= RECORD_LIMIT;
    // More would not help: the record is over the limit already.
    let full = seen.len() == RECORD_LIMIT + 2 || (ends && !whole);
    let mark = if dialect.plain { memchr2(b'\n', b'\r', seen) } else { memchr3(b'\n', b'\r', b'"', seen) };
    match mark {
        Some(first) if seen[first] == b'"' => Quoted { seen, first, ends, whole, full, dialect }.judge(),
        Some(at) if at > RECORD_LIMIT => Verdict::TooLong,
        Some(text) => match eol_at(seen, text, ends) {
            Some(eol) => Verdict::Record { text, eol, fault: None, inner: 0 },
            None => Verdict::More,
        },
        None if whole => Verdict::Record { text: seen.len(), eol: Eol::None, fault: None, inner: 0 },
        None if full => Verdict::TooLong,
        None => Verdict::More,
    }
}

/// The careful path, for records with a quotation mark in their first line.
struct Quoted<'a> {
    seen: &'a [u8],
    /// Where the first mark stands; no line ends before it.
    first: usize,
    ends: bool,
    whole: bool,
    full: bool,
    dialect: &'a Dialect,
}

impl Quoted<'_> {
    /// From mark to mark: outside a quotation nothing but a mark or a line ending decides anything, so that delimiters need
    /// not be looked for. Whether one stands before a mark tells whether a field starts there.
    fn judge(&self) -> Verdict {
        let (mut mark, mut breaks) = (self.first, 0);
        loop {
            if !self.opens(mark) {
                return self.irregular(mark, breaks);
            }
            let after = match self.closing(mark + 1, &mut breaks) {
                Ok(after) => after,
                Err(verdict) => return verdict,
            };
            match self.next_stop(after) {
                None => return self.ran_out(breaks, None),
                Some(stop) if self.seen[stop] == b'"' => mark = stop,
                Some(end) => return self.record(end, breaks),
            }
        }
    }

    /// Whether a mark outside a quotation stands where a field starts.
    fn opens(&self, mark: usize) -> bool {
        let before = mark.checked_sub(1).and_then(|before| self.seen.get(before));
        before.is_none_or(|before| Some(*before) == self.dialect.delimiter)
    }

    /// The next mark or line ending from the end of a quotation on.
    fn next_stop(&self, at: usize) -> Option<usize> {
        match self.seen.get(at)? {
            // The quoted field is nearly always the last one.
            b'\n' | b'\r' => Some(at),
            _ => memchr3(b'"', b'\n', b'\r', &self.seen[at..]).map(|step| at + step),
        }
    }

    /// From inside a quotation to the unit behind its closing mark.
    fn closing(&self, mut at: usize, breaks: &mut usize) -> Result<usize, Verdict> {
        let mut lines = 1;
        loop {
            let Some(step) = memchr3(b'"', b'\n', b'\r', &self.seen[at..]) else {
                return Err(self.ran_out(*breaks, Some(Fault::Unterminated)));
            };
            let found = at + step;
            if self.seen[found] != b'"' {
                let Some(eol) = eol_at(self.seen, found, self.ends) else {
                    return Err(self.ran_out(*breaks, Some(Fault::Unterminated)));
                };
                at = found + eol.units();
                *breaks += 1;
                lines += 1;
                if lines > LINE_LIMIT {
                    return Err(Verdict::Swallow);
                }
                continue;
            }
            match self.seen.get(found + 1) {
                Some(b'"') => at = found + 2,
                Some(&next) if next == b'\n' || next == b'\r' || Some(next) == self.dialect.delimiter => {
                    return Ok(found + 1);
                }
                Some(_) => return Err(self.irregular(found, *breaks)),
                None if self.ends => return Ok(found + 1),
                None => return Err(self.ran_out(*breaks, None)),
            }
        }
    }

    /// The units end before the record does.
    fn ran_out(&self, breaks: usize, at_end: Option<Fault>) -> Verdict {
        let text = self.seen.len();
        match (self.whole, self.full) {
            (true, _) if breaks == 0 => Verdict::Record { text, eol: Eol::None, fault: at_end, inner: 0 },
            (true, _) => match at_end {
                Some(first) => Verdict::Lines { units: text, first },
                None => self.several(text, Eol::None, breaks),
            },
            (_, true) => self.too_long(breaks),
            _ => Verdict::More,
        }
    }

    fn too_long(&self, breaks: usize) -> Verdict {
        if breaks > 0 { Verdict::Swallow } else { Verdict::TooLong }
    }

    fn record(&self, end: usize, breaks: usize) -> Verdict {
        match eol_at(self.seen, end, self.ends) {
            _ if end > RECORD_LIMIT => self.too_long(breaks),
            None => Verdict::More,
            Some(eol) if breaks == 0 => Verdict::Record { text: end, eol, fault: None, inner: 0 },
            Some(eol) => self.several(end, eol, breaks),
        }
    }

    /// A record over several lines: sound, unless what stands between its marks may be rows.
    fn several(&self, text: usize, eol: Eol, breaks: usize) -> Verdict {
        if holds_row(&self.seen[self.first..text], self.dialect) {
            return Verdict::Lines { units: text + eol.units(), first: Fault::Swallowed };
        }
        Verdict::Record { text, eol, fault: None, inner: breaks as u64 }
    }

    /// A stray mark: the record ends with the physical line, whatever the quotation says.
    fn irregular(&self, at: usize, breaks: usize) -> Verdict {
        let fault = Some(Fault::Irregular);
        let end = line_end(&self.seen[at..], self.ends).map(|(step, eol)| (at + step, eol));
        match end {
            None if self.full => self.too_long(breaks),
            None => Verdict::More,
            Some((end, _)) if end > RECORD_LIMIT => self.too_long(breaks),
            Some((text, eol)) if breaks == 0 => Verdict::Record { text, eol, fault, inner: 0 },
            Some((end, eol)) => Verdict::Lines { units: end + eol.units(), first: Fault::Irregular },
        }
    }
}

/// Whether a quotation is still open at the end of a physical line.
pub(super) fn runs_on(line: &[u8], quoted: bool, delimiter: Option<u8>) -> bool {
    let (mut at, mut inside) = (0, quoted);
    loop {
        if !inside {
            if line.get(at) == Some(&b'"') {
                (at, inside) = (at + 1, true);
                continue;
            }
            let rest = &line[at.min(line.len())..];
            let stop = rest.iter().position(|&unit| unit == b'"' || Some(unit) == delimiter);
            match stop {
                Some(step) if rest[step] != b'"' => at += step + 1,
                _ => return false,
            }
            continue;
        }
        let Some(step) = memchr(b'"', &line[at..]) else { return true };
        let mark = at + step;
        match line.get(mark + 1) {
            Some(b'"') => at = mark + 2,
            Some(&next) if Some(next) == delimiter => (at, inside) = (mark + 2, false),
            _ => return false,
        }
    }
}

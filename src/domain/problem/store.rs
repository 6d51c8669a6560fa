//! Problems by the million: in file order, about twenty bytes each, any of them by its place.
//!
//! ```text
//! bytes   row+ line+ byte+ code column raw hint │ row+ … │ …      each relative to the one before
//! marks   ▲ every 64th, with its place in full                     so any problem is at most 63 steps away
//! ```
//!
//! A hint that its code gives anyway takes one byte, one that many problems share two; the number of a duplicate and the
//! row it repeats are kept as numbers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;

mod cursor;
#[cfg(test)]
mod tests;

use cursor::Cursor;

use super::{Code, Place, Problem};
use crate::domain::identifier::Identifier;
use crate::domain::phone::E164;
use crate::domain::varint::{write, write_signed};

/// Problems from one mark to the next.
const EVERY: usize = 64;
/// Different hints that are kept once; more are kept with their problem.
const SHARED_HINTS: usize = 4096;

/// How a hint is kept. Larger values are shared hints.
const OF_CODE: u64 = 0;
const IN_FULL: u64 = 1;
const OTHER_ROW: u64 = 2;
const FIRST_SHARED: u64 = 3;

/// Problems in file order. File-wide ones, which have row 0, come first.
#[derive(Clone, Default)]
pub struct Problems {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    len: usize,
    last: Place,
    hints: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u64, RandomState>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    index: usize,
    at: usize,
    place: Place,
}

/// A problem without its texts: what counting and grouping need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brief {
    /// What kind.
    pub code: Code,
    /// Data row, from 1; 0 for the file as a whole.
    pub row: u64,
}

/// A problem as it is kept, with its texts unread.
pub struct Kept<'p> {
    /// What kind.
    pub code: Code,
    /// Where.
    pub place: Place,
    column: Option<usize>,
    of: &'p Problems,
    raw: &'p [u8],
    hint: u64,
    /// What stands behind the number of the hint.
    rest: &'p [u8],
}

/// Leaves out the raw value, which may be a telephone number: logs hold none.
impl std::fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, place, .. } = self;
        f.debug_struct("Kept").field("code", code).field("place", place).finish_non_exhaustive()
    }
}

/// The numbers that the shared hints of one list have in another; `None` where there is no room for more.
#[derive(Debug)]
pub struct HintNumbers(Vec<Option<u64>>);

impl Problems {
    /// None yet, with the hints that any of `others` share: what is written apart with the same hints is joined quickly.
    pub fn with_hints_of<'p>(others: impl IntoIterator<Item = &'p Self>) -> Self {
        let mut problems = Self::default();
        for hint in others.into_iter().flat_map(|other| &other.hints) {
            problems.share(hint);
        }
        problems
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory that are held.
    pub fn held(&self) -> usize {
        let hints: usize = self.hints.iter().map(|hint| hint.len() + 64).sum();
        self.bytes.capacity() + self.marks.capacity() * size_of::<Mark>() + hints
    }

    /// Takes in the next problem. Rows must not fall.
    pub fn push(&mut self, problem: &Problem) {
        self.begin(problem.code, problem.place, problem.column);
        match number_of(&problem.raw) {
            Some(number) => write(&mut self.bytes, number.digits() << 1 | 1),
            None => self.text(&problem.raw, 1),
        }
        if problem.hint == problem.code.hint() {
            write(&mut self.bytes, OF_CODE);
        } else if let Some(id) = self.share(&problem.hint) {
            write(&mut self.bytes, FIRST_SHARED + id);
        } else {
            write(&mut self.bytes, IN_FULL);
            self.text(&problem.hint, 0);
        }
    }

    /// Takes in the next problem: `whom` stands in row `first` already.
    pub fn push_repeat(
        &mut self,
        code: Code,
        place: Place,
        column: Option<usize>,
        whom: &Identifier,
        first: u64,
    ) {
        self.begin(code, place, column);
        match whom {
            Identifier::Phone(number) => write(&mut self.bytes, number.digits() << 1 | 1),
            Identifier::Email(email) => self.text(email.as_str(), 1),
        }
        write(&mut self.bytes, OTHER_ROW);
        write(&mut self.bytes, first);
    }

    /// What the shared hints of `other` are here: for problems that are taken over from it as they are kept.
    pub fn hint_numbers(&mut self, other: &Self) -> HintNumbers {
        HintNumbers(other.hints.iter().map(|hint| self.share(hint)).collect())
    }

    /// Takes in the next problem, from a list whose hints have these numbers here, and puts it at `place`.
    pub fn push_kept(&mut self, kept: &Kept<'_>, place: Place, numbers: &HintNumbers) {
        self.begin(kept.code, place, kept.column);
        self.bytes.extend_from_slice(kept.raw);
        let Some(shared) = kept.hint.checked_sub(FIRST_SHARED) else {
            write(&mut self.bytes, kept.hint);
            self.bytes.extend_from_slice(kept.rest);
            return;
        };
        match numbers.0.get(shared as usize).copied().flatten() {
            Some(id) => write(&mut self.bytes, FIRST_SHARED + id),
            None => {
                write(&mut self.bytes, IN_FULL);
                self.text(kept.of.hints.get(shared as usize).map_or("", |hint| hint), 0);
            }
        }
    }

    /// Takes in all of `other`, whose rows and lines count from the row and line of `from`.
    pub fn append(&mut self, other: &Self, from: Place) {
        if self.hints.is_empty() {
            self.hints.clone_from(&other.hints);
            self.known.clone_from(&other.known);
        }
        if self.hints != other.hints && !other.hints.is_empty() {
            // Shared hints have other numbers there: each is written anew.
            let numbers = self.hint_numbers(other);
            other.kept().for_each(|kept| self.push_kept(&kept, later(kept.place, from), &numbers));
            return;
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.marks.extend(other.marks.iter().map(|mark| Mark {
            index: mark.index + self.len,
            at: mark.at + at,
            place: later(mark.place, from),
        }));
        self.len += other.len;
        if other.len > 0 {
            self.last = later(other.last, from);
        }
    }

    /// Takes in all of `other` if it goes on where these end; `false`, and nothing taken, where it begins before.
    pub fn go_on(&mut self, other: &Self) -> bool {
        let last = self.len.checked_sub(1).and_then(|last| self.get(last));
        let first = other.briefs(0).next();
        let follows = match (last, first) {
            (Some(last), Some(first)) => last.place.row <= first.row,
            _ => true,
        };
        if follows {
            self.append(other, Place::default());
        }
        follows
    }

    /// Gives back what growing took too much of.
    pub fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.marks.shrink_to_fit();
    }

    /// The problem at `index`.
    pub fn get(&self, index: usize) -> Option<Problem> {
        if index >= self.len {
            return None;
        }
        let mut cursor = self.cursor(index);
        while cursor.index < index {
            cursor.brief()?;
        }
        cursor.problem()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Problem> + '_ {
        self.range(0..self.len)
    }

    /// Those at `range`.
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = Problem> + '_ {
        let end = range.end.min(self.len);
        let mut cursor = self.cursor(range.start.min(self.len));
        while cursor.index < range.start && cursor.brief().is_some() {}
        std::iter::from_fn(move || if cursor.index < end { cursor.problem() } else { None })
    }

    /// All of them as they are kept.
    pub fn kept(&self) -> impl Iterator<Item = Kept<'_>> {
        let mut cursor = self.cursor(0);
        std::iter::from_fn(move || cursor.kept())
    }

    /// Code and row of each from `start` on, without reading the rest.
    pub fn briefs(&self, start: usize) -> impl Iterator<Item = Brief> + '_ {
        let mut cursor = self.cursor(start.min(self.len));
        while cursor.index < start && cursor.brief().is_some() {}
        std::iter::from_fn(move || cursor.brief())
    }

    /// How many stand before row `row`: where its own begin.
    pub fn before(&self, row: u64) -> usize {
        let mark = self.marks.partition_point(|mark| mark.place.row < row).saturating_sub(1);
        let mut cursor = self.cursor_at(mark);
        let mut index = cursor.index;
        while let Some(brief) = cursor.brief() {
            if brief.row >= row {
                break;
            }
            index = cursor.index;
        }
        index
    }

    /// The places of the problems of one row.
    pub fn of_row(&self, row: u64) -> Range<usize> {
        let start = self.before(row);
        let count = self.briefs(start).take_while(|brief| brief.row == row).count();
        start..start + count
    }

    fn begin(&mut self, code: Code, place: Place, column: Option<usize>) {
        debug_assert!(place.row >= self.last.row, "problems come in file order");
        let fresh = self.marks.last().is_none_or(|mark| self.len - mark.index >= EVERY);
        if fresh {
            self.marks.push(Mark { index: self.len, at: self.bytes.len(), place });
            self.last = place;
        }
        let base = std::mem::replace(&mut self.last, place);
        self.bytes.push(code as u8);
        for (new, old) in [(place.row, base.row), (place.line, base.line), (place.byte, base.byte)] {
            write_signed(&mut self.bytes, new.wrapping_sub(old).cast_signed());
        }
        write(&mut self.bytes, column.map_or(0, |column| column as u64 + 1));
        self.len += 1;
    }

    fn text(&mut self, text: &str, shift: u32) {
        write(&mut self.bytes, (text.len() as u64) << shift);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn share(&mut self, hint: &str) -> Option<u64> {
        if let Some(id) = self.known.get(hint) {
            return Some(*id);
        }
        if self.hints.len() >= SHARED_HINTS {
            return None;
        }
        let (id, hint): (u64, Arc<str>) = (self.hints.len() as u64, hint.into());
        self.hints.push(Arc::clone(&hint));
        self.known.insert(hint, id);
        Some(id)
    }

    fn cursor(&self, index: usize) -> Cursor<'_> {
        self.cursor_at(self.marks.partition_point(|mark| mark.index <= index).saturating_sub(1))
    }

    fn cursor_at(&self, mark: usize) -> Cursor<'_> {
        let at = self.marks.get(mark).copied();
        let start = at.unwrap_or(Mark { index: self.len, at: self.bytes.len(), place: self.last });
        Cursor { of: self, index: start.index, at: start.at, place: start.place, next_mark: mark }
    }
}

impl std::fmt::Debug for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} problems", self.len)
    }
}

impl PartialEq for Problems {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut out = Self::default();
        problems.into_iter().for_each(|problem| out.push(&problem));
        out
    }
}

/// A text that is a number in E.164 form and nothing else.
fn number_of(raw: &str) -> Option<E164> {
    E164::from_canonical(raw)
}

fn later(place: Place, from: Place) -> Place {
    Place { row: place.row + from.row, line: place.line + from.line, byte: place.byte + from.byte }
}

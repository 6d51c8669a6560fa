//! Problems by the million: in file order, about twenty bytes each, any of them by its place.
//!
//! ```text
//! bytes   row+ line+ byte+ code column raw hint │ row+ … │ …      each relative to the one before
//! marks   ▲ every 64th, with its place in full                     so any problem is at most 63 steps away
//! ```
//!
//! A hint that its code gives anyway takes one byte, one that many problems share two; the number of a duplicate and the
//! row it repeats are kept as numbers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{Code, Place, Problem};
use crate::domain::phone::E164;
use crate::domain::varint::{read, read_signed, write, write_signed};

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
    known: HashMap<Arc<str>, u64>,
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

impl Problems {
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

    /// Takes in the next problem: `number` stands in row `first` already.
    pub fn push_repeat(&mut self, code: Code, place: Place, column: Option<usize>, number: E164, first: u64) {
        self.begin(code, place, column);
        write(&mut self.bytes, number.digits() << 1 | 1);
        write(&mut self.bytes, OTHER_ROW);
        write(&mut self.bytes, first);
    }

    /// Takes in all of `other`, whose rows and lines count from the row and line of `from`.
    pub fn append(&mut self, other: &Self, from: Place) {
        if self.hints.is_empty() {
            self.hints.clone_from(&other.hints);
            self.known.clone_from(&other.known);
        }
        if self.hints != other.hints && !other.hints.is_empty() {
            // Shared hints have other numbers there: each is written anew.
            for mut problem in other.iter() {
                problem.place = later(problem.place, from);
                self.push(&problem);
            }
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

/// Reads one problem after the other.
struct Cursor<'a> {
    of: &'a Problems,
    index: usize,
    at: usize,
    place: Place,
    next_mark: usize,
}

impl<'a> Cursor<'a> {
    /// The head of the next problem; the cursor then stands at its raw value.
    fn head(&mut self) -> Option<(Code, Option<usize>)> {
        if self.index >= self.of.len {
            return None;
        }
        if let Some(mark) = self.of.marks.get(self.next_mark).filter(|mark| mark.index == self.index) {
            self.place = mark.place;
            self.next_mark += 1;
        }
        let bytes = &self.of.bytes;
        let code = *Code::ALL.get(usize::from(*bytes.get(self.at)?))?;
        self.at += 1;
        let mut at = self.at;
        let mut step = || read_signed(bytes, &mut at).map(i64::cast_unsigned);
        let (row, line, byte) = (step()?, step()?, step()?);
        self.at = at;
        self.place = Place {
            row: self.place.row.wrapping_add(row),
            line: self.place.line.wrapping_add(line),
            byte: self.place.byte.wrapping_add(byte),
        };
        let column = read(bytes, &mut self.at)?.checked_sub(1).map(|column| column as usize);
        Some((code, column))
    }

    fn brief(&mut self) -> Option<Brief> {
        let (code, _) = self.head()?;
        let raw = read(&self.of.bytes, &mut self.at)?;
        if raw & 1 == 0 {
            self.at += (raw >> 1) as usize;
        }
        match read(&self.of.bytes, &mut self.at)? {
            IN_FULL => {
                let length = read(&self.of.bytes, &mut self.at)?;
                self.at += length as usize;
            }
            OTHER_ROW => {
                read(&self.of.bytes, &mut self.at)?;
            }
            _ => {}
        }
        self.index += 1;
        Some(Brief { code, row: self.place.row })
    }

    fn problem(&mut self) -> Option<Problem> {
        let (code, column) = self.head()?;
        let raw = read(&self.of.bytes, &mut self.at)?;
        let raw: Box<str> = match raw & 1 {
            1 => E164::from_digits(raw >> 1).map_or_else(String::new, E164::to_e164).into(),
            _ => self.take(raw >> 1).into(),
        };
        let hint = match read(&self.of.bytes, &mut self.at)? {
            OF_CODE => Cow::Borrowed(code.hint()),
            IN_FULL => {
                let length = read(&self.of.bytes, &mut self.at)?;
                Cow::Owned(self.take(length).to_owned())
            }
            OTHER_ROW => {
                let first = read(&self.of.bytes, &mut self.at)?;
                Cow::Owned(format!("row {first} holds the same number: {}", code.hint()))
            }
            shared => {
                let at = (shared - FIRST_SHARED) as usize;
                Cow::Owned(self.of.hints.get(at).map_or_else(String::new, |hint| hint.to_string()))
            }
        };
        self.index += 1;
        Some(Problem { code, place: self.place, column, raw, hint })
    }

    fn take(&mut self, length: u64) -> &'a str {
        let end = self.at + length as usize;
        let text = self.of.bytes.get(self.at..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        self.at = end;
        text.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_problem() -> impl Strategy<Value = Problem> {
        let hint = prop_oneof![Just(None), "[a-z ]{0,12}".prop_map(Some), Just(Some("shared".to_owned()))];
        let raw = prop_oneof![".{0,9}", Just("+12025550101".to_owned()), Just("+012".to_owned())];
        let place = (0..5_u64, 0..9_u64, 0..400_u64);
        (0..Code::ALL.len(), place, proptest::option::of(0..300_usize), raw, hint).prop_map(
            |(code, (row, line, byte), column, raw, hint)| {
                let code = Code::ALL[code];
                let hint = hint.map_or(Cow::Borrowed(code.hint()), Cow::Owned);
                Problem { code, place: Place { row, line, byte }, column, raw: raw.into(), hint }
            },
        )
    }

    /// Steps become places, so that rows rise.
    fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
        let mut last = Place { row: 0, line: 0, byte: 0 };
        for problem in &mut problems {
            problem.place = later(problem.place, last);
            last = problem.place;
        }
        problems
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_by_every_way(
            steps in proptest::collection::vec(any_problem(), 0..200),
            cut in 0..200_usize,
        ) {
            let list = in_order(steps);
            let store: Problems = list.iter().cloned().collect();
            prop_assert!(store.iter().eq(list.iter().cloned()));
            for (index, problem) in list.iter().enumerate() {
                prop_assert_eq!(store.get(index), Some(problem.clone()));
                let row = problem.place.row;
                prop_assert_eq!(store.before(row), list.partition_point(|other| other.place.row < row));
                let own: Vec<_> = list.iter().filter(|other| other.place.row == row).cloned().collect();
                prop_assert_eq!(store.range(store.of_row(row)).collect::<Vec<_>>(), own);
            }
            prop_assert_eq!(store.before(u64::MAX), list.len());
            prop_assert!(store.get(list.len()).is_none());
            // Put together from two halves whose places are counted from where the first ends.
            let cut = cut.min(list.len());
            let from = cut.checked_sub(1).map_or(Place { row: 0, line: 0, byte: 0 }, |at| list[at].place);
            let tail = list[cut..].iter().cloned().map(|mut problem| {
                let place = problem.place;
                problem.place = Place {
                    row: place.row - from.row,
                    line: place.line - from.line,
                    byte: place.byte - from.byte,
                };
                problem
            });
            let mut joined: Problems = list[..cut].iter().cloned().collect();
            joined.append(&tail.collect(), from);
            prop_assert!(joined.iter().eq(list.iter().cloned()));
            prop_assert_eq!(joined.get(cut), list.get(cut).cloned());
            let rows: Vec<_> = list[cut..].iter().map(|problem| problem.place.row).collect();
            prop_assert_eq!(joined.briefs(cut).map(|brief| brief.row).collect::<Vec<_>>(), rows);
        }
    }

    #[test]
    fn what_would_break_the_order_is_not_taken_in() {
        let at = |row| Problem {
            code: Code::TooShort,
            place: Place { row, line: row, byte: row },
            column: None,
            raw: "1".into(),
            hint: "".into(),
        };
        let list = |rows: &[u64]| rows.iter().map(|row| at(*row)).collect::<Problems>();
        let mut store = Problems::default();
        assert!(
            store.go_on(&list(&[0, 3])) && store.go_on(&list(&[3, 9])) && store.go_on(&Problems::default())
        );
        assert!(!store.go_on(&list(&[8, 20])));
        assert_eq!(store, list(&[0, 3, 3, 9]));
    }

    #[test]
    fn a_repeated_number_says_where_it_stands_first_and_is_small() {
        let mut store = Problems::default();
        let number = E164::from_canonical("+12025550101").unwrap();
        for row in 1..=10_000 {
            let place = Place { row: row * 50, line: row * 52, byte: row * 3_200 };
            store.push_repeat(Code::Duplicate, place, Some(0), number, row * 50 - 1);
        }
        let third = store.get(2).unwrap();
        assert_eq!(third.raw.as_ref(), "+12025550101");
        assert_eq!(third.hint, "row 149 holds the same number: nothing to do: the number is sent once");
        store.shrink();
        assert!(store.held() < 20 * 10_000, "{} bytes", store.held());
    }
}

//! Where the records of a stretch stand: the steps from one to the next, in two bytes each.

use crate::domain::problem::Place;

/// How far it is from each record to the next: bytes in the low twelve bits, lines in the high four.
#[derive(Debug, Default)]
pub(in super::super) struct Steps {
    /// Bytes and lines in front of the first record.
    pub(super) lead: (u64, u64),
    pub(in super::super) small: Vec<u16>,
    /// What does not fit, by record.
    large: Vec<(u32, u64, u64)>,
}

const LARGE: u16 = u16::MAX;

impl Steps {
    #[inline(always)]
    pub(super) fn push(&mut self, bytes: u64, lines: u64) {
        if bytes < 1 << 12 && lines < 15 {
            self.small.push((lines << 12 | bytes) as u16);
        } else {
            self.large.push((self.small.len() as u32, bytes, lines));
            self.small.push(LARGE);
        }
    }

    /// Goes from record to record, the first of which has the row of `start`; its line and byte are those of the stretch.
    pub(in super::super) fn cursor(&self, start: Place) -> Cursor<'_> {
        let (bytes, lines) = self.lead;
        let at = Place { row: start.row, line: start.line + lines, byte: start.byte + bytes };
        Cursor { rest: &self.small, large: self.large.iter(), at }
    }
}

/// A record of a stretch.
pub(in super::super) struct Cursor<'s> {
    /// The steps from here on.
    rest: &'s [u16],
    large: std::slice::Iter<'s, (u32, u64, u64)>,
    at: Place,
}

impl Cursor<'_> {
    /// The place of the record of `row`, which is this one or a later one; `None` behind the last.
    pub(in super::super) fn go_to(&mut self, row: u64) -> Option<Place> {
        let count = usize::try_from(row.checked_sub(self.at.row)?).ok()?;
        let (passed, rest) = self.rest.split_at_checked(count).filter(|(_, rest)| !rest.is_empty())?;
        // Without a large one among them this is a sum that the compiler takes many at a time of.
        let (mut bytes, mut lines) = if passed.contains(&LARGE) {
            passed.iter().filter(|step| **step != LARGE).fold((0, 0), add)
        } else {
            passed.iter().fold((0, 0), add)
        };
        for _ in passed.iter().filter(|step| **step == LARGE) {
            let (_, more, breaks) = self.large.next()?;
            (bytes, lines) = (bytes + more, lines + breaks);
        }
        self.rest = rest;
        self.at = Place { row, line: self.at.line + lines, byte: self.at.byte + bytes };
        Some(self.at)
    }
}

fn add((bytes, lines): (u64, u64), step: &u16) -> (u64, u64) {
    (bytes + u64::from(step & 0xFFF), lines + u64::from(step >> 12))
}

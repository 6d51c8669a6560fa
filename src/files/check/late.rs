//! The problems that only the whole file could tell, put in their places among those that were found on the way.

use std::sync::Arc;

use super::chunk::Steps;
use super::facts::Ruled;
use super::fold::{Late, Repeat};
use crate::domain::phone::E164;
use crate::domain::problem::{Code, Place, Problem, Problems, Severity};

/// What is kept of a stretch of the file until its problems are written.
pub(super) struct Stretch {
    /// Records and lines before it, and where it begins.
    pub(super) base: Place,
    /// Slots before it.
    pub(super) slot: u64,
    pub(super) problems: Problems,
    pub(super) steps: Steps,
    /// The record of each slot, where a record may have several.
    pub(super) record_of_slot: Vec<u32>,
}

/// Every stretch, in order.
pub(super) struct Rest {
    pub(super) stretches: Vec<Stretch>,
    /// A record may have several slots.
    pub(super) several: bool,
}

impl Rest {
    /// The row, from 1, that a slot, from 0, stands in.
    pub(super) fn row_of(&self, slot: u64) -> u64 {
        if !self.several {
            return slot + 1;
        }
        let at = self.stretches.partition_point(|stretch| stretch.slot <= slot).saturating_sub(1);
        self.stretches.get(at).map_or(slot + 1, |stretch| stretch.row_of(slot))
    }
}

impl Stretch {
    fn row_of(&self, slot: u64) -> u64 {
        let own = slot - self.slot;
        let record = match self.record_of_slot.get(usize::try_from(own).unwrap_or(usize::MAX)) {
            Some(record) => u64::from(*record),
            None => own,
        };
        self.base.row + record + 1
    }
}

/// Every problem, and those that were not known before.
pub(super) struct Written {
    pub(super) all: Problems,
    pub(super) late: Problems,
    /// Records with a rejection that had none before.
    pub(super) records: u64,
}

/// A problem that came late, by its row.
enum New<'a> {
    Repeat(&'a Repeat),
    Date(Code, &'a Arc<str>),
}

/// Puts everything in the order of the file. `repeats` and `late` are sorted by slot; `columns` are those of the number
/// and of the expiry.
pub(super) fn write_problems(
    rest: Rest,
    notes: &[Problem],
    repeats: &[Repeat],
    late: &[Late],
    ruled: &Ruled,
    columns: (Option<usize>, Option<usize>),
) -> Written {
    let mut out = Written { all: notes.iter().cloned().collect(), late: Problems::default(), records: 0 };
    let (mut repeats, mut late) = (repeats.iter().peekable(), late.iter().peekable());
    let mut new: Vec<(u64, New<'_>)> = Vec::new();
    let mut stretches = rest.stretches.into_iter().peekable();
    while let Some(stretch) = stretches.next() {
        let end = stretches.peek().map_or(u64::MAX, |next| next.slot);
        new.clear();
        while let Some(repeat) = repeats.next_if(|repeat| repeat.slot < end) {
            new.push((stretch.row_of(repeat.slot), New::Repeat(repeat)));
        }
        while let Some(late) = late.next_if(|late| late.slot < end) {
            if let Some((code, raw)) = ruled.get(late.set) {
                new.push((stretch.row_of(late.slot), New::Date(*code, raw)));
            }
        }
        let base = stretch.base;
        if new.is_empty() {
            out.all.append(&stretch.problems, base);
            continue;
        }
        new.sort_by_key(|(row, _)| *row);
        out.merge(&stretch, &new, columns);
    }
    out.all.shrink();
    out
}

impl Written {
    fn merge(&mut self, stretch: &Stretch, new: &[(u64, New<'_>)], columns: (Option<usize>, Option<usize>)) {
        let mut known = stretch.problems.iter().peekable();
        let mut new = new.iter().peekable();
        let base = stretch.base;
        let mut cursor = stretch.steps.cursor(Place { row: base.row + 1, ..base });
        loop {
            let row = match (known.peek(), new.peek()) {
                (None, None) => break,
                (Some(known), None) => known.place.row + base.row,
                (None, Some((row, _))) => *row,
                (Some(known), Some((row, _))) => (known.place.row + base.row).min(*row),
            };
            let Some(place) = cursor.go_to(row) else { break };
            let mut rejected = false;
            while let Some(mut problem) = known.next_if(|known| known.place.row + base.row <= place.row) {
                problem.place = place;
                rejected |= problem.code.severity() == Severity::Rejection;
                self.all.push(&problem);
            }
            let mut dated = false;
            while let Some((_, new)) = new.next_if(|(row, _)| *row == place.row) {
                match new {
                    New::Repeat(repeat) => {
                        let code = if repeat.differs { Code::ConflictingDuplicate } else { Code::Duplicate };
                        let Some(number) = E164::from_digits(repeat.number) else { continue };
                        for list in [&mut self.all, &mut self.late] {
                            list.push_repeat(code, place, columns.0, number, repeat.first);
                        }
                    }
                    New::Date(code, raw) if !std::mem::replace(&mut dated, true) => {
                        let raw = raw.as_ref().into();
                        let hint = code.hint().into();
                        let problem = Problem { code: *code, place, column: columns.1, raw, hint };
                        self.all.push(&problem);
                        self.late.push(&problem);
                        // One of its other numbers may have been rejected on the way.
                        self.records += u64::from(!rejected);
                    }
                    New::Date(..) => {}
                }
            }
        }
    }
}

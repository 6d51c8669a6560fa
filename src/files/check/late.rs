//! The problems that only the whole file could tell, put in their places among those that were found on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chunk::Steps;
use super::emails::EmailList;
use super::facts::Ruled;
use super::fold::{Late, Repeat};
use super::tally::Tally;
use crate::domain::identifier::Identifier;
use crate::domain::problem::{Code, Place, Problem, Problems, Severity};

/// What is kept of a stretch of the file until its problems are written.
pub(super) struct Stretch {
    /// Records and lines before it, and where it begins.
    pub(super) base: Place,
    /// Slots before it.
    pub(super) slot: u64,
    pub(super) problems: Problems,
    pub(super) steps: Steps,
    /// The first slot of each record, where a record may have several.
    pub(super) first_slots: Vec<u32>,
}

/// Every stretch, in order.
pub(super) struct Rest {
    pub(super) stretches: Vec<Stretch>,
    /// A record may have several slots.
    pub(super) several: bool,
    /// A record may have thousands of them.
    pub(super) ranges: bool,
}

/// A number that one row adds and another takes off.
#[derive(Clone, Copy)]
pub(super) struct Crossed {
    /// The row that adds it.
    pub(super) row: u64,
    /// The row that takes it off.
    pub(super) other: u64,
    pub(super) number: u64,
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
        let record = match self.first_slots.partition_point(|first| u64::from(*first) <= own) {
            0 => own + 1,
            record => record as u64,
        };
        self.base.row + record
    }
}

/// Every problem, and those that were not known before.
pub(super) struct Written {
    pub(super) all: Problems,
    /// What all of them add up to.
    pub(super) tally: Tally,
    pub(super) late: Problems,
    /// Repeats that are not said: another number of the same range is.
    pub(super) unsaid: BTreeMap<Code, u64>,
    /// Records with a rejection that had none before.
    pub(super) records: u64,
    /// Problems without a record to stand in. There are none, and [`super::pass`] refuses a file that has one.
    pub(super) lost: u64,
}

/// A problem that came late, by its row.
enum New<'a> {
    Repeat(&'a Repeat),
    Date(Code, &'a Arc<str>),
    Crossed(Crossed),
}

impl Repeat {
    fn code(&self) -> Code {
        if self.differs { Code::ConflictingDuplicate } else { Code::Duplicate }
    }
}

/// What only the whole file could tell. All of it in the order of the file.
#[derive(Clone, Copy)]
pub(super) struct News<'a> {
    pub(super) repeats: &'a [Repeat],
    pub(super) late: &'a [Late],
    pub(super) crossed: &'a [Crossed],
    pub(super) ruled: &'a Ruled,
    /// Whom the numbers mean.
    pub(super) emails: &'a EmailList,
    pub(super) columns: Columns,
}

/// Where what is said late stands.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) number: Option<usize>,
    pub(super) email: Option<usize>,
    pub(super) expires: Option<usize>,
}

impl Columns {
    fn of(self, whom: &Identifier) -> Option<usize> {
        match whom {
            Identifier::Phone(_) => self.number,
            Identifier::Email(_) => self.email,
        }
    }
}

impl<'a> News<'a> {
    /// What stands in `stretch` or behind it.
    fn from(self, stretch: &Stretch) -> Self {
        let (slot, row) = (stretch.slot, stretch.base.row);
        Self {
            repeats: &self.repeats[self.repeats.partition_point(|repeat| repeat.slot < slot)..],
            late: &self.late[self.late.partition_point(|late| late.slot < slot)..],
            crossed: &self.crossed[self.crossed.partition_point(|crossed| crossed.row <= row)..],
            ..self
        }
    }
}

/// Puts everything in the order of the file, on so many threads.
pub(super) fn write_problems(rest: Rest, notes: &[Problem], news: News<'_>, threads: usize) -> Written {
    let notes: Problems = notes.iter().cloned().collect();
    let lists = rest.stretches.iter().map(|stretch| &stretch.problems);
    let none = Problems::with_hints_of(std::iter::once(&notes).chain(lists));
    let mut out = Written::with_hints_of(&none);
    out.all.append(&notes, Place::default());
    out.tally = Tally::of(&notes);

    let size = rest.stretches.len().div_ceil(threads.max(1)).max(1);
    let mut stretches = rest.stretches.into_iter();
    let mut shares: Vec<Vec<Stretch>> = Vec::new();
    while stretches.len() > 0 {
        shares.push(stretches.by_ref().take(size).collect());
    }
    let next =
        shares.iter().skip(1).map(|share| share.first().map(|stretch| (stretch.slot, stretch.base.row)));
    let ends: Vec<(u64, u64)> = next.chain([None]).map(|next| next.unwrap_or((u64::MAX, u64::MAX))).collect();
    std::thread::scope(|scope| {
        let running: Vec<_> = shares
            .into_iter()
            .zip(ends)
            .map(|(share, end)| {
                let part = Written::with_hints_of(&none);
                scope.spawn(move || part.write(share, end, news, rest.ranges))
            })
            .collect();
        for thread in running {
            match thread.join() {
                Ok(part) => out.join(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    out.all.shrink();
    out
}

impl Written {
    fn with_hints_of(list: &Problems) -> Self {
        let (all, late) = (Problems::with_hints_of([list]), Problems::with_hints_of([list]));
        Self { all, tally: Tally::default(), late, unsaid: BTreeMap::new(), records: 0, lost: 0 }
    }

    /// Takes in what stands behind it.
    fn join(&mut self, part: Self) {
        for (list, more) in [(&mut self.all, part.all), (&mut self.late, part.late)] {
            // The first share is most of what there is, and is not held twice.
            if list.is_empty() {
                *list = more;
            } else {
                list.append(&more, Place::default());
            }
        }
        self.tally.add(part.tally);
        for (code, count) in part.unsaid {
            *self.unsaid.entry(code).or_default() += count;
        }
        self.records += part.records;
        self.lost += part.lost;
    }

    /// Writes stretches that follow each other; `end` is the slot and the row before the one behind them.
    fn write(mut self, stretches: Vec<Stretch>, end: (u64, u64), news: News<'_>, ranges: bool) -> Self {
        let news = stretches.first().map_or(news, |first| news.from(first));
        let (mut repeats, mut late) = (news.repeats.iter().peekable(), news.late.iter().peekable());
        let mut crossed = news.crossed.iter().peekable();
        let mut new: Vec<(u64, New<'_>)> = Vec::new();
        let mut stretches = stretches.into_iter().peekable();
        while let Some(stretch) = stretches.next() {
            let next = stretches.peek().map_or(end, |next| (next.slot, next.base.row));
            new.clear();
            while let Some(repeat) = repeats.next_if(|repeat| repeat.slot < next.0) {
                let row = stretch.row_of(repeat.slot);
                // A range may repeat ten thousand numbers: said once, with the first of them.
                let is_said = |(other, new): &(u64, New<'_>)| {
                    *other == row && matches!(new, New::Repeat(said) if said.differs == repeat.differs)
                };
                if ranges && new.iter().rev().take(2).any(is_said) {
                    *self.unsaid.entry(repeat.code()).or_default() += 1;
                } else {
                    new.push((row, New::Repeat(repeat)));
                }
            }
            while let Some(late) = late.next_if(|late| late.slot < next.0) {
                let row = stretch.row_of(late.slot);
                let is_said = matches!(new.last(), Some((other, New::Date(..))) if *other == row);
                if let Some((code, raw)) = news.ruled.get(late.set).filter(|_| !is_said) {
                    new.push((row, New::Date(*code, raw)));
                }
            }
            while let Some(crossed) = crossed.next_if(|crossed| crossed.row <= next.1) {
                new.push((crossed.row, New::Crossed(*crossed)));
            }
            if new.is_empty() {
                self.all.append(&stretch.problems, stretch.base);
                continue;
            }
            new.sort_by_key(|(row, _)| *row);
            self.merge(&stretch, &new, (news.columns, news.emails));
        }
        self.tally = Tally::of(&self.all);
        self
    }

    fn merge(&mut self, stretch: &Stretch, new: &[(u64, New<'_>)], (columns, emails): (Columns, &EmailList)) {
        let mut known = stretch.problems.kept().peekable();
        let numbers = self.all.hint_numbers(&stretch.problems);
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
            while let Some(problem) = known.next_if(|known| known.place.row + base.row <= place.row) {
                rejected |= problem.code.severity() == Severity::Rejection;
                self.all.push_kept(&problem, place, &numbers);
            }
            let mut dated = false;
            while let Some((_, new)) = new.next_if(|(row, _)| *row == place.row) {
                match new {
                    New::Repeat(repeat) => {
                        let Some(whom) = emails.whom(repeat.number) else {
                            self.lost += 1;
                            continue;
                        };
                        for list in [&mut self.all, &mut self.late] {
                            list.push_repeat(repeat.code(), place, columns.of(&whom), &whom, repeat.first);
                        }
                    }
                    New::Date(code, raw) if !std::mem::replace(&mut dated, true) => {
                        let raw = raw.as_ref().into();
                        let hint = code.hint().into();
                        let problem = Problem { code: *code, place, column: columns.expires, raw, hint };
                        self.all.push(&problem);
                        self.late.push(&problem);
                        // One of its other numbers may have been rejected on the way.
                        self.records += u64::from(!rejected);
                    }
                    New::Date(..) => {}
                    New::Crossed(crossed) => {
                        let Some(whom) = emails.whom(crossed.number) else {
                            self.lost += 1;
                            continue;
                        };
                        let code = Code::AddedAndDeleted;
                        let hint = format!("row {} takes this number off: {}", crossed.other, code.hint());
                        let (column, raw) = (columns.of(&whom), whom.whole().into());
                        let problem = Problem { code, place, column, raw, hint: hint.into() };
                        self.all.push(&problem);
                        self.late.push(&problem);
                    }
                }
            }
        }
        self.lost += (known.count() + new.count()) as u64;
    }
}

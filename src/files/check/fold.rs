//! Every sound row's number, kept small until the whole file is read: then the rows of each number become one intent.
//!
//! ```text
//! number ─▶ bucket (its high digits)    key  =  low bits of the number │ slot │ set of attributes      8 bytes a row
//!           sorted one by one: the rows of a number stand together, in the order of the file
//! ```
//!
//! A slot is the place of a number in the file, counted over rows, or over filled number cells where a row may have
//! several.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::facts::{AttributeTable, Ruled, United};
use super::intents::{Intents, Writer};
use super::segment::sort;

mod bucket;
mod key;
mod unite;

use bucket::{Bucket, Elsewhere, Places};
pub(super) use key::MOST_SLOTS;
use key::{LARGE, Shape};
use unite::Uniter;

/// A sound row: its number, the slot, and the number of its set of attributes. Its `Debug` leaves out the number, as that
/// of all here does that holds one: logs hold none.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub(super) number: u64,
    pub(super) slot: u64,
    pub(super) set: u32,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot, set, .. } = self;
        f.debug_struct("Claim").field("slot", slot).field("set", set).finish_non_exhaustive()
    }
}

/// Every sound row.
pub(super) struct Fold {
    shape: Shape,
    buckets: Vec<(u64, Bucket)>,
    places: Places,
    elsewhere: Elsewhere,
    count: u64,
}

impl fmt::Debug for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fold({} claims)", self.count)
    }
}

/// A row whose number an earlier row carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repeat {
    pub(super) slot: u64,
    pub(super) first: u64,
    pub(super) number: u64,
    /// Whether its attributes differ from the first row's.
    pub(super) differs: bool,
}

impl fmt::Debug for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot, first, differs, .. } = self;
        let mut shown = f.debug_struct("Repeat");
        shown.field("slot", slot).field("first", first).field("differs", differs).finish_non_exhaustive()
    }
}

/// A row that turned out to have no good date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Late {
    pub(super) slot: u64,
    pub(super) set: u32,
}

/// What the rows come to.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) intents: Intents,
    /// Sorted by slot.
    pub(super) repeats: Vec<Repeat>,
    /// Sorted by slot.
    pub(super) late: Vec<Late>,
    /// Rows whose attributes cannot be found. There are none, and [`super::pass`] refuses a file that has one.
    pub(super) lost: u64,
}

impl Fold {
    /// For a file of about so many slots.
    pub(super) fn new(likely: u64) -> Self {
        Self {
            shape: Shape::of(likely),
            buckets: Vec::new(),
            places: Places::default(),
            elsewhere: Elsewhere::default(),
            count: 0,
        }
    }

    /// Takes in sound rows, in the order of the file.
    /// Beyond [`MOST_SLOTS`] the result is worthless, and [`super::pass`] refuses it.
    pub(super) fn extend(&mut self, claims: impl Iterator<Item = Claim>) {
        let mut shape = self.shape;
        for Claim { number, slot, set } in claims {
            if slot >> shape.slot > 0 {
                self.widen();
                shape = self.shape;
            }
            if u64::from(set) >= shape.elsewhere() {
                self.elsewhere.list.push((slot, set));
            }
            let bucket = number >> shape.low;
            let place = self.places.near(bucket).unwrap_or_else(|| self.bucket(bucket));
            self.buckets[place].1.push(shape.key(number & ((1 << shape.low) - 1), slot, set));
            self.count += 1;
        }
    }

    /// The place of a bucket.
    fn bucket(&mut self, bucket: u64) -> usize {
        let buckets = &mut self.buckets;
        self.places.get(bucket, || {
            buckets.push((bucket, Bucket::default()));
            buckets.len() - 1
        })
    }

    /// More slots than were likely: keys get more room for them.
    fn widen(&mut self) {
        if self.shape == LARGE {
            return;
        }
        let (from, to) = (self.shape, LARGE);
        self.shape = to;
        self.places = Places::default();
        let mut old = Vec::new();
        for (bucket, keys) in std::mem::take(&mut self.buckets) {
            old.clear();
            keys.drain(&mut old, drop);
            for key in &old {
                let number = bucket << from.low | from.part_of(*key);
                let slot = from.slot_of(*key);
                let set = match from.set_of(*key) {
                    Some(set) if u64::from(set) >= to.elsewhere() => {
                        self.elsewhere.list.push((slot, set));
                        u32::MAX
                    }
                    set => set.unwrap_or(u32::MAX),
                };
                let place = self.bucket(number >> to.low);
                self.buckets[place].1.push(to.key(number & ((1 << to.low) - 1), slot, set));
            }
        }
    }

    /// Folds the rows of each number into one intent, on so many threads. `row_of` gives the row of a slot, both from their
    /// own start: slots from 0, rows from 1.
    pub(super) fn finish(
        mut self,
        table: AttributeTable,
        ruled: &Ruled,
        row_of: &(impl Fn(u64) -> u64 + Sync),
        rows: u64,
        threads: usize,
    ) -> Folded {
        let sets = table.len() as u32;
        self.elsewhere.index();
        let united = Mutex::default();
        let share = (self.count as usize / threads.max(1) + 1).max(1);
        let (mut shares, mut load) = (vec![Vec::new()], 0);
        self.buckets.sort_unstable_by_key(|(bucket, _)| *bucket);
        for (bucket, keys) in self.buckets {
            if load >= share {
                shares.push(Vec::new());
                load = 0;
            }
            load += keys.count;
            if let Some(last) = shares.last_mut() {
                last.push((bucket << self.shape.low, keys));
            }
        }
        let work = Work {
            shape: self.shape,
            elsewhere: &self.elsewhere,
            table: &table,
            united: &united,
            ruled,
            row_of,
            rows,
            sets,
        };
        let done: Vec<Part<'_>> = std::thread::scope(|scope| {
            let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(|| work.fold(share))).collect();
            let joined = running.into_iter().map(|thread| match thread.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        });
        let mut folded: Option<Folded> = None;
        for part in done {
            let (intents, repeats, late, lost) = (part.writer.finish(), part.repeats, part.late, part.lost);
            match &mut folded {
                None => folded = Some(Folded { intents, repeats, late, lost }),
                Some(folded) => {
                    folded.intents.join(intents);
                    folded.repeats.extend(repeats);
                    folded.late.extend(late);
                    folded.lost += lost;
                }
            }
        }
        let empty = || Folded { intents: Intents::default(), repeats: Vec::new(), late: Vec::new(), lost: 0 };
        let mut folded = folded.unwrap_or_else(empty);
        // Each part is sorted: to join them is less work.
        folded.repeats.sort();
        folded.late.sort();
        let mut table = table;
        table.take_in(united.into_inner().unwrap_or_else(PoisonError::into_inner));
        Folded { intents: folded.intents.with_attributes(table), ..folded }
    }
}

/// What every thread that folds needs.
struct Work<'a, F> {
    shape: Shape,
    elsewhere: &'a Elsewhere,
    table: &'a AttributeTable,
    /// Sets that repeats were united to, numbered behind those of the table.
    united: &'a Mutex<United>,
    ruled: &'a Ruled,
    row_of: &'a F,
    rows: u64,
    sets: u32,
}

struct Part<'a> {
    writer: Writer,
    uniter: Uniter<'a>,
    /// The sets of the number at hand, where they are not all the same.
    sets: Vec<u32>,
    repeats: Vec<Repeat>,
    late: Vec<Late>,
    lost: u64,
}

impl<'a, F: Fn(u64) -> u64> Work<'a, F> {
    fn fold(&self, buckets: Vec<(u64, Bucket)>) -> Part<'a> {
        let uniter = Uniter::new(self.table, self.united);
        let (repeats, late) = (Vec::new(), Vec::new());
        let sets = Vec::new();
        let mut part = Part { writer: Writer::new(self.rows), uniter, sets, repeats, late, lost: 0 };
        let (mut keys, mut spare) = (Vec::new(), Vec::new());
        for (base, bucket) in buckets {
            keys.clear();
            // What is written takes less room than the keys did, and takes it where they were.
            bucket.drain(&mut keys, |segment| part.writer.give(segment));
            sort(&mut keys, &mut spare, self.shape.low);
            let mut rest = keys.as_slice();
            while let Some(first) = rest.first() {
                let low = self.shape.part_of(*first);
                let own = rest.iter().take_while(|key| self.shape.part_of(**key) == low).count();
                let (own, others) = rest.split_at(own);
                self.fold_one(base + low, own, &mut part);
                rest = others;
            }
        }
        part.repeats.sort_unstable();
        part.late.sort_unstable();
        part
    }

    fn fold_one(&self, number: u64, keys: &[u64], part: &mut Part<'_>) {
        let mut first: Option<(u64, u32)> = None;
        part.sets.clear();
        for key in keys {
            let slot = self.shape.slot_of(*key);
            let own = self.shape.set_of(*key).or_else(|| self.elsewhere.get(slot));
            let Some(own) = own.filter(|own| *own < self.sets) else {
                part.lost += 1;
                continue;
            };
            if self.ruled.get(own).is_some() {
                part.late.push(Late { slot, set: own });
                continue;
            }
            match first {
                None => first = Some((slot, own)),
                Some((first, of_first)) => {
                    let differs = own != of_first && self.differ(own, of_first);
                    part.repeats.push(Repeat { slot, first: (self.row_of)(first), number, differs });
                    if differs {
                        part.sets.push(own);
                    }
                }
            }
        }
        let Some((slot, mut set)) = first else { return };
        if !part.sets.is_empty() {
            part.sets.insert(0, set);
            match part.uniter.strongest(&part.sets) {
                Some(strongest) => set = strongest,
                None => part.lost += 1,
            }
        }
        part.writer.push(number, (self.row_of)(slot), set);
    }

    /// Two numbers may stand for one set where a file has more of them than are compared.
    fn differ(&self, one: u32, other: u32) -> bool {
        !self.table.are_same(one, other)
    }
}

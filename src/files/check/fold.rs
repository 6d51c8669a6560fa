//! Every sound row's number, kept small until the whole file is read: then the rows of each number become one intent.
//!
//! ```text
//! number ─▶ bucket (its high digits)    key  =  low bits of the number │ slot │ set of attributes      8 bytes a row
//!           sorted one by one: the rows of a number stand together, in the order of the file
//! ```
//!
//! Numbers beyond the North American plan stand in lists (`bucket`), and so does everything once slots outgrow the keys.
//!
//! A slot is the place of a number in the file, counted over rows, or over filled number cells where a row may have
//! several.

use std::fmt;

use super::facts::{AttributeTable, Numbers, Ruled};
use super::intents::{Intents, Writer};

mod bucket;
mod key;
mod sort;
#[cfg(test)]
mod tests;
mod unite;

use bucket::{Bucket, Elsewhere, Far, NEAR, Near, Wide};
use key::Shape;
use sort::Sorter;
use unite::Uniter;

/// A sound row: its number, the slot in its stretch of the file, and the number of its set of attributes. Its `Debug` leaves
/// out the number, as that of all here does that holds one: logs hold none.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub(super) number: u64,
    /// A stretch has no more than bytes, or than numbers that a file of ranges may hold.
    pub(super) slot: u32,
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
    /// Numbers below it are near, unless their slots became too large for keys.
    near_below: u64,
    near: Near,
    far: Far,
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
            near_below: NEAR,
            near: Near::default(),
            far: Far::default(),
            elsewhere: Elsewhere::default(),
            count: 0,
        }
    }

    /// Takes in the sound rows of a stretch with so many slots before it, in the order of the file.
    pub(super) fn extend(&mut self, before: u64, claims: impl Iterator<Item = Claim>) {
        let shape = self.shape;
        for Claim { number, slot, set } in claims {
            self.count += 1;
            let slot = before + u64::from(slot);
            if number >= self.near_below || !shape.holds(slot) {
                self.push_far(number, slot, set);
                continue;
            }
            if u64::from(set) >= shape.elsewhere() {
                self.elsewhere.push(slot, set);
            }
            self.near.push(number, shape.key(number, slot, set));
        }
    }

    #[cold]
    fn push_far(&mut self, number: u64, slot: u64, set: u32) {
        if number < self.near_below {
            self.widen();
        }
        self.far.push(number, slot, set);
    }

    /// More slots than were likely, and than keys have room for: from now on no number is near.
    fn widen(&mut self) {
        self.near_below = 0;
        self.elsewhere.index();
        for (base, bucket) in std::mem::take(&mut self.near).into_buckets() {
            bucket.for_each(|key| {
                let slot = self.shape.slot_of(key);
                // A set that is not found stays none, and is told.
                let set = self.shape.set_of(key).or_else(|| self.elsewhere.get(slot)).unwrap_or(u32::MAX);
                self.far.push(base + Shape::part_of(key), slot, set);
            });
        }
        self.elsewhere = Elsewhere::default();
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
        let (sets, numbers) = (table.len() as u32, Numbers::default());
        self.elsewhere.index();
        let share = (self.count as usize / threads.max(1) + 1).max(1);
        let near = self.near.into_buckets().into_iter().map(|(base, keys)| (base, Rows::Near(keys)));
        let far = self.far.into_lists().into_iter().map(|(base, list)| (base, Rows::Far(list)));
        let (mut shares, mut load) = (vec![Vec::new()], 0);
        for (base, rows) in near.chain(far) {
            if load >= share {
                shares.push(Vec::new());
                load = 0;
            }
            load += rows.len();
            if let Some(last) = shares.last_mut() {
                last.push((base, rows));
            }
        }
        let work = Work {
            shape: self.shape,
            elsewhere: &self.elsewhere,
            table: &table,
            numbers: &numbers,
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
        let (mut folded, mut united): (Option<Folded>, _) = (None, Vec::new());
        for part in done {
            united.push(part.uniter.finish());
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
        table.take_in(united);
        Folded { intents: folded.intents.with_attributes(table), ..folded }
    }
}

/// The rows of numbers that have their high digits in common.
enum Rows {
    Near(Bucket),
    Far(Vec<Wide>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::Near(bucket) => bucket.len(),
            Self::Far(list) => list.len(),
        }
    }
}

/// What every thread that folds needs.
struct Work<'a, F> {
    shape: Shape,
    elsewhere: &'a Elsewhere,
    table: &'a AttributeTable,
    /// For sets that repeats are united to, behind those of the table.
    numbers: &'a Numbers,
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
    fn fold(&self, share: Vec<(u64, Rows)>) -> Part<'a> {
        let uniter = Uniter::new(self.table, self.numbers);
        let (repeats, late) = (Vec::new(), Vec::new());
        let sets = Vec::new();
        let mut part =
            Part { writer: Writer::new(self.rows, self.sets), uniter, sets, repeats, late, lost: 0 };
        let mut sorter = Sorter::default();
        for (base, rows) in share {
            match rows {
                Rows::Near(bucket) => {
                    let keys = sorter.sort(&bucket);
                    // What is written takes less room than the keys did, and takes it where they were.
                    bucket.into_segments().into_iter().for_each(|segment| part.writer.give(segment));
                    let set_of = |slot, key| self.shape.set_of(key).or_else(|| self.elsewhere.get(slot));
                    for own in keys.chunk_by(|one, other| Shape::part_of(*one) == Shape::part_of(*other)) {
                        let rows = own.iter().map(|key| {
                            let slot = self.shape.slot_of(*key);
                            (slot, set_of(slot, *key))
                        });
                        self.fold_one(
                            base + own.first().map_or(0, |key| Shape::part_of(*key)),
                            rows,
                            &mut part,
                        );
                    }
                }
                Rows::Far(mut list) => {
                    list.sort_unstable_by_key(|row| (row.low, row.slot));
                    for own in list.chunk_by(|one, other| one.low == other.low) {
                        let rows = own.iter().map(|row| (row.slot, Some(row.set)));
                        let low = own.first().map_or(0, |row| u64::from(row.low));
                        self.fold_one(base + low, rows, &mut part);
                    }
                }
            }
        }
        part.repeats.sort_unstable();
        part.late.sort_unstable();
        part
    }

    /// Folds the rows of a number, each with its slot and its set.
    #[inline]
    fn fold_one(&self, number: u64, rows: impl Iterator<Item = (u64, Option<u32>)>, part: &mut Part<'_>) {
        let mut first: Option<(u64, u32)> = None;
        part.sets.clear();
        for (slot, own) in rows {
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

//! Every sound row's number, kept small until the whole file is read: then the rows of each number become one intent.
//!
//! ```text
//! number ─▶ bucket (its high digits)    key  =  low bits of the number │ slot │ set of attributes      8 bytes a row
//!           sorted one by one: the rows of a number stand together, in the order of the file
//! ```
//!
//! A slot is the place of a number in the file, counted over rows, or over filled number cells where a row may have
//! several.

use std::sync::{Mutex, PoisonError};

use super::facts::{AttributeTable, QuickMap, Ruled};
use super::intents::{Intents, Writer};
use crate::domain::entry::Attributes;

/// Sets of attributes that a key can name by itself.
const SET_BITS: u32 = 16;
const SET_ELSEWHERE: u64 = (1 << SET_BITS) - 1;
/// Bits of a key for number and slot together.
const SHARED_BITS: u32 = 64 - SET_BITS;
/// Bits of the number in a key for files with fewer slots than 2^28, and for larger ones.
const LOW: u32 = 20;
const LOW_OF_LARGE: u32 = 12;
/// Slots that keys can tell apart at the most.
pub(super) const MOST_SLOTS: u64 = 1 << (SHARED_BITS - LOW_OF_LARGE);
/// Keys that a bucket grows by.
const SEGMENT: usize = 256;

/// A sound row: its number, the slot, and the number of its set of attributes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) number: u64,
    pub(super) slot: u64,
    pub(super) set: u32,
}

/// Every sound row.
#[derive(Debug)]
pub(super) struct Fold {
    low: u32,
    buckets: Vec<(u64, Bucket)>,
    places: QuickMap<u64, usize>,
    /// Sets that a key has no room for, by slot, sorted.
    elsewhere: Vec<(u64, u32)>,
    count: u64,
}

#[derive(Debug, Default)]
struct Bucket {
    segments: Vec<Vec<u64>>,
}

impl Bucket {
    fn push(&mut self, key: u64) {
        match self.segments.last_mut() {
            Some(last) if last.len() < SEGMENT => last.push(key),
            _ => {
                let mut segment = Vec::with_capacity(SEGMENT);
                segment.push(key);
                self.segments.push(segment);
            }
        }
    }

    fn len(&self) -> usize {
        self.segments.iter().map(Vec::len).sum()
    }

    fn sorted(self) -> Vec<u64> {
        let mut keys = Vec::with_capacity(self.len());
        self.segments.into_iter().for_each(|segment| keys.extend_from_slice(&segment));
        keys.sort_unstable();
        keys
    }
}

/// A row whose number an earlier row carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Repeat {
    pub(super) slot: u64,
    pub(super) first: u64,
    pub(super) number: u64,
    /// Whether its attributes differ from the first row's.
    pub(super) differs: bool,
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
}

impl Fold {
    /// For a file of about so many slots.
    pub(super) fn new(likely: u64) -> Self {
        let low = if likely < 1 << 26 { LOW } else { LOW_OF_LARGE };
        Self { low, buckets: Vec::new(), places: QuickMap::default(), elsewhere: Vec::new(), count: 0 }
    }

    /// Takes in sound rows, in the order of the file.
    /// Beyond [`MOST_SLOTS`] the result is worthless, and [`super::pass`] refuses it.
    pub(super) fn extend(&mut self, claims: impl Iterator<Item = Claim>) {
        for claim in claims {
            if claim.slot >> (SHARED_BITS - self.low) > 0 {
                self.widen();
            }
            let set = u64::from(claim.set);
            let in_key = if set < SET_ELSEWHERE { set } else { SET_ELSEWHERE };
            if in_key == SET_ELSEWHERE {
                self.elsewhere.push((claim.slot, claim.set));
            }
            let bucket = claim.number >> self.low;
            let part = claim.number - (bucket << self.low);
            let key = part << (64 - self.low) | claim.slot << SET_BITS | in_key;
            self.bucket(bucket).push(key);
            self.count += 1;
        }
    }

    fn bucket(&mut self, bucket: u64) -> &mut Bucket {
        let buckets = &mut self.buckets;
        let place = *self.places.entry(bucket).or_insert_with(|| {
            buckets.push((bucket, Bucket::default()));
            buckets.len() - 1
        });
        &mut self.buckets[place].1
    }

    /// More slots than were likely: keys get more room for them.
    fn widen(&mut self) {
        if self.low == LOW_OF_LARGE {
            return;
        }
        let (from, to) = (self.low, LOW_OF_LARGE);
        self.places = QuickMap::default();
        for (bucket, keys) in std::mem::take(&mut self.buckets) {
            for key in keys.segments.into_iter().flatten() {
                let number = bucket << from | key >> (64 - from);
                let rest = key & ((1 << (64 - from)) - 1);
                let part = number & ((1 << to) - 1);
                self.bucket(number >> to).push(part << (64 - to) | rest);
            }
        }
        self.low = to;
    }

    /// Folds the rows of each number into one intent, on so many threads. `row_of` gives the row of a slot, both from
    /// their own start: slots from 0, rows from 1.
    pub(super) fn finish(
        mut self,
        table: AttributeTable,
        ruled: &Ruled,
        row_of: &(dyn Fn(u64) -> u64 + Sync),
        rows: u64,
        threads: usize,
    ) -> Folded {
        let sets = table.len() as u32;
        let united = Mutex::new(Vec::new());
        let share = (self.count as usize / threads.max(1) + 1).max(1);
        let (mut shares, mut load) = (vec![Vec::new()], 0);
        self.buckets.sort_unstable_by_key(|(bucket, _)| *bucket);
        for (bucket, keys) in self.buckets {
            if load >= share {
                shares.push(Vec::new());
                load = 0;
            }
            load += keys.len();
            if let Some(last) = shares.last_mut() {
                last.push((bucket << self.low, keys));
            }
        }
        let work = Work {
            low: self.low,
            elsewhere: &self.elsewhere,
            table: &table,
            united: &united,
            ruled,
            row_of,
            rows,
            sets,
        };
        let done: Vec<Part> = std::thread::scope(|scope| {
            let running: Vec<_> = shares.into_iter().map(|share| scope.spawn(|| work.fold(share))).collect();
            let joined = running.into_iter().map(|thread| match thread.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        });
        let mut folded: Option<Folded> = None;
        for part in done {
            let (intents, repeats, late) = (part.writer.finish(), part.repeats, part.late);
            match &mut folded {
                None => folded = Some(Folded { intents, repeats, late }),
                Some(folded) => {
                    folded.intents.join(intents);
                    folded.repeats.extend(repeats);
                    folded.late.extend(late);
                }
            }
        }
        let empty = || Folded { intents: Intents::default(), repeats: Vec::new(), late: Vec::new() };
        let mut folded = folded.unwrap_or_else(empty);
        folded.repeats.sort_unstable();
        folded.late.sort_unstable();
        let mut table = table;
        for attributes in united.into_inner().unwrap_or_else(PoisonError::into_inner) {
            table.push(&attributes);
        }
        Folded { intents: folded.intents.with_attributes(table), ..folded }
    }
}

/// What every thread that folds needs.
struct Work<'a> {
    low: u32,
    elsewhere: &'a [(u64, u32)],
    table: &'a AttributeTable,
    /// Sets that repeats were united to, numbered behind those of the table.
    united: &'a Mutex<Vec<Attributes>>,
    ruled: &'a Ruled,
    row_of: &'a (dyn Fn(u64) -> u64 + Sync),
    rows: u64,
    sets: u32,
}

struct Part {
    writer: Writer,
    repeats: Vec<Repeat>,
    late: Vec<Late>,
}

impl Work<'_> {
    fn fold(&self, buckets: Vec<(u64, Bucket)>) -> Part {
        let mut part = Part { writer: Writer::new(self.rows), repeats: Vec::new(), late: Vec::new() };
        for (base, bucket) in buckets {
            let keys = bucket.sorted();
            let mut rest = keys.as_slice();
            while let Some(first) = rest.first() {
                let low = first >> (64 - self.low);
                let own = rest.iter().take_while(|key| **key >> (64 - self.low) == low).count();
                let (own, others) = rest.split_at(own);
                self.fold_one(base + low, own, &mut part);
                rest = others;
            }
        }
        part
    }

    fn fold_one(&self, number: u64, keys: &[u64], part: &mut Part) {
        let mut first: Option<(u64, u32)> = None;
        let mut set = 0;
        for key in keys {
            let slot = key << self.low >> (self.low + SET_BITS);
            let own = self.set(*key, slot);
            if self.ruled.get(own).is_some() {
                part.late.push(Late { slot, set: own });
                continue;
            }
            match first {
                None => {
                    first = Some((slot, own));
                    set = own;
                }
                Some((first, of_first)) => {
                    let differs = own != of_first && self.differ(own, of_first);
                    part.repeats.push(Repeat { slot, first: (self.row_of)(first), number, differs });
                    if differs {
                        set = self.unite(set, own);
                    }
                }
            }
        }
        if let Some((slot, _)) = first {
            part.writer.push(number, (self.row_of)(slot), set);
        }
    }

    fn set(&self, key: u64, slot: u64) -> u32 {
        let set = key & SET_ELSEWHERE;
        if set < SET_ELSEWHERE {
            return set as u32;
        }
        let at = self.elsewhere.partition_point(|(other, _)| *other < slot);
        self.elsewhere.get(at).map_or(self.sets, |(_, set)| *set)
    }

    /// Two numbers may stand for one set where a file has more of them than are compared.
    fn differ(&self, one: u32, other: u32) -> bool {
        !self.table.are_same(one, other)
    }

    fn unite(&self, one: u32, other: u32) -> u32 {
        let mut united = self.united.lock().unwrap_or_else(PoisonError::into_inner);
        let set = |id: u32| match id.checked_sub(self.sets) {
            None => self.table.get(id),
            Some(at) => united.get(at as usize).cloned(),
        };
        let (Some(mine), Some(theirs)) = (set(one), set(other)) else { return one };
        united.push(mine.strongest(theirs));
        self.sets + united.len() as u32 - 1
    }
}

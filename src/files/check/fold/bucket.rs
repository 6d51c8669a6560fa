//! Where rows are kept while a file is read: by the high digits of their numbers, in the order in which they came.
//!
//! ```text
//! near   number below 2^35, the North American plan among them ─▶ tail ─▶ segments of keys         8 bytes a row
//! far    every other number, and all where keys have no room for slots ─▶ a list                  16 bytes a row and more
//! ```
//!
//! The rows of a large file come to thousands of buckets at random. A bucket's *tail* is one line of the processor's cache,
//! with the keys that came last: nothing else of the bucket is touched before it is full.

use super::key::LOW;
use crate::files::check::facts::QuickMap;
use crate::files::check::segment::{SEGMENT, Segment};

/// Numbers below it are near.
pub(super) const NEAR: u64 = 1 << 35;
/// Buckets of near numbers at the most. The place of each, and one more, fits sixteen bits.
const BUCKETS: usize = (NEAR >> LOW) as usize;
/// Keys of a segment.
const KEYS: usize = SEGMENT / 8;
/// Keys of a tail. Segments hold whole ones.
const TAIL: usize = 8;
const _: () = assert!(KEYS.is_multiple_of(TAIL));
/// Bits of a far number that its list does not say.
const FAR: u32 = 30;

/// The keys that came last to a bucket.
#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Tail([u64; TAIL]);

/// Keys in the order in which they came.
#[derive(Default)]
pub(super) struct Bucket {
    segments: Vec<Segment>,
    count: usize,
}

impl Bucket {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Takes in keys of a tail: only the last one may not be full.
    fn extend(&mut self, keys: &[u64]) {
        let place = self.count % KEYS;
        if place == 0 {
            self.segments.push(Segment::new([0; SEGMENT]));
        }
        if let Some(last) = self.segments.last_mut() {
            let room = last.as_chunks_mut().0[place..].iter_mut();
            room.zip(keys).for_each(|(room, key)| *room = key.to_le_bytes());
        }
        self.count += keys.len();
    }

    /// Calls `each` with every key.
    #[inline]
    pub(super) fn for_each(&self, mut each: impl FnMut(u64)) {
        let mut left = self.count;
        for segment in &self.segments {
            let keys = &segment.as_chunks().0[..left.min(KEYS)];
            keys.iter().for_each(|key| each(u64::from_le_bytes(*key)));
            left -= keys.len();
        }
    }

    /// The memory of its keys.
    pub(super) fn into_segments(self) -> Vec<Segment> {
        self.segments
    }
}

/// Rows of near numbers, as keys.
#[derive(Default)]
pub(super) struct Near {
    /// By bucket: one more than its place, and 0 for none.
    places: Vec<u16>,
    tails: Vec<Tail>,
    /// How many keys each tail has.
    counts: Vec<u8>,
    buckets: Vec<(u64, Bucket)>,
}

impl Near {
    #[inline]
    pub(super) fn push(&mut self, number: u64, key: u64) {
        let bucket = number >> LOW;
        let place = match self.places.get(bucket as usize) {
            Some(place) if *place > 0 => usize::from(*place) - 1,
            _ => self.make(bucket),
        };
        let count = &mut self.counts[place];
        self.tails[place].0[usize::from(*count) % TAIL] = key;
        *count += 1;
        if usize::from(*count) == TAIL {
            self.empty(place);
        }
    }

    #[cold]
    fn make(&mut self, bucket: u64) -> usize {
        self.places.resize(BUCKETS, 0);
        self.buckets.push((bucket, Bucket::default()));
        self.tails.push(Tail::default());
        self.counts.push(0);
        self.places[bucket as usize] = self.tails.len() as u16;
        self.tails.len() - 1
    }

    #[inline(never)]
    fn empty(&mut self, place: usize) {
        let count = std::mem::take(&mut self.counts[place]);
        self.buckets[place].1.extend(&self.tails[place].0[..usize::from(count)]);
    }

    /// Every bucket, and the first number that it may hold; sorted by that.
    pub(super) fn into_buckets(mut self) -> Vec<(u64, Bucket)> {
        for place in 0..self.tails.len() {
            if self.counts[place] > 0 {
                self.empty(place);
            }
        }
        self.buckets.sort_unstable_by_key(|(bucket, _)| *bucket);
        self.buckets.into_iter().map(|(bucket, keys)| (bucket << LOW, keys)).collect()
    }
}

/// The row of a far number.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    /// What its list does not say of the number.
    pub(super) low: u32,
    pub(super) set: u32,
    pub(super) slot: u64,
}

/// Rows of far numbers.
#[derive(Default)]
pub(super) struct Far {
    lists: QuickMap<u64, Vec<Wide>>,
}

impl Far {
    pub(super) fn push(&mut self, number: u64, slot: u64, set: u32) {
        let low = (number & ((1 << FAR) - 1)) as u32;
        self.lists.entry(number >> FAR).or_default().push(Wide { low, set, slot });
    }

    /// Every list, and the first number that it may hold; sorted by that.
    pub(super) fn into_lists(self) -> Vec<(u64, Vec<Wide>)> {
        let mut lists: Vec<_> = self.lists.into_iter().map(|(list, rows)| (list << FAR, rows)).collect();
        lists.sort_unstable_by_key(|(base, _)| *base);
        lists
    }
}

/// Sets that keys have no room for.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// By slot.
    list: Vec<(u64, u32)>,
    /// How many stand before each stretch of slots.
    starts: Vec<usize>,
}

impl Elsewhere {
    /// Slots of a stretch, as bits.
    const STRETCH: u32 = 6;

    #[cold]
    pub(super) fn push(&mut self, slot: u64, set: u32) {
        self.list.push((slot, set));
    }

    /// Makes them found, once all are there.
    pub(super) fn index(&mut self) {
        self.list.sort_unstable_by_key(|(slot, _)| *slot);
        self.starts.clear();
        for (at, (slot, _)) in self.list.iter().enumerate() {
            let stretch = (slot >> Self::STRETCH) as usize;
            while self.starts.len() <= stretch {
                self.starts.push(at);
            }
        }
    }

    pub(super) fn get(&self, slot: u64) -> Option<u32> {
        let start = *self.starts.get((slot >> Self::STRETCH) as usize)?;
        let found = self.list[start..].iter().find(|(other, _)| *other >= slot);
        found.filter(|(other, _)| *other == slot).map(|(_, set)| *set)
    }
}

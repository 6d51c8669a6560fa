//! Where keys are kept while a file is read, and the sets that they have no room for.

use crate::files::check::facts::QuickMap;
use crate::files::check::segment::{SEGMENT, Segment};

/// Keys of a segment.
pub(super) const KEYS: usize = SEGMENT / 8;

#[derive(Default)]
pub(super) struct Bucket {
    pub(super) segments: Vec<Segment>,
    pub(super) count: usize,
}

impl Bucket {
    #[inline]
    pub(super) fn push(&mut self, key: u64) {
        let place = self.count % KEYS;
        if place == 0 {
            self.segments.push(Segment::new([0; SEGMENT]));
        }
        if let Some(last) = self.segments.last_mut() {
            last[place * 8..][..8].copy_from_slice(&key.to_le_bytes());
        }
        self.count += 1;
    }

    /// Adds every key in the order in which they came to `keys`, and calls `emptied` with every segment that is done with.
    pub(super) fn drain(self, keys: &mut Vec<u64>, mut emptied: impl FnMut(Segment)) {
        let mut left = self.count;
        keys.reserve(left);
        for segment in self.segments {
            keys.extend(segment.as_chunks().0.iter().take(left).map(|key| u64::from_le_bytes(*key)));
            left = left.saturating_sub(KEYS);
            emptied(segment);
        }
    }
}

/// Where buckets are.
#[derive(Default)]
pub(super) struct Places {
    /// Those of low buckets, which the North American plan is in, by bucket: one more than the place, and 0 for none.
    near: Vec<u32>,
    far: QuickMap<u64, usize>,
}

impl Places {
    pub(super) const NEAR: usize = 1 << 15;

    /// The place of a bucket that has one, where that is found at once.
    #[inline]
    pub(super) fn near(&self, bucket: u64) -> Option<usize> {
        let place = *self.near.get(usize::try_from(bucket).ok()?)?;
        (place as usize).checked_sub(1)
    }

    #[cold]
    pub(super) fn get(&mut self, bucket: u64, make: impl FnOnce() -> usize) -> usize {
        let Some(at) = usize::try_from(bucket).ok().filter(|at| *at < Self::NEAR) else {
            return *self.far.entry(bucket).or_insert_with(make);
        };
        if self.near.is_empty() {
            self.near = vec![0; Self::NEAR];
        }
        if self.near[at] == 0 {
            self.near[at] = make() as u32 + 1;
        }
        self.near[at] as usize - 1
    }
}

/// Sets that keys have no room for.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// By slot.
    pub(super) list: Vec<(u64, u32)>,
    /// How many stand before each stretch of slots.
    starts: Vec<usize>,
}

impl Elsewhere {
    /// Slots of a stretch, as bits.
    pub(super) const STRETCH: u32 = 6;

    /// Makes them found, once all are there.
    pub(super) fn index(&mut self) {
        self.list.sort_unstable_by_key(|(slot, _)| *slot);
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

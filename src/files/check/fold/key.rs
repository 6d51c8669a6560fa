//! The key of a row: what of its number its bucket does not say, its slot, and its set of attributes, in 64 bits.

/// How the 64 bits of a key are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bits of the number; the rest of it is its bucket.
    pub(super) low: u32,
    /// Bits of the slot. What is left names the set.
    pub(super) slot: u32,
}

/// The shape for files of any size.
pub(super) const LARGE: Shape = Shape { low: 12, slot: 36 };

/// Slots that keys can tell apart at the most.
pub(in crate::files::check) const MOST_SLOTS: u64 = 1 << LARGE.slot;

impl Shape {
    /// For about so many slots: the fewer they are, the more sets find room in a key.
    pub(super) fn of(likely: u64) -> Self {
        let slot = u64::BITS - (likely + likely / 2).leading_zeros();
        if slot > 28 { LARGE } else { Self { low: 20, slot: slot.max(16) } }
    }

    pub(super) fn set_bits(self) -> u32 {
        64 - self.low - self.slot
    }

    /// The set of keys that have no room for theirs.
    pub(super) fn elsewhere(self) -> u64 {
        (1 << self.set_bits()) - 1
    }

    pub(super) fn key(self, part: u64, slot: u64, set: u32) -> u64 {
        let set = u64::from(set).min(self.elsewhere());
        part << (64 - self.low) | slot << self.set_bits() | set
    }

    pub(super) fn part_of(self, key: u64) -> u64 {
        key >> (64 - self.low)
    }

    pub(super) fn slot_of(self, key: u64) -> u64 {
        key << self.low >> (64 - self.slot)
    }

    /// `None`: it is elsewhere.
    pub(super) fn set_of(self, key: u64) -> Option<u32> {
        let set = key & self.elsewhere();
        (set < self.elsewhere()).then_some(set as u32)
    }
}

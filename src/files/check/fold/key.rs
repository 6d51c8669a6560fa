//! The key of a row: what of its number its bucket does not say, its slot, and its set of attributes, in 64 bits.

/// Bits of the number that stand in the key; the rest of it is its bucket.
pub(super) const LOW: u32 = 20;
/// Bits that say the row: those of the slot, and those of the set.
const ROW: u32 = u64::BITS - LOW;
/// Bits of the slot at the least: a million rows.
const LEAST_SLOT: u32 = 20;
/// Bits of the slot at the most.
const MOST_SLOT: u32 = 31;

/// How the bits that say the row are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bits of the slot. What is left names the set.
    slot: u32,
}

impl Shape {
    /// For about so many slots, and several times as many: the fewer they are, the more sets find room in a key.
    pub(super) fn of(likely: u64) -> Self {
        let slot = u64::BITS - likely.saturating_mul(4).leading_zeros();
        Self { slot: slot.clamp(LEAST_SLOT, MOST_SLOT) }
    }

    /// Whether a key has room for the slot.
    #[inline]
    pub(super) fn holds(self, slot: u64) -> bool {
        slot >> self.slot == 0
    }

    fn set_bits(self) -> u32 {
        ROW - self.slot
    }

    /// The set of keys that have no room for theirs.
    #[inline]
    pub(super) fn elsewhere(self) -> u64 {
        (1 << self.set_bits()) - 1
    }

    #[inline]
    pub(super) fn key(self, number: u64, slot: u64, set: u32) -> u64 {
        let set = u64::from(set).min(self.elsewhere());
        number << ROW | slot << self.set_bits() | set
    }

    /// The lowest bits of the number.
    #[inline]
    pub(super) fn part_of(key: u64) -> u64 {
        key >> ROW
    }

    #[inline]
    pub(super) fn slot_of(self, key: u64) -> u64 {
        key << LOW >> (u64::BITS - self.slot)
    }

    /// `None`: it is elsewhere.
    #[inline]
    pub(super) fn set_of(self, key: u64) -> Option<u32> {
        let set = key & self.elsewhere();
        (set < self.elsewhere()).then_some(set as u32)
    }
}

//! Pieces of memory that pass from what is read to what is kept.

/// Bytes of a segment.
pub(super) const SEGMENT: usize = 2048;

/// A piece of memory: keys while a file is read, numbers of [`super::Intents`] afterwards.
pub(super) type Segment = Box<[u8; SEGMENT]>;

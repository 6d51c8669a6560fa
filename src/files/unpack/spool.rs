//! Where unpacked text goes: a temporary file that has no name and is gone with the program, within limits. What passes
//! here is what progress is told by, and where a person's stop is heard.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};

use tokio_util::sync::CancellationToken;

use super::Trouble;

/// More text than this is not unpacked.
const MOST: u64 = 16 << 30;
/// From here on text may not be larger than the archive by more than [`RATIO`].
const FREE: u64 = 64 << 20;
const RATIO: u64 = 200;
/// Bytes from one word of progress to the next.
const STEP: u64 = 1 << 18;

/// The most that an archive of so many bytes may unpack to.
pub(super) fn limit(packed: u64) -> u64 {
    packed.saturating_mul(RATIO).clamp(FREE, MOST)
}

/// The spool.
pub(in crate::files) struct Spool<'a> {
    out: io::BufWriter<File>,
    size: u64,
    limit: u64,
    stop: &'a CancellationToken,
    tell: &'a mut dyn FnMut(u64),
    told: u64,
}

impl fmt::Debug for Spool<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spool({} bytes)", self.size)
    }
}

impl<'a> Spool<'a> {
    /// A spool for the content of an archive of so many bytes. `tell` hears now and then how many were written.
    pub(super) fn new(
        packed: u64,
        stop: &'a CancellationToken,
        tell: &'a mut dyn FnMut(u64),
    ) -> io::Result<Self> {
        let out = io::BufWriter::with_capacity(1 << 18, tempfile::tempfile()?);
        Ok(Self { out, size: 0, limit: limit(packed), stop, tell, told: 0 })
    }

    /// Writes on.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(Trouble::TooLarge(format!(
                "its content is over {} MiB, more than an archive of its size can honestly hold",
                self.limit >> 20
            )));
        }
        if self.size - self.told >= STEP {
            if self.stop.is_cancelled() {
                return Err(Trouble::Stopped);
            }
            self.told = self.size;
            (self.tell)(self.size);
        }
        self.out.write_all(bytes).map_err(Trouble::Room)
    }

    /// The text and its size.
    pub(super) fn finish(self) -> Result<(File, u64), Trouble> {
        let size = self.size;
        let file = self.out.into_inner().map_err(|error| Trouble::Room(error.into_error()))?;
        Ok((file, size))
    }
}

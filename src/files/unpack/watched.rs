//! The packed file as its readers see it: once a person has stopped the unpacking, it cannot be read any further. So each
//! of them ends soon, those of other crates too, wherever they are.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use tokio_util::sync::CancellationToken;

/// A packed file, read by blocks.
pub(super) type Packed = BufReader<Watched>;

/// See the module.
#[derive(Debug)]
pub(super) struct Watched {
    file: File,
    stop: CancellationToken,
}

impl Watched {
    /// By blocks of 256 KiB, which is also how often the stop is looked at.
    pub(super) fn buffered(file: File, stop: &CancellationToken) -> Packed {
        BufReader::with_capacity(1 << 18, Self { file, stop: stop.clone() })
    }

    /// The same file for another reader, after this one: they share their place in it.
    pub(super) fn again(&self) -> io::Result<Packed> {
        Ok(Self::buffered(self.file.try_clone()?, &self.stop))
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Not `Interrupted`, which means: try again.
        if self.stop.is_cancelled() { Err(io::Error::other("stopped")) } else { self.file.read(buffer) }
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

//! The bytes of a stretch of a file, read once for all who need them: those who look at records, and those who look at
//! bytes. So what is said of the one is said of the same bytes as what is said of the other.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::source::{Bytes, fill};

/// Buffers that are kept at the most.
const KEPT: usize = 8;

/// Buffers that blocks and their like are read into, again and again: what is given back to the system has to be cleared by
/// it before it is given out anew.
#[derive(Debug)]
pub(super) struct Pool<T> {
    free: Mutex<Vec<Vec<T>>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { free: Mutex::new(Vec::new()) }
    }
}

impl<T> Pool<T> {
    /// A buffer with whatever it was given back with in it.
    pub(super) fn take(&self) -> Vec<T> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn give(&self, buffer: Vec<T>) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(buffer);
        }
    }
}

/// Bytes of a file, from one place on.
#[derive(Debug)]
pub(super) struct Block {
    from: u64,
    bytes: Vec<u8>,
    home: Arc<Pool<u8>>,
}

impl Block {
    /// Reads `from..end`. An end before its time is an [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn read<B: Bytes + ?Sized>(
        file: &B,
        from: u64,
        end: u64,
        home: &Arc<Pool<u8>>,
    ) -> io::Result<Arc<Self>> {
        let length = usize::try_from(end.saturating_sub(from)).map_err(io::Error::other)?;
        let mut bytes = home.take();
        bytes.resize(length, 0);
        if fill(file, from, &mut bytes)? < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Arc::new(Self { from, bytes, home: Arc::clone(home) }))
    }

    /// All of them.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Those from a place of the file on; `None` where that is no place in the block.
    pub(super) fn from(&self, at: u64) -> Option<&[u8]> {
        self.bytes.get(usize::try_from(at.checked_sub(self.from)?).ok()?..)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.home.give(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_bytes_and_leaves_its_buffer_to_the_next() {
        let (file, home) = (b"0123456789".as_slice(), Arc::default());
        let block = Block::read(file, 2, 6, &home).unwrap();
        assert_eq!((block.bytes(), block.from(4)), (&b"2345"[..], Some(&b"45"[..])));
        assert_eq!((block.from(1), block.from(6), block.from(7)), (None, Some(&b""[..]), None));
        drop(block);
        assert_eq!(Block::read(file, 8, 10, &home).unwrap().bytes(), b"89");
        assert_eq!(home.take().len(), 2);
        let short = Block::read(file, 8, 11, &home).unwrap_err();
        assert_eq!(short.kind(), io::ErrorKind::UnexpectedEof);
    }
}

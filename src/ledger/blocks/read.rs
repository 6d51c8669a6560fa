//! Reading such a file, all of it or a part: every block is verified before a row of it is believed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{BLOCK, LINE, Line, Row, TRAILER, whole};
use crate::ledger::error::{Error, damaged};

/// An open file whose index fits its digest. Blocks are verified as they are read.
pub(in crate::ledger) struct Blocks<R> {
    file: File,
    name: String,
    lines: Vec<Line>,
    offsets: Vec<u64>,
    rows: u32,
    row: PhantomData<R>,
}

impl<R: Row> Blocks<R> {
    /// Opens a file. A file that is missing, cut, or not the one the digest stands for is damage.
    pub(in crate::ledger) fn open(path: &Path, digest: &str) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let broken = || damaged(format!("{name} is not what was written"));
        let mut file = File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => damaged(format!("{name} is missing")),
            // Of too many open files, or a mode that keeps us out, nothing is damaged.
            _ => Error::Unwritable { detail: format!("{name} cannot be read: {e}") },
        })?;
        let size = file.metadata().map_err(|_| broken())?.len();

        let mut head = [0; 12];
        read(&mut file, 0, &mut head).map_err(|_| broken())?;
        let header = u64::from(u32_at(&head, 8).ok_or_else(broken)?);
        let mut trailer = [0; TRAILER];
        let trailer_at = size.checked_sub(TRAILER as u64).ok_or_else(broken)?;
        read(&mut file, trailer_at, &mut trailer).map_err(|_| broken())?;
        let index_at = u64_at(&trailer, 0).ok_or_else(broken)?;
        let blocks = u32_at(&trailer, 8).ok_or_else(broken)?;
        let index = trailer_at.checked_sub(index_at).ok_or_else(broken)?;
        let sound = head[..8] == R::MAGIC
            && trailer[12..] == R::MAGIC
            && index == u64::from(blocks) * LINE as u64
            && 12 + header <= index_at;
        if !sound {
            return Err(broken());
        }

        let mut header = vec![0; header as usize];
        read(&mut file, 12, &mut header).map_err(|_| broken())?;
        let mut index = vec![0; index as usize];
        read(&mut file, index_at, &mut index).map_err(|_| broken())?;
        let lines: Vec<Line> = index.chunks_exact(LINE).filter_map(line).collect();
        let mut offsets = Vec::with_capacity(lines.len());
        let mut offset = 12 + header.len() as u64;
        for line in &lines {
            offsets.push(offset);
            offset += u64::from(line.bytes);
        }
        if offset != index_at || whole::<R>(&header, &lines) != digest {
            return Err(broken());
        }
        let rows = lines.iter().map(|line| u64::from(line.rows)).sum::<u64>();
        let rows = u32::try_from(rows).map_err(|_| broken())?;
        Ok(Self { file, name, lines, offsets, rows, row: PhantomData })
    }

    /// Rows in all.
    pub(in crate::ledger) fn len(&self) -> u32 {
        self.rows
    }

    /// Calls `each` with the rows of every block, in order.
    pub(in crate::ledger) fn each(&mut self, mut each: impl FnMut(R)) -> Result<(), Error> {
        for block in 0..self.lines.len() {
            self.block(block)?.into_iter().for_each(&mut each);
        }
        Ok(())
    }

    /// All rows in order, a block of them in memory at a time. Ends with the first error.
    pub(in crate::ledger) fn rows(self) -> Each<R> {
        Each { file: self, next: 0, here: Vec::new().into_iter() }
    }

    /// The row with this key that is meant, and its index. Rows of one key may fill several blocks.
    pub(in crate::ledger) fn find(
        &mut self,
        key: u64,
        is_it: impl Fn(&R) -> bool,
    ) -> Result<Option<(u32, R)>, Error> {
        let end = self.lines.partition_point(|line| line.key <= key);
        // The block before the first of this key may end with it.
        let start = self.lines.partition_point(|line| line.key < key).saturating_sub(1);
        for block in start..end {
            let first = (block * BLOCK) as u32;
            let mut rows = self.block(block)?.into_iter().zip(first..);
            if let Some((row, index)) = rows.find(|(row, _)| row.key() == key && is_it(row)) {
                return Ok(Some((index, row)));
            }
        }
        Ok(None)
    }

    /// Rows with these indices, which must be sorted: each block is read once at most.
    pub(in crate::ledger) fn pick(&mut self, indices: &[u32]) -> Result<Vec<(u32, R)>, Error> {
        let mut picked = Vec::with_capacity(indices.len());
        for group in indices.chunk_by(|a, b| *a as usize / BLOCK == *b as usize / BLOCK) {
            let block = group[0] as usize / BLOCK;
            if block >= self.lines.len() || group.iter().any(|index| *index >= self.rows) {
                return Err(damaged(format!("{} has fewer rows than the ledger speaks of", self.name)));
            }
            let first = (block * BLOCK) as u32;
            let rows = self.block(block)?;
            picked.extend(
                rows.into_iter()
                    .zip(first..)
                    .filter(|(_, i)| group.binary_search(i).is_ok())
                    .map(|(row, i)| (i, row)),
            );
        }
        Ok(picked)
    }

    /// The rows of one block, of which there may be none.
    pub(in crate::ledger) fn nth(&mut self, block: usize) -> Result<Vec<R>, Error> {
        if block < self.lines.len() { self.block(block) } else { Ok(Vec::new()) }
    }

    fn block(&mut self, block: usize) -> Result<Vec<R>, Error> {
        let broken = || damaged(format!("{} is not what was written", self.name));
        let (line, offset) = (&self.lines[block], self.offsets[block]);
        let mut bytes = vec![0; line.bytes as usize];
        read(&mut self.file, offset, &mut bytes).map_err(|_| broken())?;
        if Sha256::digest(&bytes).as_slice() != line.hash.as_slice() {
            return Err(broken());
        }
        R::decode(&bytes, line.rows as usize)
    }
}

/// Every row of a file, in order.
pub(in crate::ledger) struct Each<R> {
    file: Blocks<R>,
    next: usize,
    here: std::vec::IntoIter<R>,
}

impl<R: Row> Iterator for Each<R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.here.next() {
                return Some(Ok(row));
            }
            if self.next >= self.file.lines.len() {
                return None;
            }
            match self.file.block(self.next) {
                Ok(rows) => (self.here, self.next) = (rows.into_iter(), self.next + 1),
                Err(error) => {
                    self.next = usize::MAX;
                    return Some(Err(error));
                }
            }
        }
    }
}

fn read(file: &mut File, at: u64, into: &mut [u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(into)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn line(bytes: &[u8]) -> Option<Line> {
    Some(Line {
        key: u64_at(bytes, 0)?,
        rows: u32_at(bytes, 8)?,
        bytes: u32_at(bytes, 12)?,
        hash: bytes.get(16..LINE)?.try_into().ok()?,
    })
}

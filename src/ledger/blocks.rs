//! Sorted rows in a file, in blocks that are each hashed. One digest stands for all of it, and any part can be read and
//! verified alone: a look-up in ten million rows reads the index and one block.
//!
//! ```text
//! magic · header length (u32) · header · block … block · index · index offset (u64) · blocks (u32) · magic
//! index = per block: first key (u64) · rows (u32) · bytes (u32) · SHA-256
//! digest = SHA-256 of magic, header and each block's first key, rows and hash
//! ```

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::codec::hex;
use super::error::{Error, damaged};
use super::folder::write_whole;

/// Rows of a block; only the last one has fewer.
const BLOCK: usize = 4_096;

/// Bytes of one line of the index, and of what follows the index.
const LINE: usize = 48;
const TRAILER: usize = 20;

/// A row that such a file can hold.
pub(super) trait Row: Sized {
    /// First and last bytes of a file of such rows: what it is, and the version of its form.
    const MAGIC: [u8; 8];

    /// What the rows are sorted by.
    fn key(&self) -> u64;

    /// The one form of these rows.
    fn encode(rows: &[Self], out: &mut Vec<u8>);

    /// The inverse of [`Row::encode`].
    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error>;
}

struct Line {
    key: u64,
    rows: u32,
    bytes: u32,
    hash: [u8; 32],
}

/// Digest that a file of these rows has.
pub(super) fn digest<R: Row>(header: &[u8], rows: &[R]) -> String {
    let mut lines = Vec::new();
    let _ = encode(rows, |_, line| {
        lines.push(line);
        Ok(())
    });
    whole::<R>(header, &lines)
}

/// Writes the file and returns its digest.
pub(super) fn write<R: Row>(path: &Path, header: &[u8], rows: &[R]) -> Result<String, Error> {
    let mut lines = Vec::new();
    write_whole(path, |file| {
        let mut out = BufWriter::new(file);
        out.write_all(&R::MAGIC)?;
        out.write_all(&(header.len() as u32).to_le_bytes())?;
        out.write_all(header)?;
        let mut offset = (R::MAGIC.len() + 4 + header.len()) as u64;
        encode(rows, |bytes, line| {
            offset += bytes.len() as u64;
            lines.push(line);
            out.write_all(bytes)
        })?;
        kill_point!("K4");
        for line in &lines {
            out.write_all(&line.key.to_le_bytes())?;
            out.write_all(&line.rows.to_le_bytes())?;
            out.write_all(&line.bytes.to_le_bytes())?;
            out.write_all(&line.hash)?;
        }
        out.write_all(&offset.to_le_bytes())?;
        out.write_all(&(lines.len() as u32).to_le_bytes())?;
        out.write_all(&R::MAGIC)?;
        out.flush()
    })?;
    Ok(whole::<R>(header, &lines))
}

fn encode<R: Row>(
    rows: &[R],
    mut each: impl FnMut(&[u8], Line) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    for block in rows.chunks(BLOCK) {
        bytes.clear();
        R::encode(block, &mut bytes);
        let hash = Sha256::digest(&bytes).into();
        let line = Line { key: block[0].key(), rows: block.len() as u32, bytes: bytes.len() as u32, hash };
        each(&bytes, line)?;
    }
    Ok(())
}

fn whole<R: Row>(header: &[u8], lines: &[Line]) -> String {
    let mut hash = Sha256::new();
    hash.update(R::MAGIC);
    hash.update((header.len() as u64).to_le_bytes());
    hash.update(header);
    for line in lines {
        hash.update(line.key.to_le_bytes());
        hash.update(line.rows.to_le_bytes());
        hash.update(line.hash);
    }
    hex(&hash.finalize())
}

/// An open file whose index fits its digest. Blocks are verified as they are read.
pub(super) struct Blocks<R> {
    file: File,
    name: String,
    lines: Vec<Line>,
    offsets: Vec<u64>,
    rows: u32,
    row: PhantomData<R>,
}

impl<R: Row> Blocks<R> {
    /// Opens a file. A file that is missing, cut, or not the one the digest stands for is damage.
    pub(super) fn open(path: &Path, digest: &str) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let broken = || damaged(format!("{name} is not what was written"));
        let mut file = File::open(path).map_err(|e| damaged(format!("{name} cannot be read: {e}")))?;
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
    pub(super) fn len(&self) -> u32 {
        self.rows
    }

    /// Calls `each` with the rows of every block, in order.
    pub(super) fn each(&mut self, mut each: impl FnMut(R)) -> Result<(), Error> {
        for block in 0..self.lines.len() {
            self.block(block)?.into_iter().for_each(&mut each);
        }
        Ok(())
    }

    /// The row with this key that is meant, and its index. Rows of one key may fill several blocks.
    pub(super) fn find(&mut self, key: u64, is_it: impl Fn(&R) -> bool) -> Result<Option<(u32, R)>, Error> {
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
    pub(super) fn pick(&mut self, indices: &[u32]) -> Result<Vec<(u32, R)>, Error> {
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

//! Sorted rows in a file, in blocks that are each hashed. One digest stands for all of it, and any part can be read and
//! verified alone: a look-up in ten million rows reads the index and one block. Rows are written as they come, so no file
//! is ever in memory as a whole.
//!
//! ```text
//! magic · header length (u32) · header · block … block · index · index offset (u64) · blocks (u32) · magic
//! index = per block: first key (u64) · rows (u32) · bytes (u32) · SHA-256
//! digest = SHA-256 of magic, header and each block's first key, rows and hash
//! ```

mod read;
mod write;

use sha2::{Digest as _, Sha256};

use super::codec::hex;
use super::error::Error;

pub(super) use read::Blocks;
pub(super) use write::{Writer, Written};

/// Rows of a block; only the last one has fewer.
pub(super) const BLOCK: usize = 4_096;

/// Bytes of one line of the index, and of what follows the index.
const LINE: usize = 48;
const TRAILER: usize = 20;

/// What has one form as bytes, many at a time.
pub trait Coded: Sized {
    /// Appends that form of these.
    fn encode(rows: &[Self], out: &mut Vec<u8>);

    /// The inverse of [`Coded::encode`]. What does not fit is damage, never a panic.
    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error>;
}

/// A row that such a file can hold.
pub trait Row: Coded {
    /// First and last bytes of a file of such rows: what it is, and the version of its form.
    const MAGIC: [u8; 8];

    /// What the rows are sorted by.
    fn key(&self) -> u64;
}

struct Line {
    key: u64,
    rows: u32,
    bytes: u32,
    hash: [u8; 32],
}

impl Line {
    fn of<R: Row>(rows: &[R], bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes).into();
        let key = rows.first().map_or(0, R::key);
        Self { key, rows: rows.len() as u32, bytes: bytes.len() as u32, hash }
    }
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

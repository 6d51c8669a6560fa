//! Reads a file on every core, and beside it everything that the bytes say without looking at records.
//!
//! ```text
//! readers ─▶ blocks of bytes ┬─▶ records ─▶ chunks, in the order of the file
//!                            └─▶ digest, lines
//! ```
//!
//! Each byte of a stretch is read once, so that the digest is that of the very bytes which the rows were read from. Read
//! twice are the rest of a record behind its stretch, and a stretch whose start was guessed wrong; that the file did not
//! change in between, [`Source::ensure_unchanged`] says.
//!
//! [`Source::ensure_unchanged`]: crate::files::source::Source::ensure_unchanged

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::ScopedJoinHandle;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::chunk::{Chunk, ChunkReader};
use crate::domain::text::hex;
use crate::files::block::Block;
use crate::files::ranges::MOST_NUMBERS;
use crate::files::scan::{LineCount, READ};
use crate::files::stretches::{self, Cut, Halt, Span, step_back};
use crate::files::{Document, FileError};

/// What the bytes say without looking at records.
pub(super) struct Bytes {
    /// SHA-256 of the file, lower-case hex.
    pub(super) sha256: String,
    /// Line endings between the start and the end of the data.
    pub(super) lines: u64,
}

/// How a file is read.
pub(super) struct Plan {
    pub(super) cut: Cut,
    /// Rows that nothing has to be said about are read the quick way; `false` is for the test that compares.
    pub(super) quick: bool,
    /// Numbers that a file with ranges may hold.
    pub(super) most_numbers: u64,
}

impl Plan {
    /// On every core.
    pub(super) fn usual() -> Self {
        Self { cut: Cut::usual(), quick: true, most_numbers: MOST_NUMBERS }
    }
}

/// Reads the data of `document` and hands it to `join` stretch by stretch, in order. `reader` makes one reader a thread.
pub(super) fn read<'a>(
    document: &'a Document,
    plan: &Plan,
    reader: &(dyn Fn() -> ChunkReader<'a> + Sync),
    stop: &CancellationToken,
    join: &mut dyn FnMut(Chunk),
) -> Result<Bytes, FileError> {
    let halt = AtomicBool::new(false);
    let source = document.source();
    let go_on =
        || if stop.is_cancelled() || halt.load(Ordering::Relaxed) { Err(FileError::Stopped) } else { Ok(()) };
    std::thread::scope(|scope| {
        let (send, blocks) = sync_channel(plan.cut.threads);
        let counter = scope.spawn(|| of_data(document, blocks, &go_on));
        // What is stored is not what is read: nobody else sees its bytes.
        let packed = source.packed().map(|(file, size)| {
            scope.spawn(move || {
                step_back();
                let mut digest = Sha256::new();
                hash(document, file, 0..size, &mut digest, &go_on).map(|()| digest)
            })
        });
        let home = Arc::default();
        let read_block = move |at: u64, place: Range<u64>| {
            let block = Block::read(source.file(), place.start, place.end, &home)?;
            kill_point!("K3");
            // Nobody listens any more where something went wrong, which is told there.
            let _ = send.send((at, Arc::clone(&block)));
            Ok(block)
        };
        let likely_start = |from, end| document.likely_start(from, end);
        let span = Span {
            start: document.start(),
            end: document.end(),
            likely_start: &likely_start,
            blocks: Some(&read_block),
        };
        let result = stretches::read(&span, plan.cut, reader, stop, &halt, join);
        drop(read_block);
        let data = join_thread(counter);
        let packed = packed.map(join_thread);
        result.map_err(|halt| match halt {
            Halt::Stopped => FileError::Stopped,
            Halt::Io(error) => source.error(error),
        })?;
        let (digest, lines) = data?;
        let digest = packed.unwrap_or(Ok(digest))?;
        Ok(Bytes { sha256: hex(&digest.finalize()), lines })
    })
}

/// The digest of the whole file that is read, and the lines of its data, from the blocks of the data in any order.
fn of_data(
    document: &Document,
    blocks: Receiver<(u64, Arc<Block>)>,
    go_on: &dyn Fn() -> Result<(), FileError>,
) -> Result<(Sha256, u64), FileError> {
    step_back();
    let source = document.source();
    let (start, end, size) = (document.start().at, document.end(), source.size());
    let (mut digest, mut lines) = (Sha256::new(), LineCount::new(document.width()));
    let is_stored = source.packed().is_none();
    let around = |place, digest: &mut Sha256| match is_stored {
        true => hash(document, source.file(), place, digest, go_on),
        false => Ok(()),
    };
    around(0..start, &mut digest)?;
    let (mut early, mut next, mut here) = (BTreeMap::new(), 0, start);
    for (at, block) in blocks {
        early.insert(at, block);
        while let Some(block) = early.remove(&next) {
            lines.add(block.bytes());
            if is_stored {
                digest.update(block.bytes());
            }
            here += block.bytes().len() as u64;
            next += 1;
        }
    }
    go_on()?;
    if here != end {
        // Whoever reads ended early, and says why.
        return Err(FileError::Stopped);
    }
    around(end..size, &mut digest)?;
    Ok((digest, lines.lines()))
}

/// Lets bytes of a file run through a digest.
fn hash(
    document: &Document,
    file: &File,
    place: Range<u64>,
    digest: &mut Sha256,
    go_on: &dyn Fn() -> Result<(), FileError>,
) -> Result<(), FileError> {
    let home = Arc::default();
    for from in place.clone().step_by(READ) {
        go_on()?;
        let block = Block::read(file, from, place.end.min(from + READ as u64), &home);
        digest.update(block.map_err(|error| document.source().error(error))?.bytes());
    }
    Ok(())
}

fn join_thread<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

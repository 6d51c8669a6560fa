//! Reads a file on every core: stretches of it at once, joined in the order of the file.
//!
//! ```text
//! hasher   ───────────────────────────────▶ digest, lines
//! reader 1 ─▶ stretch 0 ─▶ stretch 2 ─▶ …  ┐
//! reader 2 ─▶ stretch 1 ─▶ stretch 3 ─▶ …  ┴▶ join: does it begin where the one before it ended? else read it again
//! ```
//!
//! Only the bytes before a stretch tell for sure where its first record begins, so a reader guesses, and a stretch whose
//! guess was wrong is thrown away and read from the right place. What comes out is what one reader would have read.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::chunk::{Chunk, ChunkReader};
use crate::files::ranges::MOST_NUMBERS;
use crate::files::scan::{Checkpoint, READ, Width, Window};
use crate::files::{Document, FileError};

/// Bytes of a stretch. Even, so that it holds whole units of UTF-16.
const STRETCH: u64 = 1 << 20;

/// What the bytes say without looking at records.
pub(super) struct Bytes {
    /// SHA-256 of the file, lower-case hex.
    pub(super) sha256: String,
    /// Line endings between the start and the end of the data.
    pub(super) lines: u64,
}

/// How a file is read.
pub(super) struct Plan {
    pub(super) threads: usize,
    pub(super) stretch: u64,
    /// Rows that nothing has to be said about are read the quick way; `false` is for the test that compares.
    pub(super) quick: bool,
    /// Numbers that a file with ranges may hold.
    pub(super) most_numbers: u64,
}

impl Plan {
    /// On every core.
    pub(super) fn usual() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { threads, stretch: STRETCH, quick: true, most_numbers: MOST_NUMBERS }
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
    let (start, end) = (document.start().at, document.end());
    let count = (end - start).div_ceil(plan.stretch).max(1);
    let next = AtomicU64::new(0);
    let halt = AtomicBool::new(false);
    let limit = |at: u64| (start + (at + 1) * plan.stretch).min(end);
    let threads = plan.threads.clamp(1, usize::try_from(count).unwrap_or(usize::MAX));
    let (send, receive) = sync_channel(threads * 2);

    std::thread::scope(|scope| {
        let hasher = scope.spawn(|| hash(document, stop, &halt));
        for _ in 0..threads {
            let send = send.clone();
            scope.spawn({
                let (next, halt) = (&next, &halt);
                move || {
                    step_back();
                    let mut reader = reader();
                    while !halt.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= count {
                            break;
                        }
                        let read =
                            guess(document, start + at * plan.stretch, at, limit(at), &mut reader, stop);
                        let failed = read.is_err();
                        if send.send((at, read)).is_err() || failed {
                            break;
                        }
                    }
                }
            });
        }
        drop(send);
        let mut joined = Joined { place: document.start(), document, stop, reader: None, make: reader };
        let (mut early, mut wanted) = (BTreeMap::new(), 0);
        let mut read_all = || -> Result<(), FileError> {
            while wanted < count {
                let Ok((at, read)) = receive.recv() else { break };
                early.insert(at, read?);
                while let Some(chunk) = early.remove(&wanted) {
                    joined.take(chunk, limit(wanted), join)?;
                    wanted += 1;
                }
            }
            Ok(())
        };
        let result = read_all();
        if result.is_err() {
            halt.store(true, Ordering::Relaxed);
        }
        // Readers that wait to hand over what nobody wants any more.
        drop(receive);
        let bytes = match hasher.join() {
            Ok(bytes) => bytes,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        result?;
        bytes
    })
}

/// A stretch as it reads from a likely start; `None` where no record seems to begin in it.
fn guess(
    document: &Document,
    from: u64,
    at: u64,
    end: u64,
    reader: &mut ChunkReader<'_>,
    stop: &CancellationToken,
) -> Result<Option<Chunk>, FileError> {
    let io = |error| document.source().error(error);
    let start = match at {
        0 => document.start(),
        _ => match document.likely_start(from, end).map_err(io)? {
            Some(start) => Checkpoint::start(start, 1),
            None => return Ok(None),
        },
    };
    match reader.read(start, end, stop).map_err(io)? {
        Some(chunk) => Ok(Some(chunk)),
        None => Err(FileError::Stopped),
    }
}

/// Where the joined stretches have come to.
struct Joined<'a, 'r> {
    place: Checkpoint,
    document: &'a Document,
    stop: &'r CancellationToken,
    reader: Option<ChunkReader<'a>>,
    make: &'r (dyn Fn() -> ChunkReader<'a> + Sync),
}

impl Joined<'_, '_> {
    fn take(&mut self, chunk: Option<Chunk>, end: u64, join: &mut dyn FnMut(Chunk)) -> Result<(), FileError> {
        let chunk = match chunk {
            Some(chunk) if chunk.from.leads_like(&self.place) => chunk,
            // A record went on over the whole stretch.
            _ if self.place.at >= end => return Ok(()),
            _ => {
                let reader = self.reader.get_or_insert_with(self.make);
                let read = reader.read(self.place, end, self.stop);
                let read = read.map_err(|error| self.document.source().error(error))?;
                read.ok_or(FileError::Stopped)?
            }
        };
        let lines = chunk.to.line - chunk.from.line;
        self.place = chunk.to.on_line(self.place.line + lines);
        join(chunk);
        if self.stop.is_cancelled() { Err(FileError::Stopped) } else { Ok(()) }
    }
}

/// The digest of the whole file as stored, and the lines of its data.
fn hash(document: &Document, stop: &CancellationToken, halt: &AtomicBool) -> Result<Bytes, FileError> {
    step_back();
    let source = document.source();
    let (start, end, size) = (document.start().at, document.end(), source.size());
    let run = |window: &mut Window<'_, File>| -> Result<(), FileError> {
        while !window.is_last() {
            if stop.is_cancelled() || halt.load(Ordering::Relaxed) {
                return Err(FileError::Stopped);
            }
            window.grow().map_err(|error| source.error(error))?;
            let units = window.units().len();
            window.advance(units);
        }
        Ok(())
    };
    let mut digest = Sha256::new();
    let lines = match source.packed() {
        Some((file, size)) => {
            let mut stored = Window::new(file, Width::One, 0, size, READ * 2);
            stored.hash_into(digest);
            run(&mut stored)?;
            digest = stored.take_digest().unwrap_or_default();
            let mut text = Window::new(source.file(), document.width(), start, end, READ * 2);
            text.count_only();
            run(&mut text)?;
            text.lines()
        }
        None => {
            let mut lines = 0;
            for (from, to) in [(0, start), (start, end), (end, size)] {
                let mut window = Window::new(source.file(), document.width(), from, to, READ * 2);
                window.hash_into(digest);
                run(&mut window)?;
                if (from, to) == (start, end) {
                    lines = window.lines();
                }
                digest = window.take_digest().unwrap_or_default();
            }
            lines
        }
    };
    let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Bytes { sha256, lines })
}

/// Lets the screen go first: this thread gets a processor when nobody else needs it.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        // Linux keeps the priority by thread. Where it may not be changed the work is done all the same.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10);
    }
}

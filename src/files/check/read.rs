//! Reads a file on every core, and beside it everything that the bytes say without looking at records.
//!
//! ```text
//! hasher     ───────────▶ digest, lines
//! stretches  ───────────▶ chunks, in the order of the file
//! ```

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::chunk::{Chunk, ChunkReader};
use crate::domain::text::hex;
use crate::files::ranges::MOST_NUMBERS;
use crate::files::scan::{READ, Width, Window};
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
    let likely_start = |from, end| document.likely_start(from, end);
    let span = Span { start: document.start(), end: document.end(), likely_start: &likely_start };
    std::thread::scope(|scope| {
        let hasher = scope.spawn(|| hash(document, stop, &halt));
        let result = stretches::read(&span, plan.cut, reader, stop, &halt, join);
        let bytes = match hasher.join() {
            Ok(bytes) => bytes,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        result.map_err(|halt| match halt {
            Halt::Stopped => FileError::Stopped,
            Halt::Io(error) => document.source().error(error),
        })?;
        bytes
    })
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
    let sha256 = hex(&digest.finalize());
    Ok(Bytes { sha256, lines })
}

//! Any row by its number, without holding the file: one checkpoint for every so many rows. Built on every core.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use super::document::IndexState;
use super::scan::{Checkpoint, Scanner};
use super::source::Bytes;
use super::stretches::{self, Cut, Halt, Reader, Span, Stretch, Task};

/// Rows from one checkpoint to the next, in a stretch: 48 bytes each, so about 0.09 bytes a row.
const EVERY: u64 = 512;
/// Steps between two looks at the stop token; each is one piece, or as many lines as from one checkpoint to the next.
const STEP: u64 = 256;

/// A place, and how many data rows stand before it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    rows: u64,
    place: Checkpoint,
}

/// The index. Readers and the one builder share it.
#[derive(Debug)]
pub(super) struct Index {
    rows: AtomicU64,
    bytes: AtomicU64,
    complete: AtomicBool,
    marks: RwLock<Vec<Mark>>,
    /// Where the next builder goes on.
    building: Mutex<Mark>,
}

impl Index {
    /// An index that knows the first row only.
    pub(super) fn new(start: Checkpoint) -> Self {
        let first = Mark { rows: 0, place: start };
        Self {
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(start.at),
            complete: AtomicBool::new(false),
            marks: RwLock::new(vec![first]),
            building: Mutex::new(first),
        }
    }

    /// A copy for gauges.
    pub(super) fn state(&self, total_bytes: u64) -> IndexState {
        // Read first: whoever sees it set sees the final counts.
        let complete = self.complete.load(Ordering::Acquire);
        let bytes = if complete { total_bytes } else { self.bytes.load(Ordering::Relaxed) };
        IndexState { rows: self.rows.load(Ordering::Relaxed), bytes, total_bytes, complete }
    }

    /// The last known checkpoint at or before data row `row` (from 1), and the number of rows before it.
    pub(super) fn before(&self, row: u64) -> (Checkpoint, u64) {
        self.last(|mark| mark.rows < row.max(1))
    }

    /// The last known checkpoint at or before a byte, and the number of rows before it.
    pub(super) fn before_byte(&self, byte: u64) -> (Checkpoint, u64) {
        self.last(|mark| mark.place.at <= byte)
    }

    fn last(&self, is_before: impl Fn(&Mark) -> bool) -> (Checkpoint, u64) {
        let marks = self.marks.read().unwrap_or_else(PoisonError::into_inner);
        let mark = marks[marks.partition_point(is_before).saturating_sub(1)];
        (mark.place, mark.rows)
    }

    /// Scans on from where the last builder ended to the end at `end`. A second builder waits for the first.
    pub(super) fn build<'a, B: Bytes + ?Sized + 'a>(
        &self,
        scanner: &(dyn Fn(Checkpoint) -> Scanner<'a, B> + Sync),
        likely_start: &(dyn Fn(u64, u64) -> io::Result<Option<u64>> + Sync),
        (end, cut): (u64, Cut),
        stop: &CancellationToken,
        progress: &mut dyn FnMut(),
    ) -> Result<(), Halt> {
        let mut here = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if self.complete.load(Ordering::Acquire) {
            return Ok(());
        }
        let span = Span { start: here.place, end, likely_start, blocks: None };
        let make = || Counter { scanner };
        let halt = AtomicBool::new(false);
        stretches::read(&span, cut, &make, stop, &halt, &mut |counted: Counted| {
            self.publish(&mut here, &counted);
            progress();
        })?;
        self.complete.store(true, Ordering::Release);
        progress();
        Ok(())
    }

    /// Takes in a stretch that begins at `here`.
    fn publish(&self, here: &mut Mark, counted: &Counted) {
        let moved = |mark: &Mark| Mark {
            rows: here.rows + mark.rows,
            place: mark.place.on_line(here.place.line + (mark.place.line - counted.from.line)),
        };
        let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
        marks.extend(counted.marks.iter().map(moved));
        drop(marks);
        *here = moved(&Mark { rows: counted.rows, place: counted.to });
        self.rows.fetch_max(here.rows, Ordering::Relaxed);
        self.bytes.fetch_max(here.place.at, Ordering::Relaxed);
    }
}

/// The rows of a stretch; rows and lines count from its own start.
struct Counted {
    from: Checkpoint,
    to: Checkpoint,
    rows: u64,
    marks: Vec<Mark>,
}

impl Counted {
    /// Takes in rows that follow each other from `here`, at most up to the next checkpoint.
    fn take(&mut self, here: Checkpoint, rows: u64) {
        if rows > 0 && self.rows.is_multiple_of(EVERY) {
            self.marks.push(Mark { rows: self.rows, place: here });
        }
        self.rows += rows;
    }
}

impl Stretch for Counted {
    fn ends(&self) -> (Checkpoint, Checkpoint) {
        (self.from, self.to)
    }
}

struct Counter<'s, 'a, B: ?Sized> {
    scanner: &'s (dyn Fn(Checkpoint) -> Scanner<'a, B> + Sync),
}

impl<B: Bytes + ?Sized> Reader for Counter<'_, '_, B> {
    type Stretch = Counted;

    fn read(&mut self, task: &Task<'_>) -> io::Result<Option<Counted>> {
        let Task { from, end, stop, .. } = *task;
        let mut scanner = (self.scanner)(from);
        let mut counted = Counted { from, to: from, rows: 0, marks: Vec::new() };
        for step in 1.. {
            let here = scanner.place();
            if here.at >= end {
                break;
            }
            let most = EVERY - counted.rows % EVERY;
            let lines = scanner.count_lines(end, most);
            counted.take(here, lines);
            let here = scanner.place();
            // Where they end before the next checkpoint, what stands behind them has to be looked at.
            if lines < most && here.at < end {
                let Some(piece) = scanner.next()? else { break };
                counted.take(here, u64::from(!piece.blank));
            }
            if step % STEP == 0 && stop.is_cancelled() {
                return Ok(None);
            }
        }
        counted.to = scanner.place();
        Ok(Some(counted))
    }
}

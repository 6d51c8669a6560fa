//! Any row by its number, without holding the file: one checkpoint for every so many rows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use super::document::IndexState;
use super::scan::{Checkpoint, Scanner};
use super::source::Bytes;

/// Rows from one checkpoint to the next: 40 bytes each, so about 0.16 bytes a row.
pub(super) const EVERY: u64 = 256;
/// Rows between two looks at the stop token.
const STEP: u64 = 4096;

/// The index. Readers and the one builder share it.
#[derive(Debug)]
pub(super) struct Index {
    rows: AtomicU64,
    bytes: AtomicU64,
    complete: AtomicBool,
    checkpoints: RwLock<Vec<Checkpoint>>,
    building: Mutex<()>,
}

/// Why building ended early.
#[derive(Debug)]
pub(super) enum Halt {
    Stopped,
    Io(std::io::Error),
}

impl Index {
    /// An index that knows the first row only.
    pub(super) fn new(start: Checkpoint) -> Self {
        Self {
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(start.at),
            complete: AtomicBool::new(false),
            checkpoints: RwLock::new(vec![start]),
            building: Mutex::new(()),
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
        let checkpoints = self.checkpoints.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = usize::try_from(row.saturating_sub(1) / EVERY).unwrap_or(usize::MAX);
        let at = wanted.min(checkpoints.len() - 1);
        (checkpoints[at], at as u64 * EVERY)
    }

    /// The last known checkpoint at or before a byte, and the number of rows before it.
    pub(super) fn before_byte(&self, byte: u64) -> (Checkpoint, u64) {
        let checkpoints = self.checkpoints.read().unwrap_or_else(PoisonError::into_inner);
        let at = checkpoints.partition_point(|checkpoint| checkpoint.at <= byte).saturating_sub(1);
        (checkpoints[at], at as u64 * EVERY)
    }

    /// Scans on from the last checkpoint to the end. A second builder waits for the first.
    pub(super) fn build<'a, B: Bytes + ?Sized + 'a>(
        &self,
        scanner: impl FnOnce(Checkpoint) -> Scanner<'a, B>,
        stop: &CancellationToken,
        progress: &mut dyn FnMut(),
    ) -> Result<(), Halt> {
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if self.complete.load(Ordering::Acquire) {
            return Ok(());
        }
        let (from, mut rows) = self.before(u64::MAX);
        // This one checkpoint, the last, is known already.
        let mut known = rows / EVERY + 1;
        let mut scanner = scanner(from);
        let mut found = Vec::new();
        let mut steps = 0_u64;
        loop {
            let here = scanner.place();
            let Some(piece) = scanner.next().map_err(Halt::Io)? else { break };
            if !piece.blank {
                if rows == known * EVERY {
                    found.push(here);
                    known += 1;
                }
                rows += 1;
            }
            steps += 1;
            if steps.is_multiple_of(STEP) {
                if stop.is_cancelled() {
                    return Err(Halt::Stopped);
                }
                self.publish(&mut found, rows, here.at);
                progress();
            }
        }
        let end = scanner.place().at;
        self.publish(&mut found, rows, end);
        self.complete.store(true, Ordering::Release);
        progress();
        Ok(())
    }

    fn publish(&self, found: &mut Vec<Checkpoint>, rows: u64, bytes: u64) {
        self.checkpoints.write().unwrap_or_else(PoisonError::into_inner).append(found);
        self.rows.fetch_max(rows, Ordering::Relaxed);
        self.bytes.fetch_max(bytes, Ordering::Relaxed);
    }
}

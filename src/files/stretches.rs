//! A file on every core: stretches of it are read at once and joined in the order of the file.
//!
//! ```text
//! reader 1 ─▶ stretch 0 ─▶ stretch 2 ─▶ …  ┐
//! reader 2 ─▶ stretch 1 ─▶ stretch 3 ─▶ …  ┴▶ join: does it begin where the one before it ended? else read it again
//! ```
//!
//! Only the bytes before a stretch tell for sure where its first record begins, so a reader guesses, and a stretch whose
//! guess was wrong is thrown away and read from the right place. What comes out is what one reader would have read.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::block::Block;
use super::scan::Checkpoint;

/// Bytes of a stretch. Even, so that it holds whole units of UTF-16.
const STRETCH: u64 = 1 << 20;

/// Stretches that are read or wait to be joined at the most, for each reader: where the next one takes its time, the others
/// wait for it, and memory does not fill with what stands behind it.
const AHEAD: usize = 4;

/// How a file is cut and shared out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) threads: usize,
    /// Bytes of a stretch, even.
    pub(super) stretch: u64,
}

impl Cut {
    /// For every core, with longer stretches of large files: what is made anew for each of them costs less then. For readers
    /// that hold little of a stretch.
    pub(super) fn of(bytes: u64) -> Self {
        Self { stretch: (bytes / 64).clamp(STRETCH, 4 * STRETCH).next_multiple_of(2), ..Self::usual() }
    }

    /// For every core.
    pub(super) fn usual() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { threads, stretch: STRETCH }
    }
}

/// What was read of a stretch.
pub(super) trait Stretch: Send {
    /// Where it begins, and where the next piece begins.
    fn ends(&self) -> (Checkpoint, Checkpoint);
}

/// Reads stretches, one after the other.
pub(super) trait Reader {
    /// What it makes of one.
    type Stretch: Stretch;

    /// Reads one, to the first piece that begins at or behind its end. `None`: it was told to stop.
    fn read(&mut self, task: &Task<'_>) -> io::Result<Option<Self::Stretch>>;
}

/// A stretch to be read.
pub(super) struct Task<'a> {
    pub(super) from: Checkpoint,
    pub(super) end: u64,
    /// What was read of the file already, if anything.
    pub(super) block: Option<Arc<Block>>,
    pub(super) stop: &'a CancellationToken,
}

/// Why reading ended early.
#[derive(Debug)]
pub(super) enum Halt {
    Stopped,
    Io(io::Error),
}

/// Where there are records, and how to guess where one begins.
pub(super) struct Span<'a> {
    pub(super) start: Checkpoint,
    pub(super) end: u64,
    /// A likely start of a record at or behind the first place, before the second.
    pub(super) likely_start: &'a (dyn Fn(u64, u64) -> io::Result<Option<u64>> + Sync),
    /// Reads the bytes of stretches for those who want them before anybody looks for records in them: by the number of the
    /// stretch, from 0, and its ends. Stretches come in any order, each once.
    pub(super) blocks: Option<&'a Blocks<'a>>,
}

/// Reads the bytes of a stretch.
pub(super) type Blocks<'a> = dyn Fn(u64, Range<u64>) -> io::Result<Arc<Block>> + Sync + 'a;

/// Reads a span and hands it to `join` stretch by stretch, in order. `make` makes one reader a thread. Whoever else works
/// on the file can look at `halt`, which is set when this ends early, and set it.
pub(super) fn read<R: Reader>(
    span: &Span<'_>,
    cut: Cut,
    make: &(dyn Fn() -> R + Sync),
    stop: &CancellationToken,
    halt: &AtomicBool,
    join: &mut dyn FnMut(R::Stretch),
) -> Result<(), Halt> {
    let (start, end) = (span.start.at, span.end);
    let count = end.saturating_sub(start).div_ceil(cut.stretch).max(1);
    let next = AtomicU64::new(0);
    let limit = |at: u64| (start + (at + 1) * cut.stretch).min(end);
    let threads = cut.threads.clamp(1, usize::try_from(count).unwrap_or(usize::MAX));
    let (send, receive) = sync_channel(threads * 2);
    // One is taken for each stretch and given back when it is joined.
    let (give, leave) = sync_channel(threads * AHEAD);
    for _ in 0..threads * AHEAD {
        let _ = give.try_send(());
    }
    let leave = Mutex::new(leave);

    std::thread::scope(|scope| {
        for _ in 0..threads {
            let send = send.clone();
            let (next, leave) = (&next, &leave);
            scope.spawn(move || {
                step_back();
                let mut reader = make();
                let may_read = || leave.lock().unwrap_or_else(PoisonError::into_inner).recv().is_ok();
                while !halt.load(Ordering::Relaxed) && may_read() {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    let from = start + at * cut.stretch;
                    let read = catch_unwind(AssertUnwindSafe(|| {
                        guess(span, (at, from), limit(at), &mut reader, stop)
                    }));
                    let read = read.unwrap_or_else(|panic| {
                        // Nobody may wait for this stretch.
                        let _ = send.send((at, Err(Halt::Stopped)));
                        resume_unwind(panic)
                    });
                    let failed = read.is_err();
                    if send.send((at, read)).is_err() || failed {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut joined = Joined { place: span.start, stop, reader: None, make };
        let (mut early, mut wanted) = (BTreeMap::new(), 0);
        let mut read_all = || -> Result<(), Halt> {
            while wanted < count {
                // Every reader is gone before the last stretch was joined: one of them heard of a stop, or ended by itself.
                // Neither is the end of the file.
                let Ok((at, read)) = receive.recv() else { return Err(Halt::Stopped) };
                early.insert(at, read?);
                while let Some(stretch) = early.remove(&wanted) {
                    joined.take(stretch, limit(wanted), join)?;
                    wanted += 1;
                    let _ = give.try_send(());
                }
            }
            Ok(())
        };
        let result = read_all();
        if result.is_err() {
            halt.store(true, Ordering::Relaxed);
        }
        // Readers that wait to hand over what nobody wants any more, or for leave to read more of it.
        drop((receive, give));
        result
    })
}

/// A stretch as it reads from a likely start; `None` where no record seems to begin in it.
fn guess<R: Reader>(
    span: &Span<'_>,
    (at, from): (u64, u64),
    end: u64,
    reader: &mut R,
    stop: &CancellationToken,
) -> Result<Option<R::Stretch>, Halt> {
    let block = span.blocks.map(|read| read(at, from..end)).transpose().map_err(Halt::Io)?;
    let start = match at {
        0 => span.start,
        _ => match (span.likely_start)(from, end).map_err(Halt::Io)? {
            Some(start) => Checkpoint::start(start, 1),
            None => return Ok(None),
        },
    };
    match reader.read(&Task { from: start, end, block, stop }).map_err(Halt::Io)? {
        Some(stretch) => Ok(Some(stretch)),
        None => Err(Halt::Stopped),
    }
}

/// Where the joined stretches have come to.
struct Joined<'r, R> {
    place: Checkpoint,
    stop: &'r CancellationToken,
    reader: Option<R>,
    make: &'r (dyn Fn() -> R + Sync),
}

impl<R: Reader> Joined<'_, R> {
    fn take(
        &mut self,
        stretch: Option<R::Stretch>,
        end: u64,
        join: &mut dyn FnMut(R::Stretch),
    ) -> Result<(), Halt> {
        let stretch = match stretch {
            Some(stretch) if stretch.ends().0.leads_like(&self.place) => stretch,
            // A record went on over the whole stretch.
            _ if self.place.at >= end => return Ok(()),
            _ => {
                let reader = self.reader.get_or_insert_with(self.make);
                let again = Task { from: self.place, end, block: None, stop: self.stop };
                reader.read(&again).map_err(Halt::Io)?.ok_or(Halt::Stopped)?
            }
        };
        let (from, to) = stretch.ends();
        self.place = to.on_line(self.place.line + (to.line - from.line));
        join(stretch);
        if self.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(()) }
    }
}

/// Lets the screen go first: this thread, and those that it starts from now on, get a processor when nobody else needs it.
pub fn step_back() {
    #[cfg(target_os = "linux")]
    {
        // Linux keeps the priority by thread. Where it may not be changed the work is done all the same.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Whole(Checkpoint, Checkpoint);

    impl Stretch for Whole {
        fn ends(&self) -> (Checkpoint, Checkpoint) {
            (self.0, self.1)
        }
    }

    struct Reads;

    impl Reader for Reads {
        type Stretch = Whole;

        fn read(&mut self, task: &Task<'_>) -> io::Result<Option<Whole>> {
            Ok(Some(Whole(task.from, Checkpoint::start(task.end, 1))))
        }
    }

    /// Reads 100 bytes in ten stretches; says how many were joined.
    fn joined(halt: bool) -> (u64, Result<(), Halt>) {
        let likely_start = |from, _| Ok(Some(from));
        let span =
            Span { start: Checkpoint::start(0, 1), end: 100, likely_start: &likely_start, blocks: None };
        let (cut, halt, mut count) = (Cut { threads: 2, stretch: 10 }, AtomicBool::new(halt), 0);
        let stop = CancellationToken::new();
        let result = read(&span, cut, &|| Reads, &stop, &halt, &mut |_| count += 1);
        (count, result)
    }

    #[test]
    fn a_reading_that_ends_before_the_end_is_no_whole_one() {
        assert!(matches!(joined(false), (10, Ok(()))));
        assert!(matches!(joined(true), (0, Err(Halt::Stopped))));
    }

    /// Reads as its function says.
    struct By<F>(F);

    impl<F: FnMut(u64)> Reader for By<F> {
        type Stretch = Whole;

        fn read(&mut self, task: &Task<'_>) -> io::Result<Option<Whole>> {
            (self.0)(task.from.at);
            Ok(Some(Whole(task.from, Checkpoint::start(task.end, 1))))
        }
    }

    /// Reads 1,000 bytes in a hundred stretches on two threads.
    fn read_by(each: impl Fn(u64) + Sync) -> Result<(), Halt> {
        let likely_start = |from, _| Ok(Some(from));
        let span =
            Span { start: Checkpoint::start(0, 1), end: 1000, likely_start: &likely_start, blocks: None };
        let (cut, halt) = (Cut { threads: 2, stretch: 10 }, AtomicBool::new(false));
        read(&span, cut, &|| By(&each), &CancellationToken::new(), &halt, &mut |_| ())
    }

    #[test]
    fn nobody_reads_far_ahead_of_a_stretch_that_takes_its_time() {
        let (send, begun) = sync_channel(100);
        let begun = Mutex::new(begun);
        let read = read_by(|at| match at {
            0 => {
                let begun = begun.lock().unwrap();
                (1..2 * AHEAD).for_each(|_| begun.recv().unwrap());
                let more = begun.recv_timeout(std::time::Duration::from_millis(100));
                assert!(more.is_err(), "it waits for the first one");
            }
            _ => send.send(()).unwrap(),
        });
        assert!(read.is_ok());
    }

    #[test]
    fn a_reader_that_panics_leaves_nobody_waiting() {
        let read = || read_by(|at| assert!(at != 30, "as a defect would"));
        assert!(catch_unwind(AssertUnwindSafe(read)).is_err());
    }
}

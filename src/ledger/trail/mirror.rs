//! `audit.log`: a line for each event, beside the database. It shows what a chain alone does not: that the end of the table
//! was cut off, or that the table was hashed anew.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Read, Seek as _, SeekFrom, Take, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::super::codec::int;
use super::super::error::Error;
use super::super::folder::{close_to_others, private_file, unwritable, write_whole};
use super::hole::first_torn;
use super::mark::{ANEW, Mark};
use super::record::{COLUMNS, head, line, seq_of_line};

const NAME: &str = "audit.log";

/// Bytes that are read back from the end at first to find the last line.
const TAIL: u64 = 16 * 1024;

/// Writes the mirror, for the one thread that commits.
#[derive(Debug)]
pub(in crate::ledger) struct Mirror {
    folder: PathBuf,
    /// Bytes of the file and position of its last line, as we left them.
    left: Option<(u64, u64)>,
}

impl Mirror {
    pub(in crate::ledger) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), left: None }
    }

    /// Writes the lines of every event that has none yet. A mirror that is missing, ahead of the table, or not what the
    /// table says is left as it is: whoever looks at the trail has to find it so.
    pub(in crate::ledger) fn catch_up(&mut self, connection: &Connection) -> Result<(), Error> {
        let path = self.folder.join(NAME);
        let (last, _) = head(connection)?;
        let mark = Mark::load(connection)?;
        let bytes = |path: &Path| fs::metadata(path).ok().map(|file| file.len());
        if mark.mirror != ANEW && self.left == bytes(&path).map(|bytes| (bytes, last)) {
            return Ok(());
        }
        let _turn = turn(&self.folder)?;
        if mark.mirror == ANEW {
            return self.make(connection);
        }
        let left = self.left.take();
        let Some(mut len) = bytes(&path) else { return Ok(()) };
        if left.is_none_or(|(bytes, _)| bytes != len) {
            len = without_holes(&path, len, connection, &mark)?;
        }
        let (end, mirrored) = match left {
            Some((bytes, seq)) if bytes == len => (len, seq),
            _ => match end(&path, len, connection, &mark)? {
                Some(end) => end,
                None => return Ok(()),
            },
        };
        let mut file = OpenOptions::new().write(true).open(&path).map_err(|e| unwritable(&path, &e))?;
        close_to_others(&path, 0o600)?;
        if end < len {
            file.set_len(end)?;
        }
        file.seek(SeekFrom::Start(end))?;
        let mut out = Counting { out: BufWriter::new(file), bytes: end };
        let reached = write_lines(connection, mirrored, &mut out, |_, _| ())?.max(mirrored);
        out.out.flush()?;
        self.left = Some((out.bytes, reached));
        Ok(())
    }

    /// Makes the file from the table: the first time, and after a break was acknowledged. One that is there is set aside.
    fn make(&mut self, connection: &Connection) -> Result<(), Error> {
        let path = self.folder.join(NAME);
        // Another process may have had its turn before ours.
        let mark = Mark::load(connection)?;
        if mark.mirror != ANEW {
            return Ok(());
        }
        if path.exists() {
            let aside = (1..).map(|n: u32| self.folder.join(format!("{NAME}.broken-{n}")));
            let Some(aside) = aside.into_iter().find(|aside| !aside.exists()) else { return Ok(()) };
            fs::rename(&path, &aside).map_err(|e| unwritable(&aside, &e))?;
        }
        let mut up_to_mark = 0;
        let mut failed = None;
        write_whole(&path, |file| {
            let mut out = Counting { out: BufWriter::new(file), bytes: 0 };
            let written = write_lines(connection, 0, &mut out, |seq, bytes| {
                if seq <= mark.seq {
                    up_to_mark = bytes;
                }
            });
            failed = written.err();
            out.out.flush()
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        self.left = None;
        Mark::mirror_made(up_to_mark, connection)
    }

    /// The lines that are there at the moment that `begin` begins: none of them is written while it does.
    pub(super) fn freeze(folder: &Path, begin: impl FnOnce() -> Result<(), Error>) -> Result<Lines, Error> {
        let _turn = turn(folder)?;
        begin()?;
        let path = folder.join(NAME);
        match File::open(&path) {
            Ok(file) => {
                let bytes = file.metadata()?.len();
                Ok(Lines { file: Some(BufReader::new(file.take(bytes))), is_kept: true, at: 0, bytes })
            }
            Err(_) => Ok(Lines { is_kept: true, ..Lines::none() }),
        }
    }

    /// Puts the lines that are there on disk.
    pub(super) fn sync(folder: &Path) -> Result<(), Error> {
        match File::open(folder.join(NAME)) {
            Ok(file) => Ok(file.sync_data()?),
            Err(_) => Ok(()),
        }
    }
}

/// One process writes at a time. The lock goes with the file.
fn turn(folder: &Path) -> Result<File, Error> {
    let path = folder.join("locks").join("audit.lock");
    let file = private_file(&path)?;
    file.lock().map_err(|e| unwritable(&path, &e))?;
    Ok(file)
}

struct Counting<W: std::io::Write> {
    out: W,
    bytes: u64,
}

/// Writes the lines of the events behind a position. `each` hears of each, and of the bytes that there are then. Returns
/// the last position, or 0.
fn write_lines(
    connection: &Connection,
    behind: u64,
    out: &mut Counting<impl std::io::Write>,
    mut each: impl FnMut(u64, u64),
) -> Result<u64, Error> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE seq > ?1 ORDER BY seq"))?;
    let mut rows = statement.query(params![int(behind)])?;
    let mut reached = 0;
    while let Some(row) = rows.next()? {
        let line = line(row)?;
        out.out.write_all(line.as_bytes())?;
        out.bytes += line.len() as u64;
        reached = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        each(reached, out.bytes);
    }
    Ok(reached)
}

/// Cuts off what the power has left of the lines that were on their way to the disk. Returns the bytes that are left.
fn without_holes(path: &Path, len: u64, connection: &Connection, mark: &Mark) -> Result<u64, Error> {
    let marked = u64::try_from(mark.mirror).unwrap_or(0);
    let of_table = |line: &[u8]| seq_of_line(line).map_or(Ok(None), |seq| line_of(connection, seq));
    let Some(at) = first_torn(path, marked.min(len), of_table)? else { return Ok(len) };
    let file = OpenOptions::new().write(true).open(path).map_err(|e| unwritable(path, &e))?;
    file.set_len(at)?;
    Ok(at)
}

/// Where the last whole line ends that the table has too, and its position. `None` = what is there is not what was written.
/// Behind it may stand the beginning of the next line: a power cut.
fn end(path: &Path, len: u64, connection: &Connection, mark: &Mark) -> Result<Option<(u64, u64)>, Error> {
    let mut file = File::open(path).map_err(|e| unwritable(path, &e))?;
    let mut window = TAIL;
    let (from, bytes, last) = loop {
        let from = len.saturating_sub(window);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(len - from).read_to_end(&mut bytes)?;
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', &bytes).collect();
        match ends.as_slice() {
            [.., before, last] => break (from, bytes[before + 1..].to_vec(), Some(*last - before)),
            [last] if from == 0 => break (0, bytes, Some(*last + 1)),
            [] if from == 0 => break (0, bytes, None),
            _ => window *= 4,
        }
    };
    let (whole, torn) = bytes.split_at(last.unwrap_or(0));
    let seq = match last {
        None => 0,
        Some(_) => match seq_of_line(whole) {
            Some(seq) if line_of(connection, seq)?.as_deref() == Some(whole) => seq,
            _ => return Ok(None),
        },
    };
    let end = len - torn.len() as u64;
    debug_assert!(end >= from, "a line ends where it was read");
    let torn = match torn.iter().rposition(|byte| *byte != 0) {
        // Some file systems have zeros where data was on its way when the power went.
        None => &[],
        Some(last) => &torn[..=last],
    };
    let next = line_of(connection, seq + 1)?.unwrap_or_default();
    let is_sound = next.starts_with(torn) && end >= u64::try_from(mark.mirror).unwrap_or(0);
    Ok(is_sound.then_some((end, seq)))
}

fn line_of(connection: &Connection, seq: u64) -> Result<Option<Vec<u8>>, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM events WHERE seq = ?1"))?;
    let mut rows = statement.query(params![int(seq)])?;
    Ok(match rows.next()? {
        Some(row) => Some(line(row)?.into_bytes()),
        None => None,
    })
}

/// Lines as they were at one moment.
pub(super) struct Lines {
    file: Option<BufReader<Take<File>>>,
    is_kept: bool,
    at: u64,
    bytes: u64,
}

impl Lines {
    /// There is no mirror that anything could be held against.
    pub(super) fn none() -> Self {
        Self { file: None, is_kept: false, at: 0, bytes: 0 }
    }

    /// Whether there ought to be a file.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Whether there is none where there ought to be one.
    pub(super) fn is_missing(&self) -> bool {
        self.is_kept && self.file.is_none()
    }

    /// Bytes of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes up to the line that comes next.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Goes on from a place. Behind the end there is nothing.
    pub(super) fn skip_to(&mut self, at: u64) -> Result<(), Error> {
        if let Some(file) = self.file.take() {
            let mut file = file.into_inner().into_inner();
            file.seek(SeekFrom::Start(at))?;
            self.file = Some(BufReader::new(file.take(self.bytes.saturating_sub(at))));
        }
        self.at = at;
        Ok(())
    }

    /// The next line with its line feed, which the last one may lack.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(file) = &mut self.file else { return Ok(None) };
        let mut line = Vec::new();
        let read = file.read_until(b'\n', &mut line)? as u64;
        if line.ends_with(b"\n") {
            self.at += read;
        }
        Ok((read > 0).then_some(line))
    }
}

//! Goes through the records one by one, beside the lines of the mirror.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest as _, Sha256};

use super::super::codec::{hex, int};
use super::super::error::Error;
use super::ACKNOWLEDGED;
use super::checkpoint::{self, KIND as CHECKPOINT};
use super::mark::{ANEW, Mark};
use super::mirror::Lines;
use super::record::{COLUMNS, absorb, line, link, read};
use crate::domain::audit::{AuditEvent, Checkpoint, TrailBreak, TrailReport};

/// What was found, and how far the mirror has come.
pub(super) struct Found {
    pub report: TrailReport,
    /// Bytes of the mirror up to its last line.
    pub mirror_end: i64,
    /// The mirror has the line of every event.
    pub mirror_is_level: bool,
}

/// Goes through what lies behind `start`. `mark` says how long the mirror is at least.
pub(super) fn walk(connection: &Connection, lines: Lines, start: &Mark, mark: &Mark) -> Result<Found, Error> {
    let mut walk = Walk::from(start, lines, mark);
    if start.seq > 0 {
        walk.stands_on(connection, start)?;
        walk.lines.skip_to(u64::try_from(start.mirror).unwrap_or(0))?;
    }
    // From the beginning on, positions that are none are seen too.
    let sql = match start.seq {
        0 => format!("SELECT {COLUMNS} FROM events ORDER BY seq"),
        seq => format!("SELECT {COLUMNS} FROM events WHERE seq > {} ORDER BY seq", int(seq)),
    };
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    loop {
        match rows.next() {
            Ok(Some(row)) => walk.record(row)?,
            Ok(None) => break,
            // A page that does not read is a record that does not: its place is known.
            Err(error) if is_damage(&error) => {
                let at = walk.expected;
                walk.off(at, "the database cannot be read from here on");
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    walk.end()
}

/// How many records there are, and SHA-256 over all of them as they stand.
pub(super) fn digest(connection: &Connection) -> Result<(u64, String), Error> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM events ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let (mut records, mut hash) = (0, Sha256::new());
    while let Some(row) = rows.next()? {
        absorb(&mut hash, row)?;
        records += 1;
    }
    Ok((records, hex(&hash.finalize())))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode as Code;
    matches!(error.sqlite_error_code(), Some(Code::DatabaseCorrupt | Code::NotADatabase))
}

struct Walk {
    lines: Lines,
    /// Whether lines are still held against records: after the first that differs they are not.
    compares: bool,
    is_level: bool,
    least: i64,
    from_the_start: bool,
    /// Position that comes next.
    expected: u64,
    before: String,
    records: u64,
    all: Sha256,
    first: Option<TrailBreak>,
    open: Option<TrailBreak>,
    checkpoint: Option<Checkpoint>,
    trusted: u64,
}

impl Walk {
    fn from(start: &Mark, lines: Lines, mark: &Mark) -> Self {
        let compares = lines.is_kept() && mark.mirror != ANEW;
        Self {
            lines,
            compares,
            is_level: compares,
            least: mark.mirror,
            from_the_start: start.seq == 0,
            expected: start.seq + 1,
            before: start.hash.clone(),
            records: start.seq,
            all: Sha256::new(),
            first: None,
            open: None,
            checkpoint: None,
            trusted: start.seq,
        }
    }

    fn off(&mut self, at: u64, what: impl Into<String>) {
        let found = TrailBreak { at, what: what.into() };
        self.first.get_or_insert_with(|| found.clone());
        self.open.get_or_insert(found);
    }

    /// The event at the mark has to be the one that was seen there.
    fn stands_on(&mut self, connection: &Connection, start: &Mark) -> Result<(), Error> {
        let hash: Option<Vec<u8>> = connection
            .query_row("SELECT hash FROM events WHERE seq = ?1", params![int(start.seq)], |row| {
                Ok(match row.get_ref(0)? {
                    ValueRef::Text(bytes) => bytes.to_vec(),
                    _ => Vec::new(),
                })
            })
            .optional()?;
        match hash {
            None => self.off(start.seq, "it is gone, and it was there at an earlier look"),
            Some(hash) if hash != start.hash.as_bytes() => {
                self.off(start.seq, "it is another one than at an earlier look");
            }
            Some(_) => {}
        }
        if self.checkpoint.is_none() {
            self.checkpoint = checkpoint::newest(connection)?;
        }
        Ok(())
    }

    fn record(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let seq: i64 = row.get(0)?;
        let at = u64::try_from(seq).unwrap_or(0);
        if at != self.expected {
            let place = self.expected;
            self.off(place, if at > place { "it is gone" } else { "another record stands before it" });
            if at > self.expected {
                self.expected = at;
            }
        }
        self.hold_against_mirror(row, at)?;
        match read(row)? {
            Err(why) => {
                self.off(at.max(1), why);
                self.before = String::new();
            }
            Ok((micros, event)) => {
                let is_linked = event.hash == link(&self.before, micros, &event);
                if !is_linked {
                    self.off(at.max(1), "its hash does not fit its fields and the event before");
                }
                if event.kind == CHECKPOINT {
                    self.checkpoint(&event);
                }
                if event.kind == ACKNOWLEDGED && is_linked && self.from_the_start {
                    self.acknowledged(&event);
                }
                self.before = event.hash;
            }
        }
        if self.from_the_start {
            absorb(&mut self.all, row)?;
        }
        self.records += 1;
        if at == self.expected {
            self.expected += 1;
        }
        Ok(())
    }

    fn checkpoint(&mut self, event: &AuditEvent) {
        match checkpoint::read(event) {
            Some(checkpoint) if checkpoint.records + 1 == event.seq && checkpoint.head == self.before => {
                self.checkpoint = Some(checkpoint);
            }
            _ => self.off(event.seq, "this checkpoint was not signed for what stands before it"),
        }
    }

    /// Everything before it was looked at by a person, as long as it is still as it was then.
    fn acknowledged(&mut self, event: &AuditEvent) {
        let digest = event.effect.rsplit(' ').next().unwrap_or_default();
        if hex(&self.all.clone().finalize()) != digest {
            self.off(
                event.seq,
                "the records before this acknowledgement are not those that were acknowledged",
            );
            return;
        }
        let named = event.effect.strip_prefix("broken at event ").and_then(|rest| rest.split_once(": "));
        if let Some((at, what)) = named.and_then(|(at, rest)| Some((at.parse().ok()?, rest))) {
            let what = what.split(';').next().unwrap_or_default().to_owned();
            self.first.get_or_insert(TrailBreak { at, what });
        }
        self.open = None;
    }

    fn hold_against_mirror(&mut self, row: &Row<'_>, at: u64) -> Result<(), Error> {
        // A position that is none has no line.
        if !self.compares || at == 0 {
            return Ok(());
        }
        let Some(found) = self.lines.next()? else {
            // Behind: normal, it is completed from the table.
            self.is_level = false;
            return Ok(());
        };
        let wanted = line(row)?;
        if found == wanted.as_bytes() {
            return Ok(());
        }
        self.is_level = false;
        let is_torn = !found.ends_with(b"\n") && wanted.as_bytes().starts_with(&found);
        if !is_torn {
            self.compares = false;
            self.off(at.max(1), "audit.log has another line for it");
        }
        Ok(())
    }

    fn end(mut self) -> Result<Found, Error> {
        if self.compares {
            if self.lines.next()?.is_some_and(|line| line.ends_with(b"\n")) {
                self.is_level = false;
                let at = self.expected;
                self.off(at, "audit.log goes on with it, and the table ends before it");
            }
            if self.lines.is_missing() {
                self.off(1, "audit.log, which has a line for each event, is gone");
            }
            let is_short = i64::try_from(self.lines.bytes()).unwrap_or(i64::MAX) < self.least;
            if is_short {
                self.is_level = false;
                let lines = self.count_lines()?;
                self.off(lines + 1, "audit.log ends before it, and was longer at an earlier look");
            }
        }
        let report = TrailReport {
            records: self.records,
            head: self.before,
            trusted: self.trusted,
            acknowledged: self.first.is_some() && self.open.is_none(),
            broken: self.open.or(self.first),
            checkpoint: self.checkpoint,
        };
        Ok(Found {
            report,
            mirror_end: i64::try_from(self.lines.at()).unwrap_or(i64::MAX),
            mirror_is_level: self.is_level,
        })
    }

    fn count_lines(&mut self) -> Result<u64, Error> {
        self.lines.skip_to(0)?;
        let mut lines = 0;
        while self.lines.next()?.is_some_and(|line| line.ends_with(b"\n")) {
            lines += 1;
        }
        Ok(lines)
    }
}

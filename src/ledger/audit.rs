//! The audit trail: append-only, each event hashed together with the one before it, written in the transaction of what
//! it describes. The chain shows any change, loss or reordering inside it; a cut at the end shows against a head that
//! was printed before.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest as _, Sha256};

use super::codec::{count, from_micros, hex, int, micros};
use super::error::{Error, damaged};
use super::{Ledger, NewEvent};
use crate::domain::audit::AuditEvent;

/// Hash before the first event.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl Ledger {
    /// Appends to the trail.
    pub async fn note(&self, event: NewEvent) -> Result<(), Error> {
        self.write(move |connection| append(connection, &event).map(drop)).await
    }

    /// The newest events, newest first.
    pub async fn events(&self, limit: usize) -> Result<Vec<AuditEvent>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, at, actor, kind, object, effect, reason, hash FROM events ORDER BY seq DESC LIMIT ?1",
            )?;
            let mut rows = statement.query(params![int(limit as u64)])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                events.push(event(row)?);
            }
            Ok(events)
        })
        .await
    }

    /// Hash of the newest event: printed at the end of each run.
    pub async fn head(&self) -> Result<String, Error> {
        self.read(|connection| Ok(head(connection)?.1)).await
    }

    /// Reads the whole trail and checks every link. Returns how many events there are; damage names the first that is
    /// not what was written.
    pub async fn verify_trail(&self) -> Result<u64, Error> {
        self.read(verify).await
    }
}

/// See [`Ledger::verify_trail`].
pub(super) fn verify(connection: &Connection) -> Result<u64, Error> {
    let mut statement = connection
        .prepare("SELECT seq, at, actor, kind, object, effect, reason, hash FROM events ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut before = GENESIS.to_owned();
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let event = event(row)?;
        seen += 1;
        let expected = link(&before, row.get(1)?, &event);
        if event.seq != seen || event.hash != expected {
            return Err(damaged(format!("event {seen} of the trail is not what was written")));
        }
        before = event.hash;
    }
    Ok(seen)
}

/// Appends an event inside the caller's transaction. Returns its position, which also orders settlements.
pub(super) fn append(connection: &Connection, event: &NewEvent) -> Result<u64, Error> {
    let (last, before) = head(connection)?;
    let seq = last + 1;
    let at = micros(event.at);
    let fields = AuditEvent {
        seq,
        at: event.at,
        actor: event.actor.clone(),
        kind: event.kind.to_owned(),
        object: event.object.clone(),
        effect: event.effect.clone(),
        reason: event.reason.clone(),
        hash: String::new(),
    };
    let hash = link(&before, at, &fields);
    connection
        .prepare_cached(
            "INSERT INTO events (seq, at, actor, kind, object, effect, reason, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            int(seq),
            at,
            event.actor,
            event.kind,
            event.object,
            event.effect,
            event.reason,
            hash
        ])?;
    Ok(seq)
}

/// What a run did, by the person who launched it.
pub(super) fn of_run(at: Timestamp, actor: &str, kind: &'static str, run: &str, effect: String) -> NewEvent {
    NewEvent { at, actor: actor.to_owned(), kind, object: format!("run {run}"), effect, reason: None }
}

/// Position and hash of the newest event.
pub(super) fn head(connection: &Connection) -> Result<(u64, String), Error> {
    let newest = connection
        .prepare_cached("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        .optional()?;
    match newest {
        None => Ok((0, GENESIS.to_owned())),
        Some((seq, hash)) => Ok((count(seq)?, hash)),
    }
}

fn event(row: &rusqlite::Row<'_>) -> Result<AuditEvent, Error> {
    Ok(AuditEvent {
        seq: count(row.get(0)?)?,
        at: from_micros(row.get(1)?)?,
        actor: row.get(2)?,
        kind: row.get(3)?,
        object: row.get(4)?,
        effect: row.get(5)?,
        reason: row.get(6)?,
        hash: row.get(7)?,
    })
}

/// SHA-256 over the hash before, position, time (µs), actor, kind, object, effect and reason (absent: one 0 byte; there:
/// one 1 byte, then the words). Every field goes after its length (u64, little endian), so no two events read the same.
fn link(before: &str, at: i64, event: &AuditEvent) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field(before.as_bytes());
    field(&event.seq.to_le_bytes());
    field(&at.to_le_bytes());
    field(event.actor.as_bytes());
    field(event.kind.as_bytes());
    field(event.object.as_bytes());
    field(event.effect.as_bytes());
    match &event.reason {
        None => field(&[0]),
        Some(reason) => {
            field(&[1]);
            field(reason.as_bytes());
        }
    }
    hex(&hash.finalize())
}

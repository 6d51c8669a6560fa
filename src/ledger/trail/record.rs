//! A record of the trail as it stands in the table: whatever somebody made of it, reading it does not fail.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::codec::{from_micros, hex};
use super::super::error::{Error, damaged};
use crate::domain::audit::AuditEvent;

/// Hash before the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a record is read from, in the order of [`read`].
pub(super) const COLUMNS: &str = "seq, at, actor, kind, object, effect, reason, hash";

/// An event with its time in microseconds, or why there is none.
pub(super) fn read(row: &Row<'_>) -> Result<Result<(i64, AuditEvent), &'static str>, Error> {
    let seq: i64 = row.get(0)?;
    Ok(fields(row, seq))
}

fn fields(row: &Row<'_>, seq: i64) -> Result<(i64, AuditEvent), &'static str> {
    let Ok(ValueRef::Integer(micros)) = row.get_ref(1) else { return Err("its time is none") };
    let at = from_micros(micros).map_err(|_| "its time is out of range")?;
    let text = |column| match row.get_ref(column) {
        Ok(ValueRef::Text(bytes)) => {
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "a field of it is not UTF-8 text")
        }
        _ => Err("a field of it is no text"),
    };
    let reason = match row.get_ref(6) {
        Ok(ValueRef::Null) => None,
        _ => Some(text(6)?),
    };
    let event = AuditEvent {
        seq: u64::try_from(seq).map_err(|_| "its position is negative")?,
        at,
        actor: text(2)?,
        kind: text(3)?,
        object: text(4)?,
        effect: text(5)?,
        reason,
        hash: text(7)?,
    };
    Ok((micros, event))
}

/// The event for whoever wants to see it: what does not read is shown as well as it can be, and says so.
pub(in crate::ledger) fn lossy(row: &Row<'_>) -> Result<AuditEvent, Error> {
    let why = match read(row)? {
        Ok((_, event)) => return Ok(event),
        Err(why) => why,
    };
    let text = |column| match row.get_ref(column) {
        Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    let micros = match row.get_ref(1) {
        Ok(ValueRef::Integer(micros)) => micros,
        _ => 0,
    };
    let seq: i64 = row.get(0)?;
    Ok(AuditEvent {
        seq: u64::try_from(seq).unwrap_or(0),
        at: Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH),
        actor: text(2),
        kind: text(3),
        object: text(4),
        effect: format!("NOT WHAT WAS WRITTEN ({why}): {}", text(5)),
        reason: (!text(6).is_empty()).then(|| text(6)),
        hash: text(7),
    })
}

/// Position and hash of the newest event, as they stand.
pub(in crate::ledger) fn head(connection: &Connection) -> Result<(u64, String), Error> {
    let newest = connection
        .prepare_cached("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| {
            let hash = match row.get_ref(1)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                _ => String::new(),
            };
            Ok((row.get::<_, i64>(0)?, hash))
        })
        .optional()?;
    match newest {
        None => Ok((0, GENESIS.to_owned())),
        Some((i64::MAX, _)) => Err(damaged("the trail ends at a position that nothing can follow")),
        Some((seq, hash)) => Ok((u64::try_from(seq).unwrap_or(0), hash)),
    }
}

/// SHA-256 over the hash before, position, time (µs), actor, kind, object, effect and reason (absent: one 0 byte; there:
/// one 1 byte, then the words). Every field goes after its length (u64, little endian), so no two events read the same.
pub(in crate::ledger) fn link(before: &str, at: i64, event: &AuditEvent) -> String {
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

/// Takes a record in as it stands, whatever its fields are, each after what it is and its length.
pub(super) fn absorb(hash: &mut Sha256, row: &Row<'_>) -> Result<(), Error> {
    for column in 0..8 {
        let (kind, bytes): (u8, &[u8]) = match row.get_ref(column)? {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(n) => {
                hash.update([1]);
                hash.update(n.to_le_bytes());
                continue;
            }
            ValueRef::Real(x) => {
                hash.update([2]);
                hash.update(x.to_bits().to_le_bytes());
                continue;
            }
            ValueRef::Text(bytes) => (3, bytes),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    Ok(())
}

/// The line of the mirror: JSON in ASCII, its time in microseconds, and a line feed. A record that does not read has a line
/// too, with a digest in place of its fields.
pub(super) fn line(row: &Row<'_>) -> Result<String, Error> {
    let json = match read(row)? {
        Ok((micros, event)) => Line::of(micros, &event).to_json()?,
        Err(why) => {
            let mut hash = Sha256::new();
            absorb(&mut hash, row)?;
            let seq: i64 = row.get(0)?;
            json!({"record_sha256": hex(&hash.finalize()), "seq": seq, "unreadable": why}).to_string()
        }
    };
    let mut line = String::new();
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    line.push('\n');
    Ok(line)
}

/// A line of the mirror. Declared in its order, so that nothing else decides it.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    at: i64,
    actor: &'a str,
    kind: &'a str,
    object: &'a str,
    effect: &'a str,
    reason: Option<&'a str>,
    hash: &'a str,
}

impl<'a> Line<'a> {
    fn of(micros: i64, event: &'a AuditEvent) -> Self {
        Self {
            seq: event.seq,
            at: micros,
            actor: &event.actor,
            kind: &event.kind,
            object: &event.object,
            effect: &event.effect,
            reason: event.reason.as_deref(),
            hash: &event.hash,
        }
    }

    fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|_| damaged("an event cannot be written as a line"))
    }
}

/// The position that a line names.
pub(super) fn seq_of_line(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Value>(line).ok()?.get("seq")?.as_u64()
}

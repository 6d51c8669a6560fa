//! Reads the ledger's SQLite file as anybody may, and walks the chain of its trail by the words of the documentation:
//! SHA-256 over the hash before, position (u64), time (i64, µs), actor, kind, object, effect and reason (absent: one 0 byte;
//! there: one 1 byte, then the words), each after its length (u64), all little endian. The first stands on 64 zeros.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Evidence, Faults};

/// How far the trail was at some moment: everything later must stand on it.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    pub count: usize,
    pub head: String,
}

/// One event as it stands in the file.
#[derive(Clone, Debug)]
pub struct Event {
    pub seq: i64,
    pub at: i64,
    /// Actor, kind, object, effect.
    pub words: [String; 4],
    pub reason: Option<String>,
    pub hash: String,
}

/// Opens a ledger to look at it. `None` = there is none, or none that has tables yet.
pub fn open(ledger: &Path) -> Option<Connection> {
    let path = ledger.join("ledger.db");
    if path.metadata().map_or(true, |file| file.len() == 0) {
        return None;
    }
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    db.busy_timeout(std::time::Duration::from_secs(20)).ok()?;
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('events', 'batches', 'runs')";
    let tables: i64 = db.query_row(tables, [], |row| row.get(0)).ok()?;
    (tables == 3).then_some(db)
}

/// The whole trail, in order.
pub fn events(db: &Connection) -> Vec<Event> {
    let sql = "SELECT seq, at, actor, kind, object, effect, reason, hash FROM events ORDER BY seq";
    let mut statement = db.prepare(sql).unwrap();
    let event = |row: &rusqlite::Row<'_>| {
        Ok(Event {
            seq: row.get(0)?,
            at: row.get(1)?,
            words: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?],
            reason: row.get(6)?,
            hash: row.get(7)?,
        })
    };
    let events = statement.query_map([], event).unwrap();
    events.collect::<Result<_, _>>().unwrap()
}

/// How far a ledger's trail is; the beginning where there is no ledger yet.
pub fn floor(ledger: &Path) -> Floor {
    let events = open(ledger).map(|db| events(&db)).unwrap_or_default();
    Floor { count: events.len(), head: events.last().map(|event| event.hash.clone()).unwrap_or_default() }
}

/// The hash that an event must have behind the one before it.
fn link(before: &str, event: &Event) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field(before.as_bytes());
    field(&(event.seq as u64).to_le_bytes());
    field(&event.at.to_le_bytes());
    event.words.iter().for_each(|word| field(word.as_bytes()));
    match &event.reason {
        None => field(&[0]),
        Some(reason) => {
            field(&[1]);
            field(reason.as_bytes());
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first event that is not what its place in the chain asks for.
pub fn first_bad(events: &[Event]) -> Option<usize> {
    let mut before = "0".repeat(64);
    for (n, event) in events.iter().enumerate() {
        if event.seq != n as i64 + 1 || event.hash != link(&before, event) {
            return Some(n + 1);
        }
        before.clone_from(&event.hash);
    }
    None
}

pub(super) fn check(evidence: &Evidence, faults: &mut Faults) {
    let Some(db) = open(&evidence.ledger) else {
        faults.claim(false, "I5", || "there is no ledger".into());
        return;
    };
    let events = events(&db);
    let bad = first_bad(&events);
    faults.claim(bad.is_none(), "I5", || {
        format!("event {} of the trail is not what was written", bad.unwrap_or(0))
    });
    let unmirrored = first_unmirrored(&evidence.ledger, &events);
    faults.claim(unmirrored.is_none(), "I5", || {
        format!("the mirror is not the trail from event {} on", unmirrored.unwrap_or(0))
    });
    for floor in evidence.floors.iter().filter(|floor| floor.count > 0) {
        let there = events.get(floor.count - 1).is_some_and(|event| event.hash == floor.head);
        faults.claim(there, "I5", || {
            format!("event {} was in the trail before a kill, and is not now", floor.count)
        });
    }
    for head in evidence.said.iter().flat_map(printed_heads) {
        // That of a trail without an event.
        let is_beginning = head.bytes().all(|byte| byte == b'0');
        let there = is_beginning || events.iter().any(|event| event.hash == head);
        faults.claim(there, "I5", || format!("the head {head} was printed, and is not in the trail"));
    }
}

/// Events of which the mirror beside the database has no line, or another one: `None` = it has one of each and no more.
pub fn first_unmirrored(ledger: &Path, events: &[Event]) -> Option<usize> {
    let text = std::fs::read_to_string(ledger.join("audit.log")).unwrap_or_default();
    let mut lines = text.lines();
    for (n, event) in events.iter().enumerate() {
        let line: Value = lines.next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        if line["seq"] != event.seq || line["hash"] != event.hash.as_str() {
            return Some(n + 1);
        }
    }
    lines.next().map(|_| events.len() + 1)
}

/// Heads that a command told.
fn printed_heads(said: &super::Said) -> Vec<String> {
    let head = |line: &str| line.split_once("audit trail head: ").map(|(_, head)| head.trim().to_owned());
    said.stderr.lines().filter_map(head).collect()
}

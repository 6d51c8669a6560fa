//! The audit trail: append-only, each event hashed together with the one before it, written in the transaction of what
//! it describes. Whether it is still what was written, `trail` finds out.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::codec::{int, micros};
use super::error::Error;
use super::trail::{head, is_fine, link, lossy};
use super::{Ledger, NewEvent};
use crate::domain::audit::{AuditEvent, masked};

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
                events.push(lossy(row)?);
            }
            Ok(events)
        })
        .await
    }

    /// Hash of the newest event: printed at the end of each run.
    pub async fn head(&self) -> Result<String, Error> {
        self.read(|connection| Ok(head(connection)?.1)).await
    }

    /// Reads the whole table and checks every link and every checkpoint. Returns how many events there are; damage names
    /// the first that is not what was written. The mirror is not looked at: [`Ledger::verify`] does.
    pub async fn verify_trail(&self) -> Result<u64, Error> {
        self.read(is_fine).await
    }
}

/// Appends an event inside the caller's transaction. Returns its position, which also orders settlements.
pub(super) fn append(connection: &Connection, event: &NewEvent) -> Result<u64, Error> {
    let (last, before) = head(connection)?;
    let seq = last + 1;
    let at = micros(event.at);
    // Typed by a person, who may name whom it was for.
    let reason = event.reason.as_deref().map(masked);
    let fields = AuditEvent {
        seq,
        at: event.at,
        actor: event.actor.clone(),
        kind: event.kind.to_owned(),
        object: event.object.clone(),
        effect: event.effect.clone(),
        reason: reason.clone(),
        hash: String::new(),
    };
    let hash = link(&before, at, &fields);
    connection
        .prepare_cached(
            "INSERT INTO events (seq, at, actor, kind, object, effect, reason, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![int(seq), at, event.actor, event.kind, event.object, event.effect, reason, hash])?;
    Ok(seq)
}

/// What a run did, by the person who launched it.
pub(super) fn of_run(at: Timestamp, actor: &str, kind: &'static str, run: &str, effect: String) -> NewEvent {
    NewEvent { at, actor: actor.to_owned(), kind, object: format!("run {run}"), effect, reason: None }
}

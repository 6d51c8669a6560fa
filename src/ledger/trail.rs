//! Whether the audit trail is what was written, and what is believed of it without another look.
//!
//! ```text
//! events ──── each hash covers the event before       a changed, moved or dropped event shows              (record)
//!    │
//!    ├─▶ audit.log   a line for each event            a cut table, and one that was hashed anew, show       (mirror)
//!    ├─▶ trail.checkpoint   count and head, signed    a trail that was written anew shows to whoever
//!    │                                                holds the public key or a head that was printed       (checkpoint)
//!    └─▶ mark   up to here all was whole              a launch looks only at what came since                (mark)
//! ```
//!
//! The mirror is written after the commit and not fsynced, so one that is behind the table is normal: it is completed from
//! there. One that is ahead of the table, that differs from it, or that is shorter than the mark says, is damage.
//!
//! What is trusted: [`Ledger::check_trail`] goes through all of a trail of up to [`THROUGH`] events. Of a longer one it
//! believes what lies before the mark, which stands in the same database: whoever can write there can move it, and
//! [`Ledger::verify`] believes nothing but the keys. Neither sees a trail whose end was cut off from table, mirror and mark
//! alike; that shows against a head or a checkpoint that is kept elsewhere.
//!
//! A break stays one. A person acknowledges it, which is an event with a digest of all records as they stand: so what is
//! changed later, before or behind the break, is a new one.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

mod checkpoint;
mod hole;
mod keys_file;
mod mark;
mod mirror;
mod record;
mod walk;

use mark::Mark;
use walk::walk;

pub use checkpoint::TrailKeys;
pub use keys_file::{path as keys_path, read as read_keys_file};
pub(super) use mirror::Mirror;
pub(super) use record::{head, link, lossy};

use super::audit::append;
use super::error::Error;
use super::{Ledger, NewEvent, schema};
use crate::domain::audit::{AuditEvent, Checkpoint, TrailReport};

/// Events that a launch goes through all of.
pub const THROUGH: u64 = 20_000;

/// A person has looked at a break.
pub(super) const ACKNOWLEDGED: &str = "trail.acknowledged";

impl Ledger {
    /// Goes through the whole trail, and believes nothing. A break is part of the answer, not an error.
    pub async fn verify(&self) -> Result<TrailReport, Error> {
        self.look(u64::MAX).await
    }

    /// The look before a launch: whole for a short trail, and what came since the mark for a long one.
    pub async fn check_trail(&self) -> Result<TrailReport, Error> {
        self.look(THROUGH).await
    }

    async fn look(&self, through: u64) -> Result<TrailReport, Error> {
        let (report, reached) = self.blocking(move |folder| look(folder, through)).await?;
        if let Some(reached) = reached {
            self.write(move |connection| reached.advance(connection)).await?;
        }
        Ok(report)
    }

    /// The same for a folder whose ledger does not open: nothing is written, completed or migrated.
    pub fn verify_folder(folder: &Path) -> Result<TrailReport, Error> {
        look(folder, u64::MAX).map(|(report, _)| report)
    }

    /// Refuses where the trail is broken and nobody has acknowledged it.
    pub async fn refuse_broken_trail(&self) -> Result<(), Error> {
        match self.check_trail().await?.stops_runs() {
            None => Ok(()),
            Some(broken) => Err(Error::TrailBroken { at: broken.at, what: broken.what.clone() }),
        }
    }

    /// A person has looked at what is broken: runs may begin again. The event names the position and holds a digest of
    /// every record as it stands; the mirror is set aside, and made anew from the table. Returns what was acknowledged,
    /// or `None` where nothing was broken.
    pub async fn acknowledge_break(
        &self,
        actor: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<Option<TrailReport>, Error> {
        let report = self.verify().await?;
        let Some(broken) = report.stops_runs().cloned() else { return Ok(None) };
        let (actor, reason) = (actor.to_owned(), reason.to_owned());
        self.write(move |connection| {
            let (records, digest) = walk::digest(connection)?;
            let effect = format!(
                "broken at event {}: {}; {records} records before this one stay as they are, sha256 {digest}",
                broken.at, broken.what
            );
            let event = NewEvent {
                at,
                actor,
                kind: ACKNOWLEDGED,
                object: "trail".into(),
                effect,
                reason: Some(reason),
            };
            let seq = append(connection, &event)?;
            let (_, hash) = head(connection)?;
            Mark { seq, hash, mirror: mark::ANEW }.store(connection)
        })
        .await?;
        Ok(Some(report))
    }

    /// Signs how many events there are and the head, as an event. Nothing new since the last one: that one stays.
    /// Returns the head of the trail as it is then.
    pub async fn checkpoint(&self, keys: &TrailKeys, actor: &str, at: Timestamp) -> Result<String, Error> {
        let (keys, actor) = (keys.clone(), actor.to_owned());
        self.write(move |connection| checkpoint::sign(connection, &keys, &actor, at)).await
    }

    /// The newest checkpoint.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        self.read(checkpoint::newest).await
    }

    /// Events from a time to another, oldest first, each with the line that the mirror has of it. `each` is called on a
    /// blocking thread; where it says `false`, no more come.
    pub async fn each_event(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        mut each: impl FnMut(AuditEvent, String) -> bool + Send + 'static,
    ) -> Result<(), Error> {
        self.blocking(move |folder| {
            let connection = schema::reader(folder)?;
            let mut statement =
                connection.prepare(&format!("SELECT {} FROM events ORDER BY seq", record::COLUMNS))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let event = lossy(row)?;
                let is_meant = from.is_none_or(|from| event.at >= from) && to.is_none_or(|to| event.at < to);
                if is_meant && !each(event, record::line(row)?) {
                    break;
                }
            }
            Ok(())
        })
        .await
    }
}

/// One look, and the mark that it allows.
fn look(folder: &Path, through: u64) -> Result<(TrailReport, Option<Mark>), Error> {
    let connection = schema::reader(folder)?;
    // Lines are written after their commit: those that are there now belong to events that this moment has.
    // A moment begins with its first look.
    let mirror = Mirror::freeze(folder, || {
        Ok(connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?)
    })?;
    let mark = Mark::load(&connection)?;
    let (last, _) = head(&connection).or_else(as_it_reads)?;
    let start = if last <= through { Mark::start(&mark) } else { mark.clone() };
    let mut found = walk(&connection, mirror, &start, &mark)?;
    found.report.head = head(&connection).or_else(as_it_reads)?.1;
    let may_advance = found.report.stops_runs().is_none() && mark.mirror != mark::ANEW;
    if may_advance {
        // A mark must not stand for lines that a power cut takes away.
        Mirror::sync(folder)?;
    }
    let reached =
        Mark { seq: found.report.records, hash: found.report.head.clone(), mirror: found.mirror_end };
    let reached = (may_advance && found.mirror_is_level && reached.seq > mark.seq).then_some(reached);
    Ok((found.report, reached))
}

/// What does not read is for the walk to find, which says where it is.
fn as_it_reads(error: Error) -> Result<(u64, String), Error> {
    match error {
        Error::Damaged { .. } => Ok((0, String::new())),
        error => Err(error),
    }
}

/// The whole trail on a connection, for whoever holds one.
pub(super) fn is_fine(connection: &Connection) -> Result<u64, Error> {
    let found =
        walk(connection, mirror::Lines::none(), &Mark::start_of_nothing(), &Mark::start_of_nothing())?;
    // A break that a person has looked at is known.
    match found.report.stops_runs() {
        None => Ok(found.report.records),
        Some(broken) => Err(super::error::damaged(format!(
            "event {} of the trail is not what was written: {}",
            broken.at, broken.what
        ))),
    }
}

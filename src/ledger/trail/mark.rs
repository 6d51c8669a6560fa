//! The mark: up to here the trail was looked at and was whole. One row beside the table.

use rusqlite::{Connection, params};

use super::super::codec::{count, int};
use super::super::error::Error;
use super::record::GENESIS;

/// In the place of the mirror's bytes: it is to be made anew from the table.
pub(super) const ANEW: i64 = -1;

/// A place of the trail.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Position of the last event before it.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// Bytes that the mirror has up to there, or [`ANEW`].
    pub mirror: i64,
}

impl Mark {
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let is_kept: bool = connection
            .prepare_cached("SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'trail_mark'")?
            .query_row([], |row| row.get(0))?;
        if !is_kept {
            // A ledger from before there was a mark, which is only looked at.
            return Ok(Self { mirror: ANEW, ..Self::start_of_nothing() });
        }
        let (seq, hash, mirror) = connection
            .prepare_cached("SELECT seq, hash, mirror FROM trail_mark")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(Self { seq: count(seq)?, hash, mirror })
    }

    /// The beginning of a trail whose mark is this one.
    pub(super) fn start(mark: &Self) -> Self {
        Self { mirror: mark.mirror.min(0), ..Self::start_of_nothing() }
    }

    pub(super) fn start_of_nothing() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned(), mirror: 0 }
    }

    pub(super) fn store(&self, connection: &Connection) -> Result<(), Error> {
        connection
            .prepare_cached("UPDATE trail_mark SET seq = ?1, hash = ?2, mirror = ?3")?
            .execute(params![int(self.seq), self.hash, self.mirror])?;
        Ok(())
    }

    /// Moves the mark forward, never back, and not where the mirror is to be made anew in the meantime.
    pub(super) fn advance(&self, connection: &Connection) -> Result<(), Error> {
        connection
            .prepare_cached(
                "UPDATE trail_mark SET seq = ?1, hash = ?2, mirror = ?3 WHERE seq < ?1 AND mirror >= 0",
            )?
            .execute(params![int(self.seq), self.hash, self.mirror])?;
        Ok(())
    }

    /// The mirror has been made, with so many bytes up to the mark.
    pub(super) fn mirror_made(bytes: u64, connection: &Connection) -> Result<(), Error> {
        connection
            .prepare_cached("UPDATE trail_mark SET mirror = ?1 WHERE mirror < 0")?
            .execute(params![int(bytes)])?;
        Ok(())
    }
}

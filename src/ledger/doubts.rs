//! Lists of which the ledger may not know everything: a restored backup, a run given up without a reading. The gate says
//! UNVERIFIED for them until the next reconciliation.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::Ledger;
use super::codec::micros;
use super::error::Error;
use crate::domain::list::ListId;

impl Ledger {
    /// Notes that nothing is proven of a list any more, and why, in a sentence.
    pub async fn doubt(&self, profile: &str, list: &ListId, why: &str, at: Timestamp) -> Result<(), Error> {
        let (profile, list, why) = (profile.to_owned(), list.clone(), why.to_owned());
        self.write(move |connection| raise(connection, &profile, &list.0, &why, at)).await
    }
}

pub(super) fn raise(
    connection: &Connection,
    profile: &str,
    list: &str,
    why: &str,
    at: Timestamp,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO doubts (profile, list, at, why) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (profile, list) DO UPDATE SET at = excluded.at, why = excluded.why",
        )?
        .execute(params![profile, list, micros(at), why])?;
    Ok(())
}

/// A reconciliation has read the list: what the ledger says of it is known again.
pub(super) fn settle(connection: &Connection, profile: &str, list: &ListId) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM doubts WHERE profile = ?1 AND list = ?2")?
        .execute(params![profile, list.0])?;
    Ok(())
}

pub(super) fn find(connection: &Connection, profile: &str, list: &str) -> Result<Option<String>, Error> {
    Ok(connection
        .prepare_cached("SELECT why FROM doubts WHERE profile = ?1 AND list = ?2")?
        .query_row(params![profile, list], |row| row.get(0))
        .optional()?)
}

/// A doubt that another profile of the tenant has of the list, where ours was not read since.
pub(super) fn of_others(
    connection: &Connection,
    profile: &str,
    list: &ListId,
    lock: &str,
    reconciled: Option<(Timestamp, u64)>,
) -> Result<Option<String>, Error> {
    let since = reconciled.map_or(i64::MIN, |(at, _)| micros(at));
    Ok(connection
        .prepare_cached(
            "SELECT why FROM doubts d WHERE d.list = ?2 AND d.profile <> ?1 AND d.at > ?4
               AND EXISTS (SELECT 1 FROM runs r WHERE r.profile = d.profile AND r.list = d.list AND r.lock = ?3)",
        )?
        .query_row(params![profile, list.0, lock, since], |row| row.get(0))
        .optional()?)
}

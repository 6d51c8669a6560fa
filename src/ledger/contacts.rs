//! What a sync of contacts has written so far: a sync that was cut off goes on behind that, and one that is done begins anew.

use std::collections::HashMap;

use rusqlite::params;

use super::audit::append;
use super::error::Error;
use super::{Ledger, NewEvent};

impl Ledger {
    /// Contacts that an unfinished sync has written, with what it wrote.
    pub async fn written_contacts(
        &self,
        profile: &str,
        sync: &str,
    ) -> Result<HashMap<String, String>, Error> {
        let (profile, sync) = (profile.to_owned(), sync.to_owned());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT contact, value FROM contact_updates WHERE profile = ?1 AND sync = ?2",
            )?;
            let rows = statement.query_map(params![profile, sync], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Notes that a contact was written.
    pub async fn note_contact(
        &self,
        profile: &str,
        sync: &str,
        contact: &str,
        value: &'static str,
    ) -> Result<(), Error> {
        let (profile, sync, contact) = (profile.to_owned(), sync.to_owned(), contact.to_owned());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO contact_updates (profile, sync, contact, value) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (profile, sync, contact) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![profile, sync, contact, value])?;
            Ok(())
        })
        .await
    }

    /// A sync has come to its end: its notes go, and the trail keeps what it did.
    pub async fn end_contacts(&self, profile: &str, sync: &str, event: NewEvent) -> Result<(), Error> {
        let (profile, sync) = (profile.to_owned(), sync.to_owned());
        self.write(move |connection| {
            connection
                .prepare_cached("DELETE FROM contact_updates WHERE profile = ?1 AND sync = ?2")?
                .execute(params![profile, sync])?;
            append(connection, &event).map(drop)
        })
        .await
    }
}

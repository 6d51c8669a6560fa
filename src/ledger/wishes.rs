//! What people want of runs that another process works on. The holder looks here and stops by itself; nobody else ever
//! moves a run whose lock is held.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::append;
use super::codec::{from_micros, micros};
use super::error::{Error, damaged};
use super::runs::load;
use super::{Ledger, NewEvent};
use crate::domain::run::Wish;

/// A wish that nobody has fulfilled yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenWish {
    /// What.
    pub wish: Wish,
    /// OS user.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

impl Ledger {
    /// Notes a wish for a run that has not ended, with its audit event. Cancelling outranks pausing; the same again
    /// changes nothing.
    pub async fn wish(&self, run: &str, wish: OpenWish) -> Result<(), Error> {
        let run = run.to_owned();
        self.write(move |connection| {
            let state = load(connection, &run)?.state;
            if state.is_final() {
                let what = format!("run {run}");
                return Err(Error::IllegalTransition { what, from: state.as_str(), to: wish.wish.as_str() });
            }
            if find(connection, &run)?.is_some_and(|open| open.wish == wish.wish || open.wish == Wish::Cancel)
            {
                return Ok(());
            }
            connection
                .prepare_cached(
                    "INSERT INTO wishes (run, wish, made_by, at, reason) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (run) DO UPDATE SET wish = excluded.wish, made_by = excluded.made_by,
                       at = excluded.at, reason = excluded.reason",
                )?
                .execute(params![run, wish.wish.as_str(), wish.by, micros(wish.at), wish.reason])?;
            let event = NewEvent {
                at: wish.at,
                actor: wish.by,
                kind: match wish.wish {
                    Wish::Pause => "run.pause-wished",
                    Wish::Cancel => "run.cancel-wished",
                },
                object: format!("run {run}"),
                effect: format!("its process is asked to {} it", wish.wish.as_str()),
                reason: wish.reason,
            };
            append(connection, &event).map(drop)
        })
        .await
    }

    /// The wish that stands for a run.
    pub async fn open_wish(&self, run: &str) -> Result<Option<OpenWish>, Error> {
        let run = run.to_owned();
        self.read(move |connection| find(connection, &run)).await
    }

    /// Whoever goes on with a run does not stop for what was wished of the process before.
    pub async fn forget_wish(&self, run: &str) -> Result<(), Error> {
        let run = run.to_owned();
        self.write(move |connection| clear(connection, &run)).await
    }
}

pub(super) fn clear(connection: &Connection, run: &str) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM wishes WHERE run = ?1")?.execute(params![run])?;
    Ok(())
}

fn find(connection: &Connection, run: &str) -> Result<Option<OpenWish>, Error> {
    let found: Option<(String, String, i64, Option<String>)> = connection
        .prepare_cached("SELECT wish, made_by, at, reason FROM wishes WHERE run = ?1")?
        .query_row(params![run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((wish, by, at, reason)) = found else { return Ok(None) };
    let wish =
        Wish::from_name(&wish).ok_or_else(|| damaged("somebody wishes for something that is nothing"))?;
    Ok(Some(OpenWish { wish, by, at: from_micros(at)?, reason }))
}

//! The outbox: what is to be told to a profile's receiver. A message is written in the transaction of the change that it
//! tells, so there is none without the other; whoever sends it claims it for a while, so that no two processes send it at
//! the same time.
//!
//! ```text
//! waiting ─ claim (lease) ─▶ [the wire] ─┬─▶ delivered
//!    ▲                                   ├─▶ given up          (schedule over, or 410)
//!    └───── lease over, or tried again ◀─┘
//! ```
//!
//! The body is made here and never changes: every try sends the same bytes under the same id. It is thin: counts, digests,
//! ids, states; no numbers, no names of files, no words of people.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::audit::append;
use super::codec::{count, from_micros, hex, micros};
use super::error::{Error, damaged};
use super::folder::random;
use super::runs::find;
use super::trail::head;
use super::{Ledger, NewEvent};
use crate::domain::delivery::{Deliveries, Next, events_of};
use crate::domain::run::{RunState, RunSummary};

/// A message that was claimed to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id on the wire: the same at every try.
    pub id: String,
    /// Which event.
    pub kind: String,
    /// The run it tells of.
    pub run: String,
    /// The bytes to send.
    pub body: Vec<u8>,
    /// Tries so far, this one included.
    pub tries: u32,
    lease: String,
}

impl Ledger {
    /// Whether messages of a profile are written at all: `receiver` names who listens, in whatever words tell one receiver
    /// from another. `None` = nobody. A receiver that had gone stays gone until it is another one.
    pub async fn set_receiver(&self, profile: &str, receiver: Option<String>) -> Result<(), Error> {
        let profile = profile.to_owned();
        let (asked, wanted) = (profile.clone(), receiver.clone());
        let now: Option<String> =
            self.read(move |connection| Ok(receiver_of(connection, &asked)?.map(|(name, _)| name))).await?;
        if now == wanted {
            return Ok(());
        }
        self.write(move |connection| {
            match receiver {
                None => connection.execute("DELETE FROM receivers WHERE profile = ?1", params![profile])?,
                Some(receiver) => connection.execute(
                    "INSERT INTO receivers (profile, receiver) VALUES (?1, ?2) ON CONFLICT (profile)
                     DO UPDATE SET receiver = excluded.receiver, gone_at = NULL, paused_until = NULL",
                    params![profile, receiver],
                )?,
            };
            Ok(())
        })
        .await
    }

    /// Since when the receiver of a profile wants nothing any more (410), where that is so.
    pub async fn receiver_gone(&self, profile: &str) -> Result<Option<Timestamp>, Error> {
        let profile = profile.to_owned();
        self.read(move |connection| Ok(receiver_of(connection, &profile)?.and_then(|(_, gone)| gone))).await
    }

    /// A receiver that had gone is asked again: a person has looked after it.
    pub async fn revive_receiver(&self, profile: &str) -> Result<(), Error> {
        let profile = profile.to_owned();
        self.write(move |connection| {
            connection.execute(
                "UPDATE receivers SET gone_at = NULL, paused_until = NULL WHERE profile = ?1",
                params![profile],
            )?;
            Ok(())
        })
        .await
    }

    /// When the next message of a profile may be sent; `None` = none waits. In the past = now.
    pub async fn next_delivery(&self, profile: &str) -> Result<Option<Timestamp>, Error> {
        let profile = profile.to_owned();
        self.read(move |connection| next_at(connection, "profile", &profile)).await
    }

    /// Whether a message of a profile is due, or on its way, that no try has failed for yet.
    pub async fn has_fresh_messages(&self, profile: &str, now: Timestamp) -> Result<bool, Error> {
        let profile = profile.to_owned();
        self.read(move |connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM outbox o JOIN receivers r ON r.profile = o.profile
                       WHERE o.profile = ?1 AND o.state = 'waiting' AND o.why IS NULL AND o.next_at <= ?2
                             AND r.gone_at IS NULL AND coalesce(r.paused_until, 0) <= ?2)";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_row(params![profile, micros(now)], |row| row.get(0))?)
        })
        .await
    }

    /// Takes a message that is due, for as long as `lease`: nobody else gets it until then. Its try counts from here.
    pub async fn claim(
        &self,
        profile: &str,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Message>, Error> {
        let profile = profile.to_owned();
        self.write(move |connection| claim(connection, &profile, lease, now)).await
    }

    /// A try went well. `false` = the lease was over, and somebody else has taken the message since.
    pub async fn delivered(&self, message: &Message, actor: &str, at: Timestamp) -> Result<bool, Error> {
        let (message, actor) = (message.clone(), actor.to_owned());
        self.write(move |connection| {
            let sql = "UPDATE outbox SET state = 'delivered', why = NULL, lease = NULL, next_at = ?3
                       WHERE id = ?1 AND lease = ?2 AND state = 'waiting'";
            if connection.prepare_cached(sql)?.execute(params![message.id, message.lease, micros(at)])? == 0 {
                return Ok(false);
            }
            let effect = format!("{} was delivered as {}, try {}", message.kind, message.id, message.tries);
            append(connection, &of_message(&message, &actor, "webhook.delivered", effect, at))?;
            Ok(true)
        })
        .await
    }

    /// A try failed. Where the receiver asked to wait, all of the profile's messages wait until then.
    pub async fn not_delivered(
        &self,
        message: &Message,
        (why, next): (String, Next),
        paused_until: Option<Timestamp>,
        actor: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (message, actor) = (message.clone(), actor.to_owned());
        self.write(move |connection| {
            if let Some(until) = paused_until {
                connection.execute(
                    "UPDATE receivers SET paused_until = max(coalesce(paused_until, ?2), ?2) WHERE profile =
                     (SELECT profile FROM outbox WHERE id = ?1)",
                    params![message.id, micros(until)],
                )?;
            }
            let (state, next_at) = match next {
                Next::At(at) => ("waiting", at),
                Next::GiveUp => ("given-up", at),
            };
            let sql = "UPDATE outbox SET state = ?3, next_at = ?4, why = ?5, lease = NULL, leased_until = 0
                       WHERE id = ?1 AND lease = ?2 AND state = 'waiting'";
            let changed = connection.prepare_cached(sql)?.execute(params![
                message.id,
                message.lease,
                state,
                micros(next_at),
                why
            ])?;
            if changed > 0 && next == Next::GiveUp {
                let effect = format!(
                    "{} ({}) was not delivered in {} tries: {why}",
                    message.kind, message.id, message.tries
                );
                append(connection, &of_message(&message, &actor, "webhook.given-up", effect, at))?;
            }
            Ok(())
        })
        .await
    }

    /// The receiver wants nothing any more: whatever waits for it is given up, and nothing more is written for it.
    pub async fn receiver_has_gone(
        &self,
        message: &Message,
        actor: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (message, actor) = (message.clone(), actor.to_owned());
        self.write(move |connection| {
            let profile: String = connection.query_row(
                "SELECT profile FROM outbox WHERE id = ?1",
                params![message.id],
                |row| row.get(0),
            )?;
            connection.execute(
                "UPDATE receivers SET gone_at = ?2 WHERE profile = ?1",
                params![profile, micros(at)],
            )?;
            let given_up = connection.execute(
                "UPDATE outbox SET state = 'given-up', next_at = ?2, why = 'it answered 410: gone', lease = NULL
                 WHERE profile = ?1 AND state = 'waiting'",
                params![profile, micros(at)],
            )?;
            let effect = format!("the receiver answered 410: {given_up} messages are given up, and no more are made");
            append(connection, &of_message(&message, &actor, "webhook.gone", effect, at))?;
            Ok(())
        })
        .await
    }

    /// Gives a claimed message back, because its try was broken off: whoever comes next sends it again.
    pub async fn release(&self, message: &Message) -> Result<(), Error> {
        let message = message.clone();
        self.write(move |connection| {
            let sql = "UPDATE outbox SET lease = NULL, leased_until = 0, tries = tries - 1
                       WHERE id = ?1 AND lease = ?2 AND state = 'waiting'";
            connection.prepare_cached(sql)?.execute(params![message.id, message.lease])?;
            Ok(())
        })
        .await
    }

    /// How the messages of a run stand; the run by id or by the beginning of its id.
    pub async fn deliveries(&self, run: &str) -> Result<Deliveries, Error> {
        let run = run.to_owned();
        self.read(move |connection| deliveries(connection, "run", &find(connection, &run)?)).await
    }

    /// How the messages of a profile stand.
    pub async fn deliveries_of(&self, profile: &str) -> Result<Deliveries, Error> {
        let profile = profile.to_owned();
        self.read(move |connection| deliveries(connection, "profile", &profile)).await
    }
}

/// Writes what there is to tell of a run that has just come into its state, in the transaction that brought it there.
pub(super) fn tell(connection: &Connection, run: &RunSummary, at: Timestamp) -> Result<(), Error> {
    let kinds = events_of(run);
    if kinds.is_empty() || receiver_of(connection, &run.profile)?.is_none_or(|(_, gone)| gone.is_some()) {
        return Ok(());
    }
    let (_, trail) = head(connection)?;
    let hashes: Option<(String, String)> = connection
        .prepare_cached("SELECT digest, file_sha256 FROM plans WHERE id = ?1")?
        .query_row(params![run.plan], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (digest, file) = hashes.unzip();
    for kind in kinds {
        let b = &run.buckets;
        let says = json!({
            "run": run.id, "plan": run.plan, "plan_digest": digest, "file_sha256": file,
            "list": run.destination.list_of(&run.list).0, "to": run.destination.as_str(),
            "state": run.state.as_str(), "error": run.error.as_ref().map(|(code, _)| code),
            "rows": b.rows, "accepted": b.accepted, "unchanged": b.unchanged, "duplicates": b.duplicates,
            "removed": b.removed, "rejected": b.rejected, "dead_letters": b.dead_letters,
            "unaccounted": b.unaccounted, "differences": run.differences,
        });
        // A run that is resumed behind its last row comes through the same state again, and has nothing new to tell.
        let said: Option<String> = connection
            .prepare_cached("SELECT says FROM outbox WHERE run = ?1 AND kind = ?2 ORDER BY n DESC LIMIT 1")?
            .query_row(params![run.id, kind], |row| row.get(0))
            .optional()?;
        if run.state == RunState::Uploaded && said.as_deref() == Some(&says.to_string()) {
            continue;
        }
        let mut data = says.clone();
        data["audit_head"] = json!(trail);
        data["batches"] = json!(run.batches);
        data["retries"] = json!(run.retries);
        data["throttled"] = json!(run.throttled);
        let body = json!({"type": kind, "timestamp": at.to_string(), "data": data});
        let id = format!("msg_{}", hex(&random::<16>()?));
        connection
            .prepare_cached(
                "INSERT INTO outbox (id, profile, run, kind, body, says, made_at, next_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
            )?
            .execute(params![
                id,
                run.profile,
                run.id,
                kind,
                body.to_string().into_bytes(),
                says.to_string(),
                micros(at)
            ])?;
    }
    Ok(())
}

fn claim(
    connection: &Connection,
    profile: &str,
    lease: Duration,
    now: Timestamp,
) -> Result<Option<Message>, Error> {
    let found = connection
        .prepare_cached(
            "SELECT o.id, o.kind, o.run, o.body, o.tries FROM outbox o JOIN receivers r ON r.profile = o.profile
             WHERE o.profile = ?1 AND o.state = 'waiting' AND o.next_at <= ?2 AND o.leased_until <= ?2
                   AND r.gone_at IS NULL AND coalesce(r.paused_until, 0) <= ?2
             ORDER BY o.next_at, o.n LIMIT 1",
        )?
        .query_row(params![profile, micros(now)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, i64>(4)?))
        })
        .optional()?;
    let Some((id, kind, run, body, tries)) = found else { return Ok(None) };
    let tries = u32::try_from(tries + 1).map_err(|_| damaged("a message was tried too often"))?;
    let message = Message { id, kind, run, body, tries, lease: hex(&random::<8>()?) };
    let until = now.checked_add(lease).unwrap_or(now);
    connection
        .prepare_cached("UPDATE outbox SET lease = ?2, leased_until = ?3, tries = ?4 WHERE id = ?1")?
        .execute(params![message.id, message.lease, micros(until), tries])?;
    Ok(Some(message))
}

fn receiver_of(connection: &Connection, profile: &str) -> Result<Option<(String, Option<Timestamp>)>, Error> {
    let found: Option<(String, Option<i64>)> = connection
        .prepare_cached("SELECT receiver, gone_at FROM receivers WHERE profile = ?1")?
        .query_row(params![profile], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(name, gone)| Ok((name, gone.map(from_micros).transpose()?))).transpose()
}

/// When the next try may be made: not before the message's time, the end of somebody's lease, and the receiver's pause.
fn next_at(connection: &Connection, by: &'static str, whose: &str) -> Result<Option<Timestamp>, Error> {
    let sql = format!(
        "SELECT min(max(o.next_at, o.leased_until, coalesce(r.paused_until, 0))) FROM outbox o
         LEFT JOIN receivers r ON r.profile = o.profile WHERE o.{by} = ?1 AND o.state = 'waiting'"
    );
    let at: Option<i64> = connection.prepare_cached(&sql)?.query_row(params![whose], |row| row.get(0))?;
    at.map(from_micros).transpose()
}

fn deliveries(connection: &Connection, by: &'static str, whose: &str) -> Result<Deliveries, Error> {
    let mut found = Deliveries { next_at: next_at(connection, by, whose)?, ..Deliveries::default() };
    let sql = format!("SELECT state, count(*) FROM outbox WHERE {by} = ?1 GROUP BY state");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![whose])?;
    while let Some(row) = rows.next()? {
        let n = count(row.get(1)?)?;
        match row.get::<_, String>(0)?.as_str() {
            "waiting" => found.waiting = n,
            "delivered" => found.delivered = n,
            "given-up" => found.given_up = n,
            _ => return Err(damaged("a message is in a state that is none")),
        }
    }
    let sql = format!(
        "SELECT why FROM outbox WHERE {by} = ?1 AND why IS NOT NULL AND state <> 'delivered' ORDER BY n DESC LIMIT 1"
    );
    found.why = connection.prepare_cached(&sql)?.query_row(params![whose], |row| row.get(0)).optional()?;
    Ok(found)
}

fn of_message(message: &Message, actor: &str, kind: &'static str, effect: String, at: Timestamp) -> NewEvent {
    NewEvent {
        at,
        actor: actor.to_owned(),
        kind,
        object: format!("run {}", message.run),
        effect,
        reason: None,
    }
}

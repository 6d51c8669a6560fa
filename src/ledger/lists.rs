//! What the ledger knows of a list: its reconciliations, generations, and what the gate asks.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::append;
use super::codec::{
    Cursor, count, from_micros, int, micros, position, put_bytes, put_int, put_text, put_time,
};
use super::error::{Error, damaged};
use super::lock::list_key;
use super::rows::{expected, put_expected, put_whom, whom};
use super::sorter::Sorted;
use super::{Generation, Ledger, ListFacts, NewEvent, doubts};
use crate::domain::diff::{Diff, DiffKind, Difference};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::run::RunState;

/// Names that a difference may give to fields.
const FIELDS: [&str; 3] = ["jurisdiction", "expires", "source"];

impl Ledger {
    /// Notes a reconciliation with its audit event, and keeps its differences for the pane.
    pub async fn store_reconciliation(
        &self,
        profile: &str,
        list: &ListId,
        run: Option<&str>,
        diff: &Diff,
        at: Timestamp,
        by: &str,
    ) -> Result<(), Error> {
        let (profile, list, run) = (profile.to_owned(), list.clone(), run.map(str::to_owned));
        let (diff, by) = (diff.clone(), by.to_owned());
        self.write(move |connection| {
            // Only the differences of the newest one are kept; the counts of all of them are.
            connection.execute(
                "DELETE FROM differences WHERE reconciliation IN
                   (SELECT n FROM reconciliations WHERE profile = ?1 AND list = ?2)",
                params![profile, list.0],
            )?;
            connection.execute(
                "INSERT INTO reconciliations (profile, list, run, at, made_by, remote, expected, matching, differences)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    profile,
                    list.0,
                    run,
                    micros(at),
                    by,
                    int(diff.remote),
                    int(diff.expected),
                    int(diff.matching),
                    diff.differences.len() as i64
                ],
            )?;
            let n = connection.last_insert_rowid();
            doubts::settle(connection, &profile, &list)?;
            for (position, difference) in (0i64..).zip(&diff.differences) {
                connection
                    .prepare_cached(
                        "INSERT INTO differences (reconciliation, position, difference) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![n, position, encode(difference)])?;
            }
            if let Some(run) = &run {
                let changed = connection.execute(
                    "UPDATE runs SET differences = ?2 WHERE id = ?1",
                    params![run, diff.differences.len() as i64],
                )?;
                if changed == 0 {
                    return Err(Error::NotFound { what: format!("no run has the id “{}”", run.escape_debug()) });
                }
            }
            let kinds: Vec<String> = DiffKind::ALL
                .into_iter()
                .map(|kind| (kind, diff.count(kind)))
                .filter(|(_, count)| *count > 0)
                .map(|(kind, count)| format!("{count} {}", kind.as_str()))
                .collect();
            let kinds = if kinds.is_empty() { "no differences".to_owned() } else { kinds.join(", ") };
            let event = NewEvent {
                at,
                actor: by,
                kind: "list.reconciled",
                object: format!("list {list}"),
                effect: format!("{} of {} as expected, {kinds}", diff.matching, diff.expected),
                reason: None,
            };
            append(connection, &event).map(drop)
        })
        .await
    }

    /// The newest reconciliation of a list with its differences, and when it ended.
    pub async fn last_reconciliation(
        &self,
        profile: &str,
        list: &ListId,
    ) -> Result<Option<(Timestamp, Diff)>, Error> {
        let (profile, list) = (profile.to_owned(), list.clone());
        self.read(move |connection| last(connection, &profile, &list)).await
    }

    /// Numbers of a list whose generation is above 0, in order.
    pub async fn generations(&self, profile: &str, list: &ListId) -> Result<Sorted<Generation>, Error> {
        let (profile, list) = (profile.to_owned(), list.clone());
        let mut sorter = self.sorter();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, generation FROM generations WHERE profile = ?1 AND list = ?2 ORDER BY number",
            )?;
            let mut rows = statement.query(params![profile, list.0])?;
            while let Some(row) = rows.next()? {
                let number = E164::from_digits(count(row.get(0)?)?)
                    .ok_or_else(|| damaged("a generation is of something that is not a number"))?;
                sorter.push(Generation { whom: number.into(), generation: position(row.get(1)?)? })?;
            }
            sorter.finish()
        })
        .await
    }

    /// Raises the generation of numbers that we removed or that a reconciliation found missing.
    pub async fn raise_generation(
        &self,
        profile: &str,
        list: &ListId,
        numbers: Vec<E164>,
    ) -> Result<(), Error> {
        let (profile, list) = (profile.to_owned(), list.clone());
        self.write(move |connection| raise(connection, &profile, &list, numbers)).await
    }

    /// What the gate needs.
    pub async fn list_facts(&self, profile: &str, list: &ListId) -> Result<ListFacts, Error> {
        let (profile, list) = (profile.to_owned(), list.clone());
        self.read(move |connection| facts(connection, &profile, &list)).await
    }

    /// The same with what other profiles do to the list of that tenant (as [`Ledger::lock_list`] means it): a run of theirs
    /// that is in flight, and their last accepted row.
    pub async fn list_facts_of(
        &self,
        profile: &str,
        list: &ListId,
        tenant: &str,
    ) -> Result<ListFacts, Error> {
        let (profile, list, key) = (profile.to_owned(), list.clone(), list_key(tenant, list));
        self.read(move |connection| {
            let mut facts = facts(connection, &profile, &list)?;
            let mut statement = connection.prepare_cached(
                "SELECT id, state, cool_down_until, last_accepted FROM runs
                 WHERE lock = ?1 AND profile <> ?2 ORDER BY n DESC",
            )?;
            let mut rows = statement.query(params![key, profile])?;
            while let Some(row) = rows.next()? {
                let state = state(&row.get::<_, String>(1)?)?;
                if facts.in_flight.is_none() && !state.is_final() {
                    facts.in_flight = Some((row.get(0)?, state));
                }
                let time = |column: usize| -> Result<Option<Timestamp>, Error> {
                    row.get::<_, Option<i64>>(column)?.map(from_micros).transpose()
                };
                facts.cool_down_until = facts.cool_down_until.max(time(2)?);
                facts.last_accepted = facts.last_accepted.max(time(3)?);
            }
            if facts.doubt.is_none() {
                // What another profile left in doubt is in doubt for everybody, until that one or this one reads it anew.
                facts.doubt = doubts::of_others(connection, &profile, &list, &key, facts.reconciled)?;
            }
            Ok(facts)
        })
        .await
    }
}

fn state(word: &str) -> Result<RunState, Error> {
    RunState::from_name(word).ok_or_else(|| damaged("a run is in a state that is none"))
}

/// See [`Ledger::raise_generation`].
pub(super) fn raise(
    connection: &Connection,
    profile: &str,
    list: &ListId,
    mut numbers: Vec<E164>,
) -> Result<(), Error> {
    // Once per call, however often a number is named.
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        connection
            .prepare_cached(
                "INSERT INTO generations (profile, list, number, generation) VALUES (?1, ?2, ?3, 1)
                 ON CONFLICT (profile, list, number) DO UPDATE SET generation = generation + 1",
            )?
            .execute(params![profile, list.0, int(number.digits())])?;
    }
    Ok(())
}

fn facts(connection: &Connection, profile: &str, list: &ListId) -> Result<ListFacts, Error> {
    let mut statement = connection
        .prepare_cached("SELECT id, state FROM runs WHERE profile = ?1 AND list = ?2 ORDER BY n DESC")?;
    let mut rows = statement.query(params![profile, list.0])?;
    let mut in_flight = None;
    while let Some(row) = rows.next()? {
        let state = state(&row.get::<_, String>(1)?)?;
        if !state.is_final() {
            in_flight = Some((row.get(0)?, state));
            break;
        }
    }
    let (until, last): (Option<i64>, Option<i64>) = connection
        .prepare_cached(
            "SELECT max(cool_down_until), max(last_accepted) FROM runs WHERE profile = ?1 AND list = ?2",
        )?
        .query_row(params![profile, list.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let uploaded_by: Option<String> = connection
        .prepare_cached(
            "SELECT made_by FROM runs WHERE profile = ?1 AND list = ?2 AND last_accepted IS NOT NULL
             ORDER BY last_accepted DESC LIMIT 1",
        )?
        .query_row(params![profile, list.0], |row| row.get(0))
        .optional()?;
    let unaccounted: Option<i64> = connection
        .prepare_cached(
            "SELECT unaccounted FROM runs
             WHERE profile = ?1 AND list = ?2 AND bound = 1 AND state IN ('ready', 'discrepant', 'failed')
             ORDER BY n DESC LIMIT 1",
        )?
        .query_row(params![profile, list.0], |row| row.get(0))
        .optional()?;
    let reconciled: Option<(i64, i64)> = connection
        .prepare_cached(
            "SELECT at, differences FROM reconciliations WHERE profile = ?1 AND list = ?2 ORDER BY n DESC LIMIT 1",
        )?
        .query_row(params![profile, list.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let last_accepted = last.map(from_micros).transpose()?;
    Ok(ListFacts {
        in_flight,
        cool_down_until: until.map(from_micros).transpose()?,
        last_accepted,
        reconciled: match reconciled {
            Some((at, differences)) => Some((from_micros(at)?, count(differences)?)),
            None => None,
        },
        unaccounted: count(unaccounted.unwrap_or(0))?,
        doubt: doubts::find(connection, profile, &list.0)?,
        last_upload: last_accepted.zip(uploaded_by),
        has_baseline: super::expected::find(connection, profile, list)?.is_some(),
    })
}

fn last(connection: &Connection, profile: &str, list: &ListId) -> Result<Option<(Timestamp, Diff)>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT n, at, remote, expected, matching FROM reconciliations WHERE profile = ?1 AND list = ?2
         ORDER BY n DESC LIMIT 1",
    )?;
    let mut rows = statement.query(params![profile, list.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut diff = Diff {
        remote: count(row.get(2)?)?,
        expected: count(row.get(3)?)?,
        matching: count(row.get(4)?)?,
        differences: Vec::new(),
    };
    let at = from_micros(row.get(1)?)?;
    let mut statement = connection
        .prepare_cached("SELECT difference FROM differences WHERE reconciliation = ?1 ORDER BY position")?;
    let mut found = statement.query(params![row.get::<_, i64>(0)?])?;
    while let Some(row) = found.next()? {
        diff.differences.push(decode(&row.get::<_, Vec<u8>>(0)?)?);
    }
    Ok(Some((at, diff)))
}

fn encode(difference: &Difference) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes(&mut out, difference.kind.as_str().as_bytes());
    put_whom(&mut out, difference.identifier.as_ref());
    put_bytes(&mut out, difference.raw.as_bytes());
    put_int(&mut out, difference.fields.len() as u64);
    difference.fields.iter().for_each(|field| put_bytes(&mut out, field.as_bytes()));
    out.push(u8::from(difference.expected.is_some()));
    if let Some(attributes) = &difference.expected {
        put_expected(&mut out, attributes);
    }
    out.push(u8::from(difference.remote.is_some()));
    if let Some(remote) = &difference.remote {
        put_bytes(&mut out, remote.id.as_bytes());
        put_bytes(&mut out, remote.list.0.as_bytes());
        put_bytes(&mut out, remote.raw.as_bytes());
        put_whom(&mut out, remote.identifier.as_ref());
        put_text(&mut out, remote.jurisdiction.as_deref());
        put_time(&mut out, remote.expires);
        put_text(&mut out, remote.source.as_deref());
        put_text(&mut out, remote.key.as_deref());
    }
    out
}

fn decode(bytes: &[u8]) -> Result<Difference, Error> {
    let unknown = || damaged("a difference holds a word that is none");
    let mut cursor = Cursor(bytes);
    let word = cursor.string()?;
    let kind = DiffKind::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or_else(unknown)?;
    let identifier = whom(&mut cursor)?;
    let raw = cursor.string()?.to_owned();
    let mut fields = Vec::new();
    for _ in 0..cursor.int()? {
        let name = cursor.string()?;
        fields.push(FIELDS.into_iter().find(|field| *field == name).ok_or_else(unknown)?);
    }
    let expected = if cursor.byte()? == 1 { Some(expected(&mut cursor)?) } else { None };
    let remote = if cursor.byte()? == 1 {
        Some(RemoteEntry {
            id: cursor.string()?.to_owned(),
            list: ListId(cursor.string()?.to_owned()),
            raw: cursor.string()?.to_owned(),
            identifier: whom(&mut cursor)?,
            jurisdiction: cursor.text()?.map(str::to_owned),
            expires: cursor.time()?,
            source: cursor.text()?.map(str::to_owned),
            key: cursor.text()?.map(str::to_owned),
        })
    } else {
        None
    };
    Ok(Difference { kind, identifier, raw, fields, expected, remote })
}

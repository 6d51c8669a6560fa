//! Runs: created before their file is read, moved along their state machine, found again after anything.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit::{append, of_run};
use super::codec::{count, from_micros, hex, micros};
use super::error::{Error, damaged};
use super::folder::random;
use super::lock::{Look, look, may_work_on, turn};
use super::plans::{destination, operation, origin};
use super::{Ledger, ListLock, NewEvent, NewRun, approvals, outbox, wishes};
use crate::domain::list::ListId;
use crate::domain::run::{Buckets, RunState, RunSummary};

/// What a run row is read from, in the order of [`summary`].
const COLUMNS: &str = "id, plan, profile, list, list_name, file, state, file_rows, accepted, unchanged, duplicates, \
                       removed, rejected, dead_letters, unaccounted, batches_done, batches, retries, throttled, \
                       differences, started_at, changed_at, cool_down_until, worked, made_by, reason, error_code, error, \
                       destination, activates, operation, origin";

/// States in which a process holds the list lock. `Paused` and `Uploaded` are rests: a run may stay there when its
/// process has ended well (`upload --until uploaded`).
pub(super) const AT_WORK: [RunState; 5] =
    [RunState::Draft, RunState::Approved, RunState::Uploading, RunState::CoolingDown, RunState::Reconciling];

impl Ledger {
    /// Writes a run in state `Draft`, with its audit event. Returns its id.
    pub async fn create_run(&self, run: NewRun) -> Result<String, Error> {
        self.write(move |connection| create(connection, &run, None)).await
    }

    /// The same for a run that is worked on under this lock from the start: nobody takes it for one that was killed.
    pub async fn create_run_under(&self, lock: &ListLock, run: NewRun) -> Result<String, Error> {
        let key = lock.key().to_owned();
        self.write(move |connection| create(connection, &run, Some(&key))).await
    }

    /// Moves a run on, with its audit event. An illegal step is an error. `error` replaces what was noted before, so a
    /// run that goes on well carries none. `Uploaded` and `Ready` are earned: no open batch; for `Ready` also no row
    /// without a verdict and no old record left to remove.
    pub async fn set_state(
        &self,
        run: &str,
        to: RunState,
        error: Option<(String, String)>,
        at: Timestamp,
    ) -> Result<RunSummary, Error> {
        let run = run.to_owned();
        self.write(move |connection| set_state(connection, &run, to, error, at)).await
    }

    /// A run by id or by the beginning of its id.
    pub async fn run(&self, id: &str) -> Result<RunSummary, Error> {
        let id = id.to_owned();
        self.read(move |connection| load(connection, &find(connection, &id)?)).await
    }

    /// The `input` JSON and the file hash a run was begun with.
    pub async fn run_input(&self, id: &str) -> Result<(String, Option<String>), Error> {
        let id = id.to_owned();
        self.read(move |connection| {
            let id = find(connection, &id)?;
            let row = connection.query_row(
                "SELECT input, file_sha256 FROM runs WHERE id = ?1",
                params![id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            Ok(row)
        })
        .await
    }

    /// Every run, newest first.
    pub async fn runs(&self) -> Result<Vec<RunSummary>, Error> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs ORDER BY n DESC"))?;
            let mut rows = statement.query([])?;
            let mut runs = Vec::new();
            while let Some(row) = rows.next()? {
                runs.push(summary(row)?);
            }
            Ok(runs)
        })
        .await
    }

    /// Marks runs as `Interrupted` that say they are at work though nobody holds their lock, or whoever does works on another
    /// run. `Uploaded` is a rest, not work: it stays as it is and can be resumed from there. No launch fails by this.
    pub async fn mark_interrupted(&self, at: Timestamp) -> Result<Vec<RunSummary>, Error> {
        let mut marked = Vec::new();
        let at_work: Vec<RunSummary> =
            self.runs().await?.into_iter().filter(|run| AT_WORK.contains(&run.state)).collect();
        if at_work.is_empty() || self.is_read_only() {
            return Ok(marked);
        }
        let turn = Arc::new(self.blocking(turn).await?);
        for run in at_work {
            let key = self.lock_key(&run.id).await?;
            let held = turn.clone();
            let found = self.blocking(move |folder| look(&held, folder, &key)).await?;
            match &found {
                Look::Held(holder) if may_work_on(holder, &run.id) => continue,
                Look::Held(_) | Look::Free(_) => {}
            }
            kill_point!("K32");
            marked.extend(self.interrupt(&run, at).await?);
            // A free lock is held while we write, so that nobody begins to work on the run in between.
            drop(found);
        }
        Ok(marked)
    }

    /// Marks a run as one whose process has ended, unless it moved on since it was read.
    pub async fn interrupt(&self, run: &RunSummary, at: Timestamp) -> Result<Option<RunSummary>, Error> {
        let run = run.clone();
        self.write(move |connection| {
            let now = load(connection, &run.id)?;
            if (now.state, now.changed_at) != (run.state, run.changed_at) || !AT_WORK.contains(&now.state) {
                return Ok(None);
            }
            let why = ("interrupted".to_owned(), "Its process ended before the run did.".to_owned());
            set_state(connection, &run.id, RunState::Interrupted, Some(why), at).map(Some)
        })
        .await
    }

    /// Adds working time to a run.
    pub async fn add_seconds(&self, run: &str, seconds: f64) -> Result<(), Error> {
        let micros = (seconds.max(0.0) * 1e6) as i64;
        self.update(run, "UPDATE runs SET worked = worked + ?2 WHERE id = ?1", micros).await
    }

    /// Notes the end of the cool-down, never earlier than one already noted.
    pub async fn set_cool_down(&self, run: &str, until: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE runs SET cool_down_until = max(coalesce(cool_down_until, ?2), ?2) WHERE id = ?1";
        self.update(run, sql, micros(until)).await
    }

    async fn update(&self, run: &str, sql: &'static str, value: i64) -> Result<(), Error> {
        let run = run.to_owned();
        self.write(move |connection| match connection.prepare_cached(sql)?.execute(params![run, value])? {
            0 => Err(no_run(&run)),
            _ => Ok(()),
        })
        .await
    }
}

fn create(connection: &Connection, run: &NewRun, lock: Option<&str>) -> Result<String, Error> {
    let id = loop {
        let id = hex(&random::<4>()?);
        if exact(connection, &id)?.is_none() {
            break id;
        }
    };
    connection
        .prepare_cached(
            "INSERT INTO runs (id, profile, list, list_name, file, file_sha256, input, plan, reason, made_by, state,
                               started_at, changed_at, destination, activates, operation, origin, lock)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            id,
            run.profile,
            run.list.0,
            run.list_name,
            run.file.to_string_lossy(),
            run.file_sha256,
            run.input,
            run.plan,
            run.reason,
            run.by,
            RunState::Draft.as_str(),
            micros(run.at),
            run.destination.as_str(),
            run.activates,
            run.operation.as_str(),
            run.origin.to_text(),
            lock,
        ])?;
    let event = NewEvent {
        at: run.at,
        actor: run.by.clone(),
        kind: "run.created",
        object: format!("run {id}"),
        effect: format!("a run on list {} was begun", run.list),
        reason: Some(run.reason.clone()),
    };
    append(connection, &event)?;
    if let Some(approval) = run.approval {
        approvals::use_for(connection, &id, approval)?;
    }
    Ok(id)
}

fn set_state(
    connection: &Connection,
    id: &str,
    to: RunState,
    error: Option<(String, String)>,
    at: Timestamp,
) -> Result<RunSummary, Error> {
    let run = load(connection, id)?;
    let refuse =
        |what: String| Err(Error::IllegalTransition { what, from: run.state.as_str(), to: to.as_str() });
    if !run.state.may_become(to) {
        return refuse(format!("run {id}"));
    }
    let open = run.batches - run.batches_done;
    if matches!(to, RunState::Uploaded | RunState::Ready) && open > 0 {
        return refuse(format!("run {id} with {open} open batches"));
    }
    if to == RunState::Ready {
        let old: i64 = connection.query_row(
            "SELECT count(*) FROM replacements WHERE run = ?1 AND done = 0",
            params![id],
            |row| row.get(0),
        )?;
        if run.buckets.unaccounted > 0 {
            return refuse(format!("run {id} with {} rows without a verdict", run.buckets.unaccounted));
        }
        if old > 0 {
            return refuse(format!("run {id} with {old} old records still to remove"));
        }
    }
    let effect = match &error {
        None => format!("{} → {to}", run.state),
        Some((code, _)) => format!("{} → {to} ({code})", run.state),
    };
    let (code, sentence) = error.unzip();
    connection
        .prepare_cached(
            "UPDATE runs SET state = ?2, changed_at = ?3, error_code = ?4, error = ?5 WHERE id = ?1",
        )?
        .execute(params![id, to.as_str(), micros(at), code, sentence])?;
    append(connection, &of_run(at, &run.by, "run.state", id, effect))?;
    if to.is_final() || matches!(to, RunState::Paused | RunState::Interrupted) {
        // Whoever wished for it has it, or cannot have it any more.
        wishes::clear(connection, id)?;
    }
    let run = load(connection, id)?;
    outbox::tell(connection, &run, at)?;
    Ok(run)
}

/// A run by its whole id.
pub(super) fn load(connection: &Connection, id: &str) -> Result<RunSummary, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"))?;
    let mut rows = statement.query(params![id])?;
    match rows.next()? {
        Some(row) => summary(row),
        None => Err(no_run(id)),
    }
}

/// The whole id that `wanted` is or begins.
pub(super) fn find(connection: &Connection, wanted: &str) -> Result<String, Error> {
    if let Some(id) = exact(connection, wanted)? {
        return Ok(id);
    }
    let mut statement =
        connection.prepare_cached("SELECT id FROM runs WHERE substr(id, 1, ?2) = ?1 ORDER BY n DESC")?;
    let found = statement
        .query_map(params![wanted, wanted.chars().count() as i64], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    only("run", wanted, found)
}

/// One match is an answer; none, several, or too little to go by are a sentence.
pub(super) fn only(what: &str, wanted: &str, mut found: Vec<String>) -> Result<String, Error> {
    let shown = wanted.chars().take(80).collect::<String>().escape_debug().to_string();
    let sentence = match (found.len(), wanted.chars().count()) {
        (_, 0..4) => format!("“{shown}” is too short for the id of a {what}: give four characters or more"),
        (0, _) => format!("no {what} has the id “{shown}” or begins with it"),
        (1, _) => return Ok(found.remove(0)),
        (_, _) => format!("several of the {what}s begin with “{shown}”: {}", found.join(", ")),
    };
    Err(Error::NotFound { what: sentence })
}

fn exact(connection: &Connection, id: &str) -> Result<Option<String>, Error> {
    let found = connection
        .prepare_cached("SELECT id FROM runs WHERE id = ?1")?
        .query_row(params![id], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn no_run(id: &str) -> Error {
    Error::NotFound { what: format!("no run has the id “{}”", id.escape_debug()) }
}

fn summary(row: &Row<'_>) -> Result<RunSummary, Error> {
    let number = |column: usize| count(row.get(column)?);
    let state: String = row.get(6)?;
    let code: Option<String> = row.get(26)?;
    let sentence: Option<String> = row.get(27)?;
    let until: Option<i64> = row.get(22)?;
    let worked: i64 = row.get(23)?;
    Ok(RunSummary {
        id: row.get(0)?,
        plan: row.get(1)?,
        profile: row.get(2)?,
        list: ListId(row.get(3)?),
        list_name: row.get(4)?,
        file: row.get(5)?,
        state: RunState::from_name(&state).ok_or_else(|| damaged("a run is in a state that is none"))?,
        buckets: Buckets {
            rows: number(7)?,
            accepted: number(8)?,
            unchanged: number(9)?,
            duplicates: number(10)?,
            removed: number(11)?,
            rejected: number(12)?,
            dead_letters: number(13)?,
            unaccounted: number(14)?,
        },
        batches_done: number(15)?,
        batches: number(16)?,
        retries: number(17)?,
        throttled: number(18)?,
        differences: number(19)?,
        started_at: from_micros(row.get(20)?)?,
        changed_at: from_micros(row.get(21)?)?,
        cool_down_until: until.map(from_micros).transpose()?,
        seconds: worked as f64 / 1e6,
        by: row.get(24)?,
        reason: row.get(25)?,
        error: code.zip(sentence),
        destination: destination(&row.get::<_, String>(28)?)?,
        activates: row.get(29)?,
        operation: operation(&row.get::<_, String>(30)?)?,
        origin: origin(&row.get::<_, String>(31)?)?,
    })
}

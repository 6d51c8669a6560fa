//! Opening the database: its identity, its settings and its migrations.
//!
//! Times are BIGINT microseconds, enums are words, sets of rows are blobs: the same schema would stand in PostgreSQL.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::backup::RESTORING;
use super::error::{Error, damaged};
use super::folder::{close_to_others, private_file, unwritable};

/// `QLdg`: tells our file from any other SQLite database.
const APPLICATION_ID: i64 = 0x514c_6467;

/// Larger files are not read through at each start.
const CHECKED_WHOLE: u64 = 64 * 1024 * 1024;

/// How long a transaction waits for one of another process.
const BUSY: Duration = Duration::from_secs(5);

/// Append only: a migration that was ever released is never changed.
const MIGRATIONS: [&str; 8] = [V1, V2, V3, V4, V5, V6, V7, V8];

/// What a plan does with its numbers, and where its rows come from.
const V5: &str = "
ALTER TABLE plans ADD COLUMN operation TEXT NOT NULL DEFAULT 'add';
ALTER TABLE plans ADD COLUMN origin TEXT NOT NULL DEFAULT 'file';
ALTER TABLE runs ADD COLUMN operation TEXT NOT NULL DEFAULT 'add';
ALTER TABLE runs ADD COLUMN origin TEXT NOT NULL DEFAULT 'file';
";

/// Up to where the trail was looked at. The mirror of a trail from before there was one is made at the first opening.
const V6: &str = "
CREATE TABLE trail_mark (
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  mirror BIGINT NOT NULL
);
INSERT INTO trail_mark (seq, hash, mirror) VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000', -1);
CREATE INDEX events_of_trail ON events (seq) WHERE kind = 'trail.checkpoint';
";

/// Messages to whoever listens to a profile's runs, and what the calls of each run took.
const V7: &str = "
CREATE TABLE receivers (
  profile TEXT PRIMARY KEY NOT NULL,
  receiver TEXT NOT NULL,
  gone_at BIGINT,
  paused_until BIGINT
);
CREATE TABLE outbox (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  profile TEXT NOT NULL,
  run TEXT NOT NULL REFERENCES runs (id),
  kind TEXT NOT NULL,
  body BLOB NOT NULL,
  says TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting',
  tries BIGINT NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL,
  lease TEXT,
  leased_until BIGINT NOT NULL DEFAULT 0,
  why TEXT
);
CREATE INDEX outbox_run ON outbox (run, kind);
CREATE INDEX outbox_waiting ON outbox (profile, next_at) WHERE state = 'waiting';
CREATE TABLE run_metrics (
  run TEXT PRIMARY KEY NOT NULL REFERENCES runs (id),
  metrics BLOB NOT NULL
);
";

/// Which lock a run is held by, what people want of runs that another process works on, and lists of which the ledger may
/// not know everything until they are reconciled.
const V8: &str = "
ALTER TABLE runs ADD COLUMN lock TEXT;
CREATE TABLE wishes (
  run TEXT PRIMARY KEY REFERENCES runs (id),
  wish TEXT NOT NULL,
  made_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  reason TEXT
);
CREATE TABLE doubts (
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (profile, list)
);
";

/// Rows of a call that a tenant takes, where that is fewer than its contract says.
const V4: &str = "
CREATE TABLE sizes (
  profile TEXT NOT NULL,
  destination TEXT NOT NULL,
  most BIGINT NOT NULL CHECK (most > 0),
  at BIGINT NOT NULL,
  PRIMARY KEY (profile, destination)
);
";

/// Contacts that a sync has written, until it is done.
const V3: &str = "
CREATE TABLE contact_updates (
  profile TEXT NOT NULL,
  sync TEXT NOT NULL,
  contact TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (profile, sync, contact)
);
";

/// Plans and runs that go elsewhere than to entries.
const V2: &str = "
ALTER TABLE plans ADD COLUMN destination TEXT NOT NULL DEFAULT 'entries';
ALTER TABLE plans ADD COLUMN scrub TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN destination TEXT NOT NULL DEFAULT 'entries';
ALTER TABLE runs ADD COLUMN activates BIGINT NOT NULL DEFAULT 0;
";

const V1: &str = "
CREATE TABLE plans (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  digest TEXT NOT NULL,
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  list_name TEXT NOT NULL,
  file TEXT NOT NULL,
  file_sha256 TEXT NOT NULL,
  file_rows BIGINT NOT NULL,
  adds BIGINT NOT NULL,
  updates BIGINT NOT NULL,
  removes BIGINT NOT NULL,
  unchanged BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  removed BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  shortened BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  CHECK (file_rows = adds + updates + removes + unchanged + duplicates + removed + rejected)
);
CREATE INDEX plans_digest ON plans (digest);

CREATE TABLE approvals (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL,
  made_by TEXT NOT NULL,
  claimed TEXT,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX approvals_digest ON approvals (digest);

CREATE TABLE runs (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  list_name TEXT NOT NULL,
  file TEXT NOT NULL,
  file_sha256 TEXT,
  input TEXT NOT NULL,
  plan TEXT,
  bound BIGINT NOT NULL DEFAULT 0,
  reason TEXT NOT NULL,
  made_by TEXT NOT NULL,
  state TEXT NOT NULL,
  file_rows BIGINT NOT NULL DEFAULT 0,
  accepted BIGINT NOT NULL DEFAULT 0 CHECK (accepted >= 0),
  unchanged BIGINT NOT NULL DEFAULT 0,
  duplicates BIGINT NOT NULL DEFAULT 0,
  removed BIGINT NOT NULL DEFAULT 0,
  rejected BIGINT NOT NULL DEFAULT 0,
  dead_letters BIGINT NOT NULL DEFAULT 0 CHECK (dead_letters >= 0),
  unaccounted BIGINT NOT NULL DEFAULT 0 CHECK (unaccounted >= 0),
  batches BIGINT NOT NULL DEFAULT 0,
  batches_done BIGINT NOT NULL DEFAULT 0,
  retries BIGINT NOT NULL DEFAULT 0,
  throttled BIGINT NOT NULL DEFAULT 0,
  differences BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  last_accepted BIGINT,
  cool_down_until BIGINT,
  worked BIGINT NOT NULL DEFAULT 0,
  error_code TEXT,
  error TEXT,
  CHECK (file_rows = accepted + unchanged + duplicates + removed + rejected + dead_letters + unaccounted),
  CHECK (batches_done <= batches)
);
CREATE INDEX runs_list ON runs (profile, list);

CREATE TABLE batches (
  run TEXT NOT NULL REFERENCES runs (id),
  seq BIGINT NOT NULL,
  plan_rows BLOB NOT NULL,
  first_row BIGINT NOT NULL,
  last_row BIGINT NOT NULL,
  state TEXT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  sent_at BIGINT,
  body_sha256 TEXT,
  status BIGINT,
  answer BLOB,
  answer_sha256 TEXT,
  why TEXT,
  accepted BLOB,
  settled BIGINT,
  settled_at BIGINT,
  PRIMARY KEY (run, seq),
  CHECK ((state = 'settled') = (settled IS NOT NULL AND accepted IS NOT NULL))
);
CREATE INDEX batches_open ON batches (run, seq) WHERE state <> 'settled';

CREATE TABLE exceptions (
  run TEXT NOT NULL REFERENCES runs (id),
  plan_row BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  kind TEXT NOT NULL,
  code TEXT,
  message TEXT,
  PRIMARY KEY (run, plan_row)
);

CREATE TABLE replacements (
  run TEXT NOT NULL REFERENCES runs (id),
  plan_row BIGINT NOT NULL,
  entry_id TEXT NOT NULL,
  done BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (run, entry_id)
);

CREATE TABLE baselines (
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (profile, list)
);

CREATE TABLE generations (
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  number BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (profile, list, number)
);

CREATE TABLE reconciliations (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  profile TEXT NOT NULL,
  list TEXT NOT NULL,
  run TEXT,
  at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  remote BIGINT NOT NULL,
  expected BIGINT NOT NULL,
  matching BIGINT NOT NULL,
  differences BIGINT NOT NULL
);
CREATE INDEX reconciliations_list ON reconciliations (profile, list);

CREATE TABLE differences (
  reconciliation BIGINT NOT NULL REFERENCES reconciliations (n),
  position BIGINT NOT NULL,
  difference BLOB NOT NULL,
  PRIMARY KEY (reconciliation, position)
);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  effect TEXT NOT NULL,
  reason TEXT,
  hash TEXT NOT NULL
);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'the trail is append-only'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'the trail is append-only'); END;
";

/// Opens or creates `ledger.db` in a prepared folder. Returns the writing and the reading connection.
pub(super) fn open(folder: &Path) -> Result<(Connection, Connection), Error> {
    let path = folder.join("ledger.db");
    // Two processes that start at once must not both create or migrate. The lock goes with the file.
    let _turn = turn(folder)?;
    if folder.join(RESTORING).exists() {
        return Err(damaged("a restore was cut off: give `quietline ledger restore` the backup once more"));
    }
    refuse_to_recreate(folder, &path)?;
    if path.exists() {
        close_to_others(&path, 0o600)?;
    } else {
        private_file(&path)?;
    }
    let size = path.metadata().map_err(|e| unwritable(&path, &e))?.len();

    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let writer = Connection::open_with_flags(&path, flags)?;
    writer.busy_timeout(BUSY)?;
    identify(&writer, size)?;
    let mode: String = writer.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Unwritable {
            detail: format!("the file system gives journal mode {mode}, not WAL"),
        });
    }
    settings(&writer)?;
    if size > 0 && size < CHECKED_WHOLE {
        let verdict: String = writer.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(damaged(format!("{}: {verdict}", path.display())));
        }
    }
    migrate(&writer)?;
    for suffix in ["-wal", "-shm"] {
        let beside = folder.join(format!("ledger.db{suffix}"));
        if beside.exists() {
            close_to_others(&beside, 0o600)?;
        }
    }

    Ok((writer, reader(folder)?))
}

/// A connection of its own for whoever reads long, so that nobody waits behind it.
pub(super) fn reader(folder: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(folder.join("ledger.db"), flags)?;
    settings(&reader)?;
    Ok(reader)
}

/// A ledger that cannot be written: two connections that only read. Where nobody has it open and its last writer closed it
/// well, SQLite is told that nothing changes, because it could not make the files that it needs otherwise.
pub(super) fn open_to_read(folder: &Path) -> Result<(Connection, Connection), Error> {
    let path = folder.join("ledger.db");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let has_wal = folder.join("ledger.db-wal").metadata().is_ok_and(|wal| wal.len() > 0);
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.push_str(if has_wal { "?mode=ro" } else { "?mode=ro&immutable=1" });
    let open = || -> Result<Connection, Error> {
        let connection = Connection::open_with_flags(&uri, flags)?;
        connection.busy_timeout(BUSY)?;
        Ok(connection)
    };
    let (writer, reader) = (open()?, open()?);
    identify(&reader, path.metadata().map_err(|e| unwritable(&path, &e))?.len())?;
    let found: i64 = reader.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found != MIGRATIONS.len() as i64 {
        let detail = format!("its form is {found} and has to become {} first", MIGRATIONS.len());
        return Err(Error::Unwritable { detail });
    }
    Ok((writer, reader))
}

fn settings(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// A missing or empty database beside plans is a loss, not a first start.
fn refuse_to_recreate(folder: &Path, path: &Path) -> Result<(), Error> {
    let empty = path.metadata().map_or(true, |file| file.len() == 0);
    let left_over = |part: &str| {
        folder.join(part).read_dir().into_iter().flatten().flatten().any(|e| {
            e.path().extension().is_some_and(|extension| extension == "plan" || extension == "expected")
        })
    };
    let has_wal = folder.join("ledger.db-wal").metadata().is_ok_and(|wal| wal.len() > 0);
    let has_mirror = folder.join("audit.log").metadata().is_ok_and(|log| log.len() > 0);
    if empty && (left_over("plans") || left_over("lists") || has_wal || has_mirror) {
        return Err(damaged(format!(
            "{} is missing or empty, but what belongs to it is there",
            path.display()
        )));
    }
    Ok(())
}

/// Refuses what is not ours before anything is written to it.
fn identify(connection: &Connection, size: u64) -> Result<(), Error> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = MIGRATIONS.len() as i64;
    if id == APPLICATION_ID && found > known {
        return Err(Error::Newer { found, known });
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if size > 0 && id != APPLICATION_ID && (id != 0 || tables > 0) {
        return Err(damaged("ledger.db is a database of another program"));
    }
    Ok(())
}

/// Runs what is missing, all of it in one transaction: a kill leaves the old schema or the new one.
fn migrate(connection: &Connection) -> Result<(), Error> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(found).map_err(|_| damaged("the schema version is negative"))?;
    if done >= MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
        kill_point!("K30");
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()?;
    Ok(())
}

fn turn(folder: &Path) -> Result<File, Error> {
    let path = folder.join("locks").join("open.lock");
    let file = private_file(&path)?;
    file.lock().map_err(|e| unwritable(&path, &e))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linked_sqlite_has_the_wal_reset_fix() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn a_commit_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        super::super::folder::prepare(folder.path()).unwrap();
        let (writer, reader) = open(folder.path()).unwrap();
        let full: i64 = writer.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
        let keys: i64 = writer.query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap();
        assert_eq!((full, keys), (2, 1));
        assert!(reader.execute_batch("DELETE FROM runs").is_err(), "the reader can write");
    }
}

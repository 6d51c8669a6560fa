//! Opening the database: its identity, its settings, and what is missing of its form.

mod migrations;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use self::migrations::MIGRATIONS;
use super::backup::RESTORING;
use super::error::{Error, damaged};
use super::folder::{close_to_others, private_file, unwritable};

/// `QLdg`: tells our file from any other SQLite database.
const APPLICATION_ID: i64 = 0x514c_6467;

/// Larger files are not read through at each start.
const CHECKED_WHOLE: u64 = 64 * 1024 * 1024;

/// How long a transaction waits for one of another process.
const BUSY: Duration = Duration::from_secs(5);

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
    refuse_other_journal(&mode)?;
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

    let reader = reader(folder)?;
    // The one that switched believes that it did, also where the disk took nothing of it.
    let mode: String = reader.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    refuse_other_journal(&mode)?;
    Ok((writer, reader))
}

/// With any other journal whoever reads keeps the writer waiting, and a commit that has waited too long is the last one.
fn refuse_other_journal(mode: &str) -> Result<(), Error> {
    if mode == "wal" {
        return Ok(());
    }
    Err(Error::Unwritable { detail: format!("the file system gives journal mode {mode}, not WAL") })
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

    /// A ledger of a day on which approvals had no end and could be used twice.
    #[test]
    fn approvals_of_old_end_and_are_those_of_the_newest_runs() {
        let old = Connection::open_in_memory().unwrap();
        for migration in &MIGRATIONS[..8] {
            old.execute_batch(migration).unwrap();
        }
        old.pragma_update(None, "user_version", 8).unwrap();
        for (plan, approvals, runs) in [("p-1", 2, 2), ("p-2", 1, 0), ("p-3", 0, 1)] {
            let sql = "INSERT INTO plans (id, digest, profile, list, list_name, file, file_sha256, file_rows, adds,
                       updates, removes, unchanged, duplicates, removed, rejected, shortened, made_at, made_by)
                       VALUES (?1, 'd' || ?1, 'p', 'l', 'l', 'f', 'f', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'pat')";
            old.execute(sql, [plan]).unwrap();
            for _ in 0..approvals {
                let sql =
                    "INSERT INTO approvals (digest, made_by, reason, at) VALUES ('d' || ?1, 'kim', 'r', 7)";
                old.execute(sql, [plan]).unwrap();
            }
            for n in 0..runs {
                let sql = "INSERT INTO runs (id, profile, list, list_name, file, input, plan, reason, made_by, state,
                           started_at, changed_at) VALUES (?1 || ?2, 'p', 'l', 'l', 'f', '', ?1, 'r', 'pat', 'ready', 0, 0)";
                old.execute(sql, (plan, n)).unwrap();
            }
        }
        migrate(&old).unwrap();
        let mut used = old.prepare("SELECT id, approval FROM runs ORDER BY n").unwrap();
        let used = used.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let used: Vec<(String, Option<i64>)> = used.map(Result::unwrap).collect();
        let run = |id: &str, approval| (id.to_owned(), approval);
        assert_eq!(used, [run("p-10", None), run("p-11", Some(2)), run("p-30", None)]);
        let ends: i64 = old.query_row("SELECT min(ends_at) FROM approvals", [], |row| row.get(0)).unwrap();
        assert_eq!(ends, 7 + 24 * 3_600_000_000);
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

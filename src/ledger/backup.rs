//! A copy of the whole ledger in one file, taken while it is in use: the database as it is at one moment, and the files
//! that belong to it. Those never change once they are there, and come before the rows that name them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use super::Ledger;
use super::archive::{self, MAGIC, Summary};
use super::codec::hex;
use super::error::Error;
use super::folder::{private_dir, random, unwritable, write_private};
use super::trail::head;

/// What stays where it is: nobody could use it elsewhere, or it is no part of this ledger.
const ELSEWHERE: [&str; 4] = ["locks", "logs", "demo", RESTORING];
/// The mirror of the trail is made anew from the database: by now it may be further than the copy of that.
const MADE_ANEW: &str = "audit.log";
/// Says that a restore was begun and has not ended.
pub(super) const RESTORING: &str = "restore.pending";
/// Folders of a backup or restore under way, and of ledgers that were replaced.
pub(super) const WORK: [&str; 3] = ["backup-", "restore-", "replaced-"];

/// A backup that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// What it holds.
    pub summary: Summary,
    /// SHA-256 of the file but for its last 32 bytes, which are this.
    pub digest: String,
}

impl Ledger {
    /// Writes a backup (0600, there whole or not at all). One that stands there is replaced, another file is not.
    pub async fn backup(&self, to: &Path, at: Timestamp) -> Result<Backup, Error> {
        let to = std::path::absolute(to)?;
        self.blocking(move |folder| {
            refuse_place(folder, &to)?;
            let work = folder.join(format!("backup-{}", hex(&random::<4>()?)));
            private_dir(&work)?;
            let written = copy(folder, &work, &to, at);
            let _ = fs::remove_dir_all(&work);
            written
        })
        .await
    }
}

fn copy(folder: &Path, work: &Path, to: &Path, at: Timestamp) -> Result<Backup, Error> {
    let snapshot = work.join("ledger.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join("ledger.db"), flags)?;
    let words = snapshot.to_string_lossy().into_owned();
    connection.execute("VACUUM INTO ?1", params![words])?;
    drop(connection);
    let connection = Connection::open_with_flags(&snapshot, flags)?;
    let (events, head) = head(&connection)?;
    drop(connection);

    let mut files = vec![("ledger.db".to_owned(), snapshot)];
    gather(folder, folder, &mut files)?;
    let summary = Summary { at: at.to_string(), events, head, files: 0, bytes: 0 };
    let mut written = None;
    write_private(to, |file| {
        written = Some(archive::write(file, &files, summary)?);
        Ok(())
    })?;
    let (summary, digest) =
        written.ok_or_else(|| Error::Unwritable { detail: "nothing was written".into() })?;
    Ok(Backup { summary, digest })
}

/// Files of the folder but for the database, which is copied by itself.
fn gather(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(|e| unwritable(folder, &e))?.flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let is_elsewhere = folder == root && !is_part(&name);
        if is_elsewhere || name == MADE_ANEW || name.starts_with("ledger.db") || name.ends_with(".tmp") {
            continue;
        }
        let kind = entry.file_type().map_err(|e| unwritable(&path, &e))?;
        if kind.is_dir() {
            gather(root, &path, files)?;
        } else if kind.is_file()
            && let Ok(inside) = path.strip_prefix(root)
        {
            files.push((inside.to_string_lossy().replace('\\', "/"), path));
        }
    }
    files.sort();
    Ok(())
}

/// Whether something in the data folder belongs to the ledger.
pub(super) fn is_part(name: &str) -> bool {
    !ELSEWHERE.contains(&name) && !WORK.iter().any(|work| name.starts_with(work))
}

/// A backup beside what it copies is lost with it; and what is no backup is not written over.
fn refuse_place(folder: &Path, to: &Path) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::BadPlace { what: format!("{}: {why}", to.display()) });
    let parent = to.parent().unwrap_or(to);
    let parent =
        parent.canonicalize().map_err(|e| Error::BadPlace { what: format!("{}: {e}", parent.display()) })?;
    if folder.canonicalize().is_ok_and(|folder| parent.starts_with(folder)) {
        return refuse("it would stand in the folder that it copies");
    }
    let Ok(mut there) = File::open(to) else { return Ok(()) };
    let mut begin = [0; MAGIC.len()];
    if there.metadata().is_ok_and(|file| file.is_file())
        && there.read_exact(&mut begin).is_ok()
        && begin == MAGIC
    {
        return Ok(());
    }
    refuse("there is a file of another kind")
}

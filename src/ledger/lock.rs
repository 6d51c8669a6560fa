//! One process works on a list of a tenant at a time. The lock is the operating system's, so a killed process lets go of
//! it; its file names the holder.
//!
//! Whoever only looks whether a lock is held has to take it for that moment, which would make a launch fail that comes
//! just then. So looking has a lock of its own (`look.lock`, the *turn*): all looking happens under it, and whoever finds
//! a list locked asks once more under the turn, when nobody can be just looking.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{OptionalExtension, params};
use sha2::{Digest as _, Sha256};

use super::codec::hex;
use super::error::Error;
use super::folder::{private_file, unwritable};
use super::{Ledger, ListLock};
use crate::domain::list::ListId;

/// Looking takes milliseconds; somebody who holds the turn longer has stopped.
const TURN: Duration = Duration::from_secs(10);

impl Ledger {
    /// Takes the lock of a list of a tenant (any text that tells tenants apart), naming us as the holder, or says who holds
    /// it. Take it before the run is created: [`Ledger::mark_interrupted`] takes a run without a holder for one that was
    /// killed. May wait for a moment: call it where that is no harm.
    pub fn lock_list(&self, tenant: &str, list: &ListId, holder: &str) -> Result<ListLock, Error> {
        self.lock_by_key(&list_key(tenant, list), list, holder)
    }

    /// The same by the key that a run noted: its profile may mean another tenant by now.
    pub fn lock_by_key(&self, key: &str, list: &ListId, holder: &str) -> Result<ListLock, Error> {
        let path = path(self.folder(), key);
        let mut file = private_file(&path)?;
        if !try_lock(&file, &path)? {
            let turn = turn(self.folder())?;
            if !try_lock(&file, &path)? {
                return Err(Error::Locked { what: format!("list {list}"), holder: read_holder(&mut file) });
            }
            drop(turn);
        }
        let mut lock = ListLock { file, key: key.to_owned() };
        lock.set_holder(holder)?;
        Ok(lock)
    }

    /// The key of the lock that the processes of a run hold. One of an older version locked by profile.
    pub async fn lock_key(&self, run: &str) -> Result<String, Error> {
        let run = run.to_owned();
        self.read(move |connection| {
            let found: Option<(String, String, Option<String>)> = connection
                .prepare_cached("SELECT profile, list, lock FROM runs WHERE id = ?1")?
                .query_row(params![run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (profile, list, key) = found.ok_or_else(|| Error::NotFound {
                what: format!("no run has the id “{}”", run.escape_debug()),
            })?;
            Ok(key.unwrap_or_else(|| list_key(&profile, &ListId(list))))
        })
        .await
    }

    /// Notes by which lock a run is held from now on. Its caller holds that lock, and the one noted before.
    pub async fn note_lock(&self, run: &str, lock: &ListLock) -> Result<(), Error> {
        let (run, key) = (run.to_owned(), lock.key.clone());
        self.write(move |connection| {
            connection
                .prepare_cached("UPDATE runs SET lock = ?2 WHERE id = ?1")?
                .execute(params![run, key])
                .map(drop)
                .map_err(Error::from)
        })
        .await
    }

    /// Who works on a run, in words; `None` where nobody does.
    pub async fn holder_of(&self, run: &str) -> Result<Option<String>, Error> {
        if self.is_read_only() {
            return Ok(None);
        }
        let key = self.lock_key(run).await?;
        let holder = self
            .blocking(move |folder| {
                // Let go of the list before the turn, or somebody else would take us for a holder.
                let turn = turn(folder)?;
                match look(&turn, folder, &key)? {
                    Look::Held(holder) => Ok(Some(holder)),
                    Look::Free(_file) => Ok(None),
                }
            })
            .await?;
        Ok(holder.filter(|holder| may_work_on(holder, run)))
    }
}

impl ListLock {
    /// Says who holds it, once more is known than when it was taken: the run's id.
    pub fn set_holder(&mut self, holder: &str) -> Result<(), Error> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(holder.as_bytes())?;
        Ok(())
    }

    /// What a run notes of it.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Drop for ListLock {
    fn drop(&mut self) {
        // The lock itself goes with the file; a name that stayed behind would only be misleading.
        let _ = self.file.set_len(0);
    }
}

/// What a look at a lock found. Nobody can take a free one before its file is dropped.
pub(super) enum Look {
    Free(File),
    Held(String),
}

/// Whether a lock is held, and by whom. Only under the turn.
pub(super) fn look(_turn: &File, folder: &Path, key: &str) -> Result<Look, Error> {
    let path = path(folder, key);
    let mut file = private_file(&path)?;
    Ok(if try_lock(&file, &path)? { Look::Free(file) } else { Look::Held(read_holder(&mut file)) })
}

/// The turn of whoever looks at locks.
pub(super) fn turn(folder: &Path) -> Result<File, Error> {
    let path = folder.join("locks").join("look.lock");
    let file = private_file(&path)?;
    let begun = Instant::now();
    while !try_lock(&file, &path)? {
        if begun.elapsed() > TURN {
            let holder = "another process that looks for interrupted runs".to_owned();
            return Err(Error::Locked { what: "the ledger".into(), holder });
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(file)
}

fn try_lock(file: &File, path: &Path) -> Result<bool, Error> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(unwritable(path, &e)),
    }
}

fn path(folder: &Path, key: &str) -> PathBuf {
    folder.join("locks").join(format!("{key}.lock"))
}

/// A file name for a list: ids are the tenant's own strings, which may hold anything.
pub(super) fn list_key(of: &str, list: &ListId) -> String {
    let mut hash = Sha256::new();
    hash.update((of.len() as u64).to_le_bytes());
    hash.update(of);
    hash.update(&list.0);
    hex(&hash.finalize()[..12])
}

/// Whether a holder may work on a run: `sam (pid 4711 on desk-3, run 7f3a91c2, since …)` names the one that it works on.
/// One that has not said yet what it does may; one that only reads does not.
pub fn may_work_on(holder: &str, run: &str) -> bool {
    match holder.rsplit_once(" run ") {
        Some((_, behind)) => behind.split(|c: char| !c.is_ascii_alphanumeric()).next() == Some(run),
        None => !holder.contains(READING),
    }
}

/// What a holder says that works on no run.
pub const READING: &str = "reading it";

/// The holder writes its name just after it took the lock, so it may not be there yet.
fn read_holder(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.take(400).read_to_string(&mut text);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.is_empty() { "another process".into() } else { text }
}

//! One process works on a list at a time. The lock is the operating system's, so a killed process lets go of it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::codec::hex;
use super::error::Error;
use super::folder::{private_file, unwritable};
use super::{Ledger, ListLock};
use crate::domain::list::ListId;

impl Ledger {
    /// Takes the lock of a list, naming us as the holder, or says who holds it. Take it before the run is created:
    /// [`Ledger::mark_interrupted`] takes a run without a holder for one that was killed.
    pub fn lock_list(&self, profile: &str, list: &ListId, holder: &str) -> Result<ListLock, Error> {
        let path = path(self.folder(), profile, list);
        let mut file = private_file(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { what: format!("list {list}"), holder: read_holder(&mut file) });
            }
            Err(TryLockError::Error(e)) => return Err(unwritable(&path, &e)),
        }
        let mut lock = ListLock { file };
        lock.set_holder(holder)?;
        Ok(lock)
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
}

impl Drop for ListLock {
    fn drop(&mut self) {
        // The lock itself goes with the file; a name that stayed behind would only be misleading.
        let _ = self.file.set_len(0);
    }
}

fn path(folder: &Path, profile: &str, list: &ListId) -> PathBuf {
    folder.join("locks").join(format!("{}.lock", list_key(profile, list)))
}

/// A file name for a list: ids are the tenant's own strings, which may hold anything.
pub(super) fn list_key(profile: &str, list: &ListId) -> String {
    let mut hash = Sha256::new();
    hash.update((profile.len() as u64).to_le_bytes());
    hash.update(profile);
    hash.update(&list.0);
    hex(&hash.finalize()[..12])
}

/// The holder writes its name just after it took the lock, so it may not be there yet.
fn read_holder(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.take(400).read_to_string(&mut text);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.is_empty() { "another process".into() } else { text }
}

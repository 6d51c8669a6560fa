//! The keys in a file beside the ledger, where no keyring holds them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::Ledger;
use super::super::error::Error;
use super::super::folder::{close_to_others, private_file, unwritable, write_whole};

const NAME: &str = "audit.keys";

/// Where the file is, in a data folder.
pub fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// What stands in the file of a data folder; `None` = there is none.
pub fn read(folder: &Path) -> Result<Option<String>, Error> {
    let path = path(folder);
    match fs::read_to_string(&path) {
        Ok(text) => {
            close_to_others(&path, 0o600)?;
            Ok(Some(text))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unwritable(&path, &e)),
    }
}

impl Ledger {
    /// Writes the file of the keys (0600), unless another process was first. Returns what stands there then.
    pub async fn make_keys_file(&self, text: String) -> Result<String, Error> {
        self.blocking(move |folder| {
            let lock = folder.join("locks").join("keys.lock");
            let turn: File = private_file(&lock)?;
            turn.lock().map_err(|e| unwritable(&lock, &e))?;
            if let Some(there) = read(folder)? {
                return Ok(there);
            }
            write_whole(&path(folder), |file| file.write_all(text.as_bytes()))?;
            Ok(text)
        })
        .await
    }
}

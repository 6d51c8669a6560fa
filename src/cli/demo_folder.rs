//! The folder of the demo. Its ledger begins anew with every demo, because its tenant does: a ledger that remembers another
//! world would call everything missing. What a person exported stays, unless `--fresh` says otherwise.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::console::unwritable;
use super::failure::{Failure, exit};
use super::{private_file, samples};

/// Parts of the folder that belong to one demo only.
const OF_ONE_DEMO: [&str; 8] =
    ["ledger.db", "ledger.db-wal", "ledger.db-shm", "plans", "lists", "locks", "audit.log", "audit.keys"];
/// The beginning of others: mirrors of a broken trail that were set aside.
const SET_ASIDE: &str = "audit.log.broken-";

/// The folder while a demo uses it. Dropping it lets another demo in.
pub(super) struct DemoFolder {
    /// Where the ledger goes.
    pub path: PathBuf,
    /// Where the samples are.
    pub samples: PathBuf,
    _lock: File,
}

impl DemoFolder {
    /// Takes the folder below `data_dir` and clears it for a new demo; `fresh` clears exports too.
    pub(super) fn take(data_dir: &Path, fresh: bool) -> Result<Self, Failure> {
        let path = data_dir.join("demo");
        let failed = |e: &io::Error| unwritable(&path, e);
        private_file::folder(&path).map_err(|e| failed(&e))?;
        let lock = private_file::append(&path.join("demo.lock")).map_err(|e| failed(&e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    exit::LEDGER,
                    "locked",
                    format!("another demo is using {}", path.display()),
                    "Quit that one, or give this one its own folder with --data-dir.",
                ));
            }
            Err(TryLockError::Error(e)) => return Err(failed(&e)),
        }
        clear(&path, fresh).map_err(|e| failed(&e))?;
        let samples = samples::write(&path).map_err(|e| failed(&e))?;
        Ok(Self { path, samples, _lock: lock })
    }
}

fn is_of_one_demo(name: &OsStr) -> bool {
    OF_ONE_DEMO.iter().any(|part| name == *part) || name.to_string_lossy().starts_with(SET_ASIDE)
}

fn clear(folder: &Path, fresh: bool) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let goes = if fresh { name != "demo.lock" } else { is_of_one_demo(&name) };
        if !goes {
            continue;
        }
        // `file_type` does not follow links: a link is removed, never what it points to.
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_demo_forgets_the_ledger_and_keeps_what_was_exported() {
        let data = tempfile::tempdir().unwrap();
        let demo = DemoFolder::take(data.path(), false).unwrap();
        for name in ["ledger.db", "audit.log", "audit.keys", "audit.log.broken-1", "rejects.csv"] {
            std::fs::write(demo.path.join(name), "x").unwrap();
        }
        std::fs::create_dir(demo.path.join("plans")).unwrap();
        let path = demo.path.clone();
        drop(demo);

        let demo = DemoFolder::take(data.path(), false).unwrap();
        for name in ["ledger.db", "plans", "audit.log", "audit.keys", "audit.log.broken-1"] {
            assert!(!path.join(name).exists(), "{name}");
        }
        assert!(path.join("rejects.csv").exists() && demo.samples.join("dirty.csv").exists());
        drop(demo);

        let _demo = DemoFolder::take(data.path(), true).unwrap();
        assert!(!path.join("rejects.csv").exists());
    }

    #[test]
    fn a_second_demo_is_told_about_the_first() {
        let data = tempfile::tempdir().unwrap();
        let _first = DemoFolder::take(data.path(), false).unwrap();
        let second = DemoFolder::take(data.path(), true).err().unwrap();
        assert!(second.message.contains("another demo"), "{}", second.message);
    }
}

//! The data folder: 0700, its files 0600 whatever the umask says, and files that are there whole or not at all.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::Error;

/// A temporary file older than this was left behind by a process that died.
const STALE: Duration = Duration::from_secs(3600);

/// Makes the folder and its parts, mends their permissions, and refuses file systems on which WAL is not safe.
pub(super) fn prepare(folder: &Path) -> Result<(), Error> {
    if let Some(parent) = folder.parent() {
        // Whoever may write to a parent could put another ledger in this one's place, whatever the umask says.
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(parent).map_err(|e| unwritable(parent, &e))?;
    }
    private_dir(folder)?;
    refuse_network(folder)?;
    for part in ["plans", "lists", "locks"] {
        private_dir(&folder.join(part))?;
    }
    sweep(folder);
    sweep(&folder.join("plans"));
    sweep(&folder.join("lists"));
    sweep_copies(folder);
    Ok(())
}

/// Opens or creates a file that only its owner may read. Never for the database and what SQLite keeps beside it: closing
/// a second handle on those would drop the locks that SQLite holds. See [`close_to_others`].
pub(super) fn private_file(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|e| unwritable(path, &e))?;
    close_to_others(path, 0o600)?;
    Ok(file)
}

/// Gives a file or folder that exists the mode it should have, whatever the umask was when it was made.
pub(super) fn close_to_others(path: &Path, wanted: u32) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|e| unwritable(path, &e))?.permissions().mode();
        if mode & 0o777 != wanted {
            fs::set_permissions(path, fs::Permissions::from_mode(wanted))
                .map_err(|e| unwritable(path, &e))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, wanted);
    Ok(())
}

/// Writes a file that is there whole or not at all: temporary file, fsync, rename, fsync of the folder.
pub(super) fn write_whole(
    path: &Path,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), Error> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::Unwritable { detail: format!("{} is not a file's path", path.display()) });
    };
    let mut temporary = Temporary::new(folder, &name.to_string_lossy())?;
    fill(&mut temporary.file).map_err(|e| unwritable(path, &e))?;
    temporary.keep_as(path)
}

/// A file under a temporary name. Dropped it is gone; what a killed process leaves behind is swept later.
pub(super) struct Temporary {
    file: File,
    path: PathBuf,
    is_kept: bool,
}

impl Temporary {
    /// Makes one in a folder; `name` only tells a reader of the folder what it is.
    pub(super) fn new(folder: &Path, name: &str) -> Result<Self, Error> {
        let salt = u32::from_le_bytes(random::<4>()?);
        let path = folder.join(format!(".{name}.{}.{salt:08x}.tmp", std::process::id()));
        Ok(Self { file: private_file(&path)?, path, is_kept: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it last under a name in the same folder.
    pub(super) fn keep_as(mut self, path: &Path) -> Result<(), Error> {
        self.file.flush().and_then(|()| self.file.sync_all()).map_err(|e| unwritable(path, &e))?;
        if path.extension().is_some_and(|kind| kind == "plan" || kind == "expected") {
            kill_point!("K5");
        }
        fs::rename(&self.path, path).map_err(|e| unwritable(path, &e))?;
        self.is_kept = true;
        path.parent().map_or(Ok(()), sync_dir)
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nothing points to it; what is left is swept later.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Says that the ledger is in use, until the file is dropped. Refused while a backup is being restored.
pub(super) fn in_use(folder: &Path) -> Result<File, Error> {
    let path = use_lock(folder);
    let file = private_file(&path)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked {
            what: "the ledger".into(),
            holder: "a process that restores a backup".into(),
        }),
        Err(TryLockError::Error(e)) => Err(unwritable(&path, &e)),
    }
}

/// The same for whoever may not write there: as far as it is possible.
pub(super) fn in_use_to_read(folder: &Path) -> Option<File> {
    let file = File::open(use_lock(folder)).ok()?;
    file.try_lock_shared().ok().map(|()| file)
}

/// Makes sure that nobody uses the ledger, until the file is dropped.
pub(super) fn alone(folder: &Path) -> Result<File, Error> {
    let path = use_lock(folder);
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let holder = "another quietline process (a console, an upload, a gate)".to_owned();
            Err(Error::Locked { what: "the ledger".into(), holder })
        }
        Err(TryLockError::Error(e)) => Err(unwritable(&path, &e)),
    }
}

fn use_lock(folder: &Path) -> PathBuf {
    folder.join("locks").join("use.lock")
}

/// Bytes nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::Unwritable { detail: format!("the system gives no random numbers: {e}") })?;
    Ok(bytes)
}

/// A folder for its owner alone.
pub(super) fn private_dir(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // A folder that a power cut forgets takes the ledger along. Not every parent may be opened, and then it is
        // the system's word that counts.
        Ok(()) => drop(path.parent().map(sync_dir)),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(e) => return Err(unwritable(path, &e)),
    }
    close_to_others(path, 0o700)
}

/// A rename is durable once its folder is.
pub(super) fn sync_dir(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    File::open(folder).and_then(|dir| dir.sync_all()).map_err(|e| unwritable(folder, &e))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// WAL needs shared memory between processes, which a network does not have.
fn refuse_network(folder: &Path) -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    {
        // NFS, SMB, CIFS, SMB2, AFS, as in statfs(2).
        const NETWORK: [u32; 5] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x5346_414f];
        if let Ok(stat) = rustix::fs::statfs(folder)
            && NETWORK.contains(&(stat.f_type as u32))
        {
            return Err(Error::Unwritable {
                detail: format!(
                    "{} is on a network file system, where a ledger is not safe",
                    folder.display()
                ),
            });
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
    Ok(())
}

/// Removes temporary files that a killed process left behind. What cannot be removed does no harm.
fn sweep(folder: &Path) {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_temporary = entry.path().extension().is_some_and(|e| e == "tmp");
        let modified = entry.metadata().and_then(|m| m.modified()).ok();
        let is_stale = modified.and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age > STALE);
        if is_temporary && is_stale {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes copies of the database that a killed backup left behind. A backup that takes a day is none.
fn sweep_copies(folder: &Path) {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_copy = entry.file_name().to_string_lossy().starts_with("backup-");
        let modified = entry.metadata().and_then(|m| m.modified()).ok();
        let age = modified.and_then(|at| now.duration_since(at).ok());
        if is_copy && age.is_some_and(|age| age > 24 * STALE) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unwritable { detail: format!("{}: {error}", path.display()) }
}

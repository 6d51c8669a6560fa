//! The data folder: 0700, its files 0600 whatever the umask says, and files that are there whole or not at all.
//!
//! A folder that somebody has made for a group (2770: group and setgid bit, nothing for others) is shared by its users:
//! what is in it is 2770 and 0660 then. Nothing else opens it to a group, and a folder that is open in any other way is
//! closed again.

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
    // Whose it is, it says itself: a folder in a group's folder is not shared by that.
    if !is_shared(folder) {
        make_dir(folder, 0o700)?;
        refuse_foreign(folder)?;
        set_mode(folder, 0o700)?;
    }
    refuse_network(folder)?;
    for part in ["plans", "lists", "locks"] {
        private_dir(&folder.join(part))?;
        hand_over(&folder.join(part));
    }
    sweep(folder);
    sweep(&folder.join("plans"));
    sweep(&folder.join("lists"));
    sweep_copies(folder);
    Ok(())
}

/// A folder that became shared after it was in use: what its owner has put there is for the group from now on. What belongs
/// to another user is theirs to hand over, and they do where they open it.
fn hand_over(folder: &Path) {
    #[cfg(unix)]
    if is_shared(folder)
        && let Ok(group) = fs::metadata(folder).map(|data| std::os::unix::fs::MetadataExt::gid(&data))
    {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let _ = std::os::unix::fs::chown(entry.path(), None, Some(group));
            let _ = set_mode(&entry.path(), 0o660);
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// Opens or creates a file that only its owner may read. Never for the database and what SQLite keeps beside it: closing
/// a second handle on those would drop the locks that SQLite holds. See [`close_to_others`].
pub(super) fn private_file(path: &Path) -> Result<File, Error> {
    file_of_mode(path, mode_beside(path, 0o600))
}

fn file_of_mode(path: &Path, wanted: u32) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, wanted);
    let file = options.open(path).map_err(|e| unwritable(path, &e))?;
    set_mode(path, wanted)?;
    Ok(file)
}

/// Whether a folder is shared by a group: it has the setgid bit, its group may do everything and nobody else anything.
pub fn is_shared(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(folder).is_ok_and(|data| data.is_dir() && data.permissions().mode() & 0o7777 == 0o2770)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        false
    }
}

/// What stands in a shared folder has for the group what it has for its owner, and its folders hand the group on.
fn mode_beside(path: &Path, private: u32) -> u32 {
    match path.parent().is_some_and(is_shared) {
        true if private & 0o100 != 0 => 0o2000 | private | private >> 3,
        true => private | private >> 3,
        false => private,
    }
}

/// Gives a file or folder that exists the mode it should have, whatever the umask was when it was made. `private` is that
/// mode where the folder it stands in is not shared.
pub(super) fn close_to_others(path: &Path, private: u32) -> Result<(), Error> {
    set_mode(path, mode_beside(path, private))
}

/// Only the owner can change a mode: in a shared folder, what another user has made is as it should be already.
fn set_mode(path: &Path, wanted: u32) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|e| unwritable(path, &e))?.permissions().mode();
        if mode & (0o777 | wanted) != wanted {
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
    write_of_mode(path, mode_beside(path, 0o600), fill)
}

/// The same for its owner alone, wherever it goes.
pub(super) fn write_private(
    path: &Path,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), Error> {
    write_of_mode(path, 0o600, fill)
}

fn write_of_mode(
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), Error> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::Unwritable { detail: format!("{} is not a file's path", path.display()) });
    };
    let mut temporary = Temporary::of_mode(folder, &name.to_string_lossy(), mode)?;
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
        Self::of_mode(folder, name, mode_beside(&folder.join(name), 0o600))
    }

    fn of_mode(folder: &Path, name: &str, mode: u32) -> Result<Self, Error> {
        let salt = u32::from_le_bytes(random::<4>()?);
        let path = folder.join(format!(".{name}.{}.{salt:08x}.tmp", std::process::id()));
        Ok(Self { file: file_of_mode(&path, mode)?, path, is_kept: false })
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

/// A folder for its owner alone, or for the group that the folder is shared by in which it stands.
pub(super) fn private_dir(path: &Path) -> Result<(), Error> {
    let wanted = mode_beside(path, 0o700);
    make_dir(path, wanted)?;
    set_mode(path, wanted)
}

/// Makes a folder where there is none, and remembers it.
fn make_dir(path: &Path, mode: u32) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    #[cfg(not(unix))]
    let _ = mode;
    match builder.create(path) {
        // A folder that a power cut forgets takes the ledger along. Not every parent may be opened, and then it is
        // the system's word that counts.
        Ok(()) => drop(path.parent().map(sync_dir)),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(e) => return Err(unwritable(path, &e)),
    }
    Ok(())
}

/// A rename is durable once its folder is.
pub(super) fn sync_dir(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    File::open(folder).and_then(|dir| dir.sync_all()).map_err(|e| unwritable(folder, &e))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Another user's folder is used where its owner has shared it.
fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(folder).map_err(|e| unwritable(folder, &e))?.uid();
        let user = rustix::process::geteuid();
        if owner != user.as_raw() && !user.is_root() {
            return Err(Error::Unwritable {
                detail: format!(
                    "{} belongs to another user, who has not shared it (chmod 2770 shares it with its group)",
                    folder.display()
                ),
            });
        }
    }
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

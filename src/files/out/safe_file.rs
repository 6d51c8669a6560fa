//! A file that is there whole or not at all.
//!
//! ```text
//! create ─▶ .quietline-PID-0.part (0600, beside its place) ─▶ write … ─▶ commit: fsync, rename, fsync of the folder
//!                     └─ dropped before that: removed, and what stood there before still stands
//! ```
//!
//! What a killed process leaves half written is removed by whoever writes into that folder next. Whether a process still
//! writes to it is told by a lock that goes with the process, not by its number, which another one may have by now.

use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

/// What a file is called while it is written: process and attempt between these.
const PREFIX: &str = ".quietline-";
const SUFFIX: &str = ".part";

/// A file being written. Only [`SafeFile::commit`] puts it in its place.
#[derive(Debug)]
pub struct SafeFile {
    out: PathBuf,
    temporary: PathBuf,
    /// `None` once it is in its place.
    file: Option<BufWriter<File>>,
    /// Where it is cancelled, nothing more is written.
    stop: CancellationToken,
}

impl SafeFile {
    /// Begins a file that only its owner may read. Refuses to replace `input`, where it is made from one, and anything
    /// that is no regular file: moving a file there would put an end to a device, a pipe or a link.
    pub fn create(out: &Path, input: Option<&Path>) -> io::Result<Self> {
        if input.is_some_and(|input| is_same_file(input, out)) {
            let why = "it would overwrite the file that it is made from";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        match std::fs::symlink_metadata(out) {
            Ok(there) if !there.is_file() => {
                return Err(io::Error::other("what stands there is not a regular file"));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sweep(out);
        let (temporary, file) = create_beside(out)?;
        let file = Some(BufWriter::with_capacity(1 << 16, file));
        Ok(Self { out: out.into(), temporary, file, stop: CancellationToken::new() })
    }

    /// Lets every further write fail once `stop` is cancelled.
    pub(super) fn stop_with(&mut self, stop: CancellationToken) {
        self.stop = stop;
    }

    /// Puts the file in its place; from then on it lasts.
    pub fn commit(mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else { return Ok(()) };
        let moved = file.flush().and_then(|()| file.get_ref().sync_all()).and_then(|()| {
            kill_point!("K31");
            std::fs::rename(&self.temporary, &self.out)
        });
        if moved.is_err() {
            self.file = Some(file);
            return moved;
        }
        sync_folder(&self.out).map_err(|error| io::Error::new(error.kind(), NotSettled(error)))
    }
}

/// The file is whole and in its place; only that its new name lasts is not certain.
#[derive(Debug, thiserror::Error)]
#[error(
    "it is written whole, but may be gone after a power cut, since its folder could not be written out ({0})"
)]
struct NotSettled(io::Error);

/// Whether the file stands in its place all the same.
pub(in crate::files) fn is_written(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<NotSettled>)
}

/// What came of writing a file, in a sentence: one that stands in its place is not said to be missing.
pub(in crate::files) fn said_of(out: &Path, error: &io::Error) -> String {
    match is_written(error) {
        true => format!("{}: {error}", out.display()),
        false => format!("cannot write {}: {error}", out.display()),
    }
}

impl Write for SafeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("it was stopped"));
        }
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for SafeFile {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            // What stands there is ours and worth nothing; what the buffer still holds is not written any more.
            let _ = file.into_parts();
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Replaces `out` by `bytes`, whole or not at all.
pub fn write_safely(out: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = SafeFile::create(out, None)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Whether both paths lead to one file.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// A new file in the folder of `out`, so that renaming it is one step.
fn create_beside(out: &Path) -> io::Result<(PathBuf, File)> {
    if out.file_name().is_none() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for attempt in 0..1000 {
        // Short, since the name that it gets may be as long as names can be.
        let path = out.with_file_name(format!("{PREFIX}{}-{attempt}{SUFFIX}", std::process::id()));
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) if is_held(&file, &path) => return Ok((path, file)),
            // Another process looked at it before it was locked, took it for one that is left over, and removes it.
            Ok(_) => {}
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Locks a file that was just made, and says whether it is still there then. Where there are no locks, nobody sweeps.
fn is_held(file: &File, path: &Path) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && is_file_at(file, path)
}

/// Whether a path still leads to an open file.
fn is_file_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

/// Removes what dead processes have left half written in the folder of `out`. One that cannot be removed hinders nobody.
fn sweep(out: &Path) {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_left_name(&entry.file_name().to_string_lossy())
            || !entry.file_type().is_ok_and(|it| it.is_file())
        {
            continue;
        }
        // Opened to write, which some systems ask of whoever locks; the lock is what a living process holds.
        let Ok(file) = std::fs::OpenOptions::new().write(true).open(entry.path()) else { continue };
        if file.try_lock().is_ok() && is_file_at(&file, &entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether a file is called like one that is being written: `.quietline-4711-0.part`.
fn is_left_name(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX)?.split_once('-'))
        .is_some_and(|(process, attempt)| is_number(process) && is_number(attempt))
}

/// Makes the new name last: on Unix the folder has to be written out too.
fn sync_folder(out: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    let _ = out;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_it_is_stopped_nothing_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SafeFile::create(&folder.path().join("out"), None).unwrap();
        let stop = CancellationToken::new();
        file.stop_with(stop.clone());
        file.write_all(b"one").unwrap();
        stop.cancel();
        file.write_all(b"two").unwrap_err();
    }

    #[test]
    fn at_every_step_the_old_file_or_the_whole_new_one_stands_there() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.csv");
        std::fs::write(&out, "old").unwrap();
        let names = || std::fs::read_dir(folder.path()).unwrap().count();

        let mut file = SafeFile::create(&out, None).unwrap();
        file.write_all(&vec![b'x'; 1 << 18]).unwrap();
        assert_eq!((std::fs::read(&out).unwrap(), names()), (b"old".to_vec(), 2));
        drop(file);
        assert_eq!((std::fs::read(&out).unwrap(), names()), (b"old".to_vec(), 1));

        let mut file = SafeFile::create(&out, None).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"old");
        file.commit().unwrap();
        assert_eq!((std::fs::read(&out).unwrap(), names()), (b"new".to_vec(), 1));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_cannot_be_put_in_its_place_is_removed_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.csv");
        let mut file = SafeFile::create(&out, None).unwrap();
        file.write_all(b"new").unwrap();
        // Somebody makes a folder there in the meantime.
        std::fs::create_dir(&out).unwrap();
        assert!(file.commit().is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(SafeFile::create(&out, None).is_err());
    }

    #[test]
    fn a_name_of_any_length_that_the_folder_takes_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join(format!("{}.csv", "n".repeat(251)));
        write_safely(&out, b"new").unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_there_is_not_said_to_be_missing() {
        let error = || io::Error::from(io::ErrorKind::PermissionDenied);
        let settled = io::Error::new(error().kind(), NotSettled(error()));
        let said = said_of(Path::new("out.csv"), &settled);
        assert!(said.starts_with("out.csv: it is written whole"), "{said}");
        assert_eq!(said_of(Path::new("out.csv"), &error()), "cannot write out.csv: permission denied");
    }

    #[test]
    fn what_a_dead_process_left_is_removed_and_nothing_of_a_living_one_or_of_anybody_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let living = SafeFile::create(&path("living.csv"), None).unwrap();
        // As a process leaves them that was killed: nobody holds them.
        for name in [".quietline-4711-0.part", ".quietline-1-12.part"] {
            std::fs::write(path(name), "half").unwrap();
        }
        let others = [".quietline-x-0.part", ".quietline-1-0.part.csv", ".quietline-7.part", "a.part"];
        for name in others {
            std::fs::write(path(name), "theirs").unwrap();
        }
        std::fs::create_dir(path(".quietline-4712-0.part")).unwrap();

        write_safely(&path("out.csv"), b"new").unwrap();

        let mut there: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let ours = living.temporary.file_name().unwrap().to_string_lossy().into_owned();
        let mut wanted: Vec<String> = others.map(str::to_owned).to_vec();
        wanted.extend([".quietline-4712-0.part".into(), "out.csv".into(), ours]);
        there.sort();
        wanted.sort();
        assert_eq!(there, wanted);
        living.commit().unwrap();
        assert!(path("living.csv").exists());
    }

    #[cfg(unix)]
    #[test]
    fn neither_the_input_nor_a_link_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, link) = (folder.path().join("kept"), folder.path().join("link"));
        std::fs::write(&kept, "mine").unwrap();
        std::os::unix::fs::symlink(&kept, &link).unwrap();
        assert!(write_safely(&link, b"ours").is_err());
        let roundabout = folder.path().join(".").join("kept");
        assert!(SafeFile::create(&roundabout, Some(&kept)).is_err());
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&kept).unwrap(), b"mine");
    }
}

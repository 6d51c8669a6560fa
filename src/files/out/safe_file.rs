//! A file that is there whole or not at all.
//!
//! ```text
//! create ─▶ .quietline-PID-0.part (0600, beside its place) ─▶ write … ─▶ commit: fsync, rename, fsync of the folder
//!                     └─ dropped before that: removed, and what stood there before still stands
//! ```

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

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
        let path = out.with_file_name(format!(".quietline-{}-{attempt}.part", std::process::id()));
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (path, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
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

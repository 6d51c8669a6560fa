//! The stored bytes of a file, read by position and by windows, and the guard in front of them.
//!
//! Only regular files are read. The type is asked twice, before and after the opening, and the opening does not block, so
//! that a FIFO put in the file's place in between cannot hang the program.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::FileError;
use crate::domain::text::hex;

/// Bytes that can be read by position; several readers may do so at once.
pub(super) trait Bytes {
    /// Reads some bytes from `at`; 0 at the end.
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl Bytes for File {
    #[cfg(unix)]
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, at)
    }

    #[cfg(windows)]
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, at)
    }
}

impl Bytes for [u8] {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Reads `count` bytes from `at`, or as many as there are.
pub(super) fn read_up_to<B: Bytes + ?Sized>(bytes: &B, at: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; count];
    let filled = fill(bytes, at, &mut buffer)?;
    buffer.truncate(filled);
    Ok(buffer)
}

/// Fills the buffer from `at` on, and says how many bytes there were.
pub(super) fn fill<B: Bytes + ?Sized>(bytes: &B, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match bytes.read_at(at + filled as u64, &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What tells one state of a file from another: which file it is, its size, when it was last written, and when the system
/// last touched it in any way, which nobody can put back as they can the time of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    identity: Option<(u64, u64)>,
    size: u64,
    modified: Option<SystemTime>,
    touched: Option<(i64, i64)>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let (identity, touched) = {
            use std::os::unix::fs::MetadataExt;
            (Some((metadata.dev(), metadata.ino())), Some((metadata.ctime(), metadata.ctime_nsec())))
        };
        #[cfg(not(unix))]
        let (identity, touched) = (None, None);
        Self { identity, size: metadata.len(), modified: metadata.modified().ok(), touched }
    }
}

/// A regular file that is open, and what it was when it was opened.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// The file itself.
    file: File,
    stamp: Stamp,
    /// Its text, where that had to be unpacked first, and how large it is.
    text: Option<(File, u64)>,
}

impl Source {
    /// Opens a regular file; anything else is refused with its name.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let path = std::path::absolute(path).map_err(|source| FileError::Io { path: path.into(), source })?;
        let io = |source| FileError::Io { path: path.clone(), source };
        refuse_others(&path, &std::fs::metadata(&path).map_err(io)?)?;
        let file = open_without_blocking(&path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        refuse_others(&path, &metadata)?;
        Ok(Self { stamp: Stamp::of(&metadata), path, file, text: None })
    }

    /// Refuses a file with a stretch that was never written: it would read as zeros, perhaps for hours.
    pub(super) fn ensure_written(&self) -> Result<(), FileError> {
        let Some(hole) = first_hole(&self.file).filter(|hole| *hole < self.stamp.size) else { return Ok(()) };
        let what =
            format!("from byte {hole} on something was never written, as by a copy that did not finish");
        Err(FileError::Damaged { path: self.path.clone(), what })
    }

    /// Where the path leads, if it is a link.
    pub(super) fn linked_to(&self) -> Option<PathBuf> {
        let is_link = std::fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_symlink());
        if is_link { self.path.canonicalize().ok() } else { None }
    }

    /// Absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on `text` is read in the file's place; the file is still what must not change.
    pub(super) fn read_instead(&mut self, text: File, size: u64) {
        self.text = Some((text, size));
    }

    /// The file itself and its size, where another text is read in its place.
    pub(super) fn packed(&self) -> Option<(&File, u64)> {
        self.text.as_ref().map(|_| (&self.file, self.stamp.size))
    }

    /// Bytes of what is read: the file's size when it was opened, or that of its unpacked text.
    pub(super) fn size(&self) -> u64 {
        self.text.as_ref().map_or(self.stamp.size, |(_, size)| *size)
    }

    /// What is read: the open file, or its unpacked text.
    pub(super) fn file(&self) -> &File {
        self.text.as_ref().map_or(&self.file, |(text, _)| text)
    }

    /// Errors unless the path still leads to this very file in the state in which it was opened.
    pub(super) fn ensure_unchanged(&self) -> Result<(), FileError> {
        let held = self.file.metadata().map(|metadata| Stamp::of(&metadata));
        let named = std::fs::metadata(&self.path).map(|metadata| Stamp::of(&metadata));
        match (held, named) {
            (Ok(held), Ok(named)) if held == self.stamp && named == self.stamp => Ok(()),
            _ => Err(FileError::Changed { path: self.path.clone() }),
        }
    }

    /// An error of reading in the words of the layer: an early end means that somebody cut the file.
    pub(super) fn error(&self, source: io::Error) -> FileError {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            return FileError::Changed { path: self.path.clone() };
        }
        FileError::Io { path: self.path.clone(), source }
    }
}

/// SHA-256 of a file as stored, lower-case hex, by windows. Refuses what [`Source::open`] refuses.
pub fn sha256_of(path: &Path) -> Result<String, FileError> {
    let source = Source::open(path)?;
    let (mut hash, mut at) = (Sha256::new(), 0);
    loop {
        let bytes = read_up_to(source.file(), at, 1 << 20).map_err(|error| source.error(error))?;
        if bytes.is_empty() {
            break;
        }
        hash.update(&bytes);
        at += bytes.len() as u64;
    }
    source.ensure_unchanged()?;
    Ok(hex(&hash.finalize()))
}

fn refuse_others(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
    match kind_of(metadata) {
        None => Ok(()),
        Some(what) => Err(FileError::NotAFile { path: path.into(), what }),
    }
}

fn kind_of(metadata: &Metadata) -> Option<&'static str> {
    if metadata.is_file() {
        return None;
    }
    if metadata.is_dir() {
        return Some("a directory");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return Some("a named pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("a special file")
}

/// Where the file system keeps nothing of the file, whole blocks of it. Text has no such place: it would be NUL bytes.
#[cfg(target_os = "linux")]
fn first_hole(file: &File) -> Option<u64> {
    rustix::fs::seek(file, rustix::fs::SeekFrom::Hole(0)).ok()
}

#[cfg(not(target_os = "linux"))]
fn first_hole(_file: &File) -> Option<u64> {
    None
}

#[cfg(unix)]
fn open_without_blocking(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    std::fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open_without_blocking(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_end_is_a_change_and_other_errors_are_themselves() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = Source::open(file.path()).unwrap();
        let told = |kind: io::ErrorKind| source.error(kind.into());
        assert!(matches!(told(io::ErrorKind::UnexpectedEof), FileError::Changed { .. }));
        assert!(matches!(told(io::ErrorKind::Other), FileError::Io { .. }));
    }
}

//! Stands between the program and the C library (`LD_PRELOAD`), and counts what changes files below one folder. At the Nth
//! such operation it fails; or the power is cut at the Nth that makes something last.
//!
//! ```text
//! write, pwrite, ftruncate, rename, unlink, fsync, fdatasync ─▶ counted ─▶ Nth: cut │ eio │ enospc
//!                                          fsync, fdatasync ─▶ what the file holds now is kept aside, by its inode
//!                                          rename           ─▶ noted, until the folder is synced
//! ```
//!
//! What was kept aside is what a disk would hold: whoever started the program puts it back after the cut (see
//! `tests/kill/power.rs`).
//!
//! `POWER_FOLDER` is the folder, `POWER_KEPT` where to keep things, `POWER_AT` the operation, `POWER_MODE` what happens then.

use std::cell::Cell;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

const EIO: c_int = 5;
const ENOSPC: c_int = 28;
const SIGKILL: c_int = 9;
/// The next definition behind this one.
const NEXT: *mut c_void = usize::MAX as *mut c_void;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn __errno_location() -> *mut c_int;
    fn getpid() -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Cut,
    Eio,
    Enospc,
}

struct Order {
    folder: PathBuf,
    kept: PathBuf,
    at: u64,
    mode: Mode,
}

static ORDER: OnceLock<Option<Order>> = OnceLock::new();
static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Set while this file itself works with files.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

fn order() -> Option<&'static Order> {
    let read = || {
        let word = |name: &str| std::env::var_os(name);
        Some(Order {
            folder: word("POWER_FOLDER")?.into(),
            kept: word("POWER_KEPT")?.into(),
            at: word("POWER_AT")?.to_str()?.parse().ok()?,
            mode: match word("POWER_MODE")?.to_str()? {
                "cut" => Mode::Cut,
                "eio" => Mode::Eio,
                "enospc" => Mode::Enospc,
                _ => return None,
            },
        })
    };
    ORDER.get_or_init(read).as_ref()
}

/// Does something without being watched. `None` = it is this file's own doing already.
fn unwatched<T>(work: impl FnOnce() -> T) -> Option<T> {
    if INSIDE.replace(true) {
        return None;
    }
    let done = work();
    INSIDE.set(false);
    Some(done)
}

/// The path of an open file, where it is one that counts: locks and shared memory are nothing that a disk has to keep.
fn watched_file(order: &Order, fd: c_int) -> Option<PathBuf> {
    let path = fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
    counts(order, &path).then_some(path)
}

fn counts(order: &Order, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_bytes();
    path.starts_with(&order.folder) && !name.ends_with(b"-shm") && !name.ends_with(b".lock")
}

/// Counts an operation. `Some` = it fails with this error.
fn next(order: &Order, writes: bool) -> Option<c_int> {
    // Between two syncs the disk holds the same, wherever the power goes; just before the next one most has happened elsewhere.
    if order.mode == Mode::Cut && writes {
        return None;
    }
    let n = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    match order.mode {
        Mode::Cut if n == order.at => {
            // SAFETY: a signal to this very process.
            unsafe { kill(getpid(), SIGKILL) };
            // Until it has come, nothing of this operation happens.
            loop {
                std::thread::park();
            }
        }
        Mode::Eio if n == order.at => struck(order, EIO),
        // A disk that is full stays so; what needs no space goes on.
        Mode::Enospc if n >= order.at && writes => struck(order, ENOSPC),
        _ => None,
    }
}

/// Leaves a mark, so that whoever started the program knows that there was such an operation.
fn struck(order: &Order, error: c_int) -> Option<c_int> {
    let _ = fs::write(order.kept.join("struck"), b"");
    Some(error)
}

fn fails(with: c_int) -> c_int {
    // SAFETY: the C library's own place for the error of this thread.
    unsafe { *__errno_location() = with };
    -1
}

/// Looks at an operation on an open file: whether it fails, and its path where it counts.
fn look(fd: c_int, writes: bool) -> (Option<c_int>, Option<PathBuf>) {
    let Some(order) = order() else { return (None, None) };
    unwatched(|| {
        let path = watched_file(order, fd);
        (path.as_ref().and_then(|_| next(order, writes)), path)
    })
    .unwrap_or_default()
}

/// What a file holds now is on the disk from here on; of a folder, the names in it.
fn keep(path: &Path) {
    let Some(order) = order() else { return };
    let _ = unwatched(|| {
        if path.is_dir() {
            let _ = fs::write(order.kept.join("renamed"), b"");
            return;
        }
        let Ok(meta) = fs::metadata(path) else { return };
        // Whole or not at all: the program may be killed here by somebody else.
        let (place, part) = (order.kept.join(meta.ino().to_string()), order.kept.join("part"));
        if fs::copy(path, &part).is_ok() {
            let _ = fs::rename(part, place);
        }
    });
}

fn path_of(text: *const c_char) -> PathBuf {
    // SAFETY: the caller gives a path as the C library wants it.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    std::path::absolute(OsStr::from_bytes(bytes)).unwrap_or_default()
}

/// The function of this name behind ours.
macro_rules! real {
    ($name:literal as $kind:ty) => {{
        static REAL: OnceLock<usize> = OnceLock::new();
        // SAFETY: looked up by its name, with the type that the C library gives it.
        unsafe {
            let found = *REAL.get_or_init(|| dlsym(NEXT, concat!($name, "\0").as_ptr().cast()) as usize);
            std::mem::transmute::<usize, $kind>(found)
        }
    }};
}

macro_rules! writes {
    ($name:ident, $text:literal, ($($arg:ident: $kind:ty),*) -> $back:ty) => {
        /// Counted, and then as ever.
        ///
        /// # Safety
        /// As the function of this name.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(fd: c_int, $($arg: $kind),*) -> $back {
            if let (Some(error), _) = look(fd, true) {
                return fails(error) as $back;
            }
            let real = real!($text as unsafe extern "C" fn(c_int, $($kind),*) -> $back);
            // SAFETY: handed on as it came.
            unsafe { real(fd, $($arg),*) }
        }
    };
}

writes!(write, "write", (from: *const c_void, bytes: usize) -> isize);
writes!(pwrite, "pwrite", (from: *const c_void, bytes: usize, at: i64) -> isize);
writes!(pwrite64, "pwrite64", (from: *const c_void, bytes: usize, at: i64) -> isize);
writes!(writev, "writev", (from: *const c_void, parts: c_int) -> isize);
writes!(ftruncate, "ftruncate", (size: i64) -> c_int);
writes!(ftruncate64, "ftruncate64", (size: i64) -> c_int);

macro_rules! syncs {
    ($name:ident, $text:literal) => {
        /// Counted; what the file holds then is kept.
        ///
        /// # Safety
        /// As the function of this name.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(fd: c_int) -> c_int {
            let (error, path) = look(fd, false);
            if let Some(error) = error {
                return fails(error);
            }
            let real = real!($text as unsafe extern "C" fn(c_int) -> c_int);
            // SAFETY: handed on as it came.
            let done = unsafe { real(fd) };
            if done == 0
                && let Some(path) = path
            {
                keep(&path);
            }
            done
        }
    };
}

syncs!(fsync, "fsync");
syncs!(fdatasync, "fdatasync");

/// Counted, and noted until the folder is synced.
///
/// # Safety
/// As the function of this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let error = order().and_then(|order| {
        unwatched(|| {
            let (from, to) = (path_of(from), path_of(to));
            if !counts(order, &to) {
                return None;
            }
            let error = next(order, order.mode == Mode::Enospc);
            if error.is_none()
                && let Ok(mut note) =
                    fs::OpenOptions::new().create(true).append(true).open(order.kept.join("renamed"))
            {
                let replaced = fs::metadata(&to).map_or(0, |meta| meta.ino());
                let _ = writeln!(note, "{}\t{}\t{replaced}", from.display(), to.display());
            }
            error
        })
        .flatten()
    });
    if let Some(error) = error {
        return fails(error);
    }
    let real = real!("rename" as unsafe extern "C" fn(*const c_char, *const c_char) -> c_int);
    // SAFETY: handed on as it came.
    unsafe { real(from, to) }
}

/// Counted, and then as ever.
///
/// # Safety
/// As the function of this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    let error = order().and_then(|order| {
        unwatched(|| {
            let path = path_of(path);
            counts(order, &path).then(|| next(order, false)).flatten()
        })
        .flatten()
    });
    if let Some(error) = error {
        return fails(error);
    }
    let real = real!("unlink" as unsafe extern "C" fn(*const c_char) -> c_int);
    // SAFETY: handed on as it came.
    unsafe { real(path) }
}

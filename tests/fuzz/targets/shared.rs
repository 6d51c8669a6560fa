//! What every fuzz target does: the input becomes a file, and the file is held to the law of conservation.

use std::path::PathBuf;
use std::sync::OnceLock;

use quietline::files::InputOptions;
use tempfile::TempDir;

use crate::conservation::hold;

/// Larger inputs teach nothing that smaller ones do not.
pub const LARGEST: usize = 64 << 10;

/// A folder of this process, in memory where there is such a place.
fn folder() -> &'static TempDir {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        tempfile::Builder::new().prefix("quietline-fuzz-").tempdir_in(base).unwrap()
    })
}

/// Holds these bytes, as a file of that name, to the law.
pub fn held(name: &str, bytes: &[u8], options: &InputOptions) {
    let path = folder().path().join(name);
    std::fs::write(&path, bytes).unwrap();
    hold(&path, options);
}

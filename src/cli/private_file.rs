//! Folders and logs for their owner alone; logs of a ledger that a group shares, for that group.

use std::io;
use std::path::Path;

#[cfg(unix)]
use crate::ops::is_shared;

/// A folder that only its owner may enter, with its parents where they are missing.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A log that is continued, for its owner alone.
pub(super) fn append(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    if path.parent().is_some_and(is_shared) {
        give(path, 0o660)?;
    }
    Ok(file)
}

/// A folder of logs below a data folder: whoever shares that writes its logs too.
pub(super) fn log_folder(path: &Path) -> io::Result<()> {
    folder(path)?;
    #[cfg(unix)]
    if path.parent().is_some_and(is_shared) {
        give(path, 0o2770)?;
    }
    Ok(())
}

/// The mode that a file or folder should have. Only its owner can give it, and has done so.
#[cfg(unix)]
fn give(path: &Path, wanted: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    match mode & (0o777 | wanted) == wanted {
        true => Ok(()),
        false => std::fs::set_permissions(path, std::fs::Permissions::from_mode(wanted)),
    }
}

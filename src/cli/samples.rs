//! The sample files of the demo. They travel in the program, so that the demo needs nothing beside it.

use std::io;
use std::path::{Path, PathBuf};

/// Name and content of every sample.
const SAMPLES: &[(&str, &[u8])] = &[];

/// Writes the samples into a folder (0700, files 0600) and says where.
pub(super) fn write(demo: &Path) -> io::Result<PathBuf> {
    let folder = demo.join("samples");
    super::private_file::folder(&folder)?;
    for (name, content) in SAMPLES {
        let path = folder.join(name);
        // Written again only where it differs: a run may have to read its file again after a restart.
        if std::fs::read(&path).ok().as_deref() != Some(*content) {
            super::private_file::write(&path, content)?;
        }
    }
    Ok(folder)
}

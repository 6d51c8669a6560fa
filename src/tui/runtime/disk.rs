//! Folders for the file picker, and exports that a person asked for. Blocking.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::tui::event::{Folder, FolderItem};

/// What stands in a folder: folders first, then files, by name. What cannot be looked at is left out.
pub fn read_folder(path: &Path) -> io::Result<Folder> {
    let path = path.canonicalize()?;
    let mut items: Vec<FolderItem> = fs::read_dir(&path)?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let about = fs::metadata(entry.path()).ok()?;
            let modified = about.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            let shown = !name.starts_with('.') && (about.is_dir() || about.is_file());
            shown.then(|| FolderItem {
                path: entry.path(),
                name,
                is_folder: about.is_dir(),
                size: about.len(),
                modified,
            })
        })
        .collect();
    items.sort_by(|a, b| (!a.is_folder, &a.name).cmp(&(!b.is_folder, &b.name)));
    Ok(Folder { path, items })
}

/// Writes a file that only its owner reads: whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let mut file = create_private(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_shows_folders_first_and_leaves_hidden_things_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.csv"), "x").unwrap();
        fs::write(folder.path().join(".hidden"), "x").unwrap();
        fs::create_dir(folder.path().join("z")).unwrap();
        let read = read_folder(folder.path()).unwrap();
        let names: Vec<_> = read.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["z", "b.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn an_export_is_whole_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.csv");
        write_private(&path, b"one\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

//! Folders for the file picker. Blocking.

use std::fs;
use std::io;
use std::path::Path;

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
}

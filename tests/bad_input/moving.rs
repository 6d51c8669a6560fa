//! 90, and the rest of 91: what happens to a file between opening it and the end of reading it, and who may read it at all.

use std::fs;
use std::path::{Path, PathBuf};

use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::files::{CheckEvent, CheckOptions, Document, FileError, InputOptions, check};
use rstest::rstest;
use tokio_util::sync::CancellationToken;

/// Its number on the page.
pub const NUMBER: u8 = 90;

const LIST: &str = "phone,name\n2025550101,x\n2025550102,y\n";

fn append(path: &Path) {
    fs::write(path, fs::read_to_string(path).unwrap() + "2025550103,z\n").unwrap();
}

fn truncate(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_len(fs::metadata(path).unwrap().len() * 3 / 4).unwrap();
}

/// Another number in the first row.
fn edit(path: &Path) {
    fs::write(path, fs::read_to_string(path).unwrap().replacen("2025550101", "2025550199", 1)).unwrap();
}

/// The same size, and another time.
fn rewrite(path: &Path) {
    edit(path);
    let file = fs::File::options().write(true).open(path).unwrap();
    let time = fs::metadata(path).unwrap().modified().unwrap() + std::time::Duration::from_secs(2);
    file.set_modified(time).unwrap();
}

/// The same size and the same time, as some programs leave them.
#[cfg(unix)]
fn put_back(path: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let before = fs::metadata(path).unwrap();
    edit(path);
    let file = fs::File::options().write(true).open(path).unwrap();
    loop {
        file.set_modified(before.modified().unwrap()).unwrap();
        let now = file.metadata().unwrap();
        assert_eq!((now.len(), now.mtime_nsec()), (before.len(), before.mtime_nsec()));
        // Until the system's clock, which may be a coarse one, has gone on.
        if (now.ctime(), now.ctime_nsec()) != (before.ctime(), before.ctime_nsec()) {
            return;
        }
    }
}

/// Another file under the same name.
fn replace(path: &Path) {
    let other = path.with_extension("new");
    fs::copy(path, &other).unwrap();
    fs::rename(other, path).unwrap();
}

fn vanish(path: &Path) {
    fs::remove_file(path).unwrap();
}

fn options() -> CheckOptions {
    CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        date_order: None,
    }
}

/// A file of these bytes, opened.
fn opened(bytes: &str) -> (tempfile::TempDir, PathBuf, Document) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed_while_loading.csv");
    fs::write(&path, bytes).unwrap();
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    (folder, path, document)
}

#[rstest]
#[case::append(append)]
#[case::truncate(truncate)]
#[case::rewrite(rewrite)]
#[cfg_attr(unix, case::put_back(put_back))]
#[case::replace(replace)]
#[case::vanish(vanish)]
fn a_file_that_changes_while_it_is_loaded_is_refused(#[case] change: fn(&Path)) {
    let (_folder, path, document) = opened(LIST);
    change(&path);
    let shown = document.rows(1, 9);
    assert!(matches!(shown, Err(FileError::Changed { .. })), "{shown:?}");
    let indexed = document.build_index(&CancellationToken::new(), &mut |_| ());
    assert!(matches!(indexed, Err(FileError::Changed { .. })), "{indexed:?}");
    let checked = check(&document, &options(), &CancellationToken::new(), &mut |_| ());
    assert!(matches!(&checked, Err(error) if error.code() == "file-changed"), "{checked:?}");
}

/// At the first word of progress, with several stretches of the file still to come.
#[rstest]
#[case::append(append)]
#[case::truncate(truncate)]
#[case::rewrite(rewrite)]
#[cfg_attr(unix, case::put_back(put_back))]
#[case::replace(replace)]
#[case::vanish(vanish)]
fn a_file_that_changes_while_its_rows_are_read_is_refused(#[case] change: fn(&Path)) {
    let list = format!("{LIST}{}", "2025550104,the same again\n".repeat(300_000));
    let (_folder, path, document) = opened(&list);
    let mut changes = 0;
    let checked = check(&document, &options(), &CancellationToken::new(), &mut |event| {
        if matches!(event, CheckEvent::Progress { .. }) && changes == 0 {
            change(&path);
            changes += 1;
        }
    });
    assert!(matches!(&checked, Err(FileError::Changed { .. })), "{checked:?}");
    assert_eq!(changes, 1, "it changed during the reading");

    let (_folder, path, document) = opened(&list);
    let indexed = document.build_index(&CancellationToken::new(), &mut |_| {
        if changes == 1 {
            change(&path);
            changes += 1;
        }
    });
    assert!(matches!(indexed, Err(FileError::Changed { .. })), "{indexed:?}");
    assert_eq!(changes, 2, "it changed during the reading");
}

/// Root may read everything, so the program is started as somebody who may not.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("permission_denied.csv");
    fs::write(&path, LIST).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    let mut command = crate::program::command(&path);
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    let ended = crate::program::ended(command);
    let error = &ended.json()["error"];
    assert_eq!((ended.code, error["code"].as_str()), (Some(3), Some("file-unreadable")), "{}", ended.stderr);
    assert!(error["message"].as_str().unwrap().contains("ermission denied"), "{error}");
}

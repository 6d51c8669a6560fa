//! 90, and the rest of 91: what happens to a file between opening it and the end of reading it, and who may read it at all.

use std::fs;
use std::path::Path;

use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::files::{CheckOptions, Document, FileError, InputOptions, check};
use rstest::rstest;
use tokio_util::sync::CancellationToken;

/// Its number on the page.
pub const NUMBER: u8 = 90;

const LIST: &str = "phone,name\n2025550101,x\n2025550102,y\n";

fn append(path: &Path) {
    fs::write(path, format!("{LIST}2025550103,z\n")).unwrap();
}

fn truncate(path: &Path) {
    fs::write(path, &LIST[..30]).unwrap();
}

/// The same size, and another time.
fn rewrite(path: &Path) {
    fs::write(path, LIST.replace("0102", "0199")).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    let time = fs::metadata(path).unwrap().modified().unwrap() + std::time::Duration::from_secs(2);
    file.set_modified(time).unwrap();
}

/// Another file under the same name.
fn replace(path: &Path) {
    let other = path.with_extension("new");
    fs::write(&other, LIST).unwrap();
    fs::rename(other, path).unwrap();
}

fn vanish(path: &Path) {
    fs::remove_file(path).unwrap();
}

#[rstest]
#[case::append(append)]
#[case::truncate(truncate)]
#[case::rewrite(rewrite)]
#[case::replace(replace)]
#[case::vanish(vanish)]
fn a_file_that_changes_while_it_is_loaded_is_refused(#[case] change: fn(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed_while_loading.csv");
    fs::write(&path, LIST).unwrap();
    let options = CheckOptions {
        normaliser: Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        date_order: None,
    };
    let document = Document::open(&path, &InputOptions::default()).unwrap();
    change(&path);
    let indexed = document.build_index(&CancellationToken::new(), &mut |_| ());
    assert!(matches!(indexed, Err(FileError::Changed { .. })), "{indexed:?}");
    let checked = check(&document, &options, &CancellationToken::new(), &mut |_| ());
    assert!(matches!(&checked, Err(error) if error.code() == "file-changed"), "{checked:?}");
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

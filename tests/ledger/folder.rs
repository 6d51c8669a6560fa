//! The folder: private, never recreated, never guessed at.

use std::fs;

use quietline::domain::plan::Op;
use quietline::ledger::{Error, Ledger};

use crate::world::{World, new_run, row};

#[cfg(unix)]
#[tokio::test]
async fn everything_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.uploading("p-1", &[row(1, Op::Add)], 1).await;
    world.baseline(Vec::new()).await;
    let _lock = world.ledger.lock_list("test", &crate::world::list(), "pid 1").unwrap();
    let mut folders = vec![world.folder()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        let mode = fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", folder.display());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
    assert!(files >= 6, "{files} files: database, wal, shm, plan, baseline, lock");
}

#[cfg(unix)]
#[test]
fn open_doors_are_closed_again() {
    use std::os::unix::fs::PermissionsExt;
    let World { dir, ledger } = World::new();
    drop(ledger);
    let folder = dir.path().join("data");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.join("ledger.db"), fs::Permissions::from_mode(0o644)).unwrap();
    Ledger::open(&folder).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("ledger.db"))), (0o700, 0o600));
}

#[tokio::test]
async fn a_lost_database_is_not_replaced_by_an_empty_one() {
    let world = World::new();
    world.plan("p-1", &[row(1, Op::Add)]).await;
    let (dir, folder) = (world.dir, world.ledger.folder().to_owned());
    drop(world.ledger);
    fs::write(folder.join("ledger.db"), b"").unwrap();
    assert!(matches!(Ledger::open(&folder), Err(Error::Damaged { .. })), "emptied");
    fs::remove_file(folder.join("ledger.db")).unwrap();
    assert!(matches!(Ledger::open(&folder), Err(Error::Damaged { .. })), "deleted");
    assert!(!folder.join("ledger.db").exists());
    drop(dir);
}

#[tokio::test]
async fn a_file_that_is_not_ours_or_is_broken_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("ledger.db");
    let refused = || matches!(Ledger::open(&folder), Err(Error::Damaged { .. }));

    fs::write(&path, b"this is a letter and no database at all, however long it may be. ".repeat(20))
        .unwrap();
    let before = fs::read(&path).unwrap();
    assert!(refused());
    assert_eq!(fs::read(&path).unwrap(), before);

    fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(refused());
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn broken_pages_are_damage() {
    let world = World::new();
    for _ in 0..200 {
        world.ledger.create_run(new_run()).await.unwrap();
    }
    let World { dir, ledger } = world;
    drop(ledger);
    let path = dir.path().join("data/ledger.db");
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len();
    assert!(len > 20_000);
    // Rows only: the schema still reads, so nothing but a check of the whole file can notice.
    bytes[len - 4_096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(Ledger::open(&dir.path().join("data")), Err(Error::Damaged { .. })));
}

#[test]
fn a_newer_ledger_is_left_to_the_newer_version() {
    let World { dir, ledger } = World::new();
    drop(ledger);
    let path = dir.path().join("data/ledger.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Ledger::open(&dir.path().join("data")).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, known } if known > 0), "{error}");
}

#[test]
fn a_place_that_is_no_folder_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"x").unwrap();
    assert!(matches!(Ledger::open(&file), Err(Error::Unwritable { .. })));
    assert!(matches!(Ledger::open(&file.join("below")), Err(Error::Unwritable { .. })));
}

#[cfg(unix)]
#[test]
fn parents_that_are_made_for_a_ledger_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let parent = home.path().join("share");
    drop(quietline::ledger::Ledger::open(&parent.join("quietline")).unwrap());
    assert_eq!(std::fs::metadata(&parent).unwrap().permissions().mode() & 0o777, 0o700);
}

/// A data folder with this mode, opened, worked in; every folder and file in it with its mode.
#[cfg(unix)]
async fn modes_in(mode: u32) -> (u32, Vec<(String, u32)>) {
    use std::os::unix::fs::PermissionsExt;
    let World { dir, ledger } = World::new();
    drop(ledger);
    let folder = dir.path().join("data");
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    let world = World { ledger: Ledger::open(&folder).unwrap(), dir };
    world.uploading("p-1", &[row(1, Op::Add)], 1).await;
    world.baseline(Vec::new()).await;
    world.ledger.make_keys_file("keys".into()).await.unwrap();
    let _lock = world.ledger.lock_list("test", &crate::world::list(), "pid 1").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let (mut folders, mut found) = (vec![folder.clone()], Vec::new());
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            found.push((path.strip_prefix(&folder).unwrap().display().to_string(), mode(&path)));
            folders.extend(path.is_dir().then_some(path));
        }
    }
    let own = mode(&folder);
    // A copy is for whoever made it, wherever it goes.
    let aside = dir_of_a_group(world.dir.path());
    world.ledger.backup(&aside.join("copy"), crate::world::at(9)).await.unwrap();
    assert_eq!(mode(&aside.join("copy")), 0o600);
    (own, found)
}

#[cfg(unix)]
fn dir_of_a_group(parent: &std::path::Path) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let folder = parent.join("group");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o2770)).unwrap();
    folder
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_was_made_for_a_group_is_shared_with_all_that_is_in_it() {
    let (own, found) = modes_in(0o2770).await;
    assert_eq!(own, 0o2770);
    for (path, mode) in &found {
        let is_folder = ["plans", "lists", "locks"].contains(&path.as_str());
        assert_eq!(*mode, if is_folder { 0o2770 } else { 0o660 }, "{path}");
    }
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "audit.log", "audit.keys", "plans/p-1.plan"] {
        assert!(found.iter().any(|(path, _)| path == file), "{file} is not there: {found:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_open_in_any_other_way_is_closed() {
    for mode in [0o770, 0o2775, 0o2750, 0o2771, 0o777] {
        let (own, found) = modes_in(mode).await;
        assert_eq!(own & 0o777, 0o700, "{mode:o}");
        for (path, mode) in &found {
            assert_eq!(mode & 0o077, 0, "{path}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_ledger_in_a_folder_of_a_group_is_not_shared_by_that() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir_of_a_group(dir.path()).join("data");
    drop(Ledger::open(&folder).unwrap());
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(folder.join("ledger.db")).unwrap().permissions().mode() & 0o777, 0o600);
}

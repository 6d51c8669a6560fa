//! The power goes at every operation on the disk of a small run, one after the other, and what was not synced is gone; or the
//! operation fails. The file layer that does it is built from `tests/power_loss`; `just power-loss` strikes everywhere.
//!
//! What a disk holds after a cut is put together here, from what the layer kept aside at each sync: all that was not synced is
//! dropped, or some pages of it are there and others are not.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use fastrand::Rng;

use crate::case::{Case, Kill};
use crate::checker::{Kind, trail};
use crate::job::Job;
use crate::run;
use crate::stage::Desk;

/// Bytes that a disk writes at once.
const PAGE: usize = 4_096;
const AT_ONCE: usize = 12;
/// More operations than a small run has.
const TOO_MANY: u64 = 2_000;
/// Operations that fail are each so manieth, beginning with another one for each kind of list: nearly all of them are writes to
/// one file.
const STEP: usize = 7;

/// What happens at an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The power goes, and what was not synced with it.
    Cut,
    /// The power goes, and some pages of what was not synced are there.
    Torn,
    /// It fails, as on a disk that breaks; what was not synced is gone with the process.
    Eio,
    /// It fails, and so does every later one that needs space.
    Enospc,
}

impl Trouble {
    const ALL: [Self; 4] = [Self::Cut, Self::Torn, Self::Eio, Self::Enospc];

    /// The word of the file layer.
    fn word(self) -> &'static str {
        match self {
            Self::Cut | Self::Torn => "cut",
            Self::Eio => "eio",
            Self::Enospc => "enospc",
        }
    }
}

/// Variables that put the file layer under a program.
pub fn variables(home: &Path, at: u64, trouble: Trouble) -> [(&'static str, PathBuf); 5] {
    let kept = home.join("kept");
    let _ = fs::create_dir(&kept);
    // What earlier lives have left is on the disk.
    for path in files_below(&home.join("data")) {
        let inode = fs::metadata(&path).map_or(0, |meta| meta.ino());
        fs::copy(&path, kept.join(inode.to_string())).unwrap();
    }
    [
        ("LD_PRELOAD", layer().to_owned()),
        ("POWER_FOLDER", home.join("data")),
        ("POWER_KEPT", kept),
        ("POWER_AT", at.to_string().into()),
        ("POWER_MODE", trouble.word().into()),
    ]
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Leaves in the ledger's folder what the disk holds. `chance` decides of each page and each name that was not synced; without
/// it all of them are gone.
fn fall_back(home: &Path, mut chance: Option<Rng>) {
    let kept = home.join("kept");
    let mut lasts = || chance.as_mut().is_some_and(|chance| chance.bool());
    let inode = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.ino());
    let renamed = fs::read_to_string(kept.join("renamed")).unwrap_or_default();
    let mut replaced = HashMap::new();
    for line in renamed.lines().rev() {
        let [from, to, before] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        if !lasts() && fs::rename(to, from).is_ok() && before != "0" {
            replaced.insert(PathBuf::from(to), kept.join(before));
        }
    }
    for path in files_below(&home.join("data")) {
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".lock") {
            continue;
        }
        let there = fs::read(&path).unwrap_or_default();
        match fs::read(kept.join(inode(&path).to_string())) {
            _ if name.ends_with("-shm") => fs::remove_file(&path).unwrap(),
            // Never synced: not even its name has to be there.
            Err(_) if !lasts() => fs::remove_file(&path).unwrap(),
            Err(_) => fs::write(&path, mixed(&[], &there, &mut lasts)).unwrap(),
            Ok(synced) => fs::write(&path, mixed(&synced, &there, &mut lasts)).unwrap(),
        }
    }
    for (path, before) in replaced {
        fs::copy(before, path).unwrap();
    }
}

/// Page for page, what was synced or what was written since.
fn mixed(synced: &[u8], there: &[u8], lasts: &mut impl FnMut() -> bool) -> Vec<u8> {
    let mut bytes = if lasts() { there.to_vec() } else { synced.to_vec() };
    for at in (0..bytes.len()).step_by(PAGE) {
        let end = (at + PAGE).min(bytes.len());
        let from = if lasts() { there } else { synced };
        for (to, byte) in bytes[at..end].iter_mut().zip(at..end) {
            // Behind the end of the one the file was longer, and nothing was written there.
            *to = from.get(byte).copied().unwrap_or(0);
        }
    }
    bytes
}

/// Whether an operation failed on such a disk.
pub fn has_struck(desk: &Desk) -> bool {
    desk.home.path().join("struck").exists()
}

/// After a life on such a disk: what the disk holds, and whether all that had reached the tenant is in it.
pub fn after(desk: &Desk, at: u64, trouble: Trouble) -> Result<(), String> {
    let chance = (trouble == Trouble::Torn).then(|| Rng::with_seed(at));
    let home = desk.home.path();
    fall_back(home, chance);
    // What was kept aside was the disk's, and is nothing that the program has left lying about.
    if home.join("kept/struck").exists() {
        fs::rename(home.join("kept/struck"), home.join("struck")).unwrap();
    }
    fs::remove_dir_all(home.join("kept")).unwrap();
    let db = trail::open(&desk.ledger());
    for hash in desk.wire.sent() {
        let sql = "SELECT count(*) FROM batches WHERE body_sha256 = ?1 AND attempt > 0";
        let held = db.as_ref().and_then(|db| db.query_row(sql, [&hash], |row| row.get::<_, i64>(0)).ok());
        if held.is_none_or(|held| held == 0) {
            return Err("I6: a call reached the tenant, and the disk holds no intent of it".into());
        }
    }
    Ok(())
}

fn case((job, kind): (Job, Kind), at: u64, trouble: Trouble) -> Case {
    Case {
        seed: at,
        point: None,
        job,
        kind,
        fresh: 6,
        per_call: 5,
        flaky: false,
        order: None,
        kills: vec![Kill::Disk { at, trouble }],
        of_the_point: 0,
        of_the_export: None,
        of_the_snapshot: None,
        cool_down: 0,
        is_stepwise: false,
        is_meddled: false,
        has_hook: false,
        asks_between: false,
    }
}

/// Strikes one run at each of these operations, until there is none left to strike. Returns how many there were.
#[expect(clippy::print_stdout, reason = "whoever waits for a thousand runs sees at once what fails")]
fn strike(
    what: (Job, Kind),
    trouble: Trouble,
    operations: impl Iterator<Item = u64> + Send,
    failures: &Mutex<Vec<String>>,
) -> u64 {
    let (operations, struck) = (Mutex::new(operations), AtomicU64::new(0));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let Some(at) = operations.lock().unwrap().next() else { return };
                    let case = case(what, at, trouble);
                    let outcome = std::panic::catch_unwind(|| run::see_through(&case));
                    match outcome.unwrap_or_else(|_| Err("it panicked, see above".into())) {
                        // It came to its end before: there is no such operation.
                        Ok(ended) if ended.hits == 0 => is_over.store(true, Ordering::SeqCst),
                        Ok(_) => drop(struck.fetch_add(1, Ordering::SeqCst)),
                        Err(what) => {
                            let failure = format!("{trouble:?} {case}\n   ─▶ {what}");
                            println!("{failure}");
                            failures.lock().unwrap().push(failure);
                        }
                    }
                }
            });
        }
    });
    struck.into_inner()
}

/// The file layer, built for this machine.
fn layer() -> &'static Path {
    static LAYER: OnceLock<PathBuf> = OnceLock::new();
    LAYER.get_or_init(|| {
        let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join("power-loss");
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power_loss/Cargo.toml");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--offline", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&into)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        into.join("debug/libquietline_power_loss.so")
    })
}

/// An ordinary test has the power go at every other sync of a run of entries; `QUIETLINE_POWER_LOSS=all` does everything, and
/// `Eio@8` that one again, for each kind of run.
#[cfg(target_os = "linux")]
#[test]
fn the_power_may_go_at_every_sync_of_a_small_run() {
    let asked = std::env::var("QUIETLINE_POWER_LOSS").unwrap_or_default();
    let everything = !asked.is_empty();
    let once = asked.split_once('@').map(|(trouble, at)| (trouble, at.parse::<u64>().unwrap()));
    let all = [
        (Job::Add, Kind::Entries),
        (Job::Add, Kind::Suppression),
        (Job::Remove, Kind::Entries),
        (Job::Sync, Kind::Entries),
        (Job::Undo, Kind::Entries),
    ];
    let (runs, troubles, syncs) = match everything {
        true => (&all[..], &Trouble::ALL[..], 1),
        false => (&all[..1], &[Trouble::Cut][..], 2),
    };
    let failures = Mutex::new(Vec::new());
    for (first, run) in (1..).zip(runs) {
        for trouble in troubles {
            if let Some((word, at)) = once {
                if format!("{trouble:?}") == word {
                    strike(*run, *trouble, at..=at, &failures);
                }
                continue;
            }
            let step = if trouble.word() == "cut" { syncs } else { STEP };
            let struck = strike(*run, *trouble, (first..TOO_MANY).step_by(step), &failures);
            println!("{:?} {}: {trouble:?} at {struck} operations", run.0, run.1.word());
            assert!(struck > 15, "the file layer does not see what the ledger writes");
        }
    }
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

//! Two programs on one ledger: the console and the command line, or one that was killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use quietline::domain::plan::Op;
use quietline::domain::run::{BatchState, RunState};
use quietline::ledger::{Error, Ledger};

use crate::world::{PROFILE, World, at, list, new_run, row};

const FOLDER: &str = "LEDGER_TEST_FOLDER";

/// Another process: takes the lock, begins a batch, says so, and waits to be killed.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(folder.as_ref()).unwrap();
        let mut lock = ledger.lock_list(PROFILE, &list(), "pid 4711").unwrap();
        let run = ledger.runs().await.unwrap().remove(0).id;
        lock.set_holder(&format!("pid 4711, run {run}")).unwrap();
        ledger.intent(&run, 0, "b0d1", at(3)).await.unwrap();
        println!("\nat work");
        std::io::stdout().flush().unwrap();
        let _ = std::io::stdin().read(&mut [0]);
    });
}

fn start(world: &World) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["processes::child", "--exact", "--nocapture"])
        .env(FOLDER, world.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    assert!(out.lines().any(|line| line.unwrap() == "at work"), "the other process did not get that far");
    child
}

#[tokio::test]
async fn a_killed_process_lets_go_of_its_list_and_leaves_its_intent() {
    let world = World::new();
    let run = world.uploading("p-1", &[row(1, Op::Add), row(2, Op::Add)], 1).await.id;
    let mut child = start(&world);
    let Error::Locked { what, holder } = world.ledger.lock_list(PROFILE, &list(), "us").unwrap_err() else {
        panic!("the lock was free")
    };
    assert_eq!((what.as_str(), holder), ("list L-1", format!("pid 4711, run {run}")));
    assert_eq!(world.ledger.mark_interrupted(at(9)).await.unwrap(), [], "somebody works on it");
    world.ledger.create_run(new_run()).await.unwrap();

    child.kill().unwrap();
    child.wait().unwrap();
    let marked = world.ledger.mark_interrupted(at(9)).await.unwrap();
    assert!(marked.iter().any(|marked| marked.id == run && marked.state == RunState::Interrupted));
    let open = world.ledger.open_batches(&run).await.unwrap();
    assert_eq!((open[0].state, open[1].state), (BatchState::Intent, BatchState::Queued));
    let _lock = world.ledger.lock_list(PROFILE, &list(), "us").unwrap();
    world.ledger.verify_trail().await.unwrap();
}

#[tokio::test]
async fn two_opens_write_side_by_side() {
    let world = World::new();
    let other = Ledger::open(&world.folder()).unwrap();
    let tasks = (0..40).map(|n| {
        let ledger = if n % 2 == 0 { world.ledger.clone() } else { other.clone() };
        tokio::spawn(async move { ledger.create_run(new_run()).await.unwrap() })
    });
    for task in tasks.collect::<Vec<_>>() {
        let id = task.await.unwrap();
        assert_eq!(world.ledger.run(&id).await.unwrap(), other.run(&id).await.unwrap());
    }
    assert_eq!(world.ledger.runs().await.unwrap().len(), 40);
    assert_eq!(other.verify_trail().await.unwrap(), 40);
}

#[test]
fn many_may_start_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("data");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let folder = folder.clone();
            std::thread::spawn(move || Ledger::open(&folder).map(drop))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_lock_is_per_profile_and_list() {
    let world = World::new();
    let ledger = &world.ledger;
    let lock = ledger.lock_list(PROFILE, &list(), "pid 1\u{1b}[31m").unwrap();
    let other = quietline::domain::list::ListId("../L-1".into());
    let _others =
        (ledger.lock_list("other", &list(), "x").unwrap(), ledger.lock_list(PROFILE, &other, "x").unwrap());
    let error = ledger.lock_list(PROFILE, &list(), "pid 2").unwrap_err();
    assert_eq!(error.to_string(), "list L-1 is in use by pid 1[31m");
    drop(lock);
    ledger.lock_list(PROFILE, &list(), "pid 2").unwrap();
}

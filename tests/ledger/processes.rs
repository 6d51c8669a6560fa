//! Two programs on one ledger: the console and the command line, or one that was killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use quietline::domain::plan::Op;
use quietline::domain::run::{BatchState, RunState, Wish};
use quietline::ledger::{Error, Ledger, OpenWish};

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

/// Another process: looks again and again who works on the run, until its input ends.
#[test]
fn looking_child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(folder.as_ref()).unwrap();
        let run = ledger.runs().await.unwrap().remove(0).id;
        println!("\nat work");
        std::io::stdout().flush().unwrap();
        let ends = std::thread::spawn(|| std::io::stdin().read(&mut [0]));
        while !ends.is_finished() {
            ledger.holder_of(&run).await.unwrap();
        }
    });
}

fn start(world: &World) -> Child {
    start_as(world, "processes::child")
}

fn start_as(world: &World, test: &str) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
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

/// Looking takes a lock for a moment; a launch that comes just then must not take that for work on the list.
#[tokio::test]
async fn a_look_for_interrupted_runs_never_makes_a_launch_fail() {
    let world = World::new();
    world.uploading("p-1", &[row(1, Op::Add)], 1).await;
    let mut child = start_as(&world, "processes::looking_child");
    for n in 0..2_000 {
        let lock = world.ledger.lock_list(PROFILE, &list(), "a launch");
        assert!(lock.is_ok(), "attempt {n}: {}", lock.unwrap_err());
    }
    assert_eq!(child.try_wait().unwrap(), None, "it looked all the time");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_run_that_died_is_seen_also_while_another_run_is_at_work_on_its_list() {
    let world = World::new();
    let dead = world.uploading("p-1", &[row(1, Op::Add)], 1).await.id;
    let mut lock = world.ledger.lock_list(PROFILE, &list(), "sam (pid 1, launching an upload)").unwrap();
    assert_eq!(world.ledger.mark_interrupted(at(8)).await.unwrap(), [], "it may be this one");
    let live = world.ledger.create_run_under(&lock, new_run()).await.unwrap();
    lock.set_holder(&format!("sam (pid 1, run {live}, since noon)")).unwrap();
    let marked = world.ledger.mark_interrupted(at(9)).await.unwrap();
    assert_eq!(marked.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), [dead.as_str()]);
    assert_eq!(
        world.ledger.holder_of(&live).await.unwrap().unwrap(),
        format!("sam (pid 1, run {live}, since noon)")
    );
    assert_eq!(world.ledger.holder_of(&dead).await.unwrap(), None);
}

#[tokio::test]
async fn a_run_is_held_by_the_lock_that_it_noted() {
    let world = World::new();
    let lock = world.ledger.lock_list("https://api.example", &list(), "sam (pid 1)").unwrap();
    let run = world.ledger.create_run_under(&lock, new_run()).await.unwrap();
    // By its profile it would be another lock, which nobody holds.
    let _other = world.ledger.lock_list(PROFILE, &list(), "kim (pid 2)").unwrap();
    assert_eq!(world.ledger.mark_interrupted(at(9)).await.unwrap(), []);
    drop(lock);
    assert_eq!(world.ledger.mark_interrupted(at(9)).await.unwrap()[0].id, run);
}

#[tokio::test]
async fn a_wish_stands_until_its_run_rests_and_cancelling_outranks_pausing() {
    let world = World::new();
    let run = world.uploading("p-1", &[row(1, Op::Add)], 1).await.id;
    let wish = |wish, by: &str| OpenWish { wish, by: by.into(), at: at(5), reason: Some("lunch".into()) };
    let other = Ledger::open(&world.folder()).unwrap();
    other.wish(&run, wish(Wish::Pause, "kim")).await.unwrap();
    other.wish(&run, wish(Wish::Cancel, "pat")).await.unwrap();
    other.wish(&run, wish(Wish::Pause, "sam")).await.unwrap();
    assert_eq!(world.ledger.open_wish(&run).await.unwrap(), Some(wish(Wish::Cancel, "pat")));
    let told: Vec<String> =
        world.ledger.events(2).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(told, ["run.cancel-wished", "run.pause-wished"], "each once");

    world.ledger.set_state(&run, RunState::Paused, None, at(6)).await.unwrap();
    assert_eq!(world.ledger.open_wish(&run).await.unwrap(), None);
    world.ledger.set_state(&run, RunState::Cancelled, None, at(7)).await.unwrap();
    assert!(matches!(other.wish(&run, wish(Wish::Pause, "kim")).await, Err(Error::IllegalTransition { .. })));
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

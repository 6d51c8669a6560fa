//! Runs, their states, and the trail they leave.

use quietline::domain::plan::Op;
use quietline::domain::run::{Buckets, RunState};
use quietline::ledger::{Approval, Error, NewEvent, NewRun};

use crate::auditor;
use crate::world::{PROFILE, World, at, list, new_run, row};

#[tokio::test]
async fn a_run_is_found_by_its_id_and_its_beginning() {
    let world = World::new();
    let id = world.ledger.create_run(NewRun { file_sha256: Some("f00d".into()), ..new_run() }).await.unwrap();
    assert_eq!(id.len(), 8);
    let run = world.ledger.run(&id[..4]).await.unwrap();
    assert_eq!((run.id.as_str(), run.state, run.by.as_str()), (id.as_str(), RunState::Draft, "pat"));
    assert_eq!((run.reason.as_str(), run.file.as_str()), ("monthly load", "/data/in/march.csv"));
    assert_eq!((run.started_at, run.buckets), (at(0), Buckets::default()));
    let (input, sha) = world.ledger.run_input(&id).await.unwrap();
    assert_eq!((input.as_str(), sha.as_deref()), ("{\"delimiter\":\";\"}", Some("f00d")));
    assert_eq!(world.ledger.recount(&id).await.unwrap(), Buckets::default());

    for (wanted, says) in [(&id[..3], "too short"), ("zzzzzz", "no run has the id"), ("%%%%", "no run")] {
        let error = world.ledger.run(wanted).await.unwrap_err();
        assert!(matches!(&error, Error::NotFound { what } if what.contains(says)), "{error}");
    }
}

#[tokio::test]
async fn runs_come_newest_first() {
    let world = World::new();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, world.ledger.create_run(new_run()).await.unwrap());
    }
    let runs: Vec<String> = world.ledger.runs().await.unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(runs, ids);
}

#[tokio::test]
async fn a_state_is_reached_by_its_way_only_and_an_error_goes_when_it_goes_on() {
    let world = World::new();
    let run = world.uploading("p-1", &[row(0, Op::Add)], 1).await.id;
    assert!(matches!(
        world.ledger.set_state(&run, RunState::Ready, None, at(3)).await,
        Err(Error::IllegalTransition { from: "uploading", to: "ready", .. })
    ));
    let why = ("tenant-down".to_owned(), "The tenant does not answer.".to_owned());
    let stopped =
        world.ledger.set_state(&run, RunState::Interrupted, Some(why.clone()), at(4)).await.unwrap();
    assert_eq!((stopped.error, stopped.changed_at), (Some(why), at(4)));
    let on = world.ledger.set_state(&run, RunState::Uploading, None, at(5)).await.unwrap();
    assert_eq!((on.state, on.error), (RunState::Uploading, None));
}

#[tokio::test]
async fn seconds_add_up_and_the_cool_down_never_comes_nearer() {
    let world = World::new();
    let run = world.ledger.create_run(new_run()).await.unwrap();
    world.ledger.add_seconds(&run, 1.5).await.unwrap();
    world.ledger.add_seconds(&run, 2.25).await.unwrap();
    world.ledger.add_seconds(&run, f64::NAN).await.unwrap();
    world.ledger.set_cool_down(&run, at(180)).await.unwrap();
    world.ledger.set_cool_down(&run, at(90)).await.unwrap();
    let run = world.ledger.run(&run).await.unwrap();
    assert!((run.seconds - 3.75).abs() < 1e-9);
    assert_eq!(run.cool_down_until, Some(at(180)));
    assert!(matches!(world.ledger.add_seconds("nobody", 1.0).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_run_whose_holder_is_gone_is_interrupted_and_no_other() {
    let world = World::new();
    let killed = world.uploading("p-1", &[row(0, Op::Add)], 1).await.id;
    let lock = world.ledger.lock_list(PROFILE, &list(), "pid 1").unwrap();
    assert_eq!(world.ledger.mark_interrupted(at(9)).await.unwrap(), []);
    drop(lock);
    let marked = world.ledger.mark_interrupted(at(9)).await.unwrap();
    assert_eq!(marked.len(), 1);
    assert_eq!((marked[0].id.as_str(), marked[0].state), (killed.as_str(), RunState::Interrupted));
    assert_eq!(marked[0].error.as_ref().unwrap().0, "interrupted");
    assert_eq!(world.ledger.mark_interrupted(at(10)).await.unwrap(), []);

    world.ledger.set_state(&killed, RunState::Uploading, None, at(11)).await.unwrap();
    world.ledger.set_state(&killed, RunState::Paused, None, at(12)).await.unwrap();
    assert_eq!(world.ledger.mark_interrupted(at(13)).await.unwrap(), [], "paused by a person");
}

#[tokio::test]
async fn the_trail_tells_the_story_without_numbers() {
    let world = World::new();
    let rows = [row(0, Op::Add)];
    let run = world.uploading("p-1", &rows, 1).await.id;
    let plan = world.ledger.plan("p-1").await.unwrap();
    let approval = Approval {
        digest: plan.digest.clone(),
        by: "pat".into(),
        claimed: Some("kim".into()),
        reason: "four eyes".into(),
        at: at(1),
        until: at(100),
    };
    world.ledger.approve(&plan, approval.clone()).await.unwrap();
    assert_eq!(world.ledger.approval(&plan.digest).await.unwrap().unwrap().approval, approval);
    world.accept(&run, 0, &[0], at(5)).await;
    let event = NewEvent {
        at: at(6),
        actor: "pat".into(),
        kind: "session.ended",
        object: "console".into(),
        effect: "closed".into(),
        reason: None,
    };
    world.ledger.note(event).await.unwrap();

    let events = world.ledger.events(100).await.unwrap();
    let kinds: Vec<&str> = events.iter().rev().map(|event| event.kind.as_str()).collect();
    let story = [
        "plan.made",
        "run.created",
        "plan.approved",
        "run.planned",
        "run.state",
        "run.state",
        "plan.approved",
        "batch.sent",
        "batch.settled",
        "session.ended",
    ];
    assert_eq!(kinds, story);
    assert_eq!(events[3].reason.as_deref(), Some("four eyes"));
    assert!(events.iter().all(|event| !format!("{event:?}").contains("2025550100")));
    assert_eq!(world.ledger.head().await.unwrap(), events[0].hash);
    assert_eq!(world.ledger.verify_trail().await.unwrap(), story.len() as u64);
    assert_eq!(world.ledger.events(2).await.unwrap(), events[..2]);
}

#[tokio::test]
async fn the_trail_cannot_be_edited_and_shows_when_it_was() {
    let world = World::new();
    for _ in 0..3 {
        world.ledger.create_run(new_run()).await.unwrap();
    }
    let raw = rusqlite::Connection::open(world.folder().join("ledger.db")).unwrap();
    assert!(raw.execute("UPDATE events SET actor = 'kim'", []).is_err());
    assert!(raw.execute("DELETE FROM events", []).is_err());
    raw.execute_batch("DROP TRIGGER events_stay; DROP TRIGGER events_remain").unwrap();
    for (edit, undo, first) in [
        (
            "UPDATE events SET actor = 'kim' WHERE seq = 2",
            "UPDATE events SET actor = 'pat' WHERE seq = 2",
            "event 2 ",
        ),
        (
            "UPDATE events SET at = at + 1 WHERE seq = 3",
            "UPDATE events SET at = at - 1 WHERE seq = 3",
            "event 3 ",
        ),
        (
            "UPDATE events SET reason = NULL WHERE seq = 1",
            "UPDATE events SET reason = 'monthly load' WHERE seq = 1",
            "event 1 ",
        ),
        ("DELETE FROM events WHERE seq = 2", "", "event 2 "),
    ] {
        raw.execute(edit, []).unwrap();
        let error = world.ledger.verify_trail().await.unwrap_err();
        assert!(matches!(&error, Error::Damaged { detail } if detail.contains(first)), "{edit}: {error}");
        if !undo.is_empty() {
            raw.execute(undo, []).unwrap();
            world.ledger.verify_trail().await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_event_is_chained_to_the_one_before() {
    let world = World::new();
    world.uploading("p-1", &[row(0, Op::Add)], 1).await;
    let mut events = world.ledger.events(100).await.unwrap();
    events.reverse();
    let mut before = "0".repeat(64);
    for event in &events {
        assert_eq!(event.hash, auditor::hash_of(&before, event), "event {}", event.seq);
        before.clone_from(&event.hash);
    }

    // A forger mends the hash of the event that was changed, and stops there.
    events[1].actor = "kim".into();
    let forged = auditor::hash_of(&events[0].hash, &events[1]);
    let raw = rusqlite::Connection::open(world.folder().join("ledger.db")).unwrap();
    raw.execute_batch("DROP TRIGGER events_stay").unwrap();
    raw.execute("UPDATE events SET actor = 'kim', hash = ?1 WHERE seq = 2", [forged]).unwrap();
    let error = world.ledger.verify_trail().await.unwrap_err();
    assert!(matches!(&error, Error::Damaged { detail } if detail.contains("event 3 ")), "{error}");
}

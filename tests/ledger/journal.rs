//! Intent, answer, settlement; and what is left of them after a kill.

use quietline::domain::metrics::Metrics;
use quietline::domain::plan::Op;
use quietline::domain::run::{BatchState, Buckets, RunState};
use quietline::ledger::{Error, Settlement};

use crate::world::{World, at, number, row};

fn adds(n: u64) -> Vec<quietline::domain::plan::PlanRow> {
    (0..n).map(|n| row(n, Op::Add)).collect()
}

#[tokio::test]
async fn a_batch_goes_from_queue_to_settled_and_the_buckets_follow() {
    let world = World::new();
    let mut rows = adds(5);
    rows[1].op = Op::Unchanged;
    let run = world.uploading("p-1", &rows, 3).await;
    assert_eq!(
        run.buckets,
        Buckets { rows: 8, unchanged: 1, duplicates: 2, rejected: 1, unaccounted: 4, ..Buckets::default() }
    );
    assert_eq!((run.batches, run.batches_done), (2, 0));
    let open = world.ledger.open_batches(&run.id).await.unwrap();
    assert_eq!(open.iter().map(|b| b.rows.clone()).collect::<Vec<_>>(), [vec![0, 2, 3], vec![4]]);

    world.answered(&run.id, 0).await;
    let batch = world.ledger.open_batches(&run.id).await.unwrap().remove(0);
    assert_eq!((batch.state, batch.attempt), (BatchState::Response, 1));
    assert_eq!(batch.answer, Some((200, b"{\"ok\":true}".to_vec())));

    let settlement = Settlement {
        accepted: vec![3, 0],
        dead: vec![(2, "INVALID".into(), "not dialable".into())],
        at: Some(at(9)),
        metrics: Metrics { retries: 2, throttled: 1, ..Metrics::default() },
        ..Settlement::default()
    };
    let run = world.ledger.settle(&run.id, 0, settlement).await.unwrap();
    assert_eq!((run.buckets.accepted, run.buckets.dead_letters, run.buckets.unaccounted), (2, 1, 1));
    assert_eq!((run.batches_done, run.retries, run.throttled), (1, 2, 1));
    assert!(run.buckets.is_conserved());
    assert_eq!(world.ledger.recount(&run.id).await.unwrap(), run.buckets);

    let letters = world.ledger.dead_letters(Some(&run.id[..4])).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].1.row, letters[0].1.identifier.clone()), (998, number(2).into()));
    assert_eq!((letters[0].1.code.as_str(), letters[0].1.message.as_str()), ("INVALID", "not dialable"));
    assert_eq!(world.ledger.dead_letters(None).await.unwrap(), letters);
}

#[tokio::test]
async fn a_settlement_that_forgets_or_doubles_a_row_writes_nothing() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(4), 3).await;
    world.answered(&run.id, 0).await;
    let head = world.ledger.head().await.unwrap();
    let dead = |row| vec![(row, "X".to_owned(), "x".to_owned())];
    let wrong = [
        ("no verdict", Settlement { accepted: vec![0, 1], ..Settlement::default() }),
        ("two verdicts", Settlement { accepted: vec![0, 1, 2], dead: dead(2), ..Settlement::default() }),
        ("two verdicts", Settlement { accepted: vec![0, 1, 2, 2], ..Settlement::default() }),
        (
            "two verdicts",
            Settlement { accepted: vec![0, 1], requeue: vec![vec![2], vec![2]], ..Settlement::default() },
        ),
        ("another batch", Settlement { accepted: vec![0, 1, 2, 3], ..Settlement::default() }),
        ("another batch", Settlement { accepted: vec![0, 1], unaccounted: vec![3], ..Settlement::default() }),
        ("empty", Settlement { accepted: vec![0, 1, 2], requeue: vec![vec![]], ..Settlement::default() }),
        (
            "not accepted",
            Settlement {
                accepted: vec![0, 1],
                unaccounted: vec![2],
                replace: vec![(2, "old-2".into())],
                ..Settlement::default()
            },
        ),
    ];
    for (why, settlement) in wrong {
        let error = world.ledger.settle(&run.id, 0, settlement).await.unwrap_err();
        assert!(
            matches!(&error, Error::IllegalTransition { what, .. } if what.contains(why)),
            "{why}: {error}"
        );
    }
    let after = world.ledger.run(&run.id).await.unwrap();
    assert_eq!(after.buckets, run.buckets);
    assert_eq!(world.ledger.head().await.unwrap(), head);
    assert_eq!(world.ledger.open_batches(&run.id).await.unwrap().len(), 2);
}

#[tokio::test]
async fn only_steps_of_the_state_machine_are_taken() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(2), 2).await;
    let ledger = &world.ledger;
    let illegal = |result: Result<(), Error>| matches!(result, Err(Error::IllegalTransition { .. }));
    assert!(illegal(ledger.answer(&run.id, 0, 200, Vec::new()).await), "an answer to nothing");
    assert!(illegal(ledger.probed(&run.id, 0).await));
    assert!(
        ledger
            .settle(&run.id, 0, Settlement { accepted: vec![0, 1], ..Settlement::default() })
            .await
            .is_err()
    );
    ledger.intent(&run.id, 0, "b", at(3)).await.unwrap();
    assert!(illegal(ledger.intent(&run.id, 0, "b", at(3)).await), "two attempts at once");
    assert!(matches!(ledger.intent(&run.id, 7, "b", at(3)).await, Err(Error::NotFound { .. })));
    ledger.answer(&run.id, 0, 429, b"slow down".to_vec()).await.unwrap();
    ledger.not_applied(&run.id, 0, "429").await.unwrap();
    let open = ledger.open_batches(&run.id).await.unwrap();
    assert_eq!((open[0].state, open[0].attempt, &open[0].answer), (BatchState::Queued, 1, &None));
    ledger.intent(&run.id, 0, "b", at(4)).await.unwrap();
    let open = ledger.open_batches(&run.id).await.unwrap();
    assert_eq!((open[0].attempt, open[0].state), (2, BatchState::Intent));
    ledger.indeterminate(&run.id, 0, "reset").await.unwrap();
    assert!(illegal(ledger.intent(&run.id, 0, "b", at(5)).await), "sent again without a read-back");
    ledger.probed(&run.id, 0).await.unwrap();
    let run = ledger
        .settle(&run.id, 0, Settlement { accepted: vec![0, 1], at: Some(at(6)), ..Settlement::default() })
        .await
        .unwrap();
    assert_eq!(run.buckets.accepted, 2);
    assert!(illegal(ledger.settle(&run.id, 0, Settlement::default()).await.map(drop)), "settled twice");
}

#[tokio::test]
async fn nothing_is_sent_for_a_run_that_is_not_uploading() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(2), 1).await;
    world.ledger.set_state(&run.id, RunState::Paused, None, at(5)).await.unwrap();
    assert!(matches!(
        world.ledger.intent(&run.id, 0, "b", at(6)).await,
        Err(Error::IllegalTransition { from: "paused", .. })
    ));
}

#[tokio::test]
async fn what_has_to_be_sent_again_is_queued_under_new_numbers() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(5), 5).await;
    world.answered(&run.id, 0).await;
    let settlement = Settlement {
        accepted: vec![1],
        requeue: vec![vec![0, 2], vec![4, 3]],
        at: Some(at(5)),
        ..Settlement::default()
    };
    let run = world.ledger.settle(&run.id, 0, settlement).await.unwrap();
    assert_eq!((run.batches, run.batches_done, run.buckets.unaccounted), (3, 1, 4));
    let open = world.ledger.open_batches(&run.id).await.unwrap();
    let seen: Vec<_> = open.iter().map(|b| (b.seq, b.rows.clone(), b.attempt)).collect();
    assert_eq!(seen, [(1, vec![0, 2], 1), (2, vec![3, 4], 1)]);
    world.accept(&run.id, 1, &[0, 2], at(6)).await;
    let run = world.accept(&run.id, 2, &[3, 4], at(7)).await;
    assert_eq!((run.buckets.accepted, run.buckets.unaccounted), (5, 0));
    assert_eq!(world.ledger.recount(&run.id).await.unwrap(), run.buckets);
}

#[tokio::test]
async fn a_row_without_a_verdict_stays_visible_and_bars_ready() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(2), 2).await;
    world.answered(&run.id, 0).await;
    let refused = world.ledger.set_state(&run.id, RunState::Uploaded, None, at(8)).await;
    assert!(matches!(refused, Err(Error::IllegalTransition { .. })), "uploaded with an open batch");
    let settlement =
        Settlement { accepted: vec![0], unaccounted: vec![1], at: Some(at(5)), ..Settlement::default() };
    let run = world.ledger.settle(&run.id, 0, settlement).await.unwrap();
    assert_eq!(run.buckets.unaccounted, 1);
    for state in [RunState::Uploaded, RunState::CoolingDown, RunState::Reconciling] {
        world.ledger.set_state(&run.id, state, None, at(8)).await.unwrap();
    }
    assert!(world.ledger.set_state(&run.id, RunState::Ready, None, at(9)).await.is_err(), "false green");
    world.ledger.set_state(&run.id, RunState::Discrepant, None, at(9)).await.unwrap();
    assert_eq!(world.ledger.recount(&run.id).await.unwrap(), run.buckets);
}

#[tokio::test]
async fn an_old_record_is_removed_before_a_run_is_ready() {
    let world = World::new();
    let rows = vec![row(0, Op::Update), row(1, Op::Add)];
    let run = world.uploading("p-1", &rows, 2).await;
    world.answered(&run.id, 0).await;
    let settlement = Settlement {
        accepted: vec![0, 1],
        replace: vec![(0, "old-0".into())],
        at: Some(at(5)),
        ..Settlement::default()
    };
    world.ledger.settle(&run.id, 0, settlement).await.unwrap();
    let open = world.ledger.open_replacements(&run.id, 0..=u32::MAX).await.unwrap();
    assert_eq!((open.len(), open[0].row, open[0].entry_id.as_str()), (1, 0, "old-0"));
    for state in [RunState::Uploaded, RunState::CoolingDown, RunState::Reconciling] {
        world.ledger.set_state(&run.id, state, None, at(8)).await.unwrap();
    }
    assert!(world.ledger.set_state(&run.id, RunState::Ready, None, at(9)).await.is_err());
    assert!(matches!(world.ledger.replaced(&run.id, "old-7").await, Err(Error::NotFound { .. })));
    world.ledger.replaced(&run.id, "old-0").await.unwrap();
    assert_eq!(world.ledger.open_replacements(&run.id, 0..=u32::MAX).await.unwrap(), []);
    world.ledger.set_state(&run.id, RunState::Ready, None, at(9)).await.unwrap();
}

#[tokio::test]
async fn every_step_is_there_after_the_process_is_gone() {
    let mut world = World::new();
    let run = world.uploading("p-1", &adds(3), 1).await.id;
    world = world.restart();
    assert_eq!(world.ledger.open_batches(&run).await.unwrap().len(), 3);
    world.ledger.intent(&run, 0, "b", at(3)).await.unwrap();
    world = world.restart();
    assert_eq!(world.ledger.open_batches(&run).await.unwrap()[0].state, BatchState::Intent);
    world.ledger.answer(&run, 0, 201, b"raw".to_vec()).await.unwrap();
    world = world.restart();
    assert_eq!(world.ledger.open_batches(&run).await.unwrap()[0].answer, Some((201, b"raw".to_vec())));
    let settlement = Settlement { accepted: vec![0], at: Some(at(4)), ..Settlement::default() };
    world.ledger.settle(&run, 0, settlement).await.unwrap();
    world = world.restart();
    let summary = world.ledger.run(&run).await.unwrap();
    assert_eq!((summary.buckets.accepted, summary.batches_done), (1, 1));
    assert_eq!(world.ledger.open_batches(&run).await.unwrap().len(), 2);
    world.ledger.verify_trail().await.unwrap();
}

#[tokio::test]
async fn a_hundred_settlements_at_once_all_count() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(100), 1).await.id;
    let each = (0..100).map(|seq| {
        let (ledger, run) = (world.ledger.clone(), run.clone());
        tokio::spawn(async move {
            ledger.intent(&run, seq, "b", at(3)).await.unwrap();
            ledger.answer(&run, seq, 200, Vec::new()).await.unwrap();
            let accepted =
                Settlement { accepted: vec![seq], at: Some(at(i64::from(seq))), ..Settlement::default() };
            ledger.settle(&run, seq, accepted).await.unwrap();
        })
    });
    for task in each.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let summary = world.ledger.run(&run).await.unwrap();
    assert_eq!((summary.buckets.accepted, summary.buckets.unaccounted, summary.batches_done), (100, 0, 100));
    assert_eq!(world.ledger.recount(&run).await.unwrap(), summary.buckets);
    let facts = world.ledger.list_facts("test", &crate::world::list()).await.unwrap();
    assert_eq!(facts.last_accepted, Some(at(99)));
    world.ledger.verify_trail().await.unwrap();
}

#[tokio::test]
async fn the_recount_notices_a_row_in_two_places_and_one_in_none() {
    let world = World::new();
    let run = world.uploading("p-1", &adds(4), 2).await.id;
    let run = world.accept(&run, 0, &[0, 1], at(5)).await;
    assert_eq!(world.ledger.recount(&run.id).await.unwrap(), run.buckets);
    let raw = rusqlite::Connection::open(world.folder().join("ledger.db")).unwrap();
    let twice = "INSERT INTO exceptions (run, plan_row, seq, kind) VALUES (?1, 1, 0, 'unaccounted')";
    raw.execute(twice, [&run.id]).unwrap();
    let error = world.ledger.recount(&run.id).await.unwrap_err();
    assert!(matches!(&error, Error::Damaged { detail } if detail.contains("two verdicts")), "{error}");
    raw.execute("DELETE FROM exceptions", []).unwrap();
    raw.execute("DELETE FROM batches WHERE seq = 1", []).unwrap();
    let error = world.ledger.recount(&run.id).await.unwrap_err();
    assert!(matches!(&error, Error::Damaged { detail } if detail.contains("in no batch")), "{error}");
}

//! Batches that turn out to be too large, and what is kept of that.

use jiff::{SignedDuration, Timestamp};
use quietline::domain::plan::{Destination, Op};
use quietline::ledger::Error;

use crate::world::{PROFILE, World, row};

#[tokio::test]
async fn a_batch_in_the_queue_is_divided_and_no_row_is_lost_or_doubled() {
    let world = World::new();
    let rows: Vec<_> = (1..=10).map(|n| row(n, Op::Add)).collect();
    let run = world.uploading("p-1", &rows, 10).await.id;
    world.ledger.divide(&run, 0, 4).await.unwrap();
    let world = world.restart();
    let batches = world.ledger.open_batches(&run).await.unwrap();
    let parts: Vec<_> = batches.iter().map(|batch| (batch.seq, batch.rows.clone())).collect();
    assert_eq!(parts, [(0, vec![0, 1, 2, 3]), (1, vec![4, 5, 6, 7]), (2, vec![8, 9])]);
    let stored = world.ledger.run(&run).await.unwrap();
    assert_eq!((stored.batches, stored.batches_done), (3, 0));
    assert_eq!(world.ledger.recount(&run).await.unwrap(), stored.buckets);
    // What fits stays as it is.
    world.ledger.divide(&run, 1, 4).await.unwrap();
    assert_eq!(world.ledger.open_batches(&run).await.unwrap(), batches);
}

#[tokio::test]
async fn a_batch_that_may_have_arrived_is_not_divided() {
    let world = World::new();
    let rows: Vec<_> = (1..=4).map(|n| row(n, Op::Add)).collect();
    let run = world.uploading("p-1", &rows, 4).await.id;
    world.ledger.intent(&run, 0, "body", Timestamp::now()).await.unwrap();
    let refused = world.ledger.divide(&run, 0, 2).await.unwrap_err();
    assert!(matches!(refused, Error::IllegalTransition { .. }), "{refused:?}");
    assert_eq!(world.ledger.open_batches(&run).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_learned_of_sizes_is_of_one_profile_and_destination_and_grows_old() {
    let world = World::new();
    let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
    let ledger = &world.ledger;
    ledger.learn_size(PROFILE, Destination::Entries, 50, now - hour * 2).await.unwrap();
    ledger.learn_size(PROFILE, Destination::Entries, 25, now - hour).await.unwrap();
    let since = now - hour * 24;
    assert_eq!(ledger.learned_size(PROFILE, Destination::Entries, since).await.unwrap(), Some(25));
    assert_eq!(ledger.learned_size(PROFILE, Destination::Entries, now).await.unwrap(), None);
    assert_eq!(ledger.learned_size(PROFILE, Destination::Items, since).await.unwrap(), None);
    assert_eq!(ledger.learned_size("other", Destination::Entries, since).await.unwrap(), None);
}

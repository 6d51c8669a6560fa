//! The outbox: a message stands or falls with the change that it tells, and nobody sends it twice at the same time. Time is
//! an argument everywhere, so these tests step it.

use std::time::Duration;

use quietline::domain::delivery::{Next, SCHEDULE, next};
use quietline::domain::plan::Op;
use quietline::domain::run::{RunState, RunSummary};
use quietline::ledger::{Ledger, Message};
use serde_json::Value;

use crate::world::{PROFILE, World, at, new_run, number, row};

const LEASE: Duration = Duration::from_secs(30);

/// A run that somebody listens to, just interrupted.
async fn interrupted(world: &World) -> RunSummary {
    world.ledger.set_receiver(PROFILE, Some("them".into())).await.unwrap();
    let run = world.uploading("p-1", &[row(1, Op::Add), row(2, Op::Add)], 5).await;
    let why = Some(("tenant-unreachable".to_owned(), format!("about {}", number(1).to_e164())));
    world.ledger.set_state(&run.id, RunState::Interrupted, why, at(10)).await.unwrap()
}

async fn claim(ledger: &Ledger, seconds: i64) -> Option<Message> {
    ledger.claim(PROFILE, LEASE, at(seconds)).await.unwrap()
}

fn body(message: &Message) -> Value {
    serde_json::from_slice(&message.body).unwrap()
}

#[tokio::test]
async fn a_change_and_its_message_are_one() {
    let world = World::new();
    let run = interrupted(&world).await;
    // A step that is refused tells nothing.
    world.ledger.set_state(&run.id, RunState::Ready, None, at(11)).await.unwrap_err();

    let message = claim(&world.ledger, 12).await.unwrap();
    let told = body(&message);
    assert_eq!((message.kind.as_str(), message.tries), ("dnc.ingestion.interrupted", 1));
    assert_eq!(told["type"], "dnc.ingestion.interrupted");
    assert_eq!(told["data"]["run"], run.id.as_str());
    assert_eq!((&told["data"]["rows"], &told["data"]["unaccounted"]), (&5.into(), &2.into()));
    assert_eq!(told["data"]["error"], "tenant-unreachable");
    assert_eq!(told["data"]["file_sha256"], "f00d");
    // The head of the trail is the one behind the change itself.
    assert_eq!(told["data"]["audit_head"], world.ledger.head().await.unwrap());
    assert!(claim(&world.ledger, 13).await.is_none());
}

#[tokio::test]
async fn a_message_holds_no_number_no_name_and_no_words_of_people() {
    let world = World::new();
    interrupted(&world).await;
    let told = String::from_utf8(claim(&world.ledger, 12).await.unwrap().body).unwrap();
    for secret in ["5550101", "12025550101", "march.csv", "/data", "National", "monthly load", "pat"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_written() {
    let world = World::new();
    let run = world.uploading("p-1", &[row(1, Op::Add)], 5).await;
    world.ledger.set_state(&run.id, RunState::Interrupted, None, at(10)).await.unwrap();
    assert_eq!(world.ledger.deliveries(&run.id).await.unwrap(), Default::default());
}

#[tokio::test]
async fn two_processes_do_not_send_the_same_at_the_same_time() {
    let world = World::new();
    interrupted(&world).await;
    let other = Ledger::open(&world.folder()).unwrap();
    let ours = claim(&world.ledger, 20).await.unwrap();
    assert!(claim(&other, 20).await.is_none());
    assert!(claim(&other, 49).await.is_none(), "the lease is 30 s");

    // Whoever had it is gone or hangs: the same message, under the same id, for somebody else.
    let theirs = claim(&other, 50).await.unwrap();
    assert_eq!((&theirs.id, &theirs.body, theirs.tries), (&ours.id, &ours.body, 2));
    assert!(!world.ledger.delivered(&ours, "pat", at(51)).await.unwrap(), "it is theirs by now");
    assert!(other.delivered(&theirs, "pat", at(52)).await.unwrap());
    assert!(claim(&world.ledger, 1_000).await.is_none());
    let events = world.ledger.events(5).await.unwrap();
    let delivered = events.iter().filter(|event| event.kind == "webhook.delivered").count();
    assert_eq!(delivered, 1, "{events:?}");
}

#[tokio::test]
async fn a_kill_between_send_and_mark_sends_once_more_and_a_try_that_is_given_back_at_once() {
    let world = World::new();
    interrupted(&world).await;
    let sent = claim(&world.ledger, 20).await.unwrap();
    let world = world.restart();
    assert!(claim(&world.ledger, 21).await.is_none());
    let again = claim(&world.ledger, 50).await.unwrap();
    assert_eq!(again.id, sent.id);
    world.ledger.release(&again).await.unwrap();
    let third = claim(&world.ledger, 50).await.unwrap();
    assert_eq!((third.id, third.tries), (sent.id, 2));
}

#[tokio::test]
async fn a_receiver_that_never_takes_it_is_tried_by_the_schedule_and_then_no_more() {
    let world = World::new();
    let run = interrupted(&world).await;
    let mut now = 20;
    let mut tried = Vec::new();
    while let Some(message) = claim(&world.ledger, now).await {
        tried.push(now);
        let follows = next(&SCHEDULE, message.tries, None, at(now));
        let why = ("it answered 503".to_owned(), follows);
        world.ledger.not_delivered(&message, why, None, "pat", at(now)).await.unwrap();
        let Next::At(then) = follows else { break };
        assert!(claim(&world.ledger, then.as_second() - at(0).as_second() - 1).await.is_none(), "too early");
        now = then.as_second() - at(0).as_second();
    }
    assert_eq!(tried.len(), 10);
    assert_eq!(tried[9] - tried[0], 75 * 3_600 + 35 * 60 + 5);
    let deliveries = world.ledger.deliveries(&run.id).await.unwrap();
    assert_eq!((deliveries.waiting, deliveries.given_up), (0, 1));
    assert_eq!(deliveries.why.unwrap(), "it answered 503");
    let newest = world.ledger.events(1).await.unwrap().remove(0);
    assert_eq!(newest.kind, "webhook.given-up");
    assert!(newest.effect.contains("in 10 tries: it answered 503"), "{}", newest.effect);
}

#[tokio::test]
async fn a_pause_that_is_asked_for_holds_for_every_message() {
    let world = World::new();
    let run = interrupted(&world).await;
    world.ledger.set_state(&run.id, RunState::Uploading, None, at(11)).await.unwrap();
    world.ledger.set_state(&run.id, RunState::Interrupted, None, at(12)).await.unwrap();
    let first = claim(&world.ledger, 20).await.unwrap();
    let after = Duration::from_secs(600);
    let follows = next(&SCHEDULE, first.tries, Some(after), at(20));
    let why = ("it answered 429".to_owned(), follows);
    world.ledger.not_delivered(&first, why, Some(at(620)), "pat", at(20)).await.unwrap();
    assert!(claim(&world.ledger, 619).await.is_none());
    assert_eq!(world.ledger.next_delivery(PROFILE).await.unwrap(), Some(at(620)));
    assert!(claim(&world.ledger, 620).await.is_some());
    assert!(claim(&world.ledger, 620).await.is_some());
}

#[tokio::test]
async fn whoever_has_gone_gets_nothing_until_somebody_has_looked_after_it() {
    let world = World::new();
    let run = interrupted(&world).await;
    let message = claim(&world.ledger, 20).await.unwrap();
    world.ledger.receiver_has_gone(&message, "pat", at(21)).await.unwrap();
    let go = async |to, seconds| world.ledger.set_state(&run.id, to, None, at(seconds)).await.unwrap();
    go(RunState::Uploading, 22).await;
    go(RunState::Interrupted, 23).await;
    let deliveries = world.ledger.deliveries(&run.id).await.unwrap();
    assert_eq!((deliveries.waiting, deliveries.given_up), (0, 1), "nothing is made for whoever has gone");
    assert_eq!(world.ledger.events(2).await.unwrap()[1].kind, "run.state");

    // The same receiver is still gone after a restart; another one is not.
    world.ledger.set_receiver(PROFILE, Some("them".into())).await.unwrap();
    assert_eq!(world.ledger.receiver_gone(PROFILE).await.unwrap(), Some(at(21)));
    world.ledger.revive_receiver(PROFILE).await.unwrap();
    go(RunState::Uploading, 24).await;
    go(RunState::Interrupted, 25).await;
    assert!(claim(&world.ledger, 26).await.is_some());
}

#[tokio::test]
async fn a_run_that_comes_through_the_same_state_again_has_nothing_new_to_tell() {
    let world = World::new();
    world.ledger.set_receiver(PROFILE, Some("them".into())).await.unwrap();
    let run = world.uploading("p-1", &[row(1, Op::Add)], 5).await;
    world.accept(&run.id, 0, &[0], at(5)).await;
    let go = async |to, seconds| world.ledger.set_state(&run.id, to, None, at(seconds)).await.unwrap();
    go(RunState::Uploaded, 6).await;
    go(RunState::CoolingDown, 7).await;
    go(RunState::Interrupted, 8).await;
    go(RunState::Uploading, 9).await;
    go(RunState::Uploaded, 10).await;
    let mut kinds = Vec::new();
    while let Some(message) = claim(&world.ledger, 20).await {
        kinds.push(message.kind);
    }
    assert_eq!(kinds, ["dnc.ingestion.complete", "dnc.ingestion.interrupted"]);
}

#[tokio::test]
async fn what_calls_took_is_added_up_over_restarts() {
    use quietline::domain::metrics::{Calls, Metrics};
    use quietline::ledger::Settlement;

    let world = World::new();
    let run = world.ledger.create_run(new_run()).await.unwrap();
    let of = |retries, millis: &[u64]| {
        let mut metrics = Metrics { retries, ..Metrics::default() };
        for n in millis {
            let calls = Calls { family: "entries".into(), kind: "write".into() };
            metrics.note(calls, Duration::from_millis(*n));
        }
        metrics
    };
    let plan = world.plan("p-2", &[row(1, Op::Add), row(2, Op::Add)]).await;
    world.approve(&plan).await;
    world.ledger.bind_plan(&run, &plan, 1).await.unwrap();
    world.ledger.set_state(&run, RunState::Approved, None, at(1)).await.unwrap();
    world.ledger.set_state(&run, RunState::Uploading, None, at(2)).await.unwrap();
    let settle = async |world: &World, seq, row, metrics| {
        world.answered(&run, seq).await;
        let settlement =
            Settlement { accepted: vec![row], metrics, at: Some(at(4)), ..Settlement::default() };
        world.ledger.settle(&run, seq, settlement).await.unwrap()
    };
    settle(&world, 0, 0, of(2, &[10, 20])).await;
    let world = world.restart();
    let summary = settle(&world, 1, 1, of(1, &[30])).await;
    world.ledger.add_metrics(&run, of(0, &[40])).await.unwrap();

    let metrics = world.ledger.metrics(&run[..4]).await.unwrap();
    assert_eq!(metrics, of(3, &[10, 20, 30, 40]));
    assert_eq!(summary.retries, 3);
}

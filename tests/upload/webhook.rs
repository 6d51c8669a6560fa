//! Whoever listens to a profile's runs is told, signed and at least once; and whatever becomes of it costs the run nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use quietline::domain::plan::Destination;
use quietline::domain::run::{RunState, RunSummary};
use quietline::ops::{FoundSecret, Ops, OpsEvent, Patience, PlanRequest, Sink, WebhookSecret};
use quietline::sandbox::Story;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::stage::{Stage, patience};

/// As many tries as the usual schedule has, in less time.
const QUICK: [Duration; 10] = {
    let mut schedule = [Duration::from_millis(5); 10];
    schedule[0] = Duration::ZERO;
    schedule
};

fn secret(stage: &Stage) -> FoundSecret {
    Ok(WebhookSecret::read(stage.hooks().1))
}

/// The stage's profile with a webhook on the sandbox.
fn listened(stage: &Stage, secret: FoundSecret) -> Ops {
    let patience =
        Patience { delivered_within: Duration::from_millis(400), delivery_schedule: &QUICK, ..patience() };
    let url = stage.hooks().0;
    stage.ops_like(patience, |profile| profile.upload.webhook = Some(url)).with_webhook(secret)
}

async fn upload(ops: &Ops, stage: &Stage, to: Destination, list: &str) -> RunSummary {
    let file = stage.write("some.csv", "phone,jurisdiction\n(202) 555-0104,US-DC\n202-222-0105,US-DC\n");
    let mut launch = Stage::launch_file(&file);
    launch.what =
        quietline::ops::Launched::File(PlanRequest { to, list: list.into(), ..Stage::request(&file) });
    ops.upload(launch, Arc::new(quietline::ops::Silent), &CancellationToken::new()).await.unwrap()
}

async fn received(stage: &Stage) -> Vec<Value> {
    stage.control("hooks").await["received"].as_array().unwrap().clone()
}

/// Waits until so many messages were taken.
async fn taken(stage: &Stage, n: usize) -> Vec<Value> {
    let wait = async {
        loop {
            let received = received(stage).await;
            if received.iter().filter(|message| message["answered"] == 200).count() >= n {
                return received;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap()
}

/// Waits until nothing waits any more of a run.
async fn carried(ops: &Ops, run: &RunSummary) -> quietline::domain::delivery::Deliveries {
    let wait = async {
        loop {
            let deliveries = ops.measured(&run.id).await.unwrap().deliveries;
            if deliveries.waiting == 0 {
                return deliveries;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap()
}

fn kinds(received: &[Value]) -> Vec<&str> {
    received.iter().map(|message| message["type"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_signed_and_thin_and_the_trail_knows() {
    let stage = Stage::with(Story::Calm).await;
    let ops = listened(&stage, secret(&stage));
    let run = upload(&ops, &stage, Destination::Entries, stage.list_name()).await;
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);

    let received = taken(&stage, 2).await;
    assert_eq!(kinds(&received), ["dnc.ingestion.complete", "dnc.ingestion.ready"]);
    for message in &received {
        assert_eq!(message["verified"], true, "{message}");
        assert_eq!(message["authorization"], "", "the tenant's token is nobody else's business");
        let text = message["body"].to_string();
        for number in ["5550104", "2220105", "some.csv", stage.list_name()] {
            assert!(!text.contains(number), "{number}: {text}");
        }
        let data = &message["body"]["data"];
        let sum: u64 =
            ["accepted", "unchanged", "duplicates", "removed", "rejected", "dead_letters", "unaccounted"]
                .iter()
                .map(|bucket| data[bucket].as_u64().unwrap())
                .sum();
        assert_eq!((data["run"].as_str().unwrap(), sum), (run.id.as_str(), run.buckets.rows));
    }
    let deliveries = carried(&ops, &run).await;
    assert_eq!((deliveries.delivered, deliveries.given_up), (2, 0));
    let events = ops.ledger().events(20).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "webhook.delivered").count(), 2, "{events:?}");
    ops.ledger().verify_trail().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suppression_list_is_told_in_its_own_word_too() {
    let stage = Stage::with(Story::Calm).await;
    let ops = listened(&stage, secret(&stage));
    let run = upload(&ops, &stage, Destination::Suppression, "Compliance_Holds").await;
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    let received = taken(&stage, 3).await;
    let wanted = ["dnc.ingestion.complete", "SUPPRESSION_LIST_UPDATED", "dnc.ingestion.ready"];
    assert_eq!(kinds(&received), wanted);
    assert_eq!(received[1]["body"]["data"]["list"], "sl-compliance-holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_receiver_answers_the_same_message_comes_again_until_it_is_taken() {
    for (trouble, why) in [
        (json!({"status": 500}), "it answered 500"),
        (json!({"status": 302}), "redirects are not followed"),
        (json!({"status": 400}), "it answered 400"),
        (json!({"status": 429, "retryAfter": 0}), "it answered 429"),
        (json!({"do": "hang"}), "did not answer in time"),
        (json!({"do": "drop"}), "broke the connection"),
    ] {
        let stage = Stage::with(Story::Calm).await;
        let ops = listened(&stage, secret(&stage));
        stage.order("hooks/next", trouble.clone()).await;
        let run = upload(&ops, &stage, Destination::Entries, stage.list_name()).await;
        assert_eq!(run.state, RunState::Ready, "{trouble}: {:?}", run.error);

        let received = taken(&stage, 2).await;
        assert_eq!(received.len(), 3, "{trouble}: {received:?}");
        assert!(received.iter().all(|message| message["note"] == ""), "a redirect was followed");
        let refused = &received[0];
        let again: Vec<&Value> = received.iter().filter(|message| message["id"] == refused["id"]).collect();
        assert_eq!(again.len(), 2, "{trouble}: the id is the same at every try");
        assert_eq!(again[0]["body"], again[1]["body"]);
        assert!(received.iter().all(|message| message["verified"] == true), "{trouble}");
        assert_eq!(carried(&ops, &run).await.delivered, 2, "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_the_last_try_is_said_without_a_word_of_the_receivers() {
    let stage = Stage::with(Story::Calm).await;
    let ops = listened(&stage, secret(&stage));
    stage.order("hooks/next", json!({"status": 503, "next": 100})).await;
    let run = upload(&ops, &stage, Destination::Entries, stage.list_name()).await;
    let deliveries = carried(&ops, &run).await;
    assert_eq!((deliveries.delivered, deliveries.given_up), (0, 2));
    assert_eq!(deliveries.said().unwrap(), "2 given up (it answered 503)");
    assert_eq!(received(&stage).await.len(), 20, "ten tries each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_costs_the_run_nothing() {
    let stage = Stage::with(Story::Calm).await;
    let url = stage.hooks().0;
    let patience = Patience { delivered_within: Duration::from_secs(600), ..patience() };
    let ops =
        stage.ops_like(patience, |profile| profile.upload.webhook = Some(url)).with_webhook(secret(&stage));
    stage.order("hooks/next", json!({"do": "hang", "next": 100})).await;
    // It would wait for ten minutes, were anybody in its way.
    let run = upload(&ops, &stage, Destination::Entries, stage.list_name()).await;
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    let deliveries = ops.measured(&run.id).await.unwrap().deliveries;
    assert_eq!((deliveries.waiting, deliveries.delivered), (2, 0));

    // Whoever leaves breaks the try off, and the next one finds its message at once.
    ops.end_deliveries().await;
    stage.order("hooks/forget", json!({})).await;
    let next = listened(&stage, secret(&stage));
    next.begin_deliveries().await.unwrap();
    let received = taken(&stage, 2).await;
    assert_eq!(received[0]["answered"], "hang");
    assert_eq!(received[0]["id"], received[1]["id"], "{received:?}");
    assert_eq!(carried(&next, &run).await.delivered, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_the_try_and_its_mark_sends_the_same_message_once_more() {
    let stage = Stage::with(Story::Calm).await;
    let mute = listened(&stage, Ok(None));
    let run = upload(&mute, &stage, Destination::Entries, stage.list_name()).await;
    stage.order("hooks/next", json!({"do": "hang"})).await;
    let url = stage.hooks().0;
    let patience = Patience { delivered_within: Duration::from_secs(2), ..patience() };
    let killed =
        stage.ops_like(patience, |profile| profile.upload.webhook = Some(url)).with_webhook(secret(&stage));
    // A runtime of its own is its process: nothing of it runs on once it is gone.
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    process.spawn(async move {
        killed.begin_deliveries().await.unwrap();
        std::future::pending::<()>().await;
    });
    let sent = async { while received(&stage).await.is_empty() {} };
    tokio::time::timeout(Duration::from_secs(60), sent).await.unwrap();
    process.shutdown_background();

    let next = listened(&stage, secret(&stage));
    next.begin_deliveries().await.unwrap();
    let received = taken(&stage, 2).await;
    let ids: Vec<&Value> = received.iter().map(|message| &message["id"]).collect();
    assert_eq!(received[0]["answered"], "hang");
    assert_eq!((ids.len(), ids.iter().filter(|id| **id == ids[0]).count()), (3, 2), "{received:?}");
    assert_eq!(carried(&next, &run).await.delivered, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_has_gone_is_not_asked_again() {
    let stage = Stage::with(Story::Calm).await;
    let ops = listened(&stage, secret(&stage));
    stage.order("hooks/next", json!({"status": 410})).await;
    let run = upload(&ops, &stage, Destination::Entries, stage.list_name()).await;
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    let deliveries = carried(&ops, &run).await;
    assert_eq!(deliveries.delivered, 0, "{deliveries:?}");

    let sink = Arc::new(Notes::default());
    let file = stage.write("more.csv", "phone,jurisdiction\n202-222-0107,US-DC\n");
    let stop = CancellationToken::new();
    let later = ops.upload(Stage::launch_file(&file), sink.clone(), &stop).await.unwrap();
    assert_eq!(ops.measured(&later.id).await.unwrap().deliveries, Default::default());
    assert_eq!(received(&stage).await.len(), 1);
    assert!(sink.said("410: gone"), "{sink:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nothing_is_sent_and_all_of_it_waits() {
    let stage = Stage::with(Story::Calm).await;
    let ops = listened(&stage, Ok(None));
    let sink = Arc::new(Notes::default());
    let file = stage.write("more.csv", "phone,jurisdiction\n202-222-0107,US-DC\n");
    let stop = CancellationToken::new();
    let run = ops.upload(Stage::launch_file(&file), sink.clone(), &stop).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert!(sink.said("there is no secret to sign with"), "{sink:?}");
    assert_eq!(ops.measured(&run.id).await.unwrap().deliveries.waiting, 2);
    assert_eq!(received(&stage).await.len(), 0, "nothing is sent unsigned");

    // With the secret of somebody else it is refused; with the right one it is taken.
    let wrong = listened(&stage, Ok(WebhookSecret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    wrong.begin_deliveries().await.unwrap();
    let refused = async { while received(&stage).await.is_empty() {} };
    tokio::time::timeout(Duration::from_secs(60), refused).await.unwrap();
    wrong.end_deliveries().await;
    assert!(received(&stage).await.iter().all(|message| message["verified"] == false));
    let right = listened(&stage, secret(&stage));
    right.begin_deliveries().await.unwrap();
    taken(&stage, 2).await;
    assert_eq!(carried(&right, &run).await.delivered, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_couriers_send_each_message_once() {
    let stage = Stage::with(Story::Calm).await;
    let mute = listened(&stage, Ok(None));
    let mut runs = Vec::new();
    for n in 0..4 {
        let file = stage.write("one.csv", &format!("phone,jurisdiction\n202-222-011{n},US-DC\n"));
        let stop = CancellationToken::new();
        let silent = Arc::new(quietline::ops::Silent);
        runs.push(mute.upload(Stage::launch_file(&file), silent, &stop).await.unwrap());
    }
    let (one, two) = (listened(&stage, secret(&stage)), listened(&stage, secret(&stage)));
    one.begin_deliveries().await.unwrap();
    two.begin_deliveries().await.unwrap();
    let received = taken(&stage, 8).await;
    let mut ids: Vec<&str> = received.iter().map(|message| message["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((received.len(), ids.len()), (8, 8));
    for run in &runs {
        assert_eq!(carried(&one, run).await.delivered, 2);
    }
}

/// Keeps what is noted.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn said(&self, words: &str) -> bool {
        self.0.lock().unwrap().iter().any(|note| note.contains(words))
    }
}

impl Sink for Notes {
    fn event(&self, event: OpsEvent) {
        if let OpsEvent::Note(note) = event {
            self.0.lock().unwrap().push(note);
        }
    }
}

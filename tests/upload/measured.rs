//! What a run tells of its calls: of its own, and of nobody else's.

use std::sync::Arc;
use std::time::Duration;

use quietline::domain::plan::Destination;
use quietline::domain::run::RunState;
use quietline::ops::{Launch, Launched, Patience, PlanRequest, Silent};
use quietline::sandbox::Story;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::destinations::{csv, spelled};
use crate::stage::{Stage, patience};

fn launch(stage: &Stage, name: &str, to: Destination, list: &str) -> Launch {
    let file = stage.write(name, &csv("phone", (0..30).map(spelled)));
    let request = PlanRequest { to, list: list.into(), ..Stage::request(&file) };
    Launch { what: Launched::File(request), ..Stage::launch_file(&file) }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_count_each_their_own_calls() {
    let stage = Stage::with(Story::Calm).await;
    // Only the one run gets to know of this, and the other goes on meanwhile.
    stage.fault(json!({"do": "unavailable", "on": "suppression_write", "next": 2})).await;
    stage.fault(json!({"do": "throttle", "on": "suppression_write"})).await;
    let troubled = launch(&stage, "one.csv", Destination::Suppression, "Compliance_Holds");
    let calm = launch(&stage, "two.csv", Destination::Items, stage.list_name());
    let stop = CancellationToken::new();
    let (troubled, calm) = tokio::join!(
        stage.ops.upload(troubled, Arc::new(Silent), &stop),
        stage.ops.upload(calm, Arc::new(Silent), &stop),
    );
    let (troubled, calm) = (troubled.unwrap(), calm.unwrap());
    assert_eq!((troubled.state, calm.state), (RunState::Ready, RunState::Ready));
    assert_eq!((troubled.retries, troubled.throttled), (3, 1), "each repeat is counted, and once");
    assert_eq!((calm.retries, calm.throttled), (0, 0), "the other run's are not ours");

    for (run, family) in [(&troubled, "suppression"), (&calm, "items")] {
        let metrics = stage.ops.measured(&run.id).await.unwrap().metrics;
        let writes: Vec<_> = metrics.latency.iter().filter(|(calls, _)| calls.kind == "write").collect();
        assert_eq!(writes.len(), 1, "{writes:?}");
        assert_eq!(writes[0].0.family, family);
        assert_eq!(writes[0].1.count(), if family == "items" { 1 } else { 4 });
        assert!(writes[0].1.permille(500) > Duration::ZERO);
        assert!(writes[0].1.permille(990) <= writes[0].1.longest());
        assert_eq!((metrics.retries, metrics.throttled), (run.retries, run.throttled));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_do_not_show_at_once_are_counted_apart_from_duplicates() {
    let stage = Stage::with(Story::Calm).await;
    let to = Destination::Items;
    let file = stage.write("some.csv", &csv("phone", (0..20).chain(0..5).map(spelled)));
    let launch = || Launch {
        what: Launched::File(PlanRequest { to, ..Stage::request(&file) }),
        ..Stage::launch_file(&file)
    };
    // The first call is answered, and nothing of it comes onto the list: it is sent once more.
    stage.fault(json!({"do": "lie", "on": "items_write"})).await;
    let ops = stage.ops_patient(Patience { visible_within: Duration::from_millis(500), ..patience() });
    let stop = CancellationToken::new();
    let run = ops.upload(launch(), Arc::new(Silent), &stop).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    let metrics = stage.ops.measured(&run.id).await.unwrap().metrics;
    let three = |run: &quietline::domain::run::RunSummary, unseen| {
        (run.buckets.duplicates, run.buckets.unchanged, unseen)
    };
    assert_eq!(three(&run, metrics.not_yet_visible), (5, 0, 20));

    let again = stage.ops.upload(launch(), Arc::new(Silent), &stop).await.unwrap();
    let metrics = stage.ops.measured(&again.id).await.unwrap().metrics;
    assert_eq!(three(&again, metrics.not_yet_visible), (5, 20, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_resumed_goes_on_counting() {
    let stage = Stage::with(Story::Calm).await;
    let made = crate::generate::messy_file(3_000, 0);
    let file = stage.write("messy.csv", &made.text);
    let run = stage.upload_until_batch(&file, 5).await;
    let writes = |metrics: &quietline::domain::metrics::Metrics| -> u64 {
        metrics.latency.iter().filter(|(calls, _)| calls.kind == "write").map(|(_, n)| n.count()).sum()
    };
    let before = writes(&stage.ops.measured(&run.id).await.unwrap().metrics);
    assert!(before >= 5, "{before}");
    let run = stage.resume().await.unwrap();
    let after = writes(&stage.ops.measured(&run.id).await.unwrap().metrics);
    assert_eq!(after, run.batches, "each batch was one call, over both sittings");
}

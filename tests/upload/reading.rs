//! What the tenant holds is read to its end, and what cannot be read is not believed: long lists, lists that move, a tenant
//! that takes less at once than it said, and one that is gone.

use std::collections::BTreeSet;
use std::sync::Arc;

use quietline::domain::plan::Destination;
use quietline::domain::readiness::ListState;
use quietline::domain::run::RunState;
use quietline::ops::{OpsError, Reconciliation, Silent, Until};
use quietline::sandbox::Story;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::generate;
use crate::stage::Stage;

async fn reconcile(stage: &Stage) -> Result<Reconciliation, OpsError> {
    let stop = CancellationToken::new();
    stage.ops.reconcile(Destination::Entries, stage.list_name(), None, Arc::new(Silent), &stop).await
}

/// A stage whose list is longer than any one page of it.
async fn with_a_long_list() -> Stage {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(2_500, 0);
    assert!(made.intended.len() > 1_000);
    let file = stage.write("many.csv", &made.text);
    assert_eq!(stage.upload(&file).await.unwrap().state, RunState::Ready);
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_batch_is_found_on_a_long_list_and_what_is_lost_of_it_is_named() {
    let stage = with_a_long_list().await;
    let few: String = (0..5).map(|n| format!("201-555-01{n:02},US-NJ\n")).collect();
    let file = stage.write("few.csv", &format!("phone,jurisdiction\n{few}"));

    let run = stage.upload(&file).await.unwrap();
    assert_eq!((run.state, run.buckets.accepted), (RunState::Ready, 5), "{:?}", run.error);

    let lost = stage.lose(2).await;
    assert!(lost.iter().all(|number| number.starts_with("+120155501")), "the last ones written: {lost:?}");
    let found = reconcile(&stage).await.unwrap();
    let missing: BTreeSet<String> =
        found.diff.differences.iter().filter_map(|one| Some(one.identifier.as_ref()?.whole())).collect();
    assert_eq!((missing, found.diff.differences.len()), (lost, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_moves_while_it_is_read_is_read_again_and_at_last_not_believed() {
    let stage = with_a_long_list().await;
    // The second page comes out of another order: a part of the list would be seen twice and another never.
    stage.fault(json!({ "do": "reorder_page", "on": "entries_read", "skip": 1, "next": 1 })).await;
    assert!(reconcile(&stage).await.unwrap().diff.is_clean());

    stage.fault(json!({ "do": "repeat_page", "on": "entries_read", "next": 100 })).await;
    let error = reconcile(&stage).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("protocol", 5), "{error}");
    let (_, last) = stage.ops.last_reconciliation(&stage.list_id().await).await.unwrap().unwrap();
    assert!(last.is_clean(), "what could not be read says nothing of the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_larger_than_the_tenant_takes_is_halved_and_nothing_of_it_is_dropped() {
    let stage = Stage::with(Story::Calm).await;
    let ops = stage.ops_with(|profile| profile.limits.entries_per_call = 250);
    let made = generate::messy_file(800, 0);
    let file = stage.write("messy.csv", &made.text);

    let run =
        ops.upload(Stage::launch_file(&file), Arc::new(Silent), &CancellationToken::new()).await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!((run.buckets.accepted, run.buckets.dead_letters), (made.intended.len() as u64, 0));
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_ready_is_not_called_so_once_the_tenant_cannot_be_asked() {
    let mut stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", "phone,jurisdiction\n201-555-0100,US-NJ\n");
    stage.upload(&file).await.unwrap();
    assert_eq!(stage.ops.gate(stage.list_name()).await.unwrap().1.state, ListState::Ready);

    stage.stop_tenant();

    let error = stage.ops.gate(stage.list_name()).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("tenant-unreachable", 5), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_tenant_knows_with_another_body_ends_the_run() {
    let text = "phone,jurisdiction\n201-555-0100,US-NJ\n";
    let elsewhere = Stage::with(Story::Calm).await;
    elsewhere.upload(&elsewhere.write("one.csv", text)).await.unwrap();
    let log = elsewhere.control("log").await;
    let key = log.as_array().unwrap().iter().find_map(|line| line["keys"][0].as_str()).unwrap().to_owned();

    let stage = Stage::with(Story::Calm).await;
    let entry = json!({"phoneNumber": "+12015550199", "listId": stage.list_id().await.0, "jurisdiction": "US-NJ",
        "source": "somebody", "idempotencyKey": key});
    stage.as_somebody_else(reqwest::Method::POST, "dnc/entries", json!({ "data": [entry] })).await;
    let run = stage.upload(&stage.write("one.csv", text)).await.unwrap();

    assert_eq!(run.state, RunState::Failed);
    assert_eq!(run.error.as_ref().map(|(code, _)| code.as_str()), Some("key-conflict"));
    assert_eq!(
        stage
            .ops
            .resume(None, Until::Ready, Arc::new(Silent), &CancellationToken::new())
            .await
            .unwrap_err()
            .code(),
        "nothing-to-resume"
    );
}

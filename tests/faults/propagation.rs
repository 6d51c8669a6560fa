//! P: what a write comes to afterwards: seen late, here and not there, never, or not by whom it should be.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use quietline::domain::diff::DiffKind;
use quietline::domain::plan::Destination;
use quietline::domain::readiness::ListState;
use quietline::domain::run::RunState;
use quietline::ops::{Ops, PlanRequest, Silent};
use quietline::sandbox::Story;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::between::{ENTRIES, Passing, QUERY, Turn, changed};
use crate::generate;
use crate::scene::Scene;
use crate::stage::Stage;

async fn gate(ops: &Ops, stage: &Stage) -> (ListState, String) {
    let (_, readiness) = ops.gate(stage.list_name()).await.unwrap();
    (readiness.state, readiness.because)
}

/// What the platform would suppress is something else here.
fn read_as(word: &'static str) -> Turn {
    changed(move |mut answer| {
        for record in answer["records"].as_array_mut().unwrap() {
            if record["status"] == "SUPPRESSED" {
                record["status"] = word.into();
            }
        }
        answer
    })
}

fn is_query(call: &Passing) -> bool {
    call.is("POST", QUERY)
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_list_settles_until_the_platform_shows_every_number() {
    let late = Arc::new(AtomicBool::new(false));
    let lags = late.clone();
    let scene = Scene::of(40, move |call| match is_query(call) {
        true if call.nth == 0 || lags.load(Ordering::SeqCst) => read_as("PENDING"),
        _ => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert!(scene.between.calls(is_query).len() >= 2, "it was ready before it was seen");

    late.store(true, Ordering::SeqCst);
    let (state, because) = gate(&scene.ops, &scene.stage).await;
    assert_eq!(state, ListState::Settling, "{because}");
    let stop = CancellationToken::new();
    let waited = scene.ops.gate_wait(scene.stage.list_name(), Duration::ZERO, &stop).await.unwrap();
    assert_eq!(waited.1.state, ListState::Settling);
    late.store(false, Ordering::SeqCst);
    assert_eq!(gate(&scene.ops, &scene.stage).await.0, ListState::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_a_list_that_is_never_enforced_is_not_ready() {
    let scene = Scene::of(40, |call| if is_query(call) { read_as("PENDING") } else { Turn::Pass }).await;
    let run = scene.upload().await;
    assert_eq!(run.state, RunState::Discrepant, "{:?}", run.error);
    assert_eq!(run.error.unwrap().0, "not-enforced");
    assert_ne!(gate(&scene.ops, &scene.stage).await.0, ListState::Ready);
}

/// A platform of two replicas that take turns, of which one has not seen the write.
#[tokio::test(flavor = "multi_thread")]
async fn p2_what_only_one_replica_has_seen_is_not_enforced() {
    let blind = Arc::new(AtomicBool::new(false));
    let flaps = blind.clone();
    let scene = Scene::of(40, move |call| {
        // The last figure of its place in the row of queries says which replica it meets.
        match is_query(call) && flaps.load(Ordering::SeqCst) && call.nth % 2 == 1 {
            true => read_as("NOT_SUPPRESSED"),
            false => Turn::Pass,
        }
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;

    blind.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let (state, because) = gate(&scene.ops, &scene.stage).await;
        assert_eq!(state, ListState::Settling, "{because}");
        let catalog = scene.ops.catalog().await.unwrap();
        let shown = catalog.lists.iter().find(|list| list.list.name == scene.stage.list_name()).unwrap();
        assert_eq!(shown.readiness.state, ListState::Settling, "the pane is never greener than the gate");
    }
    blind.store(false, Ordering::SeqCst);
    assert_eq!(gate(&scene.ops, &scene.stage).await.0, ListState::Ready);
    let queries = scene.between.calls(is_query);
    let places: HashSet<_> = queries.iter().map(|call| call.from).collect();
    assert_eq!(places.len(), queries.len(), "two readings over one connection meet one replica");
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_rows_that_the_tenant_only_says_it_took_are_missed_and_can_be_put_there() {
    let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
    let made = generate::messy_file(40, 0);
    let file = stage.write("some.csv", &made.text);
    stage.fault(json!({ "do": "lie", "on": "entries_write" })).await;

    let run = stage.upload(&file).await.unwrap();

    assert_eq!(run.state, RunState::Discrepant, "{:?}", run.error);
    assert_eq!(run.error.unwrap().0, "differences");
    let (state, because) = gate(&stage.ops, &stage).await;
    assert_eq!(state, ListState::Discrepant, "{because}");
    let list = stage.ops.find_list(stage.list_name()).await.unwrap().id;
    let (_, diff) = stage.ops.last_reconciliation(&list).await.unwrap().unwrap();
    assert_eq!(diff.count(DiffKind::Missing), made.intended.len());

    let run = stage.upload(&file).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    stage.assert_list_holds(&made.intended).await;
}

fn list_of(stage: &Stage, to: Destination) -> &'static str {
    if to == Destination::Suppression { "Compliance_Holds" } else { stage.list_name() }
}

async fn reconcile(stage: &Stage, to: Destination) -> Result<quietline::ops::Reconciliation, String> {
    let stop = CancellationToken::new();
    let done = stage.ops.reconcile(to, list_of(stage, to), None, Arc::new(Silent), &stop).await;
    done.map_err(|error| error.code().to_owned())
}

/// A list of more than one page, with everything on it that should be.
async fn long_list(to: Destination) -> Stage {
    let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
    let file = stage.write("long.csv", &generate::messy_file(1_300, 0).text);
    let mut launch = Stage::launch_file(&file);
    let list = list_of(&stage, to).into();
    launch.what = quietline::ops::Launched::File(PlanRequest { to, list, ..Stage::request(&file) });
    let run = stage.launch(launch).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_pages_that_repeat_or_move_are_walked_again_and_three_times_at_most() {
    let stage = long_list(Destination::Entries).await;
    for fault in ["repeat_page", "reorder_page"] {
        stage.fault(json!({ "do": fault, "on": "entries_read", "skip": 1 })).await;
        let found = reconcile(&stage, Destination::Entries).await.unwrap();
        assert!(found.diff.is_clean(), "{fault}: {:?}", found.diff.differences);
    }
    let list = stage.ops.find_list(stage.list_name()).await.unwrap().id;
    let before = stage.ops.last_reconciliation(&list).await.unwrap();
    let calls = stage.calls_of("/dnc/entries").await;
    stage.fault(json!({ "do": "repeat_page", "on": "entries_read", "next": 1_000 })).await;
    assert_eq!(reconcile(&stage, Destination::Entries).await.err().as_deref(), Some("protocol"));
    assert_eq!(stage.calls_of("/dnc/entries").await - calls, 6, "two pages of each of three walks");
    let after = stage.ops.last_reconciliation(&list).await.unwrap();
    assert_eq!(after, before, "the last good state stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_pages_smaller_than_asked_for_are_read_to_their_end() {
    let cases = [(Destination::Entries, "entries_read"), (Destination::Suppression, "suppression_read")];
    join_all(cases.map(async |(to, family)| {
        let stage = long_list(to).await;
        stage.fault(json!({ "do": "clamp_page", "on": family, "next": 1_000 })).await;
        let found = reconcile(&stage, to).await.unwrap();
        assert!(found.diff.is_clean(), "{family}: {} differ", found.diff.differences.len());
        assert!(found.diff.remote > 1_000, "{family}: {}", found.diff.remote);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_a_page_of_contacts_that_comes_twice_or_short_does_not_end_the_list() {
    let stage = long_list(Destination::Suppression).await;
    for fault in ["repeat_page", "reorder_page", "clamp_page"] {
        for skip in [1, 2] {
            // The list itself is found first, by a call of the same family.
            stage.fault(json!({ "do": fault, "on": "suppression_read", "skip": skip })).await;
            let found = reconcile(&stage, Destination::Suppression).await.unwrap();
            assert!(found.diff.is_clean(), "{fault}: {} differ", found.diff.differences.len());
        }
    }
    // A tenant that has no pages says all it has, for ever.
    stage.fault(json!({ "do": "repeat_page", "on": "suppression_read", "skip": 1, "next": 1_000 })).await;
    let found = reconcile(&stage, Destination::Suppression).await.unwrap();
    assert_eq!(found.diff.remote, 1_000);
}

/// Whom a short page hides would be called.
#[tokio::test(flavor = "multi_thread")]
async fn p4_a_scrub_sees_everybody_on_its_list_whichever_page_comes_short() {
    let stage = long_list(Destination::Suppression).await;
    let file = stage.write("campaign.csv", &generate::messy_file(1_300, 0).text);
    let mut request =
        PlanRequest { to: Destination::Outbound, list: "cl-winback".into(), ..Stage::request(&file) };
    request.input.scrub = vec!["Compliance_Holds".into()];
    let stop = CancellationToken::new();
    let whole = stage.ops.plan(&request, Arc::new(Silent), &stop).await.unwrap().summary.counts;
    assert_eq!(whole.add, 0, "all of them stand on the list");
    for skip in 0..8 {
        stage.fault(json!({ "do": "clamp_page", "on": "suppression_read", "skip": skip })).await;
        let planned = stage.ops.plan(&request, Arc::new(Silent), &stop).await;
        // Three walks that do not agree are no ground for a plan.
        match planned {
            Ok(planned) => assert_eq!(planned.summary.counts, whole, "{skip}"),
            Err(error) => assert_eq!(error.code(), "protocol", "{skip}"),
        }
    }
}

/// Pages of one entry look like the end of a list that is read with an overlap of one.
#[tokio::test(flavor = "multi_thread")]
async fn p4_a_tenant_that_gives_one_entry_at_a_time_is_not_believed() {
    let miserly = Arc::new(AtomicBool::new(false));
    let is_miserly = miserly.clone();
    let scene =
        Scene::of(40, move |call| match call.is("GET", ENTRIES) && is_miserly.load(Ordering::SeqCst) {
            true => changed(|mut answer| {
                answer["data"].as_array_mut().unwrap().truncate(1);
                answer
            }),
            false => Turn::Pass,
        })
        .await;
    let run = scene.upload().await;
    scene.assert_done(&run);
    miserly.store(true, Ordering::SeqCst);
    let (stop, name) = (CancellationToken::new(), scene.stage.list_name());
    let read = scene.ops.reconcile(Destination::Entries, name, None, Arc::new(Silent), &stop).await;
    assert_eq!(read.unwrap_err().code(), "protocol");
}

/// An entry that slides past a walk because another in front of it was taken off.
#[tokio::test(flavor = "multi_thread")]
async fn p4_a_list_that_shrinks_under_a_walk_is_walked_again() {
    let shrinks = Arc::new(AtomicBool::new(false));
    let once = shrinks.clone();
    let scene = Scene::of(1_300, move |call| match call.is("GET", ENTRIES) && call.asks("offset=999") {
        // As if one of the first page had gone: the one behind it stands in its place.
        true if once.swap(false, Ordering::SeqCst) => changed(|mut answer| {
            answer["data"].as_array_mut().unwrap().remove(0);
            answer
        }),
        _ => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    shrinks.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let found = scene
        .ops
        .reconcile(Destination::Entries, scene.stage.list_name(), None, Arc::new(Silent), &stop)
        .await
        .unwrap();
    assert!(!shrinks.load(Ordering::SeqCst), "the page was asked for");
    assert!(found.diff.is_clean(), "{} differ", found.diff.differences.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_what_somebody_else_did_is_shown_and_left_alone() {
    let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
    let made = generate::messy_file(40, 0);
    let file = stage.write("some.csv", &made.text);
    assert_eq!(stage.upload(&file).await.unwrap().state, RunState::Ready);
    let list = stage.ops.find_list(stage.list_name()).await.unwrap().id;
    let lost = stage.lose(2).await;
    let foreign = "+12128675309";
    stage
        .as_somebody_else(
            Method::POST,
            "dnc/entries",
            json!({ "data": [{
                "phoneNumber": foreign, "listId": list.0, "jurisdiction": "US-NY", "idempotencyKey": "theirs",
            }] }),
        )
        .await;

    let found = reconcile(&stage, Destination::Entries).await.unwrap();
    let of = |kind: DiffKind| -> HashSet<String> {
        let differences = found.diff.differences.iter().filter(|difference| difference.kind == kind);
        differences.map(|difference| difference.identifier.as_ref().unwrap().whole()).collect()
    };
    assert_eq!(of(DiffKind::Missing), lost.into_iter().collect());
    assert_eq!(of(DiffKind::Unexpected), HashSet::from([foreign.to_owned()]));
    let (state, because) = gate(&stage.ops, &stage).await;
    assert_eq!(state, ListState::Discrepant, "{because}");

    stage.upload(&file).await.unwrap();
    assert_eq!(stage.records_of(foreign).await.len(), 1, "theirs stays");
    let log = stage.control("log").await;
    let removals = log.as_array().unwrap().iter().filter(|line| line["method"] == "DELETE").count();
    assert_eq!(removals, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_a_list_that_no_active_outbound_rule_decides_is_red_and_says_why() {
    let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
    let file = stage.write("one.csv", "phone,jurisdiction\n202-222-0101,US-DC\n");
    assert_eq!(stage.upload(&file).await.unwrap().state, RunState::Ready);
    let list = stage.ops.find_list(stage.list_name()).await.unwrap().id;
    let rules = stage.ops.rules().await.unwrap();
    let naming: Vec<_> = rules.iter().filter(|rule| rule.lists.contains(&list)).collect();
    assert!(!naming.is_empty());
    let change = async |what: Value| {
        for rule in &naming {
            let path = format!("dnc/rules/{}", rule.id);
            stage.as_somebody_else(Method::PATCH, &path, what.clone()).await;
        }
    };
    let lists: Vec<&str> = rules.iter().flat_map(|rule| &rule.lists).map(|list| list.0.as_str()).collect();
    let others: Vec<&str> = lists.into_iter().filter(|id| *id != list.0).take(1).collect();
    let own: Vec<&str> = naming[0].lists.iter().map(|list| list.0.as_str()).collect();
    let scope = naming[0].scope.as_str();
    for (what, broken, mended) in [
        ("inactive rule", json!({ "isActive": false }), json!({ "isActive": true })),
        ("callers only", json!({ "scope": "INBOUND" }), json!({ "scope": scope })),
        ("not in it", json!({ "listIds": others }), json!({ "listIds": own })),
    ] {
        change(broken).await;
        let (state, because) = gate(&stage.ops, &stage).await;
        assert_eq!(state, ListState::Unbound, "{what}: {because}");
        assert!(because.contains("No active BLOCK rule"), "{what}: {because}");
        change(mended).await;
    }
    assert_eq!(gate(&stage.ops, &stage).await.0, ListState::Ready);

    let path = format!("dnc/lists/{}", list.0);
    stage.as_somebody_else(Method::PATCH, &path, json!({ "isActive": false })).await;
    let (state, because) = gate(&stage.ops, &stage).await;
    assert_eq!(state, ListState::Unbound, "{because}");
    assert!(because.contains("not active"), "{because}");
    stage.as_somebody_else(Method::PATCH, &path, json!({ "isActive": true })).await;

    stage
        .add_rule(json!({
            "name": "Everyone", "description": "", "scope": "BOTH", "priority": -5, "listIds": [list.0],
            "action": "ALLOW", "isActive": true,
        }))
        .await;
    let (state, because) = gate(&stage.ops, &stage).await;
    assert_eq!(state, ListState::Unbound, "{because}");
    assert!(because.contains("exception"), "{because}");
}

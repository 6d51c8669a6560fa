//! Nothing looks fine that is not: what was left half done, lost, excepted or never answered stays visible.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quietline::domain::list::ListId;
use quietline::domain::plan::Destination;
use quietline::domain::readiness::ListState;
use quietline::domain::run::RunState;
use quietline::ledger::NewRun;
use quietline::ops::{Gauges, Launch, Launched, NewList, Ops, OpsEvent, PlanRequest, Silent, Sink, Until};
use quietline::sandbox::Story;
use reqwest::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::generate;
use crate::stage::Stage;

async fn gate(ops: &Ops, stage: &Stage) -> (ListState, String) {
    let (_, readiness) = ops.gate(stage.list_name()).await.unwrap();
    (readiness.state, readiness.because)
}

fn stopped() -> CancellationToken {
    let stop = CancellationToken::new();
    stop.cancel();
    stop
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_before_its_plan_was_queued_still_sends_every_row() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(200, 0);
    let file = stage.write("messy.csv", &made.text);
    let plan = stage.plan(&file).await.summary;
    stage.ops.approve(&plan.id, "a test", None).await.unwrap();
    // What a kill leaves between the two writes of a launch.
    let new = NewRun {
        operation: Default::default(),
        origin: Default::default(),
        destination: Default::default(),
        activates: false,
        profile: plan.profile.clone(),
        list: plan.list.clone(),
        list_name: plan.list_name.clone(),
        file: file.clone(),
        file_sha256: Some(plan.file_sha256.clone()),
        plan: Some(plan.id.clone()),
        approval: stage.ops.ledger().approval(&plan.digest).await.unwrap().map(|it| it.number),
        reason: "a test".into(),
        input: "{}".into(),
        by: "pat".into(),
        at: Timestamp::now(),
    };
    stage.ops.ledger().create_run(new).await.unwrap();

    let run = stage.resume().await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.rows, made.rows);
    assert_eq!(run.buckets.accepted, made.intended.len() as u64);
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_plan_can_be_stopped_and_refused_as_often_as_needed() {
    let stage = Stage::with(Story::Calm).await;
    let text = generate::messy_file(50, 0).text;
    let file = stage.write("messy.csv", &text);
    let resume = |stop: CancellationToken| {
        let ops = stage.ops.clone();
        async move { ops.resume(None, Until::Ready, Arc::new(Silent), &stop).await }
    };
    let run = stage.ops.upload(Stage::launch_file(&file), Arc::new(Silent), &stopped()).await.unwrap();
    assert_eq!((run.state, run.plan), (RunState::Paused, None));

    let run = resume(stopped()).await.unwrap();
    assert_eq!(run.state, RunState::Paused, "stopped once more before it had a plan");

    stage.write("messy.csv", &format!("{text}202-222-9999,US-DC,,state\n"));
    for _ in 0..2 {
        let error = resume(CancellationToken::new()).await.unwrap_err();
        assert_eq!((error.code(), error.exit_code()), ("file-changed", 3), "{error}");
    }
}

/// H502
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_never_says_what_became_of_a_call_interrupts_the_run() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", "phone,jurisdiction\n202-222-0101,US-DC\n");
    stage.fault(json!({ "do": "unavailable", "on": "entries_write", "next": 1_000_000 })).await;

    let run = tokio::time::timeout(Duration::from_secs(60), stage.upload(&file)).await;

    let run = run.expect("the same call is repeated for ever").unwrap();
    assert_eq!(run.state, RunState::Interrupted);
    assert_eq!(run.buckets.unaccounted, 1);
    assert!(run.error.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_lost_numbers_after_its_reconciliation_is_not_ready() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(300, 0);
    let file = stage.write("messy.csv", &made.text);
    stage.upload(&file).await.unwrap();
    assert_eq!(gate(&stage.ops, &stage).await.0, ListState::Ready);

    stage.lose(200).await;

    let (state, because) = gate(&stage.ops, &stage).await;
    assert_eq!(state, ListState::Discrepant, "{because}");
    let catalog = stage.ops.catalog().await.unwrap();
    let shown = catalog.lists.iter().find(|list| list.list.name == stage.list_name()).unwrap();
    assert_eq!(shown.readiness.state, ListState::Discrepant, "the pane is never greener than the gate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_given_up_does_not_take_its_cool_down_with_it() {
    let stage = Stage::with(Story::Calm).await;
    let ops = stage.ops_with(|profile| profile.cool_down_seconds = 600);
    let file = stage.write("one.csv", "phone,jurisdiction\n202-222-0101,US-DC\n");
    let mut launch = Stage::launch_file(&file);
    launch.until = Until::Uploaded;
    let run = ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    ops.cancel(&run.id).await.unwrap();
    let clean = ops
        .reconcile(Destination::Entries, stage.list_name(), None, Arc::new(Silent), &CancellationToken::new())
        .await;
    assert!(clean.unwrap().diff.is_clean());

    let (_, readiness) = ops.gate(stage.list_name()).await.unwrap();

    assert_eq!(readiness.state, ListState::Settling, "{}", readiness.because);
    assert!(readiness.seconds_left > 500, "{}", readiness.seconds_left);
}

/// P6
#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_numbers_an_exception_lets_through_is_not_ready() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", "phone,jurisdiction\n202-222-0101,US-DC\n");
    stage.upload(&file).await.unwrap();
    assert_eq!(gate(&stage.ops, &stage).await.0, ListState::Ready);
    let list = stage.ops.find_list(stage.list_name()).await.unwrap().id;

    stage
        .add_rule(json!({
            "name": "Everyone", "description": "", "scope": "BOTH", "priority": -5, "listIds": [list.0],
            "action": "ALLOW", "isActive": true,
        }))
        .await;

    let (state, because) = gate(&stage.ops, &stage).await;
    assert_eq!(state, ListState::Unbound, "{because}");
    assert!(because.contains("exception"), "{because}");
    let again = stage.write("two.csv", "phone,jurisdiction\n202-222-0102,US-DC\n");
    let run = stage.upload(&again).await.unwrap();
    assert_eq!(run.state, RunState::Discrepant);
    assert_eq!(run.error.unwrap().0, "not-enforced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_old_records_are_removed_pauses_the_run() {
    let stage = Stage::with(Story::Calm).await;
    let file = |year: u32| {
        let rows = (0..60).map(|n| format!("202-222-{:04},US-DC,{year}-12-31\n", 100 + n));
        format!("phone,jurisdiction,expires\n{}", rows.collect::<String>())
    };
    let first = stage.upload(&stage.write("one.csv", &file(2030))).await.unwrap();
    assert_eq!(first.state, RunState::Ready, "{:?}", first.error);
    let ops = stage.ops_with(|profile| profile.limits.entries_per_second = 8.0);
    let later = stage.write("two.csv", &file(2031));
    let stop = CancellationToken::new();
    let sink = Arc::new(OnRemoval { stop: stop.clone(), gauges: ops.gauges() });

    let run = ops.upload(Stage::launch_file(&later), sink, &stop).await.unwrap();

    assert_eq!(run.state, RunState::Paused, "{:?}", run.error);
    let run = stage.resume().await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
}

/// Stops once the first old records are on their way out: the others wait for their turn then.
struct OnRemoval {
    stop: CancellationToken,
    gauges: watch::Receiver<Gauges>,
}

impl Sink for OnRemoval {
    fn event(&self, event: OpsEvent) {
        let OpsEvent::Note(note) = event else { return };
        if note.starts_with("removing") {
            let (stop, mut gauges) = (self.stop.clone(), self.gauges.clone());
            tokio::spawn(async move {
                // The list is read back by two or three calls first.
                let begun = gauges.borrow().calls;
                gauges.wait_for(|gauges| gauges.calls >= begun + 5).await.unwrap();
                stop.cancel();
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_another_profile_is_not_cancelled() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(50, 0);
    let file = stage.write("messy.csv", &made.text);
    let run = stage.ops.upload(Stage::launch_file(&file), Arc::new(Silent), &stopped()).await.unwrap();
    let other = stage.ops_with(|profile| profile.name = "other".into());

    let error = other.cancel(&run.id).await.unwrap_err();

    assert_eq!(error.exit_code(), 1, "{error}");
    assert_eq!(stage.ops.ledger().run(&run.id).await.unwrap().state, RunState::Paused);
    stage.ops.cancel(&run.id).await.unwrap();
    let error = stage.ops.cancel(&run.id).await.unwrap_err();
    assert_eq!(error.exit_code(), 1, "there is nothing left to cancel: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_lists_are_probed_by_as_few_queries_as_possible() {
    let stage = Stage::with(Story::Calm).await;
    let lists: Vec<ListId> =
        stage.ops.catalog().await.unwrap().lists.into_iter().map(|shown| shown.list.id).collect();
    for list in &lists {
        stage
            .ops
            .reconcile(Destination::Entries, &list.0, None, Arc::new(Silent), &CancellationToken::new())
            .await
            .unwrap();
    }
    let before = stage.calls_of("/dnc/records/query").await;

    let catalog = stage.ops.catalog().await.unwrap();

    let ready = catalog.lists.iter().filter(|shown| shown.readiness.state == ListState::Ready).count();
    assert!(ready >= 3, "{ready}");
    let queries = stage.calls_of("/dnc/records/query").await - before;
    assert!(queries <= 2, "{queries} queries of 100 numbers for {ready} lists");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_refuses_every_row_alone_is_not_fed_the_whole_file() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(300, 0);
    let file = stage.write("messy.csv", &made.text);
    stage.fault(json!({ "do": "too_large", "next": 100_000, "on": "entries_write" })).await;

    let run = stage.upload(&file).await.unwrap();

    assert_eq!(run.state, RunState::Interrupted);
    assert_eq!(run.error.as_ref().map(|(code, _)| code.as_str()), Some("protocol"));
    assert!(run.buckets.is_conserved());
    assert!(run.buckets.dead_letters < 60, "{} rows were given up", run.buckets.dead_letters);
    assert!(run.buckets.unaccounted > 200);
}

/// Switched on is what was proven: a list with somebody on it whom nobody expects is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_holds_what_nobody_expects_is_not_switched_on() {
    let stage = Stage::with(Story::Calm).await;
    let post = reqwest::Method::POST;
    for (name, foreign) in [("Proven", false), ("Touched", true)] {
        let body = json!({ "name": name, "type": "MANUAL", "isActive": false });
        stage.as_somebody_else(post.clone(), "dnc/lists", body).await;
        let list = stage.ops.find_list(name).await.unwrap();
        assert!(!list.active);
        let file = stage.write("some.csv", "phone\n415-555-0187\n");
        let request = PlanRequest { list: name.into(), ..Stage::request(&file) };
        let stop = CancellationToken::new();
        let planned = stage.ops.plan(&request, Arc::new(Silent), &stop).await.unwrap();
        stage.ops.approve(&planned.summary.id, "ok", None).await.unwrap();
        if foreign {
            let theirs = json!({ "data": [{
                "phoneNumber": "+12128675309", "listId": list.id.0, "jurisdiction": "US-NY",
                "idempotencyKey": "theirs",
            }] });
            stage.as_somebody_else(post.clone(), "dnc/entries", theirs).await;
        }
        let what = Launched::Plan(planned.summary.id.clone());
        let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: true };
        let run = stage.launch(launch).await.unwrap();
        assert_eq!(run.buckets.accepted, 1, "{:?}", run.error);
        let now = stage.ops.find_list(name).await.unwrap();
        assert_eq!(now.active, !foreign, "{name}: {:?}", run.error);
    }
}

/// What a launch from a file does is told although nobody looked at its plan.
#[tokio::test(flavor = "multi_thread")]
async fn a_launch_from_a_file_tells_what_its_plan_does_and_leaves_out() {
    let stage = Stage::with(Story::Calm).await;
    stage.order("tenant", json!({"readableOutbound": false})).await;
    let file = stage.write("campaign.csv", "phone\n201-555-0100\n");
    let request =
        PlanRequest { to: Destination::Outbound, list: "cl-winback".into(), ..Stage::request(&file) };
    let notes = Arc::new(Notes::default());
    let what = Launched::File(request);
    let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: false };
    stage.ops.upload(launch, notes.clone(), &CancellationToken::new()).await.unwrap();
    let said = notes.0.lock().unwrap().join("\n");
    for wanted in [
        "NOT SCRUBBED",
        "put 1 contact",
        "the list cannot be read: whoever is on it already will be on it twice",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[derive(Default)]
struct Notes(std::sync::Mutex<Vec<String>>);

impl Sink for Notes {
    fn event(&self, event: OpsEvent) {
        if let OpsEvent::Note(note) = event {
            self.0.lock().unwrap().push(note);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_not_bound_to_a_rule_that_does_something_else_than_was_agreed_to() {
    let stage = Stage::with(Story::Calm).await;
    let new = NewList::manual("Bound", "", false);
    let rule = "National_DNC_Enforcement";
    let agreed = stage.ops.binding(&new, rule).await.unwrap();
    assert!(agreed.effect.contains("inactive"), "{}", agreed.effect);
    let path = format!("dnc/rules/{}", agreed.rule.id);
    stage.as_somebody_else(Method::PATCH, &path, json!({ "action": "ALLOW" })).await;
    let error = stage.ops.create_list(&new, Some((&agreed, "why"))).await.unwrap_err();
    assert_eq!(error.code(), "changed-elsewhere");
    stage.as_somebody_else(Method::PATCH, &path, json!({ "action": "BLOCK", "priority": 77 })).await;
    let made = stage.ops.create_list(&new, Some((&agreed, "why"))).await.unwrap();
    assert!(
        made.bound_to.unwrap().lists.contains(&made.list.id),
        "another place in the order is no other rule"
    );
    let trail = stage.ops.ledger().events(100).await.unwrap();
    let bound = trail.iter().find(|event| event.kind == "list.bound").unwrap();
    assert_eq!(bound.reason.as_deref(), Some("why"));
}

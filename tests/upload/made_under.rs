//! A plan is bound to the options that it was made under: whoever changes one plans anew.

use std::path::Path;
use std::sync::Arc;

use quietline::config::{Environment, FourEyes, Profile};
use quietline::domain::phone::{E164, PhonePolicy};
use quietline::domain::plan::{Destination, Operation, PlanSummary};
use quietline::domain::run::{RunState, RunSummary};
use quietline::ops::{
    Field, Input, InputOptions, Launch, Launched, Layout, LayoutWish, Ops, OpsError, PlanRequest, Silent,
    Until, UsedLayout,
};
use quietline::sandbox::Story;
use tokio_util::sync::CancellationToken;

use crate::stage::Stage;

const FILE: &str = "phone,jurisdiction\n202-222-0101,US-DC\n";

async fn launch(ops: &Ops, id: &str) -> Result<RunSummary, OpsError> {
    let what = Launched::Plan(id.to_owned());
    let launch = Launch { what, until: Until::Uploaded, ..Stage::launch_file(Path::new("none")) };
    ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await
}

/// A plan of the file by these ops, approved.
async fn approved(ops: &Ops, request: &PlanRequest) -> PlanSummary {
    let planned = ops.plan(request, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    ops.approve(&planned.summary.id, "checked", None).await.unwrap();
    planned.summary
}

/// Launches the plan under a profile that says something else, which is refused with the option's name.
async fn assert_stale(stage: &Stage, plan: &PlanSummary, option: &str, change: impl FnOnce(&mut Profile)) {
    let error = launch(&stage.ops_with(change), &plan.id).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("plan-stale", 4), "{option}: {error}");
    assert!(error.to_string().contains(option), "{option} is not named: {error}");
    let events = stage.ops.ledger().events(1).await.unwrap();
    assert_eq!(events[0].kind, "plan.refused");
    assert!(events[0].effect.contains(option), "{}", events[0].effect);
}

fn own() -> E164 {
    E164::from_canonical("+12025550100").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_option_that_decides_what_rows_say_makes_a_plan_stale_and_is_named() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", FILE);
    let plan = approved(&stage.ops, &Stage::request(&file)).await;

    assert_stale(&stage, &plan, "phone_policy", |profile| profile.phone_policy = PhonePolicy::Valid).await;
    assert_stale(&stage, &plan, "default_region", |profile| profile.region = "GB".parse().unwrap()).await;
    assert_stale(&stage, &plan, "own_numbers", |profile| profile.own_numbers = vec![own()]).await;
    assert_stale(&stage, &plan, "tenant", |profile| profile.tenant = "other".into()).await;
    assert_stale(&stage, &plan, "environment", |profile| profile.environment = Environment::Staging).await;
    assert_stale(&stage, &plan, "api_url", |profile| {
        profile.endpoints.api_url = profile.endpoints.api_url.replace("127.0.0.1", "localhost");
    })
    .await;
    let events = stage.ops.ledger().events(100).await.unwrap();
    assert!(events.iter().all(|event| !format!("{event:?}").contains("2025550100")), "a number was told");

    // What decides nothing about these rows changes nothing.
    let other = stage.ops_with(|profile| {
        profile.upload.require_opt_in = true;
        profile.cool_down_seconds = 1;
        profile.upload.contact_field = "other".into();
    });
    assert_eq!(launch(&other, &plan.id).await.unwrap().state, RunState::Uploaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_option_counts_where_it_was_asked() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", FILE);
    // Who says the region with the file does not ask the profile for it.
    let input = Input { region: Some("US".parse().unwrap()), ..Input::default() };
    let said = approved(&stage.ops, &PlanRequest { input, ..Stage::request(&file) }).await;
    assert_ne!(said.digest, approved(&stage.ops, &Stage::request(&file)).await.digest);
    let british = stage.ops_with(|profile| profile.region = "GB".parse().unwrap());
    assert_eq!(launch(&british, &said.id).await.unwrap().state, RunState::Uploaded);

    // Own numbers may be taken off, so nobody looks at them there.
    let off = PlanRequest { operation: Operation::Remove, ..Stage::request(&file) };
    let off = approved(&stage.ops, &off).await;
    let with_own = stage.ops_with(|profile| profile.own_numbers = vec![own()]);
    assert_eq!(launch(&with_own, &off.id).await.unwrap().state, RunState::Uploaded);

    // Consent is asked for where contacts are to be called.
    let contacts = stage.write("contacts.csv", "phone,name\n202-555-0142,Ada\n");
    let outbound =
        PlanRequest { to: Destination::Outbound, list: "cl-1".into(), ..Stage::request(&contacts) };
    let plan = approved(&stage.ops, &outbound).await;
    assert_stale(&stage, &plan, "require_opt_in", |profile| profile.upload.require_opt_in = true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layout_that_says_something_else_by_now_makes_a_plan_stale() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", "tel,where\n202-222-0101,US-DC\n");
    let map = vec![(Field::Number, "tel".to_owned()), (Field::Jurisdiction, "where".to_owned())];
    let layout = |map: &[(Field, String)]| Layout {
        name: "ca_state".into(),
        options: InputOptions { map: map.to_vec(), ..InputOptions::default() },
        ..Layout::default()
    };
    let used = UsedLayout { name: "ca_state".into(), contents: Default::default(), by_match: false };
    let options = InputOptions { layout: Some(used), ..layout(&map).options };
    let input = Input { options: Box::new(options), layout: LayoutWish::Settled, ..Input::default() };
    let ops = stage.ops.clone().with_layouts(&[layout(&map)]);
    let plan = approved(&ops, &PlanRequest { input, ..Stage::request(&file) }).await;

    for now in [vec![layout(&map[..1])], vec![]] {
        let error = launch(&stage.ops.clone().with_layouts(&now), &plan.id).await.unwrap_err();
        assert_eq!(error.code(), "plan-stale");
        assert!(error.to_string().contains("the layout ca_state"), "{error}");
    }
    assert_eq!(launch(&ops, &plan.id).await.unwrap().state, RunState::Uploaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lowers_the_policy_to_launch_alone_is_in_the_trail() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", FILE);
    let strict = stage.ops_with(|profile| profile.four_eyes = FourEyes::Always);
    let planned =
        strict.plan(&Stage::request(&file), Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    let plan = planned.summary;
    assert_eq!(strict.approve(&plan.id, "mine", None).await.unwrap_err().code(), "approval-needed");
    stage.ops.approve(&plan.id, "in a hurry", None).await.unwrap();
    launch(&stage.ops, &plan.id).await.unwrap();

    let events = stage.ops.ledger().events(1_000).await.unwrap();
    let bypassed: Vec<_> = events.iter().filter(|event| event.kind == "approval.bypassed").collect();
    assert_eq!(bypassed.len(), 1, "{events:?}");
    assert_eq!(
        (&bypassed[0].object, bypassed[0].reason.as_deref()),
        (&format!("plan {}", plan.id), Some("a test"))
    );
    assert!(bypassed[0].effect.contains("four_eyes was always") && bypassed[0].effect.contains("off now"));
}

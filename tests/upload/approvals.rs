//! An approval is for one launch, until its end, by whom the policy wants.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use quietline::config::FourEyes;
use quietline::domain::plan::{Operation, PlanSummary};
use quietline::domain::run::{RunState, RunSummary};
use quietline::ledger::NewEvent;
use quietline::ops::{Approval, Holds, Launch, Launched, Ops, OpsError, Silent, Until};
use quietline::sandbox::Story;
use tokio_util::sync::CancellationToken;

use crate::generate;
use crate::stage::{Stage, StopAt};

const HEAD: &str = "phone,jurisdiction\n";

async fn planned(stage: &Stage) -> PlanSummary {
    let file = stage.write("one.csv", &format!("{HEAD}202-222-0101,US-DC\n"));
    stage.plan(&file).await.summary
}

fn of_plan(id: &str) -> Launch {
    let what = Launched::Plan(id.to_owned());
    Launch { what, until: Until::Uploaded, ..Stage::launch_file(Path::new("none")) }
}

async fn launch(ops: &Ops, id: &str) -> Result<RunSummary, OpsError> {
    ops.upload(of_plan(id), Arc::new(Silent), &CancellationToken::new()).await
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// An approval of somebody else that was given so many hours ago and ends so many hours from now.
async fn given(stage: &Stage, plan: &PlanSummary, ago: i64, left: i64) -> Approval {
    let now = Timestamp::now();
    let approval = Approval {
        digest: plan.digest.clone(),
        by: "kim".into(),
        claimed: None,
        reason: "checked".into(),
        at: now - hours(ago),
        until: now + hours(left),
    };
    stage.ops.ledger().approve(plan, approval.clone()).await.unwrap();
    approval
}

/// Something else that the trail has seen, at another time than now.
async fn seen_at(stage: &Stage, at: Timestamp) {
    let word = || "a clock".to_owned();
    let event =
        NewEvent { at, actor: word(), kind: "session.ended", object: word(), effect: word(), reason: None };
    stage.ops.ledger().note(event).await.unwrap();
}

/// The newest event is that of a refusal with this code.
async fn assert_noted(stage: &Stage, kind: &str, plan: &PlanSummary, code: &str) {
    let events = stage.ops.ledger().events(1).await.unwrap();
    assert_eq!((events[0].kind.as_str(), &events[0].object), (kind, &format!("plan {}", plan.id)));
    assert!(events[0].effect.starts_with(&format!("refused ({code}): ")), "{}", events[0].effect);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_used_by_its_run_and_no_other_is_launched_under_it() {
    let stage = Stage::with(Story::Calm).await;
    let plan = planned(&stage).await;
    stage.ops.approve(&plan.id, "checked", None).await.unwrap();
    let run = launch(&stage.ops, &plan.id).await.unwrap();
    let standing = stage.ops.ledger().approval(&plan.digest).await.unwrap().unwrap();
    assert_eq!(standing.holds(Timestamp::now()), Holds::Used(run.id.clone()));

    let error = launch(&stage.ops, &plan.id).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("approval-used", 4));
    assert!(error.to_string().contains(&run.id), "{error}");
    assert!(error.advice().contains("quietline approve"), "{}", error.advice());
    assert_noted(&stage, "plan.refused", &plan, "approval-used").await;
    assert_eq!(stage.ops.ledger().runs().await.unwrap().len(), 1, "no other run came about");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_launched_at_once_uses_the_approval_that_its_launch_is() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", &format!("{HEAD}202-222-0101,US-DC\n"));
    for _ in 0..2 {
        // The second time there is nothing to send, and the plan is the same every time from then on.
        stage.upload(&file).await.unwrap();
        let run = stage.upload(&file).await.unwrap();
        let plan = stage.ops.ledger().plan(run.plan.as_deref().unwrap()).await.unwrap();
        let standing = stage.ops.ledger().approval(&plan.digest).await.unwrap().unwrap();
        assert_eq!(standing.used_by.as_ref(), Some(&run.id));
        let error = launch(&stage.ops, &plan.id).await.unwrap_err();
        assert_eq!(error.code(), "approval-used");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_has_ended_is_refused_with_who_and_when() {
    let stage = Stage::with(Story::Calm).await;
    let plan = planned(&stage).await;
    let approval = given(&stage, &plan, 3, -1).await;

    let error = launch(&stage.ops, &plan.id).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("approval-expired", 4));
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
    for part in ["kim", &minute(approval.at), &minute(approval.until), &plan.id] {
        assert!(error.to_string().contains(part), "{part} is missing: {error}");
    }
    assert_noted(&stage, "plan.refused", &plan, "approval-expired").await;
    assert_eq!(stage.ops.ledger().runs().await.unwrap().len(), 0);

    stage.ops.approve(&plan.id, "looked at it once more", None).await.unwrap();
    launch(&stage.ops, &plan.id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_brings_no_approval_back() {
    let stage = Stage::with(Story::Calm).await;
    let plan = planned(&stage).await;
    // What the trail saw before it was given says nothing about it: that clock has been put right since.
    seen_at(&stage, Timestamp::now() + hours(24 * 365)).await;
    given(&stage, &plan, 3, 1).await;
    let standing = stage.ops.ledger().approval(&plan.digest).await.unwrap().unwrap();
    assert!(matches!(standing.holds(Timestamp::now()), Holds::Until(_)), "{standing:?}");
    // Somebody was at work after its end, and now the clock says that it has not come.
    seen_at(&stage, Timestamp::now() + hours(2)).await;
    let error = launch(&stage.ops, &plan.id).await.unwrap_err();
    assert_eq!(error.code(), "approval-expired");
    assert!(error.to_string().contains("the audit trail has seen that time"), "{error}");

    // The clock stands before it was given.
    given(&stage, &plan, -2, 20).await;
    let error = launch(&stage.ops, &plan.id).await.unwrap_err();
    assert_eq!(error.code(), "approval-expired");
    assert!(error.to_string().contains("the clock of this machine"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_asks_for_no_approval_again() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("messy.csv", &generate::messy_file(3_000, 0).text);
    let plan = stage.plan(&file).await.summary;
    stage.ops.approve(&plan.id, "checked", None).await.unwrap();
    let stop = CancellationToken::new();
    let sink = Arc::new(StopAt { batches: 3, stop: stop.clone() });
    let run = stage.ops.upload(of_plan(&plan.id), sink, &stop).await.unwrap();
    assert_eq!(run.state, RunState::Paused);
    seen_at(&stage, Timestamp::now() + hours(48)).await;

    let run = stage.resume().await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_approves_twice_renews_the_time_and_another_person_does_not() {
    let stage = Stage::with(Story::Calm).await;
    let plan = planned(&stage).await;
    let ops = stage.ops_with(|profile| profile.upload.approval_hours = 2);
    let first = ops.approve(&plan.id, "checked", None).await.unwrap();
    assert_eq!(first.renews, None);
    assert_eq!(first.standing.approval.until, first.standing.approval.at + hours(2));
    let again = ops.approve(&plan.id, "still so", None).await.unwrap();
    let micros = |at: Timestamp| at.as_microsecond();
    assert_eq!(again.renews.map(micros), Some(micros(first.standing.approval.at)));
    assert!(again.standing.approval.until > first.standing.approval.until);
    let events = stage.ops.ledger().events(2).await.unwrap();
    assert!(events.iter().all(|event| event.kind == "plan.approved"), "{events:?}");
    assert!(events[0].effect.contains("by its maker"), "{}", events[0].effect);

    given(&stage, &plan, 0, 5).await;
    assert_eq!(ops.approve(&plan.id, "I too", None).await.unwrap().renews, None, "that was kim's");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_persons_are_two_users_and_the_plan_is_launched_by_either() {
    let stage = Stage::with(Story::Calm).await;
    let plan = planned(&stage).await;
    let ops = stage.ops_with(|profile| profile.four_eyes = FourEyes::Always);
    // Approved by its maker, while the policy let that be.
    stage.ops.approve(&plan.id, "mine", None).await.unwrap();
    assert_eq!(launch(&ops, &plan.id).await.unwrap_err().code(), "approval-needed");
    assert_noted(&stage, "plan.refused", &plan, "approval-needed").await;
    assert_eq!(
        ops.approve(&plan.id, "kim said so", Some("kim")).await.unwrap_err().code(),
        "approval-needed"
    );
    assert_noted(&stage, "approval.refused", &plan, "approval-needed").await;

    given(&stage, &plan, 0, 1).await;
    assert_eq!(launch(&ops, &plan.id).await.unwrap().state, RunState::Uploaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_approved_by_the_rules_of_its_own_profile() {
    let stage = Stage::with(Story::Calm).await;
    let plan = planned(&stage).await;
    let other = stage.ops_with(|profile| profile.name = "other".into());
    assert_eq!(other.approve(&plan.id, "checked", None).await.unwrap_err().code(), "plan-stale");
    assert_noted(&stage, "approval.refused", &plan, "plan-stale").await;
    assert_eq!(stage.ops.ledger().approval(&plan.digest).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_listed_with_its_approval_and_shown_as_it_was_made() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", &format!("{HEAD}202-222-0101,US-DC\n"));
    let made = stage.plan(&file).await;
    let plan = &made.summary;
    let waiting = stage.ops.waiting_plans().await.unwrap();
    assert_eq!(waiting.iter().map(|it| (&it.plan, &it.standing)).collect::<Vec<_>>(), [(plan, &None)]);
    let shown = stage.ops.stored_plan(&plan.id).await.unwrap();
    assert_eq!((&shown.summary, &shown.list, &shown.effect), (plan, &made.list, &made.effect));
    assert_eq!((shown.enforced_by, shown.approval), (made.enforced_by, None));

    // Plans that do nothing, and those of another profile, wait for nobody.
    let other = stage.ops_with(|profile| profile.name = "other".into());
    assert_eq!(other.waiting_plans().await.unwrap(), []);
    assert_eq!(other.stored_plan(&plan.id).await.unwrap_err().code(), "plan-stale");
    given(&stage, plan, 0, 1).await;
    let waiting = stage.ops.waiting_plans().await.unwrap();
    assert_eq!(waiting[0].standing.as_ref().unwrap().approval.by, "kim");
    launch(&stage.ops, &plan.id).await.unwrap();
    stage.upload(&file).await.unwrap();
    stage.plan(&file).await;
    assert_eq!(stage.ops.waiting_plans().await.unwrap(), []);

    // Whom it takes off is shown as it was to its maker.
    let off = stage.plan_as(Operation::Remove, &file).await.unwrap();
    let shown = stage.ops.stored_plan(&off.summary.id).await.unwrap();
    assert_eq!((shown.comes_off.len(), shown.comes_off), (1, off.comes_off));
}

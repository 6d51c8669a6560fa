//! The main job against an embedded tenant: from a messy file to a list that is proven to hold it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod approvals;
mod destinations;
#[path = "../common/generate.rs"]
mod generate;
mod green;
mod layouts;
mod made_under;
mod measured;
mod reading;
mod stage;
mod standing;
mod taking_off;
mod webhook;

use std::collections::BTreeSet;
use std::sync::Arc;

use quietline::domain::run::{BatchState, RunState};
use quietline::ops::{Launch, Launched, LookupSources, PlanRequest, Silent, Until};
use quietline::sandbox::Story;
use serde_json::json;
use stage::Stage;
use tokio_util::sync::CancellationToken;

/// H200
#[tokio::test(flavor = "multi_thread")]
async fn a_messy_file_ends_on_the_list_and_every_row_is_accounted_for() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(2_000, 0);
    let file = stage.write("messy.csv", &made.text);

    let run = stage.upload(&file).await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert!(run.buckets.is_conserved());
    assert_eq!(run.buckets.rows, made.rows);
    assert_eq!(run.buckets.rejected, made.rejected());
    assert_eq!(run.buckets.duplicates, made.duplicates);
    assert_eq!(run.buckets.accepted, made.intended.len() as u64);
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_sends_nothing() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(400, 0);
    let file = stage.write("messy.csv", &made.text);
    stage.upload(&file).await.unwrap();
    let writes = stage.writes().await;

    let run = stage.upload(&file).await.unwrap();

    assert_eq!(run.state, RunState::Ready);
    assert_eq!(run.buckets.accepted, 0);
    assert_eq!(run.buckets.unchanged, made.intended.len() as u64);
    assert_eq!(stage.writes().await, writes, "a second upload wrote something");
}

#[tokio::test(flavor = "multi_thread")]
async fn resets_and_refusals_on_the_way_double_nothing() {
    let stage = Stage::with(Story::Flaky).await;
    let made = generate::messy_file(4_000, 0);
    let file = stage.write("messy.csv", &made.text);

    let run = stage.upload(&file).await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.accepted, made.intended.len() as u64);
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_expiry_replaces_the_record_and_leaves_one() {
    let stage = Stage::with(Story::Calm).await;
    let head = "phone,jurisdiction,expires,source\n";
    let first = stage.write("one.csv", &format!("{head}202-222-0101,US-DC,2030-12-31,state\n"));
    stage.upload(&first).await.unwrap();
    let later = stage.write("two.csv", &format!("{head}(202) 222-0101,US-DC,2031-12-31,state\n"));

    let run = stage.upload(&later).await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.accepted, 1);
    let records = stage.records_of("+12022220101").await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert!(records[0].contains("2031-12-31"), "{records:?}");

    // And back again: the tenant still remembers the first key, so this must be a new intent.
    let run = stage.upload(&first).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    let records = stage.records_of("+12022220101").await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert!(records[0].contains("2030-12-31"), "{records:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_record_whose_removal_was_only_pretended_goes_with_the_next_upload() {
    let stage = Stage::with(Story::Calm).await;
    let head = "phone,jurisdiction,expires,source\n";
    let first = stage.write("one.csv", &format!("{head}202-222-0101,US-DC,2030-12-31,state\n"));
    stage.upload(&first).await.unwrap();
    let later = stage.write("two.csv", &format!("{head}(202) 222-0101,US-DC,2031-12-31,state\n"));
    // The new record is written, and the removal of the old one is answered and never done.
    stage.fault(json!({"do": "lie", "on": "entries_write", "skip": 1})).await;
    let run = stage.upload(&later).await.unwrap();
    assert_eq!(run.state, RunState::Discrepant);

    let run = stage.upload(&later).await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    let records = stage.records_of("+12022220101").await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert!(records[0].contains("2031-12-31"), "{records:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_goes_on_where_it_was() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(3_000, 0);
    let file = stage.write("messy.csv", &made.text);

    let run = stage.upload_until_batch(&file, 5).await;
    assert_eq!(run.state, RunState::Paused);
    assert!(run.buckets.unaccounted > 0, "nothing was left to do");
    assert!(run.buckets.is_conserved());

    let run = stage.resume().await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.accepted, made.intended.len() as u64);
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_the_tenant_loses_are_found_and_can_be_put_back() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(300, 0);
    let file = stage.write("messy.csv", &made.text);
    stage.upload(&file).await.unwrap();

    let lost: BTreeSet<String> = stage.lose(3).await;
    let found = stage.reconcile().await;
    let missing: BTreeSet<String> = found
        .diff
        .differences
        .iter()
        .map(|difference| {
            assert_eq!(difference.kind.as_str(), "missing");
            difference.identifier.as_ref().unwrap().whole()
        })
        .collect();
    assert_eq!(missing, lost);

    let run = stage.upload(&file).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.accepted, 3, "a repair must not be taken for a repeat");
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_bound_to_the_file_and_the_list_it_was_made_for() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(100, 0);
    let file = stage.write("messy.csv", &made.text);
    let planned = stage.plan(&file).await;
    let launch = || Launch {
        activates: false,
        what: Launched::Plan(planned.summary.id.clone()),
        reason: "test".into(),
        until: Until::Uploaded,
    };

    let error = stage.launch(launch()).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("approval-needed", 4));

    stage.ops.approve(&planned.summary.id, "test", None).await.unwrap();
    stage.write("messy.csv", &format!("{}202-222-9999,US-DC,,state\n", made.text));
    let error = stage.launch(launch()).await.unwrap_err();
    assert_eq!(error.code(), "plan-stale");

    stage.write("messy.csv", &made.text);
    let run = stage.launch(launch()).await.unwrap();
    assert_eq!(run.state, RunState::Uploaded);
    let error = stage.launch(launch()).await.unwrap_err();
    assert_eq!(error.code(), "approval-used", "an approval is for one launch");
    stage.ops.approve(&planned.summary.id, "test", None).await.unwrap();
    let error = stage.launch(launch()).await.unwrap_err();
    assert_eq!(error.code(), "plan-stale", "a plan must not be launched twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_names_the_rule_the_list_and_our_own_row() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("one.csv", "phone,jurisdiction\n202-222-0101,US-DC\n");
    stage.upload(&file).await.unwrap();

    let inputs = ["(202) 222-0101".to_owned(), "12".to_owned()];
    let answers = stage.ops.lookup(&inputs, LookupSources::Tenant).await.unwrap();

    assert_eq!(answers[0].verdict.as_str(), "suppressed", "{}", answers[0].because);
    assert!(answers[0].because.contains(stage.list_name()), "{}", answers[0].because);
    assert_eq!(answers[0].evidence.ledger[0].row, 1);
    assert_eq!(answers[1].verdict.as_str(), "invalid");

    let offline = stage.ops.lookup(&inputs[..1], LookupSources::Offline).await.unwrap();
    assert_ne!(offline[0].verdict.as_str(), "allowed");
}

/// N2
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_down_leaves_a_run_that_can_be_resumed() {
    let mut stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(300, 0);
    let file = stage.write("messy.csv", &made.text);
    let run = stage.upload_until_batch(&file, 1).await;
    assert_eq!(run.state, RunState::Paused);

    stage.stop_tenant();
    let run = stage.resume().await.unwrap();
    assert_eq!(run.state, RunState::Interrupted);
    assert!(run.error.is_some());
    let open = stage.ops.ledger().open_batches(&run.id).await.unwrap();
    assert!(
        open.iter().all(|batch| batch.state == BatchState::Queued),
        "nothing left this machine: {open:?}"
    );
    let answers = stage.ops.lookup(&["202-222-0001".to_owned()], LookupSources::Tenant).await.unwrap();
    assert_eq!(answers[0].verdict.as_str(), "unknown");
}

/// Reading a list back takes as long as it is: whoever goes on with a run sends at once what was never sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_cut_off_is_read_back_behind_what_was_never_sent() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(600, 0);
    let file = stage.write("messy.csv", &made.text);
    let run = stage.upload_until_batch(&file, 1).await;
    let ledger = stage.ops.ledger();
    let now = jiff::Timestamp::now();
    ledger.set_state(&run.id, RunState::Uploading, None, now).await.unwrap();
    let open = ledger.open_batches(&run.id).await.unwrap();
    assert!(open.len() > 1, "something is left to be sent");
    // On disk, and killed before it left: whether it arrived, nobody knows.
    ledger.intent(&run.id, open[0].seq, "0", now).await.unwrap();
    ledger.set_state(&run.id, RunState::Interrupted, None, now).await.unwrap();
    let before = stage.control("log").await.as_array().unwrap().len();

    let run = stage.resume().await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    stage.assert_list_holds(&made.intended).await;
    let log = stage.control("log").await;
    let of_entries = |call: &&serde_json::Value| call["path"].as_str().unwrap().ends_with("/dnc/entries");
    let methods: Vec<&str> = log.as_array().unwrap()[before..]
        .iter()
        .filter(of_entries)
        .map(|call| call["method"].as_str().unwrap())
        .collect();
    let first_reading = methods.iter().position(|method| *method == "GET").unwrap();
    assert_eq!(first_reading, open.len() - 1, "{methods:?}");
    assert_eq!(methods.iter().filter(|method| **method == "POST").count(), open.len(), "{methods:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_never_got_its_plan_may_be_stopped_and_interrupted_again_and_again() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(200, 0);
    let file = stage.write("messy.csv", &made.text);
    stage.fault(json!({ "do": "html", "on": "rules_read", "skip": 0, "next": 2 })).await;

    assert_eq!(stage.upload(&file).await.unwrap().state, RunState::Interrupted);
    assert_eq!(stage.resume().await.unwrap().state, RunState::Interrupted, "interrupted a second time");
    assert_eq!(stage.resume_and_stop().await.unwrap().state, RunState::Paused);
    assert_eq!(stage.resume_and_stop().await.unwrap().state, RunState::Paused, "stopped a second time");

    let run = stage.resume().await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    stage.assert_list_holds(&made.intended).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_the_place_of_a_planned_file_is_refused_and_not_waited_for() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("f.csv", "phone\n4155550187\n");
    let plan = stage.plan(&file).await.summary;
    stage.ops.approve(&plan.id, "looks right", None).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &file, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();

    let launch = Launch {
        what: Launched::Plan(plan.id),
        reason: "a test".into(),
        until: Until::Uploaded,
        activates: false,
    };
    assert_eq!(stage.launch(launch).await.unwrap_err().code(), "not-a-file");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_open_batch_was_unsure_what_is_missing_is_sent_after_all() {
    let stage = Stage::with(Story::Calm).await;
    let made = generate::messy_file(40, 0);
    let file = stage.write("messy.csv", &made.text);
    // The one batch never arrives, and the list cannot be read back: the two reads before it are the plan's.
    stage.fault(json!({ "do": "reset_before", "on": "entries_write", "skip": 0, "next": 1 })).await;
    stage.fault(json!({ "do": "html", "on": "entries_read", "skip": 2, "next": 1 })).await;
    let run = stage.upload(&file).await.unwrap();
    assert_eq!((run.state, run.batches_done), (RunState::Interrupted, 0), "{:?}", run.error);

    let run = stage.resume().await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.accepted, made.intended.len() as u64);
    stage.assert_list_holds(&made.intended).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_took_the_place_of_the_one_on_the_screen_is_not_planned() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("f.csv", "phone\n4155550187\n4155550188\n4155550189\n");
    let seen = stage.plan(&file).await.file.unwrap().checked.sha256.clone();
    let stop = CancellationToken::new();
    let request = || PlanRequest { shown: Some(seen.clone()), ..Stage::request(&file) };
    let planned = stage.ops.plan(&request(), Arc::new(Silent), &stop).await.unwrap();
    assert_eq!(planned.summary.counts.rows, 3, "the file is the one that was shown");

    std::fs::rename(stage.write("other.csv", "phone\n4155550190\n"), &file).unwrap();
    let error = stage.ops.plan(&request(), Arc::new(Silent), &stop).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("file-changed", 3));
}

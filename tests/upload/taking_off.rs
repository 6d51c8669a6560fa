//! Numbers that come off a list: by a removal file, by a snapshot that does not name them any more, by an undo. And what
//! stays, because nobody may take it off unasked.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use quietline::domain::plan::{Destination, Operation};
use quietline::domain::run::{RunState, RunSummary};
use quietline::files::{Changes, InputOptions};
use quietline::ops::{Input, Launch, Launched, OpsError, PlanRequest, Silent};
use quietline::sandbox::Story;
use rstest::rstest;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::stage::Stage;

const HEAD: &str = "phone,jurisdiction,expires,source\n";

/// A file of these numbers of the fictional range, with an expiry.
fn file_of(stage: &Stage, name: &str, numbers: impl IntoIterator<Item = u32>, expires: &str) -> PathBuf {
    let rows: String =
        numbers.into_iter().map(|n| format!("{},US-DC,{expires},state\n", number(n))).collect();
    stage.write(name, &format!("{HEAD}{rows}"))
}

fn number(n: u32) -> String {
    format!("+1202555{:04}", 100 + n)
}

fn numbers(of: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
    of.into_iter().map(number).collect()
}

async fn assert_holds(stage: &Stage, ours: impl IntoIterator<Item = u32>) {
    let wanted: BTreeSet<String> = stage.before().union(&numbers(ours)).cloned().collect();
    assert_eq!(stage.numbers().await, wanted);
}

fn assert_ready(run: &RunSummary) {
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert!(run.buckets.is_conserved());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_file_takes_its_numbers_off_and_nothing_else() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..60, "2031-12-31")).await.unwrap());
    let opted_in = stage.write("in.csv", "phone\n(202) 555-0100\n202.555.0101\n2025550199\n202-555-0101\n");

    let run = stage.upload_as(Operation::Remove, &opted_in).await.unwrap();

    assert_ready(&run);
    let buckets = run.buckets;
    assert_eq!((buckets.rows, buckets.accepted, buckets.unchanged, buckets.duplicates), (4, 2, 1, 1));
    assert_holds(&stage, 2..60).await;

    let again = stage.upload_as(Operation::Remove, &opted_in).await.unwrap();
    assert_ready(&again);
    assert_eq!((again.buckets.accepted, again.buckets.unchanged), (0, 3));

    // The tenant remembers the keys of the first time: who comes back is a new intent.
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..60, "2031-12-31")).await.unwrap());
    assert_holds(&stage, 0..60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_takes_off_what_is_ours_and_leaves_others_alone() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "march.csv", 0..40, "2031-12-31")).await.unwrap());

    let april = file_of(&stage, "april.csv", 10..50, "2031-12-31");
    let planned = stage.plan_as(Operation::Sync, &april).await.unwrap();
    assert_eq!(planned.comes_off.iter().map(|who| who.whole()).collect::<BTreeSet<_>>(), numbers(0..10));
    let run = stage.upload_as(Operation::Sync, &april).await.unwrap();

    assert_ready(&run);
    let buckets = run.buckets;
    assert_eq!(
        (buckets.rows, buckets.accepted, buckets.unchanged),
        (50, 20, 30),
        "40 rows and 10 that none names"
    );
    assert_holds(&stage, 10..50).await;
    let again = stage.upload_as(Operation::Sync, &april).await.unwrap();
    assert_ready(&again);
    assert_eq!((again.buckets.rows, again.buckets.accepted), (40, 0));
}

/// The tenant still knows the key of the entry that we wrote and somebody else has replaced: sent under that key once more, it
/// would count as taken, and nothing would change.
#[rstest]
#[case::added(Operation::Add)]
#[case::of_a_snapshot(Operation::Sync)]
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_somebody_else_has_replaced_is_written_anew(#[case] operation: Operation) {
    let stage = Stage::with(Story::Calm).await;
    let file = file_of(&stage, "march.csv", 0..3, "2031-12-31");
    assert_ready(&stage.upload(&file).await.unwrap());
    let wanted = stage.contents().await;
    let [ours] = &stage.records_of(&number(1)).await[..] else { panic!("one record") };
    let ours: serde_json::Value = serde_json::from_str(ours).unwrap();
    let path = format!("dnc/entries/{}", ours["id"].as_str().unwrap());
    stage.as_somebody_else(reqwest::Method::DELETE, &path, json!({})).await;
    let theirs = json!({"phoneNumber": number(1), "listId": ours["listId"], "jurisdiction": "US-MD",
                        "expirationDate": "2027-01-01", "source": "theirs", "idempotencyKey": "theirs"});
    stage.as_somebody_else(reqwest::Method::POST, "dnc/entries", json!({ "data": [theirs] })).await;

    let run = stage.upload_as(operation, &file).await.unwrap();

    assert_ready(&run);
    assert_eq!((run.buckets.accepted, run.buckets.unchanged), (1, 2));
    assert_eq!(stage.contents().await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_with_a_row_that_cannot_be_read_takes_nobody_off() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "march.csv", 0..5, "2031-12-31")).await.unwrap());
    let torn = stage.write("april.csv", &format!("{HEAD}{},US-DC,,state\n202-555,US-DC,,state\n", number(7)));

    let planned = stage.plan_as(Operation::Sync, &torn).await.unwrap();
    assert!(planned.effect.contains("NOTHING is taken off, because 1 rejected rows"), "{}", planned.effect);
    stage.upload_as(Operation::Sync, &torn).await.unwrap();

    assert_holds(&stage, [0, 1, 2, 3, 4, 7]).await;
}

#[rstest]
#[case::of_nothing("phone,expires\nnobody,\n", "no number")]
#[case::of_changes("phone,change\n2025550101,A\n2025550102,D\n", "list of changes")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_snapshot_is_not_taken_for_one(#[case] text: &str, #[case] why: &str) {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("april.csv", text);
    let options = InputOptions { changes: Some(Changes::Additions), ..InputOptions::default() };
    let options = if text.contains("change") { options } else { InputOptions::default() };
    let input = Input { options: Box::new(options), ..Input::default() };
    let request = PlanRequest { operation: Operation::Sync, input, ..Stage::request(&file) };

    let refused = stage.ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await.unwrap_err();

    assert_eq!(refused.code(), "not-a-snapshot", "{refused}");
    assert!(refused.to_string().contains(why), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deletions_of_a_list_of_changes_come_off_but_for_what_it_adds_as_well() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 1..5, "2031-12-31")).await.unwrap());
    let text = "phone,change\n2025550101,D\n2025550102,D\n2025550102,A\n2025550107,A\n";
    let file = stage.write("changes.csv", text);
    let options = InputOptions { changes: Some(Changes::Deletions), ..InputOptions::default() };
    let input = Input { options: Box::new(options), ..Input::default() };
    let request = PlanRequest { operation: Operation::Remove, input, ..Stage::request(&file) };

    let planned = stage.ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    let counts = planned.summary.counts;
    assert_eq!((counts.rows, counts.remove, counts.unchanged, counts.rejected), (4, 1, 1, 2));
    assert_ready(&stage.launch_planned(&planned).await.unwrap());

    assert_holds(&stage, 2..5).await;
    let wrong = PlanRequest { operation: Operation::Add, ..request };
    let refused = stage.ops.plan(&wrong, Arc::new(Silent), &CancellationToken::new()).await.unwrap_err();
    assert_eq!(refused.code(), "other-direction");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_removes_what_the_run_added_and_restores_what_it_changed() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "march.csv", 0..10, "2030-12-31")).await.unwrap());
    let before = stage.contents().await;
    // Changes ten and adds ten.
    let run = stage.upload(&file_of(&stage, "april.csv", 0..20, "2031-12-31")).await.unwrap();
    assert_ready(&run);

    let planned = stage.ops.plan_undo(&run.id, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    assert_eq!(planned.summary.counts.shortened, 10, "ten end earlier again");
    assert!(planned.effect.contains("10 of them will expire earlier than now"), "{}", planned.effect);
    let undone = stage.launch_planned(&planned).await.unwrap();

    assert_ready(&undone);
    assert_eq!((undone.buckets.rows, undone.buckets.accepted), (20, 20));
    assert_eq!(stage.contents().await, before, "numbers and what is said of them");

    let nothing = stage.undo(&run.id).await.unwrap_err();
    assert_eq!(nothing.code(), "nothing-to-undo", "{nothing}");
    // The undo of the undo is the run again.
    assert_ready(&stage.undo(&undone.id).await.unwrap());
    assert_holds(&stage, 0..20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_leaves_what_a_later_file_wants_there() {
    let stage = Stage::with(Story::Calm).await;
    let first = stage.upload(&file_of(&stage, "march.csv", 0..10, "2031-12-31")).await.unwrap();
    assert_ready(&stage.upload(&file_of(&stage, "house.csv", 5..8, "2031-12-31")).await.unwrap());
    assert_ready(&stage.upload(&file_of(&stage, "later.csv", 8..9, "2032-12-31")).await.unwrap());

    let planned = stage.ops.plan_undo(&first.id, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    assert!(
        planned.effect.contains("3 numbers stay because a later file has them too"),
        "{}",
        planned.effect
    );
    assert!(planned.effect.contains("1 number stays because a later run changed them"), "{}", planned.effect);
    assert_ready(&stage.launch_planned(&planned).await.unwrap());

    assert_holds(&stage, 5..9).await;
}

/// What stands beside ours may end tomorrow: it is no reason to leave ours out.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_of_a_snapshot_puts_ours_back_beside_what_others_had_there_all_the_time() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..3, "2031-12-31")).await.unwrap());
    let list = stage.list_id().await;
    let theirs = json!({ "data": [{ "phoneNumber": number(1), "listId": list.0, "jurisdiction": "US-TX",
                                    "expirationDate": "2027-01-31T23:59:59Z", "idempotencyKey": "theirs" }] });
    stage.as_somebody_else(reqwest::Method::POST, "dnc/entries", theirs).await;
    let snapshot = file_of(&stage, "whole.csv", [0, 2], "2031-12-31");
    let planned = stage.plan_as(Operation::Sync, &snapshot).await.unwrap();
    let keeps = "1 of them keeps the record of somebody else, and may still NOT be called while that holds";
    assert!(planned.effect.contains(keeps), "{}", planned.effect);
    // Whoever is asked later sees it too.
    let later = stage.ops.stored_plan(&planned.summary.id).await.unwrap();
    assert!(later.effect.contains(keeps), "{}", later.effect);
    let run = stage.launch_planned(&planned).await.unwrap();
    let ends = async || {
        let state = stage.control(&format!("state?listId={}", stage.list_name())).await;
        let records = state["lists"][0]["records"].as_array().unwrap().iter();
        let of_it = records.filter(|it| it["phoneNumber"] == number(1).as_str());
        let year = |it: &serde_json::Value| it["expirationDate"].as_str().unwrap()[..4].to_owned();
        let mut ends: Vec<String> = of_it.map(year).collect();
        ends.sort();
        ends
    };
    assert_eq!(ends().await, ["2027"], "only ours went");

    let undone = stage.undo(&run.id).await.unwrap();

    assert_eq!((undone.buckets.accepted, ends().await), (1, vec!["2027".to_owned(), "2031".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_says_that_of_several_records_one_comes_back() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..1, "2031-12-31")).await.unwrap());
    let list = stage.list_id().await;
    let theirs = json!({ "data": [{ "phoneNumber": number(0), "listId": list.0, "jurisdiction": "US-TX",
                                    "expirationDate": "2027-01-31T23:59:59Z", "idempotencyKey": "theirs" }] });
    stage.as_somebody_else(reqwest::Method::POST, "dnc/entries", theirs).await;
    let run = stage.upload_as(Operation::Remove, &file_of(&stage, "off.csv", 0..1, "")).await.unwrap();

    let planned = stage.ops.plan_undo(&run.id, Arc::new(Silent), &CancellationToken::new()).await.unwrap();

    let several = "1 number had several records: the strongest alone comes back";
    assert!(planned.effect.contains(several), "{}", planned.effect);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_was_only_pretended_is_seen_and_done_again() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..3, "2031-12-31")).await.unwrap());
    stage.fault(json!({"do": "lie", "on": "entries_write"})).await;

    let run = stage.upload_as(Operation::Remove, &file_of(&stage, "off.csv", 0..3, "")).await.unwrap();

    assert_ready(&run);
    assert_holds(&stage, []).await;
}

#[rstest]
#[case::a_reset(json!({"do": "reset_before"}))]
#[case::served_and_lost(json!({"do": "reset_after"}))]
#[case::busy(json!({"do": "status", "status": 503}))]
#[tokio::test(flavor = "multi_thread")]
async fn trouble_on_the_way_takes_nobody_else_off(#[case] fault: serde_json::Value) {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..90, "2031-12-31")).await.unwrap());
    for skip in [0, 7, 20] {
        let mut order = fault.clone();
        order["on"] = json!("entries_write");
        order["skip"] = json!(skip);
        stage.fault(order).await;
    }

    let run = stage.upload_as(Operation::Remove, &file_of(&stage, "off.csv", 0..80, "")).await.unwrap();

    assert_ready(&run);
    assert_eq!(run.buckets.accepted, 80);
    assert_holds(&stage, 80..90).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_takes_off_is_stale_once_somebody_else_has() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 0..5, "2031-12-31")).await.unwrap());
    let planned = stage.plan_as(Operation::Remove, &file_of(&stage, "off.csv", 0..5, "")).await.unwrap();
    assert_ready(&stage.upload_as(Operation::Remove, &file_of(&stage, "one.csv", 0..1, "")).await.unwrap());

    let refused = stage.launch_planned(&planned).await.unwrap_err();

    assert_eq!(refused.code(), "plan-stale");
    assert!(refused.to_string().contains("as to 1 number)"), "{refused}");
    assert_holds(&stage, 1..5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_are_sent_once_more_by_a_plan_of_their_own() {
    let stage = Stage::with(Story::Calm).await;
    stage.fault(json!({"do": "status", "status": 400, "on": "entries_write"})).await;
    let run = stage.upload(&file_of(&stage, "one.csv", 0..1, "2031-12-31")).await.unwrap();
    let refused = run.buckets.dead_letters;
    assert_eq!(refused, 1, "{run:?}");

    let stop = CancellationToken::new();
    let planned = stage.ops.plan_retry(&run.id, Arc::new(Silent), &stop).await.unwrap();
    assert_eq!(planned.summary.counts.add, refused);
    assert_ready(&stage.launch_planned(&planned).await.unwrap());

    assert_holds(&stage, 0..1).await;
    let nothing = stage.ops.plan_retry(&planned.summary.id, Arc::new(Silent), &stop).await.unwrap_err();
    assert!(matches!(nothing, OpsError::Ledger(_)), "a plan is no run: {nothing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_off_lists_that_let_nobody_go() {
    let stage = Stage::with(Story::Calm).await;
    let file = file_of(&stage, "off.csv", 0..5, "");
    let request =
        PlanRequest { operation: Operation::Remove, to: Destination::Items, ..Stage::request(&file) };
    let launch = Launch { what: Launched::File(request), ..Stage::launch_file(&file) };
    let run = stage.launch(launch).await.unwrap_err();
    assert_eq!(run.code(), "cannot-take-off", "{run}");
}

/// Found by a hostile reading: a retry that forgot what each row was to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_does_with_each_row_what_it_was_to_do_then() {
    let stage = Stage::with(Story::Calm).await;
    let stop = CancellationToken::new();
    let retry = |run: String| {
        let (stage, stop) = (&stage, &stop);
        async move { stage.ops.plan_retry(&run, Arc::new(Silent), stop).await.unwrap() }
    };
    assert_ready(&stage.upload(&file_of(&stage, "a.csv", 0..1, "2030-12-31")).await.unwrap());
    let changed = stage.upload(&file_of(&stage, "b.csv", 0..1, "2031-12-31")).await.unwrap();
    stage.fault(json!({"do": "status", "status": 400, "on": "entries_write"})).await;
    let undone = stage.undo(&changed.id).await.unwrap();
    assert_eq!(undone.buckets.dead_letters, 1, "{:?}", undone.error);

    let planned = retry(undone.id).await;
    assert_eq!(
        (planned.summary.counts.update, planned.comes_off.len()),
        (1, 0),
        "the value was to come back"
    );
    assert_ready(&stage.launch_planned(&planned).await.unwrap());
    assert!(stage.records_of(&number(0)).await[0].contains("2030-12-31"));

    // And a number that was to come back comes back.
    let off = stage.upload_as(Operation::Remove, &file_of(&stage, "off.csv", 0..1, "")).await.unwrap();
    stage.fault(json!({"do": "status", "status": 400, "on": "entries_write"})).await;
    let undone = stage.undo(&off.id).await.unwrap();
    assert_eq!(undone.buckets.dead_letters, 1, "{:?}", undone.error);
    let planned = retry(undone.id).await;
    assert_eq!(planned.summary.counts.add, 1, "{}", planned.effect);
    assert_ready(&stage.launch_planned(&planned).await.unwrap());
    assert_holds(&stage, 0..1).await;
}

/// Found by a hostile reading: what an undo gives back is not ours by that.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_others_that_came_off_by_mistake_and_back_stays_theirs() {
    let stage = Stage::with(Story::Calm).await;
    let foreign = stage.before().first().unwrap().clone();
    assert_ready(&stage.upload(&file_of(&stage, "ours.csv", 0..2, "2031-12-31")).await.unwrap());
    let mistake = stage.write("off.csv", &format!("phone\n{foreign}\n"));
    let off = stage.upload_as(Operation::Remove, &mistake).await.unwrap();
    assert_eq!(off.buckets.accepted, 1);
    assert_ready(&stage.undo(&off.id).await.unwrap());

    let planned =
        stage.plan_as(Operation::Sync, &file_of(&stage, "ours2.csv", 1..2, "2031-12-31")).await.unwrap();

    assert_eq!(planned.comes_off.iter().map(|who| who.whole()).collect::<BTreeSet<_>>(), numbers(0..1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_leaves_what_a_later_file_wanted_and_did_not_get_through() {
    let stage = Stage::with(Story::Calm).await;
    let first = stage.upload(&file_of(&stage, "a.csv", 0..1, "2030-12-31")).await.unwrap();
    stage.fault(json!({"do": "status", "status": 400, "on": "entries_write"})).await;
    let later = stage.upload(&file_of(&stage, "b.csv", 0..1, "2031-12-31")).await.unwrap();
    assert_eq!(later.buckets.dead_letters, 1, "{:?}", later.error);

    let refused = stage.undo(&first.id).await.unwrap_err();

    assert_eq!(refused.code(), "nothing-to-undo");
    assert!(refused.to_string().contains("a later file has them too"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_damaged_row_of_the_file_adds_stays() {
    let stage = Stage::with(Story::Calm).await;
    assert_ready(&stage.upload(&file_of(&stage, "all.csv", 1..3, "2031-12-31")).await.unwrap());
    let text = "phone,change,state\n2025550101,D,US-DC\n2025550102,D,US-DC\n2025550102,A,not a place\n";
    let file = stage.write("changes.csv", text);
    let options = InputOptions { changes: Some(Changes::Deletions), ..InputOptions::default() };
    let input = Input { options: Box::new(options), ..Input::default() };
    let request = PlanRequest { operation: Operation::Remove, input, ..Stage::request(&file) };

    let planned = stage.ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await.unwrap();

    assert_eq!(planned.comes_off.iter().map(|who| who.whole()).collect::<BTreeSet<_>>(), numbers(1..2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cancelled_half_way_can_be_taken_back() {
    let stage = Stage::with(Story::Calm).await;
    let file = file_of(&stage, "wrong.csv", 0..100, "2031-12-31");
    let larger: String = (0..5_000).map(|n| format!("+1415200{:04},US-CA,,state\n", 1000 + n)).collect();
    let text = std::fs::read_to_string(&file).unwrap() + &larger;
    let file = stage.write("wrong.csv", &text);
    let stopped = stage.upload_until_batch(&file, 2).await;
    let cancelled = stage.ops.cancel(&stopped.id).await.unwrap();
    assert!(cancelled.buckets.accepted > 0 && cancelled.buckets.unaccounted > 0, "{cancelled:?}");

    assert_ready(&stage.undo(&stopped.id).await.unwrap());

    assert_holds(&stage, []).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_of_items_takes_them_off_and_leaves_what_somebody_has_made_an_entry_of() {
    let stage = Stage::with(Story::Calm).await;
    let file = file_of(&stage, "items.csv", 0..4, "");
    let request = PlanRequest { to: Destination::Items, ..Stage::request(&file) };
    let run =
        stage.launch(Launch { what: Launched::File(request), ..Stage::launch_file(&file) }).await.unwrap();
    assert_ready(&run);
    // Another profile of the tenant, which writes the whole entry.
    let other = stage.ops_with(|profile| profile.name = "other".into());
    let legal = stage.write("legal.csv", &format!("{HEAD}{},US-DC,2033-12-31,legal\n", number(3)));
    let entry =
        other.upload(Stage::launch_file(&legal), Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    assert_ready(&entry);

    let planned = stage.ops.plan_undo(&run.id, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    assert_eq!(planned.comes_off.iter().map(|who| who.whole()).collect::<BTreeSet<_>>(), numbers(0..3));
    assert_ready(&stage.launch_planned(&planned).await.unwrap());

    assert_holds(&stage, 3..4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_leaves_what_a_later_file_of_another_profile_found_there() {
    let stage = Stage::with(Story::Calm).await;
    let file = file_of(&stage, "a.csv", 0..3, "2031-12-31");
    let first = stage.upload(&file).await.unwrap();
    let other = stage.ops_with(|profile| profile.name = "other".into());
    let theirs = file_of(&stage, "b.csv", 1..2, "2031-12-31");
    let found =
        other.upload(Stage::launch_file(&theirs), Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    assert_eq!((found.buckets.accepted, found.buckets.unchanged), (0, 1));

    assert_ready(&stage.undo(&first.id).await.unwrap());

    assert_holds(&stage, 1..2).await;
}

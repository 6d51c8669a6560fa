//! What stands on a list already, and what that is worth: an entry that is over suppresses nobody, a contact that must not be
//! called may be on the list since long, and what cannot be read is not empty.

use std::sync::Arc;

use quietline::domain::plan::Destination;
use quietline::domain::run::RunState;
use quietline::ops::{Launch, Launched, OpsError, PlanRequest, Planned, Reconciliation, Silent, Until};
use quietline::sandbox::Story;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::destinations::{OUTBOUND, csv, spelled, upload};
use crate::stage::Stage;

const TEXAS: &str = "State_TX_DNC";

async fn planned(stage: &Stage, request: &PlanRequest) -> Planned {
    stage.ops.plan(request, Arc::new(Silent), &CancellationToken::new()).await.unwrap()
}

async fn reconcile(stage: &Stage, to: Destination, list: &str) -> Result<Reconciliation, OpsError> {
    stage.ops.reconcile(to, list, None, Arc::new(Silent), &CancellationToken::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_sent_where_the_entry_of_its_number_is_over() {
    let stage = Stage::with(Story::Calm).await;
    // Its only entry has expired: nobody is kept from calling it.
    let file = stage.write("texas.csv", "phone\n713-555-0155\n");
    let run = upload(&stage, &file, Destination::Items, TEXAS).await;
    assert_eq!(
        (run.state, run.buckets.accepted, run.buckets.unchanged),
        (RunState::Ready, 1, 0),
        "{:?}",
        run.error
    );
    let state = stage.control(&format!("state?listId={TEXAS}")).await;
    let records = state["lists"][0]["records"].as_array().unwrap();
    let live = records
        .iter()
        .filter(|record| record["phoneNumber"] == "+17135550155" && record["expirationDate"].is_null());
    assert_eq!(live.count(), 1, "{records:?}");

    let again = upload(&stage, &file, Destination::Items, TEXAS).await;
    assert_eq!((again.buckets.accepted, again.buckets.unchanged), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_stands_there_for_a_while_only_is_said_to() {
    let stage = Stage::with(Story::Calm).await;
    let name = stage.list_name();
    let entries =
        stage.write("soon.csv", &csv("phone,expires", (0..3).map(|n| format!("{},2031-01-01", spelled(n)))));
    upload(&stage, &entries, Destination::Entries, name).await;
    let file = stage.write("for-ever.csv", &csv("phone", (0..5).map(spelled)));
    let request = PlanRequest { to: Destination::Items, list: name.into(), ..Stage::request(&file) };
    let planned = planned(&stage, &request).await;
    assert_eq!((planned.summary.counts.add, planned.summary.counts.unchanged), (2, 3));
    assert!(
        planned.effect.contains("3 numbers stand there only until a time before the file's"),
        "{}",
        planned.effect
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_first_met_by_items_is_proven_by_entries_too() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("items.csv", &csv("phone", (0..3).map(spelled)));
    upload(&stage, &file, Destination::Items, TEXAS).await;
    let file = stage.write("entries.csv", &csv("phone", (3..6).map(spelled)));
    let run = upload(&stage, &file, Destination::Entries, TEXAS).await;
    assert_eq!((run.state, run.buckets.accepted), (RunState::Ready, 3), "{:?}", run.error);
    for to in [Destination::Items, Destination::Entries] {
        let found = reconcile(&stage, to, TEXAS).await.unwrap();
        assert!(found.diff.is_clean(), "{to}: {:?}", found.diff.differences);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_must_not_be_called_and_stands_on_the_list_already_is_named() {
    let stage = Stage::with(Story::Calm).await;
    let name = stage.list_name();
    let campaign = stage.write("march.csv", &csv("phone", (0..10).map(spelled)));
    upload(&stage, &campaign, Destination::Outbound, OUTBOUND).await;
    let opted_out = stage.write("optouts.csv", &csv("phone", (0..4).map(spelled)));
    upload(&stage, &opted_out, Destination::Entries, name).await;

    // Two of the four are in the new file; the other two are not, and can be called all the same.
    let next = stage.write("april.csv", &csv("phone", (2..12).map(spelled)));
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&next) };
    request.input.scrub = vec![name.into()];
    let planned = planned(&stage, &request).await;
    assert!(
        planned.effect.contains("4 contacts that must not be called stand on the contact list ALREADY"),
        "{}",
        planned.effect
    );
    assert!(
        planned.effect.contains(&format!("2 on list {name} and on the contact list ALREADY")),
        "{}",
        planned.effect
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_may_be_called_as_it_likes() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write(
        "campaign.csv",
        &csv("phone,removed,reason", (0..5).map(|n| format!("{},no consent,x", spelled(n)))),
    );
    let request = PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    let planned = planned(&stage, &request).await;
    assert_eq!((planned.summary.counts.add, planned.summary.counts.removed), (5, 0));
    stage.ops.approve(&planned.summary.id, "ok", None).await.unwrap();
    let what = Launched::Plan(planned.summary.id.clone());
    let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: false };
    let run = stage.launch(launch).await.unwrap();
    assert_eq!((run.state, run.buckets.accepted), (RunState::Uploaded, 5), "{:?}", run.error);
    let state = stage.control("state").await;
    let lists = state["contactLists"].as_array().unwrap();
    let list = lists.iter().find(|list| list["id"] == OUTBOUND).unwrap();
    let ours =
        list["contacts"].as_array().unwrap().iter().find(|contact| contact["phoneNumber"] == "+12015550100");
    assert_eq!(ours.unwrap()["customFields"], json!({"removed": "no consent", "reason": "x"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_not_compared_with_anything() {
    let stage = Stage::with(Story::Calm).await;
    let refused = reconcile(&stage, Destination::Outbound, "no-such-list").await.unwrap_err();
    assert_eq!((refused.code(), refused.exit_code()), ("not-found", 5));
    let facts = stage
        .ops
        .ledger()
        .list_facts(
            "test",
            &Destination::Outbound.key_of(&quietline::domain::list::ListId("no-such-list".into())),
        )
        .await
        .unwrap();
    assert!(!facts.has_baseline, "what is not known is no baseline");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_send_says_why() {
    let stage = Stage::with(Story::Calm).await;
    for (text, to, list, wanted) in [
        ("phone\nbogus\nn/a\n", Destination::Entries, stage.list_name(), "2 REJECTED and not on it by this"),
        ("phone,optIn\n202-555-0187,no\n", Destination::Outbound, OUTBOUND, "1 left out"),
    ] {
        let file = stage.write("some.csv", text);
        let ops = stage.ops_with(|profile| profile.upload.require_opt_in = true);
        let request = PlanRequest { to, list: list.into(), ..Stage::request(&file) };
        let planned = ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
        assert!(planned.effect.starts_with("nothing to send"), "{}", planned.effect);
        assert!(planned.effect.contains(wanted) && !planned.effect.contains("already"), "{}", planned.effect);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_in_any_column_of_consent_is_a_no() {
    let stage = Stage::with(Story::Calm).await;
    let ops = stage.ops_with(|profile| profile.upload.require_opt_in = true);
    let plan = async |text: &str| {
        let file = stage.write("campaign.csv", text);
        let request =
            PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
        ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await
    };
    for head in ["phone,optIn,opt-in", "phone,consent,optin"] {
        let text = format!(
            "{head}\n201-555-0100,yes,yes\n201-555-0101,yes,no\n201-555-0102,no,yes\n201-555-0103,yes,\n"
        );
        let counts = plan(&text).await.unwrap().summary.counts;
        assert_eq!((counts.add, counts.removed), (1, 3), "{head}");
    }
    // The day of it is consent too; beside a no it is none.
    let text = "phone,optInDate\n201-555-0100,2026-05-01\n201-555-0101,\n201-555-0102,yes\n";
    assert_eq!(plan(text).await.unwrap().summary.counts.add, 1);
    let text =
        "phone,optIn,optInDate\n201-555-0100,yes,2026-05-01\n201-555-0101,no,2026-05-01\n201-555-0102,yes,\n";
    assert_eq!(plan(text).await.unwrap().summary.counts.add, 1);
    let refused = plan("phone,optIn,optIn\n201-555-0100,yes,no\n").await.unwrap_err();
    assert_eq!((refused.code(), refused.exit_code()), ("same-columns", 2));
    assert!(refused.to_string().contains("“optIn”"), "{refused}");
}

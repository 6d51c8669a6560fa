//! Uploads to everything that is no entry: items, suppression contacts, outbound contacts. Each ends with what the file
//! says and nothing twice, whatever the tenant does on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use quietline::domain::plan::Destination;
use quietline::domain::run::{RunState, RunSummary};
use quietline::ops::{Launch, Launched, Patience, PlanRequest, Silent, Until};
use quietline::sandbox::Story;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::generate;
use crate::stage::Stage;

const SUPPRESSION: &str = "Compliance_Holds";
pub const OUTBOUND: &str = "cl-winback";

fn launch(file: &Path, to: Destination, list: &str) -> Launch {
    let request = PlanRequest { to, list: list.into(), ..Stage::request(file) };
    Launch { what: Launched::File(request), reason: "a test".into(), until: Until::Ready, activates: false }
}

pub async fn upload(stage: &Stage, file: &Path, to: Destination, list: &str) -> RunSummary {
    stage.launch(launch(file, to, list)).await.unwrap()
}

/// What a list of the tenant holds by number or address; whoever stands twice fails the test. An outbound contact has a number.
async fn holds(stage: &Stage, kind: &str, id: &str) -> BTreeMap<String, Value> {
    let state = stage.control("state").await;
    let lists = state[kind].as_array().unwrap();
    let list = lists.iter().find(|list| list["id"] == id).unwrap();
    let mut there = BTreeMap::new();
    for contact in list["contacts"].as_array().unwrap() {
        let identifier = contact["phoneNumber"].as_str().or(contact["email"].as_str()).unwrap();
        let twice = there.insert(identifier.to_owned(), contact.clone());
        assert!(twice.is_none(), "somebody stands twice");
    }
    there
}

pub fn csv(header: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<String> = rows.collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

/// Numbers of the fictional range that the seeded world leaves free, spelled as people do.
pub fn spelled(n: u64) -> String {
    format!("({}) 555-01{:02}", 201 + n / 100 * 2, n % 100)
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_ready_once_they_are_read_on_the_list() {
    for story in [Story::Calm, Story::Flaky] {
        let stage = Stage::with(story).await;
        let made = generate::messy_file(1_500, 0);
        let file = stage.write("messy.csv", &made.text);

        let run = upload(&stage, &file, Destination::Items, stage.list_name()).await;

        assert_eq!(run.state, RunState::Ready, "{story:?}: {:?}", run.error);
        assert_eq!(run.buckets.accepted, made.intended.len() as u64);
        assert_eq!((run.buckets.rejected, run.buckets.unaccounted), (made.rejected(), 0));
        stage.assert_numbers_are(&made.intended).await;

        let again = upload(&stage, &file, Destination::Items, stage.list_name()).await;
        assert_eq!((again.buckets.accepted, again.buckets.unchanged), (0, made.intended.len() as u64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_the_tenant_only_says_it_took_are_sent_again_and_then_named() {
    let stage = Stage::with(Story::Calm).await;
    stage.fault(json!({"do": "reset_midway", "on": "items_write"})).await;
    let file = stage.write("some.csv", &csv("phone", (0..40).map(spelled)));
    let run = upload(&stage, &file, Destination::Items, stage.list_name()).await;
    assert_eq!((run.state, run.buckets.accepted), (RunState::Ready, 40), "{:?}", run.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_in_the_place_of_an_answer_has_taken_no_items() {
    let stage = Stage::with(Story::Calm).await;
    // As many as a row may be missing before it is given up; each hides that the tenant refused the whole call.
    stage.fault(json!({"do": "html", "on": "items_write", "next": 3})).await;
    let number = |n| if n == 3 { "800-555-0137".to_owned() } else { spelled(n) };
    let file = stage.write("some.csv", &csv("phone,notes", (0..20).map(|n| format!("{},x", number(n)))));
    let run = upload(&stage, &file, Destination::Items, stage.list_name()).await;
    assert_eq!(
        (run.state, run.buckets.accepted, run.buckets.dead_letters),
        (RunState::Ready, 19, 1),
        "{:?}",
        run.error
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_makes_the_tenant_refuse_the_whole_call_is_found_and_set_aside() {
    let stage = Stage::with(Story::Calm).await;
    let number = |n| if n == 37 { "800-555-0137".to_owned() } else { spelled(n) };
    let file = stage.write("some.csv", &csv("phone", (0..100).map(number)));
    let run = upload(&stage, &file, Destination::Items, stage.list_name()).await;
    assert_eq!(
        (run.state, run.buckets.accepted, run.buckets.dead_letters),
        (RunState::Ready, 99, 1),
        "{:?}",
        run.error
    );
    assert_eq!(stage.ops.dead_letters(Some(&run.id)).await.unwrap()[0].1.row, 38);
}

#[tokio::test(flavor = "multi_thread")]
async fn suppression_contacts_carry_their_reason_and_end() {
    for story in [Story::Calm, Story::Flaky] {
        let stage = Stage::with(story).await;
        let text = csv(
            "phone,reason,expires",
            (0..300).map(|n| match n % 3 {
                0 => format!("{},customer request,", spelled(n)),
                1 => format!("{},because,2031-05-0{}", spelled(n), 1 + n % 9),
                _ => format!("{},,", spelled(n)),
            }),
        );
        let file = stage.write("held.csv", &text);
        let before = holds(&stage, "suppressionLists", "sl-compliance-holds").await;

        let run = upload(&stage, &file, Destination::Suppression, SUPPRESSION).await;

        assert_eq!(run.state, RunState::Ready, "{story:?}: {:?}", run.error);
        assert_eq!(run.buckets.accepted, 300);
        let after = holds(&stage, "suppressionLists", "sl-compliance-holds").await;
        assert_eq!(after.len(), before.len() + 300);
        let contact = |n: u64| &after[&format!("+1{}55501{:02}", 201 + n / 100 * 2, n % 100)];
        assert_eq!(contact(0)["reason"], "CUSTOMER_REQUEST");
        assert!(contact(0)["suppressUntil"].is_null());
        assert_eq!(contact(1)["reason"], "DNC", "a word that the platform does not know");
        assert_eq!(contact(1)["suppressUntil"], "2031-05-02T23:59:59Z");
        assert_eq!(contact(2)["reason"], "DNC");

        let again = upload(&stage, &file, Destination::Suppression, SUPPRESSION).await;
        assert_eq!((again.buckets.accepted, again.buckets.unchanged), (0, 300));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_row_means_by_mail_is_suppressed_too_and_nobody_twice() {
    for story in [Story::Calm, Story::Flaky] {
        let stage = Stage::with(story).await;
        let text = csv(
            "phone,E-Mail,reason,suppressUntil",
            (0..200).map(|n| match n % 4 {
                0 => format!(",Person{n}@Example.com,unsubscribe,"),
                1 => format!("{},person{n}@example.com,bounce,2031-05-01", spelled(n)),
                2 => format!("{},,compliance,", spelled(n)),
                _ => format!(",person{}@example.com,dnc,", n - 3),
            }),
        );
        let file = stage.write("held.csv", &format!("{text},nobody at all,,\n"));
        let before = holds(&stage, "suppressionLists", "sl-compliance-holds").await;

        let run = upload(&stage, &file, Destination::Suppression, SUPPRESSION).await;

        assert_eq!(run.state, RunState::Ready, "{story:?}: {:?}", run.error);
        let b = run.buckets;
        assert_eq!((b.rows, b.accepted, b.duplicates, b.rejected, b.unaccounted), (251, 200, 50, 1, 0));
        let after = holds(&stage, "suppressionLists", "sl-compliance-holds").await;
        assert_eq!(after.len(), before.len() + 200);
        assert_eq!(after["person0@example.com"]["reason"], "DNC", "the gravest of its two rows");
        assert_eq!(after["person1@example.com"]["suppressUntil"], "2031-05-01T23:59:59Z");
        assert_eq!(after["+12015550101"]["reason"], "BOUNCE");

        let again = upload(&stage, &file, Destination::Suppression, SUPPRESSION).await;
        assert_eq!((again.buckets.accepted, again.buckets.unchanged), (0, 200));
        let (stop, sink) = (CancellationToken::new(), Arc::new(Silent));
        let found =
            stage.ops.reconcile(Destination::Suppression, SUPPRESSION, None, sink, &stop).await.unwrap();
        assert!(found.diff.is_clean(), "{:?}", found.diff.differences);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_tenant_refuses_is_a_dead_letter_of_its_row() {
    let stage = Stage::with(Story::Calm).await;
    // Sound by the rules of mail, and more than the tenant takes.
    let file = stage
        .write("held.csv", "phone,email\n202-555-0101,\n,ann@example.com\n800-555-0105,ben@example.com\n");
    let run = upload(&stage, &file, Destination::Suppression, "sl-compliance-holds").await;
    assert_eq!((run.buckets.accepted, run.buckets.dead_letters), (3, 1), "{:?}", run.error);
    let letters = stage.ops.dead_letters(Some(&run.id)).await.unwrap();
    assert_eq!((letters[0].1.row, letters[0].1.identifier.whole().as_str()), (3, "+18005550105"));
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_go_nowhere_but_to_suppression_lists() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("held.csv", "phone,email\n202-555-0187,ann@example.com\n");
    for (to, list) in [
        (Destination::Entries, stage.list_name()),
        (Destination::Items, stage.list_name()),
        (Destination::Outbound, OUTBOUND),
    ] {
        let mut request = PlanRequest { to, list: list.into(), ..Stage::request(&file) };
        request.input.options.map = vec![(quietline::files::Field::Email, "email".into())];
        let (stop, sink) = (CancellationToken::new(), Arc::new(Silent));
        let refused = stage.ops.plan(&request, sink, &stop).await.unwrap_err();
        assert_eq!(refused.code(), "only-suppression");
    }
}

/// H422
#[tokio::test(flavor = "multi_thread")]
async fn contacts_that_are_refused_are_dead_letters_and_the_others_are_taken_in_either_mode() {
    for strict in [false, true] {
        let stage = Stage::with(Story::Calm).await;
        stage.order("tenant", json!({"strictSuppression": strict})).await;
        // The sixth number is toll-free: sound for us, refused by the tenant.
        let number = |n| if n == 5 { "800-555-0105".to_owned() } else { spelled(n) };
        let file = stage.write("held.csv", &csv("phone", (0..20).map(number)));
        let run = upload(&stage, &file, Destination::Suppression, "sl-compliance-holds").await;
        assert_eq!(
            (run.buckets.accepted, run.buckets.dead_letters),
            (19, 1),
            "strict {strict}: {:?}",
            run.error
        );
        let letters = stage.ops.dead_letters(Some(&run.id)).await.unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].1.row, 6);
        assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_contacts_keep_their_columns_and_end_with_their_jobs() {
    for story in [Story::Calm, Story::Flaky] {
        let stage = Stage::with(story).await;
        let text = csv(
            "phone,firstName,last_name,e-mail,optIn,plan",
            (0..250).map(|n| format!("{},Ann,Lee,a{n}@example.com,yes,gold", spelled(n))),
        );
        let file = stage.write("campaign.csv", &text);
        let before = holds(&stage, "contactLists", OUTBOUND).await;

        let run = upload(&stage, &file, Destination::Outbound, OUTBOUND).await;

        assert_eq!(run.state, RunState::Uploaded, "{story:?}: {:?}", run.error);
        assert_eq!((run.buckets.accepted, run.buckets.unaccounted), (250, 0));
        let after = holds(&stage, "contactLists", OUTBOUND).await;
        assert_eq!(after.len(), before.len() + 250);
        let one = &after["+12015550100"];
        assert_eq!(
            (&one["firstName"], &one["lastName"], &one["email"]),
            (&json!("Ann"), &json!("Lee"), &json!("a0@example.com"))
        );
        assert_eq!(one["customFields"], json!({"optIn": "yes", "plan": "gold"}));
        let nothing = stage.ops.resume(None, Until::Ready, Arc::new(Silent), &CancellationToken::new()).await;
        assert_eq!(nothing.unwrap_err().code(), "nothing-to-resume", "it ends at uploaded");

        let again = upload(&stage, &file, Destination::Outbound, OUTBOUND).await;
        assert_eq!((again.buckets.accepted, again.buckets.unchanged), (0, 250));
    }
}

/// H202
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_half_way_is_read_back_and_only_the_rest_is_sent_again() {
    for fate in ["fail", "abort", "lose"] {
        let stage = Stage::with(Story::Calm).await;
        stage.order("jobs", json!({"do": fate})).await;
        let file = stage.write("campaign.csv", &csv("phone", (0..100).map(spelled)));
        let before = holds(&stage, "contactLists", OUTBOUND).await;
        let run = upload(&stage, &file, Destination::Outbound, OUTBOUND).await;
        assert_eq!((run.state, run.buckets.accepted), (RunState::Uploaded, 100), "{fate}: {:?}", run.error);
        let after = holds(&stage, "contactLists", OUTBOUND).await;
        assert_eq!(after.len(), before.len() + 100, "{fate}");
    }
}

/// N5
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_insert_whose_answer_was_lost_is_read_back_before_anything_is_sent_again() {
    for fault in ["reset_after", "reset_midway", "reset_before", "truncate", "html", "omit", "error_after"] {
        let stage = Stage::with(Story::Calm).await;
        stage.fault(json!({"do": fault, "on": "bulk"})).await;
        let file = stage.write("campaign.csv", &csv("phone", (0..60).map(spelled)));
        let before = holds(&stage, "contactLists", OUTBOUND).await;
        let run = upload(&stage, &file, Destination::Outbound, OUTBOUND).await;
        assert_eq!((run.state, run.buckets.accepted), (RunState::Uploaded, 60), "{fault}: {:?}", run.error);
        let after = holds(&stage, "contactLists", OUTBOUND).await;
        assert_eq!(after.len(), before.len() + 60, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_tenant_cannot_be_read_back_nothing_is_sent_twice_and_a_person_decides() {
    let stage = Stage::with(Story::Calm).await;
    stage.order("tenant", json!({"readableOutbound": false})).await;
    stage.fault(json!({"do": "reset_after", "on": "bulk"})).await;
    let file = stage.write("campaign.csv", &csv("phone", (0..60).map(spelled)));
    let run = upload(&stage, &file, Destination::Outbound, OUTBOUND).await;
    assert_eq!((run.state, run.buckets.unaccounted), (RunState::Discrepant, 60), "{:?}", run.error);
    assert_eq!(
        stage.calls_of("/outbound/contactlistitems/bulkinsert").await,
        1,
        "never sent twice by itself"
    );
    holds(&stage, "contactLists", OUTBOUND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_that_nobody_can_read_back_are_retried_once_and_with_every_warning() {
    let stage = Stage::with(Story::Calm).await;
    stage.order("tenant", json!({"readableOutbound": false})).await;
    stage.fault(json!({"do": "status", "status": 400, "on": "bulk"})).await;
    let file = stage.write("campaign.csv", &csv("phone", (0..1).map(spelled)));
    let run = upload(&stage, &file, Destination::Outbound, OUTBOUND).await;
    assert_eq!(run.buckets.dead_letters, 1, "{:?}", run.error);

    let stop = CancellationToken::new();
    let retry = || stage.ops.plan_retry(&run.id, Arc::new(Silent), &stop);
    let planned = retry().await.unwrap();
    for warning in ["NOT SCRUBBED", "the list cannot be read"] {
        assert!(planned.effect.contains(warning), "{}", planned.effect);
    }
    let sent = stage.launch_planned(&planned).await.unwrap();
    assert_eq!(sent.buckets.accepted, 1, "{:?}", sent.error);

    let refused = retry().await.unwrap_err();
    assert_eq!(refused.code(), "nothing-to-retry");
    assert!(refused.to_string().contains(&sent.id), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_on_a_scrub_list_or_gave_no_consent_is_left_out_and_counted() {
    let stage = Stage::with(Story::Calm).await;
    // The first ten go onto a DNC list and the next five onto a suppression list, in other spellings.
    let listed = stage.write("listed.csv", &csv("phone", (0..10).map(|n| format!("1-201-555-01{n:02}"))));
    upload(&stage, &listed, Destination::Entries, stage.list_name()).await;
    let held = stage.write("held.csv", &csv("phone", (10..15).map(spelled)));
    upload(&stage, &held, Destination::Suppression, SUPPRESSION).await;

    let ops = stage.ops_with(|profile| profile.upload.require_opt_in = true);
    let row = |n: u64| format!("{},{}", spelled(n), if n % 5 == 4 { "no" } else { "Yes" });
    let file = stage.write("campaign.csv", &csv("phone,optIn", (0..50).map(row)));
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    request.input.scrub = vec![stage.list_name().into(), SUPPRESSION.into()];
    let stop = CancellationToken::new();
    let planned = ops.plan(&request, Arc::new(Silent), &stop).await.unwrap();
    // 15 stand on the lists; of the other 35, seven gave no consent.
    assert_eq!((planned.summary.counts.add, planned.summary.counts.removed), (28, 22), "{}", planned.effect);
    assert!(planned.effect.contains("10 on list Internal_OptOuts"), "{}", planned.effect);
    assert!(planned.effect.contains("7 no consent"), "{}", planned.effect);
    assert!(planned.effect.contains("; takes ~"), "the time stands last: {}", planned.effect);

    let what = Launched::File(request.clone());
    let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: false };
    let run = ops.upload(launch, Arc::new(Silent), &stop).await.unwrap();
    assert_eq!((run.state, run.buckets.accepted, run.buckets.removed), (RunState::Uploaded, 28, 22));
    assert!(run.buckets.is_conserved());
    let there = holds(&stage, "contactLists", OUTBOUND).await;
    for n in 0..50_u64 {
        let number = format!("+1201555{:04}", 100 + n);
        let wanted = n >= 15 && n % 5 != 4;
        assert_eq!(there.contains_key(&number), wanted, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_scrub_list_has_grown_since_is_stale() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("campaign.csv", &csv("phone", (0..20).map(spelled)));
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    request.input.scrub = vec![stage.list_name().into()];
    let planned = stage.ops.plan(&request, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    stage.ops.approve(&planned.summary.id, "ok", None).await.unwrap();
    let listed = stage.write("listed.csv", &csv("phone", [spelled(7)].into_iter()));
    upload(&stage, &listed, Destination::Entries, stage.list_name()).await;

    let what = Launched::Plan(planned.summary.id.clone());
    let late =
        stage.launch(Launch { what, reason: "a test".into(), until: Until::Ready, activates: false }).await;
    assert_eq!(late.unwrap_err().code(), "plan-stale");
    assert_eq!(stage.calls_of("/outbound/contactlistitems/bulkinsert").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_upload_that_was_not_scrubbed_says_so_and_other_uploads_are_not_scrubbed() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("campaign.csv", &csv("phone", (0..3).map(spelled)));
    let stop = CancellationToken::new();
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    let planned = stage.ops.plan(&request, Arc::new(Silent), &stop).await.unwrap();
    assert!(planned.effect.contains("NOT SCRUBBED"), "{}", planned.effect);
    request.to = Destination::Entries;
    request.list = stage.list_name().into();
    request.input.scrub = vec![SUPPRESSION.into()];
    let refused = stage.ops.plan(&request, Arc::new(Silent), &stop).await.unwrap_err();
    assert_eq!((refused.code(), refused.exit_code()), ("only-outbound", 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_share_an_address_are_two_contacts() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write(
        "shared.csv",
        &csv("phone,email", (0..2).map(|n| format!("{},family@example.com", spelled(n)))),
    );
    // On a suppression list the address is a contact of its own, once.
    for (to, list, kind, id, buckets) in [
        (Destination::Suppression, SUPPRESSION, "suppressionLists", "sl-compliance-holds", (3, 1)),
        (Destination::Outbound, OUTBOUND, "contactLists", OUTBOUND, (2, 0)),
    ] {
        let run = upload(&stage, &file, to, list).await;
        assert_eq!((run.buckets.accepted, run.buckets.duplicates), buckets, "{to}: {:?}", run.error);
        let there = holds(&stage, kind, id).await;
        for number in ["+12015550100", "+12015550101"] {
            assert!(there.contains_key(number), "{to}: {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_rows_of_a_number_the_strongest_end_and_the_gravest_reason_hold() {
    let stage = Stage::with(Story::Calm).await;
    // What binds more stands last, first, and beside a row that gives no reason.
    let file = stage.write(
        "held.csv",
        "phone,reason,expires\n\
         201-555-0100,BOUNCE,2031-05-01\n(201) 555-0100,DNC,\n\
         201-555-0101,customer request,\n201.555.0101,bounce,2031-05-01\n\
         201-555-0102,,2031-05-01\n+1 201 555 0102,unsubscribe,2032-05-01\n",
    );
    let run = upload(&stage, &file, Destination::Suppression, SUPPRESSION).await;
    assert_eq!((run.state, run.buckets.accepted, run.buckets.duplicates), (RunState::Ready, 3, 3));
    let there = holds(&stage, "suppressionLists", "sl-compliance-holds").await;
    let said = |number: &str| (there[number]["reason"].clone(), there[number]["suppressUntil"].clone());
    assert_eq!(said("+12015550100"), (json!("DNC"), Value::Null));
    assert_eq!(said("+12015550101"), (json!("CUSTOMER_REQUEST"), Value::Null));
    assert_eq!(said("+12015550102"), (json!("UNSUBSCRIBE"), json!("2032-05-01T23:59:59Z")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_no_in_one_row_has_not_opted_in_by_another() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write(
        "campaign.csv",
        "phone,optIn\n\
         201-555-0100,yes\n(201) 555-0100,no\n\
         201-555-0101,no\n(201) 555-0101,yes\n\
         201-555-0102,yes\n(201) 555-0102,\n\
         201-555-0103,yes\n(201) 555-0103,Yes\n",
    );
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    request.input.scrub = vec![stage.list_name().into()];
    let ops = stage.ops_with(|profile| profile.upload.require_opt_in = true);
    let launch = Launch {
        what: Launched::File(request),
        reason: "a test".into(),
        until: Until::Ready,
        activates: false,
    };
    let run = ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await.unwrap();
    assert_eq!((run.buckets.accepted, run.buckets.removed, run.buckets.duplicates), (1, 3, 4));
    let there = holds(&stage, "contactLists", OUTBOUND).await;
    let called: Vec<_> = there.keys().filter(|number| number.starts_with("+120155501")).collect();
    assert_eq!(called, ["+12015550103"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_never_ends_or_ends_in_an_unknown_word_is_not_waited_for_for_ever() {
    for fate in ["stuck", "odd"] {
        let stage = Stage::with(Story::Calm).await;
        let ops = stage.ops_patient(Patience {
            visible_within: Duration::from_secs(1),
            job_news_within: Duration::from_secs(1),
            ..Patience::default()
        });
        let upload = async |file: &Path| {
            let launch = launch(file, Destination::Outbound, OUTBOUND);
            ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await.unwrap()
        };
        stage.order("jobs", json!({"do": fate})).await;
        let file = stage.write("one.csv", &csv("phone", (0..100).map(spelled)));
        let run = upload(&file).await;
        assert_eq!(run.state, RunState::Discrepant, "{fate}: {:?}", run.error);
        assert_eq!((run.buckets.accepted, run.buckets.unaccounted), (60, 40), "{fate}");

        // As long as it stands there, nobody knows what is still to come: an answer that was lost stays lost.
        stage.fault(json!({"do": "reset_after", "on": "bulk"})).await;
        let file = stage.write("two.csv", &csv("phone", (100..130).map(spelled)));
        let run = upload(&file).await;
        assert_eq!(
            (run.state, run.buckets.unaccounted),
            (RunState::Discrepant, 30),
            "{fate}: {:?}",
            run.error
        );
        assert_eq!(stage.calls_of("/outbound/contactlistitems/bulkinsert").await, 2, "{fate}");
        holds(&stage, "contactLists", OUTBOUND).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_does_not_send_who_came_onto_a_scrub_list_meanwhile() {
    let stage = Stage::with(Story::Calm).await;
    let ops = stage.ops_with(|profile| profile.limits.bulk_per_call = 5);
    let file = stage.write("campaign.csv", &csv("phone", (0..20).map(spelled)));
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    request.input.scrub = vec![stage.list_name().into()];
    // One call is refused for want of a scope: its five contacts stay behind.
    stage.fault(json!({"do": "status", "status": 403, "on": "bulk"})).await;
    let (stop, what) = (CancellationToken::new(), Launched::File(request));
    let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: false };
    let run = ops.upload(launch, Arc::new(Silent), &stop).await.unwrap();
    assert_eq!(run.state, RunState::Interrupted, "{:?}", run.error);
    let inserts = "/outbound/contactlistitems/bulkinsert";
    let before = stage.calls_of(inserts).await;

    let listed = stage.write("listed.csv", &csv("phone", (0..20).map(spelled)));
    upload(&stage, &listed, Destination::Entries, stage.list_name()).await;
    let late = ops.resume(Some(&run.id), Until::Ready, Arc::new(Silent), &stop).await;
    assert_eq!(late.unwrap_err().code(), "plan-stale");
    assert_eq!(stage.ops.ledger().run(&run.id).await.unwrap().state, RunState::Failed);
    assert_eq!(stage.calls_of(inserts).await, before, "nobody was put on the list to be called");
}

/// A kill leaves calls that were journalled and never sent; they look like calls whose answer was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_does_not_send_who_came_onto_a_scrub_list_meanwhile() {
    let stage = Stage::with(Story::Calm).await;
    let file = stage.write("campaign.csv", &csv("phone", (0..20).map(spelled)));
    let mut request =
        PlanRequest { to: Destination::Outbound, list: OUTBOUND.into(), ..Stage::request(&file) };
    request.input.scrub = vec![stage.list_name().into()];
    // The call never arrives, and what became of it cannot be asked: the plan reads the list twice, by two pages each.
    stage.fault(json!({"do": "reset_before", "on": "bulk"})).await;
    stage.fault(json!({"do": "status", "status": 403, "on": "jobs_read", "skip": 4})).await;
    let (stop, what) = (CancellationToken::new(), Launched::File(request));
    let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: false };
    let run = stage.launch(launch).await.unwrap();
    assert_eq!((run.state, run.buckets.accepted), (RunState::Interrupted, 0), "{:?}", run.error);
    assert_eq!(stage.calls_of("/outbound/contactlistitems/bulkinsert").await, 1, "it was on its way");

    let listed = stage.write("listed.csv", &csv("phone", (0..7).map(spelled)));
    upload(&stage, &listed, Destination::Entries, stage.list_name()).await;
    let run = stage.ops.resume(Some(&run.id), Until::Ready, Arc::new(Silent), &stop).await.unwrap();
    assert_eq!((run.buckets.accepted, run.buckets.dead_letters), (13, 7), "{run:?}");
    let letters = stage.ops.dead_letters(Some(&run.id)).await.unwrap();
    assert!(letters.iter().all(|(_, letter)| letter.code == "SCRUBBED"), "{letters:?}");
    assert!(letters[0].1.message.contains("on list Internal_OptOuts by now"), "{}", letters[0].1.message);
    let there = holds(&stage, "contactLists", OUTBOUND).await;
    for n in 0..20_u64 {
        assert_eq!(there.contains_key(&format!("+1201555{:04}", 100 + n)), n >= 7, "{n}");
    }
}

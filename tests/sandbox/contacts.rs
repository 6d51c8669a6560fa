//! Contact updates.

use super::*;

/// The custom fields of a contact as the truth has them.
async fn custom(talk: &Talk, id: &str) -> Value {
    let state = talk.truth("state").await;
    let lists = state["contactLists"].as_array().unwrap();
    let mut contacts = lists.iter().flat_map(|list| list["contacts"].as_array().unwrap());
    contacts.find(|contact| contact["id"] == id).unwrap()["customFields"].clone()
}

fn suppressed(word: &str) -> Value {
    json!({ "fields": { "custom": { "dnc_suppression_status": word } } })
}

impl Talk {
    async fn patch(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.call(Method::PATCH, path).json(body).send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_field_is_kept_and_the_others_stay() {
    let talk = talk(small()).await;
    let (status, contact) = talk.patch("contacts/c-000001", &suppressed("SUPPRESSED")).await;
    assert_eq!((status, &contact["id"]), (200, &json!("c-000001")));
    assert_eq!(contact["phoneNumber"], SAMPLE_NUMBERS[0].0);
    let other = json!({ "fields": { "custom": { "do_not_call": true } } });
    assert_eq!(talk.patch("contacts/c-000001", &other).await.0, 200);
    // Again: the same.
    assert_eq!(talk.patch("contacts/c-000001", &suppressed("SUPPRESSED")).await.0, 200);
    let fields = custom(&talk, "c-000001").await;
    assert_eq!(
        (&fields["dnc_suppression_status"], &fields["do_not_call"]),
        (&json!("SUPPRESSED"), &json!(true))
    );
    assert_eq!(custom(&talk, "c-000002").await.get("dnc_suppression_status"), None);
}

#[tokio::test]
async fn what_is_no_update_is_refused() {
    let mut talk = talk(small()).await;
    let before = custom(&talk, "c-000001").await;
    assert_eq!(talk.patch("contacts/c-999999", &suppressed("SUPPRESSED")).await.0, 404);
    for body in [
        json!({}),
        json!({ "custom": { "a": 1 } }),
        json!({ "fields": { "custom": {} } }),
        json!({ "fields": { "custom": { "a": [1] } } }),
        json!({ "fields": { "phoneNumber": "+12025550101", "custom": { "a": 1 } } }),
    ] {
        assert_eq!(talk.patch("contacts/c-000001", &body).await.0, 400, "{body}");
    }
    assert_eq!(talk.get("contacts/c-000001").await.0, 405);
    talk.token = talk.token_for("contacts:read dnc:write").await;
    assert_eq!(talk.patch("contacts/c-000001", &suppressed("SUPPRESSED")).await.0, 403);
    assert_eq!(custom(&talk, "c-000001").await, before);
}

#[tokio::test]
async fn ten_a_second_and_no_more() {
    let talk = talk(small()).await;
    let paths: Vec<String> = (1..=25).map(|n| format!("contacts/c-{n:06}")).collect();
    let body = suppressed("SUPPRESSED");
    let calls = paths.iter().map(|path| talk.patch(path, &body));
    let answers: Vec<u16> =
        futures_util::future::join_all(calls).await.into_iter().map(|(status, _)| status).collect();
    let refused = answers.iter().filter(|status| **status == 429).count();
    assert!(refused > 0);
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 25 - refused);
    let counters = &talk.truth("state").await["counters"];
    assert_eq!(counters["families"]["contacts_write"], json!({ "calls": 25, "overshoots": refused }));
    let most = counters["contacts_in_flight_most"].as_u64().unwrap();
    assert!((1..=25).contains(&most), "{most}");
}

#[tokio::test]
async fn the_truth_tells_how_many_updates_were_in_flight_at_once() {
    let talk = talk(Options { story: Story::Slow, ..small() }).await;
    let body = suppressed("SUPPRESSED");
    let calls = (1..=6).map(|n| format!("contacts/c-{n:06}")).collect::<Vec<_>>();
    futures_util::future::join_all(calls.iter().map(|path| talk.patch(path, &body))).await;
    talk.patch("contacts/c-000001", &body).await;
    let most = talk.truth("state").await["counters"]["contacts_in_flight_most"].as_u64().unwrap();
    assert!((2..=6).contains(&most), "{most}: they waited side by side, and the seventh alone");
}

#[tokio::test]
async fn faults_of_updates_tell_one_thing_and_do_another() {
    let talk = talk(Options { contacts_per_second: 1_000, ..small() }).await;
    for (n, (fault, status, kept)) in [
        ("reset_before", None, false),
        ("reset_midway", None, false),
        ("reset_after", None, true),
        ("lie", Some(200), false),
        ("error_after", Some(500), true),
        ("throttle", Some(429), false),
        ("unauthorised", Some(401), false),
    ]
    .into_iter()
    .enumerate()
    {
        talk.control("fault", &json!({ "do": fault, "on": "contacts_write" })).await;
        let id = format!("c-{:06}", n + 1);
        let call = talk.call(Method::PATCH, &format!("contacts/{id}")).json(&suppressed("SUPPRESSED"));
        assert_eq!(call.send().await.ok().map(|answer| answer.status().as_u16()), status, "{fault}");
        let fields = custom(&talk, &id).await;
        assert_eq!(fields.get("dnc_suppression_status").is_some(), kept, "{fault}");
    }
}

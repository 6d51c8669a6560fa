//! Suppression lists: versions, verdicts per record, the identifier as the key.

use reqwest::header::HeaderValue;

use super::*;

const UNSUBSCRIBES: &str = "lists/sl-email-unsubscribes";

fn mail(n: u32) -> Value {
    json!({ "email": format!("somebody{n}@example.org"), "reason": "UNSUBSCRIBE", "version": 1 })
}

fn contacts(rows: &[Value]) -> Value {
    json!({ "contacts": rows })
}

/// Contacts of a list as the truth has them.
async fn held(talk: &Talk, list: &str) -> Vec<Value> {
    let state = talk.truth("state").await;
    let lists = state["suppressionLists"].as_array().unwrap();
    let found = lists.iter().find(|l| list.ends_with(l["id"].as_str().unwrap())).unwrap();
    found["contacts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn two_lists_are_there_and_a_third_is_made() {
    let talk = talk(small()).await;
    let (status, body) = talk.get("lists?listType=suppression").await;
    assert_eq!((status, &body["total"]), (200, &json!(2)));
    let ids: Vec<_> =
        body["entities"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["sl-email-unsubscribes", "sl-compliance-holds"]);
    assert_eq!(talk.get("lists?listType=other").await.1["entities"], json!([]));
    let (_, second) = talk.get("lists?listType=suppression&pageNumber=2&pageSize=1").await;
    assert_eq!(second["entities"][0]["id"], "sl-compliance-holds");

    let new = json!({ "name": "Spring_Holds", "listType": "suppression" });
    let made = talk.call(Method::POST, "lists").json(&new).send().await.unwrap();
    assert!(made.headers().contains_key("etag"));
    let (status, made) = read(made).await;
    assert_eq!((status, &made["name"]), (201, &json!("Spring_Holds")));
    let path = format!("lists/{}", made["id"].as_str().unwrap());
    assert_eq!(talk.get(&path).await.1, made);
    assert_eq!(talk.post("lists", &new).await.0, 409);
    assert_eq!(talk.post("lists", &json!({ "name": "X", "listType": "DNC" })).await.0, 400);
    assert_eq!(talk.post("lists", &json!({ "name": "X" })).await.0, 400);
    assert_eq!(talk.post("lists", &json!({ "name": " ", "listType": "suppression" })).await.0, 400);
    assert_eq!(talk.get("lists/nothing").await.0, 404);
}

#[tokio::test]
async fn a_list_changes_only_for_whoever_saw_its_last_version() {
    let talk = talk(small()).await;
    let seen = talk.call(Method::GET, UNSUBSCRIBES).send().await.unwrap();
    let first = seen.headers()["etag"].clone();
    let change = |tag: Option<HeaderValue>, text: &str| {
        let call = talk.call(Method::PATCH, UNSUBSCRIBES).json(&json!({ "description": text }));
        if let Some(tag) = tag { call.header("If-Match", tag) } else { call }.send()
    };
    assert_eq!(change(None, "nobody's").await.unwrap().status(), 428);
    let changed = change(Some(first.clone()), "ours").await.unwrap();
    assert_eq!(changed.status(), 200);
    let second = changed.headers()["etag"].clone();
    assert_ne!(first, second);
    assert_eq!(read(changed).await.1["description"], "ours");

    let stale = change(Some(first), "theirs").await.unwrap();
    assert_eq!(stale.status(), 409);
    assert_eq!(stale.headers()["etag"], second, "the present version is told");
    assert_eq!(talk.get(UNSUBSCRIBES).await.1["description"], "ours");

    // Contacts are not part of the version.
    talk.post(&format!("{UNSUBSCRIBES}/contacts"), &contacts(&[mail(1)])).await;
    assert_eq!(change(Some(second.clone()), "again").await.unwrap().status(), 200);

    for (fault, told) in [("lie", Some(200)), ("reset_midway", None)] {
        talk.control("fault", &json!({ "do": fault, "on": "suppression_write" })).await;
        let third = talk.call(Method::GET, UNSUBSCRIBES).send().await.unwrap().headers()["etag"].clone();
        let answer = change(Some(third.clone()), "not kept").await;
        assert_eq!(answer.ok().map(|a| a.status().as_u16()), told, "{fault}");
        assert_eq!(talk.get(UNSUBSCRIBES).await.1["description"], "again");
    }
}

#[tokio::test]
async fn the_identifier_is_the_key_and_the_last_write_wins() {
    let talk = talk(small()).await;
    let path = format!("{UNSUBSCRIBES}/contacts");
    let before = held(&talk, UNSUBSCRIBES).await.len();
    let phone = json!({ "phoneNumber": "+12025550101", "reason": "DNC", "suppressUntil": "2099-12-31" });
    let (status, body) = talk.post(&path, &contacts(&[mail(1), phone])).await;
    assert_eq!(
        (status, body),
        (201, json!({ "status": "COMPLETED", "contactCount": 2, "validationErrors": [] }))
    );
    let shouted = json!({ "email": "SOMEBODY1@example.org", "reason": "BOUNCE", "version": 2 });
    assert_eq!(talk.post(&path, &contacts(&[shouted])).await.0, 201);

    let held = held(&talk, UNSUBSCRIBES).await;
    assert_eq!(held.len(), before + 2);
    assert_eq!(held[before], json!({ "email": "somebody1@example.org", "reason": "BOUNCE", "version": 2 }));
    assert_eq!(held[before + 1]["suppressUntil"], "2099-12-31T23:59:59Z");

    let (_, page) = talk.get(&format!("{path}?pageNumber=2&pageSize={before}")).await;
    assert_eq!(page["entities"], json!(held[before..]));
    assert_eq!(talk.get(UNSUBSCRIBES).await.1["contactCount"], held.len());
}

fn mixed() -> (Vec<Value>, Vec<(usize, Value, &'static str)>) {
    let bad = [
        (json!({ "email": "nobody", "reason": "DNC" }), json!("nobody"), "INVALID_EMAIL"),
        (
            json!({ "phoneNumber": "2025550101", "reason": "DNC" }),
            json!("2025550101"),
            "INVALID_PHONE_NUMBER",
        ),
        (json!({ "reason": "DNC" }), Value::Null, "INVALID_IDENTIFIER"),
        (
            json!({ "email": "b@example.org", "phoneNumber": "+12025550102", "reason": "DNC" }),
            json!("b@example.org"),
            "INVALID_IDENTIFIER",
        ),
        (json!({ "email": "c@example.org", "reason": "BORED" }), json!("c@example.org"), "INVALID_REASON"),
        (json!({ "email": "d@example.org" }), json!("d@example.org"), "INVALID_REASON"),
        (
            json!({ "email": "e@example.org", "reason": "DNC", "suppressUntil": "2001-01-01" }),
            json!("e@example.org"),
            "SUPPRESS_UNTIL_IN_PAST",
        ),
        (
            json!({ "email": "f@example.org", "reason": "DNC", "suppressUntil": "2099-01-01T00:00:00+02:00" }),
            json!("f@example.org"),
            "INVALID_SUPPRESS_UNTIL",
        ),
        (
            json!({ "email": "g@example.org", "reason": "DNC", "until": 1 }),
            json!("g@example.org"),
            "INVALID_ROW",
        ),
    ];
    let mut rows = vec![mail(1)];
    let mut expected = Vec::new();
    for (row, identifier, code) in bad {
        expected.push((rows.len(), identifier, code));
        rows.push(row);
    }
    rows.push(mail(2));
    (rows, expected)
}

#[tokio::test]
async fn bad_records_are_named_and_the_good_ones_taken_unless_the_tenant_is_strict() {
    let talk = talk(small()).await;
    let path = format!("{UNSUBSCRIBES}/contacts");
    let before = held(&talk, UNSUBSCRIBES).await.len();
    let (rows, expected) = mixed();
    let check = |body: &Value| {
        let errors = body["validationErrors"].as_array().unwrap();
        assert_eq!(errors.len(), expected.len());
        for (error, (index, identifier, code)) in errors.iter().zip(&expected) {
            assert_eq!(
                (&error["index"], &error["identifier"], &error["code"]),
                (&json!(index), identifier, &json!(code))
            );
            assert!(!error["message"].as_str().unwrap().is_empty());
        }
    };

    talk.control("tenant", &json!({ "strictSuppression": true })).await;
    let (status, body) = talk.post(&path, &contacts(&rows)).await;
    assert_eq!(status, 422);
    check(&body);
    assert_eq!(held(&talk, UNSUBSCRIBES).await.len(), before, "nothing of the call is applied");
    assert_eq!(talk.post(&path, &contacts(&[mail(7)])).await.0, 201, "a good call is taken");

    talk.control("tenant", &json!({ "strictSuppression": false })).await;
    let (status, body) = talk.post(&path, &contacts(&rows)).await;
    assert_eq!((status, &body["contactCount"]), (201, &json!(2)));
    check(&body);
    assert_eq!(held(&talk, UNSUBSCRIBES).await.len(), before + 3);
}

#[tokio::test]
async fn no_identifier_twice_and_at_most_ten_thousand() {
    let talk = talk(small()).await;
    let path = format!("{UNSUBSCRIBES}/contacts");
    let before = held(&talk, UNSUBSCRIBES).await.len();
    let mut twice = vec![mail(1), mail(2), mail(1)];
    let (status, body) = talk.post(&path, &contacts(&twice)).await;
    assert_eq!((status, &body["code"]), (400, &json!("DUPLICATE_IDENTIFIER")));
    twice[2]["email"] = json!("SomeBody2@Example.org");
    assert_eq!(talk.post(&path, &contacts(&twice)).await.0, 400);
    assert_eq!(talk.post(&path, &contacts(&[])).await.0, 400);
    let many: Vec<Value> = (0..10_001).map(mail).collect();
    assert_eq!(talk.post(&path, &contacts(&many)).await.0, 413);
    assert_eq!(held(&talk, UNSUBSCRIBES).await.len(), before);
    let (status, body) = talk.post(&path, &contacts(&many[1..])).await;
    assert_eq!((status, &body["contactCount"]), (201, &json!(10_000)));
    assert_eq!(held(&talk, UNSUBSCRIBES).await.len(), before + 10_000);
    assert_eq!(talk.post("lists/nothing/contacts", &contacts(&[mail(1)])).await.0, 404);
    assert_eq!(talk.get("lists/nothing/contacts").await.0, 404);
}

#[tokio::test]
async fn lists_and_their_contacts_ask_for_different_scopes_and_share_a_limit() {
    let mut talk = talk(Options { suppression_per_minute: 4, ..small() }).await;
    let path = format!("{UNSUBSCRIBES}/contacts");
    let new = json!({ "name": "New", "listType": "suppression" });
    talk.token = talk.token_for("lists:read lists:write").await;
    assert_eq!(talk.get("lists").await.0, 200);
    assert_eq!(talk.post("lists", &new).await.0, 201);
    assert_eq!(talk.get(&path).await.0, 403);
    assert_eq!(talk.post(&path, &contacts(&[mail(1)])).await.0, 403);
    talk.token = talk.token_for("lists:contacts:read lists:contacts:write").await;
    assert_eq!(talk.get(&path).await.0, 200);
    assert_eq!(talk.post(&path, &contacts(&[mail(1)])).await.0, 201);
    assert_eq!(talk.get("lists").await.0, 403);
    // A call that was not let in does not count.
    assert_eq!(talk.get(&path).await.0, 429);
    assert_eq!(talk.post(&path, &contacts(&[mail(1)])).await.0, 429);
    let families = &talk.truth("state").await["counters"]["families"];
    assert_eq!(families["suppression_read"], json!({ "calls": 3, "overshoots": 1 }));
    assert_eq!(families["suppression_write"], json!({ "calls": 3, "overshoots": 1 }));
}

#[tokio::test]
async fn faults_of_suppression_tell_one_thing_and_do_another() {
    let talk = talk(small()).await;
    let path = format!("{UNSUBSCRIBES}/contacts");
    let mut expected = held(&talk, UNSUBSCRIBES).await.len();
    for (n, (fault, status, counted, applied)) in [
        ("reset_before", None, Value::Null, 0),
        ("reset_midway", None, Value::Null, 5),
        ("reset_after", None, Value::Null, 10),
        ("lie", Some(201), json!(10), 0),
        ("omit", Some(201), json!(9), 10),
        ("html", Some(200), Value::Null, 10),
        ("error_after", Some(500), Value::Null, 10),
        ("unavailable", Some(503), Value::Null, 0),
    ]
    .into_iter()
    .enumerate()
    {
        talk.control("fault", &json!({ "do": fault, "on": "suppression_write" })).await;
        let rows: Vec<Value> = (0..10).map(|row| mail(100 * n as u32 + row)).collect();
        match talk.call(Method::POST, &path).json(&contacts(&rows)).send().await {
            Err(_) => assert_eq!(status, None, "{fault}"),
            Ok(answer) => {
                let (got, body) = read(answer).await;
                assert_eq!((Some(got), &body["contactCount"]), (status, &counted), "{fault}");
            }
        }
        expected += applied;
        assert_eq!(held(&talk, UNSUBSCRIBES).await.len(), expected, "{fault}");
        // Sent again, it may be: the identifier is the key.
        assert_eq!(talk.post(&path, &contacts(&rows)).await.0, 201);
        expected += 10 - applied;
        assert_eq!(held(&talk, UNSUBSCRIBES).await.len(), expected, "{fault}");
    }
}

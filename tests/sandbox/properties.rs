//! What the tenant is like for good.

use std::time::SystemTime;

use super::*;

/// A small world of a tenant with these properties.
fn like(properties: &[(&str, &str)]) -> Options {
    let mut options = Options { lag: Duration::ZERO, ..small() };
    for (word, value) in properties {
        options.tenant.set(word, value).unwrap();
    }
    options
}

/// Seconds by which a date of an answer is ahead.
fn ahead(date: &reqwest::header::HeaderValue) -> i64 {
    let told = httpdate::parse_http_date(date.to_str().unwrap()).unwrap();
    match told.duration_since(SystemTime::now()) {
        Ok(ahead) => ahead.as_secs() as i64,
        Err(behind) => -(behind.duration().as_secs() as i64),
    }
}

#[tokio::test]
async fn a_clock_may_be_ahead_or_behind_and_dates_to_wait_for_are_told_by_it() {
    for skew in [7_200, -7_200] {
        let talk = talk(like(&[("clock_skew", &skew.to_string())])).await;
        talk.control("fault", &json!({ "do": "throttle_date" })).await;
        let answer = talk.call(Method::GET, "users/me").send().await.unwrap();
        for date in ["date", "retry-after"] {
            assert_eq!(answer.headers().get_all(date).iter().count(), 1);
            let told = ahead(&answer.headers()[date]);
            assert!((told - skew).abs() < 60, "{date}: {told}");
        }
        talk.control("tenant", &json!({ "clockSkew": 0 })).await;
        let answer = talk.call(Method::GET, "users/me").send().await.unwrap();
        assert!(ahead(&answer.headers()["date"]).abs() < 60);
    }
}

#[tokio::test]
async fn a_token_may_live_for_a_second() {
    let talk = talk(small()).await;
    talk.control("tenant", &json!({ "tokenLife": 1 })).await;
    assert_eq!(talk.get("users/me").await.0, 200, "one that was given out before lives on");
    let (_, body) = read(talk.ask_token(talk.sandbox.client_secret(), "dnc:read").await.unwrap()).await;
    assert_eq!(body["expires_in"], 1);
    let begin = std::time::Instant::now();
    let talk = Talk { token: body["access_token"].as_str().unwrap().to_owned(), ..talk };
    until("the token is over", async || talk.get("users/me").await.0 == 401).await;
    assert!(begin.elapsed() >= Duration::from_millis(900), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_scope_that_is_not_granted_is_a_403_that_names_nothing() {
    let talk = talk(like(&[("scopes", "dnc:read,tenant:read")])).await;
    let (_, body) = read(talk.ask_token(talk.sandbox.client_secret(), ALL_SCOPES).await.unwrap()).await;
    assert_eq!(body["scope"], "dnc:read tenant:read");
    assert_eq!(talk.get("dnc/rules").await.0, 200);
    for (status, body) in [
        talk.post("dnc/entries", &rows("?", 100, 1)).await,
        talk.get("lists").await,
        talk.get("outbound/jobs").await,
    ] {
        assert_eq!(status, 403);
        let told = body.to_string();
        assert!(["dnc:", "lists:", "outbound:"].iter().all(|scope| !told.contains(scope)), "{told}");
        assert!(!told.to_lowercase().contains("scope"), "{told}");
    }
    assert!(talk.truth("log").await.as_array().unwrap().iter().any(|line| line["status"] == 403));
}

#[tokio::test]
async fn a_key_that_is_forgotten_makes_a_second_record() {
    let talk = talk(like(&[("key_retention", "1")])).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let begin = std::time::Instant::now();
    let body = rows(&list, 100, 1);
    assert_eq!(talk.post("dnc/entries", &body).await.0, 201);
    until("the key is forgotten", async || {
        assert_eq!(talk.post("dnc/entries", &body).await.0, 201);
        talk.numbers_on(&list).await.len() == before + 2
    })
    .await;
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!(talk.truth("state").await["duplicates"][0]["records"], 2);

    // Kept for ever it stays one.
    talk.control("tenant", &json!({ "keyRetention": "unlimited" })).await;
    assert_eq!(talk.post("dnc/entries", &body).await.0, 201);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 2);
}

#[tokio::test]
async fn where_nothing_is_enforced_the_query_says_pending_for_ever() {
    let talk = talk(like(&[("enforcement", "false")])).await;
    let list = talk.list_id("Internal_OptOuts").await;
    assert_eq!(talk.post("dnc/entries", &rows(&list, 111, 1)).await.0, 201);
    let items = json!([{ "phoneNumber": "+12025550112" }]);
    assert_eq!(talk.post(&format!("dnc/lists/{list}/items"), &items).await.0, 202);
    // Written after it, and enforced at once: it is not a matter of waiting.
    talk.control("tenant", &json!({ "enforcement": true })).await;
    assert_eq!(talk.post("dnc/entries", &rows(&list, 113, 1)).await.0, 201);
    let company = |status: &str| vec![("COMPANY".to_owned(), status.to_owned())];
    assert_eq!(talk.records("+12025550113").await, company("SUPPRESSED"));
    for number in ["+12025550111", "+12025550112"] {
        assert_eq!(talk.records(number).await, company("PENDING"), "{number}");
    }
}

/// What somebody else did to a list, by the truth log: method and path of each act.
async fn acts(talk: &Talk) -> Vec<(String, String)> {
    let log = talk.truth("log").await;
    let lines = log.as_array().unwrap().iter().filter(|line| line["fault"] == "other_writer");
    lines
        .map(|line| (line["method"].as_str().unwrap().into(), line["path"].as_str().unwrap().into()))
        .collect()
}

/// Walks a list page by page while somebody else writes to it, and writes to it too. Gives what the pages held.
async fn walk(talk: &Talk, list: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for page in 0..12 {
        let (_, body) = talk.get(&format!("dnc/entries?listId={list}&limit=5&offset={}", page * 5)).await;
        seen.extend(body["data"].as_array().unwrap().iter().map(|entry| entry["id"].to_string()));
        talk.get(&format!("dnc/lists/{list}/items?pageNumber=1&pageSize=5")).await;
        assert_eq!(talk.post("dnc/entries", &rows(list, 100 + page, 1)).await.0, 201);
    }
    seen
}

#[tokio::test]
async fn somebody_else_writes_between_the_pages_and_the_truth_knows_it() {
    let talk = talk(like(&[("other_writer", "1")])).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    walk(&talk, &list).await;
    let acts = acts(&talk).await;
    assert_eq!(acts.len(), 36, "before every call on the list, and before no other");
    let added = acts.iter().filter(|(method, _)| method == "POST").count();
    assert!((8..=28).contains(&added), "{added} of {}", acts.len());
    assert_eq!(talk.numbers_on(&list).await.len(), before + 12 + added - (acts.len() - added));
    let state = talk.truth(&format!("state?listId={list}")).await;
    let records = state["lists"][0]["records"].as_array().unwrap();
    let theirs = records.iter().filter(|record| record["source"] == "other_writer").count();
    assert!((1..=added).contains(&theirs), "{theirs}");
    for (_, path) in acts.iter().filter(|(method, _)| method == "DELETE") {
        let id = path.rsplit('/').next().unwrap();
        assert!(records.iter().all(|record| record["id"] != id), "{path} is gone");
    }
}

#[tokio::test]
async fn somebody_else_does_what_the_seed_says_and_as_often_as_is_said() {
    let seen = async |seed: u64, one_in: &str| {
        let talk = talk(Options { seed, ..like(&[("other_writer", one_in)]) }).await;
        let list = talk.list_id("Internal_OptOuts").await;
        let seen = walk(&talk, &list).await;
        (acts(&talk).await, seen)
    };
    let seven = seen(7, "3").await;
    assert_eq!(seven.0.len(), 12);
    assert_eq!(seven, seen(7, "3").await);
    // Ids of entries are of the seed anyway: what is done must be, too.
    let methods =
        |acts: &[(String, String)]| acts.iter().map(|(method, _)| method.clone()).collect::<Vec<_>>();
    assert_ne!(methods(&seven.0), methods(&seen(8, "3").await.0));
    assert!(seen(7, "0").await.0.is_empty());
}

#[tokio::test]
async fn numbers_of_contacts_may_come_back_bare_and_mean_the_same() {
    let talk = talk(Options { job_duration: Duration::ZERO, ..like(&[("bare_numbers", "true")]) }).await;
    talk.bulk(&super::outbound::insert(0, 1)).await;
    let contacts = talk.get("outbound/contactlists/cl-spring-campaign/contacts?pageSize=1000").await.1;
    let last = contacts["entities"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["phoneNumber"], "13032000000");
    let body = json!({ "fields": { "custom": { "a": 1 } } });
    let path = format!("contacts/{}", last["id"].as_str().unwrap());
    let changed = read(talk.call(Method::PATCH, &path).json(&body).send().await.unwrap()).await.1;
    assert_eq!(changed["phoneNumber"], "13032000000");
    let truth = talk.truth("state").await;
    let held = truth["contactLists"][0]["contacts"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(held["phoneNumber"], "+13032000000");
}

#[tokio::test]
async fn a_property_that_is_not_understood_is_refused_and_changes_nothing() {
    let talk = talk(small()).await;
    let url = format!("{}/tenant", talk.sandbox.control_url());
    for (body, told) in [
        (json!({ "tokenLife": 1, "weather": "fine" }), "other_writer"),
        (json!({ "tokenLife": 1, "scopes": "dnc:nothing" }), "lists:contacts:read"),
        (json!({ "tokenLife": 1, "enforcement": "no" }), "true or false"),
        (json!({ "tokenLife": 1, "clockSkew": [] }), "plain value"),
    ] {
        let (status, answer) = read(talk.http.post(&url).json(&body).send().await.unwrap()).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["message"].as_str().unwrap().contains(told), "{body}: {answer}");
    }
    let (_, token) = read(talk.ask_token(talk.sandbox.client_secret(), "dnc:read").await.unwrap()).await;
    assert_eq!(token["expires_in"], 3600);
}

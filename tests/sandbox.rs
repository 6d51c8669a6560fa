//! The embedded tenant keeps its contract: what a client may rely on, and what it must be able to survive.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;
use std::time::Duration;

use quietline::sandbox::{Options, SAMPLE_NUMBERS, Sandbox, Story};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ALL_SCOPES: &str = "dnc:read dnc:write tenant:read contacts:read";

/// A sandbox and somebody who talks to it.
struct Talk {
    sandbox: Sandbox,
    http: reqwest::Client,
    token: String,
}

async fn talk(options: Options) -> Talk {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(options).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut talk = Talk { sandbox, http, token: String::new() };
    talk.token = talk.token_for(ALL_SCOPES).await;
    talk
}

/// A small calm world with room for many calls.
fn small() -> Options {
    Options { entries: 500, entries_per_second: 10_000, ..Options::default() }
}

impl Talk {
    async fn ask_token(&self, secret: &str, scope: &str) -> reqwest::Result<Response> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.sandbox.client_id()),
            ("client_secret", secret),
            ("scope", scope),
        ];
        self.http.post(self.sandbox.token_url()).form(&form).send().await
    }

    async fn token_for(&self, scope: &str) -> String {
        // The flaky story may refuse a token call twice in a row, never three times.
        for _ in 0..3 {
            if let Ok(answer) = self.ask_token(self.sandbox.client_secret(), scope).await
                && let Ok(body) = answer.json::<Value>().await
                && let Some(token) = body["access_token"].as_str()
            {
                return token.to_owned();
            }
        }
        panic!("no token in three tries");
    }

    fn call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/{path}", self.sandbox.api_url())).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.call(Method::GET, path).send().await.unwrap()).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.call(Method::POST, path).json(body).send().await.unwrap()).await
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/{path}", self.sandbox.control_url());
        let (status, body) = read(self.http.post(url).json(body).send().await.unwrap()).await;
        assert!(status < 300, "{path}: {status} {body}");
        body
    }

    async fn truth(&self, what: &str) -> Value {
        let url = format!("{}/{what}", self.sandbox.control_url());
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn list_id(&self, name: &str) -> String {
        let (_, body) = self.get(&format!("dnc/lists?query={name}")).await;
        let lists = body["entities"].as_array().unwrap();
        lists.iter().find(|list| list["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn records(&self, number: &str) -> Vec<(String, String)> {
        let (status, body) = self.post("dnc/records/query", &json!({ "phones": [number] })).await;
        assert_eq!(status, 200, "{body}");
        let mut records: Vec<_> = body["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["type"].as_str().unwrap().to_owned(), r["status"].as_str().unwrap().to_owned()))
            .collect();
        records.sort();
        records
    }

    /// Numbers that the truth has on a list, with the repeats.
    async fn numbers_on(&self, list: &str) -> Vec<String> {
        let state = self.truth(&format!("state?listId={list}")).await;
        let records = state["lists"][0]["records"].as_array().unwrap().clone();
        records.iter().map(|r| r["phoneNumber"].as_str().unwrap().to_owned()).collect()
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn row(list: &str, number: &str, key: &str) -> Value {
    json!({ "phoneNumber": number, "listId": list, "jurisdiction": "US-DC", "source": "test", "idempotencyKey": key })
}

fn rows(list: &str, from: u32, count: u32) -> Value {
    let data: Vec<Value> =
        (from..from + count).map(|n| row(list, &format!("+1202555{n:04}"), &format!("key-{n}"))).collect();
    json!({ "data": data })
}

// --- tokens and scopes ---

#[tokio::test]
async fn the_wrong_secret_gets_no_token_and_no_token_gets_nothing() {
    let talk = talk(small()).await;
    let (status, body) = read(talk.ask_token("wrong", ALL_SCOPES).await.unwrap()).await;
    assert_eq!((status, &body), (401, &json!({ "error": "invalid_client" })));

    let (status, body) = read(talk.ask_token(talk.sandbox.client_secret(), "dnc:read").await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));

    assert_eq!(talk.get("users/me").await.0, 200);
    let bare = talk.http.get(format!("{}/users/me", talk.sandbox.api_url()));
    assert_eq!(bare.send().await.unwrap().status(), 401);
    let wrong = talk.http.get(format!("{}/users/me", talk.sandbox.api_url())).bearer_auth("sbx.wrong");
    assert_eq!(wrong.send().await.unwrap().status(), 401);

    talk.control("revoke", &json!({})).await;
    assert_eq!(talk.get("users/me").await.0, 401);
}

#[tokio::test]
async fn each_family_asks_for_its_scopes() {
    let mut talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;

    talk.token = talk.token_for("dnc:read").await;
    assert_eq!(talk.get("dnc/lists").await.0, 200);
    assert_eq!(talk.get("dnc/entries?limit=1").await.0, 200);
    assert_eq!(talk.get("dnc/rules").await.0, 403);
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": [] })).await.0, 403);
    let (status, body) = talk.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(status, 403);
    assert!(body["message"].as_str().unwrap().contains("dnc:write"));

    talk.token = talk.token_for("dnc:read tenant:read").await;
    assert_eq!(talk.get("dnc/rules").await.0, 200);
}

// --- lists ---

#[tokio::test]
async fn lists_are_made_in_both_dialects_and_a_name_only_once() {
    let talk = talk(small()).await;
    let (status, made) = talk.post("dnc/lists", &json!({ "name": "Spring", "type": "MANUAL" })).await;
    assert_eq!((status, &made["isActive"]), (201, &json!(true)));
    assert_eq!(talk.post("dnc/lists", &json!({ "name": "Spring" })).await.0, 409);
    assert_eq!(talk.post("dnc/lists", &json!({ "listName": "Spring" })).await.0, 409);
    let items = json!({ "listName": "Autumn", "sourceType": "REGULATORY", "scope": "REGION" });
    let (status, made) = talk.post("dnc/lists", &items).await;
    assert_eq!((status, &made["listName"], &made["scope"]), (201, &json!("Autumn"), &json!("REGION")));
    assert_eq!(talk.post("dnc/lists", &json!({ "description": "no name" })).await.0, 400);

    let path = format!("dnc/lists/{}", made["id"].as_str().unwrap());
    let change = talk.call(Method::PATCH, &path).json(&json!({ "isActive": false }));
    assert_eq!(change.send().await.unwrap().status(), 200);
    assert_eq!(talk.get(&path).await.1["isActive"], false);
    assert_eq!(talk.get("dnc/lists/nothing").await.0, 404);
}

#[tokio::test]
async fn a_search_may_hit_the_wrong_list_first_and_pages_cover_all() {
    let talk = talk(small()).await;
    let (_, found) = talk.get("dnc/lists?query=state_tx_dnc").await;
    assert_eq!(found["entities"][0]["name"], "State_TX_DNC_2023");
    assert_eq!(found["entities"][1]["name"], "State_TX_DNC");

    let mut names = HashSet::new();
    for page in 1..=3 {
        let (_, body) = talk.get(&format!("dnc/lists?pageNumber={page}&pageSize=3")).await;
        names.extend(body["entities"].as_array().unwrap().iter().map(|l| l["name"].to_string()));
    }
    assert_eq!(names.len(), 8);
    assert_eq!(talk.get("dnc/lists?pageSize=1000").await.0, 400);
}

// --- rules ---

#[tokio::test]
async fn a_rule_changes_only_for_whoever_saw_its_last_version() {
    let talk = talk(small()).await;
    let list = talk.list_id("Trial_Imports").await;
    let body =
        json!({ "name": "Trial", "scope": "BOTH", "priority": 60, "listIds": [list], "action": "BLOCK" });
    let made = talk.call(Method::POST, "dnc/rules").json(&body).send().await.unwrap();
    let first = made.headers()["etag"].clone();
    let (status, rule) = read(made).await;
    assert_eq!(status, 201);
    let path = format!("dnc/rules/{}", rule["id"].as_str().unwrap());

    let change = |tag: Option<reqwest::header::HeaderValue>| {
        let call = talk.call(Method::PATCH, &path).json(&json!({ "priority": 61 }));
        if let Some(tag) = tag { call.header("If-Match", tag) } else { call }.send()
    };
    assert_eq!(change(None).await.unwrap().status(), 428);
    let changed = change(Some(first.clone())).await.unwrap();
    let second = changed.headers()["etag"].clone();
    assert_eq!(changed.status(), 200);
    assert_ne!(first, second);
    assert_eq!(change(Some(first.clone())).await.unwrap().status(), 412);

    let remove = |tag| talk.call(Method::DELETE, &path).header("If-Match", tag).send();
    assert_eq!(remove(first).await.unwrap().status(), 412);
    assert_eq!(talk.get(&path).await.1["priority"], 61);
    assert_eq!(remove(second).await.unwrap().status(), 204);
    assert_eq!(talk.get(&path).await.0, 404);
    let unknown = json!({ "name": "X", "scope": "BOTH", "priority": 1, "listIds": ["?"], "action": "BLOCK" });
    assert_eq!(talk.post("dnc/rules", &unknown).await.0, 400);
}

#[tokio::test]
async fn the_world_has_one_exception_ahead_of_a_wider_block() {
    let talk = talk(small()).await;
    let (_, body) = talk.get("dnc/rules").await;
    let rules = body["entities"].as_array().unwrap();
    assert!(rules.len() >= 5);
    let inversions =
        rules.iter().flat_map(|allow| rules.iter().map(move |block| (allow, block))).filter(|(a, b)| {
            a["action"] == "ALLOW"
                && b["action"] == "BLOCK"
                && b["isActive"] == true
                && a["scope"] == "OUTBOUND"
                && b["scope"] == "BOTH"
                && a["priority"].as_i64() < b["priority"].as_i64()
        });
    assert_eq!(inversions.count(), 1);
}

// --- entries ---

#[tokio::test]
async fn a_key_sent_twice_makes_one_record_and_a_new_key_a_second() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();

    let (status, first) = talk.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(status, 201);
    let (status, again) = talk.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!((status, &again["data"][0]["id"]), (201, &first["data"][0]["id"]));
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1);

    let mut other = row(&list, "+12025550100", "key-100");
    other["source"] = json!("another source");
    let (status, conflict) = talk.post("dnc/entries", &json!({ "data": [other] })).await;
    assert_eq!((status, &conflict["errors"][0]["code"]), (200, &json!("KEY_CONFLICT")));

    let (status, second) =
        talk.post("dnc/entries", &json!({ "data": [row(&list, "+12025550100", "another")] })).await;
    assert_eq!(status, 201);
    assert_ne!(second["data"][0]["id"], first["data"][0]["id"]);
    let state = talk.truth("state").await;
    let doubled = json!([{ "listId": list, "phoneNumber": "+12025550100", "records": 2 }]);
    assert_eq!(state["duplicates"], doubled);
    assert_eq!(state["keys"]["key-100"], json!({ "seen": 2, "applied": 1 }));
}

#[tokio::test]
async fn a_partial_answer_names_each_refused_row_and_takes_the_rest() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let change = |n: usize, field: &str, value: Value| {
        let mut row = row(&list, &format!("+120255501{n:02}"), &format!("key-{n}"));
        if value.is_null() {
            row.as_object_mut().unwrap().remove(field);
        } else {
            row[field] = value;
        }
        row
    };
    let cases = [
        (change(10, "phoneNumber", json!("12025550110")), "INVALID_PHONE_NUMBER"),
        (change(11, "jurisdiction", json!("Texas")), "INVALID_JURISDICTION"),
        (change(12, "jurisdiction", Value::Null), "INVALID_JURISDICTION"),
        (change(13, "listId", json!("nothing")), "LIST_NOT_FOUND"),
        (change(14, "expirationDate", json!("2001-01-01")), "EXPIRATION_IN_PAST"),
        (change(15, "expirationDate", json!("soon")), "INVALID_EXPIRATION"),
        (change(16, "idempotencyKey", Value::Null), "MISSING_IDEMPOTENCY_KEY"),
        (change(17, "phoneNumber", json!("+18005550117")), "REJECTED_BY_POLICY"),
        (json!("no entry at all"), "INVALID_ROW"),
    ];
    let mut data: Vec<Value> = cases.iter().map(|(row, _)| row.clone()).collect();
    data.push(change(18, "expirationDate", json!("2099-12-31")));
    let (status, body) = talk.post("dnc/entries", &json!({ "data": data })).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"].as_array().unwrap().len(), 1);
    let errors = body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), cases.len());
    for (n, (row, code)) in cases.iter().enumerate() {
        assert_eq!((&errors[n]["index"], &errors[n]["code"]), (&json!(n), &json!(code)));
        assert_eq!(errors[n]["phoneNumber"], *row.get("phoneNumber").unwrap_or(&Value::Null));
    }

    let (_, found) = talk.get("dnc/entries?phoneNumber=%2B12025550118").await;
    assert_eq!(found["data"][0]["expirationDate"], "2099-12-31T23:59:59Z");
    assert_eq!(found["data"][0]["idempotencyKey"], "key-18");
}

#[tokio::test]
async fn more_than_a_hundred_rows_are_refused_whole() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await;
    assert_eq!(talk.post("dnc/entries", &rows(&list, 100, 101)).await.0, 413);
    assert_eq!(talk.numbers_on(&list).await, before);
    assert_eq!(talk.post("dnc/entries", &rows(&list, 100, 100)).await.0, 201);
    assert_eq!(talk.post("dnc/entries", &json!({ "data": [] })).await.0, 400);
    assert_eq!(talk.post("dnc/entries", &json!("what")).await.0, 400);
}

#[tokio::test]
async fn entries_are_read_in_pages_and_removed_by_id() {
    let talk = talk(small()).await;
    let list = talk.list_id("TCPA_National_Suppression_v2").await;
    let (mut ids, mut offset) = (Vec::new(), 0);
    loop {
        let (_, body) = talk.get(&format!("dnc/entries?listId={list}&limit=100&offset={offset}")).await;
        let page = body["data"].as_array().unwrap();
        ids.extend(page.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        offset += 100;
        if page.len() < 100 {
            break;
        }
    }
    assert_eq!(ids.len(), talk.numbers_on(&list).await.len());
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());

    let path = format!("dnc/entries/{}", ids[5]);
    assert_eq!(talk.call(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(talk.call(Method::DELETE, &path).send().await.unwrap().status(), 404);
    assert_eq!(talk.numbers_on(&list).await.len(), ids.len() - 1);

    assert_eq!(talk.get("dnc/entries?listId=nothing").await.0, 404);
    assert_eq!(talk.get("dnc/entries?limit=5000").await.0, 400);
    // A plus sign that was not escaped arrives as a blank.
    assert_eq!(talk.get("dnc/entries?phoneNumber=+12025550101").await.0, 400);
}

// --- the record query ---

#[tokio::test]
async fn the_sample_numbers_show_what_they_say() {
    let talk = talk(small()).await;
    let expected: [(&str, &[(&str, &str)]); 10] = [
        ("+12025550101", &[("NATIONAL", "SUPPRESSED")]),
        ("+14155550287", &[("NATIONAL", "NOT_SUPPRESSED")]),
        ("+12125550123", &[("COMPANY", "PENDING")]),
        ("+13105550144", &[("COMPANY", "NOT_SUPPRESSED"), ("NATIONAL", "SUPPRESSED")]),
        ("+19165550177", &[("COMPANY", "SUPPRESSED"), ("NATIONAL", "SUPPRESSED"), ("STATE", "SUPPRESSED")]),
        ("+12065550133", &[("NATIONAL", "SUPPRESSED")]),
        ("+17135550155", &[("STATE", "NOT_SUPPRESSED")]),
        ("+16175550162", &[("COMPANY", "NOT_SUPPRESSED")]),
        ("+13055550188", &[("COMPANY", "NOT_SUPPRESSED")]),
        ("+15125550199", &[]),
    ];
    for ((number, wanted), (sample, what)) in expected.into_iter().zip(SAMPLE_NUMBERS) {
        assert_eq!(number, sample);
        let wanted: Vec<_> = wanted.iter().map(|(t, s)| ((*t).to_owned(), (*s).to_owned())).collect();
        assert_eq!(talk.records(number).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn a_written_number_is_pending_until_the_lag_has_passed() {
    let slow = talk(Options { lag: Duration::from_secs(3_600), ..small() }).await;
    let list = slow.list_id("Internal_OptOuts").await;
    slow.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(slow.records("+12025550100").await, [("COMPANY".into(), "PENDING".into())]);

    let quick = talk(Options { lag: Duration::ZERO, ..small() }).await;
    let list = quick.list_id("Internal_OptOuts").await;
    quick.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(quick.records("+12025550100").await, [("COMPANY".into(), "SUPPRESSED".into())]);
}

#[tokio::test]
async fn the_records_of_a_batch_come_in_pages_and_some_numbers_have_none() {
    let talk = talk(Options { entries: 2_000, ..small() }).await;
    let phones: Vec<String> = talk
        .numbers_on("State_CA_DNC")
        .await
        .into_iter()
        .take(60)
        .chain((0..40).map(|n| format!("+1201234{n:04}")))
        .collect();
    let ask = |limit: usize, offset: usize| {
        let body = json!({ "phones": phones, "limit": limit, "offset": offset });
        let talk = &talk;
        async move { talk.post("dnc/records/query", &body).await.1["records"].as_array().unwrap().clone() }
    };
    // A hundred phones may have more than a hundred records.
    let mut whole = ask(100, 0).await;
    assert_eq!(whole.len(), 100);
    whole.extend(ask(100, 100).await);
    let mut paged = Vec::new();
    for offset in (0..whole.len() + 7).step_by(7) {
        paged.extend(ask(7, offset).await);
    }
    assert!(paged == whole, "small pages hold the same records as large ones");
    let answered: HashSet<_> = whole.iter().map(|r| r["phone"].as_str().unwrap()).collect();
    assert!(answered.len() < 100, "some are unknown");
    assert!(whole.len() > answered.len(), "some have several records");
    assert!(whole.iter().any(|r| r["status"] == "NOT_SUPPRESSED"));
    let order: Vec<_> =
        whole.iter().map(|r| phones.iter().position(|p| r["phone"] == **p).unwrap()).collect();
    assert!(!order.is_sorted(), "in any order");

    let many: Vec<&str> = vec!["+12025550101"; 101];
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": many })).await.0, 400);
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": ["2025550101"] })).await.0, 400);
}

// --- limits ---

#[tokio::test]
async fn calls_beyond_the_limit_are_refused_counted_and_told_when_to_come_back() {
    let talk = talk(Options { entries_per_second: 5, ..small() }).await;
    let mut refused = 0;
    for _ in 0..12 {
        let answer = talk.call(Method::GET, "dnc/entries?limit=1").send().await.unwrap();
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "1");
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(talk.truth("state").await["counters"]["overshoots"], refused);

    let mut last = 200;
    for _ in 0..101 {
        last = talk.post("dnc/records/query", &json!({ "phones": [] })).await.0;
    }
    assert_eq!(last, 429);
}

// --- faults ---

#[tokio::test]
async fn a_reset_looks_like_a_broken_connection_before_and_after_the_write() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let mut expected = before;
    for (n, (fault, applied)) in
        [("reset_before", 0), ("reset_midway", 5), ("reset_after", 10)].iter().enumerate()
    {
        talk.control("fault", &json!({ "do": fault, "on": "entries_write" })).await;
        let body = rows(&list, 1_000 + 100 * n as u32, 10);
        let error = talk.call(Method::POST, "dnc/entries").json(&body).send().await.unwrap_err();
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{fault}: {error:?}");
        expected += applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");

        // The same keys again: what is missing is made, nothing is doubled.
        assert_eq!(talk.post("dnc/entries", &body).await.0, 201);
        expected += 10 - applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");
    }
    assert_eq!(talk.truth("state").await["duplicates"], json!([]));
    let log = talk.truth("log").await;
    let told: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["fault"].is_string())
        .map(|l| l["applied"].clone())
        .collect();
    assert_eq!(told, [json!(0), json!(5), json!(10)]);
}

#[tokio::test]
async fn a_reset_is_one_and_not_a_polite_end() {
    let talk = talk(small()).await;
    talk.control("fault", &json!({ "do": "reset_before", "on": "token" })).await;
    let mut stream = tokio::net::TcpStream::connect(talk.sandbox.address()).await.unwrap();
    let request = "POST /oauth/token HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let error = stream.read(&mut [0; 64]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_cut_answer_has_its_head_and_not_its_body() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    talk.control("fault", &json!({ "do": "truncate", "on": "entries_write" })).await;
    let answer = talk.call(Method::POST, "dnc/entries").json(&rows(&list, 100, 20)).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.bytes().await.is_err());
    assert!(talk.numbers_on(&list).await.contains(&"+12025550119".to_owned()));
}

#[tokio::test]
async fn scripted_faults_strike_the_calls_they_were_ordered_for() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let post = |n: u32| {
        let call = talk.call(Method::POST, "dnc/entries").json(&rows(&list, n, 2));
        async move { call.send().await.unwrap() }
    };
    for fault in
        ["throttle_date", "throttle", "unavailable", "unavailable_after", "unauthorised", "too_large"]
    {
        talk.control("fault", &json!({ "do": fault, "on": "entries_write" })).await;
    }
    talk.control("fault", &json!({ "do": "error_after", "on": "entries_write", "skip": 1 })).await;

    let date = post(1_000).await;
    assert_eq!(date.status(), 429);
    assert!(httpdate::parse_http_date(date.headers()["retry-after"].to_str().unwrap()).is_ok());
    assert_eq!(post(1_000).await.headers()["retry-after"], "1");
    let bare = post(1_000).await;
    assert_eq!((bare.status().as_u16(), bare.headers().get("retry-after")), (503, None));
    assert_eq!(post(1_000).await.headers()["retry-after"], "1");
    assert_eq!(post(1_000).await.status(), 401);
    assert_eq!(post(1_000).await.status(), 413);
    assert_eq!(talk.numbers_on(&list).await.len(), before);
    assert_eq!(post(1_000).await.status(), 201);
    assert_eq!(post(2_000).await.status(), 500);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 4);

    talk.control("fault", &json!({ "do": "omit" })).await;
    assert_eq!(read(post(3_000).await).await.1["data"].as_array().unwrap().len(), 1);
    talk.control("fault", &json!({ "do": "lie" })).await;
    assert_eq!(read(post(4_000).await).await.1["data"].as_array().unwrap().len(), 2);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 6);
}

#[tokio::test]
async fn a_patient_client_gets_through_the_flaky_story_with_nothing_doubled() {
    let talk = talk(Options { story: Story::Flaky, ..small() }).await;
    let list = {
        let state = talk.truth("state").await;
        let lists = state["lists"].as_array().unwrap().clone();
        lists.iter().find(|l| l["name"] == "Internal_OptOuts").unwrap()["id"].as_str().unwrap().to_owned()
    };
    let before = talk.numbers_on(&list).await.len();
    let mut broken = 0;
    for batch in 0..120 {
        let body = rows(&list, batch * 10, 10);
        let mut tries = 0;
        loop {
            tries += 1;
            assert!(tries <= 3, "batch {batch} met more than two faults in a row");
            match talk.call(Method::POST, "dnc/entries").json(&body).send().await {
                Ok(answer) => {
                    if answer.status() == 201 && answer.bytes().await.is_ok() {
                        break;
                    }
                }
                Err(_) => broken += 1,
            }
        }
    }
    assert!(broken > 0, "no connection broke");
    let state = talk.truth("state").await;
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1_200);
    assert_eq!(state["duplicates"], json!([]));
    let log = talk.truth("log").await;
    let faults: HashSet<_> = log.as_array().unwrap().iter().filter_map(|l| l["fault"].as_str()).collect();
    assert!(faults.len() >= 4, "{faults:?}");
}

#[tokio::test]
async fn the_slow_story_takes_its_time_over_every_answer() {
    let talk = talk(Options { story: Story::Slow, ..small() }).await;
    let begin = std::time::Instant::now();
    assert_eq!(talk.get("users/me").await.0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(150));
}

// --- the truth log ---

#[tokio::test]
async fn lost_records_are_the_last_written_and_the_log_tells_of_them() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    talk.post("dnc/entries", &rows(&list, 100, 3)).await;
    let lost = talk.control("lose", &json!({ "listId": list, "count": 2 })).await;
    assert_eq!(lost, json!({ "lost": ["+12025550102", "+12025550101"] }));
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1);

    // The same key again is the same intent: it does not bring the record back.
    assert_eq!(talk.post("dnc/entries", &rows(&list, 100, 3)).await.0, 201);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1);

    let lost = talk.control("lose", &json!({ "listId": "Internal_OptOuts", "count": 2 })).await;
    assert_eq!(lost["lost"].as_array().unwrap().len(), 2);
    assert_eq!(talk.numbers_on(&list).await.len(), before - 1);

    let log = talk.truth("log").await;
    let lines = log.as_array().unwrap();
    assert!(lines.windows(2).all(|w| w[0]["seq"].as_u64() < w[1]["seq"].as_u64()));
    let written = lines.iter().find(|l| l["path"] == "/api/v2/dnc/entries").unwrap();
    assert_eq!((&written["applied"], &written["keys"][0]), (&json!(3), &json!("key-100")));
    assert_eq!(lines.iter().filter(|l| l["fault"] == "lose").count(), 2);
}

#[tokio::test]
async fn a_seed_makes_one_world() {
    let world = |seed| async move {
        let talk = talk(Options { seed, ..small() }).await;
        let mut state = talk.truth("state").await;
        // The call for the token is counted; instants are set against the day of the start.
        for record in state["lists"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .flat_map(|l| l["records"].as_array_mut().unwrap())
        {
            record.as_object_mut().unwrap().retain(|name, _| !name.ends_with("Date"));
        }
        state
    };
    let seven = world(7).await;
    assert_eq!(seven, world(7).await);
    assert_ne!(seven["lists"], world(8).await["lists"]);
}

#[tokio::test]
async fn the_full_world_holds_fifty_thousand_entries_no_number_twice_on_a_list() {
    let talk = talk(Options::default()).await;
    let state = talk.truth("state").await;
    let lists = state["lists"].as_array().unwrap();
    let total: usize = lists.iter().map(|l| l["records"].as_array().unwrap().len()).sum();
    assert_eq!(total, 50_000 + 11);
    assert!(lists.len() >= 6);
    assert_eq!(state["duplicates"], json!([]));
    let numbers: HashSet<_> = lists
        .iter()
        .flat_map(|l| l["records"].as_array().unwrap())
        .map(|r| r["phoneNumber"].as_str().unwrap())
        .collect();
    assert!(numbers.iter().all(|n| {
        let d = n.as_bytes();
        n.len() == 12 && n.starts_with("+1") && (b'2'..=b'9').contains(&d[2]) && (b'2'..=b'9').contains(&d[5])
    }));
    assert!(numbers.len() < total, "some stand on several lists");
}

#[tokio::test]
async fn a_dropped_sandbox_is_gone() {
    let talk = talk(small()).await;
    let address = talk.sandbox.address();
    drop(talk);
    // It stops as soon as its runtime gets to it; until then a connection may still be taken.
    while let Ok(stream) = tokio::net::TcpStream::connect(address).await {
        drop(stream);
        tokio::task::yield_now().await;
    }
}

//! What the console's client makes of these faults: it comes to an end, and takes for an answer only what is one.

use quietline::api::{
    Attempt, Client, Credentials, Deadlines, Endpoints, EntryWrite, Error, Limits, Patience, Scopes,
};
use quietline::api::{encode_entries, read_entries_answer};
use quietline::domain::jurisdiction::Jurisdiction;
use quietline::domain::list::ListId;
use quietline::domain::phone::{E164, Normaliser, PhonePolicy, Region};
use tokio_util::sync::CancellationToken;

use super::*;

/// A client of the console.
fn client(talk: &Talk, deadlines: Deadlines) -> Client {
    let sandbox = &talk.sandbox;
    let endpoints =
        Endpoints { token_url: sandbox.token_url(), api_url: sandbox.api_url(), events_url: None };
    let credentials = Credentials {
        client_id: sandbox.client_id().into(),
        client_secret: sandbox.client_secret().to_owned().into(),
    };
    let patience = Patience { first_pause: Duration::from_millis(1), ..Patience::default() };
    let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    let client =
        Client::with_patience(endpoints, Limits::default(), deadlines, patience, credentials, normaliser);
    client.unwrap().asking(Scopes::CHANGE)
}

/// Five rows of a list, from this number on.
fn five(list: &str, from: u64) -> Vec<EntryWrite> {
    let row = |n: u64| EntryWrite {
        number: E164::from_digits(12_025_550_000 + n).unwrap(),
        list: ListId(list.to_owned()),
        jurisdiction: Jurisdiction::parse("US-DC").unwrap(),
        expires: None,
        source: None,
        key: format!("key-{n}"),
    };
    (from..from + 5).map(row).collect()
}

async fn post(client: &Client, rows: &[EntryWrite]) -> Attempt {
    client.post_entries(encode_entries(rows), &CancellationToken::new()).await
}

/// The verdicts on a write: how many rows it says were taken; `None` = it says nothing of them.
fn taken(attempt: &Attempt, rows: &[EntryWrite]) -> Option<usize> {
    let Attempt::Answered(raw) = attempt else { return None };
    let reading = read_entries_answer(raw.status, &raw.body, rows).ok()?;
    Some(reading.rows.iter().filter(|row| matches!(row, quietline::api::RowVerdict::Accepted(_))).count())
}

#[tokio::test]
async fn half_answers_settle_nothing_and_the_same_keys_settle_it() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let client = client(&talk, Deadlines::default());
    for (n, word) in ["length_over", "length_under", "truncate_json", "truncate"].into_iter().enumerate() {
        let rows = five(&list, 1_000 + 100 * n as u64);
        talk.control("fault", &json!({ "at": "entries_write", "do": word })).await;
        let first = post(&client, &rows).await;
        assert_eq!(taken(&first, &rows), None, "{word}: {first:?}");
        assert!(!matches!(first, Attempt::NotApplied { .. }), "{word}: {first:?}");
        assert_eq!(taken(&post(&client, &rows).await, &rows), Some(5), "{word}");
    }
    assert_eq!(talk.truth("state").await["duplicates"], json!([]));
}

#[tokio::test]
async fn a_slow_answer_is_one_and_an_endless_one_ends_at_its_deadline() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let patient = client(&talk, Deadlines::default());
    let rows = five(&list, 1_000);
    talk.control("fault", &json!({ "at": "entries_write", "do": "drip", "bytes": 16, "ms": 20 })).await;
    let begin = std::time::Instant::now();
    assert_eq!(taken(&post(&patient, &rows).await, &rows), Some(5));
    assert!(begin.elapsed() >= Duration::from_millis(400), "it dripped: {:?}", begin.elapsed());

    let hurried = client(&talk, Deadlines { total: Duration::from_millis(800), ..Deadlines::default() });
    hurried.me().await.unwrap();
    let rows = five(&list, 2_000);
    talk.control("fault", &json!({ "at": "entries_write", "do": "drip_endless", "ms": 10 })).await;
    let endless = tokio::time::timeout(Duration::from_secs(30), post(&hurried, &rows)).await.unwrap();
    assert!(matches!(endless, Attempt::Indeterminate { .. }), "{endless:?}");
    assert_eq!(taken(&post(&patient, &rows).await, &rows), Some(5));
    assert_eq!(talk.truth("state").await["duplicates"], json!([]));
}

#[tokio::test]
async fn a_late_commit_leaves_the_outcome_open_and_doubles_nothing() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let client = client(&talk, Deadlines::default());
    for (n, word) in ["late_commit", "late_reset"].into_iter().enumerate() {
        let rows = five(&list, 1_000 + 100 * n as u64);
        talk.control("fault", &json!({ "at": "entries_write", "do": word, "ms": 800 })).await;
        let first = post(&client, &rows).await;
        assert!(matches!(first, Attempt::Indeterminate { .. }), "{word}: {first:?}");
        assert_eq!(taken(&post(&client, &rows).await, &rows), Some(5), "{word}");
    }
    let committed = async || {
        let log = talk.truth("log").await;
        log.as_array().unwrap().iter().filter(|line| line["fault"] == "committed_late").count()
    };
    until("both are committed", async || committed().await == 2).await;
    let state = talk.truth("state").await;
    assert_eq!(state["duplicates"], json!([]));
    assert_eq!(state["keys"]["key-1000"], json!({ "seen": 2, "applied": 1 }));
}

#[tokio::test]
async fn a_token_of_a_second_is_renewed_in_time() {
    let mut options = small();
    options.tenant.set("token_life", "1").unwrap();
    let talk = talk(options).await;
    let client = client(&talk, Deadlines::default());
    let tokens = async || talk.truth("state").await["counters"]["tokens"].as_u64().unwrap();
    let before = tokens().await;
    until("three more tokens", async || {
        client.me().await.unwrap();
        tokens().await >= before + 3
    })
    .await;
    let log = talk.truth("log").await;
    let refused = log.as_array().unwrap().iter().filter(|line| line["status"] == 401).count();
    assert_eq!(refused, 0, "no call was made with a token that was over");
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named_although_the_tenant_names_none() {
    let mut options = small();
    options.tenant.set("scopes", "dnc:read").unwrap();
    let talk = talk(options).await;
    let client = client(&talk, Deadlines::default());
    let attempt = post(&client, &five("any", 1_000)).await;
    let Attempt::NotApplied { error: error @ Error::Forbidden { .. }, retry: false, .. } = attempt else {
        panic!("{attempt:?}")
    };
    assert!(error.to_string().contains("dnc:write"), "{error}");
}

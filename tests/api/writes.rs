//! Writes: one attempt each, and what it says about the rows.

use std::time::Duration;

use quietline::api::{Attempt, Deadlines, Error, Patience, read_entries_answer};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Reply, Tenant, client_of, json, quick, with};

const BODY: &[u8] = br#"{"data":[{"phoneNumber":"+12025550101"}]}"#;

async fn post(tenant: &Tenant) -> Attempt {
    post_by(&tenant.client()).await
}

async fn post_by(client: &quietline::api::Client) -> Attempt {
    let attempt = client.post_entries(BODY.to_vec(), &CancellationToken::new()).await;
    let shown = format!("{attempt:?}");
    assert!(!shown.contains("5550101") && !shown.contains("canary"), "{shown}");
    attempt
}

#[tokio::test]
async fn an_answer_with_verdicts_is_handed_over_as_it_came() {
    let tenant =
        Tenant::start(|_| Reply::Full(201, vec![("x-request-id", "req-7".into())], r#"{"data":[]}"#.into()))
            .await;
    let Attempt::Answered(raw) = post(&tenant).await else { panic!("answered") };
    assert_eq!((raw.status, raw.request_id.as_deref()), (201, Some("req-7")));
    assert_eq!(raw.body, br#"{"data":[]}"#);
    let call = tenant.calls().remove(0);
    assert_eq!((call.method.as_str(), call.target.as_str()), ("POST", "/api/v2/dnc/entries"));
    assert_eq!(call.headers["content-type"], "application/json");
    assert_eq!(call.body.as_bytes(), BODY);
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_applied() {
    // The token is had, then the tenant goes away.
    let tenant = Tenant::start(|_| json(200, "{}")).await;
    let client = tenant.client();
    client.me().await.unwrap();
    let address = tenant.address;
    drop(tenant);
    // Wait for the listener to be gone.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let attempt = post_by(&client).await;
    assert!(
        matches!(attempt, Attempt::NotApplied { error: Error::Unreachable { .. }, retry: true, .. }),
        "{attempt:?}"
    );
}

/// N6
#[tokio::test]
async fn a_break_after_sending_leaves_the_outcome_open_and_is_not_repeated() {
    type Script = fn() -> Reply;
    let breaks: [(&str, Script); 7] = [
        ("reset", || Reply::Reset),
        ("truncated 200", || Reply::Truncated(200)),
        ("truncated 503", || Reply::Truncated(503)),
        ("endless", || Reply::Endless),
        ("chunked and cut", || {
            Reply::Raw(b"HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"data\"".to_vec())
        }),
        ("shorter than it says", || {
            Reply::Raw(b"HTTP/1.1 201 X\r\ncontent-length: 12\r\n\r\n{\"data\":[]}".to_vec())
        }),
        ("of no length at all", || {
            Reply::Raw(b"HTTP/1.1 201 X\r\ncontent-length: many\r\n\r\n{\"data\":[]}".to_vec())
        }),
    ];
    for (name, script) in breaks {
        let tenant = Tenant::start(move |_| script()).await;
        let attempt = post(&tenant).await;
        assert!(matches!(attempt, Attempt::Indeterminate { .. }), "{name}: {attempt:?}");
        assert_eq!(tenant.calls().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_breaks_under_a_write_leaves_the_outcome_open() {
    let tenant = Tenant::start(|seen| match seen.nth {
        0 => Reply::Kept(201, "{}".into()),
        _ => Reply::Reset,
    })
    .await;
    let client = tenant.client();
    assert!(matches!(post_by(&client).await, Attempt::Answered(_)));
    let attempt = post_by(&client).await;
    assert!(matches!(attempt, Attempt::Indeterminate { .. }), "{attempt:?}");
    assert_eq!(tenant.calls().len(), 2, "the library repeats nothing behind our back");
}

#[tokio::test]
async fn a_tenant_that_never_answers_leaves_the_outcome_open() {
    let tenant = Tenant::start(|_| Reply::Silence).await;
    for deadlines in [
        Deadlines { total: Duration::from_millis(200), ..Deadlines::default() },
        Deadlines { first_byte: Duration::from_millis(200), ..Deadlines::default() },
    ] {
        let attempt = post_by(&tenant.client_with(deadlines, quick())).await;
        assert!(
            matches!(attempt, Attempt::Indeterminate { error: Error::Unreachable { .. }, .. }),
            "{attempt:?}"
        );
    }
}

/// N7
#[tokio::test]
async fn an_answer_that_dries_up_leaves_the_outcome_open() {
    let tenant = Tenant::start(|_| Reply::Dripping(201)).await;
    let deadlines = Deadlines { idle: Duration::from_millis(100), ..Deadlines::default() };
    let attempt = post_by(&tenant.client_with(deadlines, quick())).await;
    assert!(
        matches!(attempt, Attempt::Indeterminate { error: Error::Unreachable { .. }, .. }),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn half_a_refusal_is_still_a_refusal() {
    let tenant = Tenant::start(|_| Reply::Truncated(413)).await;
    let attempt = post(&tenant).await;
    assert!(
        matches!(attempt, Attempt::NotApplied { error: Error::TooLarge, retry: false, .. }),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn every_kind_of_status_ends_where_the_table_says() {
    enum Is {
        Refused,
        Retry,
        Open,
    }
    for (status, is) in [
        (202, Is::Open),
        (204, Is::Open),
        (206, Is::Open),
        (301, Is::Refused),
        (302, Is::Open),
        (303, Is::Open),
        (307, Is::Refused),
        (308, Is::Refused),
        (400, Is::Refused),
        (403, Is::Refused),
        (404, Is::Refused),
        (408, Is::Open),
        (409, Is::Refused),
        (413, Is::Refused),
        (415, Is::Refused),
        (422, Is::Refused),
        (423, Is::Retry),
        (425, Is::Retry),
        (429, Is::Retry),
        (500, Is::Open),
        (501, Is::Refused),
        (502, Is::Open),
        (503, Is::Open),
        (504, Is::Open),
        (599, Is::Open),
        (799, Is::Open),
    ] {
        let tenant = Tenant::start(move |_| with(status, "x-correlation-id", "c")).await;
        let attempt = post(&tenant).await;
        let right = match is {
            Is::Refused => matches!(attempt, Attempt::NotApplied { retry: false, raw: Some(_), .. }),
            Is::Retry => matches!(attempt, Attempt::NotApplied { retry: true, raw: Some(_), .. }),
            Is::Open => matches!(attempt, Attempt::Indeterminate { raw: Some(_), .. }),
        };
        assert!(right, "{status}: {attempt:?}");
        assert_eq!(tenant.calls().len(), 1, "{status}: a write is one attempt");
    }
}

#[tokio::test]
async fn a_batch_to_halve_is_told_from_one_to_give_up() {
    for (status, halve) in [(413, true), (400, true), (422, false), (404, false)] {
        let tenant = Tenant::start(move |_| json(status, r#"{"message":"row of +1 202 555 0101"}"#)).await;
        let Attempt::NotApplied { error, .. } = post(&tenant).await else { panic!("{status}") };
        let asked = matches!(error, Error::TooLarge | Error::Rejected { status: 400, .. });
        assert_eq!(asked, halve, "{status}: {error:?}");
    }
}

#[tokio::test]
async fn a_web_page_with_status_200_settles_nothing() {
    let tenant = Tenant::start(|_| Reply::Full(200, Vec::new(), "<html>Log in</html>".into())).await;
    let Attempt::Answered(raw) = post(&tenant).await else { panic!("answered") };
    assert!(matches!(read_entries_answer(raw.status, &raw.body, &[]), Err(Error::Protocol { .. })));
}

/// H401
#[tokio::test]
async fn after_a_401_the_very_same_body_is_sent_again() {
    let tenant = Tenant::start(|seen| json(if seen.nth == 0 { 401 } else { 201 }, "{}")).await;
    assert!(matches!(post(&tenant).await, Attempt::Answered(_)));
    let calls = tenant.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].body, calls[1].body);
    let tenant = Tenant::start(|_| json(401, "{}")).await;
    let attempt = post(&tenant).await;
    assert!(
        matches!(attempt, Attempt::NotApplied { error: Error::Unauthorised { .. }, retry: false, .. }),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn a_429_pauses_the_whole_family_for_as_long_as_the_tenant_says() {
    let tenant = Tenant::start(|_| with(429, "retry-after", "600")).await;
    let client = tenant.client();
    let Attempt::NotApplied { error: Error::Throttled { .. }, retry: true, after, .. } =
        post_by(&client).await
    else {
        panic!("not applied")
    };
    assert_eq!(after, Some(Duration::from_secs(600)));
    // A person who looks a number up is told so at once; an upload waits, until it is stopped.
    let look_up = client.entries_of(crate::tenant::number(101), None).await;
    assert!(matches!(look_up, Err(Error::Throttled { after: Some(_) })), "{look_up:?}");
    let stop = CancellationToken::new();
    stop.cancel();
    let attempt = client.post_entries(BODY.to_vec(), &stop).await;
    assert!(matches!(attempt, Attempt::NotApplied { error: Error::Stopped, retry: true, .. }));
    assert_eq!(tenant.calls().len(), 1);
    let gauges = client.gauges().borrow().clone();
    assert_eq!((gauges.throttled, gauges.calls), (1, 1));
    assert!((gauges.families.entries.allowed - 1_000.0).abs() < 1e-6, "{gauges:?}");
}

#[tokio::test]
async fn half_a_429_pauses_the_family_as_a_whole_one_does() {
    let half = "HTTP/1.1 429 X\r\nretry-after: 600\r\ncontent-length: 1000\r\n\r\n{\"message\":";
    let tenant = Tenant::start(move |_| Reply::Raw(half.into())).await;
    let client = tenant.client();
    let attempt = post_by(&client).await;
    let Attempt::NotApplied { error: Error::Throttled { .. }, retry: true, after, .. } = attempt else {
        panic!("{attempt:?}")
    };
    assert_eq!(after, Some(Duration::from_secs(600)));
    let look_up = client.entries_of(crate::tenant::number(101), None).await;
    assert!(matches!(look_up, Err(Error::Throttled { after: Some(_) })), "{look_up:?}");
    assert_eq!((tenant.calls().len(), client.gauges().borrow().throttled), (1, 1));
    // A read of its own is paused by the very answer.
    let tenant = Tenant::start(move |_| Reply::Raw(half.into())).await;
    let look_up = tenant.client().entries_of(crate::tenant::number(101), None).await;
    assert!(matches!(look_up, Err(Error::Throttled { after: Some(_) })), "{look_up:?}");
    assert_eq!(tenant.calls().len(), 1);

    // Half of any other answer keeps its word on when to come again, too.
    let half = half.replace("429", "503");
    let tenant = Tenant::start(move |_| Reply::Raw(half.clone().into())).await;
    let attempt = post(&tenant).await;
    assert!(
        matches!(attempt, Attempt::Indeterminate { after: Some(after), .. } if after.as_secs() == 600),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn what_was_sent_is_finished_whatever_stop_says() {
    let stop = CancellationToken::new();
    let tenant = Tenant::start({
        let stop = stop.clone();
        move |_| {
            stop.cancel();
            json(201, "{}")
        }
    })
    .await;
    let attempt = tenant.client().post_entries(BODY.to_vec(), &stop).await;
    assert!(matches!(attempt, Attempt::Answered(_)), "{attempt:?}");
}

#[tokio::test]
async fn removing_what_is_gone_already_is_a_success() {
    let stop = CancellationToken::new();
    for (status, gone) in [(200, true), (204, true), (404, true), (410, true), (202, false), (500, false)] {
        let tenant = Tenant::start(move |_| json(status, "")).await;
        let attempt = tenant.client().delete_entry("a/b", &stop).await;
        assert_eq!(matches!(attempt, Attempt::Answered(_)), gone, "{status}: {attempt:?}");
        assert_eq!(matches!(attempt, Attempt::Indeterminate { .. }), !gone, "{status}: {attempt:?}");
        assert_eq!(tenant.calls()[0].target, "/api/v2/dnc/entries/a%2Fb");
    }
    let tenant = Tenant::start(|_| json(204, "")).await;
    let attempt = tenant.client().delete_entry("..", &stop).await;
    assert!(matches!(attempt, Attempt::NotApplied { retry: false, .. }));
    assert_eq!(tenant.calls().len(), 0);
}

#[tokio::test]
async fn without_a_token_endpoint_a_write_was_not_applied_and_may_be_tried_later() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let attempt = post_by(&client_of(address, Deadlines::default(), quick())).await;
    assert!(
        matches!(attempt, Attempt::NotApplied { error: Error::Unreachable { .. }, retry: true, .. }),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn a_write_before_an_open_circuit_never_left_and_may_be_tried_again() {
    let tenant = Tenant::start(|_| json(500, "{}")).await;
    let patience = Patience { attempts: 1, circuit_pause: Duration::from_secs(30), ..quick() };
    let client = tenant.client_with(Deadlines::default(), patience);
    for _ in 0..5 {
        client.me().await.unwrap_err();
    }
    let calls = tenant.calls().len();

    let attempt = client.post_entries(BODY.to_vec(), &CancellationToken::new()).await;

    let Attempt::NotApplied { error: Error::CircuitOpen { retry_in }, retry, after, .. } = attempt else {
        panic!("{attempt:?}")
    };
    assert!(retry, "it did not leave");
    assert_eq!(after, Some(retry_in));
    assert_eq!(tenant.calls().len(), calls, "nothing was sent");
}

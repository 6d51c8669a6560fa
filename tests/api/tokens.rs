//! Getting, sharing and renewing the token.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use quietline::api::{Attempt, Client, Credentials, Deadlines, Endpoints, Error, Limits, Patience};
use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::tenant::{Reply, Tenant, json, quick, token, with};

#[tokio::test]
async fn fifty_tasks_that_start_together_fetch_one_token() {
    let tenant = Tenant::start(|_| json(200, "{}")).await;
    let client = tenant.client();
    let results = join_all((0..50).map(|_| client.entries_of(crate::tenant::number(101), None))).await;
    assert!(results.iter().all(|result| matches!(result, Err(Error::Protocol { .. }))), "`{{}}` is no page");
    assert_eq!(tenant.tokens().len(), 1);
    assert_eq!(tenant.calls().len(), 50);
}

#[tokio::test]
async fn the_token_request_is_a_form_and_the_token_is_a_bearer() {
    let tenant = Tenant::start(|_| json(200, "{}")).await;
    tenant.client().me().await.unwrap();
    let request = tenant.tokens().remove(0);
    assert_eq!(request.method, "POST");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        request.body,
        "grant_type=client_credentials&client_id=id-canary&client_secret=secret-canary\
         &scope=dnc%3Aread+dnc%3Awrite+tenant%3Aread+compliance%3Aread+contacts%3Aread"
    );
    assert!(!request.headers.contains_key("authorization"));
    let call = tenant.calls().remove(0);
    assert_eq!(call.target, "/api/v2/users/me");
    assert_eq!(call.headers["authorization"], "Bearer token-0");
    assert_eq!(call.headers["accept"], "application/json");
}

#[tokio::test]
async fn a_401_renews_the_token_once_and_repeats_the_call_once() {
    let tenant = Tenant::start(|seen| json(if seen.nth == 0 { 401 } else { 200 }, "{}")).await;
    tenant.client().me().await.unwrap();
    assert_eq!(tenant.tokens().len(), 2);
    let bearers: Vec<_> = tenant.calls().iter().map(|call| call.headers["authorization"].clone()).collect();
    assert_eq!(bearers, ["Bearer token-0", "Bearer token-1"]);
}

/// H401b
#[tokio::test]
async fn a_second_401_ends_it_and_no_later_call_asks_for_tokens_again() {
    let tenant = Tenant::start(|_| json(401, "{}")).await;
    let client = tenant.client();
    for _ in 0..5 {
        assert!(matches!(client.me().await, Err(Error::Unauthorised { .. })));
    }
    assert_eq!(tenant.tokens().len(), 2, "the first one and the one renewal");
    assert_eq!(tenant.calls().len(), 6);
}

#[tokio::test]
async fn fifty_tasks_with_a_revoked_token_renew_it_once() {
    let tenant = Tenant::start(|seen| {
        json(if seen.headers["authorization"] == "Bearer token-0" { 401 } else { 200 }, r#"{"data":[]}"#)
    })
    .await;
    let client = tenant.client();
    let results = join_all((0..50).map(|_| client.entries_of(crate::tenant::number(101), None))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(tenant.tokens().len(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_said_in_words_and_never_tried_again_by_itself() {
    for (code, words) in [
        ("invalid_client", "client secret is wrong"),
        ("invalid_scope", "scopes"),
        ("unauthorized_client", "client-credentials grant"),
    ] {
        let body = format!(r#"{{"error":"{code}","error_description":"echo of secret-canary"}}"#);
        let tenant = Tenant::scripted(move |_| json(400, &body)).await;
        let client = tenant.client();
        let results = join_all((0..20).map(|_| client.me())).await;
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Unauthorised { .. }), "{error:?}");
            assert!(error.to_string().contains(words), "{error}");
            assert!(!format!("{error:?}{error}").contains("canary"));
        }
        assert!(client.me().await.is_err());
        assert_eq!(tenant.tokens().len(), 1, "{code}");
        assert_eq!(tenant.calls().len(), 0);
    }
}

#[tokio::test]
async fn what_is_no_token_endpoint_is_not_called_wrong_credentials() {
    for status in [404, 405, 406, 410, 415] {
        let tenant = Tenant::scripted(move |_| json(status, "{}")).await;
        let error = tenant.client().me().await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{status}: {error:?}");
        assert!(error.to_string().contains("its address may be wrong"), "{error}");
        assert!(error.advice().contains("doctor"), "{}", error.advice());
    }
}

#[tokio::test]
async fn a_token_endpoint_that_stumbles_is_asked_again() {
    let tenant = Tenant::scripted(|seen| match (seen.is_token(), seen.nth) {
        (true, 0) => json(503, ""),
        (true, 1) => Reply::Reset,
        (true, 2) => with(429, "retry-after", "0"),
        (true, n) => token(n),
        (false, _) => json(200, "{}"),
    })
    .await;
    tenant.client().me().await.unwrap();
    assert_eq!(tenant.tokens().len(), 4);
}

/// H429b
#[tokio::test]
async fn a_token_endpoint_that_asks_for_patience_gets_it() {
    let tenant = Tenant::scripted(|_| with(429, "retry-after", "600")).await;
    let client = tenant.client();
    for _ in 0..3 {
        assert!(matches!(client.me().await, Err(Error::Throttled { after: Some(_) })));
    }
    assert_eq!(tenant.tokens().len(), 1);
}

/// H3xx
#[tokio::test]
async fn the_secret_is_not_sent_on_to_another_origin() {
    let other = Tenant::start(|_| json(200, "{}")).await;
    let to = format!("http://{}/token", other.address);
    for status in [301, 302, 303, 307, 308] {
        let to = to.clone();
        let tenant = Tenant::scripted(move |_| with(status, "location", to.clone())).await;
        let error = tenant.client().me().await.unwrap_err();
        assert!(error.to_string().contains("redirects"), "{error}");
        assert_eq!(tenant.tokens().len(), 1);
    }
    assert_eq!(other.tokens().len() + other.calls().len(), 0);
}

#[tokio::test]
async fn without_tls_that_can_be_trusted_the_secret_stays_here() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = Client::with_patience(
        Endpoints {
            token_url: format!("https://{address}/token"),
            api_url: format!("https://{address}/api/v2"),
            events_url: None,
        },
        Limits::default(),
        Deadlines::default(),
        quick(),
        Credentials { client_id: "id-canary".into(), client_secret: "secret-canary".into() },
        Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
    );
    let Ok(client) = made else {
        println!("skipped: this machine has no root certificates");
        return;
    };
    let server = tokio::spawn(async move {
        let mut heard = Vec::new();
        let mut connections = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            connections += 1;
            stream.read_buf(&mut heard).await.unwrap();
            // Plain HTTP where TLS is due, as a portal would speak it.
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            let _ = stream.read_to_end(&mut heard).await;
            if String::from_utf8_lossy(&heard).contains("stop") {
                break;
            }
        }
        (heard, connections)
    });
    let error = client.me().await.unwrap_err();
    assert!(error.to_string().contains("no secure connection"), "{error}");
    assert!(client.me().await.is_err());
    let mut last = tokio::net::TcpStream::connect(address).await.unwrap();
    last.write_all(b"stop").await.unwrap();
    last.shutdown().await.unwrap();
    let (heard, connections) = server.await.unwrap();
    assert_eq!(connections, 2, "one try and the end: no repeat, no fallback to plain text");
    assert!(!String::from_utf8_lossy(&heard).contains("canary"));
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_refused() {
    for body in ["{}", "<html>", r#"{"access_token":"a","token_type":"mac"}"#] {
        let tenant = Tenant::scripted(move |_| json(200, body)).await;
        let client = tenant.client();
        assert!(matches!(client.me().await, Err(Error::Protocol { .. })), "{body}");
        assert_eq!(tenant.calls().len(), 0);
    }
}

#[tokio::test]
async fn the_life_of_a_token_counts_from_the_question_and_not_from_a_slow_answer() {
    let tenant = Tenant::scripted(|seen| match (seen.is_token(), seen.nth) {
        // The tenant starts its second at once, and its answer takes until the token is due.
        (true, 0) => {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(810) {
                std::thread::yield_now();
            }
            json(200, r#"{"access_token":"token-0","token_type":"Bearer","expires_in":1}"#)
        }
        (true, n) => token(n),
        (false, _) => json(200, "{}"),
    })
    .await;
    tenant.client().me().await.unwrap();
    assert_eq!(tenant.calls()[0].headers["authorization"], "Bearer token-1");
}

#[tokio::test]
async fn a_token_endpoint_that_tells_of_other_scopes_does_not_take_ours_away() {
    let told = r#"{"access_token":"t","token_type":"Bearer","scope":"openid"}"#;
    let tenant =
        Tenant::scripted(move |seen| json(200, if seen.is_token() { told } else { r#"{"entities":[]}"# }))
            .await;
    assert!(tenant.client().lists().await.is_ok());
}

#[tokio::test]
async fn a_token_endpoint_that_never_answers_is_waited_for_no_longer_than_for_a_call() {
    let tenant = Tenant::scripted(|_| Reply::Silence).await;
    let short = Duration::from_millis(200);
    let deadlines = Deadlines { total: short, ..Deadlines::default() };
    let (client, stop) = (tenant.client_with(deadlines, quick()), CancellationToken::new());
    let attempt = client.post_entries(b"{}".to_vec(), &stop).await;
    assert!(
        matches!(attempt, Attempt::NotApplied { error: Error::Unreachable { .. }, retry: true, .. }),
        "{attempt:?}"
    );
    assert_eq!(tenant.tokens().len(), 1, "a deadline for all attempts, not for each");

    let patience = Patience { budget: short, ..quick() };
    let look = tenant.client_with(Deadlines::default(), patience);
    let begun = Instant::now();
    let error = look.me().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "the patience of a person ends first");
}

#[tokio::test]
async fn a_token_that_ended_during_a_pause_is_not_sent_when_the_pause_is_over() {
    let tenant = Tenant::scripted(|seen| match (seen.is_token(), seen.nth) {
        // Due before the pause is over that the tenant asks for.
        (true, 0) => json(200, r#"{"access_token":"token-0","token_type":"Bearer","expires_in":1}"#),
        (true, n) => token(n),
        (false, 0) => with(429, "retry-after", "1"),
        (false, _) => json(200, r#"{"entities":[]}"#),
    })
    .await;
    tenant.client().lists().await.unwrap();
    let bearers: Vec<_> = tenant.calls().iter().map(|call| call.headers["authorization"].clone()).collect();
    assert_eq!(bearers, ["Bearer token-0", "Bearer token-1"]);
}

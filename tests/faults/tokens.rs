//! T: tokens that are none, that end, that are taken away, and that everybody wants at once.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use quietline::api::{Error, Scopes};
use quietline::domain::run::RunState;
use quietline::sandbox::Story;
use serde_json::json;

use crate::between::{TOKEN, Turn, changed, told};
use crate::generate;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::tenant::{Reply, Tenant, json as answer, number, token};

fn living(seconds: &str) -> Reply {
    answer(200, &format!(r#"{{"access_token":"short","token_type":"Bearer","expires_in":{seconds}}}"#))
}

#[tokio::test]
async fn t1_what_is_no_token_is_refused_and_never_sent() {
    let sound = r#""token_type":"Bearer","expires_in":3600"#;
    let long = format!(r#"{{"access_token":"{}",{sound}}}"#, "a".repeat(1 << 20));
    let with = |token: &str| format!(r#"{{"access_token":{token},{sound}}}"#);
    let lives = |life: &str| format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{life}}}"#);
    let bodies = [
        format!("{{{sound}}}"),
        with("null"),
        with(r#""""#),
        with(r#""a\r\nx-evil: 1""#),
        with(r#""a b""#),
        with(r#"["a"]"#),
        long,
        r#"{"access_token":"a","token_type":"mac","expires_in":3600}"#.into(),
        r#"{"access_token":"a","expires_in":3600}"#.into(),
        lives("0"),
        lives("-1"),
        lives(r#""soon""#),
        lives(r#""""#),
        lives("{}"),
        "<html>".into(),
        String::new(),
    ];
    for body in bodies {
        let shown = body.get(..body.len().min(80)).unwrap_or_default().to_owned();
        let tenant = Tenant::scripted(move |_| answer(200, &body)).await;
        let client = tenant.client();
        for _ in 0..3 {
            let error = client.me().await.unwrap_err();
            assert!(matches!(error, Error::Protocol { .. }), "{shown}: {error:?}");
        }
        assert_eq!((tenant.tokens().len(), tenant.calls().len()), (1, 0), "{shown}: nobody hammers");
    }
}

#[tokio::test]
async fn t1_a_life_that_is_told_oddly_is_believed_within_reason() {
    let day = 24 * 3_600;
    for (told, renewed_within) in [
        ("", 230..=240),
        (r#","expires_in":null"#, 230..=240),
        (r#","expires_in":"3600""#, 2_870..=2_880),
        (r#","expires_in":3600.5"#, 2_870..=2_880),
        (r#","expires_in":1000000000"#, day / 2..=day * 4 / 5),
    ] {
        let body = format!(r#"{{"access_token":"a","token_type":"bearer"{told}}}"#);
        let tenant =
            Tenant::scripted(move |seen| answer(200, if seen.is_token() { &body } else { "{}" })).await;
        let client = tenant.client();
        client.me().await.unwrap();
        let left = client.gauges().borrow().token_seconds.unwrap();
        assert!(renewed_within.contains(&left), "{told:?}: {left}");
    }
}

#[tokio::test]
async fn t2_a_token_that_is_due_serves_until_its_end_while_the_endpoint_is_down() {
    let tenant = Tenant::scripted(|seen| match (seen.is_token(), seen.nth) {
        (true, 0) => living("2"),
        (true, _) => answer(503, ""),
        (false, _) => Reply::Kept(200, "{}".into()),
    })
    .await;
    let client = tenant.client();
    let mut bridged = 0;
    let end = loop {
        match client.me().await {
            Ok(()) if tenant.tokens().len() > 1 => bridged += 1,
            Ok(()) => {}
            Err(end) => break end,
        }
    };
    assert!(bridged > 0, "it was dropped as soon as it was due");
    assert!(matches!(end, Error::Unreachable { .. }), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t2_a_run_waits_for_a_token_endpoint_that_is_down_and_fails_no_row() {
    let old = OnceLock::new();
    let scene = Scene::of(40, move |call| match call.path.as_str() {
        // All attempts of one renewal.
        TOKEN if (1..=4).contains(&call.nth) => Turn::Instead(told(503, "")),
        _ if call.writes() && call.bearer == *old.get_or_init(|| call.bearer.clone()) => {
            Turn::Instead(told(401, "{}"))
        }
        _ => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert_eq!(run.buckets.dead_letters, 0);
    assert_eq!(scene.between.calls(|call| call.path == TOKEN).len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn t3_a_token_that_is_revoked_in_the_middle_is_renewed_and_the_run_goes_on() {
    let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
    let made = generate::messy_file(3_000, 0);
    let file = stage.write("messy.csv", &made.text);
    let run = stage.upload_until_batch(&file, 2).await;
    assert_eq!(run.state, RunState::Paused, "{:?}", run.error);
    let before = stage.calls_of(TOKEN).await;
    stage.order("revoke", json!({})).await;

    let run = stage.resume().await.unwrap();

    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!(run.buckets.dead_letters, 0);
    stage.assert_list_holds(&made.intended).await;
    assert_eq!(stage.calls_of(TOKEN).await - before, 1, "one renewal for all calls in flight");
}

#[tokio::test(flavor = "multi_thread")]
async fn t3_a_secret_that_was_changed_stops_the_run() {
    let scene = Scene::of(40, |call| match call.path.as_str() {
        TOKEN if call.nth > 0 => Turn::Instead(told(401, r#"{"error":"invalid_client"}"#)),
        _ if call.writes() => Turn::Instead(told(401, "{}")),
        _ => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_stopped(&run, "unauthorised").await;
    assert_eq!(scene.between.calls(|call| call.path == TOKEN).len(), 2, "accounts get locked");
    assert_eq!(scene.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn t3_a_new_token_that_may_do_less_stops_the_run_and_names_what_is_missing() {
    let scene = Scene::of(40, |call| match call.path.as_str() {
        TOKEN if call.nth > 0 => changed(|mut answer| {
            answer["scope"] = Scopes::LOOK.to_string().into();
            answer
        }),
        _ if call.writes() => Turn::Instead(told(401, "{}")),
        _ => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_stopped(&run, "forbidden").await;
    assert!(run.error.as_ref().unwrap().1.contains("dnc:write"), "{:?}", run.error);
    assert_eq!(scene.writes().len(), 1, "what would be refused is not sent");
}

#[tokio::test]
async fn t4_fifty_workers_at_the_end_of_a_token_fetch_one() {
    let tenant = Tenant::scripted(|seen| match (seen.is_token(), seen.nth) {
        (true, 0) => living("0.05"),
        (true, n) => token(n),
        (false, _) => answer(200, r#"{"data":[]}"#),
    })
    .await;
    let client = tenant.client();
    client.me().await.unwrap();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(60) {
        tokio::task::yield_now().await;
    }
    let results = join_all((0..50).map(|_| client.entries_of(number(101), None))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(tenant.tokens().len(), 2);
    let calls = tenant.calls();
    assert!(calls[1..].iter().all(|call| call.headers["authorization"] == "Bearer token-1"));
}

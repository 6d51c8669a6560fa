//! Getting the socket, or not.

use std::time::Duration;

use quietline::api::{FeedNews, FeedPace, FeedState, Scopes};
use quietline::domain::job::JobStatus;
use tokio_util::sync::CancellationToken;

use super::server::Events;
use super::{World, by_events, hasty, is_live, is_over, jobs, moved, moves, polling, rest, until};
use crate::tenant::{Tenant, json, with};

#[tokio::test]
async fn w1_the_handshake_bears_the_token_of_all_calls_and_the_subscription_names_our_jobs() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    world.set("b", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["b", "a"]), by_events());
    assert!(matches!(feed.state(), FeedState::Reconnecting { attempt: 0, .. }));
    let server = tokio::spawn(async move {
        let knock = events.knock().await;
        assert_eq!(knock.target, "/events");
        assert_eq!(knock.headers["authorization"], "Bearer token-0");
        assert_eq!(knock.headers["sec-websocket-version"], "13");
        let mut peer = knock.open().await;
        (peer.subscription().await, peer)
    });
    let news = until(&mut feed, |news| matches!(news, FeedNews::Job(job) if job.id.0 == "b")).await;
    assert!(is_live(&news[1]), "{news:?}");
    assert_eq!(server.await.unwrap().0, ["a", "b"]);
    let tokens = world.tenant.tokens();
    assert_eq!(tokens.len(), 1, "one token for the socket and the calls");
    assert!(tokens[0].body.contains("events%3Asubscribe"));
    assert!(!format!("{feed:?}{news:?}").contains("token-0"));
}

#[tokio::test]
async fn w1_a_401_renews_the_token_once_and_tries_again() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
    let server = tokio::spawn(async move {
        events.knock().await.refuse(401, "").await;
        let knock = events.knock().await;
        assert_eq!(knock.headers["authorization"], "Bearer token-1");
        knock.open().await
    });
    let news = until(&mut feed, is_live).await;
    assert!(news.iter().all(|news| polling(news).is_none()), "{news:?}");
    assert_eq!(world.tenant.tokens().len(), 2);
    drop(server.await.unwrap());
}

#[tokio::test]
async fn w1_a_second_401_ends_in_polling_and_nobody_is_hammered() {
    let world = World::start().await;
    let refusing = Tenant::start(|_| json(401, "{}")).await;
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&url(&refusing))).follow_at(jobs(&["a"]), hasty());
    until(&mut feed, |news| polling(news).is_some_and(|why| why.contains("token"))).await;
    ask_often(&world, &mut feed).await;
    world.set("a", "COMPLETED", 100);
    until(&mut feed, is_over).await;
    assert_eq!(refusing.calls().len(), 2);
    assert_eq!(world.tenant.tokens().len(), 2);
}

fn url(tenant: &Tenant) -> String {
    format!("ws://{}/events", tenant.address)
}

/// Lets the feed poll for a while.
async fn ask_often(world: &World, feed: &mut quietline::api::JobFeed) {
    let before = world.asked("a");
    let stop = CancellationToken::new();
    while world.asked("a") < before + 10 {
        let news = tokio::time::timeout(Duration::from_millis(5), feed.next(&stop)).await;
        assert!(!matches!(news, Ok(None)));
    }
}

#[tokio::test]
async fn w1_whatever_is_no_socket_ends_in_polling_with_the_reason() {
    let other = Tenant::start(|_| json(200, "{}")).await;
    for status in [200, 204, 301, 302, 307, 308, 400, 403, 404, 410, 426, 501] {
        let world = World::start().await;
        let to = format!("http://{}/elsewhere", other.address);
        let refusing = Tenant::start(move |_| match status {
            301..=308 => with(status, "location", to.clone()),
            _ => json(status, r#"{"message":"canary"}"#),
        })
        .await;
        world.set("a", "RUNNING", 1);
        let mut feed = world.client(Some(&url(&refusing))).follow_at(jobs(&["a"]), hasty());
        let news = until(&mut feed, |news| polling(news).is_some()).await;
        let why = polling(news.last().unwrap()).unwrap();
        assert!(why.contains(&status.to_string()) && !why.contains("canary"), "{why}");
        assert_eq!(why.contains("redirects"), (301..=308).contains(&status), "{why}");
        ask_often(&world, &mut feed).await;
        world.set("a", "COMPLETED", 100);
        assert_eq!(moves(&rest(&mut feed).await).last(), Some(&moved("a", JobStatus::Completed, 100)));
        assert_eq!(refusing.calls().len(), 1, "{status}: asked once, and not for minutes");
    }
    assert_eq!(other.calls().len() + other.tokens().len(), 0, "the token went to nobody else");
}

#[tokio::test]
async fn w1_a_refusal_is_asked_again_after_minutes_and_a_404_never() {
    for (status, again) in [(403, true), (404, false)] {
        let (world, events) = (World::start().await, Events::start().await);
        world.set("a", "RUNNING", 1);
        let pace = FeedPace { refused: Duration::from_millis(2), ..hasty() };
        let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pace);
        let server = tokio::spawn(async move {
            events.knock().await.refuse(status, "").await;
            let second = events.knock().await;
            assert!(again, "{status}");
            second.open().await
        });
        until(&mut feed, |news| polling(news).is_some()).await;
        if again {
            until(&mut feed, is_live).await;
            drop(server.await.unwrap());
        } else {
            ask_often(&world, &mut feed).await;
            assert!(!server.is_finished());
            server.abort();
        }
    }
}

#[tokio::test]
async fn w1_a_tenant_that_stumbles_is_tried_again_after_the_pause_it_asks_for() {
    let world = World::start().await;
    world.set("a", "RUNNING", 1);
    let busy = Tenant::start(|_| with(503, "retry-after", "600")).await;
    let mut feed = world.client(Some(&url(&busy))).follow_at(jobs(&["a"]), hasty());
    let news =
        until(&mut feed, |news| matches!(news, FeedNews::State(FeedState::Reconnecting { attempt: 1, .. })))
            .await;
    let Some(FeedNews::State(FeedState::Reconnecting { next_try, .. })) = news.last() else { panic!() };
    assert!(*next_try >= Duration::from_secs(600), "{next_try:?}");
    ask_often(&world, &mut feed).await;
    assert_eq!(busy.calls().len(), 1);
}

#[tokio::test]
async fn w1_without_an_address_or_its_scope_jobs_are_polled_and_no_socket_is_asked_for() {
    let (world, events) = (World::start().await, Events::start().await);
    let looking = world.client(Some(&events.url())).asking(Scopes::OUTBOUND_LOOK);
    let far = "ws://events.example/socket";
    for (client, reason) in [
        (world.client(None), "no address"),
        (looking, "events:subscribe"),
        (world.client(Some(far)), "must start with wss"),
    ] {
        world.set("a", "QUEUED", 0);
        let mut feed = client.follow_at(jobs(&["a"]), hasty());
        let news = until(&mut feed, |news| polling(news).is_some_and(|why| why.contains(reason))).await;
        assert!(news.len() <= 2, "{news:?}");
        until(&mut feed, |news| matches!(news, FeedNews::Job(_))).await;
        world.set("a", "COMPLETED", 100);
        assert_eq!(moves(&rest(&mut feed).await), [moved("a", JobStatus::Completed, 100)]);
    }
}

#[tokio::test]
async fn w1_an_answer_that_proves_nothing_or_adds_something_opens_no_socket() {
    for headers in ["", "sec-websocket-accept: bm8=\r\n", "right sec-websocket-extensions: x\r\n"] {
        let (world, events) = (World::start().await, Events::start().await);
        world.set("a", "RUNNING", 1);
        let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), hasty());
        let server = tokio::spawn(async move {
            let knock = events.knock().await;
            let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(
                knock.headers["sec-websocket-key"].as_bytes(),
            );
            let right = format!("sec-websocket-accept: {accept}\r\n");
            knock.switch(&headers.replace("right ", &right)).await
        });
        until(&mut feed, |news| polling(news).is_some_and(|why| why.contains("no such socket"))).await;
        drop(server.await.unwrap());
    }
}

#[tokio::test]
async fn w1_nobody_listens_there_and_jobs_are_polled_while_it_is_tried_again() {
    let (world, events) = (World::start().await, Events::start().await);
    let url = events.url();
    drop(events);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&url)).follow_at(jobs(&["a"]), hasty());
    until(&mut feed, |news| matches!(news, FeedNews::State(FeedState::Reconnecting { attempt: 3.., .. })))
        .await;
    world.set("a", "COMPLETED", 100);
    until(&mut feed, is_over).await;
}

#[tokio::test]
async fn w1_tls_that_cannot_be_trusted_is_no_socket_and_never_plain_text() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let url = format!("wss://{}/events", events.address);
    let mut feed = world.client(Some(&url)).follow_at(jobs(&["a"]), hasty());
    // Plain HTTP where TLS is due: what arrives is a greeting of TLS, and nothing that could be read.
    let server = tokio::spawn(async move { events.raw().await });
    let news = until(&mut feed, |news| polling(news).is_some()).await;
    let why = polling(news.last().unwrap()).unwrap();
    if why.contains("no TLS set-up") {
        println!("skipped: this machine has no root certificates");
        server.abort();
        return;
    }
    assert!(why.contains("no secure connection"), "{why}");
    let heard = server.await.unwrap();
    assert_eq!(heard[0], 0x16, "a greeting of TLS");
    assert!(!String::from_utf8_lossy(&heard).contains("token-0"));
}

//! A socket that goes silent, breaks, is closed, or is no longer wanted.

use std::time::Duration;

use futures_util::SinkExt;
use quietline::api::{Deadlines, FeedNews, FeedPace, FeedState};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::server::Events;
use super::{LONG, World, by_events, hasty, is_live, is_over, jobs, polling, until};

fn is_drop(news: &FeedNews) -> bool {
    matches!(news, FeedNews::State(FeedState::Reconnecting { attempt: 1.., .. }))
}

/// Jobs are not asked for by the clock; pings are quick.
fn pinging() -> FeedPace {
    let millis = Duration::from_millis;
    FeedPace {
        ping: millis(20),
        pong: millis(60),
        reconnect_first: millis(1),
        reconnect_longest: millis(2),
        ..by_events()
    }
}

#[tokio::test]
async fn w3_without_a_pong_the_connection_is_given_up_whatever_else_comes() {
    for talking in [false, true] {
        let (world, events) = (World::start().await, Events::start().await);
        world.set("a", "RUNNING", 1);
        let hand = world.hand();
        let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pinging());
        let server = tokio::spawn(async move {
            // Nobody reads from this one, as behind a half-open connection: no ping is answered.
            let (mut mute, _) = events.subscribed().await;
            let talk = async {
                for progress in (2..90).cycle() {
                    if !talking {
                        std::future::pending::<()>().await;
                    }
                    let text = super::server::event("x", "a", "RUNNING", progress);
                    let _ = mute.frames.feed(Message::text(text)).await;
                    let _ = mute.frames.flush().await;
                    tokio::task::yield_now().await;
                }
            };
            let mut second = tokio::select! {
                (second, _) = events.subscribed() => second,
                () = talk => unreachable!(),
            };
            hand.set("a", "COMPLETED", 100);
            second.tell("a", "COMPLETED", 100).await;
            second.listen().await
        });
        let news = until(&mut feed, is_over).await;
        assert_eq!(news.iter().filter(|news| is_drop(news)).count(), 1, "{news:?}");
        drop(feed);
        server.await.unwrap();
    }
}

#[tokio::test]
async fn w3_pongs_that_nobody_asked_for_are_no_life() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pinging());
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        while peer.frames.send(Message::Pong("hello".into())).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    until(&mut feed, is_drop).await;
    drop(feed);
    server.await.unwrap();
}

#[tokio::test]
async fn w3_a_connection_that_answers_pings_stays_beyond_every_deadline_of_calls() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let short = Duration::from_millis(150);
    let deadlines = Deadlines { first_byte: short, idle: short, total: short, ..Deadlines::default() };
    let client = world.client_within(Some(&events.url()), deadlines);
    // A generous pong: the machine that runs this may be busy.
    let pace = FeedPace { pong: Duration::from_secs(5), ..pinging() };
    let mut feed = client.follow_at(jobs(&["a"]), pace);
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        let mut pings = 0;
        while pings < 20 {
            let message = futures_util::StreamExt::next(&mut peer.frames).await.unwrap().unwrap();
            pings += usize::from(matches!(message, Message::Ping(_)));
        }
        peer.tell("a", "RUNNING", 99).await;
        peer
    });
    let news = until(&mut feed, |news| matches!(news, FeedNews::Job(job) if job.progress == 99)).await;
    assert!(!news.iter().any(is_drop), "{news:?}");
    drop(server.await.unwrap());
}

#[tokio::test]
async fn w3_a_pong_that_came_while_nobody_listened_counts() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pinging());
    let (pinged, ping) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        let mut pinged = Some(pinged);
        loop {
            let Some(Ok(message)) = futures_util::StreamExt::next(&mut peer.frames).await else { return };
            peer.frames.flush().await.unwrap();
            if matches!(message, Message::Ping(_))
                && let Some(pinged) = pinged.take()
            {
                pinged.send(()).unwrap();
            }
        }
    });
    let stop = CancellationToken::new();
    let mut ping = std::pin::pin!(ping);
    let mut told = Vec::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut ping => break,
            news = feed.next(&stop) => told.push(news.unwrap()),
        }
    }
    // Busy with other things for longer than a pong may take.
    let busy = std::time::Instant::now();
    while busy.elapsed() < pinging().pong * 2 {
        tokio::task::yield_now().await;
    }
    let news = tokio::time::timeout(Duration::from_millis(15), feed.next(&stop)).await;
    assert!(!matches!(&news, Ok(Some(news)) if is_drop(news)), "{news:?}");
    assert_eq!(feed.state(), FeedState::Live);
    drop(feed);
    server.await.unwrap();
}

#[tokio::test]
async fn w3_every_end_of_a_connection_is_followed_by_another() {
    for code in [1000, 1001, 1006, 1009, 1011, 1012, 1013, 4000] {
        let (world, events) = (World::start().await, Events::start().await);
        world.set("a", "RUNNING", 1);
        let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), hasty());
        let server = tokio::spawn(async move {
            let (peer, _) = events.subscribed().await;
            if code == 1006 {
                // Not a word.
                drop(peer);
            } else {
                peer.close(code).await;
            }
            events.subscribed().await
        });
        let news = until(&mut feed, is_drop).await;
        assert!(!format!("{news:?}").contains("canary"));
        until(&mut feed, is_live).await;
        world.set("a", "COMPLETED", 100);
        until(&mut feed, is_over).await;
        assert_eq!(server.await.unwrap().1, ["a"], "{code}");
    }
}

#[tokio::test]
async fn w3_a_connection_that_is_reset_is_followed_by_another() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), hasty());
    let server = tokio::spawn(async move {
        let (peer, _) = events.subscribed().await;
        peer.frames.get_ref().set_zero_linger().unwrap();
        drop(peer);
        events.subscribed().await
    });
    until(&mut feed, is_drop).await;
    until(&mut feed, is_live).await;
    world.set("a", "COMPLETED", 100);
    until(&mut feed, is_over).await;
    assert_eq!(server.await.unwrap().1, ["a"]);
}

#[tokio::test]
async fn w3_closed_as_not_allowed_is_a_refusal() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), hasty());
    let server = tokio::spawn(async move {
        let (peer, _) = events.subscribed().await;
        peer.close(1008).await;
        events.knock().await;
    });
    until(&mut feed, |news| polling(news).is_some_and(|why| why.contains("1008"))).await;
    world.set("a", "COMPLETED", 100);
    until(&mut feed, is_over).await;
    assert!(!server.is_finished(), "it is not asked for again before minutes have passed");
    server.abort();
}

#[tokio::test]
async fn w3_jobs_are_asked_for_while_the_socket_is_away() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let pace = FeedPace { reconnect_first: LONG * 100, reconnect_longest: LONG * 100, ..hasty() };
    let pace = FeedPace { live: LONG * 100, ..pace };
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pace);
    let server = tokio::spawn(async move {
        let (peer, _) = events.subscribed().await;
        peer.close(1012).await;
    });
    until(&mut feed, is_drop).await;
    server.await.unwrap();
    world.set("a", "COMPLETED", 100);
    until(&mut feed, is_over).await;
}

#[tokio::test]
async fn who_stops_or_drops_the_feed_says_goodbye_and_waits_for_nothing() {
    for stopped in [true, false] {
        let (world, events) = (World::start().await, Events::start().await);
        world.set("a", "RUNNING", 1);
        let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
        let server = tokio::spawn(async move { events.subscribed().await.0.listen().await });
        until(&mut feed, |news| matches!(news, FeedNews::Job(_))).await;
        if stopped {
            let stop = CancellationToken::new();
            let told = tokio::join!(feed.next(&stop), async { stop.cancel() });
            assert!(told.0.is_none());
            assert!(feed.next(&CancellationToken::new()).await.is_none(), "over is over");
        } else {
            drop(feed);
        }
        let goodbye = tokio::time::timeout(LONG, server).await.unwrap().unwrap();
        assert_eq!(goodbye.map(|frame| u16::from(frame.code)), Some(1000), "stopped: {stopped}");
    }
}

#[tokio::test]
async fn a_feed_that_is_stopped_while_it_connects_or_asks_waits_for_neither() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let stop = CancellationToken::new();
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), hasty());
    let server = tokio::spawn({
        let stop = stop.clone();
        async move {
            let knock = events.knock().await;
            stop.cancel();
            knock
        }
    });
    let end = async { while feed.next(&stop).await.is_some() {} };
    tokio::time::timeout(LONG, end).await.unwrap();
    drop(server.await.unwrap());
}

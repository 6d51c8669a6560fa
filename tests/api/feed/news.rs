//! What is told of jobs, whatever the socket says or does not say.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt};
use quietline::api::{Deadlines, Error, FeedNews, FeedPace, FeedState};
use quietline::domain::job::{JobId, JobStatus};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_util::sync::CancellationToken;

use super::server::{Events, event};
use super::{LONG, World, by_events, hasty, is_live, is_over, jobs, moved, moves, rest, until};
use JobStatus::{Completed, Failed, Queued, Running};

const KIND: &str = "outbound.contactlistitems.bulkinsert";

#[tokio::test]
async fn w2_that_a_job_is_over_is_asked_and_the_endpoint_has_the_errors() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "QUEUED", 0);
    let hand = world.hand();
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
    let caught_up = Arc::new(Notify::new());
    let server = tokio::spawn({
        let caught_up = caught_up.clone();
        async move {
            let (mut peer, _) = events.subscribed().await;
            caught_up.notified().await;
            peer.tell("a", "RUNNING", 30).await;
            hand.answer(
                "a",
                200,
                r#"{"id":"a","status":"FAILED","progress":100,"errors":[{"index":3,"code":"BAD"}]}"#,
            );
            peer.tell("a", "COMPLETED", 100).await;
            peer.listen().await
        }
    });
    until(&mut feed, |news| matches!(news, FeedNews::Job(_))).await;
    caught_up.notify_one();
    let news = rest(&mut feed).await;
    let FeedNews::Job(job) = news.last().unwrap() else { panic!("{news:?}") };
    assert_eq!((job.status, job.errors.len(), job.errors[0].index), (Failed, 1, Some(3)));
    drop(feed);
    server.await.unwrap();
}

#[tokio::test]
async fn w2_a_job_that_was_over_before_the_subscription_is_asked_for_after_it() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "COMPLETED", 100);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
    let server = tokio::spawn(async move { events.subscribed().await });
    assert_eq!(moves(&rest(&mut feed).await), [moved("a", Completed, 100)]);
    assert_eq!(world.asked("a"), 1);
    assert_eq!(server.await.unwrap().1, ["a"]);
}

#[tokio::test]
async fn w2_what_was_lost_with_a_connection_is_asked_for_after_the_next_subscription() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let hand = world.hand();
    let pace = FeedPace { reconnect_first: Duration::from_millis(1), ..by_events() };
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pace);
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        peer.tell("a", "RUNNING", 50).await;
        drop(peer);
        let knock = events.knock().await;
        hand.set("a", "COMPLETED", 100);
        let mut peer = knock.open().await;
        (peer.subscription().await, peer)
    });
    let told = moves(&rest(&mut feed).await);
    assert_eq!(told.last(), Some(&moved("a", Completed, 100)));
    assert_eq!(server.await.unwrap().0, ["a"]);
}

#[tokio::test]
async fn w2_events_told_twice_or_out_of_order_change_nothing() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "QUEUED", 0);
    world.set("b", "QUEUED", 0);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a", "b"]), by_events());
    let over = Arc::new(Notify::new());
    let server = tokio::spawn({
        let over = over.clone();
        async move {
            let (mut peer, _) = events.subscribed().await;
            for (status, progress) in
                [("RUNNING", 40), ("RUNNING", 40), ("QUEUED", 90), ("RUNNING", 10), ("RUNNING", 60)]
            {
                peer.tell("a", status, progress).await;
            }
            over.notified().await;
            for (status, progress) in
                [("COMPLETED", 100), ("COMPLETED", 100), ("FAILED", 100), ("RUNNING", 50), ("FAILED", 100)]
            {
                peer.tell("a", status, progress).await;
            }
            peer.tell("b", "RUNNING", 7).await;
            peer
        }
    });
    let is = |id: &'static str, progress| move |news: &FeedNews| matches!(news, FeedNews::Job(job) if job.id.0 == id && job.progress == progress);
    let mut news = until(&mut feed, is("a", 60)).await;
    world.set("a", "COMPLETED", 100);
    over.notify_one();
    let both = |news: &[FeedNews]| news.iter().any(is_over) && news.iter().any(is("b", 7));
    while !both(&news) {
        news.extend(until(&mut feed, |_| true).await);
    }
    let mut told = moves(&news);
    told.retain(|(id, status, _)| id == "a" && *status != Queued);
    assert_eq!(told, [moved("a", Running, 40), moved("a", Running, 60), moved("a", Completed, 100)]);
    assert_eq!(feed.ignored(), 0);
    drop(server.await.unwrap());
}

#[tokio::test]
async fn w2_a_job_that_is_added_is_subscribed_to_with_the_others() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let hand = world.hand();
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
    let server = tokio::spawn(async move {
        let (mut peer, first) = events.subscribed().await;
        let second = peer.subscription().await;
        hand.set("b", "COMPLETED", 100);
        peer.tell("b", "COMPLETED", 100).await;
        (first, second, peer)
    });
    until(&mut feed, |news| matches!(news, FeedNews::Job(_))).await;
    feed.add(JobId("b".into()));
    feed.add(JobId("b".into()));
    let told = moves(&until(&mut feed, is_over).await);
    assert_eq!(told, [moved("b", Completed, 100)]);
    let (first, second, _peer) = server.await.unwrap();
    assert_eq!((first.join(" "), second.join(" ")), ("a".into(), "a b".into()));
}

#[tokio::test]
async fn a_feed_whose_jobs_are_all_over_goes_on_with_the_next() {
    let (world, events) = (World::start().await, Events::start().await);
    let mut feed = world.client(Some(&events.url())).follow_at(Vec::new(), by_events());
    let stop = CancellationToken::new();
    assert!(matches!(feed.next(&stop).await, Some(FeedNews::State(_))));
    assert!(feed.next(&stop).await.is_none());
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        peer.subscription().await;
        peer.tell("b", "COMPLETED", 1).await;
        peer
    });
    world.set("a", "COMPLETED", 100);
    feed.add(JobId("a".into()));
    assert_eq!(moves(&rest(&mut feed).await), [moved("a", Completed, 100)]);
    world.set("b", "COMPLETED", 100);
    feed.add(JobId("b".into()));
    assert_eq!(moves(&rest(&mut feed).await), [moved("b", Completed, 100)]);
    drop(server.await.unwrap());
}

#[tokio::test]
async fn w4_what_is_of_no_use_is_counted_and_what_comes_in_pieces_is_read() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "QUEUED", 0);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        peer.tell("foreign", "COMPLETED", 100).await;
        peer.say("{").await;
        peer.say("[".repeat(100_000)).await;
        peer.say(event("dnc.list.changed", "a", "COMPLETED", 100)).await;
        peer.frames.send(Message::binary(event(KIND, "a", "COMPLETED", 100))).await.unwrap();
        peer.frames.send(Message::Ping("x".into())).await.unwrap();
        let text = event(KIND, "a", "RUNNING", 33);
        let last = text.len() - 1;
        for (at, byte) in text.bytes().enumerate() {
            let opcode = OpCode::Data(if at == 0 { Data::Text } else { Data::Continue });
            let piece = Frame::message(vec![byte], opcode, at == last);
            peer.frames.send(Message::Frame(piece)).await.unwrap();
        }
        peer
    });
    let told =
        moves(&until(&mut feed, |news| matches!(news, FeedNews::Job(job) if job.status == Running)).await);
    assert_eq!(told.last(), Some(&moved("a", Running, 33)));
    assert_eq!(feed.ignored(), 5);
    assert!(world.asked("a") <= 1);
    assert_eq!(world.asked("foreign"), 0);
    drop(server.await.unwrap());
}

#[tokio::test]
async fn w4_a_message_that_is_too_long_ends_the_connection_and_not_the_feed() {
    for pieces in [false, true] {
        let (world, events) = (World::start().await, Events::start().await);
        world.set("a", "RUNNING", 1);
        let pace = FeedPace { reconnect_first: Duration::from_millis(1), ..by_events() };
        let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pace);
        let server = tokio::spawn(async move {
            let (mut peer, _) = events.subscribed().await;
            if pieces {
                // Each piece is fine; all of them are too much. Nobody may wait for the last one.
                let piece = |at| {
                    let opcode = OpCode::Data(if at == 0 { Data::Text } else { Data::Continue });
                    Message::Frame(Frame::message(vec![b' '; 200_000], opcode, false))
                };
                for at in 0..6 {
                    let _ = peer.frames.send(piece(at)).await;
                }
            } else {
                // The head of a text of 50 MB is enough.
                let length = 50_u64 << 20;
                let head = [&[0x81, 0x7f][..], &length.to_be_bytes()].concat();
                peer.raw(&head).await.unwrap();
            }
            let (mut second, _) = events.subscribed().await;
            second.tell("a", "RUNNING", 80).await;
            (peer, second)
        });
        let news = until(&mut feed, |news| matches!(news, FeedNews::Job(job) if job.progress == 80)).await;
        let drops = news
            .iter()
            .filter(|news| matches!(news, FeedNews::State(FeedState::Reconnecting { attempt: 1, .. })));
        assert_eq!(drops.count(), 1, "{news:?}");
        assert_eq!(feed.ignored(), 1);
        drop(server.await.unwrap());
    }
}

#[tokio::test]
async fn w4_a_state_that_nobody_knows_is_told_and_the_job_is_asked_for() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let pace = FeedPace { polling_first: Duration::from_millis(1), ..by_events() };
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pace);
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        peer.tell("a", "COMPLETED_WITH_ERRORS", 100).await;
        peer
    });
    let news = until(&mut feed, |news| matches!(news, FeedNews::Odd { .. })).await;
    let Some(FeedNews::Odd { job: Some(_), error }) = news.last() else { panic!("{news:?}") };
    assert!(error.to_string().contains("COMPLETED_WITH_ERRORS"), "{error}");
    world.set("a", "COMPLETED", 100);
    assert_eq!(moves(&rest(&mut feed).await).last(), Some(&moved("a", Completed, 100)));
    drop(server.await.unwrap());

    world.set("b", "COMPLETED_WITH_ERRORS", 100);
    let mut feed = world.client(None).follow_at(jobs(&["b"]), hasty());
    let news = until(&mut feed, |news| matches!(news, FeedNews::Odd { .. })).await;
    let Some(FeedNews::Odd { job: Some(job), error }) = news.last() else { panic!("{news:?}") };
    assert!(matches!(error, Error::Protocol { .. }) && error.to_string().contains("COMPLETED_WITH_ERRORS"));
    assert_eq!(job.0, "b");
    world.set("b", "COMPLETED", 100);
    let news = rest(&mut feed).await;
    assert!(matches!(&news[..], [FeedNews::Job(_)]), "told once, however often it is seen: {news:?}");
}

#[tokio::test]
async fn w5_a_mute_socket_hangs_nothing_because_jobs_are_asked_for_while_it_is_live() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let pace = FeedPace { live: Duration::from_millis(10), ..by_events() };
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), pace);
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        peer.listen().await
    });
    until(&mut feed, |news| matches!(news, FeedNews::Job(_))).await;
    world.set("a", "COMPLETED", 100);
    let news = rest(&mut feed).await;
    assert_eq!(moves(&news), [moved("a", Completed, 100)]);
    assert_eq!(feed.state(), FeedState::Live, "all the while");
    drop(feed);
    server.await.unwrap();
}

#[tokio::test]
async fn w5_a_job_that_never_ends_ends_with_patience() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    world.set("b", "QUEUED", 0);
    let pace = FeedPace { patience: Duration::from_millis(60), ..hasty() };
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a", "b"]), pace);
    let server = tokio::spawn(async move {
        let (mut peer, _) = events.subscribed().await;
        // Over, says the socket for ever; the endpoint never agrees.
        while peer.frames.send(Message::text(event(KIND, "a", "COMPLETED", 100))).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let news = rest(&mut feed).await;
    let mut given_up: Vec<_> = news
        .iter()
        .filter_map(|news| if let FeedNews::OutOfPatience(job) = news { Some(job.0.as_str()) } else { None })
        .collect();
    given_up.sort_unstable();
    assert_eq!(given_up, ["a", "b"], "{news:?}");
    assert!(!news.iter().any(is_over));
    drop(feed);
    server.await.unwrap();
}

#[tokio::test]
async fn h404_a_job_that_the_tenant_does_not_know_is_lost_and_the_others_go_on() {
    let world = World::start().await;
    world.set("b", "RUNNING", 1);
    let mut feed = world.client(None).follow_at(jobs(&["a", "b"]), hasty());
    let news = until(&mut feed, |news| matches!(news, FeedNews::Lost(_))).await;
    assert!(matches!(news.last(), Some(FeedNews::Lost(job)) if job.0 == "a"));
    world.set("b", "COMPLETED", 100);
    assert_eq!(moves(&rest(&mut feed).await).last(), Some(&moved("b", Completed, 100)));
    assert_eq!(world.asked("a"), 1);
}

#[tokio::test]
async fn trouble_is_told_once_and_waited_out() {
    let world = World::start().await;
    world.answer("a", 429, "");
    let mut feed = world.client(None).follow_at(jobs(&["a"]), hasty());
    let news = until(&mut feed, |news| matches!(news, FeedNews::Odd { .. })).await;
    let Some(FeedNews::Odd { job: None, error }) = news.last() else { panic!("{news:?}") };
    assert!(matches!(error, Error::Throttled { .. }), "{error:?}");
    world.set("a", "COMPLETED", 100);
    assert!(matches!(&rest(&mut feed).await[..], [FeedNews::Job(_)]));
}

#[tokio::test]
async fn trouble_ends_with_patience_too() {
    let world = World::start().await;
    world.answer("a", 500, "");
    let pace = FeedPace { patience: Duration::from_millis(30), ..hasty() };
    let mut feed = world.client(None).follow_at(jobs(&["a", "b", "c"]), pace);
    let news = rest(&mut feed).await;
    assert!(news.iter().any(|news| matches!(news, FeedNews::OutOfPatience(job) if job.0 == "a")), "{news:?}");
}

#[tokio::test]
async fn what_is_not_allowed_ends_the_feed_with_the_reason() {
    let world = World::start().await;
    for (status, unauthorised) in [(401, true), (403, false)] {
        world.answer("a", status, "{}");
        let mut feed = world.client(None).follow_at(jobs(&["a"]), hasty());
        let news = rest(&mut feed).await;
        let Some(FeedNews::Refused(error)) = news.last() else { panic!("{news:?}") };
        assert_eq!(matches!(error, Error::Unauthorised { .. }), unauthorised, "{error:?}");
        assert_eq!(!unauthorised, matches!(error, Error::Forbidden { .. }));
        feed.add(JobId("b".into()));
        assert!(feed.next(&CancellationToken::new()).await.is_none());
    }
}

#[tokio::test]
async fn without_a_socket_the_news_is_the_same() {
    let world = World::start().await;
    world.set("a", "QUEUED", 0);
    let mut feed = world.client(None).follow_at(jobs(&["a"]), hasty());
    let mut told = Vec::new();
    for (status, progress) in [("RUNNING", 20), ("RUNNING", 10), ("RUNNING", 55), ("ABORTED", 55)] {
        told.extend(moves(&until(&mut feed, |news| matches!(news, FeedNews::Job(_))).await));
        world.set("a", status, progress);
        if progress == 10 {
            let before = world.asked("a");
            let stop = CancellationToken::new();
            while world.asked("a") < before + 3 {
                let news = tokio::time::timeout(Duration::from_millis(5), feed.next(&stop)).await;
                assert!(news.is_err(), "going back is no news: {news:?}");
            }
            world.set("a", "RUNNING", 40);
        }
    }
    told.extend(moves(&rest(&mut feed).await));
    assert!(told.is_sorted_by_key(|(_, _, progress)| *progress), "{told:?}");
    assert_eq!(told.last(), Some(&moved("a", JobStatus::Aborted, 55)));
    assert!(!told.iter().any(|(_, _, progress)| *progress == 10), "{told:?}");
}

#[tokio::test]
async fn a_wait_that_is_given_up_loses_nothing() {
    let (world, events) = (World::start().await, Events::start().await);
    world.set("a", "RUNNING", 1);
    let mut feed = world.client(Some(&events.url())).follow_at(jobs(&["a"]), by_events());
    let over = Arc::new(Notify::new());
    let server = tokio::spawn({
        let over = over.clone();
        async move {
            let (mut peer, _) = events.subscribed().await;
            for progress in 2..90 {
                peer.tell("a", "RUNNING", progress).await;
            }
            over.notified().await;
            peer.tell("a", "COMPLETED", 100).await;
            peer
        }
    });
    let stop = CancellationToken::new();
    let mut told = Vec::new();
    let all = async {
        loop {
            // Looked at once and dropped, over and over.
            match feed.next(&stop).now_or_never() {
                Some(Some(news)) => {
                    if matches!(&news, FeedNews::Job(job) if job.progress == 89) {
                        world.set("a", "COMPLETED", 100);
                        over.notify_one();
                    }
                    told.push(news);
                }
                Some(None) => break,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(super::LONG, all).await.unwrap();
    assert!(told.iter().any(is_live));
    let told = moves(&told);
    assert_eq!(told.last(), Some(&moved("a", Completed, 100)));
    assert!(told.len() >= 89, "{told:?}");
    drop(server.await.unwrap());
}

#[tokio::test]
async fn a_feed_that_nobody_asks_for_news_holds_up_no_other_call() {
    let world = World::start().await;
    world.set("a", "RUNNING", 1);
    let client = world.client_at_rate(world.endpoints(None), Deadlines::default(), 300.0);
    let job = JobId("a".into());
    client.job(&job).await.unwrap();
    // The first place is taken: the question of the feed waits for its turn, in front of all others.
    let mut feed = client.follow_at(jobs(&["a"]), hasty());
    while timeout(Duration::from_millis(1), feed.next(&CancellationToken::new())).await.is_ok() {}
    timeout(LONG, client.job(&job)).await.unwrap().unwrap();
}

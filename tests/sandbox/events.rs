//! The live feed.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::outbound::insert;
use super::*;

const EVENT: &str = "outbound.contactlistitems.bulkinsert";

/// A listener.
struct Ear(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Talk {
    async fn dial(&self, token: Option<&str>) -> Result<Ear, Error> {
        let mut request = self.sandbox.events_url().into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Ear(socket))
    }

    async fn listen(&self) -> Ear {
        self.dial(Some(&self.token)).await.unwrap()
    }

    /// The status of a handshake that is refused.
    async fn refused(&self, token: Option<&str>) -> u16 {
        match self.dial(token).await {
            Err(Error::Http(answer)) => answer.status().as_u16(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("let in"),
        }
    }

    async fn feed(&self, order: Value) -> Value {
        self.control("feed", &order).await
    }
}

impl Ear {
    async fn send(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    async fn subscribe(&mut self, jobs: &[&str]) {
        self.send(json!({ "eventTypes": [EVENT], "filters": { "jobIds": jobs } }).to_string()).await;
    }

    /// What comes next. A feed that is silent where it must not be fails its test instead of holding it up.
    async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(30), self.0.next());
        next.await.unwrap().unwrap().unwrap()
    }

    /// The connection ends without a close and without another event.
    async fn breaks_off(&mut self) {
        let next = tokio::time::timeout(Duration::from_secs(30), self.0.next()).await.unwrap();
        assert!(!matches!(next, Some(Ok(_))), "{next:?}");
    }

    async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// The job, status and progress of the next event.
    async fn event(&mut self) -> (String, String, u64) {
        let event: Value = serde_json::from_str(&self.text().await).unwrap();
        assert_eq!(event["eventType"], EVENT, "{event}");
        assert!(event["timestamp"].as_str().unwrap().ends_with('Z'));
        let data = &event["data"];
        assert_eq!(data.as_object().unwrap().len(), 3, "{data}");
        (
            data["jobId"].as_str().unwrap().to_owned(),
            data["status"].as_str().unwrap().to_owned(),
            data["progress"].as_u64().unwrap(),
        )
    }

    /// Statuses and progress up to one of these statuses.
    async fn until(&mut self, status: &str) -> Vec<(String, u64)> {
        let mut seen = Vec::new();
        loop {
            let (_, word, progress) = self.event().await;
            seen.push((word.clone(), progress));
            if word == status {
                return seen;
            }
        }
    }

    async fn ping(&mut self) {
        self.0.send(Message::Ping(b"are you there"[..].into())).await.unwrap();
    }

    /// Whether the answer to a ping is the next thing that comes.
    async fn pong_is_next(&mut self) -> bool {
        self.ping().await;
        matches!(self.next().await, Message::Pong(echo) if echo == b"are you there"[..])
    }
}

/// A world where jobs take long enough to be watched, and not longer.
fn brisk() -> Options {
    Options { job_duration: Duration::from_millis(200), ..small() }
}

#[tokio::test]
async fn the_handshake_asks_for_a_token_a_scope_and_a_socket() {
    let talk = talk(small()).await;
    assert_eq!(talk.refused(None).await, 401);
    assert_eq!(talk.refused(Some("sbx.wrong")).await, 401);
    let other = talk.token_for("outbound:job:read").await;
    assert_eq!(talk.refused(Some(&other)).await, 403);
    let enough = talk.token_for("events:subscribe").await;
    drop(talk.dial(Some(&enough)).await.unwrap());
    let plain = talk.call(Method::GET, "events").send().await.unwrap();
    assert_eq!((plain.status().as_u16(), &plain.headers()["upgrade"]), (426, &"websocket".parse().unwrap()));
    assert_eq!(talk.post("events", &json!({})).await.0, 405);
}

#[tokio::test]
async fn the_present_state_comes_first_and_then_every_change() {
    let talk = talk(Options { job_duration: Duration::from_secs(1), ..small() }).await;
    let mut ear = talk.listen().await;
    let id = talk.bulk(&insert(0, 10)).await;
    ear.subscribe(&[&id]).await;
    let (job, ..) = ear.event().await;
    assert_eq!(job, id);
    let seen = ear.until("COMPLETED").await;
    assert_eq!(seen.last(), Some(&("COMPLETED".to_owned(), 100)));
    assert!(seen.windows(2).all(|w| w[0].1 < w[1].1), "{seen:?}");
    assert!(seen.len() > 1, "{seen:?}");
    assert!(seen[..seen.len() - 1].iter().all(|(status, _)| status == "RUNNING"), "{seen:?}");

    // Somebody who comes late is told at once, once, and no contact is missing then.
    let mut late = talk.listen().await;
    late.subscribe(&[&id]).await;
    assert_eq!(late.event().await, (id.clone(), "COMPLETED".to_owned(), 100));
    assert!(late.pong_is_next().await);
    assert_eq!(talk.truth("state").await["contactDuplicates"], json!([]));
}

#[tokio::test]
async fn only_named_jobs_are_told_of_and_a_later_subscription_adds_to_the_first() {
    let talk = talk(Options { job_duration: Duration::ZERO, ..small() }).await;
    let mut ear = talk.listen().await;
    let (one, two) = (talk.bulk(&insert(0, 1)).await, talk.bulk(&insert(1, 1)).await);
    ear.subscribe(&[&one, "nobody-knows"]).await;
    assert_eq!(ear.event().await.0, one);
    assert!(ear.pong_is_next().await);
    ear.subscribe(&[&two]).await;
    assert_eq!(ear.event().await.0, two);
    assert!(ear.pong_is_next().await);
    ear.subscribe(&[&one]).await;
    assert_eq!(ear.event().await.0, one, "named again, told again");
}

#[tokio::test]
async fn what_is_no_subscription_is_answered_with_an_error_and_the_socket_lives() {
    let talk = talk(small()).await;
    let mut ear = talk.listen().await;
    for wrong in [
        "hello".to_owned(),
        json!({ "eventTypes": ["something.else"], "filters": { "jobIds": ["a"] } }).to_string(),
        json!({ "eventTypes": [EVENT], "filters": { "jobIds": [] } }).to_string(),
        json!({ "eventTypes": [EVENT] }).to_string(),
        json!({ "subscribe": true }).to_string(),
    ] {
        ear.send(wrong.clone()).await;
        let error: Value = serde_json::from_str(&ear.text().await).unwrap();
        assert_eq!(error["error"]["code"], "INVALID_MESSAGE", "{wrong}");
    }
    ear.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert!(ear.text().await.contains("INVALID_MESSAGE"));
    assert!(ear.pong_is_next().await);
    let feed = &talk.truth("state").await["feed"];
    assert_eq!(
        (&feed["open"], &feed["errors"], &feed["pings"], &feed["subscriptions"]),
        (&json!(1), &json!(6), &json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_mute_feed_takes_subscriptions_and_says_nothing() {
    let talk = talk(brisk()).await;
    talk.feed(json!({ "do": "mute" })).await;
    let mut ear = talk.listen().await;
    let id = talk.bulk(&insert(0, 1)).await;
    ear.subscribe(&[&id]).await;
    talk.job_until(&id, "COMPLETED").await;
    ear.subscribe(&[&id]).await;
    assert!(ear.pong_is_next().await);
    let mut next = talk.listen().await;
    next.subscribe(&[&id]).await;
    assert_eq!(next.event().await.1, "COMPLETED", "the order was for one socket");
}

#[tokio::test]
async fn a_feed_that_skips_keeps_the_end_to_itself() {
    let talk = talk(brisk()).await;
    let mut ear = talk.listen().await;
    let open = talk.feed(json!({ "do": "skip", "on": "open" })).await;
    assert_eq!(open, json!({ "open": 1 }));
    let id = talk.bulk(&insert(0, 1)).await;
    ear.subscribe(&[&id]).await;
    talk.job_until(&id, "COMPLETED").await;
    ear.subscribe(&[&id]).await;
    ear.ping().await;
    loop {
        match ear.next().await {
            Message::Pong(_) => break,
            Message::Text(text) => assert!(!text.contains("COMPLETED"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_feed_without_pongs_goes_on_telling() {
    let talk = talk(Options { job_duration: Duration::from_secs(2), ..small() }).await;
    talk.feed(json!({ "do": "no_pong" })).await;
    let mut ear = talk.listen().await;
    let id = talk.bulk(&insert(0, 1)).await;
    ear.subscribe(&[&id]).await;
    ear.event().await;
    ear.ping().await;
    // Nothing but events up to the end, long after the ping.
    ear.until("COMPLETED").await;
    assert_eq!(talk.truth("state").await["feed"]["pings"], 0);
}

#[tokio::test]
async fn a_feed_that_drops_or_closes_does_so_on_the_next_socket_or_on_the_open_one() {
    let talk = talk(brisk()).await;
    let id = talk.bulk(&insert(0, 1)).await;
    talk.job_until(&id, "COMPLETED").await;

    talk.feed(json!({ "do": "drop" })).await;
    let mut dropped = talk.listen().await;
    dropped.subscribe(&[&id]).await;
    dropped.breaks_off().await;

    talk.feed(json!({ "do": "close", "code": 1012 })).await;
    let mut closed = talk.listen().await;
    closed.subscribe(&[&id]).await;
    match closed.next().await {
        Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), 1012),
        other => panic!("{other:?}"),
    }

    let mut open = talk.listen().await;
    open.subscribe(&[&id]).await;
    assert_eq!(open.event().await.1, "COMPLETED");
    talk.feed(json!({ "do": "drop", "on": "open" })).await;
    open.breaks_off().await;
    while talk.truth("state").await["feed"]["open"] != 0 {
        // Until the closed one has been heard too.
        let _ = closed.0.next().await;
    }
}

#[tokio::test]
async fn a_handshake_is_refused_as_ordered_and_the_next_let_in() {
    let talk = talk(small()).await;
    for status in [401, 403, 404, 426, 302] {
        talk.feed(json!({ "do": "refuse", "status": status })).await;
        assert_eq!(talk.refused(Some(&talk.token)).await, status);
    }
    talk.listen().await;
    talk.control("fault", &json!({ "do": "unavailable", "on": "events" })).await;
    assert_eq!(talk.refused(Some(&talk.token)).await, 503);
    talk.control("fault", &json!({ "do": "reset_before", "on": "events" })).await;
    assert!(matches!(talk.dial(Some(&talk.token)).await, Err(Error::Io(_) | Error::Protocol(_))));
    talk.listen().await;
}

#[tokio::test]
async fn events_come_twice_and_late_as_ordered() {
    let talk = talk(brisk()).await;
    talk.feed(json!({ "do": "duplicate" })).await;
    talk.feed(json!({ "do": "out_of_order" })).await;
    let id = talk.bulk(&insert(0, 1)).await;
    talk.job_until(&id, "COMPLETED").await;

    let mut twice = talk.listen().await;
    twice.subscribe(&[&id]).await;
    assert_eq!(twice.text().await, twice.text().await);
    assert!(twice.pong_is_next().await);

    let mut disordered = talk.listen().await;
    disordered.subscribe(&[&id]).await;
    let mut times = Vec::new();
    for status in ["COMPLETED", "RUNNING", "FAILED"] {
        let event: Value = serde_json::from_str(&disordered.text().await).unwrap();
        assert_eq!((&event["data"]["status"], &event["data"]["jobId"]), (&json!(status), &json!(id)));
        times.push(event["timestamp"].as_str().unwrap().to_owned());
    }
    assert!(times[1] < times[2] && times[2] < times[0], "{times:?}");
    assert!(disordered.pong_is_next().await);
}

#[tokio::test]
async fn frames_that_mean_nothing_come_before_the_events_that_do() {
    let talk = talk(brisk()).await;
    let id = talk.bulk(&insert(0, 1)).await;
    talk.job_until(&id, "COMPLETED").await;
    for word in ["unknown_status", "foreign_job", "bad_json", "binary", "huge"] {
        for place in ["next", "open"] {
            let order = json!({ "do": word, "on": place, "megabytes": 1 });
            let mut ear = if place == "next" {
                talk.feed(order).await;
                let mut ear = talk.listen().await;
                ear.subscribe(&[&id]).await;
                ear
            } else {
                let mut ear = talk.listen().await;
                ear.subscribe(&[&id]).await;
                assert_eq!(ear.event().await.1, "COMPLETED");
                talk.feed(order).await;
                ear
            };
            let frame = ear.next().await;
            let json = frame.to_text().ok().and_then(|text| serde_json::from_str::<Value>(text).ok());
            match word {
                "unknown_status" => {
                    let data = &json.unwrap()["data"];
                    assert_eq!((&data["jobId"], &data["status"]), (&json!(id), &json!("HIBERNATING")));
                }
                "foreign_job" => assert_ne!(json.unwrap()["data"]["jobId"], json!(id)),
                "bad_json" => assert!(frame.is_text() && json.is_none()),
                "binary" => assert!(frame.is_binary()),
                _ => assert!(frame.len() > 1024 * 1024),
            }
            if place == "next" {
                assert_eq!(ear.event().await, (id.clone(), "COMPLETED".to_owned(), 100), "{word}");
            }
            assert!(ear.pong_is_next().await, "{word} on {place}");
            ear.0.close(None).await.unwrap();
            while ear.0.next().await.is_some() {}
        }
    }
    // As much as a client takes by default, and more.
    talk.feed(json!({ "do": "huge", "megabytes": 17 })).await;
    let mut ear = talk.listen().await;
    ear.subscribe(&[&id]).await;
    assert!(matches!(ear.0.next().await, Some(Err(Error::Capacity(_)))));
}

#[tokio::test]
async fn orders_given_before_the_start_count_the_sockets_from_the_first() {
    let orders = ["at=events#3 do=mute", "at=events#2 do=duplicate", "at=events#4 do=drop"];
    let orders = orders.into_iter().map(|order| Order::parse(order).unwrap()).collect();
    let talk = talk(Options { orders, job_duration: Duration::ZERO, ..small() }).await;
    let id = talk.bulk(&insert(0, 1)).await;
    for events in [1, 2, 0] {
        let mut ear = talk.listen().await;
        ear.subscribe(&[&id]).await;
        for _ in 0..events {
            assert_eq!(ear.event().await.1, "COMPLETED");
        }
        assert!(ear.pong_is_next().await, "{events} events and no more");
    }
    let mut ear = talk.listen().await;
    ear.subscribe(&[&id]).await;
    ear.breaks_off().await;
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused() {
    let talk = talk(small()).await;
    for (route, order) in [
        ("feed", json!({ "do": "sing" })),
        ("feed", json!({ "do": "mute", "on": "all" })),
        ("feed", json!({ "do": "refuse" })),
        ("feed", json!({ "do": "refuse", "status": 101 })),
        ("jobs", json!({ "do": "sing" })),
        ("fault", json!({ "do": "status" })),
        ("fault", json!({ "fault": "status", "status": 42 })),
        ("tenant", json!({ "lenient": true })),
    ] {
        let url = format!("{}/{route}", talk.sandbox.control_url());
        assert_eq!(talk.http.post(url).json(&order).send().await.unwrap().status(), 400, "{order}");
    }
}

#[tokio::test]
async fn in_the_flaky_story_a_listener_who_comes_back_hears_of_the_end() {
    let talk = talk(Options { story: Story::Flaky, job_duration: Duration::ZERO, ..small() }).await;
    let id = loop {
        let (status, answer) = match talk
            .call(Method::POST, "outbound/contactlistitems/bulkinsert")
            .json(&insert(0, 1))
            .send()
            .await
        {
            Ok(answer) => read(answer).await,
            Err(_) => continue,
        };
        if status == 202 && answer["id"].is_string() {
            break answer["id"].as_str().unwrap().to_owned();
        }
    };
    let (mut heard, mut troubles) = (0, 0);
    while heard < 20 {
        let Ok(mut ear) = talk.dial(Some(&talk.token)).await else {
            troubles += 1;
            continue;
        };
        ear.subscribe(&[&id]).await;
        ear.ping().await;
        match ear.0.next().await {
            Some(Ok(Message::Text(_))) => heard += 1,
            _ => troubles += 1,
        }
    }
    assert!(troubles > 2, "{troubles}");
}

#[tokio::test]
async fn an_open_socket_ends_with_the_sandbox() {
    let talk = talk(small()).await;
    let mut ear = talk.listen().await;
    assert!(ear.pong_is_next().await);
    drop(talk);
    ear.breaks_off().await;
}

//! Faults that only show on the wire, byte by byte: bodies that drip, lengths that lie, effects that come late.

use super::*;

/// An answer as it came: its head, and every byte behind it.
struct Raw {
    head: String,
    body: Vec<u8>,
}

impl Raw {
    /// What the head says of the length.
    fn length(&self) -> usize {
        let head = self.head.to_lowercase();
        let (_, rest) = head.split_once("content-length: ").unwrap();
        rest.lines().next().unwrap().parse().unwrap()
    }

    fn json(&self) -> serde_json::Result<Value> {
        serde_json::from_slice(&self.body)
    }
}

impl Talk {
    /// Posts entries on a connection of its own and reads on to the end of that connection.
    async fn post_raw(&self, body: &Value) -> Raw {
        let body = body.to_string();
        let head = format!(
            "POST /api/v2/dnc/entries HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(self.sandbox.address()).await.unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let at = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        Raw { head: String::from_utf8(answer[..at].to_vec()).unwrap(), body: answer[at..].to_vec() }
    }

    /// Waits for the truth log to have a line of this fault, and gives it.
    async fn line_of(&self, fault: &str) -> Value {
        let mut found = None;
        until(fault, async || {
            let log = self.truth("log").await;
            found = log.as_array().unwrap().iter().find(|line| line["fault"] == fault).cloned();
            found.is_some()
        })
        .await;
        found.unwrap()
    }
}

#[tokio::test]
async fn a_wrong_length_is_wrong_in_the_head_alone_and_the_rows_are_applied() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let honest = talk.post_raw(&rows(&list, 100, 5)).await;
    assert_eq!(honest.length(), honest.body.len());

    talk.control("fault", &json!({ "at": "entries_write", "do": "length-over" })).await;
    let over = talk.post_raw(&rows(&list, 200, 5)).await;
    assert!(over.length() > over.body.len(), "{}", over.head);
    assert_eq!(over.json().unwrap()["data"].as_array().unwrap().len(), 5);

    talk.control("fault", &json!({ "at": "entries_write", "do": "length_under" })).await;
    let under = talk.post_raw(&rows(&list, 300, 5)).await;
    assert_eq!(under.length(), under.body.len() / 2);
    assert_eq!(under.json().unwrap()["data"].as_array().unwrap().len(), 5);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 15);
}

#[tokio::test]
async fn what_stands_behind_a_length_that_is_too_small_is_not_taken_for_the_next_answer() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    talk.control("fault", &json!({ "at": "entries_write", "do": "length_under" })).await;
    let answer = talk.call(Method::POST, "dnc/entries").json(&rows(&list, 100, 20)).send().await.unwrap();
    assert!(serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).is_err());
    assert_eq!(talk.get("users/me").await.1["tenantId"], "sandbox");
}

#[tokio::test]
async fn cut_json_has_the_length_that_its_head_says() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    talk.control("fault", &json!({ "at": "entries_write", "do": "truncate_json" })).await;
    let cut = talk.post_raw(&rows(&list, 100, 5)).await;
    assert!(cut.head.starts_with("HTTP/1.1 201"), "{}", cut.head);
    assert_eq!(cut.length(), cut.body.len());
    assert!(cut.json().unwrap_err().is_eof());
    assert!(talk.numbers_on(&list).await.contains(&"+12025550104".to_owned()));
}

#[tokio::test]
async fn a_dripping_body_takes_its_time_and_is_whole_in_the_end() {
    let talk = talk(small()).await;
    talk.control("fault", &json!({ "at": "me", "do": "drip", "bytes": 8, "ms": 20 })).await;
    let begin = std::time::Instant::now();
    let answer = talk.call(Method::GET, "users/me").send().await.unwrap();
    let length = answer.content_length().unwrap();
    let body = answer.bytes().await.unwrap();
    assert_eq!(body.len() as u64, length);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), talk.get("users/me").await.1);
    let pauses = u32::try_from(length.div_ceil(8) - 1).unwrap();
    assert!(pauses > 3 && begin.elapsed() >= pauses * Duration::from_millis(20), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn an_endless_body_goes_on_behind_its_json_and_ends_with_the_sandbox() {
    let talk = talk(small()).await;
    talk.control("fault", &json!({ "at": "me", "do": "drip_endless", "bytes": 512, "ms": 1 })).await;
    let mut answer = talk.call(Method::GET, "users/me").send().await.unwrap();
    assert_eq!(answer.content_length(), None);
    let first = answer.chunk().await.unwrap().unwrap();
    assert!(serde_json::from_slice::<Value>(&first).is_ok());
    for _ in 0..3 {
        let blanks = answer.chunk().await.unwrap().unwrap();
        assert!(blanks.iter().all(|b| *b == b' '), "{blanks:?}");
    }
    drop(talk);
    let rest = async { while let Ok(Some(_)) = answer.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(30), rest).await.unwrap();
}

#[tokio::test]
async fn a_late_commit_comes_after_its_answer_and_its_keys_are_known_by_then() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    for (n, (word, status)) in [("late_commit", Some(504)), ("late_reset", None)].into_iter().enumerate() {
        let body = rows(&list, 1_000 + 100 * n as u32, 10);
        talk.control("fault", &json!({ "at": "entries_write", "do": word, "ms": 1_500 })).await;
        let answer = talk.call(Method::POST, "dnc/entries").json(&body).send().await;
        assert_eq!(answer.ok().map(|answer| answer.status().as_u16()), status, "{word}");
        assert_eq!(talk.numbers_on(&list).await.len(), before + 20 * n, "{word}: not yet");

        // Half of it again, before the whole of it takes effect: the same keys, the same records.
        let again = json!({ "data": body["data"].as_array().unwrap()[..5] });
        assert_eq!(talk.post("dnc/entries", &again).await.0, 201);
        assert_eq!(talk.numbers_on(&list).await.len(), before + 20 * n + 5, "{word}");
        until("it is applied", async || talk.numbers_on(&list).await.len() == before + 20 * n + 10).await;
        // A second list of numbers, so that the next round begins at a round number.
        assert_eq!(talk.post("dnc/entries", &rows(&list, 5_000 + 100 * n as u32, 10)).await.0, 201);
    }
    assert_eq!(talk.truth("state").await["duplicates"], json!([]));
    let line = talk.line_of("committed_late").await;
    assert_eq!(
        (&line["status"], &line["applied"], &line["keys"][9]),
        (&json!(201), &json!(5), &json!("key-1009"))
    );
}

#[tokio::test]
async fn the_job_of_a_late_bulk_insert_is_listed_when_it_is_made() {
    let talk = talk(Options { job_duration: Duration::ZERO, ..small() }).await;
    talk.control("fault", &json!({ "at": "bulk", "do": "late_commit", "ms": 1_000 })).await;
    let body = super::outbound::insert(0, 10);
    assert_eq!(talk.post("outbound/contactlistitems/bulkinsert", &body).await.0, 504);
    assert_eq!(talk.get("outbound/jobs").await.1["total"], 0);
    let line = talk.line_of("committed_late").await;
    assert_eq!((&line["status"], &line["applied"]), (&json!(202), &json!(10)));
    let (_, jobs) = talk.get("outbound/jobs").await;
    assert_eq!((&jobs["total"], &jobs["entities"][0]["status"]), (&json!(1), &json!("COMPLETED")));
    let contacts = &talk.truth("state").await["contactLists"][0]["contacts"];
    assert_eq!(contacts.as_array().unwrap().last().unwrap()["phoneNumber"], "+13032000009");
}

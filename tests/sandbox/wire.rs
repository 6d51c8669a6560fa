//! Faults that only show on the wire, byte by byte: bodies that drip, lengths that lie.

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

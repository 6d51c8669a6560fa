//! Everything that goes wrong on purpose.

use super::*;

#[tokio::test]
async fn a_reset_looks_like_a_broken_connection_before_and_after_the_write() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let mut expected = before;
    for (n, (fault, applied)) in
        [("reset_before", 0), ("reset_midway", 5), ("reset_after", 10)].iter().enumerate()
    {
        talk.control("fault", &json!({ "do": fault, "on": "entries_write" })).await;
        let body = rows(&list, 1_000 + 100 * n as u32, 10);
        let error = talk.call(Method::POST, "dnc/entries").json(&body).send().await.unwrap_err();
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{fault}: {error:?}");
        expected += applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");

        // The same keys again: what is missing is made, nothing is doubled.
        assert_eq!(talk.post("dnc/entries", &body).await.0, 201);
        expected += 10 - applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");
    }
    assert_eq!(talk.truth("state").await["duplicates"], json!([]));
    let log = talk.truth("log").await;
    let told: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["fault"].is_string())
        .map(|l| l["applied"].clone())
        .collect();
    assert_eq!(told, [json!(0), json!(5), json!(10)]);
}

#[tokio::test]
async fn a_reset_is_one_and_not_a_polite_end() {
    let talk = talk(small()).await;
    talk.control("fault", &json!({ "do": "reset_before", "on": "token" })).await;
    let mut stream = tokio::net::TcpStream::connect(talk.sandbox.address()).await.unwrap();
    let request = "POST /oauth/token HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let error = stream.read(&mut [0; 64]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_cut_answer_has_its_head_and_not_its_body() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    talk.control("fault", &json!({ "do": "truncate", "on": "entries_write" })).await;
    let answer = talk.call(Method::POST, "dnc/entries").json(&rows(&list, 100, 20)).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.bytes().await.is_err());
    assert!(talk.numbers_on(&list).await.contains(&"+12025550119".to_owned()));
}

#[tokio::test]
async fn scripted_faults_strike_the_calls_they_were_ordered_for() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let post = |n: u32| {
        let call = talk.call(Method::POST, "dnc/entries").json(&rows(&list, n, 2));
        async move { call.send().await.unwrap() }
    };
    for fault in
        ["throttle_date", "throttle", "unavailable", "unavailable_after", "unauthorised", "too_large"]
    {
        talk.control("fault", &json!({ "do": fault, "on": "entries_write" })).await;
    }
    talk.control("fault", &json!({ "do": "error_after", "on": "entries_write", "skip": 1 })).await;

    let date = post(1_000).await;
    assert_eq!(date.status(), 429);
    assert!(httpdate::parse_http_date(date.headers()["retry-after"].to_str().unwrap()).is_ok());
    assert_eq!(post(1_000).await.headers()["retry-after"], "1");
    let bare = post(1_000).await;
    assert_eq!((bare.status().as_u16(), bare.headers().get("retry-after")), (503, None));
    assert_eq!(post(1_000).await.headers()["retry-after"], "1");
    assert_eq!(post(1_000).await.status(), 401);
    assert_eq!(post(1_000).await.status(), 413);
    assert_eq!(talk.numbers_on(&list).await.len(), before);
    assert_eq!(post(1_000).await.status(), 201);
    assert_eq!(post(2_000).await.status(), 500);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 4);

    talk.control("fault", &json!({ "do": "omit" })).await;
    assert_eq!(read(post(3_000).await).await.1["data"].as_array().unwrap().len(), 1);
    talk.control("fault", &json!({ "do": "lie" })).await;
    assert_eq!(read(post(4_000).await).await.1["data"].as_array().unwrap().len(), 2);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 6);
}

#[tokio::test]
async fn a_patient_client_gets_through_the_flaky_story_with_nothing_doubled() {
    let talk = talk(Options { story: Story::Flaky, ..small() }).await;
    let list = {
        let state = talk.truth("state").await;
        let lists = state["lists"].as_array().unwrap().clone();
        lists.iter().find(|l| l["name"] == "Internal_OptOuts").unwrap()["id"].as_str().unwrap().to_owned()
    };
    let before = talk.numbers_on(&list).await.len();
    let mut broken = 0;
    for batch in 0..120 {
        let body = rows(&list, batch * 10, 10);
        let mut tries = 0;
        loop {
            tries += 1;
            assert!(tries <= 3, "batch {batch} met more than two faults in a row");
            match talk.call(Method::POST, "dnc/entries").json(&body).send().await {
                Ok(answer) => {
                    if answer.status() == 201 && answer.bytes().await.is_ok() {
                        break;
                    }
                }
                Err(_) => broken += 1,
            }
        }
    }
    assert!(broken > 0, "no connection broke");
    let state = talk.truth("state").await;
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1_200);
    assert_eq!(state["duplicates"], json!([]));
    let log = talk.truth("log").await;
    let faults: HashSet<_> = log.as_array().unwrap().iter().filter_map(|l| l["fault"].as_str()).collect();
    assert!(faults.len() >= 4, "{faults:?}");
}

#[tokio::test]
async fn the_slow_story_takes_its_time_over_every_answer() {
    let talk = talk(Options { story: Story::Slow, ..small() }).await;
    let begin = std::time::Instant::now();
    assert_eq!(talk.get("users/me").await.0, 200);
    assert!(begin.elapsed() >= Duration::from_millis(150));
}

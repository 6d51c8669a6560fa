//! Orders: what is to go wrong is counted, what is not understood is refused, and the weather is the seed's.

use super::*;

#[tokio::test]
async fn orders_count_calls_of_a_family_from_the_start() {
    let orders =
        ["at=entries_write#3 do=html", "at=query do=throttle", "at=entries_write#2 do=status status=418"];
    let orders = orders.into_iter().map(|order| Order::parse(order).unwrap()).collect();
    let talk = talk(Options { orders, ..small() }).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let mut seen = Vec::new();
    for n in 0..4 {
        seen.push(talk.post("dnc/entries", &rows(&list, 100 + n, 1)).await.0);
    }
    assert_eq!(seen, [201, 418, 200, 201]);
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": [] })).await.0, 429);
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": [] })).await.0, 200);

    // From now on, where it is ordered later.
    talk.control("fault", &json!({ "at": "entries#2", "do": "too_large" })).await;
    assert_eq!(talk.get("dnc/entries?limit=1").await.0, 200);
    assert_eq!(talk.post("dnc/entries", &rows(&list, 200, 1)).await.0, 413);
}

#[tokio::test]
async fn an_order_that_is_not_understood_is_refused_and_says_what_there_is() {
    let talk = talk(small()).await;
    let url = format!("{}/fault", talk.sandbox.control_url());
    for (order, told) in [
        (json!({ "do": "explode" }), "quiet_loss"),
        (json!({ "do": "lie", "at": "everywhere" }), "entries_write"),
        (json!({ "do": "status", "status": 42 }), "200 to 999"),
        (json!({ "do": "lie", "ms": 5 }), "takes no ms"),
        (json!({ "do": ["lie"] }), "a word or a number"),
    ] {
        let (status, body) = read(talk.http.post(&url).json(&order).send().await.unwrap()).await;
        assert_eq!(status, 400, "{order}");
        assert!(body["message"].as_str().unwrap().contains(told), "{order}: {body}");
    }
    assert_eq!(talk.get("users/me").await.0, 200);
}

/// The faults that the same calls meet in the flaky story of a seed.
async fn weather(seed: u64) -> Vec<Value> {
    let talk = talk(Options { seed, story: Story::Flaky, contacts_per_second: 10_000, ..small() }).await;
    let list = {
        let state = talk.truth("state").await;
        state["lists"][4]["id"].as_str().unwrap().to_owned()
    };
    for n in 0..60 {
        // Whether they are answered is not the question.
        let _ = talk.call(Method::POST, "dnc/entries").json(&rows(&list, 10 * n, 10)).send().await;
        let _ = talk.call(Method::GET, "dnc/entries?limit=1").send().await;
        let _ = talk.call(Method::POST, "contacts/c-000001").send().await;
        let _ = talk.call(Method::GET, "outbound/jobs").send().await;
        let _ = talk.call(Method::GET, "events").send().await;
    }
    let log = talk.truth("log").await;
    log.as_array().unwrap().iter().map(|line| json!([line["path"], line["fault"]])).collect()
}

#[tokio::test]
async fn a_seed_decides_every_fault() {
    let seven = weather(7).await;
    assert!(seven.iter().filter(|line| line[1].is_string()).count() > 10, "{seven:?}");
    assert_eq!(seven, weather(7).await);
    assert_ne!(seven, weather(8).await);
}

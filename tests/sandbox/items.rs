//! Items: the other dialect of writing to a list.

use super::*;

fn items(from: u32, count: u32) -> Value {
    (from..from + count)
        .map(|n| json!({ "phoneNumber": format!("+1202555{n:04}"), "source": "test", "notes": format!("no. {n}") }))
        .collect()
}

/// Every item of a list, page by page until a short one.
async fn listed(talk: &Talk, list: &str) -> Vec<Value> {
    let (mut all, mut number) = (Vec::new(), 1);
    loop {
        let path = format!("dnc/lists/{list}/items?pageNumber={number}&pageSize=1000");
        let (status, body) = talk.get(&path).await;
        assert_eq!(status, 200, "{body}");
        let page = body["entities"].as_array().unwrap();
        all.extend(page.iter().cloned());
        if page.len() < 1_000 {
            return all;
        }
        number += 1;
    }
}

#[tokio::test]
async fn items_are_queued_and_are_records_of_the_list_like_entries() {
    let talk = talk(Options { items_delay: Duration::ZERO, ..small() }).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let path = format!("dnc/lists/{list}/items");
    let (status, body) = talk.post(&path, &items(100, 3)).await;
    assert_eq!((status, body), (202, json!({ "queued": 3 })));

    let all = listed(&talk, &list).await;
    assert_eq!(all.len(), before + 3, "what was there before is on the list too");
    let last = &all[all.len() - 1];
    assert_eq!(
        (&last["phoneNumber"], &last["source"], &last["notes"]),
        (&json!("+12025550102"), &json!("test"), &json!("no. 102"))
    );

    let (_, entries) = talk.get("dnc/entries?phoneNumber=%2B12025550102").await;
    assert_eq!(entries["data"][0]["listId"], json!(list));
    assert_eq!(entries["data"][0].get("jurisdiction"), None, "an item has none");
    assert_eq!(talk.records("+12025550102").await, [("COMPANY".into(), "PENDING".into())]);

    // And the other way round.
    talk.post("dnc/entries", &rows(&list, 150, 1)).await;
    assert!(listed(&talk, &list).await.iter().any(|item| item["phoneNumber"] == "+12025550150"));
}

#[tokio::test]
async fn an_item_shows_at_once_as_an_entry_later_as_an_item_and_is_enforced_last() {
    let hour = Duration::from_secs(3_600);
    let late = talk(Options { items_delay: hour, lag: hour, ..small() }).await;
    let list = late.list_id("Internal_OptOuts").await;
    late.post(&format!("dnc/lists/{list}/items"), &items(100, 1)).await;
    let (_, entries) = late.get("dnc/entries?phoneNumber=%2B12025550100").await;
    assert_eq!(entries["data"].as_array().unwrap().len(), 1);
    assert!(listed(&late, &list).await.iter().all(|item| item["phoneNumber"] != "+12025550100"));
    assert_eq!(late.records("+12025550100").await, [("COMPANY".into(), "PENDING".into())]);

    let soon = talk(Options { items_per_minute: 10_000, lag: hour, ..small() }).await;
    let list = soon.list_id("Internal_OptOuts").await;
    soon.post(&format!("dnc/lists/{list}/items"), &items(100, 1)).await;
    while !listed(&soon, &list).await.iter().any(|item| item["phoneNumber"] == "+12025550100") {}
    assert_eq!(soon.records("+12025550100").await, [("COMPANY".into(), "PENDING".into())]);

    let quick = talk(Options { lag: Duration::ZERO, ..small() }).await;
    let list = quick.list_id("Internal_OptOuts").await;
    quick.post(&format!("dnc/lists/{list}/items"), &items(100, 1)).await;
    assert_eq!(quick.records("+12025550100").await, [("COMPANY".into(), "SUPPRESSED".into())]);
}

#[tokio::test]
async fn a_repeat_is_accepted_and_makes_no_new_record() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    let path = format!("dnc/lists/{list}/items");
    for _ in 0..2 {
        assert_eq!(talk.post(&path, &items(100, 5)).await, (202, json!({ "queued": 5 })));
    }
    let twice = json!([{ "phoneNumber": "+12025550110" }, { "phoneNumber": "+12025550110" }]);
    assert_eq!(talk.post(&path, &twice).await, (202, json!({ "queued": 2 })));
    assert_eq!(talk.numbers_on(&list).await.len(), before + 6);
    let state = talk.truth("state").await;
    assert_eq!(state["duplicates"], json!([]));

    // Its entry has expired and suppresses nothing, so the number is new.
    let texas = talk.list_id("State_TX_DNC").await;
    let expired = json!([{ "phoneNumber": "+17135550155" }]);
    talk.post(&format!("dnc/lists/{texas}/items"), &expired).await;
    assert_eq!(talk.numbers_on(&texas).await.iter().filter(|n| *n == "+17135550155").count(), 2);
}

#[tokio::test]
async fn one_bad_item_refuses_the_whole_call_and_says_which() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await;
    let path = format!("dnc/lists/{list}/items");
    for (bad, code) in [
        (json!({ "phoneNumber": "2025550101" }), "INVALID_PHONE_NUMBER"),
        (json!({ "phoneNumber": "+18005550117" }), "REJECTED_BY_POLICY"),
        (json!({ "notes": "no number" }), "INVALID_ROW"),
        (json!({ "phoneNumber": "+12025550101", "jurisdiction": "US-DC" }), "INVALID_ROW"),
        (json!("+12025550101"), "INVALID_ROW"),
    ] {
        let mut body = items(100, 9);
        body[4] = bad;
        let (status, refused) = talk.post(&path, &body).await;
        assert_eq!((status, &refused["code"]), (400, &json!(code)));
        assert!(refused["message"].as_str().unwrap().starts_with("items[4]: "), "{refused}");
    }
    assert_eq!(talk.post(&path, &json!([])).await.0, 400);
    assert_eq!(talk.post(&path, &json!({ "items": [] })).await.0, 400);
    assert_eq!(talk.post("dnc/lists/nothing/items", &items(100, 1)).await.0, 404);
    assert_eq!(talk.get("dnc/lists/nothing/items").await.0, 404);
    assert_eq!(talk.numbers_on(&list).await, before);
    assert_eq!(talk.get(&format!("{path}?pageSize=1001")).await.0, 400);
    assert_eq!(talk.call(Method::DELETE, &path).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn ten_thousand_items_are_taken_and_one_more_is_too_many() {
    let talk = talk(small()).await;
    let list = talk.list_id("Trial_Imports").await;
    let before = talk.numbers_on(&list).await.len();
    let path = format!("dnc/lists/{list}/items");
    let many = |count: u32| -> Value {
        (0..count).map(|n| json!({ "phoneNumber": format!("+1206{:07}", 2_000_000 + n) })).collect()
    };
    assert_eq!(talk.post(&path, &many(10_001)).await.0, 413);
    assert_eq!(talk.numbers_on(&list).await.len(), before);
    assert_eq!(talk.post(&path, &many(10_000)).await, (202, json!({ "queued": 10_000 })));
    assert_eq!(talk.numbers_on(&list).await.len(), before + 10_000);
}

#[tokio::test]
async fn reads_and_writes_of_items_share_one_limit() {
    let talk = talk(Options { items_per_minute: 5, ..small() }).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let path = format!("dnc/lists/{list}/items");
    for _ in 0..3 {
        assert_eq!(talk.post(&path, &items(100, 1)).await.0, 202);
    }
    for _ in 0..2 {
        assert_eq!(talk.get(&path).await.0, 200);
    }
    assert_eq!(talk.get(&path).await.0, 429);
    let refused = talk.call(Method::POST, &path).json(&items(100, 1)).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let families = &talk.truth("state").await["counters"]["families"];
    assert_eq!(families["items_write"], json!({ "calls": 4, "overshoots": 1 }));
    assert_eq!(families["items_read"], json!({ "calls": 3, "overshoots": 1 }));
}

#[tokio::test]
async fn items_ask_for_their_scopes() {
    let mut talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let path = format!("dnc/lists/{list}/items");
    talk.token = talk.token_for("dnc:read dnc:write").await;
    let (status, refused) = talk.get(&path).await;
    assert_eq!(status, 403);
    assert!(refused["message"].as_str().unwrap().contains("compliance:read"));
    assert_eq!(talk.post(&path, &items(100, 1)).await.0, 403);
    talk.token = talk.token_for("dnc:read compliance:read").await;
    assert_eq!(talk.get(&path).await.0, 200);
    assert_eq!(talk.post(&path, &items(100, 1)).await.0, 403);
}

#[tokio::test]
async fn faults_of_items_tell_one_thing_and_do_another() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let mut expected = talk.numbers_on(&list).await.len();
    let path = format!("dnc/lists/{list}/items");
    for (n, (fault, applied)) in
        [("reset_before", 0), ("reset_midway", 5), ("reset_after", 10)].into_iter().enumerate()
    {
        talk.control("fault", &json!({ "do": fault, "on": "items_write" })).await;
        let body = items(1_000 + 100 * n as u32, 10);
        assert!(talk.call(Method::POST, &path).json(&body).send().await.is_err(), "{fault}");
        expected += applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");
        // Sent again: what is missing is made, nothing is doubled.
        assert_eq!(talk.post(&path, &body).await.0, 202);
        expected += 10 - applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");
    }
    for (fault, status, queued, applied) in
        [("lie", 202, json!(10), 0), ("omit", 202, json!(9), 10), ("error_after", 500, Value::Null, 10)]
    {
        talk.control("fault", &json!({ "do": fault, "on": "items_write" })).await;
        let (got, body) = talk.post(&path, &items(2_000 + expected as u32, 10)).await;
        assert_eq!((got, &body["queued"]), (status, &queued), "{fault}");
        expected += applied;
        assert_eq!(talk.numbers_on(&list).await.len(), expected, "{fault}");
    }
    talk.control("fault", &json!({ "fault": "status", "status": 418, "on": "items_write" })).await;
    assert_eq!(talk.post(&path, &items(9_000, 1)).await.0, 418);
    assert_eq!(talk.numbers_on(&list).await.len(), expected, "nothing applied");
}

#[tokio::test]
async fn pages_go_wrong_as_ordered() {
    let talk = talk(Options { entries: 2_000, ..small() }).await;
    let list = talk.list_id("State_CA_DNC").await;
    let page = |number: usize| {
        let path = format!("dnc/lists/{list}/items?pageNumber={number}&pageSize=50");
        let talk = &talk;
        async move {
            let (_, body) = talk.get(&path).await;
            let page = body["entities"].as_array().unwrap().clone();
            page.iter().map(|item| item["phoneNumber"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    let order = |fault: &str| {
        let order = json!({ "do": fault, "on": "items_read" });
        let talk = &talk;
        async move { talk.control("fault", &order).await }
    };
    let (first, second) = (page(1).await, page(2).await);
    order("repeat_page").await;
    assert_eq!(page(2).await, first);
    order("clamp_page").await;
    assert_eq!(page(2).await, first[25..], "the second half of what was the first page");
    order("omit").await;
    assert_eq!(page(2).await, second[1..]);
    order("reorder_page").await;
    let turned = page(2).await;
    assert_ne!(turned, second);
    assert_eq!(page(2).await, second);

    talk.control("fault", &json!({ "do": "repeat_page", "on": "entries_read" })).await;
    let entries = |offset: usize| {
        let path = format!("dnc/entries?listId={list}&limit=50&offset={offset}");
        let talk = &talk;
        async move { talk.get(&path).await.1["data"].clone() }
    };
    let repeated = entries(50).await;
    assert_eq!(repeated, entries(0).await);
    assert_ne!(repeated, entries(50).await);
}

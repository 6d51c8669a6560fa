//! The truth log and the seeded world.

use super::*;

#[tokio::test]
async fn lost_records_are_the_last_written_and_the_log_tells_of_them() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();
    talk.post("dnc/entries", &rows(&list, 100, 3)).await;
    let lost = talk.control("lose", &json!({ "listId": list, "count": 2 })).await;
    assert_eq!(lost, json!({ "lost": ["+12025550102", "+12025550101"] }));
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1);

    // The same key again is the same intent: it does not bring the record back.
    assert_eq!(talk.post("dnc/entries", &rows(&list, 100, 3)).await.0, 201);
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1);

    let lost = talk.control("lose", &json!({ "listId": "Internal_OptOuts", "count": 2 })).await;
    assert_eq!(lost["lost"].as_array().unwrap().len(), 2);
    assert_eq!(talk.numbers_on(&list).await.len(), before - 1);

    let log = talk.truth("log").await;
    let lines = log.as_array().unwrap();
    assert!(lines.windows(2).all(|w| w[0]["seq"].as_u64() < w[1]["seq"].as_u64()));
    let written = lines.iter().find(|l| l["path"] == "/api/v2/dnc/entries").unwrap();
    assert_eq!((&written["applied"], &written["keys"][0]), (&json!(3), &json!("key-100")));
    assert_eq!(lines.iter().filter(|l| l["fault"] == "lose").count(), 2);
}

#[tokio::test]
async fn a_seed_makes_one_world() {
    let world = |seed| async move {
        let talk = talk(Options { seed, ..small() }).await;
        let mut state = talk.truth("state").await;
        // The call for the token is counted; instants are set against the day of the start.
        for record in state["lists"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .flat_map(|l| l["records"].as_array_mut().unwrap())
        {
            record.as_object_mut().unwrap().retain(|name, _| !name.ends_with("Date"));
        }
        state
    };
    let seven = world(7).await;
    assert_eq!(seven, world(7).await);
    assert_ne!(seven["lists"], world(8).await["lists"]);
}

#[tokio::test]
async fn the_full_world_holds_fifty_thousand_entries_no_number_twice_on_a_list() {
    let talk = talk(Options::default()).await;
    let state = talk.truth("state").await;
    let lists = state["lists"].as_array().unwrap();
    let total: usize = lists.iter().map(|l| l["records"].as_array().unwrap().len()).sum();
    assert_eq!(total, 50_000 + 11);
    assert!(lists.len() >= 6);
    assert_eq!(state["duplicates"], json!([]));
    let numbers: HashSet<_> = lists
        .iter()
        .flat_map(|l| l["records"].as_array().unwrap())
        .map(|r| r["phoneNumber"].as_str().unwrap())
        .collect();
    assert!(numbers.iter().all(|n| {
        let d = n.as_bytes();
        n.len() == 12 && n.starts_with("+1") && (b'2'..=b'9').contains(&d[2]) && (b'2'..=b'9').contains(&d[5])
    }));
    assert!(numbers.len() < total, "some stand on several lists");
}

#[tokio::test]
async fn a_dropped_sandbox_is_gone() {
    let talk = talk(small()).await;
    let address = talk.sandbox.address();
    drop(talk);
    // It stops as soon as its runtime gets to it; until then a connection may still be taken.
    while let Ok(stream) = tokio::net::TcpStream::connect(address).await {
        drop(stream);
        tokio::task::yield_now().await;
    }
}

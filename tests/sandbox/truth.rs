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
async fn the_effect_log_tells_who_came_went_and_changed_in_order() {
    let talk = talk(Options { job_duration: Duration::ZERO, ..small() }).await;
    assert_eq!(talk.truth("effects").await, json!([]), "the seeded world was there before");
    let list = talk.list_id("Internal_OptOuts").await;
    talk.post("dnc/entries", &rows(&list, 100, 2)).await;
    let first = talk.truth("effects").await[0]["record"].as_str().unwrap().to_owned();
    // A key that is repeated does nothing, and so stands for nothing here.
    talk.post("dnc/entries", &rows(&list, 100, 2)).await;
    talk.call(Method::DELETE, &format!("dnc/entries/{first}")).send().await.unwrap();
    talk.control("lose", &json!({ "listId": list, "count": 1 })).await;
    let contact = json!({ "contacts": [{ "phoneNumber": "+12025550177", "reason": "DNC" }] });
    for _ in 0..2 {
        talk.post("lists/sl-compliance-holds/contacts", &contact).await;
    }
    let bulk = json!({ "contactListId": "cl-winback", "items": [{ "phoneNumber": "+12025550178" }] });
    talk.post("outbound/contactlistitems/bulkinsert", &bulk).await;

    let told = |effects: &Value| -> Vec<(String, String)> {
        let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        effects.as_array().unwrap().iter().map(|it| (text(it, "change"), text(it, "who"))).collect()
    };
    let pair = |change: &str, who: &str| (change.to_owned(), who.to_owned());
    let all = talk.truth("effects").await;
    let of_entries = [
        pair("+", "+12025550100"),
        pair("+", "+12025550101"),
        pair("-", "+12025550100"),
        pair("-", "+12025550101"),
    ];
    let of_contacts = [pair("+", "+12025550177"), pair("=", "+12025550177")];
    let of_bulk = [pair("+", "+12025550178")];
    assert_eq!(told(&all), [&of_entries[..], &of_contacts, &of_bulk].concat());
    assert!((1..).zip(all.as_array().unwrap()).all(|(n, it)| it["seq"] == json!(n)));
    assert_eq!((&all[0]["key"], &all[2]["record"]), (&json!("key-100"), &json!(first)));
    assert_eq!(told(&talk.truth(&format!("effects?listId={list}&after=2")).await), of_entries[2..]);
    assert_eq!(told(&talk.truth("effects?listId=Compliance_Holds").await), of_contacts);
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

//! Entries, the record query, limits.

use super::*;

#[tokio::test]
async fn a_key_sent_twice_makes_one_record_and_a_new_key_a_second() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await.len();

    let (status, first) = talk.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(status, 201);
    let (status, again) = talk.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!((status, &again["data"][0]["id"]), (201, &first["data"][0]["id"]));
    assert_eq!(talk.numbers_on(&list).await.len(), before + 1);

    let mut other = row(&list, "+12025550100", "key-100");
    other["source"] = json!("another source");
    let (status, conflict) = talk.post("dnc/entries", &json!({ "data": [other] })).await;
    assert_eq!((status, &conflict["errors"][0]["code"]), (200, &json!("KEY_CONFLICT")));

    let (status, second) =
        talk.post("dnc/entries", &json!({ "data": [row(&list, "+12025550100", "another")] })).await;
    assert_eq!(status, 201);
    assert_ne!(second["data"][0]["id"], first["data"][0]["id"]);
    let state = talk.truth("state").await;
    let doubled = json!([{ "listId": list, "phoneNumber": "+12025550100", "records": 2 }]);
    assert_eq!(state["duplicates"], doubled);
    assert_eq!(state["keys"]["key-100"], json!({ "seen": 2, "applied": 1 }));
}

#[tokio::test]
async fn a_partial_answer_names_each_refused_row_and_takes_the_rest() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let change = |n: usize, field: &str, value: Value| {
        let mut row = row(&list, &format!("+120255501{n:02}"), &format!("key-{n}"));
        if value.is_null() {
            row.as_object_mut().unwrap().remove(field);
        } else {
            row[field] = value;
        }
        row
    };
    let cases = [
        (change(10, "phoneNumber", json!("12025550110")), "INVALID_PHONE_NUMBER"),
        (change(11, "jurisdiction", json!("Texas")), "INVALID_JURISDICTION"),
        (change(12, "jurisdiction", Value::Null), "INVALID_JURISDICTION"),
        (change(13, "listId", json!("nothing")), "LIST_NOT_FOUND"),
        (change(14, "expirationDate", json!("2001-01-01")), "EXPIRATION_IN_PAST"),
        (change(15, "expirationDate", json!("soon")), "INVALID_EXPIRATION"),
        (change(16, "idempotencyKey", Value::Null), "MISSING_IDEMPOTENCY_KEY"),
        (change(17, "phoneNumber", json!("+18005550117")), "REJECTED_BY_POLICY"),
        (json!("no entry at all"), "INVALID_ROW"),
    ];
    let mut data: Vec<Value> = cases.iter().map(|(row, _)| row.clone()).collect();
    data.push(change(18, "expirationDate", json!("2099-12-31")));
    let (status, body) = talk.post("dnc/entries", &json!({ "data": data })).await;
    assert_eq!(status, 200);
    assert_eq!(body["data"].as_array().unwrap().len(), 1);
    let errors = body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), cases.len());
    for (n, (row, code)) in cases.iter().enumerate() {
        assert_eq!((&errors[n]["index"], &errors[n]["code"]), (&json!(n), &json!(code)));
        assert_eq!(errors[n]["phoneNumber"], *row.get("phoneNumber").unwrap_or(&Value::Null));
    }

    let (_, found) = talk.get("dnc/entries?phoneNumber=%2B12025550118").await;
    assert_eq!(found["data"][0]["expirationDate"], "2099-12-31T23:59:59Z");
    assert_eq!(found["data"][0]["idempotencyKey"], "key-18");
}

#[tokio::test]
async fn more_than_a_hundred_rows_are_refused_whole() {
    let talk = talk(small()).await;
    let list = talk.list_id("Internal_OptOuts").await;
    let before = talk.numbers_on(&list).await;
    assert_eq!(talk.post("dnc/entries", &rows(&list, 100, 101)).await.0, 413);
    assert_eq!(talk.numbers_on(&list).await, before);
    assert_eq!(talk.post("dnc/entries", &rows(&list, 100, 100)).await.0, 201);
    assert_eq!(talk.post("dnc/entries", &json!({ "data": [] })).await.0, 400);
    assert_eq!(talk.post("dnc/entries", &json!("what")).await.0, 400);
}

#[tokio::test]
async fn entries_are_read_in_pages_and_removed_by_id() {
    let talk = talk(small()).await;
    let list = talk.list_id("TCPA_National_Suppression_v2").await;
    let (mut ids, mut offset) = (Vec::new(), 0);
    loop {
        let (_, body) = talk.get(&format!("dnc/entries?listId={list}&limit=100&offset={offset}")).await;
        let page = body["data"].as_array().unwrap();
        ids.extend(page.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        offset += 100;
        if page.len() < 100 {
            break;
        }
    }
    assert_eq!(ids.len(), talk.numbers_on(&list).await.len());
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());

    let path = format!("dnc/entries/{}", ids[5]);
    assert_eq!(talk.call(Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(talk.call(Method::DELETE, &path).send().await.unwrap().status(), 404);
    assert_eq!(talk.numbers_on(&list).await.len(), ids.len() - 1);

    assert_eq!(talk.get("dnc/entries?listId=nothing").await.0, 404);
    assert_eq!(talk.get("dnc/entries?limit=5000").await.0, 400);
    // A plus sign that was not escaped arrives as a blank.
    assert_eq!(talk.get("dnc/entries?phoneNumber=+12025550101").await.0, 400);
}

#[tokio::test]
async fn the_sample_numbers_show_what_they_say() {
    let talk = talk(small()).await;
    let expected: [(&str, &[(&str, &str)]); 10] = [
        ("+12025550101", &[("NATIONAL", "SUPPRESSED")]),
        ("+14155550287", &[("NATIONAL", "NOT_SUPPRESSED")]),
        ("+12125550123", &[("COMPANY", "PENDING")]),
        ("+13105550144", &[("COMPANY", "NOT_SUPPRESSED"), ("NATIONAL", "SUPPRESSED")]),
        ("+19165550177", &[("COMPANY", "SUPPRESSED"), ("NATIONAL", "SUPPRESSED"), ("STATE", "SUPPRESSED")]),
        ("+12065550133", &[("NATIONAL", "SUPPRESSED")]),
        ("+17135550155", &[("STATE", "NOT_SUPPRESSED")]),
        ("+16175550162", &[("COMPANY", "NOT_SUPPRESSED")]),
        ("+13055550188", &[("COMPANY", "NOT_SUPPRESSED")]),
        ("+15125550199", &[]),
    ];
    for ((number, wanted), (sample, what)) in expected.into_iter().zip(SAMPLE_NUMBERS) {
        assert_eq!(number, sample);
        let wanted: Vec<_> = wanted.iter().map(|(t, s)| ((*t).to_owned(), (*s).to_owned())).collect();
        assert_eq!(talk.records(number).await, wanted, "{what}");
    }
}

#[tokio::test]
async fn a_written_number_is_pending_until_the_lag_has_passed() {
    let slow = talk(Options { lag: Duration::from_secs(3_600), ..small() }).await;
    let list = slow.list_id("Internal_OptOuts").await;
    slow.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(slow.records("+12025550100").await, [("COMPANY".into(), "PENDING".into())]);

    let quick = talk(Options { lag: Duration::ZERO, ..small() }).await;
    let list = quick.list_id("Internal_OptOuts").await;
    quick.post("dnc/entries", &rows(&list, 100, 1)).await;
    assert_eq!(quick.records("+12025550100").await, [("COMPANY".into(), "SUPPRESSED".into())]);
}

#[tokio::test]
async fn the_records_of_a_batch_come_in_pages_and_some_numbers_have_none() {
    let talk = talk(Options { entries: 2_000, ..small() }).await;
    let phones: Vec<String> = talk
        .numbers_on("State_CA_DNC")
        .await
        .into_iter()
        .take(60)
        .chain((0..40).map(|n| format!("+1201234{n:04}")))
        .collect();
    let ask = |limit: usize, offset: usize| {
        let body = json!({ "phones": phones, "limit": limit, "offset": offset });
        let talk = &talk;
        async move { talk.post("dnc/records/query", &body).await.1["records"].as_array().unwrap().clone() }
    };
    // A hundred phones may have more than a hundred records.
    let mut whole = ask(100, 0).await;
    assert_eq!(whole.len(), 100);
    whole.extend(ask(100, 100).await);
    let mut paged = Vec::new();
    for offset in (0..whole.len() + 7).step_by(7) {
        paged.extend(ask(7, offset).await);
    }
    assert!(paged == whole, "small pages hold the same records as large ones");
    let answered: HashSet<_> = whole.iter().map(|r| r["phone"].as_str().unwrap()).collect();
    assert!(answered.len() < 100, "some are unknown");
    assert!(whole.len() > answered.len(), "some have several records");
    assert!(whole.iter().any(|r| r["status"] == "NOT_SUPPRESSED"));
    let order: Vec<_> =
        whole.iter().map(|r| phones.iter().position(|p| r["phone"] == **p).unwrap()).collect();
    assert!(!order.is_sorted(), "in any order");

    let many: Vec<&str> = vec!["+12025550101"; 101];
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": many })).await.0, 400);
    assert_eq!(talk.post("dnc/records/query", &json!({ "phones": ["2025550101"] })).await.0, 400);
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused_counted_and_told_when_to_come_back() {
    let talk = talk(Options { entries_per_second: 5, ..small() }).await;
    let calls = (0..12).map(|_| talk.call(Method::GET, "dnc/entries?limit=1").send());
    let mut refused = 0;
    for answer in futures_util::future::join_all(calls).await {
        let answer = answer.unwrap();
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "1");
            refused += 1;
        }
    }
    assert!(refused > 0);
    assert_eq!(talk.truth("state").await["counters"]["overshoots"], refused);

    let mut last = 200;
    for _ in 0..101 {
        last = talk.post("dnc/records/query", &json!({ "phones": [] })).await.0;
    }
    assert_eq!(last, 429);
}

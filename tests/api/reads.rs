//! Reads: repeated with patience where that helps, never where it does not.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use quietline::api::{Circuit, Client, Deadlines, Error, ListDialect, NewList, Patience, Scopes};
use quietline::domain::list::{DncList, ListId};
use quietline::domain::verdict::RecordStatus;

use crate::tenant::{Reply, Tenant, json, number, quick, with};

#[tokio::test]
async fn a_stumbling_tenant_is_asked_again() {
    let tenant = Tenant::start(|seen| match seen.nth {
        0 => json(503, ""),
        1 => Reply::Reset,
        2 => Reply::Truncated(200),
        _ => json(200, "{}"),
    })
    .await;
    let client = tenant.client();
    client.me().await.unwrap();
    assert_eq!(tenant.calls().len(), 4);
    assert_eq!(client.gauges().borrow().retries, 3);
}

#[tokio::test]
async fn patience_ends_with_the_attempts_and_names_the_host() {
    let tenant = Tenant::start(|_| json(503, r#"{"message":"down for +1 202 555 0101"}"#)).await;
    let error = tenant.client().me().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("503") && !error.to_string().contains("5550101"), "{error}");
    assert_eq!(tenant.calls().len(), 4);
    let address = tenant.address;
    drop(tenant);
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let client = crate::tenant::client_of(address, Deadlines::default(), quick());
    assert!(client.me().await.unwrap_err().to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    for status in [400, 404, 409, 413, 415, 422, 501] {
        let tenant = Tenant::start(move |_| json(status, "{}")).await;
        assert!(tenant.client().me().await.is_err());
        assert_eq!(tenant.calls().len(), 1, "{status}");
    }
}

/// H429a
#[tokio::test]
async fn both_forms_of_retry_after_are_honoured() {
    let impatient = Patience { budget: Duration::from_secs(5), ..quick() };
    for status in [429, 503] {
        for date in [false, true] {
            let tenant = Tenant::start(move |_| {
                // The tenant's clock is far off ours: only the distance of its two dates counts.
                let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
                let at = httpdate::fmt_http_date(now + Duration::from_secs(30));
                let after = if date { at } else { "30".into() };
                Reply::Full(
                    status,
                    vec![("date", httpdate::fmt_http_date(now)), ("retry-after", after)],
                    String::new(),
                )
            })
            .await;
            let error = tenant.client_with(Deadlines::default(), impatient).me().await.unwrap_err();
            assert_eq!(tenant.calls().len(), 1, "{status}: 30 s are more than 5 s of patience");
            if status == 429 {
                let Error::Throttled { after: Some(after) } = error else { panic!("{error:?}") };
                assert!(after > Duration::from_secs(25) && after <= Duration::from_secs(30), "{after:?}");
            }
        }
    }
}

#[tokio::test]
async fn garbage_in_retry_after_falls_back_to_the_usual_pause() {
    for garbage in ["soon", "-1", "", "1e3"] {
        let tenant = Tenant::start(move |seen| match seen.nth {
            0 => with(429, "retry-after", garbage),
            _ => json(200, "{}"),
        })
        .await;
        tenant.client().me().await.unwrap();
        assert_eq!(tenant.calls().len(), 2, "{garbage:?}");
    }
}

/// H403
#[tokio::test]
async fn a_missing_scope_is_named() {
    let tenant = Tenant::start(|_| json(403, "{}")).await;
    let error = tenant.client().query_records(&[number(101)]).await.unwrap_err();
    let Error::Forbidden { needed, asked } = error else { panic!("{error:?}") };
    assert!(needed.contains("contacts:read"), "{needed}");
    assert!(asked.contains("dnc:write"), "{asked}");
    assert_eq!((tenant.calls().len(), tenant.tokens().len()), (1, 1));
}

/// H3xx
#[tokio::test]
async fn a_redirect_is_not_followed_and_the_other_origin_gets_nothing() {
    let other = Tenant::start(|_| json(200, r#"{"entities":[]}"#)).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("http://{}/api/v2/dnc/lists", other.address);
        let tenant = Tenant::start(move |_| with(status, "location", to.clone())).await;
        let error = tenant.client().lists().await.unwrap_err();
        assert!(error.to_string().contains(&other.address.to_string()), "{error}");
        assert_eq!(tenant.calls().len(), 1);
    }
    assert_eq!(other.tokens().len() + other.calls().len(), 0);
}

#[tokio::test]
async fn an_endless_answer_is_cut_and_a_web_page_is_no_answer() {
    let tenant = Tenant::start(|_| Reply::Endless).await;
    let error = tenant.client().lists().await.unwrap_err();
    assert!(error.to_string().contains("16 MiB"), "{error}");
    assert_eq!(tenant.calls().len(), 1);
    let tenant = Tenant::start(|_| json(200, "<html>Log in</html>")).await;
    let error = tenant.client().lists().await.unwrap_err();
    assert!(error.to_string().contains("web page"), "{error}");
}

#[tokio::test]
async fn lists_are_read_to_the_last_page() {
    let tenant = Tenant::start(|seen| {
        let page: usize = seen.query("pageNumber").unwrap().parse().unwrap();
        let rows: Vec<_> = (0..250)
            .skip((page - 1) * 100)
            .take(100)
            .map(|n| format!(r#"{{"id":"L{n}","name":"List {n}"}}"#))
            .collect();
        json(200, &format!(r#"{{"entities":[{}]}}"#, rows.join(",")))
    })
    .await;
    assert_eq!(tenant.client().lists().await.unwrap().len(), 250);
    assert_eq!(tenant.calls().len(), 4, "only an empty page says that there is no more");
}

/// A tenant that gives at most fifty of 120 things a page, whatever it is asked for.
async fn clamping() -> Tenant {
    Tenant::start(|seen| {
        let of = |name: &str| seen.query(name).map(|text| text.parse::<usize>().unwrap());
        let skip = match of("pageNumber") {
            Some(page) => (page - 1) * 50,
            None => of("offset").unwrap(),
        };
        let row = |n: usize| match seen.target.split(['?', '/']).nth(4) {
            Some("jobs") => serde_json::json!({ "id": n, "status": "QUEUED" }),
            Some("rules") => serde_json::json!({
                "id": n, "name": "x", "scope": "BOTH", "priority": n, "listIds": [], "action": "BLOCK",
                "isActive": true,
            }),
            Some("entries") => {
                serde_json::json!({ "id": n, "listId": "L1", "phoneNumber": number(n as u64 % 110).to_e164() })
            }
            _ => serde_json::json!({ "id": n, "name": format!("List {n}") }),
        };
        let rows: Vec<_> = (0..120).skip(skip).take(50).map(row).collect();
        json(200, &serde_json::json!({ "entities": rows }).to_string())
    })
    .await
}

#[tokio::test]
async fn a_tenant_that_gives_fewer_rows_a_page_than_it_was_asked_for_hides_none() {
    let tenant = clamping().await;
    let client = tenant.client();
    assert_eq!(client.lists().await.unwrap().len(), 120, "lists");
    assert_eq!(client.rules().await.unwrap().len(), 120, "rules");
    let suppression = client.asking(Scopes::SUPPRESSION_LOOK);
    assert_eq!(suppression.suppression_lists().await.unwrap().len(), 120, "suppression lists");
    let outbound = client.asking(Scopes::OUTBOUND);
    assert_eq!(outbound.jobs_of(&ListId("L".into())).await.unwrap().len(), 120, "jobs");
    let entries = client.entries_of(number(105), None).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["105"], "entries");
    assert_eq!(client.entries_of(number(3), None).await.unwrap().len(), 2, "entries on two pages");
}

#[tokio::test]
async fn a_tenant_that_does_not_page_does_not_keep_us_for_ever() {
    let tenant = Tenant::start(|_| {
        let rows: Vec<_> = (0..120).map(|n| format!(r#"{{"id":"L{n}","name":"x"}}"#)).collect();
        json(200, &format!("[{}]", rows.join(",")))
    })
    .await;
    assert_eq!(tenant.client().lists().await.unwrap().len(), 120);
    assert_eq!(tenant.calls().len(), 2);
}

async fn create(client: &Client, name: &str) -> Result<DncList, Error> {
    let new = NewList::manual(name, "", true);
    client.create_list(&new, ListDialect::Entries).await.map(|(list, _)| list)
}

/// H409
/// What a tenant says that it made is looked at; another replica may need a moment.
#[tokio::test]
async fn a_list_that_was_only_said_to_be_made_is_not_there() {
    for (late, is_there) in [(0, true), (2, true), (1_000, false)] {
        let tenant = Tenant::start(move |seen| match seen.method.as_str() {
            "POST" => json(201, r#"{"id":"L9","name":"Fresh"}"#),
            _ if !seen.target.ends_with("L9") => json(200, r#"{"entities":[]}"#),
            _ if seen.nth < late + 2 => json(404, "{}"),
            _ => json(200, r#"{"id":"L9","name":"Fresh"}"#),
        })
        .await;
        let made = create(&tenant.client(), "Fresh").await;
        match is_there {
            true => assert_eq!(made.unwrap().id, ListId("L9".into())),
            false => assert!(made.unwrap_err().to_string().contains("is not there"), "{late}"),
        }
    }
}

#[tokio::test]
async fn a_list_that_exists_is_found_by_its_equal_name_only() {
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "POST" => json(409, "{}"),
        _ => json(200, r#"{"entities":[{"id":"1","name":"Opt-outs old"},{"id":"2","listName":"Opt-outs"}]}"#),
    })
    .await;
    let client = tenant.client();
    assert_eq!(create(&client, "Opt-outs").await.unwrap().id, ListId("2".into()));
    assert_eq!(tenant.calls()[0].query("query").as_deref(), Some("Opt-outs"));
    let other = create(&client, "Opt").await;
    assert!(matches!(other, Err(Error::Rejected { status: 409, .. })), "{other:?}");
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_makes_no_second_list() {
    let tenant = losing(r#"[{"id":"7","name":"New"}]"#).await;
    assert_eq!(create(&tenant.client(), "New").await.unwrap().id, ListId("7".into()));
    assert_eq!(posts(&tenant), 1);
}

/// A tenant that takes what it is sent and loses its answer: from then on it lists `made`.
async fn losing(made: &'static str) -> Tenant {
    let taken = AtomicBool::new(false);
    Tenant::start(move |seen| match seen.method.as_str() {
        "POST" => {
            taken.store(true, Ordering::SeqCst);
            Reply::Reset
        }
        _ => json(200, if taken.load(Ordering::SeqCst) { made } else { "[]" }),
    })
    .await
}

fn posts(tenant: &Tenant) -> usize {
    tenant.calls().iter().filter(|call| call.method == "POST").count()
}

#[tokio::test]
async fn a_list_that_was_there_before_is_never_taken_for_ours() {
    // Unwell at first: what is found behind the 503 is no proof that we made it.
    let tenant = Tenant::start(|seen| match (seen.method.as_str(), seen.nth) {
        ("POST", 0) => json(503, "{}"),
        ("POST", _) => json(409, "{}"),
        _ => json(200, r#"[{"id":"7","name":"New"}]"#),
    })
    .await;
    let new = NewList::manual("New", "", true);
    let (list, made) = tenant.client().create_list(&new, ListDialect::Entries).await.unwrap();
    assert_eq!((list.id.0.as_str(), made), ("7", false));
}

#[tokio::test]
async fn a_creation_whose_last_answer_was_lost_is_looked_up_before_it_is_given_up() {
    let patience = Patience { attempts: 1, ..quick() };
    let tenant = losing(r#"[{"id":"7","name":"New"}]"#).await;
    let client = tenant.client_with(Deadlines::default(), patience);
    assert_eq!(create(&client, "New").await.unwrap().id, ListId("7".into()));

    // Not seen, or nobody to ask: it may be there all the same, and whoever reads the error must know.
    let unseen = losing("[]").await;
    let deaf = Tenant::start(|seen| match (seen.method.as_str(), seen.nth) {
        ("GET", 0) => json(200, "[]"),
        _ => Reply::Reset,
    })
    .await;
    for tenant in [unseen, deaf] {
        let client = tenant.client_with(Deadlines::default(), patience);
        let error = create(&client, "New").await.unwrap_err();
        assert!(error.to_string().contains("the list may have been made"), "{error}");
        assert_eq!(posts(&tenant), 1);
    }

    // What certainly was not made is not said to be.
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "POST" => json(429, "{}"),
        _ => json(200, "[]"),
    })
    .await;
    let error = create(&tenant.client(), "New").await.unwrap_err();
    assert!(matches!(error, Error::Throttled { .. }), "{error}");
}

/// Answers the record query as the contract has it: only suppressed numbers, two records each, in pages.
fn records(body: &str) -> Reply {
    let question: serde_json::Value = serde_json::from_str(body).unwrap();
    let phones = question["phones"].as_array().unwrap();
    assert!(phones.len() <= 100);
    let at = |name: &str| usize::try_from(question[name].as_u64().unwrap()).unwrap();
    let rows: Vec<_> = phones
        .iter()
        .map(|phone| phone.as_str().unwrap())
        .filter(|phone| phone.ends_with('7') || phones.len() == 100 && phone.starts_with("+120255501"))
        .flat_map(|phone| {
            ["NATIONAL", "STATE"]
                .map(|kind| serde_json::json!({"phone": phone, "status": "SUPPRESSED", "type": kind}))
        })
        .skip(at("offset"))
        .take(at("limit"))
        .collect();
    json(200, &serde_json::json!({ "records": rows }).to_string())
}

#[tokio::test]
async fn a_short_page_ends_a_chunk_and_never_the_later_numbers() {
    let tenant = Tenant::start(|seen| records(&seen.body)).await;
    let numbers: Vec<_> = (0..350).map(number).collect();
    let found = tenant.client().query_records(&numbers).await.unwrap();
    let suppressed: HashSet<_> =
        found.iter().filter(|r| r.status == RecordStatus::Suppressed).map(|r| r.number).collect();
    let expected: HashSet<_> =
        (0..350).filter(|n| n % 10 == 7 || (100..200).contains(n)).map(number).collect();
    assert_eq!(suppressed, expected);
    assert_eq!(found.len(), 2 * expected.len());
}

#[tokio::test]
async fn a_record_query_of_shorter_pages_than_it_was_asked_for_hides_no_record() {
    let tenant = Tenant::start(|seen| records(&seen.body.replace(r#""limit":100"#, r#""limit":40"#))).await;
    let client = tenant.client();
    let found = client.query_records(&(100..200).map(number).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(found.len(), 200);
    let asked = tenant.calls().len();
    assert_eq!(asked, 6, "five pages, and one to know that there is no more");
    assert_eq!(client.query_records(&(0..50).map(number).collect::<Vec<_>>()).await.unwrap().len(), 10);
    assert_eq!(tenant.calls().len(), asked + 1, "a page shorter than others were is the last");
}

#[tokio::test]
async fn a_record_query_that_repeats_itself_is_an_error_not_an_answer() {
    let tenant = Tenant::start(|seen| records(&seen.body.replace(r#""offset":100"#, r#""offset":0"#))).await;
    let numbers: Vec<_> = (100..200).map(number).collect();
    assert!(matches!(tenant.client().query_records(&numbers).await, Err(Error::Protocol { .. })));
}

#[tokio::test]
async fn entries_of_a_number_are_right_even_where_the_tenant_does_not_filter() {
    let tenant = Tenant::start(|seen| {
        let offset: usize = seen.query("offset").unwrap().parse().unwrap();
        let rows: Vec<_> = (0..1_500)
            .skip(offset)
            .take(1_000)
            .map(|n| serde_json::json!({"id": n, "listId": "L1", "phoneNumber": number(n % 900).to_e164()}))
            .collect();
        json(200, &serde_json::json!({ "data": rows }).to_string())
    })
    .await;
    let client = tenant.client();
    let found = client.entries_of(number(101), None).await.unwrap();
    let ids: Vec<_> = found.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["101", "1001"]);
    assert_eq!(tenant.calls()[0].query("phoneNumber").as_deref(), Some("+12025550101"));
    assert!(client.entries_of(number(101), Some(&ListId("L2".into()))).await.unwrap().is_empty());
    let page = client.entries_page(&ListId("L2".into()), 0, 10).await;
    assert!(matches!(page, Err(Error::Protocol { .. })), "entries of another list");
}

/// H502
/// A probe that is not even heard is a probe that failed: there is another one after the pause.
#[tokio::test]
async fn a_probe_that_reaches_nobody_is_followed_by_another() {
    let tenant = Tenant::start(|_| json(500, "{}")).await;
    let patience = Patience { attempts: 1, circuit_pause: Duration::from_millis(100), ..quick() };
    let client = tenant.client_with(Deadlines::default(), patience);
    for _ in 0..5 {
        assert!(client.me().await.is_err());
    }
    assert!(matches!(client.me().await, Err(Error::CircuitOpen { .. })));
    drop(tenant);
    let mut probes = 0;
    let probed = async {
        while probes < 3 {
            match client.me().await {
                Err(Error::CircuitOpen { .. }) => tokio::task::yield_now().await,
                Err(Error::Unreachable { .. }) => probes += 1,
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), probed).await.unwrap();
}

/// Whoever is not reached has not answered badly: each call says so, and none is held back for it.
#[tokio::test]
async fn a_tenant_that_is_not_reached_opens_no_circuit() {
    let tenant = Tenant::start(|_| json(200, "{}")).await;
    let client = tenant.client_with(Deadlines::default(), Patience { attempts: 1, ..quick() });
    client.me().await.unwrap();
    drop(tenant);
    for _ in 0..12 {
        let error = client.me().await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    }
    assert_eq!(client.gauges().borrow().circuit, Circuit::Closed);
}

#[tokio::test]
async fn an_answer_without_content_is_none() {
    for status in [202, 204, 206] {
        let tenant = Tenant::start(move |_| json(status, "")).await;
        let error = tenant.client().rules().await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{status}: {error:?}");
        assert!(error.to_string().contains("an answer with content is due"), "{status}: {error}");
    }
}

#[tokio::test]
async fn five_server_errors_open_the_circuit_and_one_call_closes_it_again() {
    let tenant = Tenant::start(|seen| json(if seen.nth < 5 { 500 } else { 200 }, "{}")).await;
    let patience = Patience { attempts: 1, circuit_pause: Duration::from_millis(300), ..quick() };
    let client = tenant.client_with(Deadlines::default(), patience);
    for _ in 0..5 {
        assert!(matches!(client.me().await, Err(Error::Unreachable { .. })));
    }
    let Err(Error::CircuitOpen { retry_in }) = client.me().await else { panic!("open") };
    assert!(retry_in <= patience.circuit_pause);
    let shown = client.gauges().borrow().circuit;
    assert!(matches!(shown, Circuit::Open { retry_in } if retry_in <= patience.circuit_pause), "{shown:?}");
    assert_eq!(tenant.calls().len(), 5, "nothing is sent while it is open");
    let healed = async {
        while client.me().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), healed).await.unwrap();
    assert_eq!(tenant.calls().len(), 6);
    assert_eq!(client.gauges().borrow().circuit, Circuit::Closed);
}

/// N11
#[tokio::test]
async fn the_clock_of_the_tenant_is_read_from_its_answers() {
    let ahead = |seconds| {
        let date = SystemTime::now() + Duration::from_secs(seconds);
        with(200, "date", httpdate::fmt_http_date(date))
    };
    let tenant = Tenant::start(move |seen| match seen.nth {
        0 => ahead(90),
        1 => json(200, "{}"),
        _ => with(200, "date", "Tue, 15 Nov 1994 08:12:31 GMT"),
    })
    .await;
    let client = tenant.client();
    assert_eq!(client.clock_skew(), None, "nobody told it yet");
    client.me().await.unwrap();
    let skew = client.clock_skew().unwrap();
    assert!((85..=90).contains(&skew), "{skew}");
    client.me().await.unwrap();
    assert!(client.clock_skew().is_some_and(|skew| skew > 80), "an answer without a date says nothing new");
    client.me().await.unwrap();
    assert!(client.clock_skew().is_some_and(|skew| skew < -1_000_000), "behind");
}

#[tokio::test]
async fn a_job_whose_every_call_has_to_be_repeated_ends_before_it_hammers_the_tenant() {
    // Two stumbles before each answer: each read alone would be patient for ever.
    let tenant =
        Tenant::start(|seen| json(if seen.nth % 3 < 2 { 503 } else { 200 }, r#"{"entities":[]}"#)).await;
    let (client, list) = (tenant.client(), ListId("L".into()));
    let job = client.for_a_job();
    let mut went_well = 0;
    let error = loop {
        match job.items_page(&list, 1, 10).await {
            Ok(_) => went_well += 1,
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("had to be repeated"), "{error}");
    assert!((50..60).contains(&went_well), "{went_well}");
    assert!(client.for_a_job().items_page(&list, 1, 10).await.is_ok(), "another job has a budget of its own");
}

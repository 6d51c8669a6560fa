//! Each family on the wire: what is sent, what is made of the answer, which limit and which scopes it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quietline::api::{
    Attempt, BulkWrite, ContactWrite, Error, ItemWrite, RowVerdict, Scopes, encode_bulk, encode_contacts,
    encode_items, read_bulk_answer, read_contacts_answer,
};
use quietline::domain::contact::Reason;
use quietline::domain::identifier::{Email, Identifier};
use quietline::domain::job::{JobId, JobStatus};
use quietline::domain::list::ListId;
use tokio_util::sync::CancellationToken;

use crate::tenant::{Reply, Tenant, json, number};

fn list() -> ListId {
    ListId("L 1".into())
}

fn item(n: u64) -> ItemWrite {
    ItemWrite { number: number(n), source: Some("web".into()), notes: None }
}

fn contact(n: u64) -> ContactWrite {
    ContactWrite { identifier: Identifier::Phone(number(n)), reason: Reason::Dnc, until: None }
}

#[tokio::test]
async fn items_are_queued_and_never_said_to_stand_on_the_list() {
    for status in [200, 201, 202, 204] {
        let tenant = Tenant::start(move |_| json(status, "")).await;
        let client = tenant.client();
        let attempt = client.post_items(&list(), encode_items(&[item(101)]), &CancellationToken::new()).await;
        assert!(matches!(attempt, Attempt::Indeterminate { raw: Some(_), .. }), "{status}: {attempt:?}");
        let call = tenant.calls().remove(0);
        assert_eq!((call.method.as_str(), call.target.as_str()), ("POST", "/api/v2/dnc/lists/L%201/items"));
        assert_eq!(call.body, r#"[{"phoneNumber":"+12025550101","source":"web"}]"#);
    }
}

#[tokio::test]
async fn a_page_of_items_is_asked_for_by_its_number() {
    let tenant = Tenant::start(|_| json(200, r#"{"entities":[{"phoneNumber":"202-555-0101"}]}"#)).await;
    let items = tenant.client().items_page(&list(), 3, 1_000).await.unwrap();
    assert_eq!(items[0].number, Some(number(101)));
    let call = tenant.calls().remove(0);
    assert_eq!(
        (call.query("pageNumber").as_deref(), call.query("pageSize").as_deref()),
        (Some("3"), Some("1000"))
    );
}

#[tokio::test]
async fn contacts_that_are_refused_with_422_come_with_their_verdicts() {
    let body = r#"{"validationErrors":[{"phoneNumber":"+12025550102","code":"BAD","message":"no"}]}"#;
    let tenant = Tenant::start(move |_| json(422, body)).await;
    let client = tenant.client().asking(Scopes::SUPPRESSION);
    let sent = [contact(101), contact(102)];
    let stop = CancellationToken::new();
    let attempt = client.post_suppression_contacts(&list(), encode_contacts(&sent), &stop).await;
    let Attempt::NotApplied { raw: Some(raw), retry: false, .. } = attempt else { panic!("{attempt:?}") };
    let rows = read_contacts_answer(raw.status, &raw.body, &sent).unwrap().rows;
    assert!(
        matches!(&rows[..], [RowVerdict::Again, RowVerdict::Refused(why)] if why.code == "BAD"),
        "{rows:?}"
    );
    let call = tenant.calls().remove(0);
    assert_eq!(call.target, "/api/v2/lists/L%201/contacts");
}

#[tokio::test]
async fn contacts_are_read_back_by_number_or_address() {
    let body = r#"{"entities":[{"phoneNumber":"+12025550101","reason":"DNC","suppressUntil":"2030-01-01"},
        {"email":"a@example.com","reason":"BOUNCE"}]}"#;
    let tenant = Tenant::start(move |_| json(200, body)).await;
    let client = tenant.client().asking(Scopes::SUPPRESSION_LOOK);
    let contacts = client.suppression_contacts_page(&list(), 1, 100).await.unwrap();
    assert_eq!(contacts[0].identifier, Some(Identifier::Phone(number(101))));
    assert_eq!(contacts[0].until.unwrap().to_string(), "2030-01-01T23:59:59Z");
    assert_eq!(contacts[1].identifier, Email::parse("a@example.com").map(Identifier::Email));
}

#[tokio::test]
async fn a_bulk_insert_names_its_job_and_a_lost_answer_is_never_repeated() {
    let rows =
        [BulkWrite { number: number(101), first_name: None, last_name: None, email: None, custom: vec![] }];
    let body = encode_bulk(&list(), &rows);
    let tenant = Tenant::start(|_| json(202, r#"{"id":"job-1"}"#)).await;
    let client = tenant.client().asking(Scopes::OUTBOUND);
    let attempt = client.bulk_insert(body.clone(), &CancellationToken::new()).await;
    let Attempt::Answered(raw) = attempt else { panic!("{attempt:?}") };
    assert_eq!(read_bulk_answer(&raw.body).unwrap(), JobId("job-1".into()));

    for lost in [|| Reply::Reset, || Reply::Truncated(202), || json(503, "{}"), || json(408, "{}")]
        as [fn() -> Reply; 4]
    {
        let tenant = Tenant::start(move |_| lost()).await;
        let client = tenant.client().asking(Scopes::OUTBOUND);
        let attempt = client.bulk_insert(body.clone(), &CancellationToken::new()).await;
        assert!(matches!(attempt, Attempt::Indeterminate { .. }), "{attempt:?}");
        assert_eq!(tenant.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_job_is_the_one_that_was_asked_for() {
    let tenant = Tenant::start(|seen| match seen.target.as_str() {
        "/api/v2/outbound/jobs/j-1" => json(200, r#"{"id":"j-1","status":"RUNNING","progress":40}"#),
        "/api/v2/outbound/jobs/j-2" => json(200, r#"{"id":"j-1","status":"COMPLETED","progress":100}"#),
        "/api/v2/outbound/jobs/j-3" => json(200, r#"{"id":"j-3","status":"PAUSED","progress":1}"#),
        _ => json(404, "{}"),
    })
    .await;
    let client = tenant.client().asking(Scopes::OUTBOUND);
    let job = |id: &str| JobId(id.into());
    assert_eq!(client.job(&job("j-1")).await.unwrap().status, JobStatus::Running);
    assert!(matches!(client.job(&job("j-2")).await, Err(Error::Protocol { .. })), "another job's news");
    assert!(matches!(client.job(&job("j-3")).await, Err(Error::Protocol { .. })), "a state nobody knows");
    assert!(matches!(client.job(&job("j-4")).await, Err(Error::NotFound { .. })), "a job that vanished");
}

/// N12
#[tokio::test]
async fn a_list_and_a_rule_are_the_ones_that_were_asked_for() {
    let tenant = Tenant::start(|seen| match seen.target.contains("rules") {
        true => json(
            200,
            r#"{"id":"R1","scope":"BOTH","priority":1,"listIds":[],"action":"BLOCK","isActive":true}"#,
        ),
        false => json(200, r#"{"id":"L1","name":"A"}"#),
    })
    .await;
    let client = tenant.client();
    assert_eq!(client.list(&ListId("L1".into())).await.unwrap().name, "A");
    assert_eq!(client.rule("R1").await.unwrap().now.priority, 1);
    let other = client.list(&ListId("L2".into())).await;
    assert!(matches!(other, Err(Error::Protocol { .. })), "{other:?}");
    let other = client.rule("R2").await;
    assert!(matches!(other, Err(Error::Protocol { .. })), "{other:?}");
}

#[tokio::test]
async fn a_contact_update_is_repeated_until_it_is_taken() {
    let tenant = Tenant::start(|seen| if seen.nth < 2 { json(503, "{}") } else { json(200, "{}") }).await;
    let client = tenant.client().asking(Scopes::CONTACTS);
    client.update_contact("c-1", "dnc_suppression_status", "SUPPRESSED").await.unwrap();
    let calls = tenant.calls();
    assert_eq!(calls.len(), 3);
    assert_eq!((calls[2].method.as_str(), calls[2].target.as_str()), ("PATCH", "/api/v2/contacts/c-1"));
    assert_eq!(calls[2].body, r#"{"fields":{"custom":{"dnc_suppression_status":"SUPPRESSED"}}}"#);
}

#[tokio::test]
async fn contact_updates_of_one_job_share_its_budget_of_repeats_and_are_counted() {
    // Two stumbles before each answer: each update alone would be patient for ever.
    let tenant = Tenant::start(|seen| json(if seen.nth % 3 < 2 { 423 } else { 200 }, "{}")).await;
    let client = tenant.client().asking(Scopes::CONTACTS);
    let job = client.for_a_job();
    let mut went_well = 0;
    let error = loop {
        match job.update_contact("c-1", "f", "v").await {
            Ok(()) => went_well += 1,
            Err(error) => break error,
        }
        assert!(went_well < 200, "it would go on for ever");
    };
    assert!(error.to_string().contains("had to be repeated"), "{error}");
    assert!((50..100).contains(&went_well), "{went_well}");
    let sent = tenant.calls().len() as u64;
    assert_eq!(client.gauges().borrow().retries, sent - went_well - 1, "each repeat is counted");
}

#[tokio::test]
async fn a_contact_is_updated_by_a_200_or_204_and_a_refusal_is_not_repeated() {
    for status in [200, 204] {
        let tenant = Tenant::start(move |_| json(status, "")).await;
        let client = tenant.client().asking(Scopes::CONTACTS);
        client.update_contact("c-1", "f", "v").await.unwrap();
        assert_eq!(tenant.calls().len(), 1, "{status}");
    }
    // Taken into a queue is not written, as far as anybody is told.
    let tenant = Tenant::start(|seen| json(if seen.nth == 0 { 202 } else { 200 }, "")).await;
    tenant.client().asking(Scopes::CONTACTS).update_contact("c-1", "f", "v").await.unwrap();
    assert_eq!(tenant.calls().len(), 2);
    for status in [400, 404, 409, 413, 422] {
        let tenant = Tenant::start(move |_| json(status, "{}")).await;
        let client = tenant.client().asking(Scopes::CONTACTS);
        assert!(client.update_contact("c-1", "f", "v").await.is_err(), "{status}");
        assert_eq!(tenant.calls().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn no_more_than_four_contact_updates_are_out_at_once() {
    let (out, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let app = axum::Router::new()
        .route("/token", axum::routing::post(|| async { r#"{"access_token":"t","token_type":"Bearer"}"# }))
        .fallback({
            let (out, most) = (out.clone(), most.clone());
            move || async move {
                most.fetch_max(out.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                // Long enough for others to come in, if they were let.
                for _ in 0..200 {
                    tokio::task::yield_now().await;
                }
                out.fetch_sub(1, Ordering::SeqCst);
                "{}"
            }
        });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let client = crate::tenant::client_of(address, Default::default(), crate::tenant::quick());
    let client = client.asking(Scopes::CONTACTS);
    let updates = (0..40).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { client.update_contact(&format!("c-{n}"), "f", "v").await })
    });
    for update in updates.collect::<Vec<_>>() {
        update.await.unwrap().unwrap();
    }
    server.abort();
    assert!((1..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

#[tokio::test]
async fn a_job_asks_for_the_least_and_each_set_of_scopes_has_one_token() {
    let tenant = Tenant::start(|_| json(200, r#"{"entities":[]}"#)).await;
    let look = tenant.client().asking(Scopes::LOOK);
    look.lists().await.unwrap();
    look.rules().await.unwrap();
    look.asking(Scopes::SUPPRESSION_LOOK).suppression_lists().await.unwrap();
    look.lists().await.unwrap();
    let scopes: Vec<String> = tenant.tokens().iter().map(|token| token.body.clone()).collect();
    assert_eq!(scopes.len(), 2, "{scopes:?}");
    assert!(scopes.iter().all(|body| !body.contains("write")), "{scopes:?}");
    assert!(scopes[1].ends_with("scope=lists%3Aread+lists%3Acontacts%3Aread"), "{scopes:?}");
}

#[tokio::test]
async fn a_tenant_that_grants_less_is_not_asked_for_what_it_would_refuse() {
    let granted = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600,"scope":"dnc:read tenant:read compliance:read"}"#;
    let tenant =
        Tenant::scripted(
            move |seen| {
                if seen.is_token() { json(200, granted) } else { json(200, r#"{"entities":[]}"#) }
            },
        )
        .await;
    let client = tenant.client();
    assert!(client.lists().await.is_ok());
    let error = client.query_records(&[number(101)]).await.unwrap_err();
    let Error::Forbidden { needed, .. } = error else { panic!("{error:?}") };
    assert_eq!(needed, "contacts:read");
    let attempt = client.post_entries(b"{}".to_vec(), &CancellationToken::new()).await;
    assert!(
        matches!(attempt, Attempt::NotApplied { error: Error::Forbidden { .. }, retry: false, .. }),
        "{attempt:?}"
    );
    assert_eq!(tenant.calls().len(), 1, "only the lists were asked for");
}

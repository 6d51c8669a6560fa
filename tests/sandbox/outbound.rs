//! Bulk inserts, their jobs, and contact lists read back.

use super::*;

const LIST: &str = "cl-spring-campaign";
const CONTACTS: &str = "outbound/contactlists/cl-spring-campaign/contacts";

/// So many rows from a number on.
pub(super) fn insert(from: u32, count: u32) -> Value {
    let items: Vec<Value> = (from..from + count)
        .map(|n| {
            json!({
                "phoneNumber": format!("+1303{:07}", 2_000_000 + n),
                "firstName": "Ada",
                "lastName": "Abbott",
                "email": format!("ada{n}@example.com"),
                "customFields": { "optIn": "yes", "row": n },
            })
        })
        .collect();
    json!({ "contactListId": LIST, "items": items })
}

impl Talk {
    pub(super) async fn bulk(&self, body: &Value) -> String {
        let (status, answer) = self.post("outbound/contactlistitems/bulkinsert", body).await;
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    async fn job(&self, id: &str) -> (u16, Value) {
        self.get(&format!("outbound/jobs/{id}")).await
    }

    /// Asks until a job has this status.
    pub(super) async fn job_until(&self, id: &str, status: &str) -> Value {
        loop {
            let (code, job) = self.job(id).await;
            assert_eq!(code, 200);
            if job["status"] == status {
                return job;
            }
            assert!(job["status"] == "QUEUED" || job["status"] == "RUNNING", "{job}");
        }
    }

    /// Every contact of the list, page by page until a short one.
    async fn contacts(&self) -> Vec<Value> {
        let (mut all, mut number) = (Vec::new(), 1);
        loop {
            let (status, body) = self.get(&format!("{CONTACTS}?pageNumber={number}&pageSize=1000")).await;
            assert_eq!(status, 200, "{body}");
            let page = body["entities"].as_array().unwrap();
            all.extend(page.iter().cloned());
            if page.len() < 1_000 {
                return all;
            }
            number += 1;
        }
    }
}

/// A world where jobs are done as soon as they are made.
fn at_once() -> Options {
    Options { job_duration: Duration::ZERO, ..small() }
}

#[tokio::test]
async fn a_job_is_queued_runs_and_completes_and_its_contacts_come_as_it_goes() {
    let talk = talk(small()).await;
    let before = talk.contacts().await.len();
    let id = talk.bulk(&insert(0, 100)).await;
    let (mut seen, mut progress) = (Vec::new(), 0);
    loop {
        let (status, job) = talk.job(&id).await;
        assert_eq!((status, &job["id"]), (200, &json!(id)));
        let now = job["progress"].as_u64().unwrap();
        assert!(now >= progress, "{now} after {progress}");
        progress = now;
        // What is on the list is read after the job: at least as far.
        assert!(talk.contacts().await.len() >= before + progress as usize);
        let word = job["status"].as_str().unwrap().to_owned();
        if seen.last() != Some(&word) {
            seen.push(word);
        }
        if seen.last().is_some_and(|word| word == "COMPLETED") {
            break;
        }
    }
    // Whoever asks rarely misses what came between.
    let order = ["QUEUED", "RUNNING", "COMPLETED"];
    let places: Vec<_> = seen.iter().map(|word| order.iter().position(|known| known == word)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{seen:?}");
    let all = talk.contacts().await;
    assert_eq!(all.len(), before + 100);
    let last = all.last().unwrap();
    assert_eq!(last["phoneNumber"], "+13032000099");
    assert_eq!(last["customFields"], json!({ "optIn": "yes", "row": 99 }));
    assert_eq!((&last["firstName"], &last["email"]), (&json!("Ada"), &json!("ada99@example.com")));
    assert_eq!(talk.job("nothing").await.0, 404);
}

#[tokio::test]
async fn a_job_that_has_only_just_been_made_is_queued_and_has_done_nothing() {
    let talk = talk(Options { job_duration: Duration::from_secs(36_000), ..small() }).await;
    let before = talk.contacts().await.len();
    let id = talk.bulk(&insert(0, 100)).await;
    let expected = json!({ "id": id, "status": "QUEUED", "progress": 0, "errors": [] });
    assert_eq!(talk.job(&id).await, (200, expected));
    assert_eq!(talk.contacts().await.len(), before);
}

#[tokio::test]
async fn sent_twice_every_contact_is_there_twice() {
    let talk = talk(at_once()).await;
    let before = talk.contacts().await.len();
    assert_eq!(talk.truth("state").await["contactDuplicates"], json!([]));
    let (first, second) = (talk.bulk(&insert(0, 3)).await, talk.bulk(&insert(0, 3)).await);
    assert_ne!(first, second);
    assert_eq!(talk.contacts().await.len(), before + 6);
    let state = talk.truth("state").await;
    assert_eq!(state["contactDuplicates"].as_array().unwrap().len(), 3);
    assert_eq!(state["contactDuplicates"][0]["contacts"], 2);

    let (_, jobs) = talk.get(&format!("outbound/jobs?contactListId={LIST}")).await;
    let ids: Vec<_> = jobs["entities"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect();
    assert_eq!(ids, [json!(first), json!(second)]);
    assert_eq!(talk.get("outbound/jobs?contactListId=cl-winback").await.1["entities"], json!([]));
    assert_eq!(talk.get("outbound/jobs").await.1["total"], 2);
}

#[tokio::test]
async fn refused_contacts_are_named_in_the_job_by_index() {
    let talk = talk(at_once()).await;
    let before = talk.contacts().await.len();
    let mut body = insert(0, 5);
    body["items"][1]["phoneNumber"] = json!("303-200-0001");
    body["items"][3] = json!({ "firstName": "nobody" });
    let id = talk.bulk(&body).await;
    let (_, job) = talk.job(&id).await;
    assert_eq!((&job["status"], &job["progress"]), (&json!("COMPLETED"), &json!(100)));
    let errors = job["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2);
    assert_eq!(
        (&errors[0]["index"], &errors[0]["code"], &errors[0]["phoneNumber"]),
        (&json!(1), &json!("INVALID_PHONE_NUMBER"), &json!("303-200-0001"))
    );
    assert_eq!((&errors[1]["index"], &errors[1]["code"]), (&json!(3), &json!("INVALID_ROW")));
    assert_eq!(talk.contacts().await.len(), before + 3);
}

#[tokio::test]
async fn ten_thousand_contacts_are_a_job_and_one_more_is_too_many() {
    let talk = talk(at_once()).await;
    let before = talk.contacts().await.len();
    let path = "outbound/contactlistitems/bulkinsert";
    assert_eq!(talk.post(path, &insert(0, 10_001)).await.0, 413);
    assert_eq!(talk.post(path, &insert(0, 0)).await.0, 400);
    let elsewhere = json!({ "contactListId": "nothing", "items": [{ "phoneNumber": "+13032000000" }] });
    assert_eq!(talk.post(path, &elsewhere).await.0, 404);
    assert_eq!(talk.post(path, &json!({ "items": [] })).await.0, 400);
    assert_eq!(talk.get("outbound/jobs").await.1["total"], 0);
    talk.bulk(&insert(0, 10_000)).await;
    assert_eq!(talk.contacts().await.len(), before + 10_000);
}

#[tokio::test]
async fn a_hundred_inserts_a_minute_and_reading_jobs_has_no_limit() {
    let talk = talk(Options { bulk_per_minute: 3, ..at_once() }).await;
    for _ in 0..3 {
        talk.bulk(&insert(0, 1)).await;
    }
    assert_eq!(talk.post("outbound/contactlistitems/bulkinsert", &insert(0, 1)).await.0, 429);
    for _ in 0..150 {
        assert_eq!(talk.get("outbound/jobs").await.0, 200);
    }
    let families = &talk.truth("state").await["counters"]["families"];
    assert_eq!(families["bulk"], json!({ "calls": 4, "overshoots": 1 }));
    assert_eq!(families["jobs_read"], json!({ "calls": 150, "overshoots": 0 }));
}

#[tokio::test]
async fn outbound_asks_for_its_scopes() {
    let mut talk = talk(at_once()).await;
    talk.token = talk.token_for("outbound:job:read").await;
    assert_eq!(talk.post("outbound/contactlistitems/bulkinsert", &insert(0, 1)).await.0, 403);
    assert_eq!(talk.get("outbound/jobs").await.0, 200);
    talk.token = talk.token_for("outbound:contactlistitem:write").await;
    let id = talk.bulk(&insert(0, 1)).await;
    assert_eq!(talk.job(&id).await.0, 403);
    assert_eq!(talk.get(CONTACTS).await.0, 403);
}

#[tokio::test]
async fn jobs_end_as_ordered() {
    let talk = talk(Options { job_duration: Duration::from_millis(50), ..small() }).await;
    for (word, status, code) in [
        ("fail", "FAILED", Some("JOB_FAILED")),
        ("abort", "ABORTED", Some("JOB_ABORTED")),
        ("odd", "HIBERNATING", None),
    ] {
        let before = talk.contacts().await.len();
        talk.control("jobs", &json!({ "do": word })).await;
        let id = talk.bulk(&insert(0, 10)).await;
        let job = talk.job_until(&id, status).await;
        assert_eq!(job["progress"], 60);
        assert_eq!(job["errors"][0]["code"].as_str(), code, "{word}");
        assert_eq!(talk.contacts().await.len(), before + 6, "{word}: what it has done stays");
    }

    // A stuck one never ends: another made after it has, and this one still runs.
    talk.control("jobs", &json!({ "do": "stuck" })).await;
    let stuck = talk.bulk(&insert(0, 10)).await;
    talk.job_until(&stuck, "RUNNING").await;
    let next = talk.bulk(&insert(0, 10)).await;
    talk.job_until(&next, "COMPLETED").await;
    let (_, job) = talk.job(&stuck).await;
    assert_eq!((&job["status"], &job["progress"]), (&json!("RUNNING"), &json!(60)));

    // A lost one does its work and nobody can ask for it.
    let before = talk.contacts().await.len();
    talk.control("jobs", &json!({ "do": "lose", "next": 2 })).await;
    for _ in 0..2 {
        let lost = talk.bulk(&insert(0, 10)).await;
        assert_eq!(talk.job(&lost).await.0, 404);
        let (_, jobs) = talk.get("outbound/jobs").await;
        assert!(jobs["entities"].as_array().unwrap().iter().all(|job| job["id"] != lost));
    }
    while talk.contacts().await.len() < before + 20 {}
    let fates: Vec<_> = talk.truth("state").await["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["fate"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fates, ["fail", "abort", "odd", "stuck", "complete", "lose", "lose"]);
}

#[tokio::test]
async fn a_quiet_loss_is_seen_by_whoever_counts_and_by_nobody_else() {
    let talk = talk(at_once()).await;
    talk.control("fault", &json!({ "at": "bulk#2", "do": "quiet_loss", "rows": 3 })).await;
    let mut there = talk.contacts().await.len();
    for (nth, taken) in [10, 7, 10].into_iter().enumerate() {
        let id = talk.bulk(&insert(100 * nth as u32, 10)).await;
        let told = json!({ "id": id, "status": "COMPLETED", "progress": 100, "errors": [] });
        assert_eq!(talk.job(&id).await, (200, told));
        there += taken;
        assert_eq!(talk.contacts().await.len(), there, "job {nth}");
    }
    let job = &talk.truth("state").await["jobs"][1];
    assert_eq!((&job["fate"], &job["items"], &job["applied"]), (&json!("quiet_loss"), &json!(10), &json!(7)));
}

#[tokio::test]
async fn a_tenant_that_cannot_be_read_back_knows_its_jobs_by_id_only() {
    let talk = talk(at_once()).await;
    let id = talk.bulk(&insert(0, 1)).await;
    talk.control("tenant", &json!({ "readableOutbound": false })).await;
    assert_eq!(talk.get(CONTACTS).await.0, 404);
    assert_eq!(talk.get(&format!("outbound/jobs?contactListId={LIST}")).await.0, 404);
    assert_eq!(talk.job(&id).await.0, 200);
    talk.control("tenant", &json!({ "readableOutbound": true })).await;
    assert_eq!(talk.get(CONTACTS).await.0, 200);
    assert_eq!(talk.get("outbound/contactlists/nothing/contacts").await.0, 404);
}

#[tokio::test]
async fn faults_of_inserts_tell_one_thing_and_do_another() {
    let talk = talk(at_once()).await;
    let mut expected = talk.contacts().await.len();
    let mut jobs = 0;
    for (fault, status, applied) in [
        ("reset_before", None, 0),
        ("reset_midway", None, 5),
        ("reset_after", None, 10),
        ("truncate", Some(202), 10),
        ("lie", Some(202), 0),
        ("omit", Some(202), 10),
        ("html", Some(200), 10),
        ("error_after", Some(500), 10),
        ("too_large", Some(413), 0),
    ] {
        talk.control("fault", &json!({ "do": fault, "on": "bulk" })).await;
        let call = talk.call(Method::POST, "outbound/contactlistitems/bulkinsert").json(&insert(0, 10));
        let answer = call.send().await;
        assert_eq!(answer.as_ref().ok().map(|a| a.status().as_u16()), status, "{fault}");
        if fault == "lie" {
            let (_, told) = read(answer.unwrap()).await;
            assert_eq!(talk.job(told["id"].as_str().unwrap()).await.0, 404);
        } else if fault == "omit" {
            assert_eq!(read(answer.unwrap()).await.1, json!({}));
        }
        expected += applied;
        jobs += usize::from(applied > 0);
        assert_eq!(talk.contacts().await.len(), expected, "{fault}");
        assert_eq!(talk.get("outbound/jobs").await.1["total"], jobs, "{fault}");
    }
    talk.control("fault", &json!({ "do": "unavailable", "on": "jobs_read", "next": 2 })).await;
    assert_eq!(talk.get("outbound/jobs").await.0, 503);
    assert_eq!(talk.get(CONTACTS).await.0, 503);
}

#[tokio::test]
async fn a_new_contact_can_be_updated_like_one_that_was_there() {
    let talk = talk(at_once()).await;
    talk.bulk(&insert(0, 1)).await;
    let contacts = talk.contacts().await;
    let path = format!("contacts/{}", contacts.last().unwrap()["id"].as_str().unwrap());
    let body = json!({ "fields": { "custom": { "do_not_call": "yes" } } });
    assert_eq!(talk.call(Method::PATCH, &path).json(&body).send().await.unwrap().status(), 200);
    let fields = talk.contacts().await.last().unwrap()["customFields"].clone();
    assert_eq!(fields, json!({ "optIn": "yes", "row": 0, "do_not_call": "yes" }));
}

#[tokio::test]
async fn in_the_flaky_story_whoever_repeats_a_write_gets_on() {
    let talk = talk(Options { story: Story::Flaky, bulk_per_minute: 10_000, ..at_once() }).await;
    let mut lost = 0;
    for n in 0..100 {
        let body = insert(n * 10, 10);
        let mut tries = 0;
        loop {
            tries += 1;
            assert!(tries <= 3, "insert {n} met more than two faults in a row");
            let call = talk.call(Method::POST, "outbound/contactlistitems/bulkinsert").json(&body);
            match call.send().await {
                Ok(answer) => {
                    if answer.status() == 202 && answer.bytes().await.is_ok() {
                        break;
                    }
                }
                Err(_) => lost += 1,
            }
        }
    }
    assert!(lost > 0, "no connection broke");
    let doubled = talk.truth("state").await["contactDuplicates"].as_array().unwrap().len();
    assert!(doubled > 0, "an insert whose answer was lost and that is sent again doubles its contacts");
}

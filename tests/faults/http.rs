//! H: what a status says of a write, and of a read.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use quietline::api::{Attempt, Client, Error, RuleChange, Scopes};
use quietline::domain::plan::Destination;
use quietline::domain::run::{BatchState, RunState};
use quietline::ops::{Launch, Launched, PlanRequest, Silent, Until};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::between::{Told, Turn, changed, told};
use crate::generate;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::tenant::{Reply, Tenant, json as answer, number, with};

const BODY: &[u8] = br#"{"data":[{"phoneNumber":"+12025550101"}]}"#;

async fn post(client: &Client) -> Attempt {
    client.post_entries(BODY.to_vec(), &CancellationToken::new()).await
}

/// A status that says nothing of the rows: what the tenant took is found on the list and not sent again, what it did not
/// take is sent again under the same keys.
async fn says_nothing(status: u16) {
    let commits: [fn(Vec<serde_json::Value>, Told) -> Turn; 3] = [
        |_, told| Turn::Instead(told),
        |rows, told| Turn::Half(rows[..rows.len() / 2].to_vec(), told),
        |_, told| Turn::Afterwards(told),
    ];
    let cases = commits.into_iter().zip([2, 2, 1]);
    let seen = cases.map(async |(commit, calls)| {
        let scene = Scene::of(40, move |call| match call.writes() && call.nth == 0 {
            true => commit(call.rows(), told(status, "{}")),
            false => Turn::Pass,
        })
        .await;
        let run = scene.upload().await;
        scene.assert_there(&run).await;
        let writes = scene.writes();
        assert_eq!(writes.len(), calls, "{status}");
        if calls == 2 {
            let (all, again) = (writes[0].keys(), writes[1].keys());
            assert!(all.ends_with(&again), "{status}: other keys than the first time");
        }
    });
    join_all(seen).await;
}

/// A status for which a run ends, after one call and without having touched anything.
async fn stops(status: u16, code: &str) {
    let scene = Scene::of(40, move |call| match call.writes() {
        true => Turn::Instead(told(status, "{}")),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_stopped(&run, code).await;
    assert_eq!(scene.writes().len(), 1, "{status} is not repeated");
}

/// The same of a single write and a single read on the wire. A redirect that may come from behind the commit leaves the
/// outcome open.
async fn is_refused(status: u16, headers: &[(&'static str, String)]) -> (Error, Error) {
    let headers = headers.to_vec();
    let tenant = Tenant::start(move |_| Reply::Full(status, headers.clone(), "{}".into())).await;
    let client = tenant.client();
    let error = match (status, post(&client).await) {
        (302 | 303, Attempt::Indeterminate { error, .. }) => error,
        (302 | 303, attempt) => panic!("{status}: {attempt:?}"),
        (_, Attempt::NotApplied { error, retry: false, .. }) => error,
        (_, attempt) => panic!("{status}: {attempt:?}"),
    };
    let read = client.entries_of(number(101), None).await.unwrap_err();
    assert_eq!(tenant.calls().len(), 2, "{status}");
    (error, read)
}

#[tokio::test]
async fn h100_news_before_the_answer_are_no_answer() {
    let tenant = Tenant::start(|_| {
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
        let last = "HTTP/1.1 201 Created\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"data\":[]}";
        Reply::Raw(format!("{early}{last}").into_bytes())
    })
    .await;
    let attempt = post(&tenant.client()).await;
    assert!(matches!(&attempt, Attempt::Answered(raw) if raw.status == 201), "{attempt:?}");
    assert_eq!(tenant.client().entries_of(number(101), None).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn h200p_each_row_has_its_own_verdict_and_one_without_is_looked_up() {
    let mut made = generate::messy_file(40, 0);
    // Sound for us, and refused by the tenant for what it is.
    made.text += "(800) 555-0137,US-CA,,state\n";
    let scene = Scene::with(made, |call| match call.writes() && call.nth == 0 {
        true => changed(|mut answer| {
            answer["data"].as_array_mut().unwrap().drain(..3);
            answer
        }),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert_eq!(run.buckets.dead_letters, 1);
    let letters = scene.ops.dead_letters(Some(&run.id)).await.unwrap();
    assert_eq!((letters[0].1.row, letters[0].1.code.as_str()), (41, "REJECTED_BY_POLICY"));
    assert_eq!(scene.writes().len(), 1, "the three without a verdict were found on the list");

    // The tenant neither says a word of a row nor takes it: it is sent again, alone.
    let scene = Scene::of(40, |call| match call.writes() && call.nth == 0 {
        true => {
            let body = json!({ "data": [], "errors": [] });
            Turn::Half(call.rows()[1..].to_vec(), told(200, body.to_string()))
        }
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    let writes = scene.writes();
    assert_eq!((writes.len(), writes[1].keys()), (2, vec![writes[0].keys()[0].clone()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn h200x_an_answer_that_contradicts_itself_is_no_verdict() {
    type Change = fn(serde_json::Value) -> serde_json::Value;
    let lies: [(&str, Change); 4] = [
        ("a row that was not sent", |mut answer| {
            let stranger = json!({ "id": "e-9", "phoneNumber": "+12025550199", "idempotencyKey": "other" });
            answer["data"].as_array_mut().unwrap().push(stranger);
            answer
        }),
        ("a row both taken and refused", |mut answer| {
            let key = answer["data"][0]["idempotencyKey"].clone();
            answer["errors"] = json!([{ "idempotencyKey": key, "code": "BAD", "message": "no" }]);
            answer
        }),
        ("two records of one row", |mut answer| {
            let mut again = answer["data"][0].clone();
            again["id"] = "e-9".into();
            answer["data"].as_array_mut().unwrap().push(again);
            answer
        }),
        ("more rows refused than were sent", |mut answer| {
            answer["errors"] = json!([{ "index": 4_000, "code": "BAD", "message": "no" }]);
            answer
        }),
    ];
    join_all(lies.map(async |(name, lie)| {
        let scene = Scene::of(40, move |call| if call.writes() { changed(lie) } else { Turn::Pass }).await;
        let run = scene.upload().await;
        scene.assert_there(&run).await;
        assert_eq!(run.buckets.dead_letters, 0, "{name}");
        assert_eq!(scene.writes().len(), 1, "{name}");
    }))
    .await;
}

const BULK: &str = "/api/v2/outbound/contactlistitems/bulkinsert";

#[tokio::test(flavor = "multi_thread")]
async fn h202_the_id_of_a_job_is_on_disk_before_anything_is_asked_about_it() {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    let scene = Scene::of(40, move |call| {
        if call.method == "GET" && call.path.starts_with("/api/v2/outbound/jobs/") && call.nth == 0 {
            // A person stops the run while the first question about the job is out.
            asked.cancel();
            return Turn::Instead(told(
                200,
                json!({ "id": call.path.rsplit('/').next(), "status": "RUNNING", "progress": 1 }).to_string(),
            ));
        }
        Turn::Pass
    })
    .await;
    let request =
        PlanRequest { to: Destination::Outbound, list: "cl-winback".into(), ..Stage::request(&scene.file) };
    let launch = Launch { what: Launched::File(request), ..Stage::launch_file(&scene.file) };
    let run = scene.ops.upload(launch, std::sync::Arc::new(Silent), &stop).await.unwrap();
    assert_eq!(run.state, RunState::Paused, "{:?}", run.error);
    let open = scene.stage.ops.ledger().open_batches(&run.id).await.unwrap();
    let [batch] = &open[..] else { panic!("{open:?}") };
    assert_eq!(batch.state, BatchState::Response);
    let (status, body) = batch.answer.as_ref().unwrap();
    let job: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert!(*status == 202 && job["id"].is_string(), "{status} {job}");

    let go_on = scene.restarted();
    let run = go_on
        .resume(None, Until::Ready, std::sync::Arc::new(Silent), &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!((run.state, run.buckets.unaccounted), (RunState::Uploaded, 0), "{:?}", run.error);
    assert_eq!(scene.between.calls(|call| call.is("POST", BULK)).len(), 1, "the contacts are not made twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn h204_an_answer_without_verdicts_is_read_back_and_half_a_page_is_no_page() {
    join_all([202, 204, 206, 207].map(says_nothing)).await;
    for status in [204, 206, 207] {
        let tenant = Tenant::start(move |_| answer(status, r#"{"data":[]}"#)).await;
        let page = tenant.client().entries_of(number(101), None).await;
        assert!(matches!(page, Err(Error::Protocol { .. })), "{status}: {page:?}");
        assert_eq!(tenant.calls().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn h3xx_a_write_is_not_sent_on_to_another_port() {
    let other = Tenant::start(|_| answer(201, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let to = vec![("location", format!("http://{}/api/v2/dnc/entries", other.address))];
        let (write, read) = is_refused(status, &to).await;
        for error in [write, read] {
            assert!(error.to_string().contains(&other.address.to_string()), "{error}");
        }
        // A control character that would clear the screen.
        let strange = vec![("location", "http://x/\u{9b}2J".to_owned())];
        let (write, _) = is_refused(status, &strange).await;
        assert!(write.to_string().chars().all(|c| !c.is_control()), "{write:?}");
    }
    assert_eq!(other.tokens().len() + other.calls().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn h3xx_a_redirect_that_may_come_from_behind_the_commit_is_read_back() {
    join_all([302, 303].map(says_nothing)).await;
}

#[tokio::test]
async fn h304_unchanged_is_no_answer_to_somebody_who_asked_without_a_version() {
    let (write, read) = is_refused(304, &[]).await;
    for error in [write, read] {
        assert!(matches!(&error, Error::Protocol { detail } if detail.contains("304")), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h400_a_row_that_spoils_its_batch_is_found_by_halving() {
    let mut made = generate::messy_file(100, 0);
    let spoilt = made.intended.keys().nth(30).unwrap().clone();
    made.intended.remove(&spoilt);
    let scene = Scene::with(made, move |call| {
        let spoils = call.writes() && call.rows().iter().any(|row| row["phoneNumber"] == spoilt.as_str());
        if spoils { Turn::Instead(told(400, r#"{"message":"bad"}"#)) } else { Turn::Pass }
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert_eq!(run.buckets.dead_letters, 1);

    // Every row by itself: it is not the rows that the tenant cannot read.
    let scene = Scene::of(100, |call| match call.writes() {
        true => Turn::Instead(told(400, r#"{"message":"bad"}"#)),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    assert_eq!(run.state, RunState::Interrupted);
    assert_eq!(run.error.unwrap().0, "protocol");
    assert!(run.buckets.dead_letters < 50 && run.buckets.accepted == 0, "{:?}", run.buckets);
}

#[tokio::test(flavor = "multi_thread")]
async fn h404_a_list_that_is_gone_stops_the_run_and_an_entry_that_is_gone_is_gone() {
    stops(404, "not-found").await;
    let tenant = Tenant::start(|seen| match seen.method.as_str() {
        "DELETE" => answer(404, "{}"),
        _ => answer(200, r#"{"data":[]}"#),
    })
    .await;
    let client = tenant.client();
    assert!(client.entries_of(number(101), None).await.unwrap().is_empty());
    let gone = client.delete_entry("e-1", &CancellationToken::new()).await;
    assert!(matches!(gone, Attempt::Answered(_)), "{gone:?}");
}

#[tokio::test]
async fn h405_another_dialect_stops_everything_and_points_to_the_doctor() {
    for status in [405, 406, 410, 415, 501] {
        let (write, read) = is_refused(status, &[]).await;
        for error in [write, read] {
            let gone = matches!(error, Error::NotFound { .. });
            assert!(gone == (status == 410), "{status}: {error:?}");
            assert!(gone || error.advice().contains("quietline doctor"), "{status}: {}", error.advice());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h408_a_server_that_gave_up_waiting_may_have_read_enough() {
    says_nothing(408).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h409_a_conflict_about_entries_is_for_a_person() {
    stops(409, "tenant-refused").await;
}

#[tokio::test]
async fn h412_a_change_without_the_right_version_is_left_to_a_person() {
    for status in [412, 428] {
        let rule = json!({
            "id": "R1", "name": "National", "description": "", "scope": "BOTH", "priority": 7,
            "listIds": ["L1"], "action": "BLOCK", "isActive": true,
        });
        let tenant = Tenant::start(move |seen| match seen.method.as_str() {
            "GET" => Reply::Full(200, vec![("etag", "\"v9\"".into())], rule.to_string()),
            _ => answer(status, "{}"),
        })
        .await;
        let client = tenant.client().asking(Scopes::CHANGE);
        let change = RuleChange { priority: Some(5), ..RuleChange::default() };
        let error = client.change_rule("R1", Some("\"v1\""), &change).await.unwrap_err();
        let stopped = matches!(error, Error::Conflict { .. } | Error::Rejected { status: 428, .. });
        assert!(stopped, "{status}: {error:?}");
        assert_eq!(tenant.calls().iter().filter(|call| call.method == "PATCH").count(), 1, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h413_a_batch_that_is_too_large_is_halved_until_it_fits() {
    let scene = Scene::of(200, |call| match call.writes() && call.rows().len() > 30 {
        true => Turn::Instead(told(413, "")),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert_eq!(run.buckets.dead_letters, 0);
    let sent: usize = scene.writes().iter().map(|call| call.rows().len()).filter(|rows| *rows <= 30).sum();
    assert_eq!(sent, scene.made.intended.len(), "no row is sent twice in a batch that fits");
}

#[tokio::test(flavor = "multi_thread")]
async fn h413_what_a_run_learned_of_sizes_is_kept() {
    let scene = Scene::of(200, |call| match call.writes() && call.rows().len() > 25 {
        true => Turn::Instead(told(413, "")),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_done(&run);
    let before = scene.writes().len();

    // Another file, by a console that starts anew: no call is too large.
    let rows: Vec<String> = (0..60).map(|n| format!("415-555-01{n:02}")).collect();
    let file = scene.stage.write("more.csv", &format!("phone\n{}\n", rows.join("\n")));
    let stop = CancellationToken::new();
    let again = scene.restarted().upload(Stage::launch_file(&file), Arc::new(Silent), &stop).await.unwrap();
    assert_eq!((again.state, again.buckets.accepted), (RunState::Ready, 60), "{:?}", again.error);
    let sizes: Vec<usize> = scene.writes().iter().skip(before).map(|call| call.rows().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 60, "{sizes:?}");
    assert!(sizes.iter().all(|rows| *rows <= 25), "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn h423_what_is_locked_or_too_early_is_sent_again_as_it_was() {
    join_all([423, 425].map(async |status| {
        let scene = Scene::of(40, move |call| match call.writes() && call.nth < 2 {
            true => Turn::Instead(told(status, "{}")),
            false => Turn::Pass,
        })
        .await;
        let run = scene.upload().await;
        scene.assert_there(&run).await;
        let writes = scene.writes();
        assert_eq!(writes.len(), 3, "{status}");
        assert!(writes.iter().all(|call| call.body == writes[0].body), "{status}");
    }))
    .await;
}

#[tokio::test]
async fn h429a_every_form_of_retry_after_ends_in_a_pause_that_can_be_sat_out() {
    let longest = Duration::from_secs(900);
    let date = "Tue, 15 Nov 1994 08:12:31 GMT";
    let cases: [(&[&str], std::ops::RangeInclusive<Duration>); 9] = [
        (&["7"], Duration::from_secs(7)..=Duration::from_secs(7)),
        (&["Tue, 15 Nov 1994 08:12:41 GMT"], Duration::from_secs(10)..=Duration::from_secs(10)),
        (&[], Duration::ZERO..=Duration::from_millis(5)),
        (&["0"], Duration::ZERO..=Duration::from_millis(5)),
        (&["-1"], Duration::ZERO..=Duration::from_millis(5)),
        (&["soon"], Duration::ZERO..=Duration::from_millis(5)),
        (&["1000000000"], longest..=longest),
        (&["3", "9"], Duration::from_secs(9)..=Duration::from_secs(9)),
        (&["soon", "9"], Duration::from_secs(9)..=Duration::from_secs(9)),
    ];
    for (values, wanted) in cases {
        let mut headers = vec![("date", date.to_owned())];
        headers.extend(values.iter().map(|value| ("retry-after", (*value).to_owned())));
        let tenant = Tenant::start(move |_| Reply::Full(429, headers.clone(), String::new())).await;
        let client = tenant.client();
        let attempt = post(&client).await;
        let Attempt::NotApplied { after: Some(after), retry: true, .. } = attempt else {
            panic!("{values:?}: {attempt:?}")
        };
        assert!(wanted.contains(&after), "{values:?}: {after:?}");
        let gauges = client.gauges().borrow().clone();
        assert!(gauges.families.entries.allowed < gauges.families.entries.ceiling, "all go on more slowly");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h429a_a_pause_of_years_is_shown_and_the_run_can_be_stopped_and_resumed() {
    let scene = Scene::of(40, |call| match call.writes() && call.nth == 0 {
        true => Turn::Instead(told(429, "").with("retry-after", "1000000000")),
        false => Turn::Pass,
    })
    .await;
    let stop = CancellationToken::new();
    let mut gauges = scene.ops.gauges();
    let person = async {
        let paused = |gauges: &quietline::ops::Gauges| gauges.families.entries.paused.is_some();
        gauges.wait_for(paused).await.unwrap();
        stop.cancel();
    };
    let (run, ()) = tokio::join!(scene.upload_until(&stop), person);
    assert_eq!((run.state, run.buckets.dead_letters), (RunState::Paused, 0), "{:?}", run.error);
    assert_eq!(scene.writes().len(), 1, "nothing is sent in the pause");

    let silent = std::sync::Arc::new(Silent);
    let resumed = scene.restarted().resume(None, Until::Ready, silent, &CancellationToken::new()).await;
    scene.assert_there(&resumed.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h431_a_header_too_large_or_a_law_stops_the_run() {
    join_all([431, 451].map(|status| stops(status, "tenant-refused"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h500_before_in_the_middle_of_and_after_the_commit_is_read_back() {
    says_nothing(500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h502_a_gateway_does_not_know_what_became_of_a_call() {
    join_all([502, 503, 504].map(says_nothing)).await;
    for status in [502, 503, 504] {
        let tenant = Tenant::start(move |_| with(status, "retry-after", "7")).await;
        let attempt = post(&tenant.client()).await;
        let Attempt::Indeterminate { after, .. } = attempt else { panic!("{status}: {attempt:?}") };
        assert_eq!(after, Some(Duration::from_secs(7)), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn h505_a_status_that_nobody_knows_says_nothing() {
    join_all([505, 511, 599, 600, 799, 999].map(says_nothing)).await;
    for line in ["HTTP/1.1 000 X", "HTTP/1.1 99 X", "HTTP/1.1 1000 X", "HTTP/1.1 -1 X", "HTTP/9.9 200 X"] {
        let whole = format!("{line}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
        let tenant = Tenant::start(move |_| Reply::Raw(whole.clone().into_bytes())).await;
        let attempt = post(&tenant.client()).await;
        assert!(matches!(attempt, Attempt::Indeterminate { .. }), "{line}: {attempt:?}");
        assert_eq!(tenant.calls().len(), 1, "{line}");
    }
}

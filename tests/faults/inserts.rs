//! Contacts of an outbound list have no keys: what became of a call is told by the list alone, and who is on it twice is called
//! twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quietline::domain::plan::Destination;
use quietline::domain::run::{RunState, RunSummary};
use quietline::ops::{Launch, Launched, Ops, Patience, PlanRequest, Silent, Until};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::between::{Passing, Turn, changed, told};
use crate::scene::Scene;
use crate::stage::Stage;

const LIST: &str = "cl-winback";

fn inserts(call: &Passing) -> bool {
    call.is("POST", "/api/v2/outbound/contactlistitems/bulkinsert")
}

fn reads(call: &Passing) -> bool {
    call.is("GET", "/api/v2/outbound/contactlists/cl-winback/contacts")
}

async fn upload(scene: &Scene) -> RunSummary {
    upload_by(scene, &scene.ops).await
}

async fn upload_by(scene: &Scene, ops: &Ops) -> RunSummary {
    let request = PlanRequest { to: Destination::Outbound, list: LIST.into(), ..Stage::request(&scene.file) };
    let what = Launched::File(request);
    let launch = Launch { what, reason: "a test".into(), until: Until::Ready, activates: false };
    ops.upload(launch, Arc::new(Silent), &CancellationToken::new()).await.unwrap()
}

/// How often each number of the file stands on the list, least and most; and how many of them do at all.
async fn times(scene: &Scene) -> (usize, usize, usize) {
    let state = scene.stage.control("state").await;
    let lists = state["contactLists"].as_array().unwrap();
    let list = lists.iter().find(|list| list["id"] == LIST).unwrap();
    let there: Vec<&str> =
        list["contacts"].as_array().unwrap().iter().map(|it| it["phoneNumber"].as_str().unwrap()).collect();
    let times = scene.made.intended.keys().map(|number| there.iter().filter(|it| *it == number).count());
    let times: Vec<usize> = times.collect();
    let at_all = times.iter().filter(|times| **times > 0).count();
    (*times.iter().min().unwrap(), *times.iter().max().unwrap(), at_all)
}

#[tokio::test(flavor = "multi_thread")]
async fn h502_an_insert_that_is_served_after_its_caller_gave_up_is_not_sent_again() {
    let (kept, looked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (keeps, looks) = (kept.clone(), looked.clone());
    let scene = Scene::of(60, move |call| match () {
        () if inserts(call) && call.nth == 0 => {
            keeps.store(1, Ordering::SeqCst);
            Turn::Kept(told(504, ""))
        }
        // The list was read twice from its start, which is one look at it; by the next look it is served.
        () if reads(call) && call.asks("pageNumber=1") && keeps.load(Ordering::SeqCst) == 1 => {
            match looks.fetch_add(1, Ordering::SeqCst) {
                2 => Turn::Released,
                _ => Turn::Pass,
            }
        }
        () => Turn::Pass,
    })
    .await;
    let patience = Patience { served_within: Duration::from_secs(2), ..crate::stage::patience() };
    let run = upload_by(&scene, &scene.restarted_patient(patience)).await;
    assert_eq!(run.state, RunState::Uploaded, "{:?}", run.error);
    let intended = scene.made.intended.len();
    assert_eq!((run.buckets.accepted, run.buckets.unaccounted), (intended as u64, 0));
    assert!(looked.load(Ordering::SeqCst) > 2, "it was looked for more than once");
    assert_eq!(scene.between.calls(inserts).len(), 1);
    assert_eq!(times(&scene).await, (1, 1, intended));
}

#[tokio::test(flavor = "multi_thread")]
async fn h502_contacts_are_known_however_the_tenant_spells_them() {
    let scene = Scene::of(60, |call| match () {
        () if inserts(call) && call.nth == 0 => Turn::Afterwards(told(504, "")),
        () if reads(call) => changed(|mut answer| {
            for contact in answer["entities"].as_array_mut().unwrap() {
                let bare = contact["phoneNumber"].as_str().unwrap().trim_start_matches('+').to_owned();
                contact["phoneNumber"] = bare.into();
            }
            answer
        }),
        () => Turn::Pass,
    })
    .await;
    let run = upload(&scene).await;
    assert_eq!(run.state, RunState::Uploaded, "{:?}", run.error);
    assert_eq!(scene.between.calls(inserts).len(), 1);
    assert_eq!(times(&scene).await, (1, 1, scene.made.intended.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_whom_a_completed_job_dropped_without_a_word_has_no_verdict() {
    let scene = Scene::of(60, |call| match inserts(call) {
        true => {
            let mut body: Value = serde_json::from_slice(&call.body).unwrap();
            body["items"].as_array_mut().unwrap().truncate(40);
            Turn::Rewritten(body.to_string().into_bytes())
        }
        false => Turn::Pass,
    })
    .await;
    let patience = Patience { visible_within: Duration::from_millis(600), ..crate::stage::patience() };
    let run = upload_by(&scene, &scene.restarted_patient(patience)).await;
    let intended = scene.made.intended.len() as u64;
    assert_eq!(run.state, RunState::Discrepant, "{:?}", run.error);
    assert_eq!((run.buckets.accepted, run.buckets.unaccounted), (40, intended - 40));
    assert_eq!(scene.between.calls(inserts).len(), 1, "never sent twice by itself");
    assert_eq!(times(&scene).await.1, 1);
}

/// Whoever sends a call elsewhere may have worked on it before.
#[tokio::test(flavor = "multi_thread")]
async fn h3xx_contacts_behind_a_redirect_are_looked_for_and_not_sent_again() {
    futures_util::future::join_all([301, 303, 304, 307].map(async |status| {
        let scene = Scene::of(40, move |call| match inserts(call) && call.nth == 0 {
            true => Turn::Afterwards(told(status, "").with("location", "/elsewhere")),
            false => Turn::Pass,
        })
        .await;
        let mut run = upload(&scene).await;
        if run.state == RunState::Interrupted {
            let stop = CancellationToken::new();
            run = scene.ops.resume(Some(&run.id), Until::Ready, Arc::new(Silent), &stop).await.unwrap();
        }
        assert_eq!(run.state, RunState::Uploaded, "{status}: {:?}", run.error);
        assert_eq!(times(&scene).await, (1, 1, scene.made.intended.len()), "{status}");
    }))
    .await;
}

/// What a job brought may show late: who is not seen at once is not sent again at once.
#[tokio::test(flavor = "multi_thread")]
async fn p1_contacts_of_a_failed_job_that_show_late_are_not_sent_again() {
    let (sent, hidden) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (sends, hides) = (sent.clone(), hidden.clone());
    let scene = Scene::of(60, move |call| match () {
        () if inserts(call) => {
            sends.fetch_add(1, Ordering::SeqCst);
            Turn::Pass
        }
        // Both walks of the first look see an empty list.
        () if reads(call)
            && sends.load(Ordering::SeqCst) == 1
            && hides.fetch_add(1, Ordering::SeqCst) < 2 =>
        {
            changed(|mut answer| {
                answer["entities"] = serde_json::json!([]);
                answer
            })
        }
        () => Turn::Pass,
    })
    .await;
    scene.stage.order("jobs", serde_json::json!({"do": "fail"})).await;
    let patience = Patience { visible_within: Duration::from_millis(800), ..crate::stage::patience() };
    let run = upload_by(&scene, &scene.restarted_patient(patience)).await;
    assert_eq!(run.state, RunState::Uploaded, "{:?}", run.error);
    assert!(hidden.load(Ordering::SeqCst) > 2, "it was looked at more than once");
    assert_eq!(scene.between.calls(inserts).len(), 2, "the rest is sent once more");
    assert_eq!(times(&scene).await, (1, 1, scene.made.intended.len()));
}

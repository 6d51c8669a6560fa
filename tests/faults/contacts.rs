//! A sync of contacts that takes long: what is written was asked just before, and trouble on the way costs nothing twice.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quietline::ops::{ContactSync, Input, OpsError, Silent, SyncedContacts};
use tokio_util::sync::CancellationToken;

use crate::between::{Passing, QUERY, Turn, told};
use crate::scene::Scene;

const CONTACTS: usize = 250;

fn is_query(call: &Passing) -> bool {
    call.is("POST", QUERY)
}

fn is_update(call: &Passing) -> bool {
    call.method == "PATCH"
}

/// A console whose contact updates are all taken, and a file of contacts with a number each.
async fn scene(script: impl Fn(&Passing) -> Option<Turn> + Send + Sync + 'static) -> (Scene, PathBuf) {
    let scene = Scene::of(1, move |call| match script(call) {
        Some(turn) => turn,
        None if is_update(call) => Turn::Instead(told(200, "{}")),
        None => Turn::Pass,
    })
    .await;
    let row = |n: usize| format!("c-{n:06},{}-555-{:04}\n", [202, 212, 415][n / 100], 100 + n % 100);
    let rows: String = (0..CONTACTS).map(row).collect();
    let file = scene.stage.write("contacts.csv", &format!("contactId,phone\n{rows}"));
    (scene, file)
}

async fn sync(scene: &Scene, file: &std::path::Path) -> Result<SyncedContacts, OpsError> {
    let wish = ContactSync { field: None, id_column: None };
    let stop = CancellationToken::new();
    scene.ops.sync_contacts(file, &Input::default(), &wish, Arc::new(Silent), &stop).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_of_a_contact_was_asked_just_before() {
    let (scene, file) = scene(|_| None).await;
    let done = sync(&scene, &file).await.unwrap();
    assert_eq!((done.contacts, done.updated, done.unchanged), (250, 250, 0));
    let mut kinds: Vec<bool> =
        scene.between.calls(|call| is_query(call) || is_update(call)).iter().map(is_query).collect();
    kinds.dedup();
    assert_eq!(kinds, [true, false, true, false, true, false], "a hundred are asked about, then written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_was_cut_off_goes_on_behind_what_it_had_written() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = down.clone();
    let (scene, file) = scene(move |call| {
        let second = String::from_utf8_lossy(&call.body).contains("+1212");
        (is_query(call) && second && is_down.load(Ordering::SeqCst)).then(|| Turn::Instead(told(400, "{}")))
    })
    .await;
    let done = sync(&scene, &file).await.unwrap();
    let cut_off = done.cut_off.unwrap();
    assert_eq!((cut_off.code, cut_off.exit_code), ("tenant-refused", 5));
    assert_eq!((done.contacts, done.updated), (250, 100), "what was done is told");
    let trail = scene.ops.ledger().events(10).await.unwrap();
    let told = trail.iter().find(|event| event.kind == "contacts.cut-off").unwrap();
    assert!(told.effect.contains("100 contacts written of 250"), "{}", told.effect);
    assert_eq!(scene.between.calls(is_update).len(), 100);

    down.store(false, Ordering::SeqCst);
    let done = sync(&scene, &file).await.unwrap();
    assert_eq!((done.contacts, done.updated, done.unchanged), (250, 150, 100));
    assert_eq!(scene.between.calls(is_update).len(), 250, "none is written twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_stops_before_it_hammers_a_tenant_that_stumbles_at_each_update() {
    let (scene, file) =
        scene(|call| (is_update(call) && call.nth < 2).then(|| Turn::Instead(told(423, "{}")))).await;
    let cut_off = sync(&scene, &file).await.unwrap().cut_off.unwrap();
    assert!(cut_off.message.contains("had to be repeated"), "{}", cut_off.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_address_can_hold_is_rejected_and_the_others_are_written() {
    let (scene, _) = scene(|_| None).await;
    let rows = "contactId,phone\nc-1,202-555-0101\n..,202-555-0102\n.,202-555-0103\nc/2,202-555-0104\n";
    let file = scene.stage.write("some.csv", rows);
    let done = sync(&scene, &file).await.unwrap();
    let rejected: Vec<_> = done.rejected.iter().map(|it| (it.row, it.code)).collect();
    assert_eq!(rejected, [(2, "unusable-contact-id"), (3, "unusable-contact-id")]);
    assert_eq!((done.rows, done.updated), (4, 2));
}

/// What is no answer to an update has updated nothing.
#[tokio::test(flavor = "multi_thread")]
async fn n9_a_page_to_sign_in_is_not_taken_for_a_contact_that_was_written() {
    for (status, body, written) in [
        (200, "", 3),
        (200, r#"{"id":"c-1"}"#, 3),
        (200, r#"{"error":null,"errors":[]}"#, 3),
        (204, "", 3),
        (200, "<html>Sign in</html>", 0),
        (200, r#"{"error":"no"}"#, 0),
        (200, "[]", 0),
        (202, "", 0),
    ] {
        let (scene, _) = scene(move |call| is_update(call).then(|| Turn::Instead(told(status, body)))).await;
        let rows = "contactId,phone\nc-1,202-555-0101\nc-2,202-555-0102\nc-3,202-555-0103\n";
        let file = scene.stage.write("some.csv", rows);
        let done = sync(&scene, &file).await.unwrap();
        assert_eq!(done.updated, written, "{status} {body}");
        assert_eq!(done.cut_off.is_some(), written == 0, "{status} {body}: {:?}", done.cut_off);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_columns_of_ids_a_person_chooses() {
    let (scene, _) = scene(|_| None).await;
    let file = scene.stage.write("some.csv", "id,id,phone\nc-1,c-2,202-555-0101\n");
    assert_eq!(sync(&scene, &file).await.unwrap_err().code(), "needs-choice");
    assert!(scene.between.calls(is_update).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_at_once_are_one_too_many() {
    let (scene, file) = scene(|_| None).await;
    let list = quietline::domain::list::ListId("contacts/".into());
    let held = scene.ops.ledger().lock_list(&scene.ops.lock_scope(), &list, "somebody else").unwrap();
    assert_eq!(sync(&scene, &file).await.unwrap_err().code(), "locked");
    drop(held);
    assert_eq!(sync(&scene, &file).await.unwrap().updated, 250);
}

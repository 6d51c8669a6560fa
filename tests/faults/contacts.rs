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
    let error = sync(&scene, &file).await.unwrap_err();
    assert_eq!(error.code(), "tenant-refused");
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
    let error = sync(&scene, &file).await.unwrap_err();
    assert!(error.to_string().contains("had to be repeated"), "{error}");
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

//! What only shows from inside: groups, failed commits, a full disk.

use std::future::Future as _;

use jiff::Timestamp;

use super::*;

fn open() -> (tempfile::TempDir, Ledger) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&dir.path().join("data")).unwrap();
    (dir, ledger)
}

fn event(effect: &str) -> NewEvent {
    NewEvent {
        at: Timestamp::UNIX_EPOCH,
        actor: "pat".into(),
        kind: "test.noted",
        object: "test".into(),
        effect: effect.into(),
        reason: None,
    }
}

/// Keeps the writer busy until `work` has queued its commands, so that they become one group.
async fn together(ledger: &Ledger, work: impl AsyncFnOnce()) {
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let holder = ledger.clone();
    let holding = tokio::spawn(async move {
        let hold = move |_: &Connection| {
            let _ = begun.send(());
            let _ = wait.recv();
            Ok(())
        };
        holder.write(hold).await
    });
    begins.await.unwrap();
    tokio::join!(biased; work(), async { drop(go) });
    holding.await.unwrap().unwrap();
}

#[tokio::test]
async fn one_that_fails_does_not_undo_its_neighbours() {
    let (_dir, ledger) = open();
    together(&ledger, async || {
        let (first, failing, last) = tokio::join!(biased;
            ledger.note(event("first")),
            ledger.write(|c| {
                audit::append(c, &event("half"))?;
                Err::<(), _>(error::damaged("on purpose"))
            }),
            ledger.note(event("last")),
        );
        first.unwrap();
        assert!(matches!(failing, Err(Error::Damaged { .. })));
        last.unwrap();
    })
    .await;
    let effects: Vec<String> = ledger.events(9).await.unwrap().into_iter().map(|e| e.effect).collect();
    assert_eq!(effects, ["last", "first"]);
    ledger.verify_trail().await.unwrap();
}

#[tokio::test]
async fn a_failed_commit_fails_its_group_and_is_not_tried_again() {
    let (dir, ledger) = open();
    ledger.note(event("before")).await.unwrap();
    together(&ledger, async || {
        let (neighbour, failing) = tokio::join!(biased;
            ledger.note(event("lost")),
            // A reference to nothing that is only looked at when the transaction ends.
            ledger.write(|c| {
                c.execute_batch(
                    "PRAGMA defer_foreign_keys = ON;
                     INSERT INTO exceptions (run, plan_row, seq, kind) VALUES ('nobody', 0, 0, 'dead')",
                )?;
                Ok(())
            }),
        );
        assert!(neighbour.is_err(), "told that it is on disk");
        assert!(failing.is_err());
    })
    .await;
    assert!(ledger.note(event("after")).await.is_err(), "goes on after a failed commit");
    assert_eq!(ledger.events(9).await.unwrap().len(), 1, "reading goes on");
    drop(ledger);
    let ledger = Ledger::open(&dir.path().join("data")).unwrap();
    ledger.note(event("opened anew")).await.unwrap();
    assert_eq!(ledger.verify_trail().await.unwrap(), 2);
}

#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_fails_its_group() {
    let (_dir, ledger) = open();
    together(&ledger, async || {
        let (neighbour, giving_up) = tokio::join!(biased;
            ledger.note(event("lost")),
            ledger.write(|c| Ok(c.execute_batch("ROLLBACK")?)),
        );
        assert!(neighbour.is_err() && giving_up.is_err());
    })
    .await;
    assert_eq!(ledger.events(9).await.unwrap(), []);
}

#[tokio::test]
async fn a_full_disk_is_said_so_and_what_was_written_stays() {
    let (_dir, ledger) = open();
    ledger.note(event("before")).await.unwrap();
    ledger
        .write(|c| {
            let pages: i64 = c.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            c.query_row(&format!("PRAGMA max_page_count = {}", pages + 1), [], |_| Ok(()))?;
            Ok(())
        })
        .await
        .unwrap();
    let full = ledger.note(event(&"x".repeat(100_000))).await.unwrap_err();
    assert!(matches!(full, Error::Unwritable { .. }), "{full}");
    assert_eq!(full.code(), "ledger-unwritable");
    let events = ledger.events(9).await.unwrap();
    assert_eq!(events.iter().map(|e| e.effect.as_str()).collect::<Vec<_>>(), ["before"]);
}

#[tokio::test]
async fn a_command_whose_caller_is_gone_is_still_written() {
    let (dir, ledger) = open();
    let mut note = Box::pin(ledger.note(event("left")));
    let waker = std::task::Waker::noop();
    assert!(note.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    drop(note);
    drop(ledger);
    let ledger = Ledger::open(&dir.path().join("data")).unwrap();
    assert_eq!(ledger.events(9).await.unwrap().len(), 1);
}

#[test]
fn a_file_from_a_kill_is_swept_once_it_is_old() {
    let (dir, ledger) = open();
    drop(ledger);
    let plans = dir.path().join("data/plans");
    let (old, fresh) = (plans.join(".p-1.plan.7.00000000.tmp"), plans.join(".p-2.plan.8.00000000.tmp"));
    std::fs::write(&fresh, b"x").unwrap();
    let file = File::create(&old).unwrap();
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(7_200)).unwrap();
    Ledger::open(&dir.path().join("data")).unwrap();
    assert!(!old.exists());
    assert!(fresh.exists(), "another process may be writing it");
}

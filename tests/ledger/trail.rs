//! The audit trail as somebody finds it who looks for what was done to it.

use std::fs;
use std::path::Path;

use quietline::domain::audit::TrailReport;
use quietline::domain::plan::Op;
use quietline::ledger::{Error, Ledger, NewEvent, TrailKeys};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::auditor;
use crate::world::{World, at, row};

fn keys() -> TrailKeys {
    TrailKeys::from_text(&TrailKeys::generate().unwrap()).unwrap()
}

fn event(n: i64) -> NewEvent {
    NewEvent {
        at: at(n),
        actor: "pat".into(),
        kind: "test.noted",
        object: "list L-1".into(),
        effect: format!("effect {n}, Übung"),
        reason: (n % 2 == 0).then(|| "asked for".into()),
    }
}

/// A trail of six events, of which the fifth is a checkpoint.
async fn small() -> World {
    let world = World::new();
    for n in 1..=4 {
        world.ledger.note(event(n)).await.unwrap();
    }
    world.ledger.checkpoint(&keys(), "pat", at(5)).await.unwrap();
    world.ledger.note(event(6)).await.unwrap();
    world
}

fn raw(folder: &Path) -> Connection {
    let raw = Connection::open(folder.join("ledger.db")).unwrap();
    raw.execute_batch("DROP TRIGGER IF EXISTS events_stay; DROP TRIGGER IF EXISTS events_remain").unwrap();
    raw
}

fn bad(report: &TrailReport) -> Option<u64> {
    report.broken.as_ref().map(|broken| broken.at)
}

const FIELDS: [&str; 7] = ["at", "actor", "kind", "object", "effect", "reason", "hash"];

#[tokio::test]
async fn a_whole_trail_is_intact_for_us_and_for_an_auditor_of_their_own() {
    let world = small().await;
    let report = world.ledger.verify().await.unwrap();
    assert_eq!((report.records, report.broken.clone(), report.trusted), (6, None, 0));
    assert_eq!(report.checkpoint.as_ref().map(|checkpoint| checkpoint.records), Some(4));
    assert_eq!(report.head, world.ledger.head().await.unwrap());
    assert_eq!(auditor::of_table(&world.folder().join("ledger.db")), Ok((6, report.head.clone())));
    assert_eq!(auditor::of_mirror(&world.folder().join("audit.log")), Ok((6, report.head)));
}

/// Each byte of each field of each event, in three ways; a byte may then be no text any more, and a time none.
#[tokio::test]
async fn every_byte_that_is_changed_in_the_table_is_found_where_it_is() {
    let world = small().await;
    let raw = raw(&world.folder());
    let mut looked_at = 0;
    for seq in 1..=6_i64 {
        for field in FIELDS {
            let before: Value = raw
                .query_row(&format!("SELECT {field} FROM events WHERE seq = ?1"), [seq], |r| r.get(0))
                .unwrap();
            let bytes = match &before {
                Value::Null => continue,
                Value::Integer(n) => n.to_le_bytes().to_vec(),
                Value::Text(text) => text.clone().into_bytes(),
                other => panic!("{other:?}"),
            };
            // Of long fields each byte once: what a flip is does not matter to a hash.
            let flips: &[u8] = if bytes.len() > 80 { &[0x01] } else { &[0x01, 0x20, 0x80] };
            for (place, flip) in
                (0..bytes.len()).flat_map(|place| flips.iter().map(move |flip| (place, *flip)))
            {
                let mut changed = bytes.clone();
                changed[place] ^= flip;
                match &before {
                    Value::Integer(_) => {
                        let n = i64::from_le_bytes(changed.try_into().unwrap());
                        raw.execute(&format!("UPDATE events SET {field} = ?1 WHERE seq = ?2"), (n, seq))
                            .unwrap();
                    }
                    _ => {
                        let sql = format!("UPDATE events SET {field} = CAST(?1 AS TEXT) WHERE seq = ?2");
                        raw.execute(&sql, (changed, seq)).unwrap();
                    }
                }
                let report = world.ledger.verify().await.unwrap();
                assert_eq!(
                    bad(&report),
                    Some(seq as u64),
                    "{field} of event {seq}, byte {place} ^ {flip:#x}"
                );
                assert!(!report.is_intact() && report.stops_runs().is_some());
                looked_at += 1;
                raw.execute(&format!("UPDATE events SET {field} = ?1 WHERE seq = ?2"), (&before, seq))
                    .unwrap();
            }
        }
    }
    assert!(looked_at > 1_000, "{looked_at}");
    assert!(world.ledger.verify().await.unwrap().is_intact(), "put back as it was");
}

/// The same in the database's own file, by whoever has no idea of tables.
#[tokio::test]
async fn every_byte_of_an_event_that_is_changed_on_disk_is_found() {
    let world = small().await;
    let (folder, path) = (world.folder(), world.folder().join("ledger.db"));
    let events = world.ledger.events(10).await.unwrap();
    drop(world.ledger);
    let whole = fs::read(&path).unwrap();
    for event in events {
        let end = memchr::memmem::rfind(&whole, event.hash.as_bytes()).unwrap() + event.hash.len();
        let start = end - event.hash.len() - event.effect.len() - event.kind.len() - event.actor.len();
        for place in start..end {
            let mut changed = whole.clone();
            changed[place] ^= 0x04;
            fs::write(&path, changed).unwrap();
            let report = Ledger::verify_folder(&folder).unwrap();
            assert_eq!(bad(&report), Some(event.seq), "byte {place} of the file");
        }
    }
    // A page that is no page any more has a place too.
    let page = memchr::memmem::find(&whole, b"test.noted").unwrap() / 4096 * 4096;
    let mut changed = whole.clone();
    changed[page..page + 200].fill(0xa5);
    fs::write(&path, changed).unwrap();
    assert_eq!(bad(&Ledger::verify_folder(&folder).unwrap()), Some(1));
    fs::write(&path, &whole).unwrap();
    assert!(Ledger::verify_folder(&folder).unwrap().is_intact());
}

#[tokio::test]
async fn fields_of_another_kind_are_bad_records_and_no_failures() {
    let world = small().await;
    let raw = raw(&world.folder());
    for (edit, first) in [
        ("UPDATE events SET effect = x'00ff' WHERE seq = 2", 2),
        ("UPDATE events SET at = 'noon' WHERE seq = 3", 3),
        ("UPDATE events SET at = 9223372036854775807 WHERE seq = 3", 3),
        ("UPDATE events SET at = 1.5 WHERE seq = 1", 1),
        ("UPDATE events SET hash = x'' WHERE seq = 6", 6),
        ("UPDATE events SET seq = -1 WHERE seq = 4", 1),
        ("UPDATE events SET seq = 0 WHERE seq = 1", 1),
        ("UPDATE events SET seq = -9223372036854775807 - 1 WHERE seq = 6", 1),
        ("UPDATE events SET seq = 70 WHERE seq = 6", 6),
    ] {
        raw.execute_batch("SAVEPOINT edit").unwrap();
        raw.execute(edit, []).unwrap();
        raw.execute_batch("RELEASE edit").unwrap();
        let report = world.ledger.verify().await.unwrap();
        assert_eq!(bad(&report), Some(first), "{edit}");
        // Whoever only reads sees what is there, and that it is not what was written.
        assert_eq!(world.ledger.events(10).await.unwrap().len(), 6, "{edit}");
        restore(&raw, &world);
        assert!(world.ledger.verify().await.unwrap().is_intact(), "after {edit}");
    }
}

/// Puts the table back from the mirror, as only a test does.
fn restore(raw: &Connection, world: &World) {
    raw.execute("DELETE FROM events", []).unwrap();
    for line in fs::read_to_string(world.folder().join("audit.log")).unwrap().lines() {
        let e: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| e[name].as_str().map(str::to_owned);
        raw.execute(
            "INSERT INTO events (seq, at, actor, kind, object, effect, reason, hash) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
            (
                e["seq"].as_i64(), e["at"].as_i64(), text("actor"), text("kind"), text("object"), text("effect"),
                text("reason"), text("hash"),
            ),
        )
        .unwrap();
    }
}

#[tokio::test]
async fn records_that_are_dropped_swapped_or_cut_are_found() {
    let world = small().await;
    let raw = raw(&world.folder());
    for seq in 1..=6_i64 {
        raw.execute("DELETE FROM events WHERE seq = ?1", [seq]).unwrap();
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(seq as u64), "event {seq} dropped");
        restore(&raw, &world);
        // Everything behind it moves up, so that no position is missing.
        raw.execute("DELETE FROM events WHERE seq = ?1", [seq]).unwrap();
        raw.execute("UPDATE events SET seq = -seq WHERE seq > ?1", [seq]).unwrap();
        raw.execute("UPDATE events SET seq = -seq - 1 WHERE seq < 0", []).unwrap();
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(seq as u64), "event {seq} closed up");
        restore(&raw, &world);
        raw.execute("DELETE FROM events WHERE seq >= ?1", [seq]).unwrap();
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(seq as u64), "cut from event {seq} on");
        restore(&raw, &world);
    }
    for (one, other) in [(1_i64, 2_i64), (2, 5), (5, 6)] {
        raw.execute("UPDATE events SET seq = -1 WHERE seq = ?1", [one]).unwrap();
        raw.execute("UPDATE events SET seq = ?1 WHERE seq = ?2", [one, other]).unwrap();
        raw.execute("UPDATE events SET seq = ?1 WHERE seq = -1", [other]).unwrap();
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(one as u64), "{one} and {other} swapped");
        restore(&raw, &world);
    }
    assert!(world.ledger.verify().await.unwrap().is_intact());
}

#[tokio::test]
async fn every_byte_and_every_line_that_is_changed_in_the_mirror_is_found() {
    let world = small().await;
    let path = world.folder().join("audit.log");
    // A look has seen all of it.
    world.ledger.verify().await.unwrap();
    let whole = fs::read(&path).unwrap();
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x01;
        fs::write(&path, changed).unwrap();
        let line = whole[..place].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(line), "byte {place}");
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), 6);
    for at in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        fs::write(&path, dropped.concat()).unwrap();
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(at as u64 + 1), "line {at} dropped");
        if at > 0 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            fs::write(&path, swapped.concat()).unwrap();
            assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(at as u64), "line {at} swapped");
        }
        fs::write(&path, lines[..at].concat()).unwrap();
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(at as u64 + 1), "cut before line {at}");
        // Opening it anew completes nothing that was there already.
        let again = Ledger::open(&world.folder()).unwrap();
        assert_eq!(bad(&again.verify().await.unwrap()), Some(at as u64 + 1), "cut before line {at}, opened");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(1), "gone");
    fs::write(&path, &whole).unwrap();
    assert!(world.ledger.verify().await.unwrap().is_intact());
}

/// The table alone, cut and hashed anew by somebody who knows how: the mirror tells.
#[tokio::test]
async fn a_trail_that_was_hashed_anew_is_not_that_of_the_mirror_and_not_that_of_the_checkpoint() {
    let world = small().await;
    let path = world.folder().join("audit.log");
    let raw = raw(&world.folder());
    raw.execute("UPDATE events SET actor = 'kim' WHERE seq = 3", []).unwrap();
    auditor::hash_anew(&raw);
    assert_eq!(auditor::of_table(&world.folder().join("ledger.db")).map(|(records, _)| records), Ok(6));
    let report = world.ledger.verify().await.unwrap();
    assert_eq!(bad(&report), Some(3), "the mirror has another line");

    // With the mirror made to fit, the checkpoint still stands for another head.
    auditor::mirror_anew(&raw, &path);
    let report = world.ledger.verify().await.unwrap();
    assert_eq!(bad(&report), Some(5), "{:?}", report.broken);
}

#[tokio::test]
async fn a_mirror_that_is_behind_is_normal_and_completed() {
    let world = small().await;
    let (folder, path) = (world.folder(), world.folder().join("audit.log"));
    let whole = fs::read(&path).unwrap();
    drop(world.ledger);
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    // Killed before its line was written, in the midst of it, and where the power went while it was on its way.
    let mut zeros = whole[..last + 20].to_vec();
    zeros.extend([0; 300]);
    for left in [&whole[..last], &whole[..last + 1], &whole[..whole.len() - 1], &whole[..0], zeros.as_slice()]
    {
        fs::write(&path, left).unwrap();
        let ledger = Ledger::open(&folder).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole, "completed from {} bytes", left.len());
        assert!(ledger.check_trail().await.unwrap().is_intact());
        drop(ledger);
        let raw = Connection::open(folder.join("ledger.db")).unwrap();
        raw.execute("UPDATE trail_mark SET seq = 0, hash = ?1, mirror = 0", ["0".repeat(64)]).unwrap();
    }
    // What is no beginning of the line that is due is damage, and stays for whoever looks.
    let mut other = whole[..last].to_vec();
    other.extend(b"{\"seq\":7");
    fs::write(&path, &other).unwrap();
    let ledger = Ledger::open(&folder).unwrap();
    assert_eq!(fs::read(&path).unwrap(), other);
    assert_eq!(bad(&ledger.check_trail().await.unwrap()), Some(6));
}

/// A page in the middle never reached the disk, and one behind it did.
#[tokio::test]
async fn a_mirror_that_the_power_tore_is_written_anew_from_the_table_and_a_cut_table_is_still_found() {
    let world = World::new();
    for n in 0..40 {
        world.ledger.note(event(n)).await.unwrap();
    }
    let (folder, path) = (world.folder(), world.folder().join("audit.log"));
    drop(world.ledger);
    let whole = fs::read(&path).unwrap();
    let torn = |from: usize, to: usize, keep: usize| {
        let mut left = whole[..keep].to_vec();
        left[from..to].fill(0);
        left
    };
    let sectors = whole.len() / 512;
    assert!(sectors > 8, "{sectors}");
    let end = whole.len();
    for left in [
        torn(512, 1_024, end),
        torn(700, 2_048, end),
        torn(0, 512 * (sectors - 1), end),
        torn(1_024, 512 * 4, end - 30),
        torn(1_024, end - 30, end - 30),
        {
            let mut two = torn(512, 1_024, end);
            two[2_048..2_560].fill(0);
            two
        },
    ] {
        fs::write(&path, &left).unwrap();
        let ledger = Ledger::open(&folder).unwrap();
        assert!(fs::read(&path).unwrap() == whole, "written anew from {} bytes", left.len());
        assert!(ledger.check_trail().await.unwrap().is_intact());
        drop(ledger);
        let raw = Connection::open(folder.join("ledger.db")).unwrap();
        raw.execute("UPDATE trail_mark SET seq = 0, hash = ?1, mirror = 0", ["0".repeat(64)]).unwrap();
    }
    // Zeros that end nowhere where a disk would are no power cut.
    fs::write(&path, torn(600, 700, end)).unwrap();
    let ledger = Ledger::open(&folder).unwrap();
    assert!(!ledger.check_trail().await.unwrap().is_intact());
    drop(ledger);
    // Neither is a hole that hides that the table ends sooner than the mirror.
    fs::write(&path, torn(512, 1_024, end)).unwrap();
    let raw = raw(&folder);
    raw.execute("DELETE FROM events WHERE seq > 35", []).unwrap();
    drop(raw);
    let ledger = Ledger::open(&folder).unwrap();
    assert!(!ledger.check_trail().await.unwrap().is_intact());
}

#[tokio::test]
async fn a_broken_trail_is_refused_until_a_person_says_so_and_then_goes_on() {
    let world = small().await;
    assert!(world.ledger.refuse_broken_trail().await.is_ok());
    assert!(world.ledger.acknowledge_break("pat", "nothing is off", at(9)).await.unwrap().is_none());
    let raw = raw(&world.folder());
    raw.execute("UPDATE events SET effect = CAST(x'fffe' AS TEXT) WHERE seq = 4", []).unwrap();

    let error = world.ledger.refuse_broken_trail().await.unwrap_err();
    assert!(matches!(&error, Error::TrailBroken { at: 4, .. }), "{error}");
    assert_eq!(error.code(), "trail-broken");
    assert!(error.advice().contains("quietline audit acknowledge"), "{}", error.advice());

    let known = world.ledger.acknowledge_break("pat", "a disk was replaced", at(10)).await.unwrap().unwrap();
    assert_eq!(bad(&known), Some(4));
    world.ledger.refuse_broken_trail().await.unwrap();
    let newest = world.ledger.events(1).await.unwrap().remove(0);
    assert_eq!(
        (newest.kind.as_str(), newest.reason.as_deref()),
        ("trail.acknowledged", Some("a disk was replaced"))
    );
    assert!(newest.effect.starts_with("broken at event 4: "), "{}", newest.effect);

    // It goes on, and a break stays one: nobody is told that all is well.
    world.ledger.note(event(11)).await.unwrap();
    let report = world.ledger.verify().await.unwrap();
    assert_eq!((bad(&report), report.acknowledged, report.is_intact()), (Some(4), true, false));
    let aside = fs::read_to_string(world.folder().join("audit.log.broken-1")).unwrap();
    assert_eq!(aside.lines().count(), 6, "what the mirror said is kept");
    assert_eq!(fs::read_to_string(world.folder().join("audit.log")).unwrap().lines().count(), 8);

    // Another change is another break, also of a record that was broken before.
    for edit in [
        "UPDATE events SET actor = 'kim' WHERE seq = 4",
        "UPDATE events SET actor = 'kim' WHERE seq = 2",
        "UPDATE events SET actor = 'kim' WHERE seq = 8",
        "DELETE FROM events WHERE seq = 1",
    ] {
        raw.execute_batch("BEGIN").unwrap();
        raw.execute(edit, []).unwrap();
        raw.execute_batch("COMMIT").unwrap();
        let error = world.ledger.refuse_broken_trail().await.unwrap_err();
        assert!(matches!(error, Error::TrailBroken { .. }), "{edit}: {error}");
        world.ledger.acknowledge_break("pat", "again", at(12)).await.unwrap().unwrap();
        world.ledger.refuse_broken_trail().await.unwrap();
    }
}

#[tokio::test]
async fn a_table_that_was_cut_is_broken_for_good_also_where_what_is_left_is_whole() {
    let world = small().await;
    let raw = raw(&world.folder());
    raw.execute("DELETE FROM events WHERE seq > 2", []).unwrap();
    assert_eq!(bad(&world.ledger.check_trail().await.unwrap()), Some(3));
    world.ledger.acknowledge_break("pat", "a copy was put back", at(9)).await.unwrap().unwrap();
    let ledger = Ledger::open(&world.folder()).unwrap();
    let report = ledger.verify().await.unwrap();
    assert_eq!((bad(&report), report.acknowledged), (Some(3), true), "what is left has no gap");
    assert_eq!(auditor::of_table(&world.folder().join("ledger.db")).map(|(records, _)| records), Ok(3));
}

#[tokio::test]
async fn a_long_trail_is_looked_at_from_the_mark_and_its_end_is_not_believed() {
    let world = World::new();
    let fill = |from: i64, to: i64| {
        let ledger = world.ledger.clone();
        async move {
            let notes: Vec<_> = (from..to).map(|n| ledger.note(event(n))).collect();
            for note in futures_util::future::join_all(notes).await {
                note.unwrap();
            }
        }
    };
    let through = quietline::ledger::THROUGH as i64;
    fill(0, through + 10).await;
    assert_eq!(world.ledger.check_trail().await.unwrap().trusted, 0, "nothing was looked at before");
    fill(0, 5).await;
    let report = world.ledger.check_trail().await.unwrap();
    assert_eq!((report.trusted, report.is_intact()), (through as u64 + 10, true));

    let raw = raw(&world.folder());
    fill(0, 5).await;
    raw.execute("UPDATE events SET actor = 'kim' WHERE seq = ?1", [through + 18]).unwrap();
    assert_eq!(bad(&world.ledger.check_trail().await.unwrap()), Some(through as u64 + 18));
    raw.execute("UPDATE events SET actor = 'pat' WHERE seq = ?1", [through + 18]).unwrap();
    // In front of the mark only whoever goes through all of it sees a change; the event at the mark is always looked at.
    raw.execute("UPDATE events SET actor = 'kim' WHERE seq = 9", []).unwrap();
    assert!(world.ledger.check_trail().await.unwrap().is_intact());
    assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(9));
    raw.execute("UPDATE events SET actor = 'pat' WHERE seq = 9", []).unwrap();
    let hash: String =
        raw.query_row("SELECT hash FROM events WHERE seq = ?1", [through + 20], |row| row.get(0)).unwrap();
    raw.execute("UPDATE events SET hash = ?1 WHERE seq = ?2", ("0".repeat(64), through + 20)).unwrap();
    assert_eq!(bad(&world.ledger.check_trail().await.unwrap()), Some(through as u64 + 20), "at the mark");
    raw.execute("UPDATE events SET hash = ?1 WHERE seq = ?2", (hash, through + 20)).unwrap();
    raw.execute("DELETE FROM events WHERE seq > ?1", [through + 15]).unwrap();
    assert!(world.ledger.check_trail().await.unwrap().stops_runs().is_some(), "the mark is gone");
    raw.execute("DELETE FROM events WHERE seq > ?1", [through]).unwrap();
    assert!(world.ledger.check_trail().await.unwrap().stops_runs().is_some(), "the end is gone");
}

#[tokio::test]
async fn a_checkpoint_is_signed_once_for_what_there_is_and_by_its_key() {
    let world = World::new();
    let signer = keys();
    assert_eq!(world.ledger.checkpoint(&signer, "pat", at(1)).await.unwrap(), "0".repeat(64), "of nothing");
    world.ledger.note(event(1)).await.unwrap();
    let head = world.ledger.checkpoint(&signer, "pat", at(2)).await.unwrap();
    assert_eq!(world.ledger.checkpoint(&signer, "pat", at(3)).await.unwrap(), head, "nothing is new");
    let newest = world.ledger.events(1).await.unwrap().remove(0);
    assert_eq!((newest.seq, &newest.hash), (2, &head));
    let checkpoint = world.ledger.last_checkpoint().await.unwrap().unwrap();
    assert_eq!(checkpoint.key, signer.public());
    assert!(auditor::is_signed(&newest.effect), "{}", newest.effect);

    // Somebody without the key makes another of it, and all else fit.
    world.ledger.note(event(3)).await.unwrap();
    let raw = raw(&world.folder());
    for edit in [
        "effect = substr(effect, 1, length(effect) - 1) || CASE substr(effect, -1) WHEN '0' THEN '1' ELSE '0' END",
        "effect = replace(effect, 'origin ', 'origin 0')",
        "effect = replace(effect, '1 events', '2 events')",
        "effect = 'signed'",
    ] {
        let before: String =
            raw.query_row("SELECT effect FROM events WHERE seq = 2", [], |row| row.get(0)).unwrap();
        raw.execute(&format!("UPDATE events SET {edit} WHERE seq = 2"), []).unwrap();
        auditor::hash_anew(&raw);
        auditor::mirror_anew(&raw, &world.folder().join("audit.log"));
        assert_eq!(bad(&world.ledger.verify().await.unwrap()), Some(2), "{edit}");
        raw.execute("UPDATE events SET effect = ?1 WHERE seq = 2", [before]).unwrap();
    }
    auditor::hash_anew(&raw);
    auditor::mirror_anew(&raw, &world.folder().join("audit.log"));
    assert!(world.ledger.verify().await.unwrap().is_intact());
}

#[tokio::test]
async fn every_call_has_its_intent_in_the_trail_before_it_and_the_digest_of_its_answer_after_it() {
    let world = World::new();
    let run = world.uploading("p-1", &[row(0, Op::Add), row(1, Op::Update)], 2).await.id;
    world.ledger.intent(&run, 0, "b0d1", at(3)).await.unwrap();
    let sent = world.ledger.events(1).await.unwrap().remove(0);
    assert_eq!((sent.kind.as_str(), sent.object.clone()), ("batch.sent", format!("run {run}")));
    assert_eq!(sent.effect, "batch 0, attempt 1: 2 rows, body sha256 b0d1");
    world.ledger.answer(&run, 0, 200, b"{}".to_vec()).await.unwrap();
    let settlement = quietline::ledger::Settlement {
        accepted: vec![0, 1],
        replace: vec![(1, "old-1".into())],
        at: Some(at(4)),
        ..Default::default()
    };
    world.ledger.settle(&run, 0, settlement).await.unwrap();
    let settled = world.ledger.events(1).await.unwrap().remove(0);
    let of_answer = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert!(settled.effect.ends_with(&format!("answer sha256 {of_answer}")), "{}", settled.effect);

    world.ledger.begin_replacements(&run, &[1], Vec::new(), at(5)).await.unwrap();
    let removing = world.ledger.events(1).await.unwrap().remove(0);
    assert_eq!(removing.kind, "records.removing");
    for _ in 0..2 {
        world.ledger.replaced(&run, "old-1").await.unwrap();
    }
    let kinds: Vec<String> =
        world.ledger.events(2).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["record.removed", "records.removing"], "saying so twice is one event");
}

#[tokio::test]
async fn a_reason_with_a_number_in_it_keeps_none_of_it() {
    let world = World::new();
    let reason = Some("asked by +1 (202) 555-0101, a.person@example.com".to_owned());
    world.ledger.note(NewEvent { reason, ..event(1) }).await.unwrap();
    let log = fs::read_to_string(world.folder().join("audit.log")).unwrap();
    for canary in ["5550101", "555-0101", "a.person@"] {
        assert!(!log.contains(canary), "{log}");
    }
    assert!(log.contains("asked by"), "{log}");
}

//! A backup in the place of the ledger. What happened since it was taken is not in it, so nothing that it says of the
//! tenant's lists is believed before they are read: lists are in doubt until a reconciliation, and whatever a run had not
//! settled then may have been sent since.
//!
//! ```text
//! exclusive use ─▶ unpack beside, digests, trail ─▶ older than ours? ─▶ doubts, event ─▶ ours aside ─▶ it in its place
//!                  └──────────── nothing of ours was touched ────────────────────┘      └ restore.pending ┘
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::archive::{Summary, unpack};
use super::audit::append;
use super::backup::{RESTORING, WORK, is_part};
use super::codec::{hex, int};
use super::error::{Error, damaged};
use super::folder::{prepare, private_dir, random, sync_dir, unwritable, write_whole};
use super::trail::{head, is_fine};
use super::{Ledger, NewEvent, approvals, doubts, folder, schema};

/// Who restores, and whether a newer ledger may go.
#[derive(Clone, Debug)]
pub struct RestoreWish {
    /// OS user.
    pub by: String,
    /// Now.
    pub at: Timestamp,
    /// Why a ledger goes that is not older.
    pub force: Option<String>,
}

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The backup.
    pub summary: Summary,
    /// Where the ledger is that was there before.
    pub replaced: Option<PathBuf>,
    /// Lists that are to be reconciled: profile and list.
    pub in_doubt: Vec<(String, String)>,
    /// Hash of the newest event now.
    pub head: String,
}

impl Ledger {
    /// Puts a backup in the place of the ledger in `folder`. Nobody may use that ledger meanwhile.
    pub async fn restore(folder: &Path, from: &Path, wish: RestoreWish) -> Result<Restored, Error> {
        let (folder, from) = (folder.to_owned(), from.to_owned());
        let work = move || {
            prepare(&folder)?;
            let _alone = folder::alone(&folder)?;
            clear_work(&folder);
            let stage = folder.join(format!("restore-{}", hex(&random::<4>()?)));
            private_dir(&stage)?;
            let restored = replace(&folder, &stage, &from, &wish);
            let _ = fs::remove_dir_all(&stage);
            restored
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Error::Unwritable { detail: "the restore was cut short".into() })?
    }
}

fn replace(folder: &Path, stage: &Path, from: &Path, wish: &RestoreWish) -> Result<Restored, Error> {
    let summary = unpack(from, stage)?;
    if !stage.join("ledger.db").is_file() {
        return Err(damaged(format!("{} holds no ledger", from.display())));
    }
    prepare(stage)?;
    let (writer, reader) = schema::open(stage)?;
    let events = is_fine(&reader)?;
    if (events, head(&reader)?.1) != (summary.events, summary.head.clone()) {
        return Err(damaged(format!("the trail in {} is not the one that was copied", from.display())));
    }
    let ours = ours(folder, &reader)?;
    if let Some(why) = &ours.not_older
        && wish.force.is_none()
    {
        return Err(Error::NotOlder { why: why.clone() });
    }
    let in_doubt = distrust(&writer, &summary, &ours, wish)?;
    let now = head(&reader)?.1;
    // The last one out folds what was written into the database, and only the writer can.
    drop(reader);
    drop(writer);
    if stage.join("ledger.db-wal").metadata().is_ok_and(|wal| wal.len() > 0) {
        return Err(Error::Unwritable { detail: "what a restore has to note could not be written".into() });
    }
    let locks = stage.join("locks");
    fs::remove_dir_all(&locks).map_err(|e| unwritable(&locks, &e))?;
    let replaced = swap(folder, stage, wish.at)?;
    Ok(Restored { summary, replaced, in_doubt, head: now })
}

/// The ledger that goes.
struct Ours {
    told: String,
    /// Why it must not go without a word.
    not_older: Option<String>,
}

/// Compares what is there with the backup: it may go where the backup holds all of its trail.
fn ours(folder: &Path, backup: &Connection) -> Result<Ours, Error> {
    if folder.join(RESTORING).exists() {
        return Ok(Ours { told: "a restore that was cut off".into(), not_older: None });
    }
    let path = folder.join("ledger.db");
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(Ours { told: "no ledger".into(), not_older: None });
    }
    let read = schema::open(folder).and_then(|(_writer, reader)| head(&reader));
    let (events, hash) = match read {
        Ok(read) => read,
        // What cannot be read cannot be compared.
        Err(error) => {
            let why = format!("the ledger that is there cannot be compared ({error})");
            return Ok(Ours { told: "a ledger that could not be read".into(), not_older: Some(why) });
        }
    };
    let same: Option<String> = backup
        .query_row("SELECT hash FROM events WHERE seq = ?1", params![int(events)], |row| row.get(0))
        .optional()?;
    let is_within = events == 0 || same.as_ref() == Some(&hash);
    // A break that goes with the ledger would be gone without a word.
    let broken = Ledger::verify_folder(folder).ok().and_then(|report| report.stops_runs().cloned());
    if let Some(broken) = broken {
        let told = format!("a ledger with {events} events, broken at event {}: {}", broken.at, broken.what);
        let why = format!(
            "the trail that is there is broken at event {}, and nobody has acknowledged it",
            broken.at
        );
        return Ok(Ours { told, not_older: Some(why) });
    }
    let not_older = (!is_within).then(|| {
        let last: Result<i64, _> = backup.query_row("SELECT count(*) FROM events", [], |row| row.get(0));
        let last = last.unwrap_or_default();
        format!(
            "the ledger that is there has {events} events that the backup ({last} events) does not all hold"
        )
    });
    Ok(Ours { told: format!("a ledger with {events} events, head {hash}"), not_older })
}

/// Nothing is known of what happened since the backup was taken: lists are in doubt, and what was to be sent may have been.
fn distrust(
    writer: &Connection,
    summary: &Summary,
    ours: &Ours,
    wish: &RestoreWish,
) -> Result<Vec<(String, String)>, Error> {
    let transaction = writer.unchecked_transaction()?;
    let in_doubt = {
        let mut statement = transaction.prepare(
            "SELECT profile, list FROM runs UNION SELECT profile, list FROM baselines ORDER BY profile, list",
        )?;
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect::<Result<Vec<(String, String)>, _>>()?
    };
    let why = format!("The ledger was restored from a backup of {}: reconcile the list.", summary.at);
    for (profile, list) in &in_doubt {
        doubts::raise(&transaction, profile, list, &why, wish.at)?;
    }
    let open = transaction.execute(
        "UPDATE batches SET state = 'indeterminate', why = 'restored: it may have been sent since'
         WHERE state IN ('queued', 'intent', 'probed')
           AND run IN (SELECT id FROM runs WHERE state NOT IN ('ready', 'discrepant', 'failed', 'cancelled'))",
        [],
    )?;
    transaction.execute("DELETE FROM wishes", [])?;
    // Whatever waited to be launched then may have been launched since.
    let void = format!("the ledger was restored from a backup of {}", summary.at);
    let void = approvals::make_void(&transaction, &void)?;
    // The mirror that is there is that of the ledger which goes: it goes aside with it, and is made anew.
    transaction.execute("UPDATE trail_mark SET mirror = -1", [])?;
    let event = NewEvent {
        at: wish.at,
        actor: wish.by.clone(),
        kind: "ledger.restored",
        object: "ledger".into(),
        effect: format!(
            "a backup of {} with {} events took the place of {}; {} lists and {open} batches are in doubt, \
             {void} approvals are void",
            summary.at,
            summary.events,
            ours.told,
            in_doubt.len()
        ),
        reason: wish.force.clone(),
    };
    append(&transaction, &event)?;
    transaction.commit()?;
    Ok(in_doubt)
}

/// Ours aside, the backup in its place. A kill in between leaves a mark, by which nobody opens half of each.
fn swap(folder: &Path, stage: &Path, at: Timestamp) -> Result<Option<PathBuf>, Error> {
    let marker = folder.join(RESTORING);
    write_whole(&marker, |file| std::io::Write::write_all(file, at.to_string().as_bytes()))?;
    let aside = folder.join(format!("replaced-{}-{}", at.strftime("%Y%m%dT%H%M%SZ"), hex(&random::<2>()?)));
    let staged = names(stage)?;
    let mut moved = false;
    for name in names(folder)? {
        let is_ledger =
            name.starts_with("ledger.db") || ["plans", "lists", "audit.log"].contains(&name.as_str());
        // What the backup does not have stays: keys that were made later are still needed.
        if is_part(&name) && (is_ledger || staged.contains(&name)) {
            private_dir(&aside)?;
            rename(&folder.join(&name), &aside.join(&name))?;
            moved |= name == "ledger.db" || name == "plans";
        }
    }
    for name in staged {
        rename(&stage.join(&name), &folder.join(&name))?;
    }
    sync_dir(folder)?;
    fs::remove_file(&marker).map_err(|e| unwritable(&marker, &e))?;
    sync_dir(folder)?;
    Ok(moved.then_some(aside))
}

fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let found = fs::read_dir(folder).map_err(|e| unwritable(folder, &e))?;
    Ok(found.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(|e| unwritable(from, &e))
}

/// What backups and restores left that were killed. Nobody else is at work here; replaced ledgers stay.
fn clear_work(folder: &Path) {
    for name in names(folder).unwrap_or_default() {
        if WORK[..2].iter().any(|work| name.starts_with(work)) {
            let _ = fs::remove_dir_all(folder.join(name));
        }
    }
}

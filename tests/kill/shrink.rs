//! Files by which numbers come off: a removal, a list of changes, a snapshot; the file that puts ours there before them; and
//! what it means to take a snapshot back. The list holds entries of ours, of others, and of ours that others have changed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::checker::{Fate, Kind, Meaning, Records};
use crate::file::{AREAS, BEFORE, DAY, EACH, File, before, row, whole};
use crate::job::Job;

/// Area codes of ours, with their states.
const OURS: [(u64, &str); 2] = [(219, "US-IN"), (225, "US-LA")];
/// As many of ours as two batches of removals need.
pub const MANY: u64 = 130;
/// What others say of an entry that they have changed.
pub const MEDDLED: &str = "meddled";

type Fields = BTreeMap<&'static str, Value>;

/// A number that a run of ours put there.
fn ours(n: u64) -> String {
    whole(OURS[(n % 2) as usize].0, n / 2)
}

/// A number that nothing was known of.
fn fresh(n: u64) -> String {
    whole(AREAS[(n % 5) as usize].0, n / 5)
}

/// The cells of an entry, and what its record says.
fn entry(place: &str, until: &str, source: &str) -> (Vec<String>, Fields) {
    row(Kind::Entries, place, until, source, "")
}

fn ours_as_written(n: u64) -> (Vec<String>, Fields) {
    entry(OURS[(n % 2) as usize].1, if n % 4 == 1 { DAY } else { "" }, "ours")
}

fn empty(header: &str) -> File {
    File { text: format!("{header}\n"), meaning: Meaning::default() }
}

fn whole_entries() -> File {
    empty("phone,jurisdiction,expires,source")
}

/// `+12195550100` as people write it.
fn spoken(who: &str) -> String {
    format!("({}) {}-{}", &who[2..5], &who[5..8], &who[8..])
}

/// The file of the run before, which puts so many there.
pub fn first(count: u64) -> File {
    let mut file = whole_entries();
    for n in 0..count {
        let (cells, fields) = ours_as_written(n);
        file.add(&ours(n), &cells);
        file.meaning.fates.insert(ours(n), Fate::Stands(fields));
    }
    file
}

/// A number of others that has two entries.
pub fn doubled() -> String {
    before(0)
}

/// Whose entries others have changed before a job, or between a snapshot and its undo.
pub fn meddled(job: Job) -> Vec<String> {
    match job {
        Job::Sync => vec![ours(0), ours(3), ours(1)],
        Job::Undo => vec![fresh(0), ours(2)],
        Job::Add | Job::Remove | Job::Deletions => Vec::new(),
    }
}

/// What the job's file says of a list that holds so many of ours. `is_meddled`: others have changed some of them.
pub fn file(job: Job, count: u64, is_meddled: bool) -> File {
    match job {
        Job::Remove => removal(count),
        Job::Deletions => deletions(count),
        Job::Sync | Job::Undo | Job::Add => snapshot(count, is_meddled),
    }
}

fn removal(count: u64) -> File {
    let mut file = empty("phone");
    let gone = (0..count).filter(|n| n % 2 == 0).map(ours).chain((0..EACH).map(before));
    for (n, who) in gone.enumerate() {
        file.add_bare(&spoken(&who), "");
        if n % 7 == 3 {
            file.add_bare(&who, "");
            file.meaning.duplicates += 1;
        }
        if n % 9 == 5 {
            file.add_bare("n/a", "");
            file.meaning.rejected += 1;
        }
        file.meaning.fates.insert(who, Fate::Gone);
    }
    for n in 0..EACH {
        file.add_bare(&fresh(n), "");
        file.meaning.fates.insert(fresh(n), Fate::Unchanged);
    }
    file
}

fn deletions(count: u64) -> File {
    let mut file = empty("phone,change");
    for who in (0..count).filter(|n| n % 2 == 0).map(ours).chain((0..EACH).map(before)) {
        file.add_bare(&spoken(&who), ",D");
        file.meaning.fates.insert(who, Fate::Gone);
    }
    // Added: a rejected row here. Added and deleted: it stays.
    for (n, who) in [ours(1), fresh(0), ours(3)].into_iter().enumerate() {
        file.add_bare(&who, ",A");
        file.meaning.rejected += 1;
        if n == 2 {
            file.add_bare(&spoken(&who), ",D");
            file.meaning.fates.insert(who, Fate::Unchanged);
        }
    }
    file
}

/// Of three of ours one is not named, one is as it was, one changes; of three of others one changes, one is as it was, and one
/// is not named.
fn snapshot(count: u64, is_meddled: bool) -> File {
    let mut file = whole_entries();
    let changed = match is_meddled {
        true => meddled(Job::Sync),
        false => Vec::new(),
    };
    for n in 0..count {
        let (who, is_changed) = (ours(n), changed.contains(&ours(n)));
        let (cells, fields) = match n % 3 {
            0 => {
                // Not named: what says what we wrote goes, and counts as a row.
                if !is_changed {
                    file.meaning.rows += 1;
                    file.meaning.fates.insert(who, Fate::Gone);
                }
                continue;
            }
            1 => ours_as_written(n),
            _ => entry(OURS[(n % 2) as usize].1, if n % 4 == 1 { "" } else { DAY }, "snapshot"),
        };
        file.add(&spoken(&who), &cells);
        let stays = n % 3 == 1 && !is_changed;
        file.meaning.fates.insert(who, if stays { Fate::Unchanged } else { Fate::Stands(fields) });
    }
    for n in 0..BEFORE - EACH {
        let changes = n < EACH;
        let (cells, fields) = entry("US-CA", if changes { DAY } else { "" }, "before");
        file.add(&before(n), &cells);
        file.meaning.fates.insert(before(n), if changes { Fate::Stands(fields) } else { Fate::Unchanged });
    }
    for n in 0..count / 3 {
        let (cells, fields) = entry(AREAS[(n % 5) as usize].1, "", "snapshot");
        file.add(&fresh(n), &cells);
        if n % 8 == 3 {
            file.add(&spoken(&fresh(n)), &cells);
            file.meaning.duplicates += 1;
        }
        file.meaning.fates.insert(fresh(n), Fate::Stands(fields));
    }
    let (cells, _) = entry("US-NJ", "", "snapshot");
    file.add("800-555-0150", &cells);
    file.meaning.fates.insert("+18005550150".into(), Fate::Refused);
    // Whose entries others have changed is told, and not mended: what was written there is ours to answer for.
    file.meaning.differs = changed.iter().any(|who| !file.meaning.fates.contains_key(who));
    file
}

/// What it means to take a run back that found this list and left it as it was meant: what it put there goes, what it
/// replaced or took off comes back, and what others have changed since stays.
pub fn taken_back(done: &Meaning, found: &Records, is_meddled: bool) -> Meaning {
    let changed = match is_meddled {
        true => meddled(Job::Undo),
        false => Vec::new(),
    };
    let mut meaning = Meaning { differs: is_meddled, ..Meaning::default() };
    for (who, fate) in &done.fates {
        let restored = || {
            let was = found.get(who)?.first()?;
            let field = |name: &'static str| (name, was[name].clone());
            // Of two records the stronger one comes back, and both say this.
            let mut fields = BTreeMap::from([field("jurisdiction"), field("expirationDate")]);
            fields.extend((found[who].len() == 1).then(|| field("source")));
            Some(Fate::Stands(fields))
        };
        let fate = match fate {
            Fate::Unchanged | Fate::Refused => continue,
            _ if changed.contains(who) => Fate::Unchanged,
            Fate::Stands(_) => restored().unwrap_or(Fate::Gone),
            Fate::Gone => restored().unwrap_or(Fate::Unchanged),
        };
        meaning.rows += 1;
        meaning.fates.insert(who.clone(), fate);
    }
    meaning
}

impl File {
    /// A row that has nothing but a number, and perhaps a word.
    fn add_bare(&mut self, number: &str, rest: &str) {
        self.meaning.rows += 1;
        self.text.push_str(&format!("{number}{rest}\n"));
    }
}

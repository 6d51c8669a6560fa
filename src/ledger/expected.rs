//! What a list should hold: its baseline with the accepted rows of our runs folded in, in the order in which they were
//! settled. Nothing of it is kept beside the journal, so there is nothing that a kill could leave half done.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::append;
use super::blocks::{Blocks, Writer};
use super::codec::{count, how_many, micros, put_bytes, ranges};
use super::error::{Error, damaged};
use super::lock::list_key;
use super::plans::{destination, open, origin};
use super::sorter::{Merge, Rows, Sorter};
use super::words::{Placed, Word};
use super::{Ledger, NewEvent};
use crate::domain::diff::Expected;
use crate::domain::identifier::Identifier;
use crate::domain::list::ListId;
use crate::domain::plan::{Destination, Op, Origin, PlanRow};

/// Accepted rows of one run, as its settled batches have them.
struct Accepted {
    plan: String,
    digest: String,
    destination: Destination,
    /// It takes another run back.
    takes_back: bool,
    /// Rows of a batch, as they are stored, with their place in the trail.
    settled: Vec<(u64, Vec<u8>)>,
    /// How many rows those are.
    rows: u64,
}

/// Accepted rows of a run above which it is read beside the others, and not sorted with them.
const MANY: u64 = 1 << 15;
/// Runs that are read beside each other: each holds a file open, and a block of it in memory.
const BESIDE: usize = 16;

impl Ledger {
    /// Stores the baseline of a list, sorted by number, unless there already is one. Returns whether it was stored.
    pub async fn store_baseline<E: From<Error> + Send + 'static>(
        &self,
        profile: &str,
        list: &ListId,
        expected: impl Iterator<Item = Result<Expected, E>> + Send + 'static,
    ) -> Result<bool, E> {
        let (profile, list) = (profile.to_owned(), list.clone());
        if self.baseline(&profile, &list).await?.is_some() {
            return Ok(false);
        }
        let key = list_key(&profile, &list);
        let mut header = Vec::new();
        put_bytes(&mut header, profile.as_bytes());
        put_bytes(&mut header, list.0.as_bytes());
        let (file, digest, entries) = self
            .blocking(move |folder| Ok(write_baseline(&folder.join("lists"), header, &key, expected)))
            .await??;
        let stored = self.write(move |connection| {
            let at = Timestamp::now();
            let stored = connection.execute(
                "INSERT INTO baselines (profile, list, file, digest, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (profile, list) DO NOTHING",
                params![profile, list.0, file, digest, micros(at)],
            )?;
            if stored == 1 {
                let event = NewEvent {
                    at,
                    actor: whoami::username().unwrap_or_else(|_| "unknown".into()),
                    kind: "list.baseline",
                    object: format!("list {list}"),
                    effect: format!("{entries} entries are the baseline"),
                    reason: None,
                };
                append(connection, &event)?;
            }
            Ok(stored == 1)
        });
        Ok(stored.await?)
    }

    /// The expected set, sorted by number: the baseline with the accepted rows of our runs folded in. `None` without a
    /// baseline. Read from disk as it is asked for: a block of each large run is in memory, and of each line of its
    /// accepted rows where it begins and ends.
    pub async fn expected(&self, profile: &str, list: &ListId) -> Result<Option<Rows<Expected>>, Error> {
        if self.baseline(profile, list).await?.is_none() {
            return Ok(None);
        }
        let standing = |placed: Result<Placed, Error>| match placed {
            Ok(Placed { word: Word::Stands(entry) | Word::Restored(entry), .. }) => Some(Ok(entry)),
            Ok(Placed { word: Word::Gone(_), .. }) => None,
            Err(error) => Some(Err(error)),
        };
        Ok(Some(Box::new(self.last_words(profile, list).await?.filter_map(standing))))
    }

    /// The part of the expected set that runs of ours put there, sorted by number: the last word on each is ours and no
    /// removal. What stood there before us, and was never replaced by us, is somebody else's; and so it stays where a run of
    /// ours only gave it back.
    pub async fn ours(&self, profile: &str, list: &ListId) -> Result<Rows<Expected>, Error> {
        let mut words = self.words(profile, list).await?.peekable();
        // The last word on a number comes first, and that of the baseline last.
        let next = move || loop {
            let last = match words.next()? {
                Ok(last) => last,
                Err(error) => return Some(Err(error)),
            };
            let mut stood_before = last.order == 0;
            while let Some(Ok(earlier)) = words.next_if(|next| says_of(next, last.word.whom())) {
                stood_before |= earlier.order == 0;
            }
            match last.word {
                Word::Stands(entry) if last.order > 0 => return Some(Ok(entry)),
                Word::Restored(entry) if !stood_before => return Some(Ok(entry)),
                _ => {}
            }
        };
        Ok(Box::new(std::iter::from_fn(next)))
    }

    /// About how many entries the list holds by what we know: never fewer than we expect.
    pub async fn expected_at_most(&self, profile: &str, list: &ListId) -> Result<u64, Error> {
        let (of, on) = (profile.to_owned(), list.clone());
        let (baseline, accepted) = self
            .read(move |connection| {
                let accepted: i64 = connection.query_row(
                    "SELECT coalesce(sum(accepted), 0) FROM runs WHERE profile = ?1 AND list = ?2",
                    params![of, on.0],
                    |row| row.get(0),
                )?;
                Ok((find(connection, &of, &on)?, count(accepted)?))
            })
            .await?;
        self.blocking(move |folder| {
            let Some((file, digest)) = baseline else { return Ok(accepted) };
            let baseline = Blocks::<Expected>::open(&folder.join("lists").join(file), &digest)?;
            Ok(accepted + u64::from(baseline.len()))
        })
        .await
    }

    /// The last word on each number, sorted.
    pub(super) async fn last_words(&self, profile: &str, list: &ListId) -> Result<Rows<Placed>, Error> {
        let mut words = self.words(profile, list).await?.peekable();
        Ok(Box::new(std::iter::from_fn(move || {
            let last = words.next()?;
            if let Ok(last) = &last {
                while words.next_if(|next| says_of(next, last.word.whom())).is_some() {}
            }
            Some(last)
        })))
    }

    /// Everything that was ever said of the numbers of a list, sorted by them: the last word on each comes first.
    async fn words(&self, profile: &str, list: &ListId) -> Result<Rows<Placed>, Error> {
        let (of, on) = (profile.to_owned(), list.clone());
        let (baseline, mut accepted) =
            self.read(move |c| Ok((find(c, &of, &on)?, accepted(c, &of, &on)?))).await?;
        self.blocking(move |folder| {
            let mut parts: Vec<Rows<Placed>> = Vec::new();
            if let Some((file, digest)) = baseline {
                let stood = Blocks::<Expected>::open(&folder.join("lists").join(file), &digest)?.rows();
                let placed = |entry| Placed { order: 0, word: Word::Stands(entry) };
                parts.push(Box::new(stood.map(move |entry| entry.map(placed))));
            }
            accepted.sort_by_key(|run| std::cmp::Reverse(run.rows));
            let mut sorter = Sorter::new(&folder.join("plans"));
            for run in accepted {
                let (is_large, rows) = (run.rows > MANY && parts.len() < BESIDE, of_run(folder, &run)?);
                if is_large {
                    parts.push(rows);
                } else {
                    for row in rows {
                        sorter.push(row?)?;
                    }
                }
            }
            parts.push(sorter.finish()?.rows());
            Ok::<Rows<Placed>, Error>(Box::new(Merge::new(parts)))
        })
        .await
    }

    /// Whether there is anything that a list can be compared with.
    pub async fn has_baseline(&self, profile: &str, list: &ListId) -> Result<bool, Error> {
        Ok(self.baseline(profile, list).await?.is_some())
    }

    async fn baseline(&self, profile: &str, list: &ListId) -> Result<Option<(String, String)>, Error> {
        let (profile, list) = (profile.to_owned(), list.clone());
        self.read(move |connection| find(connection, &profile, &list)).await
    }
}

/// File and digest of a baseline.
pub(super) fn find(
    connection: &Connection,
    profile: &str,
    list: &ListId,
) -> Result<Option<(String, String)>, Error> {
    let found = connection
        .prepare_cached("SELECT file, digest FROM baselines WHERE profile = ?1 AND list = ?2")?
        .query_row(params![profile, list.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// Whether a word is one on the same number; an error is told first.
fn says_of(next: &Result<Placed, Error>, whom: &Identifier) -> bool {
    next.as_ref().is_ok_and(|next| next.word.whom() == whom)
}

/// Writes a baseline: its file, digest and entries.
fn write_baseline<E: From<Error>>(
    lists: &Path,
    header: Vec<u8>,
    key: &str,
    expected: impl Iterator<Item = Result<Expected, E>>,
) -> Result<(String, String, u64), E> {
    let mut writer = Writer::new(lists, header)?;
    let mut last: Option<Identifier> = None;
    for entry in expected {
        let entry = entry?;
        if last.is_some_and(|last| last >= entry.identifier) {
            return Err(damaged("the entries of a baseline are not sorted by number").into());
        }
        last = Some(entry.identifier.clone());
        writer.push(entry)?;
    }
    let written = writer.finish()?;
    let (digest, entries) = (written.digest.clone(), written.rows);
    let file = format!("{key}-{}.expected", &digest[..16]);
    written.name(&lists.join(&file))?;
    Ok((file, digest, entries))
}

fn accepted(connection: &Connection, profile: &str, list: &ListId) -> Result<Vec<Accepted>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT r.id, r.plan, p.digest, b.accepted, b.settled, p.destination, p.origin
         FROM batches b JOIN runs r ON r.id = b.run JOIN plans p ON p.id = r.plan
         WHERE r.profile = ?1 AND r.list = ?2 AND b.state = 'settled' AND length(b.accepted) > 0
         ORDER BY r.n, b.first_row",
    )?;
    let mut found = statement.query(params![profile, list.0])?;
    let mut accepted: Vec<(String, Accepted)> = Vec::new();
    while let Some(row) = found.next()? {
        let (run, order, ranges): (String, i64, Vec<u8>) = (row.get(0)?, row.get(4)?, row.get(3)?);
        if accepted.last().is_none_or(|(known, _)| *known != run) {
            let of = Accepted {
                plan: row.get(1)?,
                digest: row.get(2)?,
                destination: destination(&row.get::<_, String>(5)?)?,
                takes_back: matches!(origin(&row.get::<_, String>(6)?)?, Origin::Undo(_)),
                settled: Vec::new(),
                rows: 0,
            };
            accepted.push((run, of));
        }
        if let Some((_, of)) = accepted.last_mut() {
            of.rows += how_many(&ranges)?;
            of.settled.push((count(order)?, ranges));
        }
    }
    Ok(accepted.into_iter().map(|(_, of)| of).collect())
}

/// What the accepted rows of one run say, sorted. Two runs may have sent the same plan: the later settlement counts, and
/// both say the same.
fn of_run(folder: &Path, run: &Accepted) -> Result<Rows<Placed>, Error> {
    let (destination, takes_back) = (run.destination, run.takes_back);
    let mut orders = Vec::new();
    for (order, bytes) in &run.settled {
        ranges(bytes, |first, last| orders.push((first, last, *order)))?;
    }
    orders.sort_unstable();
    let mut orders = orders.into_iter().peekable();
    let mut index = 0;
    let rows = open(folder, &run.plan, &run.digest)?.rows();
    // Of a row that was accepted, the settlement that says so.
    let placed = move |row: Result<PlanRow, Error>| {
        let row = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let at = index;
        index += 1;
        while orders.next_if(|(_, last, _)| *last < at).is_some() {}
        let (_, _, order) = *orders.peek().filter(|(first, _, _)| *first <= at)?;
        let word = match row.op {
            Op::Remove => Word::Gone(row.identifier),
            _ => {
                let attributes = row.kept(destination);
                let entry = Expected { identifier: row.identifier, attributes };
                if takes_back { Word::Restored(entry) } else { Word::Stands(entry) }
            }
        };
        Some(Ok(Placed { order, word }))
    };
    Ok(Box::new(rows.filter_map(placed)))
}

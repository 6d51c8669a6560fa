//! What a list should hold: its baseline with the accepted rows of our runs folded in, in the order in which they were
//! settled. Nothing of it is kept beside the journal, so there is nothing that a kill could leave half done.

use std::collections::HashSet;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::append;
use super::blocks::{self, Blocks};
use super::codec::{count, micros, put_bytes, rows};
use super::error::{Error, damaged};
use super::lock::list_key;
use super::plans::{destination, open, origin};
use super::{Ledger, NewEvent};
use crate::domain::diff::Expected;
use crate::domain::identifier::Identifier;
use crate::domain::list::ListId;
use crate::domain::plan::{Destination, Op, Origin};

/// Accepted rows of one settled batch.
struct Accepted {
    plan: String,
    digest: String,
    destination: Destination,
    /// It takes another run back.
    takes_back: bool,
    rows: Vec<u32>,
    order: u64,
}

/// What the baseline or a settlement says of a number, with its place in the trail; 0 is the baseline.
pub(super) type Placed = (u64, Word);

/// What is said of a number.
pub(super) enum Word {
    Stands(Expected),
    /// By a run that took another one back.
    Restored(Expected),
    Gone(Identifier),
}

impl Word {
    fn whom(&self) -> &Identifier {
        match self {
            Self::Stands(entry) | Self::Restored(entry) => &entry.identifier,
            Self::Gone(identifier) => identifier,
        }
    }
}

impl Ledger {
    /// Stores the baseline of a list, sorted by number, unless there already is one. Returns whether it was stored.
    pub async fn store_baseline(
        &self,
        profile: &str,
        list: &ListId,
        expected: Vec<Expected>,
    ) -> Result<bool, Error> {
        let (profile, list) = (profile.to_owned(), list.clone());
        if self.baseline(&profile, &list).await?.is_some() {
            return Ok(false);
        }
        let entries = expected.len();
        let key = list_key(&profile, &list);
        let mut header = Vec::new();
        put_bytes(&mut header, profile.as_bytes());
        put_bytes(&mut header, list.0.as_bytes());
        let (file, digest) = self
            .blocking(move |folder| {
                if !expected.is_sorted_by(|a, b| a.identifier < b.identifier) {
                    return Err(damaged("the entries of a baseline are not sorted by number"));
                }
                let digest = blocks::digest(&header, &expected);
                let file = format!("{key}-{}.expected", &digest[..16]);
                blocks::write(&folder.join("lists").join(&file), &header, &expected)?;
                Ok((file, digest))
            })
            .await?;
        self.write(move |connection| {
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
        })
        .await
    }

    /// The expected set, sorted by number: the baseline with the accepted rows of our runs and the accepted differences
    /// folded in. `None` without a baseline.
    pub async fn expected(&self, profile: &str, list: &ListId) -> Result<Option<Vec<Expected>>, Error> {
        let folded = self.folded(profile, list).await?;
        Ok(folded.map(|entries| entries.into_iter().map(|(_, entry)| entry).collect()))
    }

    /// The part of the expected set that runs of ours put there, sorted by number: the last word on each is ours and no
    /// removal. What stood there before us, and was never replaced by us, is somebody else's; and so it stays where a run of
    /// ours only gave it back.
    pub async fn ours(&self, profile: &str, list: &ListId) -> Result<Vec<Expected>, Error> {
        let words = self.words(profile, list).await?;
        self.blocking(move |_| {
            let before: HashSet<Identifier> =
                words.iter().filter(|(order, _)| *order == 0).map(|(_, word)| word.whom().clone()).collect();
            let ours = last_words(words).into_iter().filter_map(|(order, word)| match word {
                Word::Stands(entry) => (order > 0).then_some(entry),
                Word::Restored(entry) => (!before.contains(&entry.identifier)).then_some(entry),
                Word::Gone(_) => None,
            });
            Ok(ours.collect())
        })
        .await
    }

    /// The expected set with the place in the trail of the last word on each number.
    async fn folded(&self, profile: &str, list: &ListId) -> Result<Option<Vec<(u64, Expected)>>, Error> {
        if self.baseline(profile, list).await?.is_none() {
            return Ok(None);
        }
        let words = self.words(profile, list).await?;
        self.blocking(move |_| Ok(Some(fold(words)))).await
    }

    /// Everything that was ever said of the numbers of a list.
    pub(super) async fn words(&self, profile: &str, list: &ListId) -> Result<Vec<Placed>, Error> {
        let (of, on) = (profile.to_owned(), list.clone());
        let (baseline, accepted) =
            self.read(move |c| Ok((find(c, &of, &on)?, accepted(c, &of, &on)?))).await?;
        self.blocking(move |folder| {
            let mut entries = Vec::new();
            if let Some((file, digest)) = baseline {
                Blocks::<Expected>::open(&folder.join("lists").join(file), &digest)?
                    .each(|entry| entries.push((0, Word::Stands(entry))))?;
            }
            for plan in accepted.chunk_by(|a, b| a.plan == b.plan) {
                of_plan(folder, plan, &mut entries)?;
            }
            Ok(entries)
        })
        .await
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

/// By plan, so that each plan file is read once; the order of settlement travels along.
fn accepted(connection: &Connection, profile: &str, list: &ListId) -> Result<Vec<Accepted>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT r.plan, p.digest, b.accepted, b.settled, p.destination, p.origin
         FROM batches b JOIN runs r ON r.id = b.run JOIN plans p ON p.id = r.plan
         WHERE r.profile = ?1 AND r.list = ?2 AND b.state = 'settled' AND length(b.accepted) > 0
         ORDER BY r.plan, b.settled",
    )?;
    let mut found = statement.query(params![profile, list.0])?;
    let mut accepted = Vec::new();
    while let Some(row) = found.next()? {
        let ranges: Vec<u8> = row.get(2)?;
        accepted.push(Accepted {
            plan: row.get(0)?,
            digest: row.get(1)?,
            destination: destination(&row.get::<_, String>(4)?)?,
            takes_back: matches!(origin(&row.get::<_, String>(5)?)?, Origin::Undo(_)),
            rows: rows(&ranges)?,
            order: count(row.get(3)?)?,
        });
    }
    Ok(accepted)
}

/// Adds what the accepted rows of one plan say. Two runs may have sent the same plan: the later settlement counts, and
/// both say the same.
fn of_plan(folder: &Path, batches: &[Accepted], entries: &mut Vec<Placed>) -> Result<(), Error> {
    let mut orders: Vec<(u32, u64)> =
        batches.iter().flat_map(|batch| batch.rows.iter().map(|row| (*row, batch.order))).collect();
    // The latest settlement of a row first, then only that one.
    orders.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    orders.dedup_by_key(|(row, _)| *row);
    let indices: Vec<u32> = orders.iter().map(|(row, _)| *row).collect();
    let (destination, takes_back) = (batches[0].destination, batches[0].takes_back);
    let rows = open(folder, &batches[0].plan, &batches[0].digest)?.pick(&indices)?;
    entries.extend(orders.iter().zip(rows).map(|((_, order), (_, row))| {
        let word = match row.op {
            Op::Remove => Word::Gone(row.identifier),
            _ => {
                let attributes = row.kept(destination);
                let entry = Expected { identifier: row.identifier, attributes };
                if takes_back { Word::Restored(entry) } else { Word::Stands(entry) }
            }
        };
        (*order, word)
    }));
    Ok(())
}

/// The last word on each number, sorted.
pub(super) fn last_words(mut entries: Vec<Placed>) -> Vec<Placed> {
    entries.sort_unstable_by(|(a, one), (b, other)| one.whom().cmp(other.whom()).then(b.cmp(a)));
    entries.dedup_by(|(_, later), (_, earlier)| later.whom() == earlier.whom());
    entries
}

/// What stands by the last word on each number.
fn fold(entries: Vec<Placed>) -> Vec<(u64, Expected)> {
    let standing = |(order, word)| match word {
        Word::Stands(entry) | Word::Restored(entry) => Some((order, entry)),
        Word::Gone(_) => None,
    };
    last_words(entries).into_iter().filter_map(standing).collect()
}

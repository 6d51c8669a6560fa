//! Plans: immutable files whose digest is what an approval is bound to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit::append;
use super::blocks::Blocks;
use super::codec::{count, from_micros, int, micros, put_bytes};
use super::error::{Error, damaged};
use super::plan_file::{PlanFile, PlanWriter, WrittenPlan};
use super::runs::only;
use super::sorter::Rows;
use super::{Ledger, NewEvent};
use crate::domain::list::ListId;
use crate::domain::plan::{Counts, Destination, Digest, MadeUnder, Operation, Origin, PlanRow, PlanSummary};

const COLUMNS: &str = "id, digest, profile, list, list_name, file, file_sha256, file_rows, adds, updates, removes, \
                       unchanged, duplicates, removed, rejected, shortened, made_at, made_by, destination, scrub, \
                       operation, origin, made_under, says";

impl Ledger {
    /// Begins the file of a plan, which is stored with [`Ledger::store_plan`]. What the summary says of id, digest, counts
    /// and time does not matter yet. For a thread that may be kept waiting.
    pub fn write_plan(&self, plan: &PlanSummary) -> Result<PlanWriter, Error> {
        PlanWriter::new(&self.shared.folder.join("plans"), plan.destination, header(plan))
    }

    /// Stores an immutable plan whose rows are written (fsync, rename, fsync of the folder). Storing the same plan again
    /// changes nothing; another plan under the same id, or counts that do not fit the rows, are an error. Times are kept to
    /// the microsecond.
    pub async fn store_plan(&self, plan: &PlanSummary, written: WrittenPlan) -> Result<(), Error> {
        let plan = plan.clone();
        let (id, wanted) = (plan.id.clone(), plan.digest.clone());
        self.read(move |connection| unless_other(connection, &id, &wanted).map(drop)).await?;
        let stored = plan.clone();
        self.blocking(move |folder| {
            written.check(&stored)?;
            let path = path(folder, &stored.id)?;
            // What a killed process left behind is written anew; the digest says what belongs there.
            match Blocks::<PlanRow>::open(&path, &stored.digest.0) {
                Ok(_) => Ok(()),
                Err(_) => written.name(&path),
            }
        })
        .await?;
        self.write(move |connection| insert(connection, &plan)).await
    }

    /// A plan by id, beginning of its id, or digest.
    pub async fn plan(&self, id: &str) -> Result<PlanSummary, Error> {
        let id = id.to_owned();
        self.read(move |connection| find(connection, &id)).await
    }

    /// The rows of a plan in order, read from disk as they are asked for; each block is verified before a row of it is told.
    pub async fn plan_rows(&self, plan: &PlanSummary) -> Result<Rows<PlanRow>, Error> {
        let (id, digest) = (plan.id.clone(), plan.digest.clone());
        self.blocking(move |folder| {
            Ok::<Rows<PlanRow>, Error>(Box::new(open(folder, &id, &digest.0)?.rows()))
        })
        .await
    }

    /// The file of a plan, to pick rows from.
    pub async fn plan_file(&self, plan: &PlanSummary) -> Result<PlanFile, Error> {
        let (id, digest) = (plan.id.clone(), plan.digest.clone());
        self.blocking(move |folder| Ok(PlanFile::new(open(folder, &id, &digest.0)?))).await
    }
}

/// A destination as it is stored.
pub(super) fn destination(word: &str) -> Result<Destination, Error> {
    Destination::from_name(word).ok_or_else(|| damaged("a plan goes to a destination that is none"))
}

/// An operation as it is stored.
pub(super) fn operation(word: &str) -> Result<Operation, Error> {
    Operation::from_name(word).ok_or_else(|| damaged("a plan does something that no plan can do"))
}

/// An origin as it is stored.
pub(super) fn origin(text: &str) -> Result<Origin, Error> {
    Origin::from_text(text).ok_or_else(|| damaged("nobody knows where the rows of a plan come from"))
}

/// Opens the file of a plan.
pub(super) fn open(folder: &Path, id: &str, digest: &str) -> Result<Blocks<PlanRow>, Error> {
    Blocks::open(&path(folder, id)?, digest)
}

/// A plan by its whole id.
pub(super) fn by_id(connection: &Connection, id: &str) -> Result<PlanSummary, Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM plans WHERE id = ?1"))?;
    let mut rows = statement.query(params![id])?;
    match rows.next()? {
        Some(row) => summary(row),
        None => Err(Error::NotFound { what: format!("no plan has the id “{}”", id.escape_debug()) }),
    }
}

fn find(connection: &Connection, wanted: &str) -> Result<PlanSummary, Error> {
    let exact: Option<String> = connection
        .prepare_cached(
            "SELECT id FROM plans WHERE id = ?1 OR digest = ?1 ORDER BY id = ?1 DESC, n DESC LIMIT 1",
        )?
        .query_row(params![wanted], |row| row.get(0))
        .optional()?;
    if let Some(id) = exact {
        return by_id(connection, &id);
    }
    let mut statement =
        connection.prepare_cached("SELECT id FROM plans WHERE substr(id, 1, ?2) = ?1 ORDER BY n DESC")?;
    let found = statement
        .query_map(params![wanted, wanted.chars().count() as i64], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    by_id(connection, &only("plan", wanted, found)?)
}

/// Whether exactly this plan is stored; another one under its id is an error.
fn unless_other(connection: &Connection, id: &str, digest: &Digest) -> Result<bool, Error> {
    match by_id(connection, id) {
        Ok(stored) if stored.digest == *digest => Ok(true),
        Ok(_) => Err(damaged(format!("plan {id} is there already with other rows"))),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn insert(connection: &Connection, plan: &PlanSummary) -> Result<(), Error> {
    if unless_other(connection, &plan.id, &plan.digest)? {
        return Ok(());
    }
    let counts = &plan.counts;
    connection
        .prepare_cached(&format!(
            "INSERT INTO plans ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                     ?21, ?22, ?23, ?24)"
        ))?
        .execute(params![
            plan.id,
            plan.digest.0,
            plan.profile,
            plan.list.0,
            plan.list_name,
            plan.file,
            plan.file_sha256,
            int(counts.rows),
            int(counts.add),
            int(counts.update),
            int(counts.remove),
            int(counts.unchanged),
            int(counts.duplicates),
            int(counts.removed),
            int(counts.rejected),
            int(counts.shortened),
            micros(plan.made_at),
            plan.made_by,
            plan.destination.as_str(),
            words_text(plan.scrub.iter().map(|list| &list.0))?,
            plan.operation.as_str(),
            plan.origin.to_text(),
            options_text(&plan.made_under)?,
            words_text(&plan.says)?,
        ])?;
    let event = NewEvent {
        at: plan.made_at,
        actor: plan.made_by.clone(),
        kind: "plan.made",
        object: format!("plan {}", plan.id),
        effect: format!(
            "{} operations on list {}, digest {}",
            counts.operations(),
            plan.list,
            plan.digest.short()
        ),
        reason: None,
    };
    append(connection, &event).map(drop)
}

/// Words as they are stored: a JSON array.
fn words_text<'a>(words: impl IntoIterator<Item = &'a String>) -> Result<String, Error> {
    let words: Vec<&String> = words.into_iter().collect();
    serde_json::to_string(&words).map_err(|_| damaged("the words of a plan cannot be written"))
}

/// The inverse of [`words_text`].
fn words(text: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(text).map_err(|_| damaged("the words of a plan do not read"))
}

/// What a plan was made under as it is stored: a JSON object.
fn options_text(under: &MadeUnder) -> Result<String, Error> {
    let options: BTreeMap<&String, &String> = under.iter().collect();
    serde_json::to_string(&options).map_err(|_| damaged("the options of a plan cannot be written"))
}

/// The inverse of [`options_text`].
fn options(text: &str) -> Result<MadeUnder, Error> {
    let options: BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_| damaged("the options of a plan do not read"))?;
    Ok(options.into_iter().collect())
}

/// What an approval covers beside the rows, so that a plan cannot be moved to another list or tenant.
fn header(plan: &PlanSummary) -> Vec<u8> {
    let mut header = Vec::new();
    for part in [&plan.profile, &plan.list.0, &plan.file_sha256] {
        put_bytes(&mut header, part.as_bytes());
    }
    // Plans from before there were others went to entries, and their digests still hold.
    if plan.destination != Destination::Entries {
        put_bytes(&mut header, plan.destination.as_str().as_bytes());
    }
    for list in &plan.scrub {
        put_bytes(&mut header, list.0.as_bytes());
    }
    // Every plan of old adds the numbers of a file.
    if (plan.operation, &plan.origin) != (Operation::Add, &Origin::File) {
        put_bytes(&mut header, b"\0operation");
        put_bytes(&mut header, plan.operation.as_str().as_bytes());
        put_bytes(&mut header, plan.origin.to_text().as_bytes());
    }
    // Nor do they say what they were made under.
    if !plan.made_under.is_empty() {
        put_bytes(&mut header, b"\0made-under");
        for (name, says) in plan.made_under.iter() {
            put_bytes(&mut header, name.as_bytes());
            put_bytes(&mut header, says.as_bytes());
        }
    }
    header
}

/// Ids become file names, so they hold nothing else than `p-3f9a12c4` does.
fn path(folder: &Path, id: &str) -> Result<PathBuf, Error> {
    let sound =
        !id.is_empty() && id.len() <= 80 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if sound {
        Ok(folder.join("plans").join(format!("{id}.plan")))
    } else {
        Err(Error::NotFound { what: format!("“{}” is not the id of a plan", id.escape_debug()) })
    }
}

fn summary(row: &Row<'_>) -> Result<PlanSummary, Error> {
    let number = |column: usize| count(row.get(column)?);
    Ok(PlanSummary {
        id: row.get(0)?,
        digest: Digest(row.get(1)?),
        profile: row.get(2)?,
        list: ListId(row.get(3)?),
        list_name: row.get(4)?,
        file: row.get(5)?,
        file_sha256: row.get(6)?,
        counts: Counts {
            rows: number(7)?,
            add: number(8)?,
            update: number(9)?,
            remove: number(10)?,
            unchanged: number(11)?,
            duplicates: number(12)?,
            removed: number(13)?,
            rejected: number(14)?,
            shortened: number(15)?,
        },
        made_at: from_micros(row.get(16)?)?,
        made_by: row.get(17)?,
        destination: destination(&row.get::<_, String>(18)?)?,
        scrub: words(&row.get::<_, String>(19)?)?.into_iter().map(ListId).collect(),
        operation: operation(&row.get::<_, String>(20)?)?,
        origin: origin(&row.get::<_, String>(21)?)?,
        made_under: options(&row.get::<_, String>(22)?)?,
        says: words(&row.get::<_, String>(23)?)?,
    })
}

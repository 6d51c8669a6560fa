//! What we did, on disk. SQLite (WAL, `synchronous=FULL`), one writer thread with group commit; plans and baselines are
//! compact sorted files beside it, named by their digest.
//!
//! ```text
//! data folder (0700; 2770 and 0660 where somebody has made it so for a group)
//!   ledger.db      runs, batches, exceptions, approvals, audit trail (0600)
//!   audit.log      mirror of the audit trail: a line for each event (0600)
//!   plans/ID.plan  immutable snapshots: what was approved is what is sent
//!   plans/ID.who   keyed pseudonyms of every row of their files
//!   lists/…        baselines: each list as it was before our first run
//!   locks/…        one per list, held by the process that works on it
//!
//!  caller ─▶ Ledger ─▶ writer: [savepoint … savepoint] commit ─▶ answers      (writer)
//!                  └─▶ reader: one moment of the ledger per question           (writer)
//!                  └─▶ plan and baseline files, on blocking threads            (blocks, rows)
//! ```
//!
//! The rule of the journal: intent on disk (fsync) → send → answer on disk (fsync) → settle rows and audit event in one
//! transaction. A write returns when it is durable.
//!
//! A row that was accepted is not stored by itself: each settled batch keeps the ranges of plan rows that it got
//! accepted, and only dead letters and rows without a verdict have a record of their own.
//!
//! [`Ledger`] is a struct, not a trait: there is one kind of ledger, and a trait with one implementation would only fix
//! guesses about the second. What makes a second possible is kept instead: no SQL, path or SQLite type leaves this
//! module, every method is one transaction, and the schema uses only BIGINT, TEXT and BLOB. A shared ledger of a team
//! (PostgreSQL) turns these method signatures into the trait.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

mod approvals;
mod archive;
mod audit;
mod backup;
mod batches;
mod bind;
mod blocks;
mod codec;
mod contacts;
mod dead_letters;
mod doubts;
mod error;
mod evidence;
mod expected;
mod fates;
mod folder;
mod history;
mod lists;
mod lock;
mod metrics;
mod outbox;
mod plan_file;
mod plans;
mod pseudonyms;
mod recount;
mod restore;
mod rows;
mod runs;
mod schema;
mod settle;
mod sizes;
mod sorter;
mod trail;
mod types;
mod wishes;
mod words;
mod writer;

pub use approvals::Holds;
pub use archive::Summary;
pub use backup::Backup;
pub use error::Error;
pub use fates::{Done, Since};
pub use folder::is_shared;
pub use history::{HeldRow, History, Outcome};
pub use lock::{READING, may_work_on};
pub use outbox::Message;
pub use plan_file::{PlanFile, PlanWriter, WrittenPlan};
pub use pseudonyms::{OtherRow, Whom};
pub use restore::{RestoreWish, Restored};
pub use sorter::{Rows, Sortable, Sorted, Sorter};
pub use trail::{THROUGH, TrailKeys, keys_path, read_keys_file};
pub use types::{
    Approval, ApprovalStanding, Batch, DeadLetter, ListFacts, NewEvent, NewRun, Replacement, Settlement,
    WaitingPlan,
};
pub use wishes::OpenWish;
pub use words::Generation;

use trail::Mirror;
use writer::Worker;

/// Held while a process works on a list; dropping it lets go.
#[derive(Debug)]
pub struct ListLock {
    file: File,
    key: String,
}

/// The ledger. Cheap to clone; clones share the writer.
#[derive(Clone, Debug)]
pub struct Ledger {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    is_read_only: bool,
    // Ends before the writer, which as the last one out folds the WAL into the database.
    reader: Worker,
    writer: Worker,
    // Goes last: nobody restores a backup while the database is open.
    _in_use: Option<File>,
}

impl Ledger {
    /// Opens or creates the ledger in `folder`, migrates, checks it. Runs left `Uploading`, `CoolingDown`, `Reconciling`
    /// whose lock nobody holds are not touched here: see [`Ledger::mark_interrupted`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        folder::prepare(folder)?;
        let in_use = Some(folder::in_use(folder)?);
        let connections = schema::open(folder)?;
        let mut mirror = Mirror::new(folder);
        // A mirror that cannot be completed now is by the next commit; whoever looks at the trail sees what is off.
        let _ = mirror.catch_up(&connections.0);
        Self::over(folder, connections, mirror, in_use, false)
    }

    /// The same for questions only: a ledger that cannot be written is read as it is, and nothing of it is touched.
    pub fn open_to_read(folder: &Path) -> Result<Self, Error> {
        match Self::open(folder) {
            Err(why @ Error::Unwritable { .. }) if folder.join("ledger.db").exists() => {
                let in_use = folder::in_use_to_read(folder);
                let connections = schema::open_to_read(folder).map_err(|error| match error {
                    Error::Unwritable { .. } => why,
                    other => other,
                })?;
                Self::over(folder, connections, Mirror::new(folder), in_use, true)
            }
            opened => opened,
        }
    }

    fn over(
        folder: &Path,
        (writer, reader): (Connection, Connection),
        mirror: Mirror,
        in_use: Option<File>,
        is_read_only: bool,
    ) -> Result<Self, Error> {
        let (writer, reader) = (Worker::writer(writer, mirror)?, Worker::reader(reader)?);
        let folder = folder.to_owned();
        Ok(Self { shared: Arc::new(Shared { folder, is_read_only, reader, writer, _in_use: in_use }) })
    }

    /// Whether it can only be read: every write is an error.
    pub fn is_read_only(&self) -> bool {
        self.shared.is_read_only
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Runs a command of the writer: its effects are on disk when this returns.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.writer.run(work).await
    }

    /// Asks the database; sees everything that was committed before.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.shared.reader.run(work).await
    }

    /// Sorts rows of which there may be any number; what does not fit into memory is put away beside the plans.
    pub fn sorter<R: Sortable>(&self) -> Sorter<R> {
        Sorter::new(&self.shared.folder.join("plans"))
    }

    /// Reads or writes plan and baseline files where nobody waits for it.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let folder = self.shared.folder.clone();
        tokio::task::spawn_blocking(move || work(&folder)).await.map_err(|_| Error::Unwritable {
            detail: "work on the files of the ledger was cut short".into(),
        })?
    }
}

#[cfg(test)]
mod tests;

//! The file of a plan: written row by row, and read a few rows at a time. Ten million rows are never in memory.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::blocks::{BLOCK, Blocks, Writer, Written};
use super::error::{Error, damaged};
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Counts, Destination, Digest, Op, PlanRow, PlanSummary};

/// Decoded blocks that are kept: those of the batches in flight.
const KEPT: usize = 8;

/// A plan whose rows are being written. They come sorted by number, each number once. Blocking.
pub struct PlanWriter {
    writer: Writer<PlanRow>,
    to: Destination,
    counts: Counts,
    last: Option<Identifier>,
}

/// The rows of a plan that has no name yet: dropped, they are gone.
pub struct WrittenPlan {
    rows: Written,
    counts: Counts,
}

impl PlanWriter {
    pub(super) fn new(folder: &Path, to: Destination, header: Vec<u8>) -> Result<Self, Error> {
        Ok(Self { writer: Writer::new(folder, header)?, to, counts: Counts::default(), last: None })
    }

    /// Writes a row. One that is out of order, an address where only numbers go, and a removal that names no record are
    /// errors.
    pub fn push(&mut self, row: PlanRow) -> Result<(), Error> {
        if self.last.as_ref().is_some_and(|last| *last >= row.identifier) {
            return Err(damaged("the rows of a plan are not sorted by number"));
        }
        if self.to != Destination::Suppression && row.identifier.phone().is_none() {
            return Err(damaged("a plan has addresses for a list of numbers"));
        }
        if row.op == Op::Remove && (row.replaces.is_empty() || row.before.is_none()) {
            return Err(damaged("a removal of a plan names no record"));
        }
        *match row.op {
            Op::Add => &mut self.counts.add,
            Op::Update => &mut self.counts.update,
            Op::Unchanged => &mut self.counts.unchanged,
            Op::Remove => &mut self.counts.remove,
            Op::Removed => &mut self.counts.removed,
        } += 1;
        self.last = Some(row.identifier.clone());
        self.writer.push(row)
    }

    /// Ends the file.
    pub fn finish(self) -> Result<WrittenPlan, Error> {
        Ok(WrittenPlan { rows: self.writer.finish()?, counts: self.counts })
    }
}

impl WrittenPlan {
    /// What the plan does, row by row; the rows of its file that are in none of them are not counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Its digest: over everything that an approval covers.
    pub fn digest(&self) -> Digest {
        Digest(self.rows.digest.clone())
    }

    /// The counts that the approval will speak of are those of the rows, and the digest is theirs.
    pub(super) fn check(&self, plan: &PlanSummary) -> Result<(), Error> {
        if plan.digest != self.digest() {
            return Err(damaged(format!("plan {} is not what its digest says", plan.id)));
        }
        let (said, have) = (&plan.counts, &self.counts);
        let conserved =
            said.rows == said.operations() + said.unchanged + said.duplicates + said.removed + said.rejected;
        let fit = (said.add, said.update, said.unchanged, said.remove, said.removed)
            == (have.add, have.update, have.unchanged, have.remove, have.removed);
        if said.remove > 0 && !plan.destination.can_take_off() {
            return Err(damaged(format!("plan {} takes numbers off a list that lets none go", plan.id)));
        }
        if conserved && fit {
            return Ok(());
        }
        Err(damaged(format!("the counts of plan {} do not fit its rows", plan.id)))
    }

    pub(super) fn name(self, path: &Path) -> Result<(), Error> {
        self.rows.name(path)
    }
}

/// A stored plan, to pick rows from. Cheap to clone; clones share what they have read.
#[derive(Clone)]
pub struct PlanFile {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    blocks: Blocks<PlanRow>,
    /// The blocks that were wanted last, the newest in front.
    kept: VecDeque<(usize, Arc<Vec<PlanRow>>)>,
}

impl PlanFile {
    pub(super) fn new(blocks: Blocks<PlanRow>) -> Self {
        Self { shared: Arc::new(Mutex::new(Shared { blocks, kept: VecDeque::new() })) }
    }

    /// Rows with these indices, in their order. Sorted indices read each block once.
    ///
    /// # Errors
    /// A row that is not there, and a block that is not what was written, are damage.
    pub async fn pick(&self, indices: &[u32]) -> Result<Vec<PlanRow>, Error> {
        let (file, indices) = (self.clone(), indices.to_vec());
        let picked = tokio::task::spawn_blocking(move || file.rows_of(indices.into_iter()).collect());
        picked.await.map_err(|_| Error::Unwritable { detail: "reading a plan was cut short".into() })?
    }

    /// The same, one at a time. Blocking.
    pub fn rows_of<'a>(
        &'a self,
        indices: impl Iterator<Item = u32> + 'a,
    ) -> impl Iterator<Item = Result<PlanRow, Error>> + 'a {
        let mut here: Option<(usize, Arc<Vec<PlanRow>>)> = None;
        indices.map(move |index| {
            let (block, within) = (index as usize / BLOCK, index as usize % BLOCK);
            if here.as_ref().is_none_or(|(at, _)| *at != block) {
                here = Some((block, self.block(block)?));
            }
            let row = here.as_ref().and_then(|(_, rows)| rows.get(within));
            row.cloned().ok_or_else(|| damaged("a plan has fewer rows than the ledger speaks of"))
        })
    }

    fn block(&self, block: usize) -> Result<Arc<Vec<PlanRow>>, Error> {
        let mut shared = self.shared.lock().map_err(|_| damaged("the file of a plan was given up"))?;
        if let Some((_, rows)) = shared.kept.iter().find(|(at, _)| *at == block) {
            return Ok(rows.clone());
        }
        let rows = Arc::new(shared.blocks.nth(block)?);
        shared.kept.push_front((block, rows.clone()));
        shared.kept.truncate(KEPT);
        Ok(rows)
    }
}

impl std::fmt::Debug for PlanFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlanFile")
    }
}

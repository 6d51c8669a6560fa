//! From rows to a stored plan: whatever they come from, it is counted, told and kept in one way.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Planned;
use super::effect::said;
use crate::domain::diff::ExpectedAttributes;
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId};
use crate::domain::plan::{
    Counts, Destination, Digest, Op, Operation, Origin, PlanRow, PlanSummary, REMOVED,
};
use crate::ledger::{PlanWriter, WrittenPlan};
use crate::ops::check::CheckedFile;
use crate::ops::{Ops, OpsError, off_thread};

/// The name under which a plan keeps what stood on the list. A launch does not compare it: it plans every row once more.
const RECORDS: &str = "records";
/// What it says where nobody can read the list.
pub(in crate::ops) const UNREAD: &str = "nobody can read the list";

/// What a plan is, before there is a row of it.
pub(in crate::ops) struct Draft {
    pub to: Destination,
    pub operation: Operation,
    pub origin: Origin,
    pub list: DncList,
    /// Path and SHA-256 of the file behind it.
    pub file: (String, String),
    /// Rows of the file that are in no plan row.
    pub duplicates: u64,
    pub rejected: u64,
    pub scrub: Vec<ListId>,
    /// What stood on the list then ([`Records::named`]).
    pub records: String,
    pub checked: Option<CheckedFile>,
}

/// The rows of a plan, on disk, and what there is to know of them.
pub(in crate::ops) struct PlannedRows {
    written: WrittenPlan,
    /// Whom they take off the list, sorted.
    comes_off: Vec<Identifier>,
    /// Removed rows by why.
    pub(in crate::ops) removed: BTreeMap<String, u64>,
    /// Rows that no row of the file names.
    beside: u64,
}

impl PlannedRows {
    /// How many rows of each kind: those of the file that are in no plan row not among them.
    pub(in crate::ops) fn counts(&self) -> Counts {
        self.written.counts()
    }

    /// Writes the rows that `fill` gives. Blocking.
    pub(in crate::ops) fn write<T>(
        mut writer: PlanWriter,
        fill: impl FnOnce(&mut dyn FnMut(PlanRow) -> Result<(), OpsError>) -> Result<T, OpsError>,
    ) -> Result<(Self, T), OpsError> {
        let (mut comes_off, mut removed, mut beside) = (Vec::new(), BTreeMap::new(), 0);
        let filled = fill(&mut |row| {
            match row.op {
                Op::Remove => comes_off.push(row.identifier.clone()),
                Op::Removed => {
                    let why = row.extra.get(REMOVED).map(|why| why.to_string()).unwrap_or_default();
                    *removed.entry(why).or_default() += 1;
                }
                Op::Add | Op::Update | Op::Unchanged => {}
            }
            beside += u64::from(row.row == 0);
            Ok(writer.push(row)?)
        })?;
        Ok((Self { written: writer.finish()?, comes_off, removed, beside }, filled))
    }
}

impl Ops {
    /// The plan as far as it is known without its rows.
    fn head(&self, draft: &Draft) -> PlanSummary {
        PlanSummary {
            id: String::new(),
            digest: Digest(String::new()),
            profile: self.profile().name.clone(),
            destination: draft.to,
            operation: draft.operation,
            origin: draft.origin.clone(),
            list: draft.list.id.clone(),
            list_name: draft.list.name.clone(),
            file: draft.file.0.clone(),
            file_sha256: draft.file.1.clone(),
            scrub: draft.scrub.clone(),
            made_under: self
                .made_under(draft.to, draft.operation, draft.checked.as_ref())
                .with(RECORDS, &*draft.records),
            counts: Counts::default(),
            says: Vec::new(),
            made_at: Timestamp::now(),
            made_by: self.actor.to_string(),
        }
    }

    /// Begins the rows of a plan.
    pub(in crate::ops) async fn begin_rows(&self, draft: &Draft) -> Result<PlanWriter, OpsError> {
        let (ledger, head) = (self.ledger.clone(), self.head(draft));
        off_thread(move || Ok(ledger.write_plan(&head)?)).await?
    }

    /// Stores the plan and says what it does, and whatever else there is to say.
    pub(in crate::ops) async fn store_draft(
        &self,
        draft: Draft,
        rows: PlannedRows,
        shortened: u64,
        clauses: Vec<String>,
    ) -> Result<Planned, OpsError> {
        let (duplicates, rejected) = (draft.duplicates, draft.rejected);
        let mut counts = Counts { duplicates, rejected, shortened, ..rows.counts() };
        counts.rows = counts.operations() + counts.unchanged + duplicates + counts.removed + rejected;
        if let Some(file) = &draft.checked {
            // What no row of the file names is taken off beside it.
            if counts.rows != file.checked.rows + rows.beside {
                return Err(OpsError::Internal("the rows of the plan are not those of its file".into()));
            }
        }
        let to = draft.to;
        let rules = if to.is_dnc_list() { self.client.rules().await? } else { Vec::new() };
        let digest = rows.written.digest();
        let id = format!("p-{}", digest.0.get(..8).unwrap_or_default());
        let summary = PlanSummary { id, digest, counts, says: clauses, ..self.head(&draft) };
        let Draft { list, checked, .. } = draft;
        let PlannedRows { written, comes_off, removed, .. } = rows;
        if !removed.is_empty() {
            let effect = format!("{}: removed before upload", said(&removed));
            self.note("plan.scrubbed", &list.id, effect, None).await?;
        }
        self.ledger.store_plan(&summary, written).await?;
        // The same plan was perhaps made before, by somebody else: whoever stored it first is its maker.
        let stored = self.ledger.plan(&summary.id).await?;
        let approval = self.ledger.approval(&stored.digest).await?;
        Ok(Planned { file: checked, comes_off, approval, ..self.told(stored, list, &rules) })
    }
}

/// The strongest of these records: the one for ever, else the one that ends last; spelled in E.164 before others.
pub(in crate::ops) fn strongest<'a>(
    records: impl IntoIterator<Item = &'a RemoteEntry>,
) -> Option<ExpectedAttributes> {
    let best = records
        .into_iter()
        .max_by_key(|record| (record.is_canonical(), record.expires.is_none(), record.expires))?;
    Some(ExpectedAttributes::from(best))
}

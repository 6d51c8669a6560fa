//! From rows to a stored plan: whatever they come from, it is counted, told and kept in one way.

use jiff::Timestamp;

use super::Planned;
use super::effect::{removed_by_reason, said};
use crate::domain::diff::ExpectedAttributes;
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::list::{DncList, ListId};
use crate::domain::plan::{Counts, Destination, Digest, Op, Operation, Origin, PlanRow, PlanSummary};
use crate::ledger::Ledger;
use crate::ops::check::CheckedFile;
use crate::ops::{Ops, OpsError};

/// What a plan is made of.
pub(in crate::ops) struct Draft {
    pub to: Destination,
    pub operation: Operation,
    pub origin: Origin,
    pub list: DncList,
    /// Path and SHA-256 of the file behind it.
    pub file: (String, String),
    pub rows: Vec<PlanRow>,
    /// Rows of the file that are in no plan row.
    pub duplicates: u64,
    pub rejected: u64,
    /// Updates that bring an expiry forward.
    pub shortened: u64,
    pub scrub: Vec<ListId>,
    /// What else there is to say.
    pub clauses: Vec<String>,
    pub checked: Option<CheckedFile>,
}

impl Draft {
    fn counts(&self) -> Counts {
        let of = |op: Op| self.rows.iter().filter(|row| row.op == op).count() as u64;
        let counts = Counts {
            rows: 0,
            add: of(Op::Add),
            update: of(Op::Update),
            remove: of(Op::Remove),
            unchanged: of(Op::Unchanged),
            duplicates: self.duplicates,
            removed: of(Op::Removed),
            rejected: self.rejected,
            shortened: self.shortened,
        };
        let rows =
            counts.operations() + counts.unchanged + counts.duplicates + counts.removed + counts.rejected;
        Counts { rows, ..counts }
    }
}

impl Ops {
    /// Stores the plan and says what it does.
    pub(in crate::ops) async fn store_draft(&self, draft: Draft) -> Result<Planned, OpsError> {
        let counts = draft.counts();
        if let Some(file) = &draft.checked {
            // What no row of the file names is taken off beside it.
            let beside = draft.rows.iter().filter(|row| row.row == 0).count() as u64;
            if counts.rows != file.checked.rows + beside {
                return Err(OpsError::Internal("the rows of the plan are not those of its file".into()));
            }
        }
        let Draft { to, operation, origin, list, file, rows, scrub, clauses, checked, .. } = draft;
        let rules = if to.is_dnc_list() { self.client.rules().await? } else { Vec::new() };
        let mut summary = PlanSummary {
            id: String::new(),
            digest: Digest(String::new()),
            profile: self.profile().name.clone(),
            destination: to,
            operation,
            origin,
            list: list.id.clone(),
            list_name: list.name.clone(),
            file: file.0,
            file_sha256: file.1,
            scrub,
            made_under: self.made_under(to, operation, checked.as_ref()),
            counts,
            made_at: Timestamp::now(),
            made_by: self.actor.to_string(),
        };
        summary.digest = Ledger::digest(&summary, &rows);
        summary.id = format!("p-{}", summary.digest.0.get(..8).unwrap_or_default());
        let removed = removed_by_reason(&rows);
        if !removed.is_empty() {
            let effect = format!("{}: removed before upload", said(&removed));
            self.note("plan.scrubbed", &list.id, effect, None).await?;
        }
        let comes_off = come_off(&rows);
        self.ledger.store_plan(&summary, rows).await?;
        // The same plan was perhaps made before, by somebody else: whoever stored it first is its maker.
        let stored = self.ledger.plan(&summary.id).await?;
        let approval = self.ledger.approval(&stored.digest).await?;
        Ok(Planned { file: checked, comes_off, approval, ..self.told(stored, list, &rules, clauses) })
    }
}

/// Whom the plan takes off the list.
fn come_off(rows: &[PlanRow]) -> Vec<Identifier> {
    rows.iter().filter(|row| row.op == Op::Remove).map(|row| row.identifier.clone()).collect()
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

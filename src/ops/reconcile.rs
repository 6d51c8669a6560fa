//! Reconcile: read the list back and compare it with what it should be.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::target::read_target;
use super::walk::Proof;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::diff::{Diff, DiffKind, compare};
use crate::domain::list::{DncList, ListId};
use crate::domain::plan::Destination;
use crate::domain::progress::Phase;
use crate::ledger::READING;

/// The result.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// Which list.
    pub list: DncList,
    /// This was the first one and recorded the baseline.
    pub baseline: bool,
    /// The differences.
    pub diff: Diff,
    /// When it ended.
    pub at: Timestamp,
}

impl Ops {
    /// Streams the list and compares. Trouble with the tenant is an error; the last good state stays in the ledger.
    pub async fn reconcile(
        &self,
        to: Destination,
        list: &str,
        run: Option<&str>,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Reconciliation, OpsError> {
        let list = self.find_target(to, list).await?;
        let run = match run {
            Some(id) => Some(self.ledger.run(id).await?.id),
            None => None,
        };
        // While a run writes to the list, neither side stands still.
        let _lock = self.lock(&list.id, READING, &*sink, stop).await?;
        self.compare_with_expected(to, &list, run.as_deref(), &sink, stop).await
    }

    /// The newest reconciliation of a list that the ledger keeps: when, and what it found.
    pub async fn last_reconciliation(&self, list: &ListId) -> Result<Option<(Timestamp, Diff)>, OpsError> {
        Ok(self.ledger.last_reconciliation(&self.profile().name, list).await?)
    }

    pub(super) async fn compare_with_expected(
        &self,
        to: Destination,
        list: &DncList,
        run: Option<&str>,
        sink: &Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Reconciliation, OpsError> {
        let profile = &self.profile().name;
        let is_known = self.ledger.has_baseline(profile, &list.id).await?;
        let guess = match is_known {
            true => Some(self.ledger.expected_at_most(profile, &list.id).await?),
            false => list.entry_count,
        };
        let client = (&self.client, &self.ledger);
        let told = (guess, Phase::Reconcile);
        let there = read_target(client, to, &list.id, Proof::Once, told, &**sink, stop).await?;
        let baseline = if is_known { false } else { self.record_baseline(list, &there).await? };
        let at = Timestamp::now();
        let expected = self.ledger.expected(profile, &list.id).await?;
        let expected = expected.unwrap_or_else(|| Box::new(std::iter::empty()));
        let diff = off_thread(move || compare(expected, there.rows(), at)).await??;
        self.ledger.store_reconciliation(profile, &list.id, run, &diff, at, &self.actor).await?;
        self.begin_generations(list, &diff).await?;
        Ok(Reconciliation { list: list.clone(), baseline, diff, at })
    }

    /// A number that we put there and that is gone needs a new key when it is sent again: the tenant may still remember
    /// the old one and take the repair for a repeat.
    async fn begin_generations(&self, list: &DncList, diff: &Diff) -> Result<(), OpsError> {
        let missing: Vec<_> = diff
            .differences
            .iter()
            .filter(|difference| difference.kind == DiffKind::Missing)
            .filter_map(|difference| difference.identifier.as_ref()?.phone())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Ok(self.ledger.raise_generation(&self.profile().name, &list.id, missing).await?)
    }
}

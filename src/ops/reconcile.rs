//! Reconcile: read the list back and compare it with what it should be.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::target::read_target;
use super::walk::Proof;
use super::{Ops, OpsError, Sink, off_thread};
use crate::domain::diff::{Diff, DiffKind, Expected, ExpectedAttributes, compare};
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
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
        let before = self.ledger.expected(profile, &list.id).await?;
        let guess = before.as_ref().map(|set| set.len() as u64).or(list.entry_count);
        let told = (guess, Phase::Reconcile);
        let remote = read_target(&self.client, to, &list.id, Proof::Once, told, &**sink, stop).await?;
        let baseline = match before {
            Some(_) => false,
            None => self.record_baseline(list, &remote).await?,
        };
        let at = Timestamp::now();
        let mut expected = self.ledger.expected(profile, &list.id).await?.unwrap_or_default();
        drop_purged(&mut expected, &remote, at);
        let remote = without_expired(&expected, remote, at);
        let diff = off_thread(move || compare(&expected, remote)).await?;
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

/// A number of which nothing is expected but that it stands there (an item) is not suppressed by an entry that has expired.
fn without_expired(expected: &[Expected], mut remote: Vec<RemoteEntry>, now: Timestamp) -> Vec<RemoteEntry> {
    let is_bare = |identifier: &Identifier| {
        let found = expected.binary_search_by(|entry| entry.identifier.cmp(identifier)).ok();
        found
            .and_then(|at| expected.get(at))
            .is_some_and(|entry| entry.attributes == ExpectedAttributes::default())
    };
    remote.retain(|entry| entry.is_live(now) || !entry.identifier.as_ref().is_some_and(is_bare));
    remote
}

/// An entry whose time is over may be cleared away by the tenant at any moment: it is not missing then.
fn drop_purged(expected: &mut Vec<Expected>, remote: &[RemoteEntry], now: Timestamp) {
    let is_over = |entry: &Expected| entry.attributes.expires.is_some_and(|at| at <= now);
    if !expected.iter().any(is_over) {
        return;
    }
    let there: HashSet<&Identifier> = remote.iter().filter_map(|entry| entry.identifier.as_ref()).collect();
    expected.retain(|entry| !is_over(entry) || there.contains(&entry.identifier));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::ExpectedAttributes;
    use crate::domain::phone::E164;

    #[test]
    fn only_an_expired_entry_may_go_by_itself() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let entry = |digits: u64, expires: Option<&str>| Expected {
            identifier: E164::from_digits(digits).unwrap().into(),
            attributes: ExpectedAttributes {
                jurisdiction: None,
                expires: expires.map(|at| at.parse().unwrap()),
                source: None,
            },
        };
        let over = Some("2026-11-19T23:59:59Z");
        let still = RemoteEntry {
            id: "e".into(),
            list: ListId("L".into()),
            raw: "+12025550103".into(),
            identifier: E164::from_digits(12_025_550_103).map(Identifier::from),
            jurisdiction: None,
            expires: over.map(|at| at.parse().unwrap()),
            source: None,
            key: None,
        };
        let mut expected = vec![
            entry(12_025_550_101, None),
            entry(12_025_550_102, over),
            entry(12_025_550_103, over),
            entry(12_025_550_104, Some("2027-01-01T00:00:00Z")),
        ];
        drop_purged(&mut expected, &[still], now);
        let left: Vec<u64> =
            expected.iter().map(|entry| entry.identifier.phone().unwrap().digits() % 1_000).collect();
        assert_eq!(left, [101, 103, 104]);
    }
}

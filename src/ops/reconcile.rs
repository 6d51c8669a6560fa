//! Reconcile: read the list back and compare it with what it should be.

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Ops, OpsError, Sink};
use crate::domain::diff::Diff;
use crate::domain::list::DncList;

/// The result.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// Which list.
    pub list: DncList,
    /// This was the first one and recorded the baseline; a diff against itself is clean.
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
        list: &str,
        run: Option<&str>,
        sink: Arc<dyn Sink>,
        stop: &CancellationToken,
    ) -> Result<Reconciliation, OpsError> {
        let _ = (list, run, sink, stop);
        todo!()
    }
}

//! What the ledger keeps of a run beside its summary: what its calls took, and who was told of it.

use super::{Ops, OpsError};
use crate::domain::delivery::Deliveries;
use crate::domain::metrics::{Metrics, per_second};
use crate::domain::run::RunSummary;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Its calls.
    pub metrics: Metrics,
    /// Its messages.
    pub deliveries: Deliveries,
}

impl Measured {
    /// Rows with a verdict of the tenant, in a second of working time; `None` before there was any.
    pub fn rows_per_second(run: &RunSummary) -> Option<f64> {
        per_second(run.buckets.accepted + run.buckets.dead_letters, run.seconds)
    }

    /// Calls in a second of working time; `None` before there was any.
    pub fn calls_per_second(&self, run: &RunSummary) -> Option<f64> {
        per_second(self.metrics.calls(), run.seconds)
    }
}

impl Ops {
    /// What was measured of a run so far; the run by id or by the beginning of its id.
    pub async fn measured(&self, run: &str) -> Result<Measured, OpsError> {
        let metrics = self.ledger.metrics(run).await?;
        Ok(Measured { metrics, deliveries: self.ledger.deliveries(run).await? })
    }
}

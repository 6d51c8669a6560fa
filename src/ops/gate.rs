//! Gate: may the campaign start?

use super::{Ops, OpsError};
use crate::domain::list::DncList;
use crate::domain::readiness::Readiness;

impl Ops {
    /// The readiness of one list now.
    pub async fn gate(&self, list: &str) -> Result<(DncList, Readiness), OpsError> {
        let _ = list;
        todo!()
    }
}

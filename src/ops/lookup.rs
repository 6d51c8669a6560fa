//! Look-up: may this number be called, and why.

use super::{Ops, OpsError};
use crate::domain::phone::{E164, NotANumber, Phone};
use crate::domain::rule::Channel;
use crate::domain::verdict::{Answer, LedgerEvidence};

/// Which sources a look-up asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupSources {
    /// The ledger and everything local only.
    Offline,
    /// The tenant too.
    Tenant,
}

impl Ops {
    /// Reads a number as the profile does: for as-you-type, so it makes no call.
    pub fn read_number(&self, input: &str) -> Result<Phone, NotANumber> {
        let _ = (input, Channel::ALL);
        todo!()
    }

    /// What the ledger knows of a number.
    pub async fn known_locally(&self, number: E164) -> Result<Vec<LedgerEvidence>, OpsError> {
        let _ = number;
        todo!()
    }

    /// One answer per input, in order. A tenant that cannot be asked is evidence (`Asked::Failed`), not an error.
    pub async fn lookup(&self, inputs: &[String], sources: LookupSources) -> Result<Vec<Answer>, OpsError> {
        let _ = (inputs, sources);
        todo!()
    }
}

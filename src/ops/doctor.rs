//! Doctor: what works, what does not, what to do.

use crate::config::{Config, Profile};

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Works.
    Fine,
    /// Works, but.
    Attention,
    /// Does not work.
    Broken,
    /// Could not be looked at, because something before it is broken.
    NotChecked,
}

/// One line of the doctor.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `config`, `keyring`, `ledger`, `clock`, `token`, `endpoints`, `limits`, …
    pub subject: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was seen.
    pub seen: String,
    /// What to do, where something is to be done.
    pub advice: Option<String>,
}

/// Looks at everything; never fails as a whole.
pub async fn doctor(config: &Config, profile: Option<&Profile>) -> Vec<Finding> {
    let _ = (config, profile);
    todo!()
}

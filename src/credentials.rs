//! The client secret: OS keyring or environment. Never a file, never an argument, never a log line.

use crate::api::Credentials;
use crate::config::Profile;

/// Why there are no credentials. Exit code 4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialError {
    /// Stable code: `no-credentials`, `no-keyring`, `keyring-locked`, `origin-changed`.
    pub code: &'static str,
    /// What, where, why.
    pub message: String,
    /// What next.
    pub advice: String,
}

/// The credentials of a profile. Blocking (a keyring may ask to be unlocked): run it on a blocking thread.
pub fn load(profile: &Profile) -> Result<Credentials, CredentialError> {
    let _ = profile;
    todo!()
}

/// Stores them in the keyring, bound to the profile's origins.
pub fn store(profile: &Profile, credentials: &Credentials) -> Result<(), CredentialError> {
    let _ = (profile, credentials);
    todo!()
}

/// Removes them. `Ok(false)` = there were none.
pub fn remove(profile: &Profile) -> Result<bool, CredentialError> {
    let _ = profile;
    todo!()
}

/// Whether the OS keyring can be used: `Ok` with its name, or a sentence with the way out. For `doctor`.
pub fn probe_keyring() -> Result<String, CredentialError> {
    todo!()
}

//! Putting a tenant together: credentials in and out of the keyring, the first connection, the ledger.
//!
//! What waits for a keyring or a disk runs on a blocking thread: nothing here holds up the screen.

use crate::api::Credentials;
use crate::config::{Config, ConfigError, Profile};
use crate::credentials::{self, CredentialError};
use crate::ledger::Ledger;
use crate::ops::{Ops, OpsError};

/// Stores the credentials in the keyring.
pub async fn store_credentials(profile: &Profile, credentials: &Credentials) -> Result<(), OpsError> {
    let (profile, credentials) = (profile.clone(), credentials.clone());
    blocking(move || credentials::store(&profile, &credentials)).await
}

/// The credentials of a profile, from where it keeps them.
pub async fn load_credentials(profile: &Profile) -> Result<Credentials, OpsError> {
    let profile = profile.clone();
    blocking(move || credentials::load(&profile)).await
}

/// Removes the credentials of a profile from the keyring. `Ok(false)` = there were none.
pub async fn remove_credentials(profile: &Profile) -> Result<bool, OpsError> {
    let profile = profile.clone();
    blocking(move || credentials::remove(&profile)).await
}

/// Asks the tenant for a token and for `users/me`.
pub async fn test_connection(profile: &Profile, credentials: &Credentials) -> Result<(), OpsError> {
    let client = crate::api::Client::new(
        profile.endpoints.clone(),
        profile.limits.clone(),
        crate::api::Deadlines::default(),
        credentials.clone(),
        super::normaliser(profile),
    )?;
    Ok(client.me().await?)
}

/// A profile with its credentials and the ledger of the data folder, ready to work. The tenant is not called.
pub async fn connect(config: &Config, profile: Profile, read_only: bool) -> Result<Ops, OpsError> {
    let credentials = load_credentials(&profile).await?;
    let ledger = open_ledger(config.data_dir()).await?;
    Ops::new(profile, credentials, ledger, read_only)
}

/// Opens the ledger in a folder, and makes both where there is none.
pub async fn open_ledger(folder: &std::path::Path) -> Result<Ledger, OpsError> {
    let folder = folder.to_path_buf();
    let opened = tokio::task::spawn_blocking(move || Ledger::open(&folder)).await;
    match opened {
        Ok(ledger) => Ok(ledger?),
        Err(e) => Err(OpsError::Ledger(crate::ledger::Error::Unwritable { detail: e.to_string() })),
    }
}

async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, CredentialError> + Send + 'static,
) -> Result<T, OpsError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(OpsError::Config(ConfigError {
            code: "no-keyring",
            message: "the keyring could not be asked: its thread ended early".into(),
            advice: "Try again; if it stays so, set credentials = \"env\" in the profile.".into(),
        })),
    }
}

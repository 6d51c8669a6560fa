//! Putting a tenant together: credentials in and out of the keyring, the first connection, the ledger.
//!
//! What waits for a keyring or a disk runs on a blocking thread: nothing here holds up the screen.

use std::path::Path;

use secrecy::SecretString;

use crate::api::Credentials;
use crate::config::{Config, Profile};
use crate::credentials;
use crate::ledger::Ledger;
use crate::ops::{FoundSecret, Ops, OpsError, off_thread};

/// Stores the credentials in the keyring.
pub async fn store_credentials(profile: &Profile, credentials: &Credentials) -> Result<(), OpsError> {
    let (profile, credentials) = (profile.clone(), credentials.clone());
    Ok(off_thread(move || credentials::store(&profile, &credentials)).await??)
}

/// The credentials of a profile, from where it keeps them.
pub async fn load_credentials(profile: &Profile) -> Result<Credentials, OpsError> {
    let profile = profile.clone();
    Ok(off_thread(move || credentials::load(&profile)).await??)
}

/// Removes the credentials of a profile from the keyring. `Ok(false)` = there were none.
pub async fn remove_credentials(profile: &Profile) -> Result<bool, OpsError> {
    let profile = profile.clone();
    Ok(off_thread(move || credentials::remove(&profile)).await??)
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
    // A keyring that holds back this secret holds up nothing: a run says that nobody is told of it.
    let secret = load_webhook_secret(&profile).await;
    let ops = Ops::new(profile, credentials, ledger, read_only)?;
    Ok(ops.with_webhook(secret).with_layouts(config.layouts()))
}

/// The secret of a profile's webhook, where there is one; not looked for where the profile has no webhook.
pub async fn load_webhook_secret(profile: &Profile) -> FoundSecret {
    if profile.upload.webhook.is_none() {
        return Ok(None);
    }
    let profile = profile.clone();
    Ok(off_thread(move || credentials::webhook::load(&profile)).await??)
}

/// Stores the secret of a profile's webhook in the keyring: `whsec_` and base64 of 24 to 64 bytes.
pub async fn store_webhook_secret(profile: &Profile, text: SecretString) -> Result<(), OpsError> {
    let profile = profile.clone();
    Ok(off_thread(move || credentials::webhook::store(&profile, &text)).await??)
}

/// The same for a command that only asks: also over a ledger that cannot be written.
pub async fn connect_to_read(config: &Config, profile: Profile, read_only: bool) -> Result<Ops, OpsError> {
    let credentials = load_credentials(&profile).await?;
    let folder = config.data_dir().to_path_buf();
    let ledger = off_thread(move || Ledger::open_to_read(&folder)).await??;
    Ops::new(profile, credentials, ledger, read_only)
}

/// Opens the ledger in a folder, and makes both where there is none.
pub async fn open_ledger(folder: &Path) -> Result<Ledger, OpsError> {
    let folder = folder.to_path_buf();
    Ok(off_thread(move || Ledger::open(&folder)).await??)
}

/// The receiver of a profile is asked again, where it had answered that it wants nothing any more. Makes no ledger.
pub async fn revive_receiver(folder: &Path, profile: &Profile) -> Result<(), OpsError> {
    if !folder.join("ledger.db").exists() {
        return Ok(());
    }
    Ok(open_ledger(folder).await?.revive_receiver(&profile.name).await?)
}

//! First run: store credentials, test them.

use crate::api::Credentials;
use crate::config::Profile;
use crate::ops::OpsError;

/// Stores the credentials in the keyring.
pub async fn store_credentials(profile: &Profile, credentials: &Credentials) -> Result<(), OpsError> {
    let _ = (profile, credentials);
    todo!()
}

/// Asks the tenant for a token and for `users/me`.
pub async fn test_connection(profile: &Profile, credentials: &Credentials) -> Result<(), OpsError> {
    let _ = (profile, credentials);
    todo!()
}

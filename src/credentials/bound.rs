//! What stands in the keyring: id and secret together with the origins they were given for.

use secrecy::SecretString;
use secrecy::zeroize::{Zeroize, Zeroizing};
use serde::{Deserialize, Serialize};

use super::{CredentialError, error, expose, unreadable};
use crate::api::Credentials;
use crate::config::{Profile, origin};

/// The stored form. No `Debug`.
#[derive(Serialize, Deserialize)]
struct Stored {
    client_id: String,
    client_secret: String,
    token_origin: String,
    api_origin: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.client_secret.zeroize();
    }
}

/// The text to store.
pub(super) fn bind(
    profile: &Profile,
    credentials: &Credentials,
) -> Result<Zeroizing<String>, CredentialError> {
    let stored = Stored {
        client_id: credentials.client_id.clone(),
        client_secret: expose(credentials).to_owned(),
        token_origin: origin(&profile.endpoints.token_url),
        api_origin: origin(&profile.endpoints.api_url),
    };
    serde_json::to_string(&stored).map(Zeroizing::new).map_err(|_| unreadable())
}

/// The credentials in a stored text, if the profile still points where they were given for.
pub(super) fn unbind(profile: &Profile, stored: &str) -> Result<Credentials, CredentialError> {
    let stored: Stored = serde_json::from_str(stored).map_err(|_| unreadable())?;
    for (what, then, url) in [
        ("token URL", &stored.token_origin, &profile.endpoints.token_url),
        ("API", &stored.api_origin, &profile.endpoints.api_url),
    ] {
        let now = origin(url);
        if now.is_empty() || *then != now {
            return Err(error(
                "origin-changed",
                format!(
                    "the credentials of profile “{}” were stored for {then}, but its {what} is at {now} now",
                    profile.name
                ),
                "Nothing was sent. If the change is right, store them again: `quietline auth login --client-id ID`.",
            ));
        }
    }
    Ok(Credentials {
        client_id: stored.client_id.clone(),
        client_secret: SecretString::from(stored.client_secret.clone()),
    })
}

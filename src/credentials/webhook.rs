//! The secret that messages to the profile's webhook are signed with: beside the credentials, and bound to the origin of
//! the webhook as those are to the tenant's. `QUIETLINE_WEBHOOK_SECRET` goes before the keyring.

use keyring::Entry;
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{CredentialError, SERVICE, delete, error, read, unreadable, with_keyring};
use crate::api::WebhookSecret;
use crate::config::{CredentialSource, Profile, origin};

/// The variable that may hold it.
const VARIABLE: &str = "QUIETLINE_WEBHOOK_SECRET";
/// The origin of a profile that names no webhook yet.
const ANY: &str = "";

/// The stored form. No `Debug`.
#[derive(Serialize, Deserialize)]
struct Stored {
    webhook_secret: String,
    webhook_origin: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.webhook_secret.zeroize();
    }
}

/// The name of its entry. A profile's name has no space in it, so it is nobody's credentials.
fn user(profile: &Profile) -> String {
    format!("{} webhook", profile.name)
}

/// The secret of a profile, where there is one. Blocking.
pub fn load(profile: &Profile) -> Result<Option<WebhookSecret>, CredentialError> {
    if let Some(text) = std::env::var_os(VARIABLE) {
        let text = text.into_string().map(Zeroizing::new).map_err(|_| not_one(VARIABLE))?;
        return WebhookSecret::read(&text).map(Some).ok_or_else(|| not_one(VARIABLE));
    }
    if profile.credentials == CredentialSource::Env {
        return Ok(None);
    }
    let Some(text) = read(&user(profile))? else { return Ok(None) };
    let stored: Stored = serde_json::from_str(&text).map_err(|_| unreadable())?;
    let now = webhook_origin(profile);
    if stored.webhook_origin != ANY && stored.webhook_origin != now {
        return Err(error(
            "origin-changed",
            format!(
                "the webhook secret of profile “{}” was stored for {}, but its webhook is at {now} now",
                profile.name, stored.webhook_origin
            ),
            "Nothing was sent. If the change is right, store it again: `quietline auth webhook`.",
        ));
    }
    WebhookSecret::read(&stored.webhook_secret).map(Some).ok_or_else(unreadable)
}

/// Stores it in the keyring. Blocking.
pub fn store(profile: &Profile, text: &SecretString) -> Result<(), CredentialError> {
    if profile.credentials == CredentialSource::Env {
        return Err(error(
            "no-keyring",
            format!("profile “{}” takes its secrets from the environment", profile.name),
            "Set QUIETLINE_WEBHOOK_SECRET, or set credentials = \"keyring\".",
        ));
    }
    if WebhookSecret::read(text.expose_secret()).is_none() {
        return Err(not_one("what was given"));
    }
    let stored = Stored {
        webhook_secret: text.expose_secret().trim().to_owned(),
        webhook_origin: webhook_origin(profile),
    };
    let text = serde_json::to_string(&stored).map(Zeroizing::new).map_err(|_| unreadable())?;
    let user = user(profile);
    with_keyring(move || Entry::new(SERVICE, &user)?.set_password(&text))
}

/// Removes it. `Ok(false)` = there was none. Blocking.
pub(super) fn remove(profile: &Profile) -> Result<bool, CredentialError> {
    delete(user(profile))
}

fn webhook_origin(profile: &Profile) -> String {
    profile.upload.webhook.as_deref().map_or_else(|| ANY.into(), origin)
}

fn not_one(what: &str) -> CredentialError {
    error(
        "bad-secret",
        format!("{what} is no webhook secret"),
        "A secret is whsec_ and base64 of 24 to 64 bytes; take it from the receiver.",
    )
}

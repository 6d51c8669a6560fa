//! The client secret: OS keyring or environment. Never a file, never an argument, never a log line.
//!
//! What is stored is bound to the origins of the profile: whoever changes a URL in the config file does not get the
//! secret sent there.

use std::sync::mpsc;
use std::time::Duration;

use keyring::Entry;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::api::Credentials;
use crate::config::{CredentialSource, Profile};

mod bound;
#[cfg(test)]
mod tests;
pub mod webhook;

/// The service under which every entry stands; the user of an entry is the name of the profile.
const SERVICE: &str = "quietline";

/// A desktop may ask the person to unlock the keyring; a machine without one must not hang.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there are no credentials. Exit code 4.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CredentialError {
    /// Stable code: `no-credentials`, `no-keyring`, `keyring-locked`, `origin-changed`, `bad-secret`.
    pub code: &'static str,
    /// What, where, why.
    pub message: String,
    /// What next.
    pub advice: String,
}

fn error(code: &'static str, message: String, advice: &str) -> CredentialError {
    CredentialError { code, message, advice: advice.into() }
}

/// The credentials of a profile. Blocking (a keyring may ask to be unlocked): run it on a blocking thread.
pub fn load(profile: &Profile) -> Result<Credentials, CredentialError> {
    match profile.credentials {
        CredentialSource::Env => from_environment(),
        CredentialSource::Keyring => match read(&profile.name)? {
            Some(stored) => bound::unbind(profile, &stored),
            None => Err(error(
                "no-credentials",
                format!("the keyring holds no credentials for profile “{}”", profile.name),
                "Store them with `quietline auth login --client-id ID`.",
            )),
        },
    }
}

/// Stores them in the keyring, bound to the profile's origins.
pub fn store(profile: &Profile, credentials: &Credentials) -> Result<(), CredentialError> {
    if profile.credentials == CredentialSource::Env {
        return Err(error(
            "no-keyring",
            format!("profile “{}” takes its credentials from the environment", profile.name),
            "Set QUIETLINE_CLIENT_ID and QUIETLINE_CLIENT_SECRET, or set credentials = \"keyring\".",
        ));
    }
    let secret = bound::bind(profile, credentials)?;
    let user = profile.name.clone();
    with_keyring(move || Entry::new(SERVICE, &user)?.set_password(&secret))
}

/// Removes them, and the secret of the webhook with them. `Ok(false)` = there were none.
pub fn remove(profile: &Profile) -> Result<bool, CredentialError> {
    webhook::remove(profile)?;
    delete(profile.name.clone())
}

fn delete(user: String) -> Result<bool, CredentialError> {
    with_keyring(move || match Entry::new(SERVICE, &user)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(keyring::Error::NoEntry) => Ok(false),
        Err(e) => Err(e),
    })
}

/// Whether the OS keyring can be used: `Ok` with its name, or a sentence with the way out. For `doctor`.
pub fn probe_keyring() -> Result<String, CredentialError> {
    // A read of an entry that is never written: a store that only answers the door is not enough.
    read("quietline doctor")?;
    Ok(KEYRING.into())
}

/// The user of the entry that holds the keys of the audit trail. No profile can have it: names have no blanks.
const TRAIL: &str = "quietline audit trail";

/// The keys of the audit trail as they were stored; `Ok(None)` = the keyring has none. Blocking.
pub fn trail_keys() -> Result<Option<Zeroizing<String>>, CredentialError> {
    read(TRAIL)
}

/// Stores the keys of the audit trail. Blocking.
pub fn store_trail_keys(text: &str) -> Result<(), CredentialError> {
    let text = Zeroizing::new(text.to_owned());
    with_keyring(move || Entry::new(SERVICE, TRAIL)?.set_password(&text))
}

#[cfg(target_os = "macos")]
const KEYRING: &str = "Keychain";
#[cfg(windows)]
const KEYRING: &str = "Credential Manager";
#[cfg(not(any(target_os = "macos", windows)))]
const KEYRING: &str = "Secret Service";

fn read(user: &str) -> Result<Option<Zeroizing<String>>, CredentialError> {
    let user = user.to_owned();
    with_keyring(move || match Entry::new(SERVICE, &user)?.get_password() {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(e) => Err(e),
    })
}

/// Runs one keyring call on a thread of its own and waits for it with patience, but not for ever.
fn with_keyring<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, keyring::Error> + Send + 'static,
) -> Result<T, CredentialError> {
    let (answer, answered) = mpsc::sync_channel(1);
    let spawned = std::thread::Builder::new().name("keyring".into()).spawn(move || {
        let _ = answer.send(call());
    });
    if let Err(e) = spawned {
        return Err(error("no-keyring", format!("the keyring cannot be asked: {e}"), WAY_OUT));
    }
    match answered.recv_timeout(PATIENCE) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => Err(explain(&e)),
        Err(_) => Err(error(
            "keyring-locked",
            format!("the keyring did not answer within {} s", PATIENCE.as_secs()),
            "Unlock it and try again; on a machine without a desktop set credentials = \"env\" in the profile.",
        )),
    }
}

const WAY_OUT: &str = "Set credentials = \"env\" in the profile (or `quietline profile add … --credentials env`) and \
                       give QUIETLINE_CLIENT_ID and QUIETLINE_CLIENT_SECRET.";

fn no_keyring() -> CredentialError {
    error("no-keyring", "this machine has no keyring that can be reached".into(), WAY_OUT)
}

/// A keyring error as a sentence. Its own words are left out: some variants carry what was stored.
fn explain(e: &keyring::Error) -> CredentialError {
    match e {
        keyring::Error::NoStorageAccess(_) => error(
            "keyring-locked",
            "the keyring is locked, or it refused access".into(),
            "Unlock it and try again; on a machine without a desktop set credentials = \"env\" in the profile.",
        ),
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) | keyring::Error::Ambiguous(_) => {
            unreadable()
        }
        keyring::Error::TooLong(..) | keyring::Error::Invalid(..) => {
            error("no-keyring", "the keyring does not take an entry of this name or size".into(), WAY_OUT)
        }
        _ => no_keyring(),
    }
}

fn unreadable() -> CredentialError {
    error(
        "no-credentials",
        "the keyring's entry is not one that quietline wrote".into(),
        "Store the credentials again with `quietline auth login --client-id ID`.",
    )
}

fn from_environment() -> Result<Credentials, CredentialError> {
    let id = variable("QUIETLINE_CLIENT_ID")?;
    let secret = variable("QUIETLINE_CLIENT_SECRET")?;
    Ok(Credentials {
        client_id: id.as_str().to_owned(),
        client_secret: SecretString::from(secret.as_str().to_owned()),
    })
}

fn variable(name: &str) -> Result<Zeroizing<String>, CredentialError> {
    let missing = |how: &str| {
        error(
            "no-credentials",
            format!("the profile takes its credentials from the environment, but {name} {how}"),
            "Set QUIETLINE_CLIENT_ID and QUIETLINE_CLIENT_SECRET.",
        )
    };
    match std::env::var(name) {
        Ok(value) if value.trim().is_empty() => Err(missing("is empty")),
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err(missing("is not set")),
        Err(std::env::VarError::NotUnicode(_)) => Err(missing("is not UTF-8 text")),
    }
}

/// The secret itself, for the one place that writes it into the keyring.
fn expose(credentials: &Credentials) -> &str {
    credentials.client_secret.expose_secret()
}

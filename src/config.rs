//! Configuration: a TOML file, the environment and flags, merged once.

use std::path::{Path, PathBuf};

use crate::api::{Endpoints, Limits};
use crate::domain::phone::{E164, PhonePolicy, Region};

/// What kind of tenant a profile speaks to: shown in the header, decides the confirmations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Not real.
    Sandbox,
    /// Real software, no real people.
    Staging,
    /// Real people.
    Production,
}

impl Environment {
    /// `SANDBOX`, `STAGING`, `PRODUCTION`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "SANDBOX",
            Self::Staging => "STAGING",
            Self::Production => "PRODUCTION",
        }
    }
}

/// Where the client secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The OS keyring.
    Keyring,
    /// `QUIETLINE_CLIENT_ID` and `QUIETLINE_CLIENT_SECRET`.
    Env,
}

/// A tenant, ready to use: every default filled in.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// `my`, `custom`, `sandbox`, …
    pub preset: String,
    /// The tenant's name; part of the idempotency keys.
    pub tenant: String,
    /// What kind of tenant.
    pub environment: Environment,
    /// URLs, with the profile's overrides.
    pub endpoints: Endpoints,
    /// Where the secret is.
    pub credentials: CredentialSource,
    /// Rates and sizes.
    pub limits: Limits,
    /// Where numbers without country code are read.
    pub region: Region,
    /// Possible or valid.
    pub phone_policy: PhonePolicy,
    /// The tenant's caller IDs.
    pub own_numbers: Vec<E164>,
    /// Seconds from the last accepted row until the gate may open.
    pub cool_down_seconds: u64,
}

impl Profile {
    /// Whether the cool-down is under the 180 s that the platform needs.
    pub fn cool_down_is_shortened(&self) -> bool {
        self.cool_down_seconds < 180
    }

    /// Whether a URL is plain http (allowed on loopback only; shown as a banner).
    pub fn is_plain_http(&self) -> bool {
        self.endpoints.api_url.starts_with("http://") || self.endpoints.token_url.starts_with("http://")
    }
}

/// Where a value came from: for `doctor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Built in.
    Default,
    /// The config file.
    File,
    /// An environment variable.
    Environment,
    /// A flag.
    Flag,
}

/// What flags and environment say about the config itself.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--config` or `QUIETLINE_CONFIG`.
    pub config: Option<PathBuf>,
    /// `--data-dir` or `QUIETLINE_DATA_DIR`.
    pub data_dir: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
}

/// The merged configuration.
#[derive(Clone, Debug)]
pub struct Config {}

/// What is wrong with the configuration. Exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// Stable code: `no-profile`, `unknown-profile`, `bad-config`, `bad-url`, `cool-down-too-short`, …
    pub code: &'static str,
    /// What, where, why.
    pub message: String,
    /// What next.
    pub advice: String,
}

#[expect(unused_variables, reason = "skeleton")]
impl Config {
    /// Reads the file (missing = empty) and merges. Unknown keys are errors that name the key and the nearest known one.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        todo!()
    }

    /// The config file, whether it exists or not.
    pub fn path(&self) -> &Path {
        todo!()
    }

    /// The data folder, whether it exists or not.
    pub fn data_dir(&self) -> &Path {
        todo!()
    }

    /// Names of all profiles.
    pub fn profile_names(&self) -> Vec<String> {
        todo!()
    }

    /// The profile that was asked for, the default one, or the only one.
    pub fn profile(&self) -> Result<Profile, ConfigError> {
        todo!()
    }

    /// A profile by name.
    pub fn profile_named(&self, name: &str) -> Result<Profile, ConfigError> {
        todo!()
    }
}

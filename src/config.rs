//! Configuration: a TOML file, the environment and flags, merged once.
//!
//! Order: flag, then environment, then file, then default. Secrets have no place here: see [`crate::credentials`].

use std::path::{Path, PathBuf};

use crate::api::{Endpoints, Limits};
use crate::domain::phone::{E164, PhonePolicy, Region};
use crate::files::Layout;

mod edit;
mod file;
mod layout;
#[cfg(test)]
mod layout_tests;
mod near;
mod paths;
mod presets;
mod resolve;
#[cfg(test)]
mod tests;
mod url;

pub use edit::{NewProfile, add_profile, remove_profile};
pub use layout::{layout_text, remove_layout, save_layout};
pub use near::nearest;
pub use presets::Preset;
pub use resolve::{FourEyes, UploadSettings};

pub use crate::api::ListDialect;

pub(crate) use url::origin;

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
    /// Every environment, with the word of the file.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Sandbox, "sandbox"), (Self::Staging, "staging"), (Self::Production, "production")];

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

impl CredentialSource {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Env => "env",
        }
    }
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
    /// When a second person has to approve a plan.
    pub four_eyes: FourEyes,
    /// How it uploads.
    pub upload: UploadSettings,
}

/// The platform needs this long to enforce a write; a shorter cool-down is for tenants that are not real.
pub const FULL_COOL_DOWN_SECONDS: u64 = 180;

impl Profile {
    /// The profile of an embedded sandbox: nothing in it is real, and its cool-down is shortened to 5 s.
    pub fn sandbox(name: &str, token_url: &str, api_url: &str) -> Self {
        Self {
            name: name.into(),
            preset: "sandbox".into(),
            tenant: "sandbox".into(),
            environment: Environment::Sandbox,
            endpoints: Endpoints {
                token_url: token_url.into(),
                api_url: api_url.into(),
                events_url: events_url_of(api_url),
            },
            credentials: CredentialSource::Env,
            limits: Limits::default(),
            region: Region::US,
            phone_policy: PhonePolicy::default(),
            own_numbers: Vec::new(),
            cool_down_seconds: 5,
            four_eyes: FourEyes::Off,
            upload: UploadSettings::default(),
        }
    }

    /// Scheme, host and port of its API.
    pub fn origin(&self) -> String {
        url::origin(&self.endpoints.api_url)
    }

    /// Whether the cool-down is under the 180 s that the platform needs.
    pub fn cool_down_is_shortened(&self) -> bool {
        self.cool_down_seconds < FULL_COOL_DOWN_SECONDS
    }

    /// Whether a URL is plain http (allowed on loopback only; shown as a banner).
    pub fn is_plain_http(&self) -> bool {
        self.endpoints.api_url.starts_with("http://") || self.endpoints.token_url.starts_with("http://")
    }
}

/// The events URL beside an API on loopback: `ws://…/api/v2/events`.
fn events_url_of(api_url: &str) -> Option<String> {
    api_url.strip_prefix("http://").map(|rest| format!("ws://{rest}/events"))
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

impl Provenance {
    /// Words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "config file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        }
    }
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

/// One setting with the place it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `config`, `data-dir`, `profile`, `environment`, …
    pub name: &'static str,
    /// Its value, for people; not escaped for a terminal.
    pub value: String,
    /// Where it came from.
    pub from: Provenance,
}

/// The merged configuration.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    path_from: Provenance,
    data_dir: PathBuf,
    data_from: Provenance,
    wanted: Option<String>,
    exists: bool,
    file: file::File,
    layouts: Vec<Layout>,
}

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

fn config_error(code: &'static str, message: String, advice: &str) -> ConfigError {
    ConfigError { code, message, advice: advice.into() }
}

impl Config {
    /// Reads the file (missing = empty) and merges. Unknown keys are errors that name the key and the nearest known one.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let (path, path_from) = paths::config(sources)?;
        let (data_dir, data_from) = paths::data(sources)?;
        let read = file::read(&path)?;
        let layouts = layout::read_all(&path, read.as_ref().unwrap_or(&file::File::default()))?;
        let config = Self {
            layouts,
            path,
            path_from,
            data_dir,
            data_from,
            wanted: sources.profile.clone(),
            exists: read.is_some(),
            file: read.unwrap_or_default(),
        };
        // A mistake in any profile is told at once, not when someone switches to it on a bad day.
        for name in config.file.profiles.keys() {
            config.resolved(name)?;
        }
        Ok(config)
    }

    /// A configuration without any profile, as if its file did not exist.
    pub fn empty(path: &Path, data_dir: &Path) -> Self {
        Self {
            path: path.into(),
            path_from: Provenance::Default,
            data_dir: data_dir.into(),
            data_from: Provenance::Default,
            wanted: None,
            exists: false,
            file: file::File::default(),
            layouts: Vec::new(),
        }
    }

    /// The config file, whether it exists or not.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the config file exists.
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// The data folder, whether it exists or not.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Whether the end of a long run rings the bell of the terminal: `bell = false` switches it off.
    pub fn bell(&self) -> bool {
        self.file.bell.unwrap_or(true)
    }

    /// Names of all profiles.
    pub fn profile_names(&self) -> Vec<String> {
        self.file.profiles.keys().cloned().collect()
    }

    /// The saved file layouts.
    pub fn layouts(&self) -> &[Layout] {
        &self.layouts
    }

    /// The saved file layouts as they stand in the file by now: a console may have saved one since it began. Blocking.
    pub fn layouts_now(&self) -> Result<Vec<Layout>, ConfigError> {
        let read = file::read(&self.path)?.unwrap_or_default();
        layout::read_all(&self.path, &read)
    }

    /// The profile that a command would use, with the place that names it; an error where nothing does.
    pub fn profile_name(&self) -> Result<(String, Provenance), ConfigError> {
        if let Some(name) = &self.wanted {
            return Ok((name.clone(), Provenance::Flag));
        }
        if let Some(name) = &self.file.default_profile {
            return Ok((name.clone(), Provenance::File));
        }
        let mut names = self.file.profiles.keys();
        match (names.next(), names.next()) {
            (Some(only), None) => Ok((only.clone(), Provenance::Default)),
            (None, _) => Err(config_error(
                "no-profile",
                format!("there is no profile in {}", file::shown(&self.path)),
                "Make one with `quietline profile add NAME --preset my --tenant TENANT`, or try `quietline demo`.",
            )),
            (Some(_), Some(_)) => Err(config_error(
                "no-profile",
                "there are several profiles and none is the default".into(),
                "Name one with --profile NAME, or set default_profile in the config file.",
            )),
        }
    }

    /// The profile that was asked for, the default one, or the only one.
    pub fn profile(&self) -> Result<Profile, ConfigError> {
        self.profile_named(&self.profile_name()?.0)
    }

    /// A profile by name.
    pub fn profile_named(&self, name: &str) -> Result<Profile, ConfigError> {
        self.resolved(name).map(|resolved| resolved.profile)
    }

    /// Every setting of the merged configuration with the place it came from.
    pub fn settings(&self) -> Vec<Setting> {
        let place = |name, path: &Path, from| Setting { name, value: path.display().to_string(), from };
        let mut settings = vec![
            place("config", &self.path, self.path_from),
            place("data-dir", &self.data_dir, self.data_from),
        ];
        if let Ok((name, from)) = self.profile_name() {
            let resolved = self.resolved(&name).ok();
            settings.push(Setting { name: "profile", value: name, from });
            settings.extend(resolved.into_iter().flat_map(|resolved| resolved.settings));
        }
        settings
    }

    fn resolved(&self, name: &str) -> Result<resolve::Resolved, ConfigError> {
        match self.file.profiles.get(name) {
            Some(raw) => resolve::resolve(name, raw),
            None => Err(self.unknown_profile(name)),
        }
    }

    fn unknown_profile(&self, name: &str) -> ConfigError {
        let known = self.profile_names();
        let advice = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("Did you mean “{near}”?"),
            None if known.is_empty() => {
                "Make one with `quietline profile add NAME --preset my --tenant TENANT`.".into()
            }
            None => "See what there is with `quietline profile ls`.".into(),
        };
        ConfigError {
            code: "unknown-profile",
            message: format!(
                "there is no profile “{}” in {}",
                crate::domain::text::visible(name, 60),
                file::shown(&self.path)
            ),
            advice,
        }
    }
}

//! The file as it is written: one struct per table. Every key that is not here is a mistake and is named as one.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::near::nearest;
use super::{ConfigError, config_error};
use crate::domain::text::visible;

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub default_profile: Option<String>,
    /// Whether the end of a long run rings.
    pub bell: Option<bool>,
    #[serde(default)]
    pub profiles: BTreeMap<String, RawProfile>,
    /// Saved file layouts, kept as they are until something reads them.
    #[serde(default)]
    pub layouts: BTreeMap<String, toml::Table>,
}

/// `[profiles.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    pub preset: Option<String>,
    pub tenant: Option<String>,
    pub region: Option<String>,
    pub environment: Option<String>,
    pub default_region: Option<String>,
    pub credentials: Option<String>,
    pub list_dialect: Option<String>,
    pub token_url: Option<String>,
    pub api_url: Option<String>,
    pub events_url: Option<String>,
    #[serde(default)]
    pub limits: RawLimits,
    #[serde(default)]
    pub upload: RawUpload,
    #[serde(default)]
    pub registries: RawRegistries,
}

/// `[profiles.NAME.limits]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    pub entries_per_second: Option<f64>,
    pub entries_per_call: Option<u64>,
    pub items_per_minute: Option<f64>,
    pub items_per_call: Option<u64>,
    pub suppression_per_minute: Option<f64>,
    pub suppression_per_call: Option<u64>,
    pub bulk_per_minute: Option<f64>,
    pub bulk_per_call: Option<u64>,
    pub query_per_minute: Option<f64>,
    pub query_per_call: Option<u64>,
    pub contacts_per_second: Option<f64>,
    pub contacts_in_flight: Option<u64>,
}

/// `[profiles.NAME.upload]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUpload {
    pub cool_down_seconds: Option<u64>,
    pub phone_policy: Option<String>,
    pub four_eyes: Option<String>,
    pub approval_hours: Option<u64>,
    pub own_numbers: Option<Vec<String>>,
    pub contact_field: Option<String>,
    pub require_opt_in: Option<bool>,
    pub webhook: Option<String>,
}

/// `[profiles.NAME.registries]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRegistries {
    #[serde(default)]
    pub required: Vec<String>,
}

/// Reads the file. One that does not exist reads as empty. `Ok(None)` = there is none.
pub(super) fn read(path: &Path) -> Result<Option<File>, ConfigError> {
    match read_regular(path) {
        Ok(text) => parse(path, &text).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            Err(config_error("bad-config", format!("{} is not UTF-8 text", shown(path)), "Save it as UTF-8."))
        }
        Err(e) => Err(config_error(
            "bad-config",
            format!("cannot read {}: {e}", shown(path)),
            "Check the path of --config or QUIETLINE_CONFIG and that you may read it.",
        )),
    }
}

/// No config file comes near this.
const LONGEST: u64 = 1 << 20;

/// The text of a regular file of a sensible size. A pipe would be waited for, and a device read, for ever.
fn read_regular(path: &Path) -> std::io::Result<String> {
    let data = std::fs::metadata(path)?;
    let refused = |why: &str| std::io::Error::other(why.to_owned());
    if data.is_dir() {
        return Err(refused("it is a directory"));
    }
    if !data.is_file() {
        return Err(refused("it is not a regular file"));
    }
    if data.len() > LONGEST {
        return Err(refused("it is larger than 1 MiB"));
    }
    std::fs::read_to_string(path)
}

/// A path, safe to show.
pub(super) fn shown(path: &Path) -> String {
    visible(&path.display().to_string(), 300)
}

/// Reads the text of a file. The message names the line, and never repeats the line itself: a secret that someone put
/// there by mistake must not travel into a log.
pub(super) fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    toml::from_str::<File>(text).map_err(|e| {
        let line = e
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| format!(", line {}", before.matches('\n').count() + 1))
            .unwrap_or_default();
        let (why, advice) = explain(e.message());
        config_error("bad-config", format!("{}{line}: {why}", shown(path)), &advice)
    })
}

/// The parser's words, with the nearest known key.
fn explain(message: &str) -> (String, String) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = message.lines().next().unwrap_or_default();
    if !message.starts_with("unknown field") {
        // Values are left out: `invalid type: string "…", expected u64`.
        let why = match (first.strip_prefix("invalid type"), first.split_once(", expected ")) {
            (Some(_), Some((_, expected))) => format!("a value of another kind is expected: {expected}"),
            _ => visible(first, 200),
        };
        return (why, "Mend that line; the keys are described in the README.".into());
    }
    let field = quoted.next().unwrap_or_default();
    if field.contains("secret") || field.contains("password") || field.contains("client_id") {
        return (
            format!("“{}” does not belong into this file", visible(field, 60)),
            "Credentials are kept in the OS keyring: take the line out and use `quietline auth login`."
                .into(),
        );
    }
    let known: Vec<&str> = quoted.collect();
    let advice = match nearest(field, known.iter().copied()) {
        Some(near) => format!("Did you mean “{near}”?"),
        None => format!("Known here: {}.", known.join(", ")),
    };
    (format!("“{}” is not a key that is known here", visible(field, 60)), advice)
}

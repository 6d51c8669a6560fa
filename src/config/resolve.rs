//! From the raw table of a profile to a [`Profile`]: presets filled in, every value checked, defaults applied.

use std::str::FromStr;

use super::file::{RawLimits, RawProfile, RawUpload};
use super::presets::{Preset, fill, is_host_label};
use super::url::{self, Kind};
use super::{
    ConfigError, CredentialSource, Environment, FULL_COOL_DOWN_SECONDS, Profile, Provenance, Setting,
    config_error, nearest,
};
use crate::api::{Endpoints, Limits, ListDialect};
use crate::domain::phone::{E164, Normaliser, PhonePolicy, Region};
use crate::domain::text::visible;

/// A longer cool-down is a slip of the pen, and would overflow the calendar before it ends.
const LONGEST_COOL_DOWN_SECONDS: u64 = 86_400;
/// Rates that a limiter can work with: below, the first call would not leave in a minute's wait; above, there is no limit.
const RATES: std::ops::RangeInclusive<f64> = 0.01..=10_000.0;

/// Hours that an approval holds where the profile does not say: a plan is launched on the day on which it was looked at.
const APPROVAL_HOURS: u32 = 24;
/// A month: later the list is another one.
const LONGEST_APPROVAL_HOURS: u32 = 720;

/// When a second person has to approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FourEyes {
    /// Never.
    #[default]
    Off,
    /// Every plan.
    Always,
    /// Plans that take numbers off.
    Removals,
    /// Plans with more than this many operations.
    Above(u64),
}

impl std::fmt::Display for FourEyes {
    /// The word of the file.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Always => f.write_str("always"),
            Self::Removals => f.write_str("removals"),
            Self::Above(limit) => write!(f, "above:{limit}"),
        }
    }
}

impl FourEyes {
    /// The inverse of its display.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "always" => Some(Self::Always),
            "removals" => Some(Self::Removals),
            other => other.strip_prefix("above:").and_then(|n| n.parse().ok()).map(Self::Above),
        }
    }

    /// Whether a plan with these counts needs a second person.
    pub fn demands(self, operations: u64, removals: u64) -> bool {
        match self {
            Self::Off => false,
            Self::Always => true,
            Self::Removals => removals > 0,
            Self::Above(limit) => operations > limit,
        }
    }
}

/// How a profile uploads, beside what [`Profile`] carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSettings {
    /// The contact field that carries the status.
    pub contact_field: String,
    /// Outbound: rows without consent are removed.
    pub require_opt_in: bool,
    /// Hours that an approval holds.
    pub approval_hours: u32,
    /// Receiver of the completion webhook.
    pub webhook: Option<String>,
    /// Dialect of list bodies.
    pub list_dialect: ListDialect,
    /// Countries whose registry has to be loaded.
    pub registries: Vec<String>,
}

impl Default for UploadSettings {
    fn default() -> Self {
        Self {
            contact_field: "dnc_suppression_status".into(),
            require_opt_in: false,
            approval_hours: APPROVAL_HOURS,
            webhook: None,
            list_dialect: ListDialect::default(),
            registries: Vec::new(),
        }
    }
}

/// A profile with everything that was said about it.
pub(super) struct Resolved {
    pub profile: Profile,
    pub settings: Vec<Setting>,
}

/// Fills in and checks one profile.
pub(super) fn resolve(name: &str, raw: &RawProfile) -> Result<Resolved, ConfigError> {
    let reader = Reader { name };
    let preset_word = raw.preset.as_deref().unwrap_or("my");
    let presets = Preset::ALL.map(|preset| (preset, preset.name));
    let preset = reader.word("preset", Some(preset_word), &presets)?.unwrap_or(presets[0].0);
    let default_environment =
        if preset.name == "sandbox" { Environment::Sandbox } else { Environment::Production };
    let environment = reader
        .word("environment", raw.environment.as_deref(), &Environment::ALL)?
        .unwrap_or(default_environment);
    let credentials = reader
        .word(
            "credentials",
            raw.credentials.as_deref(),
            &[(CredentialSource::Keyring, "keyring"), (CredentialSource::Env, "env")],
        )?
        .unwrap_or(CredentialSource::Keyring);
    let region = reader.region("default_region", raw.default_region.as_deref())?.unwrap_or(Region::US);
    let endpoints = reader.endpoints(preset, raw)?;
    let profile = Profile {
        name: name.into(),
        preset: preset.name.into(),
        tenant: reader.tenant(preset, raw, &endpoints)?,
        environment,
        endpoints,
        credentials,
        limits: reader.limits(&raw.limits)?,
        region,
        phone_policy: reader
            .word(
                "phone_policy",
                raw.upload.phone_policy.as_deref(),
                &[(PhonePolicy::Possible, "possible"), (PhonePolicy::Valid, "valid")],
            )?
            .unwrap_or_default(),
        own_numbers: reader.own_numbers(region, raw.upload.own_numbers.as_deref().unwrap_or_default())?,
        cool_down_seconds: reader.cool_down(environment, raw.upload.cool_down_seconds)?,
        four_eyes: reader.four_eyes(raw.upload.four_eyes.as_deref().unwrap_or("off"))?,
        upload: reader.upload(raw)?,
    };
    let settings = settings(raw, &profile);
    Ok(Resolved { profile, settings })
}

/// The settings that people ask about, with the place they came from.
fn settings(raw: &RawProfile, profile: &Profile) -> Vec<Setting> {
    let setting = |name, value: String, given: bool| Setting {
        name,
        value,
        from: if given { Provenance::File } else { Provenance::Default },
    };
    vec![
        setting("preset", profile.preset.clone(), raw.preset.is_some()),
        setting("tenant", profile.tenant.clone(), raw.tenant.is_some()),
        setting("environment", profile.environment.as_str().into(), raw.environment.is_some()),
        setting("token_url", profile.endpoints.token_url.clone(), raw.token_url.is_some()),
        setting("api_url", profile.endpoints.api_url.clone(), raw.api_url.is_some()),
        setting("credentials", profile.credentials.as_str().into(), raw.credentials.is_some()),
        setting(
            "cool_down_seconds",
            profile.cool_down_seconds.to_string(),
            raw.upload.cool_down_seconds.is_some(),
        ),
    ]
}

/// Reads the values of one profile; every message names it.
struct Reader<'a> {
    name: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, code: &'static str, what: &str, advice: &str) -> ConfigError {
        config_error(code, format!("profile “{}”: {what}", visible(self.name, 60)), advice)
    }

    /// One word of a closed list.
    fn word<T: Copy>(
        &self,
        key: &str,
        given: Option<&str>,
        known: &[(T, &'static str)],
    ) -> Result<Option<T>, ConfigError> {
        let Some(given) = given else { return Ok(None) };
        if let Some((value, _)) = known.iter().find(|(_, word)| *word == given) {
            return Ok(Some(*value));
        }
        let words: Vec<&str> = known.iter().map(|(_, word)| *word).collect();
        let advice = match nearest(given, words.iter().copied()) {
            Some(near) => format!("Did you mean “{near}”?"),
            None => format!("One of: {}.", words.join(", ")),
        };
        Err(self.wrong("bad-config", &format!("{key} = “{}” is not known", visible(given, 60)), &advice))
    }

    fn region(&self, key: &str, given: Option<&str>) -> Result<Option<Region>, ConfigError> {
        given.map(Region::from_str).transpose().map_err(|why| {
            self.wrong("bad-config", &format!("{key}: {why}"), "Use a two-letter country code such as US.")
        })
    }

    /// The URLs: the preset's, with the profile's overrides.
    fn endpoints(&self, preset: Preset, raw: &RawProfile) -> Result<Endpoints, ConfigError> {
        let overridden = raw.token_url.is_some() && raw.api_url.is_some();
        let label = |key: &str, value: Option<&String>, needed: bool| match value {
            Some(value) if is_host_label(value) || !needed => Ok(value.clone()),
            Some(value) => Err(self.wrong(
                "bad-config",
                &format!("{key} = “{}” cannot be part of a host name", visible(value, 60)),
                "Letters, digits and hyphens only, as in the tenant's own address.",
            )),
            None if needed => Err(self.wrong(
                "bad-config",
                &format!("preset “{}” needs a {key}", preset.name),
                &format!("Set {key} in the profile (--{key} of `quietline profile add`)."),
            )),
            None => Ok(String::new()),
        };
        let tenant = label("tenant", raw.tenant.as_ref(), preset.needs_tenant() && !overridden)?;
        let region = label("region", raw.region.as_ref(), preset.needs_region() && !overridden)?;
        let url = |kind, key: &str, given: Option<&String>, template: Option<&str>| match (given, template) {
            (Some(given), _) => url::check(kind, self.name, given),
            (None, Some(template)) => url::check(kind, self.name, &fill(template, &tenant, &region)),
            (None, None) => Err(self.wrong(
                "bad-config",
                &format!("preset “{}” needs token_url and api_url; {key} is missing", preset.name),
                "Give both; for the embedded sandbox use `quietline demo` or `quietline sandbox serve`.",
            )),
        };
        // The preset's own events URL stands only beside the preset's own API.
        let template = preset.events_url.filter(|_| raw.api_url.is_none());
        let events_url = match (raw.events_url.as_ref(), template) {
            (None, None) => None,
            (given, template) => Some(url(Kind::Events, "events_url", given, template)?),
        };
        Ok(Endpoints {
            token_url: url(Kind::Token, "token_url", raw.token_url.as_ref(), preset.token_url)?,
            api_url: url(Kind::Api, "api_url", raw.api_url.as_ref(), preset.api_url)?,
            events_url,
        })
    }

    /// The tenant's name in the idempotency keys: what the profile says, else what tells tenants apart.
    fn tenant(&self, preset: Preset, raw: &RawProfile, endpoints: &Endpoints) -> Result<String, ConfigError> {
        let region = raw.region.clone().filter(|_| preset.needs_region());
        let tenant = raw.tenant.clone().or(region).or_else(|| url::host(&endpoints.api_url));
        tenant
            .filter(|t| !t.trim().is_empty())
            .ok_or_else(|| self.wrong("bad-config", "the tenant has no name", "Set tenant in the profile."))
    }

    fn cool_down(&self, environment: Environment, given: Option<u64>) -> Result<u64, ConfigError> {
        let seconds = given.unwrap_or(FULL_COOL_DOWN_SECONDS);
        if environment == Environment::Production && seconds < FULL_COOL_DOWN_SECONDS {
            return Err(self.wrong(
                "cool-down-too-short",
                &format!("cool_down_seconds = {seconds} is too short for production"),
                "The platform needs up to 180 s to enforce a write: leave the setting out, or set 180 or more.",
            ));
        }
        if seconds > LONGEST_COOL_DOWN_SECONDS {
            return Err(self.wrong(
                "bad-config",
                &format!("cool_down_seconds = {seconds} is longer than a day"),
                "From 180 (less where nothing is real) to 86400.",
            ));
        }
        Ok(seconds)
    }

    fn own_numbers(&self, region: Region, given: &[String]) -> Result<Vec<E164>, ConfigError> {
        let normaliser = Normaliser::new(region, PhonePolicy::Possible, Vec::new());
        let mut numbers = Vec::with_capacity(given.len());
        for (i, text) in given.iter().enumerate() {
            match normaliser.normalise(text) {
                Ok(phone) => numbers.push(phone.number),
                Err(why) => {
                    return Err(self.wrong(
                        "bad-config",
                        &format!("own_numbers, entry {}: {}", i + 1, why.code.title()),
                        "Write each in the form +12025550100.",
                    ));
                }
            }
        }
        Ok(numbers)
    }

    fn limits(&self, raw: &RawLimits) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        Ok(Limits {
            entries_per_second: self.rate(
                "entries_per_second",
                raw.entries_per_second,
                default.entries_per_second,
            )?,
            entries_per_call: self.size(
                "entries_per_call",
                raw.entries_per_call,
                default.entries_per_call,
                100,
            )?,
            items_per_minute: self.rate(
                "items_per_minute",
                raw.items_per_minute,
                default.items_per_minute,
            )?,
            items_per_call: self.size(
                "items_per_call",
                raw.items_per_call,
                default.items_per_call,
                10_000,
            )?,
            suppression_per_minute: self.rate(
                "suppression_per_minute",
                raw.suppression_per_minute,
                default.suppression_per_minute,
            )?,
            suppression_per_call: self.size(
                "suppression_per_call",
                raw.suppression_per_call,
                default.suppression_per_call,
                10_000,
            )?,
            bulk_per_minute: self.rate("bulk_per_minute", raw.bulk_per_minute, default.bulk_per_minute)?,
            bulk_per_call: self.size("bulk_per_call", raw.bulk_per_call, default.bulk_per_call, 10_000)?,
            query_per_minute: self.rate(
                "query_per_minute",
                raw.query_per_minute,
                default.query_per_minute,
            )?,
            query_per_call: self.size("query_per_call", raw.query_per_call, default.query_per_call, 100)?,
            contacts_per_second: self.rate(
                "contacts_per_second",
                raw.contacts_per_second,
                default.contacts_per_second,
            )?,
            contacts_in_flight: self.size(
                "contacts_in_flight",
                raw.contacts_in_flight,
                default.contacts_in_flight,
                64,
            )?,
        })
    }

    fn rate(&self, key: &str, given: Option<f64>, default: f64) -> Result<f64, ConfigError> {
        match given {
            None => Ok(default),
            Some(rate) if RATES.contains(&rate) => Ok(rate),
            Some(rate) => Err(self.wrong(
                "bad-config",
                &format!("limits.{key} = {rate} is no rate to work with"),
                "A rate is a number above 0: from 0.01 to 10000.",
            )),
        }
    }

    fn size(&self, key: &str, given: Option<u64>, default: usize, most: usize) -> Result<usize, ConfigError> {
        let size = given.map_or(Some(default), |size| usize::try_from(size).ok());
        size.filter(|size| (1..=most).contains(size)).ok_or_else(|| {
            self.wrong(
                "bad-config",
                &format!("limits.{key} is out of range"),
                &format!("From 1 to {most}: the platform discards larger calls whole."),
            )
        })
    }

    fn upload(&self, raw: &RawProfile) -> Result<UploadSettings, ConfigError> {
        let RawUpload { contact_field, require_opt_in, webhook, .. } = &raw.upload;
        let mut registries = Vec::new();
        for country in &raw.registries.required {
            self.region("registries.required", Some(country))?;
            registries.push(country.to_ascii_uppercase());
        }
        let default = UploadSettings::default();
        let contact_field = contact_field.clone().unwrap_or(default.contact_field);
        if contact_field.trim().is_empty() {
            return Err(self.wrong("bad-config", "contact_field is empty", "Name the contact's field."));
        }
        Ok(UploadSettings {
            contact_field,
            require_opt_in: require_opt_in.unwrap_or(false),
            approval_hours: self.approval_hours(raw.upload.approval_hours)?,
            webhook: webhook.as_ref().map(|url| url::check(Kind::Webhook, self.name, url)).transpose()?,
            list_dialect: self
                .word(
                    "list_dialect",
                    raw.list_dialect.as_deref(),
                    &[(ListDialect::Entries, "entries"), (ListDialect::Items, "items")],
                )?
                .unwrap_or_default(),
            registries,
        })
    }

    fn approval_hours(&self, given: Option<u64>) -> Result<u32, ConfigError> {
        let hours = given.map_or(Some(APPROVAL_HOURS), |hours| u32::try_from(hours).ok());
        hours.filter(|hours| (1..=LONGEST_APPROVAL_HOURS).contains(hours)).ok_or_else(|| {
            self.wrong(
                "bad-config",
                &format!("approval_hours = {} is out of range", given.unwrap_or_default()),
                &format!("From 1 to {LONGEST_APPROVAL_HOURS}: how long an approval may wait for its launch."),
            )
        })
    }

    fn four_eyes(&self, given: &str) -> Result<FourEyes, ConfigError> {
        FourEyes::from_word(given).ok_or_else(|| {
            self.wrong(
                "bad-config",
                &format!("four_eyes = “{}” is not known", visible(given, 40)),
                "One of: off, always, removals, above:N.",
            )
        })
    }
}

//! What is configured, and who said so.

use super::machine::readable_by_others;
use super::{Finding, Health};
use crate::config::{Config, Profile, Provenance};
use crate::domain::text::visible;

pub(super) fn of_config(config: &Config) -> Finding {
    let from = |name| {
        let found = config.settings().into_iter().find(|setting| setting.name == name);
        found.map_or(Provenance::Default, |setting| setting.from).as_str()
    };
    let path = visible(&config.path().display().to_string(), 300);
    let seen = match config.exists() {
        true => format!("{path} ({}), {} profiles", from("config"), config.profile_names().len()),
        false => format!("{path} ({}) does not exist and reads as empty", from("config")),
    };
    let finding = Finding::new("config", Health::Fine, seen);
    match readable_by_others(config.path()) {
        true => Finding { health: Health::Attention, ..finding }
            .advise("Others can read or change the file: `chmod 600` it."),
        false => finding,
    }
}

pub(super) fn of_profile(config: &Config, profile: Option<&Profile>) -> Finding {
    let Some(profile) = profile else {
        let finding = Finding::new("profile", Health::NotChecked, "there is no profile to look at");
        return match config.profile_name() {
            Err(e) => finding.advise(e.advice),
            Ok(_) => finding,
        };
    };
    let said: Vec<String> = config
        .settings()
        .into_iter()
        .filter(|setting| !matches!(setting.name, "config" | "data-dir"))
        .map(|setting| {
            format!("{} {} ({})", setting.name, visible(&setting.value, 200), setting.from.as_str())
        })
        .collect();
    let finding = Finding::new("profile", Health::Fine, said.join(" · "));
    match profile.is_plain_http() {
        true => Finding { health: Health::Attention, ..finding }
            .advise("Calls go over plain http: for a sandbox on this machine only."),
        false => finding,
    }
}

pub(super) fn of_cool_down(profile: &Profile) -> Finding {
    let seen = format!("{} s from the last accepted row until the gate may open", profile.cool_down_seconds);
    match profile.cool_down_is_shortened() {
        true => Finding::new("cool-down", Health::Attention, format!("{seen}, shortened"))
            .advise("The platform needs up to 180 s: keep a shorter one to tenants that are not real."),
        false => Finding::new("cool-down", Health::Fine, seen),
    }
}

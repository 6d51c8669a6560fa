//! Doctor: what works, what does not, what to do.
//!
//! ```text
//! config ─▶ profile ─▶ keyring ─▶ credentials ─▶ token ─▶ endpoints (lists, rules)
//!              └─▶ limits   clock   ledger
//! ```
//!
//! A finding whose ground is broken is *not checked*, never fine.

use std::path::Path;

use crate::api::{Client, Scopes};
use crate::config::{Config, CredentialSource, Profile, Provenance};
use crate::credentials;
use crate::domain::text::visible;
use crate::ops::{OpsError, setup};

/// Seconds that two clocks may be apart.
const MOST_SKEW_SECONDS: u64 = 30;

/// How a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Works.
    Fine,
    /// Works, but.
    Attention,
    /// Does not work.
    Broken,
    /// Could not be looked at, because something before it is broken.
    NotChecked,
}

impl Health {
    /// The word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Attention => "attention",
            Self::Broken => "broken",
            Self::NotChecked => "not-checked",
        }
    }
}

/// One line of the doctor.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `config`, `keyring`, `ledger`, `clock`, `token`, `endpoints`, `limits`, …
    pub subject: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was seen.
    pub seen: String,
    /// What to do, where something is to be done.
    pub advice: Option<String>,
}

impl Finding {
    fn new(subject: &'static str, health: Health, seen: impl Into<String>) -> Self {
        Self { subject, health, seen: seen.into(), advice: None }
    }

    fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    fn of_error(subject: &'static str, error: &OpsError) -> Self {
        Self::new(subject, Health::Broken, visible(&error.to_string(), 300)).advise(error.advice())
    }
}

/// Looks at everything; never fails as a whole.
pub async fn doctor(config: &Config, profile: Option<&Profile>) -> Vec<Finding> {
    let mut findings = vec![of_config(config), of_profile(config, profile)];
    findings.extend(profile.map(of_cool_down));
    findings.push(of_keyring(profile).await);
    findings.push(of_ledger(config.data_dir()).await);
    match profile {
        Some(profile) => findings.extend(of_tenant(profile).await),
        None => findings.extend(
            ["credentials", "token", "clock", "endpoints", "limits"]
                .map(|subject| not_checked(subject, "there is no profile")),
        ),
    }
    findings
}

fn not_checked(subject: &'static str, why: &str) -> Finding {
    Finding::new(subject, Health::NotChecked, format!("not checked: {why}"))
}

fn of_config(config: &Config) -> Finding {
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

fn of_profile(config: &Config, profile: Option<&Profile>) -> Finding {
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

fn of_cool_down(profile: &Profile) -> Finding {
    let seen = format!("{} s from the last accepted row until the gate may open", profile.cool_down_seconds);
    match profile.cool_down_is_shortened() {
        true => Finding::new("cool-down", Health::Attention, format!("{seen}, shortened"))
            .advise("The platform needs up to 180 s: keep a shorter one to tenants that are not real."),
        false => Finding::new("cool-down", Health::Fine, seen),
    }
}

async fn of_keyring(profile: Option<&Profile>) -> Finding {
    let probed = tokio::task::spawn_blocking(credentials::probe_keyring).await;
    match probed {
        Ok(Ok(name)) => Finding::new("keyring", Health::Fine, format!("{name} answers")),
        Ok(Err(e)) => {
            let needed = profile.is_none_or(|p| p.credentials == CredentialSource::Keyring);
            let health = if needed && profile.is_some() { Health::Broken } else { Health::Attention };
            let finding = Finding::new("keyring", health, e.message);
            if needed { finding.advise(e.advice) } else { finding }
        }
        Err(_) => not_checked("keyring", "its thread ended early"),
    }
}

/// Opens an existing ledger; makes none.
async fn of_ledger(folder: &Path) -> Finding {
    let shown = visible(&folder.display().to_string(), 300);
    if !folder.join("ledger.db").exists() {
        return Finding::new("ledger", Health::Fine, format!("{shown}: none yet, the first plan makes it"));
    }
    match setup::open_ledger(folder).await {
        Err(e) => Finding::of_error("ledger", &e),
        Ok(ledger) => match ledger.runs().await {
            Err(e) => Finding::of_error("ledger", &e.into()),
            Ok(runs) => {
                let open = runs.iter().filter(|run| run.state.is_resumable()).count();
                let finding = Finding::new(
                    "ledger",
                    Health::Fine,
                    format!("{shown}: {} runs, {open} not finished", runs.len()),
                );
                match (open, readable_by_others(&folder.join("ledger.db"))) {
                    (_, true) => Finding { health: Health::Attention, ..finding }
                        .advise("Others can read or change the ledger: `chmod 600` it."),
                    (0, false) => finding,
                    (_, false) => finding.advise("Go on with `quietline resume`."),
                }
            }
        },
    }
}

/// Credentials, token, endpoints, limits: each stands on the one before.
async fn of_tenant(profile: &Profile) -> Vec<Finding> {
    let limits = of_limits(profile);
    let credentials = match setup::load_credentials(profile).await {
        Ok(credentials) => credentials,
        Err(e) => {
            let why = "there are no credentials";
            return vec![
                Finding::of_error("credentials", &e),
                not_checked("token", why),
                not_checked("clock", why),
                not_checked("scopes", why),
                not_checked("endpoints", why),
                limits,
            ];
        }
    };
    let mut findings = vec![Finding::new(
        "credentials",
        Health::Fine,
        match profile.credentials {
            CredentialSource::Keyring => "in the keyring, stored for these origins",
            CredentialSource::Env => "from the environment",
        },
    )];
    let client = Client::new(
        profile.endpoints.clone(),
        profile.limits.clone(),
        crate::api::Deadlines::default(),
        credentials,
        super::normaliser(profile),
    );
    match client {
        Err(e) => findings.extend([
            Finding::of_error("token", &e.into()),
            not_checked("clock", "no call was made"),
            not_checked("scopes", "there is no token"),
            not_checked("endpoints", "there is no token"),
        ]),
        Ok(client) => match client.me().await {
            Err(e) => {
                findings.push(Finding::of_error("token", &e.into()));
                findings.push(of_clock(client.clock_skew()));
                findings.push(not_checked("scopes", "there is no token"));
                findings.push(not_checked("endpoints", "there is no token"));
            }
            Ok(()) => {
                let host = visible(&profile.endpoints.api_url, 200);
                findings.push(Finding::new("token", Health::Fine, format!("{host} knows these credentials")));
                findings.push(of_clock(client.clock_skew()));
                findings.push(of_scopes(&client).await);
                findings.push(of_endpoints(&client).await);
            }
        },
    }
    findings.push(limits);
    findings
}

/// Cool-downs, expiry dates and the trail are told by the clock of this machine.
fn of_clock(skew: Option<i64>) -> Finding {
    let Some(skew) = skew else { return not_checked("clock", "no answer of the tenant told its time") };
    let apart = skew.unsigned_abs();
    let seen = match skew {
        0 => "as the tenant's, to the second".to_owned(),
        1.. => format!("{apart} s behind the tenant's"),
        _ => format!("{apart} s ahead of the tenant's"),
    };
    match apart > MOST_SKEW_SECONDS {
        true => Finding::new("clock", Health::Attention, seen)
            .advise("Set the clock of this machine (NTP): cool-downs and expiry dates are told by it."),
        false => Finding::new("clock", Health::Fine, seen),
    }
}

/// Looking asks for less than changing does: that the one works says nothing of the other.
async fn of_scopes(client: &Client) -> Finding {
    match client.asking(Scopes::CHANGE).missing_scopes().await {
        Err(e) => Finding::of_error("scopes", &e.into()),
        Ok(missing) if missing != Scopes::default() => {
            Finding::new("scopes", Health::Attention, format!("not granted: {missing}"))
                .advise("Ask the tenant's administrator for them, or leave uploads to somebody who has them.")
        }
        Ok(_) => Finding::new("scopes", Health::Fine, "what uploads of entries and items need is granted"),
    }
}

async fn of_endpoints(client: &Client) -> Finding {
    match (client.lists().await, client.rules().await) {
        (Ok(lists), Ok(rules)) => {
            let seen = format!("{} lists and {} rules can be read", lists.len(), rules.len());
            match lists.is_empty() {
                true => Finding::new("endpoints", Health::Attention, seen)
                    .advise("Make a list with `quietline lists create NAME`."),
                false => Finding::new("endpoints", Health::Fine, seen),
            }
        }
        (Err(e), _) | (_, Err(e)) => Finding::of_error("endpoints", &e.into()),
    }
}

fn of_limits(profile: &Profile) -> Finding {
    let limits = &profile.limits;
    let usual = crate::api::Limits::default();
    let seen = format!(
        "entries {} calls per second of {} rows, record query {} calls per minute of {} numbers",
        limits.entries_per_second, limits.entries_per_call, limits.query_per_minute, limits.query_per_call
    );
    let above = limits.entries_per_second > usual.entries_per_second
        || limits.query_per_minute > usual.query_per_minute;
    match above {
        true => Finding::new("limits", Health::Attention, seen)
            .advise("Above what tenants allow by default: without their consent the tenant answers 429."),
        false => Finding::new("limits", Health::Fine, seen),
    }
}

/// Whether anyone but the owner may read or write it.
fn readable_by_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_be_half_a_minute_apart_and_an_unknown_one_is_never_fine() {
        for (skew, health, seen) in [
            (Some(0), Health::Fine, "to the second"),
            (Some(30), Health::Fine, "30 s behind"),
            (Some(-30), Health::Fine, "30 s ahead"),
            (Some(31), Health::Attention, "31 s behind"),
            (Some(-31), Health::Attention, "31 s ahead"),
            (Some(i64::MAX), Health::Attention, "behind"),
            (None, Health::NotChecked, "not checked"),
        ] {
            let finding = of_clock(skew);
            assert_eq!(finding.health, health, "{skew:?}");
            assert!(finding.seen.contains(seen), "{skew:?}: {}", finding.seen);
            assert_eq!(finding.advice.is_some(), health == Health::Attention);
        }
    }
}

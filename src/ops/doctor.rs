//! Doctor: what works, what does not, what to do.
//!
//! ```text
//! config ─▶ profile ─▶ keyring ─▶ credentials ─┐
//!              ├─▶ ledger   disk               ├─▶ token ─▶ clock   scopes   each family's read endpoint   limits
//!              └─▶ dns ─▶ tls ─────────────────┘
//! ```
//!
//! A finding whose ground is broken is *not checked*, never fine. One file for each ground.

mod access;
mod families;
mod limits;
mod machine;
mod network;
mod settings;
mod webhook;

use crate::api::{self, Client, Deadlines};
use crate::config::{Config, Profile};
use crate::domain::list::ListId;
use crate::domain::text::visible;
use crate::ops::{OpsError, setup};

/// What stands on a token.
const ON_A_TOKEN: [&str; 8] =
    ["scopes", "endpoints", "query", "entries", "items", "suppression", "outbound", "events"];

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
    /// `config`, `profile`, `cool-down`, `keyring`, `ledger`, `audit-keys`, `disk`, `webhook`, `dns`, `tls`, `credentials`, `token`, `clock`,
    /// `scopes`,
    /// `endpoints` (lists and rules), `query`, `entries`, `items`, `suppression`, `outbound`, `events`, `limits`.
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
    let mut findings = vec![settings::of_config(config), settings::of_profile(config, profile)];
    findings.extend(profile.map(settings::of_cool_down));
    findings.push(machine::of_keyring(profile).await);
    let (ledger, outbound) = machine::of_ledger(config.data_dir(), profile).await;
    let disk = machine::of_disk(config.data_dir()).await;
    // That there is none yet is only fine where one can be made.
    let ledger = match (disk.health, ledger.health) {
        (Health::Broken, Health::Fine) => not_checked("ledger", "the disk that it lies on is broken"),
        _ => ledger,
    };
    let keys = machine::of_trail_keys(config.data_dir(), profile).await;
    findings.extend([ledger, keys, disk]);
    findings.push(webhook::of_webhook(config.data_dir(), profile).await);
    match profile {
        Some(profile) => findings.extend(of_tenant(profile, outbound).await),
        None => {
            let all = ["dns", "tls", "credentials", "token", "clock"]
                .into_iter()
                .chain(ON_A_TOKEN)
                .chain(["limits"]);
            findings.extend(all.map(|subject| not_checked(subject, "there is no profile")));
        }
    }
    findings
}

fn not_checked(subject: &'static str, why: &str) -> Finding {
    Finding::new(subject, Health::NotChecked, format!("not checked: {why}"))
}

/// The way, the credentials, the token, and what stands on it.
async fn of_tenant(profile: &Profile, outbound: Option<ListId>) -> Vec<Finding> {
    let sights = api::look_at(&profile.endpoints, Deadlines::default()).await;
    let mut findings = vec![network::of_names(&sights), network::of_tls(&sights)];
    let client = match setup::load_credentials(profile).await {
        Ok(credentials) => {
            findings.push(access::of_credentials(profile));
            Client::new(
                profile.endpoints.clone(),
                profile.limits.clone(),
                Deadlines::default(),
                credentials,
                super::normaliser(profile),
            )
            .map_err(OpsError::from)
        }
        Err(e) => {
            findings.push(Finding::of_error("credentials", &e));
            findings.extend(without_token(not_checked("token", "there are no credentials")));
            findings.push(limits::of_limits(profile, None));
            return findings;
        }
    };
    match client {
        Err(e) => {
            findings.extend(without_token(Finding::of_error("token", &e)));
            findings.push(limits::of_limits(profile, None));
        }
        Ok(_) if !network::is_passable(&sights) => {
            findings.extend(without_token(not_checked("token", "there is no way to the tenant")));
            findings.push(limits::of_limits(profile, None));
        }
        Ok(client) => {
            findings.extend(of_calls(&client, profile, outbound).await);
            findings.push(limits::of_limits(profile, Some(&client.gauges().borrow())));
        }
    }
    findings
}

/// What calls tell.
async fn of_calls(client: &Client, profile: &Profile, outbound: Option<ListId>) -> Vec<Finding> {
    let token = access::of_token(client, profile).await;
    let clock = network::of_clock(client.clock_skew());
    if token.health == Health::Broken {
        let none = ON_A_TOKEN.map(|subject| not_checked(subject, "there is no token"));
        return [token, clock].into_iter().chain(none).collect();
    }
    let mut findings = vec![token, clock, access::of_scopes(client).await];
    findings.extend(families::of_families(client, outbound).await);
    findings
}

/// A token that there is none of, and what stands on it.
fn without_token(token: Finding) -> impl Iterator<Item = Finding> {
    let clock = not_checked("clock", "no call was made");
    let none = ON_A_TOKEN.map(|subject| not_checked(subject, "there is no token"));
    [token, clock].into_iter().chain(none)
}

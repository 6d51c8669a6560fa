//! What the tenant lets us do: credentials, token, scopes.

use super::{Finding, Health};
use crate::api::{Client, Error, Scopes};
use crate::config::{CredentialSource, Profile};
use crate::domain::text::visible;

/// Jobs, and the scopes that each needs.
const JOBS: [(&str, Scopes); 4] = [
    ("uploads of entries and items", Scopes::CHANGE),
    ("contacts sync", Scopes::CONTACTS),
    ("suppression lists", Scopes::SUPPRESSION),
    ("outbound lists", Scopes::OUTBOUND),
];

pub(super) fn of_credentials(profile: &Profile) -> Finding {
    let from = match profile.credentials {
        CredentialSource::Keyring => "in the keyring, stored for these origins",
        CredentialSource::Env => "from the environment",
    };
    Finding::new("credentials", Health::Fine, from)
}

/// Whether the tenant gives a token for what every job reads, and knows it.
pub(super) async fn of_token(client: &Client, profile: &Profile) -> Finding {
    match client.me().await {
        Ok(()) => {
            let host = visible(&profile.endpoints.api_url, 200);
            Finding::new("token", Health::Fine, format!("{host} knows these credentials"))
        }
        Err(e) => Finding::of_error("token", &e.into()),
    }
}

/// Looking asks for less than changing does: that the one works says nothing of the other. What one job lacks is no fault of
/// the others.
pub(super) async fn of_scopes(client: &Client) -> Finding {
    let mut lacking = Vec::new();
    for (job, scopes) in JOBS {
        match client.asking(scopes).missing_scopes().await {
            Ok(missing) if missing == Scopes::default() => {}
            Ok(missing) => lacking.push(format!("{job}: not granted: {missing}")),
            // The tenant gives no token for a set with a scope that it does not grant.
            Err(e @ Error::Unauthorised { .. }) => {
                lacking.push(format!("{job}: {}", visible(&e.to_string(), 200)));
            }
            Err(e) => return Finding::of_error("scopes", &e.into()),
        }
    }
    match lacking.is_empty() {
        true => Finding::new("scopes", Health::Fine, "what every kind of job needs is granted"),
        false => Finding::new("scopes", Health::Attention, lacking.join(" · "))
            .advise("Ask the tenant's administrator for them, or leave these jobs to somebody who has them."),
    }
}

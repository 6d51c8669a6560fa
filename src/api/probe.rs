//! The way to a tenant, looked at without going it: whether its names resolve, and whether what answers there can be trusted.

use tokio::net::lookup_host;
use tokio::time::timeout;

use super::transport::Transport;
use super::{Deadlines, Endpoints, Error, origin};

/// What was seen of one origin of a profile.
#[derive(Clone, Debug)]
pub struct Sight {
    /// What the profile goes there for: `API`, `token`, `events`.
    pub used_for: Vec<&'static str>,
    /// Its host; empty where the address is not to be used at all.
    pub host: String,
    /// Whether its name has an address, or why not.
    pub name: Result<(), String>,
    /// Whether a secure connection stands, or why not; `None` = plain http on this machine, or not looked at because the name
    /// does not resolve.
    pub secure: Option<Result<(), String>>,
}

/// Looks at each origin of a profile once. Neither secret nor token is sent. Behind a proxy the connection is the proxy's, as
/// it is for every call.
pub async fn look_at(endpoints: &Endpoints, deadlines: Deadlines) -> Vec<Sight> {
    let mut sights: Vec<(String, Sight)> = Vec::new();
    let addresses = [
        ("token", Some(&endpoints.token_url)),
        ("API", Some(&endpoints.api_url)),
        ("events", endpoints.events_url.as_ref()),
    ];
    for (what, address) in addresses.into_iter().filter_map(|(what, address)| Some((what, address?))) {
        let checked = match what {
            "events" => origin::check_socket(address, "events address"),
            what => origin::check(address, &format!("{what} address")),
        };
        let key =
            checked.as_ref().map_or_else(|_| what.to_owned(), |it| it.url.origin().ascii_serialization());
        match sights.iter_mut().find(|(other, _)| *other == key) {
            Some((_, sight)) => sight.used_for.push(what),
            None => sights.push((key, sight_of(what, checked, deadlines).await)),
        }
    }
    sights.into_iter().map(|(_, sight)| sight).collect()
}

async fn sight_of(
    what: &'static str,
    checked: Result<origin::Checked, Error>,
    deadlines: Deadlines,
) -> Sight {
    let used_for = vec![what];
    let checked = match checked {
        Ok(checked) => checked,
        Err(error) => {
            return Sight { used_for, host: String::new(), name: Err(error.to_string()), secure: None };
        }
    };
    let host = checked.url.host_str().unwrap_or_default().to_owned();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let port = checked.url.port_or_known_default().unwrap_or(443);
    let found = timeout(deadlines.connect, lookup_host((bare, port))).await;
    let name = match found.map(|found| found.map_or(0, Iterator::count)) {
        Ok(1..) => Ok(()),
        Ok(0) => Err(format!("the name {host} cannot be resolved")),
        Err(_) => Err(format!("nobody said in time what the name {host} stands for")),
    };
    // A proxy resolves names itself.
    let secure = match checked.url.scheme() == "https" && (name.is_ok() || is_behind_proxy()) {
        true => Some(greet(checked, what, deadlines).await.map_err(|error| error.to_string())),
        false => None,
    };
    Sight { used_for, host, name, secure }
}

async fn greet(checked: origin::Checked, what: &str, deadlines: Deadlines) -> Result<(), Error> {
    let way = Transport::to(checked, &format!("{what} address"), deadlines)?;
    way.greet().await.map_err(|fault| fault.error())
}

/// Whether the environment names a proxy for calls to tenants.
pub fn is_behind_proxy() -> bool {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

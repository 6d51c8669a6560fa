//! The URL policy: https only, plain http on loopback alone, nothing hidden in the address.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::Url;

use super::ConfigError;

/// What a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// OAuth token endpoint.
    Token,
    /// API base: ends in `/api/v2`.
    Api,
    /// WebSocket of the events.
    Events,
    /// Receiver of webhooks.
    Webhook,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Self::Token => "token_url",
            Self::Api => "api_url",
            Self::Events => "events_url",
            Self::Webhook => "webhook",
        }
    }

    fn schemes(self) -> (&'static str, &'static str) {
        if self == Self::Events { ("wss", "ws") } else { ("https", "http") }
    }
}

/// Checks a URL and gives it back in its normal spelling (host in punycode, no slash at the end).
pub(super) fn check(kind: Kind, profile: &str, text: &str) -> Result<String, ConfigError> {
    let fail = |why: &str, advice: String| ConfigError {
        code: "bad-url",
        // The text may hold a password in its user part: it is not repeated.
        message: format!("the {} of profile “{profile}” {why}", kind.key()),
        advice,
    };
    let (secure, plain) = kind.schemes();
    let url = Url::parse(text)
        .map_err(|e| fail(&format!("is no URL ({e})"), format!("Write it in full: {secure}://HOST/PATH.")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fail(
            "holds a user or a password",
            "Take them out; credentials belong into the keyring: `quietline auth login`.".into(),
        ));
    }
    if url.fragment().is_some() || (kind != Kind::Webhook && url.query().is_some()) {
        return Err(fail("has a query or a fragment", "Leave out everything from ? or # on.".into()));
    }
    let host = Host::of(&url);
    if url.scheme() == plain && host != Host::Loopback {
        return Err(fail(
            &format!("is plain {plain}"),
            format!("Use {secure}; plain {plain} is for 127.0.0.1, ::1 and localhost alone."),
        ));
    }
    if url.scheme() != plain && url.scheme() != secure {
        return Err(fail(&format!("is no {secure} URL"), format!("Write {secure}://HOST/PATH.")));
    }
    match host {
        Host::Nothing => return Err(fail("names no host", format!("Write {secure}://HOST/PATH."))),
        Host::Private => {
            return Err(fail(
                "points into a private or link-local network",
                "Name the tenant's public host.".into(),
            ));
        }
        Host::Loopback | Host::Public => {}
    }
    let text = url.as_str().trim_end_matches('/').to_owned();
    if kind == Kind::Api && !url.path().trim_end_matches('/').ends_with("/api/v2") {
        return Err(fail("does not end in /api/v2", "The API base ends in /api/v2.".into()));
    }
    Ok(text)
}

/// Scheme, host and port: what credentials are bound to.
pub(crate) fn origin(url: &str) -> String {
    Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// The host of a URL that was checked before.
pub(super) fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Nothing,
    Loopback,
    Private,
    Public,
}

impl Host {
    fn of(url: &Url) -> Self {
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return Self::Nothing };
        if host == "localhost" {
            return Self::Loopback;
        }
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => Self::of_address(address),
            Err(_) => Self::Public,
        }
    }

    fn of_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(Ipv4Addr::LOCALHOST) => Self::Loopback,
            IpAddr::V4(v4) if v4.is_private() || v4.is_link_local() || v4.is_loopback() => Self::Private,
            IpAddr::V4(v4) if v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast() => Self::Private,
            IpAddr::V4(_) => Self::Public,
            IpAddr::V6(v6) if v6.is_loopback() => Self::Loopback,
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(_) => Self::Private,
                None if v6.is_unspecified() || v6.is_multicast() => Self::Private,
                // fc00::/7 and fe80::/10
                None if v6.segments()[0] & 0xfe00 == 0xfc00 || v6.segments()[0] & 0xffc0 == 0xfe80 => {
                    Self::Private
                }
                None => Self::Public,
            },
        }
    }
}

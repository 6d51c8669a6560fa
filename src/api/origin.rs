//! Which addresses may be spoken to at all. Secrets and tokens go to the origins of the profile and nowhere else.

use std::net::IpAddr;

use reqwest::Url;

use super::Error;

/// An address that passed the policy.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) url: Url,
    /// This machine: no proxy stands in between, and plain http is allowed.
    pub(super) loopback: bool,
}

/// Checks an address of the profile: `https` (`http` on loopback only), no user in it, no fragment, no private or
/// link-local address written as digits.
pub(super) fn check(text: &str, what: &str) -> Result<Checked, Error> {
    check_schemes(text, what, ["https", "http"])
}

/// Checks the address of a socket: as any other, with `wss` for `https` and `ws` for `http`. The handshake is HTTP, so the
/// address is handed back as one of those.
pub(super) fn check_socket(text: &str, what: &str) -> Result<Checked, Error> {
    let mut checked = check_schemes(text, what, ["wss", "ws"])?;
    let scheme = if checked.url.scheme() == "wss" { "https" } else { "http" };
    match checked.url.set_scheme(scheme) {
        Ok(()) => Ok(checked),
        Err(()) => Err(Error::Unreachable { detail: format!("the {what} is no address of a socket") }),
    }
}

fn check_schemes(text: &str, what: &str, [secure, plain]: [&str; 2]) -> Result<Checked, Error> {
    let refuse = |why: &str| Error::Unreachable { detail: format!("the {what} {why}") };
    let url = Url::parse(text.trim()).map_err(|_| refuse("is not a URL"))?;
    let Some(host) = url.host_str() else { return Err(refuse("names no host")) };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = matches!(bare, "127.0.0.1" | "::1" | "localhost");
    match url.scheme() {
        scheme if scheme == secure => {}
        scheme if scheme == plain && loopback => {}
        scheme if scheme == plain => return Err(refuse(&format!("must start with {secure}"))),
        _ => return Err(refuse(&format!("is neither {secure} nor {plain}"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not hold a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(refuse("must not hold a fragment"));
    }
    if !loopback && bare.parse::<IpAddr>().is_ok_and(is_internal) {
        return Err(refuse("points into a private network"));
    }
    Ok(Checked { url, loopback })
}

fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_private()
                || ip.is_link_local()
                || ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_broadcast()
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_internal(IpAddr::V4(ip)),
            None => {
                ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_this_machine_only() {
        for good in [
            "https://acme.my.cxone.com/api/v2",
            "http://127.0.0.1:8080/api/v2",
            "http://localhost:1/",
            "http://[::1]:9/",
            "https://127.0.0.1/",
        ] {
            assert!(check(good, "API address").is_ok(), "{good}");
        }
        for bad in [
            "http://acme.my.cxone.com/api/v2",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.2/",
            "ftp://acme.example/",
            "acme.my.cxone.com",
            "file:///etc/passwd",
            "https://user:secret@acme.example/",
            "https://127.0.0.1@evil.example/",
            "https://acme.example/#x",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://0x0a000001/",
            "",
        ] {
            assert!(check(bad, "API address").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_socket_is_held_to_the_same_policy() {
        for (good, http) in [
            ("wss://acme.cxone.com/api/v2/events?v=1", "https://acme.cxone.com/api/v2/events?v=1"),
            ("ws://127.0.0.1:8080/events", "http://127.0.0.1:8080/events"),
            ("ws://[::1]:9/", "http://[::1]:9/"),
        ] {
            assert_eq!(check_socket(good, "events address").unwrap().url.as_str(), http);
        }
        for bad in [
            "ws://acme.cxone.com/events",
            "https://acme.cxone.com/events",
            "http://127.0.0.1/events",
            "wss://user:secret@acme.example/",
            "wss://10.0.0.1/events",
            "wss:///",
            "",
        ] {
            assert!(check_socket(bad, "events address").is_err(), "{bad}");
        }
        assert!(check("wss://acme.cxone.com/", "API address").is_err());
    }

    #[test]
    fn the_error_never_repeats_the_address() {
        let error = check("https://user:hunter2@acme.example/", "token URL").unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        assert!(error.to_string().contains("token URL"));
    }
}

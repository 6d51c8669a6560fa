//! One request, one answer or one fault. Follows no redirect, repeats nothing, reads at most 16 MiB.

use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, Response, Url};
use tokio::time::timeout;

use super::outcome::Stage;
use super::retry::retry_after;
use super::{Deadlines, Error, RawAnswer, origin};

/// No answer of the contract comes near this.
const LONGEST_ANSWER: usize = 16 << 20;
/// Idle connections are closed before most servers close them: a write on a dying connection has an unknown outcome.
const IDLE: Duration = Duration::from_secs(15);

/// The way to one origin.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    http: Client,
    base: Url,
    first_byte: Duration,
    idle: Duration,
    /// The environment names a proxy on the way.
    proxied: bool,
}

/// An answer with everything that the layers above look at.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) raw: RawAnswer,
    /// `ETag`: the version of what was read or written.
    pub(super) version: Option<String>,
    /// From `Retry-After`, clamped.
    pub(super) after: Option<Duration>,
    /// Scheme and host a redirect points to; never followed.
    pub(super) redirect: Option<String>,
    /// Seconds by which its `Date` is ahead of the clock of this machine; `None` = it tells none.
    pub(super) skew: Option<i64>,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.raw.status
    }
}

/// What kind of thing broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broke {
    /// It may go better next time.
    Passing,
    /// The certificate is not accepted: it will not go better, and nothing was sent.
    Certificate,
    /// More than 16 MiB.
    TooLong,
}

/// No (whole) answer came.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) stage: Stage,
    pub(super) broke: Broke,
    /// The status, where the head of the answer had arrived.
    pub(super) status: Option<u16>,
    /// From `Retry-After` of that head, clamped.
    pub(super) after: Option<Duration>,
    /// What was seen, in words. No URL, no numbers of people, no secrets.
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn error(&self) -> Error {
        if self.status == Some(429) {
            return Error::Throttled { after: self.after };
        }
        match self.broke {
            Broke::TooLong => Error::Protocol { detail: self.detail.clone() },
            Broke::Passing | Broke::Certificate => Error::Unreachable { detail: self.detail.clone() },
        }
    }
}

impl Transport {
    /// Prepares the way to `address`. No connection is made.
    pub(super) fn new(address: &str, what: &str, deadlines: Deadlines) -> Result<Self, Error> {
        Self::to(origin::check(address, what)?, what, deadlines)
    }

    /// Prepares the way to a socket (`wss`, or `ws` on this machine): its handshake is a request like any other, through the
    /// same proxy, with the same certificates.
    pub(super) fn to_socket(address: &str, what: &str, deadlines: Deadlines) -> Result<Self, Error> {
        Self::to(origin::check_socket(address, what)?, what, deadlines)
    }

    pub(super) fn to(checked: origin::Checked, what: &str, deadlines: Deadlines) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let mut builder = Client::builder()
            .user_agent(concat!("quietline/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            // The library's own repeats would hide attempts from the journal.
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(deadlines.connect)
            .timeout(deadlines.total)
            .pool_idle_timeout(IDLE)
            .tls_version_min(reqwest::tls::Version::TLS_1_2);
        if checked.loopback {
            builder = builder.no_proxy();
        }
        builder = match checked.url.scheme() {
            "https" => builder.https_only(true),
            // Plain http needs no root certificates, and a machine without any must still run the demo.
            _ => builder.tls_certs_only(Vec::new()),
        };
        let http = builder
            .build()
            .map_err(|_| Error::Unreachable { detail: format!("no TLS set-up for the {what}") })?;
        let proxied = !checked.loopback && names_proxy(|name| std::env::var_os(name));
        Ok(Self { http, base: checked.url, first_byte: deadlines.first_byte, idle: deadlines.idle, proxied })
    }

    /// A request to a path below the base. Each segment is one name, escaped; what would climb (`..`) is refused.
    pub(super) fn request(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, String)],
    ) -> Result<Request, Error> {
        let mut url = self.base.clone();
        let odd = || Error::Protocol { detail: "an id of the tenant does not fit into an address".into() };
        if !segments.iter().all(|segment| fits_into_address(segment)) {
            return Err(odd());
        }
        url.path_segments_mut().map_err(|()| odd())?.pop_if_empty().extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
        }
        Ok(Request::new(method, url))
    }

    /// A form post to the base itself.
    pub(super) fn form(&self, fields: &[(&str, &str)]) -> Result<Request, Error> {
        self.http
            .post(self.base.clone())
            .form(fields)
            .build()
            .map_err(|_| Error::Protocol { detail: "the token request cannot be written".into() })
    }

    /// The host, for people.
    fn host(&self) -> &str {
        self.base.host_str().unwrap_or("the tenant")
    }

    /// Sends once and reads the whole answer.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, Fault> {
        let response = self.head(request).await?;
        self.read(response).await
    }

    /// Sends once, up to the head of the answer.
    async fn head(&self, request: Request) -> Result<Response, Fault> {
        // Connecting is in this too; it has a deadline of its own, and the sum is what a person waits for.
        match timeout(self.first_byte, self.http.execute(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.fault(&error)),
            Err(_) => Err(self.mute()),
        }
    }

    /// Opens a connection and says no more than a greeting: no secret, no token, and no path of the API. Whatever is answered
    /// is well.
    pub(super) async fn greet(&self) -> Result<(), Fault> {
        let mut url = self.base.clone();
        url.set_path("/");
        url.set_query(None);
        self.head(Request::new(Method::HEAD, url)).await.map(drop)
    }

    /// Asks the base itself, with these headers, and hands back the head of the answer.
    pub(super) async fn knock(&self, headers: HeaderMap) -> Result<Response, Fault> {
        let mut request = Request::new(Method::GET, self.base.clone());
        request.headers_mut().extend(headers);
        self.head(request).await
    }

    /// Posts to the base itself, with these headers, and hands back the head of the answer.
    pub(super) async fn post(&self, headers: HeaderMap, body: Vec<u8>) -> Result<Response, Fault> {
        let mut request = Request::new(Method::POST, self.base.clone());
        request.headers_mut().extend(headers);
        *request.body_mut() = Some(body.into());
        self.head(request).await
    }

    /// Scheme and host that an answer redirects to.
    pub(super) fn redirect_of(&self, response: &Response) -> Option<String> {
        let to = response.headers().get(header::LOCATION).filter(|_| response.status().is_redirection())?;
        let to = self.base.join(to.to_str().ok()?).ok()?;
        Some(to.origin().ascii_serialization())
    }

    async fn read(&self, mut response: Response) -> Result<Answer, Fault> {
        let status = response.status().as_u16();
        let after = after_of(&response);
        let date = response.headers().get(header::DATE).and_then(|value| value.to_str().ok());
        let skew = date.and_then(|text| skew_of(text, SystemTime::now()));
        let request_id = ["x-request-id", "x-correlation-id"]
            .iter()
            .find_map(|name| response.headers().get(*name)?.to_str().ok())
            .filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_graphic()))
            .map(str::to_owned);
        let version = response
            .headers()
            .get(header::ETAG)
            .and_then(|value| value.to_str().ok())
            .filter(|tag| tag.len() <= 256)
            .map(str::to_owned);
        let redirect = self.redirect_of(&response);
        // Half an answer is none, but its head has said what it said.
        let body =
            self.body(&mut response).await.map_err(|fault| Fault { status: Some(status), after, ..fault })?;
        Ok(Answer { raw: RawAnswer { status, body, request_id }, version, after, redirect, skew })
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        loop {
            let chunk = match timeout(self.idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Ok(body),
                Ok(Err(error)) => return Err(self.fault(&error)),
                Err(_) => return Err(self.mute()),
            };
            if body.len() + chunk.len() > LONGEST_ANSWER {
                let detail = format!("{} sent more than 16 MiB", self.host());
                return Err(Fault { broke: Broke::TooLong, detail, ..self.mute() });
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// It went silent after the request had been on its way.
    fn mute(&self) -> Fault {
        let detail = format!("{} did not answer in time", self.host());
        Fault { stage: Stage::AfterSend, broke: Broke::Passing, status: None, after: None, detail }
    }

    /// Puts an error into words of our own: the library's may hold URLs, and with them numbers.
    fn fault(&self, error: &reqwest::Error) -> Fault {
        let host = self.host();
        let mut broke = Broke::Passing;
        let (stage, detail) = if error.is_builder() {
            (Stage::BeforeSend, "the request cannot be written".to_owned())
        } else if !error.is_connect() {
            // Also a kept connection that the server closed under us: the request may have been on its way.
            let what = if error.is_timeout() { "did not answer in time" } else { "broke the connection" };
            (Stage::AfterSend, format!("{host} {what}"))
        } else if let Some(tls) = tls_error(error) {
            broke = Broke::Certificate;
            (Stage::BeforeSend, format!("no secure connection to {host}: {}", tls_trouble(tls)))
        } else {
            // Behind a proxy it is the proxy that was asked, and may be what is in trouble.
            let by =
                if self.proxied { ", by way of the proxy that HTTPS_PROXY or ALL_PROXY names" } else { "" };
            let what = match (error.is_dns(), error.is_timeout()) {
                (true, _) if self.proxied => {
                    format!("{host} cannot be reached: a name cannot be resolved{by}")
                }
                (true, _) => format!("the name {host} cannot be resolved"),
                (false, true) => format!("{host} does not accept a connection in time{by}"),
                (false, false) => format!("{host} does not accept a connection{by}"),
            };
            (Stage::BeforeSend, what)
        };
        Fault { stage, broke, status: None, after: None, detail }
    }
}

/// Whether an id can be one segment of an address: what would climb (`..`) or stand still cannot.
pub fn fits_into_address(id: &str) -> bool {
    !matches!(id, "" | "." | "..")
}

/// Whether the environment names a proxy for `https`. A plain `http` address is on this machine, and never behind one.
fn names_proxy(var: impl Fn(&str) -> Option<std::ffi::OsString>) -> bool {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .any(|name| var(name).is_some_and(|value| !value.is_empty()))
}

/// How long the tenant asks to wait, clamped.
pub(super) fn after_of(response: &Response) -> Option<Duration> {
    let text = |name| response.headers().get_all(name).into_iter().filter_map(|v| v.to_str().ok());
    retry_after(text(header::RETRY_AFTER), text(header::DATE).next(), SystemTime::now())
}

/// Seconds by which the date of an answer is ahead of `now`; below zero = behind.
fn skew_of(date: &str, now: SystemTime) -> Option<i64> {
    let date = httpdate::parse_http_date(date.trim()).ok()?;
    let seconds = |time: std::time::Duration| i64::try_from(time.as_secs()).ok();
    match date.duration_since(now) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => seconds(behind.duration()).map(|n| -n),
    }
}

/// The error of TLS itself, where that is what failed. Such a fault is final: there is no fallback to plain text and nothing
/// to wait for.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(tls) = tls_within(cause) {
            return Some(tls);
        }
        source = cause.source();
    }
    None
}

/// An io error does not tell its content as its source, and one may wrap another.
fn tls_within<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    cause.downcast_ref::<rustls::Error>().or_else(|| {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref)?;
        tls_within(inner)
    })
}

/// What is wrong with a certificate, or with the TLS of whoever answers, in words.
fn tls_trouble(error: &rustls::Error) -> &'static str {
    use rustls::{AlertDescription, CertificateError as Bad, Error};
    match error {
        Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => "its certificate has expired",
        Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet, or the clock of this machine is wrong"
        }
        Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate is for another name"
        }
        Error::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate is of an authority that this machine does not trust"
        }
        Error::InvalidCertificate(Bad::Revoked) => "its certificate was revoked",
        Error::InvalidCertificate(_) => "its certificate is not accepted",
        Error::InvalidMessage(_) => "what answers there speaks no TLS",
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "it offers no TLS of version 1.2 or later"
        }
        _ => "its TLS is not accepted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(base: &str) -> Transport {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Transport::new(base, "API address", Deadlines::default()).unwrap()
    }

    #[test]
    fn ids_are_one_segment_and_cannot_climb() {
        let transport = transport("http://127.0.0.1:9/api/v2/");
        let request = transport.request(Method::GET, &["dnc", "lists", "a/../b?c#d"], &[]).unwrap();
        assert_eq!(request.url().as_str(), "http://127.0.0.1:9/api/v2/dnc/lists/a%2F..%2Fb%3Fc%23d");
        for odd in ["", ".", ".."] {
            assert!(transport.request(Method::DELETE, &["dnc", "entries", odd], &[]).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_named() {
        use rustls::{CertificateError as Bad, Error};
        for (error, words) in [
            (Error::InvalidCertificate(Bad::Expired), "has expired"),
            (Error::InvalidCertificate(Bad::NotValidYet), "not valid yet"),
            (Error::InvalidCertificate(Bad::NotValidForName), "for another name"),
            (Error::InvalidCertificate(Bad::UnknownIssuer), "authority"),
            (Error::InvalidCertificate(Bad::Revoked), "revoked"),
            (Error::InvalidCertificate(Bad::BadSignature), "certificate is not accepted"),
            (Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType), "speaks no TLS"),
            (Error::AlertReceived(rustls::AlertDescription::ProtocolVersion), "1.2"),
            (Error::DecryptError, "TLS is not accepted"),
        ] {
            assert!(tls_trouble(&error).contains(words), "{error:?}: {}", tls_trouble(&error));
        }
    }

    #[test]
    fn a_number_in_the_query_keeps_its_plus() {
        let transport = transport("http://127.0.0.1:9/api/v2");
        let query = [("phoneNumber", "+12025550101".to_owned())];
        let request = transport.request(Method::GET, &["dnc", "entries"], &query).unwrap();
        assert_eq!(request.url().query(), Some("phoneNumber=%2B12025550101"));
    }
}

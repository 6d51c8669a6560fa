//! The receiver of a profile's webhook: one signed try, and what came of it. It shares the way out with the tenant's calls
//! (TLS, proxy, no redirects) and nothing else: no token, no limiter, no circuit.
//!
//! The signature is that of the Standard Webhooks specification: HMAC-SHA-256 over `id.timestamp.body`, in base64.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;

use super::transport::{Transport, after_of};
use super::{Deadlines, Error};
use crate::domain::delivery::Outcome;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes that a secret may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret that messages are signed with. `Debug` does not show it.
#[derive(Clone)]
pub struct WebhookSecret(SecretSlice<u8>);

impl WebhookSecret {
    /// Reads `whsec_` and base64 of 24 to 64 bytes. `None` = it is none.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().strip_prefix(PREFIX)?.trim_end_matches('=');
        let bytes = Zeroizing::new(STANDARD_NO_PAD.decode(text).ok()?);
        LENGTHS.contains(&bytes.len()).then(|| Self(SecretSlice::from(bytes.to_vec())))
    }

    /// `v1,` and the signature of a message.
    fn sign(&self, id: &str, at: i64, body: &[u8]) -> Option<String> {
        // A key of any length will do for this function; there is no error to expect.
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).ok()?;
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The way to a receiver. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Receiver {
    way: Transport,
    secret: WebhookSecret,
}

impl Receiver {
    /// Prepares the way to `url` (https, or http on this machine), with so much time for each try. No call is made.
    pub fn new(url: &str, secret: WebhookSecret, within: Duration) -> Result<Self, Error> {
        let usual = Deadlines::default();
        let deadlines =
            Deadlines { connect: usual.connect.min(within), first_byte: within, idle: within, total: within };
        Ok(Self { way: Transport::new(url, "webhook", deadlines)?, secret })
    }

    /// One try to deliver a message. Its answer is its status: nothing else of it is read.
    pub async fn deliver(&self, id: &str, kind: &str, body: Vec<u8>, now: Timestamp) -> Outcome {
        let failed = |why: &str| Outcome::Failed { why: why.into(), after: None };
        let at = now.as_second();
        let mut headers = HeaderMap::new();
        let Some(signature) = self.secret.sign(id, at, &body) else { return failed("it cannot be signed") };
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", &at.to_string()),
            ("webhook-signature", &signature),
            ("x-event-type", kind),
            ("content-type", "application/json"),
        ] {
            let Ok(value) = HeaderValue::from_str(value) else { return failed("it cannot be written") };
            headers.insert(name, value);
        }
        match self.way.post(headers, body).await {
            Err(fault) => failed(&fault.detail),
            Ok(response) => match response.status().as_u16() {
                200..=299 => Outcome::Delivered,
                410 => Outcome::Gone,
                status => {
                    let redirects =
                        if (300..400).contains(&status) { ": redirects are not followed" } else { "" };
                    let why = format!("it answered {status}{redirects}");
                    Outcome::Failed { why, after: after_of(&response) }
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = WebhookSecret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn only_a_secret_of_the_specification_is_one() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for good in [24, 32, 64] {
            assert!(WebhookSecret::read(&of(good)).is_some(), "{good}");
            assert!(WebhookSecret::read(&format!(" {}\n", of(good))).is_some(), "{good} with a line end");
        }
        for bad in [of(23), of(65), of(0), "whsec_".into(), STANDARD.encode([7; 32]), "whsec_äöü".into()] {
            assert!(WebhookSecret::read(&bad).is_none(), "{bad}");
        }
        let shown = format!("{:?}", WebhookSecret::read(&of(24)).unwrap());
        assert_eq!(shown, "WebhookSecret(…)");
    }

    #[test]
    fn a_receiver_is_held_to_the_policy_of_addresses() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let secret = WebhookSecret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        for (url, good) in [
            ("https://hooks.example.com/dnc?team=1", true),
            ("http://127.0.0.1:9/hooks", true),
            ("http://hooks.example.com/dnc", false),
            ("https://169.254.169.254/latest", false),
            ("https://user:secret@hooks.example.com/", false),
        ] {
            assert_eq!(Receiver::new(url, secret.clone(), Duration::from_secs(1)).is_ok(), good, "{url}");
        }
    }
}

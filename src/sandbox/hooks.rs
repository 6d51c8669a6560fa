//! `/__sandbox/hooks`: somebody who listens. It checks signatures by its own code, keeps what came, and answers as told.
//!
//! - `POST hooks`: a message. `200` where its signature is right and its time is near, else `401`.
//! - `GET hooks`: what came, oldest first: `{"received":[{"id","type","verified","body","sha256","answered"}]}`.
//! - `POST hooks/next {"status"|"do","next","retryAfter"}`: how the next messages are answered: with a status, or
//!   `"hang"` (no answer), `"drop"` (the connection breaks). A redirect leads to `hooks/elsewhere`, where a message counts
//!   as one that followed.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::call::{Call, Reply};
use super::check::Millis;

/// What messages have to be signed with. It guards nothing.
pub(super) const SECRET: &str = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0wMDAx";
/// Seconds by which the time of a message may be off.
const TOLERANCE: u64 = 300;
/// Bytes that SHA-256 takes at once.
const BLOCK: usize = 64;

/// How a message is answered.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Status(u16, Option<u64>),
    Hang,
    Drop,
}

/// What came, and how the next is answered.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    received: Vec<Value>,
    next: VecDeque<Manner>,
}

/// What becomes of the connection.
pub(super) enum Answered {
    Reply(Reply),
    Hang,
    Drop,
}

impl Hooks {
    /// Serves what is behind `hooks`; `None` = there is no such path.
    pub(super) fn serve(&mut self, call: &Call, now: Millis) -> Option<Answered> {
        let path = call.path.strip_prefix("/__sandbox/hooks")?;
        match (call.method.as_str(), path) {
            ("POST", "") => Some(self.receive(call, now, "")),
            ("POST" | "GET", "/elsewhere") => Some(self.receive(call, now, "followed a redirect")),
            ("GET", "") => Some(Answered::Reply(Reply::json(200, &json!({ "received": self.received })))),
            ("POST", "/next") => Some(Answered::Reply(self.order(call).unwrap_or_else(|refused| refused))),
            ("POST", "/forget") => {
                self.next.clear();
                Some(Answered::Reply(Reply::empty(204)))
            }
            _ => None,
        }
    }

    fn receive(&mut self, call: &Call, now: Millis, note: &str) -> Answered {
        let verified = verified(call, now);
        let manner = self.next.pop_front();
        let answered = match manner {
            Some(Manner::Status(status, _)) => json!(status),
            Some(Manner::Hang) => json!("hang"),
            Some(Manner::Drop) => json!("drop"),
            None if verified => json!(200),
            None => json!(401),
        };
        self.received.push(json!({
            "id": call.header("webhook-id"),
            "type": call.header("x-event-type"),
            "timestamp": call.header("webhook-timestamp"),
            "authorization": call.header("authorization"),
            "verified": verified,
            "body": serde_json::from_slice::<Value>(&call.body).unwrap_or_default(),
            "sha256": Sha256::digest(&call.body).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "answered": answered,
            "note": note,
        }));
        match manner {
            Some(Manner::Hang) => Answered::Hang,
            Some(Manner::Drop) => Answered::Drop,
            Some(Manner::Status(status, after)) => {
                let reply = Reply::error(status, "AS_TOLD", "the answer that was asked for");
                let reply = match after {
                    Some(after) => reply.with("Retry-After", after.to_string()),
                    None => reply,
                };
                Answered::Reply(match status {
                    300..=399 => reply.with("Location", "/__sandbox/hooks/elsewhere"),
                    _ => reply,
                })
            }
            None if verified => Answered::Reply(Reply::empty(200)),
            None => Answered::Reply(Reply::error(401, "BAD_SIGNATURE", "the signature is not right")),
        }
    }

    fn order(&mut self, call: &Call) -> Result<Reply, Reply> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Order {
            status: Option<u16>,
            r#do: Option<String>,
            next: Option<usize>,
            retry_after: Option<u64>,
        }
        let order: Order = call.json()?;
        let manner = match (order.status, order.r#do.as_deref()) {
            (Some(status @ 200..=599), None) => Manner::Status(status, order.retry_after),
            (None, Some("hang")) => Manner::Hang,
            (None, Some("drop")) => Manner::Drop,
            _ => return Err(Reply::error(400, "INVALID_FAULT", "a status, or do: hang or drop")),
        };
        self.next.extend(std::iter::repeat_n(manner, order.next.unwrap_or(1)));
        Ok(Reply::empty(204))
    }
}

fn verified(call: &Call, now: Millis) -> bool {
    let (id, at) = (call.header("webhook-id"), call.header("webhook-timestamp"));
    let near =
        at.parse::<u64>().is_ok_and(|at| at.abs_diff(u64::try_from(now / 1_000).unwrap_or(0)) <= TOLERANCE);
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap_or_default();
    let signed = [id.as_bytes(), b".", at.as_bytes(), b".", &call.body].concat();
    let wanted = format!("v1,{}", STANDARD.encode(hmac(&key, &signed)));
    near && !id.is_empty() && call.header("webhook-signature").split(' ').any(|given| given == wanted)
}

/// RFC 2104, for keys of at most one block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let pad = |with: u8| {
        let mut block = [with; BLOCK];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, cases 1 and 2.
    #[test]
    fn the_signature_is_that_of_the_standard() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hex(hmac(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}

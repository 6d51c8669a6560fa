//! Signed checkpoints (Ed25519): so many events, this head. Whoever keeps one elsewhere, or only the public key, sees a trail
//! that was cut or written anew by somebody without the signing key. Who holds the key can sign anything: that is the
//! user of this machine.

use std::sync::Arc;

use jiff::Timestamp;
use ring::hmac;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use rusqlite::{Connection, OptionalExtension};

use super::super::NewEvent;
use super::super::audit::append;
use super::super::codec::hex;
use super::super::error::Error;
use super::super::folder::random;
use super::record::{COLUMNS, head};
use crate::domain::audit::{AuditEvent, Checkpoint};

pub(super) const KIND: &str = "trail.checkpoint";

/// The keys of a trail: one signs its checkpoints, one stands behind its pseudonyms. Never shown.
#[derive(Clone)]
pub struct TrailKeys {
    pair: Arc<Ed25519KeyPair>,
    pseudonyms: hmac::Key,
}

impl std::fmt::Debug for TrailKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrailKeys({})", self.public())
    }
}

impl TrailKeys {
    /// New keys as the text that is stored: two times 32 random bytes in hexadecimal, a blank between them.
    pub fn generate() -> Result<String, Error> {
        Ok(format!("{} {}", hex(&random::<32>()?), hex(&random::<32>()?)))
    }

    /// The keys in a stored text; `None` = it is not one.
    pub fn from_text(text: &str) -> Option<Self> {
        let (seed, pseudonyms) = text.trim().split_once(' ')?;
        let (seed, pseudonyms) = (bytes::<32>(seed)?, bytes::<32>(pseudonyms)?);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        Some(Self { pair: Arc::new(pair), pseudonyms: hmac::Key::new(hmac::HMAC_SHA256, &pseudonyms) })
    }

    /// The public key that checkpoints are verified with, lower-case hex.
    pub fn public(&self) -> String {
        hex(self.pair.public_key().as_ref())
    }

    /// HMAC-SHA-256 under the key of the pseudonyms.
    pub(in crate::ledger) fn tag(&self, text: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.pseudonyms, text).as_ref());
        tag
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (place, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *place = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// What is signed: three lines, of which the first says whose trail it is by the hash of its first event.
fn note(origin: &str, records: u64, head: &str) -> String {
    format!("quietline trail {origin}\n{records}\n{head}\n")
}

/// Signs the trail as it is, as an event of its own. Returns the head then.
pub(super) fn sign(
    connection: &Connection,
    keys: &TrailKeys,
    actor: &str,
    at: Timestamp,
) -> Result<String, Error> {
    let (records, before) = head(connection)?;
    let last: Option<Vec<u8>> = connection
        .query_row("SELECT CAST(kind AS BLOB) FROM events ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    if last.is_none_or(|kind| kind == KIND.as_bytes()) {
        return Ok(before);
    }
    let origin: Vec<u8> =
        connection
            .query_row("SELECT CAST(hash AS BLOB) FROM events ORDER BY seq LIMIT 1", [], |row| row.get(0))?;
    let origin = String::from_utf8_lossy(origin.get(..16).unwrap_or(&origin)).into_owned();
    let signature = hex(keys.pair.sign(note(&origin, records, &before).as_bytes()).as_ref());
    let effect = format!(
        "{records} events, head {before}, origin {origin}, key {}, signature {signature}",
        keys.public()
    );
    let event =
        NewEvent { at, actor: actor.to_owned(), kind: KIND, object: "trail".into(), effect, reason: None };
    append(connection, &event)?;
    Ok(head(connection)?.1)
}

/// The checkpoint of an event; `None` = its signature is not one of the key that it names.
pub(super) fn read_signed(effect: &str) -> Option<(u64, String, String)> {
    let (records, rest) = effect.split_once(" events, head ")?;
    let (head, rest) = rest.split_once(", origin ")?;
    let (origin, rest) = rest.split_once(", key ")?;
    let (key, signature) = rest.split_once(", signature ")?;
    let records = records.parse().ok()?;
    let public = UnparsedPublicKey::new(&ED25519, bytes::<32>(key)?);
    public.verify(note(origin, records, head).as_bytes(), &bytes::<64>(signature)?).ok()?;
    Some((records, head.to_owned(), key.to_owned()))
}

/// See [`read_signed`].
pub(super) fn read(event: &AuditEvent) -> Option<Checkpoint> {
    let (records, head, key) = read_signed(&event.effect)?;
    Some(Checkpoint { records, head, at: event.at, key })
}

/// The newest checkpoint whose signature fits.
pub(super) fn newest(connection: &Connection) -> Result<Option<Checkpoint>, Error> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM events WHERE kind = '{KIND}' ORDER BY seq DESC LIMIT 1"
    ))?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(super::record::read(row)?.ok().and_then(|(_, event)| read(&event)))
}

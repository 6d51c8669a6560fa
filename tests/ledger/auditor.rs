//! An auditor of their own: verifies table and mirror by the documented form, with other code than the program's. Its forger
//! knows that form too.

use std::fs;
use std::path::Path;

use quietline::domain::audit::AuditEvent;
use ring::digest::{Context, SHA256};
use ring::signature::{ED25519, UnparsedPublicKey};
use rusqlite::Connection;
use serde_json::Value;

pub struct Event {
    seq: i64,
    at: i64,
    texts: [String; 4],
    reason: Option<String>,
    hash: String,
}

/// Number of events and the head, or the position of the first that does not fit.
pub type Verdict = Result<(u64, String), i64>;

pub fn of_table(path: &Path) -> Verdict {
    verify(&read(&Connection::open(path).unwrap()))
}

pub fn of_mirror(path: &Path) -> Verdict {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let events: Vec<Event> = fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|e| Event {
            seq: e["seq"].as_i64().unwrap(),
            at: e["at"].as_i64().unwrap(),
            texts: ["actor", "kind", "object", "effect"].map(|name| text(&e[name])),
            reason: e["reason"].as_str().map(str::to_owned),
            hash: text(&e["hash"]),
        })
        .collect();
    verify(&events)
}

fn read(connection: &Connection) -> Vec<Event> {
    let sql = "SELECT seq, at, actor, kind, object, effect, reason, hash FROM events ORDER BY seq";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok(Event {
            seq: row.get(0)?,
            at: row.get(1)?,
            texts: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?],
            reason: row.get(6)?,
            hash: row.get(7)?,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn verify(events: &[Event]) -> Verdict {
    let mut before = "0".repeat(64);
    for (event, position) in events.iter().zip(1..) {
        if event.seq != position || event.hash != hash(&before, event) {
            return Err(position);
        }
        before.clone_from(&event.hash);
    }
    Ok((events.len() as u64, before))
}

/// The hash that an event has behind another one.
pub fn hash_of(before: &str, event: &AuditEvent) -> String {
    let texts = [&event.actor, &event.kind, &event.object, &event.effect].map(String::clone);
    let (seq, at) = (event.seq as i64, event.at.as_microsecond());
    hash(before, &Event { seq, at, texts, reason: event.reason.clone(), hash: String::new() })
}

fn hash(before: &str, event: &Event) -> String {
    let mut parts: Vec<Vec<u8>> =
        vec![before.into(), event.seq.to_le_bytes().into(), event.at.to_le_bytes().into()];
    parts.extend(event.texts.iter().map(|text| text.clone().into_bytes()));
    match &event.reason {
        None => parts.push(vec![0]),
        Some(reason) => parts.extend([vec![1], reason.clone().into_bytes()]),
    }
    let mut all = Context::new(&SHA256);
    for part in parts {
        all.update(&(part.len() as u64).to_le_bytes());
        all.update(&part);
    }
    all.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the signature of a checkpoint's sentence is one of the key that it names.
pub fn is_signed(effect: &str) -> bool {
    let words: Vec<&str> = effect.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let after = |name: &str| words[words.iter().position(|word| *word == name).unwrap() + 1];
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    let note = format!("quietline trail {}\n{}\n{}\n", after("origin"), words[0], after("head"));
    let key = UnparsedPublicKey::new(&ED25519, bytes(after("key")));
    key.verify(note.as_bytes(), &bytes(after("signature"))).is_ok()
}

/// Makes the chain of a table that was changed fit again.
pub fn hash_anew(connection: &Connection) {
    let mut before = "0".repeat(64);
    for event in read(connection) {
        before = hash(&before, &event);
        connection.execute("UPDATE events SET hash = ?1 WHERE seq = ?2", (&before, event.seq)).unwrap();
    }
}

/// Makes a mirror that fits the table.
pub fn mirror_anew(connection: &Connection, path: &Path) {
    let mut text = String::new();
    for e in read(connection) {
        let [actor, kind, object, effect] = e.texts.map(|text| ascii(&text));
        let reason = e.reason.map_or("null".into(), |reason| ascii(&reason));
        let (seq, at, hash) = (e.seq, e.at, ascii(&e.hash));
        text += &format!(
            "{{\"seq\":{seq},\"at\":{at},\"actor\":{actor},\"kind\":{kind},\"object\":{object},\"effect\":{effect},\
             \"reason\":{reason},\"hash\":{hash}}}\n"
        );
    }
    fs::write(path, text).unwrap();
}

fn ascii(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap();
    json.chars()
        .map(|c| match c {
            c if c.is_ascii() => c.to_string(),
            c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        })
        .collect()
}

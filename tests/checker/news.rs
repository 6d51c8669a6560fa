//! What whoever listens to the runs was told: each message at least once, always with the same body, and nothing better than
//! what is so.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Evidence, Faults, digits, trail};

/// Counts that a message shares with the run.
const COUNTS: [&str; 8] =
    ["rows", "accepted", "unchanged", "duplicates", "removed", "rejected", "dead_letters", "unaccounted"];

/// A message as it stands in the outbox.
struct Message {
    kind: String,
    run: String,
    body: Value,
    sha256: String,
    state: String,
}

fn outbox(evidence: &Evidence) -> BTreeMap<String, Message> {
    let Some(db) = trail::open(&evidence.ledger) else { return BTreeMap::new() };
    let mut statement = db.prepare("SELECT id, kind, run, body, state FROM outbox").unwrap();
    let rows = statement.query_map([], |row| {
        let body: Vec<u8> = row.get(3)?;
        let sha256 = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok((row.get(0)?, Message { kind: row.get(1)?, run: row.get(2)?, body, sha256, state: row.get(4)? }))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Messages that nobody has said to be delivered.
pub fn waiting(ledger: &std::path::Path) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
    trail::open(ledger).and_then(|db| db.query_row(sql, [], |row| row.get(0)).ok()).unwrap_or(0)
}

pub(super) fn check(evidence: &Evidence, faults: &mut Faults) {
    let messages = outbox(evidence);
    let Some(told) = &evidence.told else {
        faults.claim(messages.is_empty(), "I12", || "nobody listens, and there are messages".into());
        return;
    };
    let mut came: HashSet<&str> = HashSet::new();
    for it in told {
        let id = it["id"].as_str().unwrap_or_default();
        let message = messages.get(id);
        faults.claim(it["verified"] == true, "I12", || format!("message {id} is not signed as it must be"));
        let is_same = message.is_some_and(|message| {
            it["sha256"] == message.sha256.as_str() && it["type"] == message.kind.as_str()
        });
        faults.claim(is_same, "I12", || format!("message {id} is not the one that the outbox holds"));
        came.insert(id);
        let plain = it["body"].to_string();
        let shows = digits(&evidence.meaning).into_iter().any(|number| plain.contains(number));
        let tells = evidence.secrets.iter().any(|secret| plain.contains(secret.as_str()));
        faults.claim(!shows && !tells, "I14", || format!("message {id} holds a number or a secret"));
    }
    for (id, message) in &messages {
        let there = came.contains(id.as_str()) && message.state == "delivered";
        faults.claim(there, "I12", || {
            format!(
                "message {id} ({}) is {}, came: {}",
                message.kind,
                message.state,
                came.contains(id.as_str())
            )
        });
    }
    of_this_run(evidence, &messages, faults);
}

/// The end of the run is told as it is.
fn of_this_run(evidence: &Evidence, messages: &BTreeMap<String, Message>, faults: &mut Faults) {
    let run = &evidence.run;
    let ours: Vec<&Message> =
        messages.values().filter(|message| run["run"] == message.run.as_str()).collect();
    let of_kind = |end: &str| ours.iter().filter(|message| message.kind.ends_with(end)).count();
    faults.claim(of_kind(".complete") > 0, "I12", || "nobody was told that all of it is sent".into());
    let is_ready = run["state"] == "ready";
    faults.claim(is_ready == (of_kind(".ready") > 0), "I7", || {
        format!("FALSE GREEN: the run is {}, and {} messages call it ready", run["state"], of_kind(".ready"))
    });
    let is_end = |message: &&&Message| !message.kind.ends_with(".interrupted");
    for message in ours.iter().filter(is_end) {
        let data = &message.body["data"];
        let differs: Vec<&str> = COUNTS.into_iter().filter(|count| data[*count] != run[*count]).collect();
        faults.claim(differs.is_empty(), "I12", || {
            format!("{} tells other counts than the run: {differs:?}", message.kind)
        });
    }
}

//! `/__sandbox/*`: the truth, and the levers. No token needed; not part of the tenant's interface.
//!
//! - `GET log[?after=SEQ]`: every call so far, oldest first.
//! - `GET state[?listId=ID|NAME]`: every list with every record, rules, counters, keys, duplicates.
//! - `POST lose {"listId","count"}`: removes the records written last and tells their numbers.
//! - `POST fault {"do","next","on","skip"}`: the next calls of a family fail; words in `story.rs`.
//! - `POST revoke`: no token is accepted any more. `POST forget`: idempotency keys are forgotten.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Reply};
use super::check::Millis;
use super::log::Line;
use super::routes;
use super::state::State;
use super::story::{Family, Fault, Scripted};

/// An answer, or what is left to do for one. Writing the truth out takes long, and the tenant must not stand still for
/// it: the work goes on with a copy, outside the lock.
pub(super) enum Served {
    Now(Reply),
    Later(Box<dyn FnOnce() -> Reply + Send>),
}

/// Serves a control route; `None` = the path is not one.
pub(super) fn serve(state: &mut State, call: &Call, now: Millis) -> Option<Served> {
    let name = call.path.strip_prefix("/__sandbox/")?;
    let served = match (call.method.as_str(), name) {
        ("GET", "log") => return Some(log(state, call).unwrap_or_else(Served::Now)),
        ("GET", "state") => return Some(truth(state, call).unwrap_or_else(Served::Now)),
        ("POST", "lose") => lose(state, call, now),
        ("POST", "fault") => fault(state, call),
        ("POST", "revoke") => {
            state.tokens.clear();
            Ok(Reply::empty(204))
        }
        ("POST", "forget") => {
            state.keys.clear();
            Ok(Reply::empty(204))
        }
        _ => Err(Reply::not_found("control route")),
    };
    Some(Served::Now(served.unwrap_or_else(|refused| refused)))
}

fn log(state: &State, call: &Call) -> Result<Served, Reply> {
    let after = call.number("after", 0, (0, usize::MAX))? as u64;
    let lines: Vec<Line> = state.log.iter().filter(|line| line.seq > after).cloned().collect();
    Ok(Served::Later(Box::new(move || Reply::json(200, &lines.iter().map(Line::to_json).collect()))))
}

fn find(state: &State, wanted: &str) -> Result<usize, Reply> {
    let found = state.list_index(wanted).or_else(|| state.lists.iter().position(|l| l.name == wanted));
    found.ok_or_else(|| Reply::not_found("list"))
}

fn truth(state: &State, call: &Call) -> Result<Served, Reply> {
    let only = call.field("listId").map(|wanted| find(state, wanted)).transpose()?;
    let copy = state.copy(only);
    Ok(Served::Later(Box::new(move || written(&copy, only))))
}

fn written(state: &State, only: Option<usize>) -> Reply {
    let (mut lists, mut duplicates) = (Vec::new(), Vec::new());
    for (n, list) in state.lists.iter().enumerate().filter(|(n, _)| only.is_none_or(|only| only == *n)) {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for record in &list.records {
            *counts.entry(record.number).or_default() += 1;
        }
        for (number, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
            duplicates
                .push(json!({ "listId": list.id, "phoneNumber": format!("+{number}"), "records": count }));
        }
        let records: Vec<Value> =
            list.records.iter().map(|record| routes::entry_json(state, n, record)).collect();
        lists.push(json!({ "id": list.id, "name": list.name, "isActive": list.active, "records": records }));
    }
    let keys: BTreeMap<&str, Value> = state
        .keys
        .iter()
        .map(|(key, used)| (key.as_str(), json!({ "seen": used.seen, "applied": used.applied })))
        .collect();
    let rules: Vec<Value> = state.rules.iter().map(routes::rule_json).collect();
    let counters = &state.counters;
    Reply::json(
        200,
        &json!({
            "lists": lists,
            "rules": rules,
            "duplicates": duplicates,
            "keys": keys,
            "counters": {
                "requests": counters.requests,
                "tokens": counters.tokens,
                "entries_calls": counters.entries_calls,
                "overshoots": counters.overshoots,
                "query_overshoots": counters.query_overshoots,
                "rows": counters.rows,
                "faults": counters.faults,
            },
        }),
    )
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoseBody {
    list_id: String,
    count: usize,
}

fn lose(state: &mut State, call: &Call, now: Millis) -> Result<Reply, Reply> {
    let body: LoseBody = call.json()?;
    let list = find(state, &body.list_id)?;
    let records = &state.lists[list].records;
    let written = records.iter().rev().filter(|record| record.key.is_some());
    let seeded = records.iter().rev().filter(|record| record.key.is_none());
    let going: Vec<u64> = written.chain(seeded).take(body.count).map(|record| record.seq).collect();
    let lost: Vec<String> =
        going.into_iter().filter_map(|seq| state.remove(seq)).map(|r| format!("+{}", r.number)).collect();
    state.counters.requests += 1;
    state.log.push(Line {
        seq: state.counters.requests,
        at: now,
        method: "POST".into(),
        path: call.path.clone(),
        status: 200,
        keys: Vec::new(),
        applied: lost.len(),
        fault: Some("lose"),
    });
    Ok(Reply::json(200, &json!({ "lost": lost })))
}

#[derive(Debug, Deserialize)]
struct FaultBody {
    r#do: String,
    next: Option<u64>,
    on: Option<String>,
    skip: Option<u64>,
}

fn fault(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: FaultBody = call.json()?;
    let unknown = |what: &str| Reply::error(400, "INVALID_FAULT", &format!("unknown {what}"));
    let fault = Fault::from_word(&body.r#do).ok_or_else(|| unknown("fault"))?;
    let family = match body.on.as_deref() {
        None | Some("any") => None,
        Some(word) => Some(Family::from_word(word).ok_or_else(|| unknown("family"))?),
    };
    let times = body.next.unwrap_or(1);
    if times > 0 {
        state.script.push_back(Scripted { fault, family, skip: body.skip.unwrap_or(0), times });
    }
    Ok(Reply::empty(204))
}

//! The truth: what the tenant really holds, whatever the client was told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::Reply;
use super::check::Millis;
use super::outbound::Outbound;
use super::routes;
use super::state::{Counters, State};
use super::suppression::{Suppressed, Suppression};

/// Writes a copy of the state out; `only` = one list.
pub(super) fn written(state: &State, only: Option<usize>, now: Millis) -> Reply {
    let (mut lists, mut duplicates) = (Vec::new(), Vec::new());
    for (n, list) in state.lists.iter().enumerate().filter(|(n, _)| only.is_none_or(|only| only == *n)) {
        for (number, count) in repeated(list.records.iter().map(|record| record.number)) {
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
    let mut truth = json!({
        "lists": lists,
        "rules": rules,
        "duplicates": duplicates,
        "keys": keys,
        "counters": counters(&state.counters),
        "feed": state.feed.to_json(),
    });
    if only.is_none() {
        truth["suppressionLists"] = suppression(&state.suppression);
        truth["contactLists"] = contact_lists(&state.outbound);
        truth["contactDuplicates"] = doubled_contacts(&state.outbound);
        truth["jobs"] = jobs(&state.outbound, now);
    }
    Reply::json(200, &truth)
}

/// Numbers that come more than once, and how often.
fn repeated(numbers: impl Iterator<Item = u64>) -> impl Iterator<Item = (u64, usize)> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1)
}

fn counters(counters: &Counters) -> Value {
    let families: BTreeMap<&str, Value> = counters
        .families
        .iter()
        .map(|(word, tally)| (*word, json!({ "calls": tally.calls, "overshoots": tally.overshoots })))
        .collect();
    json!({
        "requests": counters.requests,
        "tokens": counters.tokens,
        "entries_calls": counters.entries_calls,
        "overshoots": counters.overshoots,
        "query_overshoots": counters.query_overshoots,
        "rows": counters.rows,
        "faults": counters.faults,
        "families": families,
        "contacts_in_flight_most": counters.in_flight.1,
    })
}

fn suppression(suppression: &Suppression) -> Value {
    let lists = suppression.lists.iter().map(|list| {
        let contacts: Vec<Value> = list.contacts.iter().map(Suppressed::to_json).collect();
        let mut json = list.to_json();
        json["contacts"] = contacts.into();
        json
    });
    lists.collect()
}

fn contact_lists(outbound: &Outbound) -> Value {
    let lists = outbound.lists.iter().map(|list| {
        let contacts: Vec<Value> =
            list.contacts.iter().map(|place| outbound.contacts[*place].to_json(true)).collect();
        json!({ "id": list.id, "name": list.name, "contacts": contacts })
    });
    lists.collect()
}

fn doubled_contacts(outbound: &Outbound) -> Value {
    let lists = outbound.lists.iter().flat_map(|list| {
        let numbers = list.contacts.iter().map(|place| outbound.contacts[*place].number);
        repeated(numbers).map(|(number, count)| {
            json!({ "contactListId": list.id, "phoneNumber": format!("+{number}"), "contacts": count })
        })
    });
    lists.collect()
}

fn jobs(outbound: &Outbound, now: Millis) -> Value {
    let jobs = outbound.jobs.iter().map(|job| {
        let mut json = job.to_json(now);
        json["contactListId"] = outbound.lists[job.list].id.as_str().into();
        json["fate"] = job.fate.word().into();
        json["items"] = job.sent.into();
        json["applied"] = job.applied.into();
        json
    });
    jobs.collect()
}

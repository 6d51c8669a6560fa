//! Somebody else who writes to the same lists: between two calls, and so between two pages of a walk too. What they do, and
//! when, follows from the seed and from the number of calls on entries and items so far.

use std::sync::Arc;

use serde_json::Value;

use super::call::Call;
use super::check::Millis;
use super::family::Family;
use super::log::Line;
use super::rng::{self, Rng};
use super::state::{Record, State};
use super::world;

/// The word in the truth log, and the source of their records.
const WORD: &str = "other_writer";

/// Lets them act before a call, where it is their turn.
pub(super) fn act(state: &mut State, family: Family, call: &Call, now: Millis) {
    let one_in = state.properties.other_writer;
    if one_in == 0 {
        return;
    }
    let Some(list) = list_of(state, family, call) else { return };
    state.others.0 += 1;
    if !state.others.0.is_multiple_of(one_in) {
        return;
    }
    state.others.1 += 1;
    let mut rng = Rng::new(rng::draw(state.options.seed, 16, state.others.1));
    let there = state.lists[list].records.len() as u64;
    let (method, path) = if rng.below(2) == 0 && there > 0 {
        let seq = state.lists[list].records[rng.below(there) as usize].seq;
        let path = format!("/api/v2/dnc/entries/{}", state.entry_id(seq));
        state.remove(seq);
        ("DELETE", path)
    } else {
        add(state, list, &mut rng, now);
        ("POST", "/api/v2/dnc/entries".to_owned())
    };
    state.counters.requests += 1;
    state.log.push(Line {
        seq: state.counters.requests,
        at: now,
        method: method.into(),
        path,
        status: if method == "POST" { 201 } else { 204 },
        keys: Vec::new(),
        applied: 1,
        fault: Some(WORD),
    });
}

/// The list that a call is about; `None` where it is about all of them, or about something else.
fn list_of(state: &State, family: Family, call: &Call) -> Option<usize> {
    match family {
        Family::EntriesRead => state.list_index(call.field("listId")?),
        Family::EntriesWrite if call.method == "POST" => {
            let body: Value = serde_json::from_slice(&call.body).ok()?;
            state.list_index(body["data"][0]["listId"].as_str()?)
        }
        Family::EntriesWrite => {
            let seq = state.entry_seq(call.path.rsplit('/').next()?)?;
            state.by_seq.get(&seq).copied()
        }
        Family::ItemsRead | Family::ItemsWrite => state.list_index(call.path.split('/').nth_back(1)?),
        _ => None,
    }
}

/// Adds a number that is not on the list yet.
fn add(state: &mut State, list: usize, rng: &mut Rng, now: Millis) {
    let number = loop {
        let number = world::fresh(rng, 202);
        if state.records_of(number).all(|(on, _)| on != list) {
            break number;
        }
    };
    let record = Record {
        seq: 0,
        number,
        jurisdiction: Some(Arc::from("US-DC")),
        expires: None,
        source: Some(Arc::from(WORD)),
        notes: None,
        key: Some(format!("{WORD}-{}", state.others.1)),
        created: now,
        listed: now,
        enforced: state.enforced(now),
    };
    state.insert(list, record);
}

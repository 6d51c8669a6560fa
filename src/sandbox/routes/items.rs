//! `/dnc/lists/{id}/items`: the other dialect of writing to a list. An item is a record without a jurisdiction, so that
//! entries, items and the record query look at the same thing.
//!
//! An item has no verdict of its own: a row that cannot be taken makes the whole call `400`, and nothing is applied. A
//! number that is on the list already is taken and makes no record.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::check::{self, Millis};
use super::super::fault::Fault;
use super::super::state::{Record, State};
use super::paging;

/// Items of one call.
const MOST_ITEMS: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item {
    phone_number: String,
    source: Option<String>,
    notes: Option<String>,
}

fn to_json(state: &State, record: &Record) -> Value {
    let mut json = json!({
        "id": state.entry_id(record.seq),
        "phoneNumber": format!("+{}", record.number),
    });
    if let Some(source) = &record.source {
        json["source"] = (**source).into();
    }
    if let Some(notes) = &record.notes {
        json["notes"] = (**notes).into();
    }
    json
}

pub(super) fn page(
    state: &State,
    call: &Call,
    id: &str,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    let list = state.list_index(id).ok_or_else(|| Reply::not_found("list"))?;
    let listed: Vec<&Record> = state.lists[list].records.iter().filter(|r| r.listed <= now).collect();
    paging::entities(call, fault, (100, 1_000), listed, |record| to_json(state, record))
}

pub(super) fn write(
    state: &mut State,
    call: &Call,
    id: &str,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    let list = state.list_index(id).ok_or_else(|| Reply::not_found("list"))?;
    let rows: Vec<Value> = call.json()?;
    state.counters.rows += rows.len() as u64;
    if rows.len() > MOST_ITEMS {
        return Err(Reply::error(
            413,
            "PAYLOAD_TOO_LARGE",
            "at most 10,000 items in one call; nothing was applied",
        ));
    }
    if rows.is_empty() {
        return Err(Reply::error(400, "INVALID_BODY", "the body holds no items"));
    }
    let sent = rows.len();
    // Read whole before anything is written.
    let items: Vec<(u64, Item)> = rows
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            read(row).map_err(|(code, message)| {
                Reply::error(400, code, &format!("items[{index}]: {message}; nothing was applied"))
            })
        })
        .collect::<Result<_, _>>()?;
    let reached = match fault {
        Some(Fault::Lie) => 0,
        Some(Fault::ResetMidway) => sent / 2,
        _ => sent,
    };
    let made = items.into_iter().take(reached).filter(|item| put(state, list, item, now)).count();
    let queued = if fault == Some(Fault::Omit) { sent - 1 } else { sent };
    Ok(Reply::json(202, &json!({ "queued": queued })).applying(made))
}

fn read(row: Value) -> Result<(u64, Item), (&'static str, &'static str)> {
    let item: Item = serde_json::from_value(row)
        .map_err(|_| ("INVALID_ROW", "the item does not have the fields of an item"))?;
    let number =
        check::e164(&item.phone_number).ok_or(("INVALID_PHONE_NUMBER", "phoneNumber must be in E.164"))?;
    if check::is_toll_free(number) {
        return Err(("REJECTED_BY_POLICY", "toll-free numbers are kept off this tenant's lists"));
    }
    Ok((number, item))
}

/// Puts an item on a list; `false` = the number is there.
fn put(state: &mut State, list: usize, (number, item): &(u64, Item), now: Millis) -> bool {
    // An expired record suppresses nothing, so it does not stand in the way.
    if state.records_of(*number).any(|(on, record)| on == list && record.is_live(now)) {
        return false;
    }
    let record = Record {
        seq: 0,
        number: *number,
        jurisdiction: None,
        expires: state.lists[list].default_expires,
        source: item.source.as_deref().map(Arc::from),
        notes: item.notes.as_deref().map(Arc::from),
        key: None,
        created: now,
        listed: now.saturating_add(check::millis(state.options.items_delay)),
        enforced: state.enforced(now),
    };
    state.insert(list, record);
    true
}

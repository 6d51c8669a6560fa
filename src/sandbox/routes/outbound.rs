//! `/outbound`: bulk inserts, their jobs, and contact lists read back.
//!
//! A bulk insert has no idempotency: sent twice, it makes every contact twice.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::call::{Call, Reply};
use super::super::check::{self, Millis};
use super::super::fault::Fault;
use super::super::outbound::{Contact, Job, Row};
use super::super::state::State;
use super::paging;

/// Contacts of one call.
const MOST_ITEMS: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BulkBody {
    contact_list_id: String,
    items: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Item {
    phone_number: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    custom_fields: Map<String, Value>,
}

pub(super) fn bulk_insert(
    state: &mut State,
    call: &Call,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    let body: BulkBody = call.json()?;
    state.counters.rows += body.items.len() as u64;
    if body.items.len() > MOST_ITEMS {
        return Err(Reply::error(
            413,
            "PAYLOAD_TOO_LARGE",
            "at most 10,000 contacts in one call; no job was made",
        ));
    }
    if body.items.is_empty() {
        return Err(Reply::error(400, "INVALID_BODY", "items is empty"));
    }
    let list = state.outbound.list(&body.contact_list_id).ok_or_else(|| Reply::not_found("contact list"))?;
    if fault == Some(Fault::Lie) {
        return Ok(Reply::json(202, &json!({ "id": state.outbound.pretended() })));
    }
    let reached = match fault {
        Some(Fault::ResetMidway) => body.items.len() / 2,
        _ => body.items.len(),
    };
    let rows: Vec<Row> = body.items.into_iter().take(reached).map(|item| read(list, item)).collect();
    let sent = rows.len();
    let id = state.outbound.start(list, rows, now);
    let answer = if fault == Some(Fault::Omit) { json!({}) } else { json!({ "id": id }) };
    Ok(Reply::json(202, &answer).applying(sent))
}

/// Reads a row now; its verdict comes when the job gets to it.
fn read(list: usize, row: Value) -> Row {
    let told = row.get("phoneNumber").and_then(Value::as_str).map(str::to_owned);
    let Ok(item) = serde_json::from_value::<Item>(row) else {
        return Row::Refused(told, "INVALID_ROW", "the item does not have the fields of a contact");
    };
    let Some(number) = check::e164(&item.phone_number) else {
        return Row::Refused(told, "INVALID_PHONE_NUMBER", "phoneNumber must be in E.164");
    };
    if check::is_toll_free(number) {
        return Row::Refused(
            told,
            "REJECTED_BY_POLICY",
            "toll-free numbers are kept off this tenant's lists",
        );
    }
    Row::Taken(Box::new(Contact {
        id: String::new(),
        list,
        number,
        first: item.first_name,
        last: item.last_name,
        email: item.email,
        custom: item.custom_fields,
    }))
}

pub(super) fn job(state: &mut State, id: &str, now: Millis) -> Result<Reply, Reply> {
    state.outbound.advance(now);
    let job = state.outbound.job(id).ok_or_else(|| Reply::not_found("job"))?;
    Ok(Reply::json(200, &job.to_json(now)))
}

/// The jobs of a list in the order in which they were made; no jobs where there is no such list.
pub(super) fn jobs(
    state: &mut State,
    call: &Call,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    if state.properties.unreadable_outbound {
        return Err(Reply::not_found("endpoint"));
    }
    let outbound = &mut state.outbound;
    outbound.advance(now);
    let list = call.field("contactListId").map(|id| outbound.list(id));
    let found: Vec<&Job> = outbound
        .jobs
        .iter()
        .filter(|job| outbound.job(&job.id).is_some())
        .filter(|job| list.is_none_or(|list| list == Some(job.list)))
        .collect();
    paging::entities(call, fault, (1_000, 1_000), found, |job| job.to_json(now))
}

pub(super) fn contacts(
    state: &mut State,
    call: &Call,
    id: &str,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    if state.properties.unreadable_outbound {
        return Err(Reply::not_found("endpoint"));
    }
    let outbound = &mut state.outbound;
    outbound.advance(now);
    let list = outbound.list(id).ok_or_else(|| Reply::not_found("contact list"))?;
    let all = outbound.lists[list].contacts.clone();
    let plus = !state.properties.bare_numbers;
    paging::entities(call, fault, (100, 1_000), all, |place| outbound.contacts[place].to_json(plus))
}

//! `/dnc/entries`: the write with its verdict per row, the reading back, the removal by id.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::check::{self, Millis};
use super::super::fault::Fault;
use super::super::rng;
use super::super::state::{KeyUse, Record, State};
use super::paging;

/// Rows of one write.
const MOST_ROWS: usize = 100;
/// Records of one page. Asking for more is refused, not silently cut: a short page means the end.
const LARGEST_PAGE: usize = 1000;

#[derive(Debug, Deserialize)]
struct WriteBody {
    data: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    phone_number: Option<String>,
    list_id: Option<String>,
    jurisdiction: Option<String>,
    expiration_date: Option<String>,
    source: Option<String>,
    idempotency_key: Option<String>,
}

/// Why a row is refused: code and message.
type Refusal = (&'static str, &'static str);

pub(super) fn to_json(state: &State, list: usize, record: &Record) -> Value {
    let mut json = json!({
        "id": state.entry_id(record.seq),
        "phoneNumber": format!("+{}", record.number),
        "listId": state.lists[list].id,
        "createdDate": check::written(record.created),
    });
    if let Some(place) = &record.jurisdiction {
        json["jurisdiction"] = (**place).into();
    }
    if let Some(at) = record.expires {
        json["expirationDate"] = check::written(at).into();
    }
    if let Some(source) = &record.source {
        json["source"] = (**source).into();
    }
    if let Some(notes) = &record.notes {
        json["notes"] = (**notes).into();
    }
    if let Some(key) = &record.key {
        json["idempotencyKey"] = key.as_str().into();
    }
    json
}

pub(super) fn page(state: &State, call: &Call, fault: Option<Fault>) -> Result<Reply, Reply> {
    let limit = call.number("limit", LARGEST_PAGE, (1, LARGEST_PAGE))?;
    let offset = call.number("offset", 0, (0, usize::MAX))?;
    let only = match call.field("listId") {
        None => None,
        Some(id) => Some(state.list_index(id).ok_or_else(|| Reply::not_found("list"))?),
    };
    let of_list = |list: usize| only.is_none_or(|only| only == list);
    let found: Vec<(usize, &Record)> = match call.field("phoneNumber") {
        Some(text) => {
            let number = check::e164(text).ok_or_else(|| {
                Reply::error(400, "INVALID_PHONE_NUMBER", "phoneNumber must be in E.164, with its + escaped")
            })?;
            state.records_of(number).filter(|(list, _)| of_list(*list)).collect()
        }
        None => {
            let lists = state.lists.iter().enumerate().filter(|(n, _)| of_list(*n));
            lists.flat_map(|(n, list)| list.records.iter().map(move |record| (n, record))).collect()
        }
    };
    let data: Vec<Value> = paging::cut(found, offset, limit, fault)
        .into_iter()
        .map(|(list, record)| to_json(state, list, record))
        .collect();
    Ok(Reply::json(200, &json!({ "data": data })))
}

pub(super) fn remove(state: &mut State, id: &str, fault: Option<Fault>) -> Result<Reply, Reply> {
    let seq = state.entry_seq(id).ok_or_else(|| Reply::not_found("entry"))?;
    if !state.by_seq.contains_key(&seq) {
        return Err(Reply::not_found("entry"));
    }
    if matches!(fault, Some(Fault::Lie | Fault::ResetMidway)) {
        return Ok(Reply::empty(204));
    }
    let removed = usize::from(state.remove(seq).is_some());
    Ok(Reply::empty(204).applying(removed))
}

pub(super) fn write(
    state: &mut State,
    call: &Call,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    let body: WriteBody = call.json()?;
    state.counters.rows += body.data.len() as u64;
    if body.data.len() > MOST_ROWS {
        return Err(Reply::error(
            413,
            "PAYLOAD_TOO_LARGE",
            "at most 100 entries in one call; nothing was applied",
        ));
    }
    if body.data.is_empty() {
        return Err(Reply::error(400, "INVALID_BODY", "data holds no entries"));
    }
    let reached = match fault {
        Some(Fault::ResetMidway) => body.data.len() / 2,
        _ => body.data.len(),
    };
    let lies = fault == Some(Fault::Lie);
    let (mut data, mut errors, mut applied) = (Vec::new(), Vec::new(), 0);
    for (index, value) in body.data.into_iter().take(reached).enumerate() {
        let told = value.clone();
        match serde_json::from_value::<Row>(value)
            .map_err(|_| ("INVALID_ROW", "the entry does not have the fields of an entry"))
            .and_then(|row| take(state, row, lies, now))
        {
            Ok((made, answer)) => {
                applied += usize::from(made);
                data.push(answer);
            }
            Err((code, message)) => errors.push(json!({
                "index": index,
                "phoneNumber": told.get("phoneNumber"),
                "idempotencyKey": told.get("idempotencyKey"),
                "code": code,
                "message": message,
            })),
        }
    }
    if fault == Some(Fault::Omit) && !data.is_empty() {
        data.remove(0);
    }
    // Not in the order of the request: rows are matched by key, never by position.
    data.reverse();
    let reply = if errors.is_empty() && fault != Some(Fault::Omit) {
        Reply::json(201, &json!({ "data": data }))
    } else {
        Reply::json(200, &json!({ "data": data, "errors": errors }))
    };
    Ok(reply.applying(applied))
}

/// Takes one row: whether it made a record, and what the answer says of it.
fn take(state: &mut State, row: Row, lies: bool, now: Millis) -> Result<(bool, Value), Refusal> {
    let key = row
        .idempotency_key
        .filter(|key| !key.trim().is_empty())
        .ok_or(("MISSING_IDEMPOTENCY_KEY", "every entry needs an idempotencyKey"))?;
    let number = row
        .phone_number
        .as_deref()
        .and_then(check::e164)
        .ok_or(("INVALID_PHONE_NUMBER", "phoneNumber must be in E.164"))?;
    let place = row
        .jurisdiction
        .filter(|place| check::jurisdiction(place))
        .ok_or(("INVALID_JURISDICTION", "jurisdiction must have the form US-CA"))?;
    let list = row
        .list_id
        .as_deref()
        .and_then(|id| state.list_index(id))
        .ok_or(("LIST_NOT_FOUND", "listId names no list"))?;
    let asked = match row.expiration_date.as_deref() {
        None => None,
        Some(text) => Some(
            check::instant(text)
                .ok_or(("INVALID_EXPIRATION", "expirationDate must be an ISO 8601 instant or date"))?,
        ),
    };
    let body = rng::hash(format!("{number}|{list}|{place}|{asked:?}|{:?}", row.source).as_bytes());
    let id = |state: &State, seq: u64| {
        json!({
            "id": state.entry_id(seq),
            "phoneNumber": format!("+{number}"),
            "listId": state.lists[list].id,
            "idempotencyKey": key,
        })
    };
    if state.keys.get(&key).is_some_and(|key| state.properties.forgets(key.used, now)) {
        state.keys.remove(&key);
    }
    if let Some(used) = state.keys.get_mut(&key) {
        if used.body != body {
            return Err(("KEY_CONFLICT", "this idempotencyKey was used for another entry"));
        }
        // The same intent again: the same record, even where it has been removed since.
        used.seen += 1;
        let seq = used.record;
        return Ok((false, id(state, seq)));
    }
    if asked.is_some_and(|at| at <= now) {
        return Err(("EXPIRATION_IN_PAST", "expirationDate lies in the past"));
    }
    if check::is_toll_free(number) {
        return Err(("REJECTED_BY_POLICY", "toll-free numbers are kept off this tenant's lists"));
    }
    if lies {
        return Ok((false, id(state, state.next_seq)));
    }
    let record = Record {
        seq: 0,
        number,
        jurisdiction: Some(place.into()),
        expires: asked.or(state.lists[list].default_expires),
        source: row.source.map(Arc::from),
        notes: None,
        key: Some(key.clone()),
        created: now,
        listed: now,
        enforced: state.enforced(now),
    };
    let seq = state.insert(list, record);
    state.keys.insert(key.clone(), KeyUse { used: now, body, record: seq, seen: 1, applied: 1 });
    Ok((true, id(state, seq)))
}

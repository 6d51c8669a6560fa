//! `/lists`: suppression lists, which carry an ETag, and their contacts.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::check::{self, Millis};
use super::super::fault::Fault;
use super::super::rng;
use super::super::state::State;
use super::super::suppression::{Identifier, REASONS, Suppressed, SuppressionList};
use super::paging;

/// Contacts of one call.
const MOST_CONTACTS: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListBody {
    name: Option<String>,
    description: Option<String>,
    list_type: Option<String>,
}

impl ListBody {
    fn check(&self, state: &State, itself: Option<usize>) -> Result<(), Reply> {
        if self.list_type.as_deref().is_some_and(|kind| kind != "suppression") {
            return Err(Reply::error(400, "INVALID_TYPE", "listType must be suppression"));
        }
        let Some(name) = &self.name else { return Ok(()) };
        if name.trim().is_empty() {
            return Err(Reply::error(400, "INVALID_NAME", "a list needs a name"));
        }
        let mut others = state.suppression.lists.iter().enumerate().filter(|(n, _)| Some(*n) != itself);
        if others.any(|(_, list)| list.name == *name) {
            return Err(Reply::error(409, "LIST_EXISTS", "a list of that name exists"));
        }
        Ok(())
    }
}

fn answer(status: u16, list: &SuppressionList) -> Reply {
    Reply::json(status, &list.to_json()).with("ETag", list.etag())
}

fn find(state: &State, id: &str) -> Result<usize, Reply> {
    state.suppression.find(id).ok_or_else(|| Reply::not_found("list"))
}

pub(super) fn page(state: &State, call: &Call, fault: Option<Fault>) -> Result<Reply, Reply> {
    let wanted = call.field("listType").is_none_or(|kind| kind == "suppression");
    let lists: Vec<&SuppressionList> = state.suppression.lists.iter().filter(|_| wanted).collect();
    paging::entities(call, fault, (25, 100), lists, SuppressionList::to_json)
}

pub(super) fn get(state: &State, id: &str) -> Result<Reply, Reply> {
    Ok(answer(200, &state.suppression.lists[find(state, id)?]))
}

pub(super) fn create(state: &mut State, call: &Call, fault: Option<Fault>) -> Result<Reply, Reply> {
    let body: ListBody = call.json()?;
    body.check(state, None)?;
    let (Some(name), Some(_)) = (body.name, body.list_type) else {
        return Err(Reply::error(400, "INVALID_LIST", "name and listType are needed"));
    };
    let id = rng::uuid(state.options.seed, (8, 9), state.suppression.lists.len() as u64);
    let list = SuppressionList::new(id, name, body.description.unwrap_or_default());
    let reply = answer(201, &list).with("Location", format!("/api/v2/lists/{}", list.id));
    if stands_still(fault) {
        return Ok(reply);
    }
    state.suppression.lists.push(list);
    Ok(reply)
}

pub(super) fn change(state: &mut State, call: &Call, id: &str, fault: Option<Fault>) -> Result<Reply, Reply> {
    let at = find(state, id)?;
    let etag = state.suppression.lists[at].etag();
    match call.header("if-match") {
        "" => {
            return Err(Reply::error(
                428,
                "PRECONDITION_REQUIRED",
                "name the ETag that you change in If-Match",
            ));
        }
        given if given == etag => {}
        _ => {
            let stale = Reply::error(409, "VERSION_CONFLICT", "somebody else changed the list");
            return Err(stale.with("ETag", etag));
        }
    }
    let body: ListBody = call.json()?;
    body.check(state, Some(at))?;
    let mut list = state.suppression.lists[at].clone();
    list.name = body.name.unwrap_or(list.name);
    list.description = body.description.unwrap_or(list.description);
    list.version += 1;
    let reply = answer(200, &list);
    if !stands_still(fault) {
        state.suppression.lists[at] = list;
    }
    Ok(reply)
}

/// Whether a fault leaves a single thing unwritten. There is no half of it.
fn stands_still(fault: Option<Fault>) -> bool {
    matches!(fault, Some(Fault::Lie | Fault::ResetMidway))
}

pub(super) fn contacts(state: &State, call: &Call, id: &str, fault: Option<Fault>) -> Result<Reply, Reply> {
    let list = &state.suppression.lists[find(state, id)?];
    paging::entities(call, fault, (100, 1_000), list.contacts.iter().collect(), Suppressed::to_json)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactsBody {
    contacts: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contact {
    email: Option<String>,
    phone_number: Option<String>,
    reason: Option<String>,
    suppress_until: Option<String>,
    version: Option<u64>,
}

/// Why a contact is refused: code and message.
type Refusal = (&'static str, &'static str);

pub(super) fn write(
    state: &mut State,
    call: &Call,
    id: &str,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    let at = find(state, id)?;
    let rows = call.json::<ContactsBody>()?.contacts;
    state.counters.rows += rows.len() as u64;
    if rows.len() > MOST_CONTACTS {
        return Err(Reply::error(
            413,
            "PAYLOAD_TOO_LARGE",
            "at most 10,000 contacts in one call; nothing was applied",
        ));
    }
    if rows.is_empty() {
        return Err(Reply::error(400, "INVALID_BODY", "contacts is empty"));
    }
    let sent = rows.len();
    let mut identifiers = HashSet::new();
    let (mut good, mut errors) = (Vec::new(), Vec::new());
    for (index, row) in rows.into_iter().enumerate() {
        let identifier = ["email", "phoneNumber"].into_iter().find_map(|name| row.get(name)?.as_str());
        let identifier = identifier.map(str::to_owned);
        if identifier.as_ref().is_some_and(|who| !identifiers.insert(who.to_lowercase())) {
            return Err(Reply::error(
                400,
                "DUPLICATE_IDENTIFIER",
                &format!("contacts[{index}]: the identifier stands twice in this call; nothing was applied"),
            ));
        }
        match read(row, now) {
            Ok(contact) => good.push((index, contact)),
            Err((code, message)) => errors.push(json!({
                "index": index,
                "identifier": identifier,
                "code": code,
                "message": message,
            })),
        }
    }
    if state.properties.strict_suppression && !errors.is_empty() {
        return Err(Reply::json(
            422,
            &json!({
                "code": "VALIDATION_FAILED",
                "message": "nothing was applied",
                "validationErrors": errors,
            }),
        ));
    }
    let reached = match fault {
        Some(Fault::Lie) => 0,
        Some(Fault::ResetMidway) => sent / 2,
        _ => sent,
    };
    let counted = if fault == Some(Fault::Omit) { good.len().saturating_sub(1) } else { good.len() };
    let mut applied = 0;
    for (_, contact) in good.into_iter().filter(|(index, _)| *index < reached) {
        let effect = state.suppression.lists[at].put(contact, now);
        state.effects.note(effect);
        applied += 1;
    }
    let body = json!({ "status": "COMPLETED", "contactCount": counted, "validationErrors": errors });
    Ok(Reply::json(201, &body).applying(applied))
}

fn read(row: Value, now: Millis) -> Result<Suppressed, Refusal> {
    let contact: Contact = serde_json::from_value(row)
        .map_err(|_| ("INVALID_ROW", "the contact does not have the fields of a contact"))?;
    let who = match (contact.email, contact.phone_number) {
        (Some(address), None) if check::email(&address) => Identifier::Email(address.to_lowercase()),
        (Some(_), None) => return Err(("INVALID_EMAIL", "email is not an address")),
        (None, Some(number)) => {
            let number =
                check::e164(&number).ok_or(("INVALID_PHONE_NUMBER", "phoneNumber must be in E.164"))?;
            if check::is_toll_free(number) {
                return Err(("REJECTED_BY_POLICY", "toll-free numbers are kept off this tenant's lists"));
            }
            Identifier::Phone(number)
        }
        _ => return Err(("INVALID_IDENTIFIER", "either email or phoneNumber, and not both")),
    };
    let reason = contact
        .reason
        .filter(|reason| REASONS.contains(&reason.as_str()))
        .ok_or(("INVALID_REASON", "reason is not one of the closed list"))?;
    let until = match contact.suppress_until.as_deref() {
        None => None,
        Some(text) => Some(
            check::utc_instant(text)
                .ok_or(("INVALID_SUPPRESS_UNTIL", "suppressUntil must be ISO 8601 in UTC"))?,
        ),
    };
    if until.is_some_and(|at| at <= now) {
        return Err(("SUPPRESS_UNTIL_IN_PAST", "suppressUntil lies in the past"));
    }
    Ok(Suppressed { who, reason, until, version: contact.version.unwrap_or(1) })
}

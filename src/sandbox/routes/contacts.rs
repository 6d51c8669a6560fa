//! `/contacts/{id}`: the custom fields of one contact.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::call::{Call, Reply};
use super::super::check::Millis;
use super::super::fault::Fault;
use super::super::state::State;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactBody {
    fields: Fields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    custom: Map<String, Value>,
}

pub(super) fn change(
    state: &mut State,
    call: &Call,
    id: &str,
    fault: Option<Fault>,
    now: Millis,
) -> Result<Reply, Reply> {
    state.outbound.advance(now);
    let place = *state.outbound.by_id.get(id).ok_or_else(|| Reply::not_found("contact"))?;
    let custom = call.json::<ContactBody>()?.fields.custom;
    if custom.is_empty() {
        return Err(Reply::error(400, "INVALID_BODY", "fields.custom holds no field"));
    }
    if custom.values().any(|value| value.is_array() || value.is_object()) {
        return Err(Reply::error(400, "INVALID_FIELD", "a custom field holds one plain value"));
    }
    let mut contact = state.outbound.contacts[place].clone();
    contact.custom.extend(custom);
    let reply = Reply::json(200, &contact.to_json(!state.properties.bare_numbers));
    if matches!(fault, Some(Fault::Lie | Fault::ResetMidway)) {
        return Ok(reply);
    }
    state.outbound.contacts[place] = contact;
    Ok(reply.applying(1))
}

//! `/dnc/lists`, in both dialects.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::check::{self, Millis};
use super::super::state::{Kind, List, State};

/// A body that makes or changes a list. `name` is of the one dialect, `listName` of the other.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListBody {
    name: Option<String>,
    list_name: Option<String>,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    source_type: Option<String>,
    scope: Option<String>,
    default_expiration_date: Option<String>,
    is_active: Option<bool>,
}

impl ListBody {
    fn default_expires(&self) -> Result<Option<Millis>, Reply> {
        match self.default_expiration_date.as_deref() {
            None => Ok(None),
            Some(text) => check::instant(text).map(Some).ok_or_else(|| {
                Reply::error(
                    400,
                    "INVALID_EXPIRATION",
                    "defaultExpirationDate must be an ISO 8601 instant or date",
                )
            }),
        }
    }

    fn origin(&self) -> Result<Option<String>, Reply> {
        let (given, allowed) = match (&self.kind, &self.source_type) {
            (Some(kind), _) => (kind, &["MANUAL", "SYSTEM"][..]),
            (None, Some(kind)) => (kind, &["MANUAL", "REGULATORY", "CUSTOMER_REQUEST", "SYSTEM"][..]),
            (None, None) => return Ok(None),
        };
        if allowed.contains(&given.as_str()) {
            return Ok(Some(given.clone()));
        }
        Err(Reply::error(400, "INVALID_TYPE", &format!("the type must be one of {}", allowed.join(", "))))
    }
}

pub(super) fn to_json(list: &List) -> Value {
    let mut json = json!({
        "id": list.id,
        "name": list.name,
        "description": list.description,
        "type": list.origin,
        "isActive": list.active,
        "entryCount": list.records.len(),
    });
    if let Some(at) = list.default_expires {
        json["defaultExpirationDate"] = check::written(at).into();
    }
    if let Some(scope) = &list.scope {
        json["listName"] = list.name.clone().into();
        json["sourceType"] = list.origin.clone().into();
        json["scope"] = scope.clone().into();
    }
    json
}

pub(super) fn page(state: &State, call: &Call) -> Result<Reply, Reply> {
    let number = call.number("pageNumber", 1, (1, 1_000_000))?;
    let size = call.number("pageSize", 25, (1, 100))?;
    let wanted = call.field("query").unwrap_or_default().to_lowercase();
    let found: Vec<&List> =
        state.lists.iter().filter(|list| list.name.to_lowercase().contains(&wanted)).collect();
    let entities: Vec<Value> =
        found.iter().skip((number - 1) * size).take(size).map(|list| to_json(list)).collect();
    Ok(Reply::json(
        200,
        &json!({ "entities": entities, "pageNumber": number, "pageSize": size, "total": found.len() }),
    ))
}

pub(super) fn get(state: &State, id: &str) -> Result<Reply, Reply> {
    let at = state.list_index(id).ok_or_else(|| Reply::not_found("list"))?;
    Ok(Reply::json(200, &to_json(&state.lists[at])))
}

pub(super) fn create(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: ListBody = call.json()?;
    let name = match (&body.name, &body.list_name) {
        (Some(name), None) | (None, Some(name)) if !name.trim().is_empty() => name.clone(),
        _ => return Err(Reply::error(400, "INVALID_NAME", "name (or listName) is needed")),
    };
    if state.lists.iter().any(|list| list.name == name) {
        return Err(Reply::error(409, "LIST_EXISTS", "a list of that name exists"));
    }
    let origin = body.origin()?.unwrap_or_else(|| "MANUAL".to_owned());
    let scope = body.list_name.is_some().then(|| body.scope.clone().unwrap_or_else(|| "GLOBAL".to_owned()));
    let list = List {
        id: state.list_id(state.lists.len()),
        name,
        description: body.description.clone().unwrap_or_default(),
        kind: Kind::Company,
        origin,
        active: body.is_active.unwrap_or(true),
        default_expires: body.default_expires()?,
        scope,
        records: Vec::new(),
    };
    let answer = Reply::json(201, &to_json(&list)).with("Location", format!("/api/v2/dnc/lists/{}", list.id));
    state.lists.push(list);
    Ok(answer)
}

pub(super) fn change(state: &mut State, call: &Call, id: &str) -> Result<Reply, Reply> {
    let at = state.list_index(id).ok_or_else(|| Reply::not_found("list"))?;
    let body: ListBody = call.json()?;
    let (expires, origin) = (body.default_expires()?, body.origin()?);
    if let Some(name) = body.name.or(body.list_name) {
        if name.trim().is_empty() {
            return Err(Reply::error(400, "INVALID_NAME", "a list needs a name"));
        }
        if state.lists.iter().enumerate().any(|(n, list)| n != at && list.name == name) {
            return Err(Reply::error(409, "LIST_EXISTS", "a list of that name exists"));
        }
        state.lists[at].name = name;
    }
    let list = &mut state.lists[at];
    list.description = body.description.unwrap_or_else(|| std::mem::take(&mut list.description));
    list.origin = origin.unwrap_or_else(|| std::mem::take(&mut list.origin));
    list.active = body.is_active.unwrap_or(list.active);
    list.default_expires = expires.or(list.default_expires);
    Ok(Reply::json(200, &to_json(list)))
}

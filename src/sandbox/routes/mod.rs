//! The routes. Each is a function from the tenant and a call to an answer; none waits for anything.

mod contacts;
mod entries;
mod items;
mod lists;
mod outbound;
mod paging;
mod query;
mod rules;
mod suppression;

use axum::http::Method;
use serde_json::json;

use super::auth;
use super::call::{Call, Reply};
use super::check::Millis;
use super::fault::Fault;
use super::feed;
use super::state::State;

/// Serves a call that was let in.
pub(super) fn serve(state: &mut State, call: &Call, fault: Option<Fault>, now: Millis) -> Reply {
    let path: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let served = match path[..] {
        ["oauth", "token"] if call.method == Method::POST => Some(Ok(auth::token(state, call, now))),
        ["api", "v2", ref rest @ ..] => api(state, call, rest, fault, now),
        _ => None,
    };
    match served {
        Some(served) => served.unwrap_or_else(|refused| refused),
        None if exists(&path) => Reply::error(405, "METHOD_NOT_ALLOWED", &refusal(&call.method)),
        None => Reply::not_found("endpoint"),
    }
}

/// Everything below the API base; `None` = no such method, or no such path.
fn api(
    state: &mut State,
    call: &Call,
    path: &[&str],
    fault: Option<Fault>,
    now: Millis,
) -> Option<Result<Reply, Reply>> {
    Some(match (call.method.as_str(), path) {
        ("GET", ["users", "me"]) => Ok(me(state)),
        ("GET", ["dnc", "lists"]) => lists::page(state, call),
        ("POST", ["dnc", "lists"]) => lists::create(state, call),
        ("GET", ["dnc", "lists", id]) => lists::get(state, id),
        ("PATCH", ["dnc", "lists", id]) => lists::change(state, call, id),
        ("GET", ["dnc", "lists", id, "items"]) => items::page(state, call, id, fault, now),
        ("POST", ["dnc", "lists", id, "items"]) => items::write(state, call, id, fault, now),
        ("GET", ["dnc", "rules"]) => rules::page(state, call),
        ("POST", ["dnc", "rules"]) => rules::create(state, call),
        ("GET", ["dnc", "rules", id]) => rules::get(state, id),
        ("PATCH", ["dnc", "rules", id]) => rules::change(state, call, id),
        ("DELETE", ["dnc", "rules", id]) => rules::remove(state, call, id),
        ("GET", ["dnc", "entries"]) => entries::page(state, call, fault),
        ("POST", ["dnc", "entries"]) => entries::write(state, call, fault, now),
        ("DELETE", ["dnc", "entries", id]) => entries::remove(state, id, fault),
        ("POST", ["dnc", "records", "query"]) => query::query(state, call, now),
        ("PATCH", ["contacts", id]) => contacts::change(state, call, id, fault, now),
        ("GET", ["lists"]) => suppression::page(state, call, fault),
        ("POST", ["lists"]) => suppression::create(state, call, fault),
        ("GET", ["lists", id]) => suppression::get(state, id),
        ("PATCH", ["lists", id]) => suppression::change(state, call, id, fault),
        ("GET", ["lists", id, "contacts"]) => suppression::contacts(state, call, id, fault),
        ("POST", ["lists", id, "contacts"]) => suppression::write(state, call, id, fault, now),
        ("POST", ["outbound", "contactlistitems", "bulkinsert"]) => {
            outbound::bulk_insert(state, call, fault, now)
        }
        ("GET", ["outbound", "jobs"]) => outbound::jobs(state, call, fault, now),
        ("GET", ["outbound", "jobs", id]) => outbound::job(state, id, now),
        ("GET", ["outbound", "contactlists", id, "contacts"]) => {
            outbound::contacts(state, call, id, fault, now)
        }
        ("GET", ["events"]) => Ok(feed::handshake(state, call.upgrades())),
        _ => return None,
    })
}

fn refusal(method: &Method) -> String {
    format!("{method} is not served here")
}

fn exists(path: &[&str]) -> bool {
    matches!(
        path,
        ["oauth", "token"]
            | ["api", "v2", "users", "me"]
            | ["api", "v2", "dnc", "lists" | "rules" | "entries"]
            | ["api", "v2", "dnc", "lists" | "rules" | "entries", _]
            | ["api", "v2", "dnc", "lists", _, "items"]
            | ["api", "v2", "dnc", "records", "query"]
            | ["api", "v2", "contacts", _]
            | ["api", "v2", "lists"]
            | ["api", "v2", "lists", _]
            | ["api", "v2", "lists", _, "contacts"]
            | ["api", "v2", "outbound", "contactlistitems", "bulkinsert"]
            | ["api", "v2", "outbound", "jobs"]
            | ["api", "v2", "outbound", "jobs", _]
            | ["api", "v2", "outbound", "contactlists", _, "contacts"]
            | ["api", "v2", "events"]
    )
}

fn me(state: &State) -> Reply {
    Reply::json(
        200,
        &json!({
            "id": format!("{:016x}", super::rng::mix(state.options.seed)),
            "userName": "sandbox.service",
            "tenantId": "sandbox",
            "isActive": true,
        }),
    )
}

/// A record as `GET /dnc/entries` shows it.
pub(super) fn entry_json(state: &State, list: usize, record: &super::state::Record) -> serde_json::Value {
    entries::to_json(state, list, record)
}

/// A rule as `GET /dnc/rules` shows it.
pub(super) fn rule_json(rule: &super::state::Rule) -> serde_json::Value {
    rules::to_json(rule)
}

//! The routes. Each is a function from the tenant and a call to an answer; none waits for anything.

mod entries;
mod lists;
mod query;
mod rules;

use axum::http::Method;
use serde_json::json;

use super::auth;
use super::call::{Call, Reply};
use super::check::Millis;
use super::state::State;
use super::story::Fault;

/// Serves a call that was let in.
pub(super) fn serve(state: &mut State, call: &Call, fault: Option<Fault>, now: Millis) -> Reply {
    let path: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let served = match (call.method.as_str(), &path[..]) {
        ("POST", ["oauth", "token"]) => Ok(auth::token(state, call, now)),
        ("GET", ["api", "v2", "users", "me"]) => Ok(me(state)),
        ("GET", ["api", "v2", "dnc", "lists"]) => lists::page(state, call),
        ("POST", ["api", "v2", "dnc", "lists"]) => lists::create(state, call),
        ("GET", ["api", "v2", "dnc", "lists", id]) => lists::get(state, id),
        ("PATCH", ["api", "v2", "dnc", "lists", id]) => lists::change(state, call, id),
        ("GET", ["api", "v2", "dnc", "rules"]) => rules::page(state, call),
        ("POST", ["api", "v2", "dnc", "rules"]) => rules::create(state, call),
        ("GET", ["api", "v2", "dnc", "rules", id]) => rules::get(state, id),
        ("PATCH", ["api", "v2", "dnc", "rules", id]) => rules::change(state, call, id),
        ("DELETE", ["api", "v2", "dnc", "rules", id]) => rules::remove(state, call, id),
        ("GET", ["api", "v2", "dnc", "entries"]) => entries::page(state, call),
        ("POST", ["api", "v2", "dnc", "entries"]) => entries::write(state, call, fault, now),
        ("DELETE", ["api", "v2", "dnc", "entries", id]) => entries::remove(state, id, fault),
        ("POST", ["api", "v2", "dnc", "records", "query"]) => query::query(state, call, now),
        (_, known) if exists(known) => Err(Reply::error(405, "METHOD_NOT_ALLOWED", &refusal(&call.method))),
        _ => Err(Reply::not_found("endpoint")),
    };
    served.unwrap_or_else(|refused| refused)
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
            | ["api", "v2", "dnc", "records", "query"]
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

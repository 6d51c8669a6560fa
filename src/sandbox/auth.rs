//! Tokens: client credentials in, a bearer token with its scopes out.

use serde_json::json;

use super::call::{Call, Reply};
use super::check::{self, Millis};
use super::family::Family;
use super::rng;
use super::state::State;

/// The id that the sandbox accepts.
pub(super) const CLIENT_ID: &str = "quietline-sandbox";
/// The secret that the sandbox accepts. It guards nothing: the sandbox is on loopback and holds made-up numbers.
pub(super) const CLIENT_SECRET: &str = "sandbox-secret-not-a-secret";

/// Seconds that a token lives unless the tenant says otherwise.
const LIFE: u32 = 3600;

/// Scopes that this client may be granted.
pub(super) const SCOPES: [&str; 13] = [
    "dnc:read",
    "dnc:write",
    "tenant:read",
    "contacts:read",
    "contacts:write",
    "compliance:read",
    "lists:read",
    "lists:write",
    "lists:contacts:read",
    "lists:contacts:write",
    "outbound:contactlistitem:write",
    "outbound:job:read",
    "events:subscribe",
];

/// A token that was given out.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) scopes: Vec<String>,
    pub(super) ends: Millis,
}

fn oauth_error(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({ "error": code }))
}

/// `POST /oauth/token`.
pub(super) fn token(state: &mut State, call: &Call, now: Millis) -> Reply {
    state.counters.tokens += 1;
    if !call.header("content-type").starts_with("application/x-www-form-urlencoded") {
        return oauth_error(400, "invalid_request");
    }
    let form = check::form(&String::from_utf8_lossy(&call.body));
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("grant_type") != "client_credentials" {
        return oauth_error(400, "unsupported_grant_type");
    }
    if field("client_id") != CLIENT_ID || field("client_secret") != CLIENT_SECRET {
        return oauth_error(401, "invalid_client");
    }
    let mut scopes: Vec<String> = field("scope").split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !SCOPES.contains(&scope.as_str())) {
        return oauth_error(400, "invalid_scope");
    }
    if let Some(granted) = &state.properties.scopes {
        scopes.retain(|scope| granted.contains(scope));
    }
    let n = state.counters.tokens;
    let seed = state.options.seed;
    let token = format!("sbx.{:016x}{:016x}", rng::draw(seed, 3, n), rng::draw(seed, 4, n));
    let scope = scopes.join(" ");
    let life = state.properties.token_life.unwrap_or(LIFE);
    state.tokens.insert(token.clone(), Token { scopes, ends: now + Millis::from(life) * 1_000 });
    Reply::json(
        200,
        &json!({ "access_token": token, "token_type": "Bearer", "expires_in": life, "scope": scope }),
    )
}

/// Scopes that a call needs.
fn needs(family: Family, call: &Call) -> &'static [&'static str] {
    let of_contacts = call.path.ends_with("/contacts");
    match family {
        Family::Token | Family::Me | Family::Other => &[],
        Family::ListsRead | Family::EntriesRead => &["dnc:read"],
        Family::ListsWrite | Family::EntriesWrite => &["dnc:write"],
        Family::ItemsRead => &["dnc:read", "compliance:read"],
        Family::ItemsWrite => &["dnc:write", "compliance:read"],
        Family::RulesRead => &["dnc:read", "tenant:read"],
        Family::RulesWrite => &["dnc:write", "tenant:read"],
        Family::Query => &["dnc:read", "contacts:read"],
        Family::ContactsWrite => &["contacts:write"],
        Family::SuppressionRead if of_contacts => &["lists:contacts:read"],
        Family::SuppressionRead => &["lists:read"],
        Family::SuppressionWrite if of_contacts => &["lists:contacts:write"],
        Family::SuppressionWrite => &["lists:write"],
        Family::Bulk => &["outbound:contactlistitem:write"],
        Family::JobsRead => &["outbound:job:read"],
        Family::Events => &["events:subscribe"],
    }
}

/// Refuses a call without a living token (401) or without the family's scopes (403).
pub(super) fn admit(state: &State, family: Family, call: &Call, now: Millis) -> Result<(), Reply> {
    if family == Family::Token {
        return Ok(());
    }
    let token = call.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let Some(token) = state.tokens.get(token).filter(|token| token.ends > now) else {
        return Err(Reply::error(401, "UNAUTHORIZED", "a living bearer token is needed")
            .with("WWW-Authenticate", "Bearer error=\"invalid_token\""));
    };
    let missing: Vec<&str> = needs(family, call)
        .iter()
        .copied()
        .filter(|scope| !token.scopes.iter().any(|s| s == scope))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if state.properties.scopes.is_some() {
        return Err(Reply::error(403, "FORBIDDEN", "access is denied"));
    }
    Err(Reply::error(403, "INSUFFICIENT_SCOPE", &format!("the token lacks {}", missing.join(" "))))
}

//! A request as the sandbox sees it, and an answer before it goes out. Both are plain values: routes are functions.

use std::collections::HashMap;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use super::check;
use super::feed::Ticket;

/// Requests larger than this are refused before anything is read into them. Ten thousand contacts with their fields are
/// well below it.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// The raw query string.
    pub(super) query: String,
    /// The same, taken apart.
    pub(super) fields: HashMap<String, String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) async fn read(head: Parts, body: Body) -> Result<Self, Reply> {
        let body = to_bytes(body, LARGEST_BODY)
            .await
            .map_err(|_| Reply::error(413, "PAYLOAD_TOO_LARGE", "the body is too large or was cut off"))?;
        let query = head.uri.query().unwrap_or_default().to_owned();
        Ok(Self {
            method: head.method,
            path: head.uri.path().to_owned(),
            fields: check::form(&query),
            query,
            headers: head.headers,
            body,
        })
    }

    /// A header's text; empty where it is absent.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A whole number of the query string within bounds, or `default` where it is absent.
    pub(super) fn number(&self, name: &str, default: usize, bounds: (usize, usize)) -> Result<usize, Reply> {
        let Some(text) = self.field(name) else { return Ok(default) };
        text.parse().ok().filter(|n| (bounds.0..=bounds.1).contains(n)).ok_or_else(|| {
            Reply::error(
                400,
                "INVALID_PARAMETER",
                &format!("{name} must be a whole number from {} to {}", bounds.0, bounds.1),
            )
        })
    }

    /// Whether the caller wants to go on in WebSocket.
    pub(super) fn upgrades(&self) -> bool {
        self.header("upgrade").eq_ignore_ascii_case("websocket")
            && !self.header("sec-websocket-key").is_empty()
    }

    /// The body as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Reply> {
        if !self.header("content-type").starts_with("application/json") {
            return Err(Reply::error(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| Reply::error(400, "INVALID_BODY", &format!("the body does not read: {error}")))
    }

    /// The idempotency keys of an entries write.
    pub(super) fn keys(&self) -> Vec<String> {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let rows = body.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        rows.iter().filter_map(|row| row.get("idempotencyKey")?.as_str().map(str::to_owned)).collect()
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Records made or removed by the call.
    pub(super) applied: usize,
    /// Set where the connection becomes a socket of the feed.
    pub(super) ticket: Option<Ticket>,
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string().into_bytes())
    }

    pub(super) fn bytes(status: u16, kind: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("Content-Type", kind.to_owned())], body, applied: 0, ticket: None }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), applied: 0, ticket: None }
    }

    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "code": code, "message": message }))
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::error(404, "NOT_FOUND", &format!("no such {what}"))
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn applying(mut self, records: usize) -> Self {
        self.applied = records;
        self
    }

    pub(super) fn admitting(mut self, ticket: Ticket) -> Self {
        self.ticket = Some(ticket);
        self
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

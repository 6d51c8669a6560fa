//! What is asked of the tenant, before it is a request.

use reqwest::header::{CONNECTION, CONTENT_TYPE, HeaderValue, IF_MATCH};
use reqwest::{Method, Request};

use super::Error;
use super::scope::{Access, Family};
use super::transport::Transport;
use super::wire::odd;

/// A question or an order.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) family: Family,
    /// The thing asked for, for `NotFound`: `the list`, `the entry`.
    pub(super) what: &'static str,
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'a str, String)>,
    body: Option<Vec<u8>>,
    /// The version that a change is made on.
    version: Option<&'a str>,
    /// It only asks, though its method is one that writes.
    only_asks: bool,
    /// Its connection is closed behind it.
    apart: bool,
}

impl<'a> Ask<'a> {
    fn new(method: Method, family: Family, what: &'static str, path: &'a [&'a str]) -> Self {
        let (query, body, version) = (Vec::new(), None, None);
        Self { family, what, method, path, query, body, version, only_asks: false, apart: false }
    }

    pub(super) fn get(family: Family, what: &'static str, path: &'a [&'a str]) -> Self {
        Self::new(Method::GET, family, what, path)
    }

    pub(super) fn post(family: Family, what: &'static str, path: &'a [&'a str], body: Vec<u8>) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, family, what, path) }
    }

    pub(super) fn patch(family: Family, what: &'static str, path: &'a [&'a str], body: Vec<u8>) -> Self {
        Self { body: Some(body), ..Self::new(Method::PATCH, family, what, path) }
    }

    pub(super) fn delete(family: Family, what: &'static str, path: &'a [&'a str]) -> Self {
        Self::new(Method::DELETE, family, what, path)
    }

    /// A POST that only asks: the record query.
    pub(super) fn question(self) -> Self {
        Self { only_asks: true, ..self }
    }

    /// No later call goes over its connection.
    pub(super) fn apart(self) -> Self {
        Self { apart: true, ..self }
    }

    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts are handed over alike")]
    pub(super) fn with(mut self, name: &'a str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// Only if the thing is still in this version.
    pub(super) fn if_match(self, version: Option<&'a str>) -> Self {
        Self { version, ..self }
    }

    pub(super) fn access(&self) -> Access {
        if self.only_asks || self.method == Method::GET { Access::Read } else { Access::Write }
    }

    pub(super) fn request(self, transport: &Transport) -> Result<Request, Error> {
        let mut request = transport.request(self.method, self.path, &self.query)?;
        if let Some(body) = self.body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        if self.apart {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(version) = self.version {
            let version = HeaderValue::from_str(version).map_err(|_| odd("a version cannot be named"))?;
            request.headers_mut().insert(IF_MATCH, version);
        }
        Ok(request)
    }
}

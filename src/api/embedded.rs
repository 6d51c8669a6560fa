//! The levers of an embedded sandbox. Not part of the tenant's interface: real presets never come here.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::transport::Transport;
use super::{Client, Deadlines, Error};
use crate::domain::list::ListId;

impl Client {
    /// Has an embedded sandbox lose the `count` newest entries of a list, so that a reconciliation finds something.
    pub async fn sandbox_lose(&self, list: &ListId, count: u32) -> Result<(), Error> {
        let api = self.endpoints().api_url.as_str();
        let origin = api.strip_suffix("/api/v2").unwrap_or(api);
        let transport = Transport::new(&format!("{origin}/__sandbox"), "sandbox", Deadlines::default())?;
        let mut request = transport.request(Method::POST, &["lose"], &[])?;
        let body = serde_json::json!({ "listId": list.0, "count": count });
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.to_string().into());
        let answer = transport.send(request).await.map_err(|fault| fault.error())?;
        match answer.status() {
            200 => Ok(()),
            404 => Err(Error::NotFound { what: format!("list {list}") }),
            status => Err(Error::Rejected { status, detail: "the sandbox does not do that".into() }),
        }
    }
}

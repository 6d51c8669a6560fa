//! The embedded tenant keeps its contract: what a client may rely on, and what it must be able to survive.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;
use std::time::Duration;

use quietline::sandbox::{Options, Order, SAMPLE_NUMBERS, Sandbox, Story};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[path = "sandbox/catalog.rs"]
mod catalog;
#[path = "sandbox/contacts.rs"]
mod contacts;
#[path = "sandbox/entries.rs"]
mod entries;
#[path = "sandbox/events.rs"]
mod events;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/items.rs"]
mod items;
#[path = "sandbox/orders.rs"]
mod orders;
#[path = "sandbox/outbound.rs"]
mod outbound;
#[path = "sandbox/properties.rs"]
mod properties;
#[path = "sandbox/suppression.rs"]
mod suppression;
#[path = "sandbox/survival.rs"]
mod survival;
#[path = "sandbox/truth.rs"]
mod truth;
#[path = "sandbox/wire.rs"]
mod wire;

const ALL_SCOPES: &str = "dnc:read dnc:write tenant:read compliance:read contacts:read contacts:write lists:read \
    lists:write lists:contacts:read lists:contacts:write outbound:contactlistitem:write outbound:job:read \
    events:subscribe";

/// How long something may take that comes by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begin = std::time::Instant::now();
    while !is_so().await {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
    }
}

/// A sandbox and somebody who talks to it.
struct Talk {
    sandbox: Sandbox,
    http: reqwest::Client,
    token: String,
}

async fn talk(options: Options) -> Talk {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(options).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut talk = Talk { sandbox, http, token: String::new() };
    talk.token = talk.token_for(ALL_SCOPES).await;
    talk
}

/// A small calm world with room for many calls.
fn small() -> Options {
    Options { entries: 500, entries_per_second: 10_000, ..Options::default() }
}

impl Talk {
    async fn ask_token(&self, secret: &str, scope: &str) -> reqwest::Result<Response> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.sandbox.client_id()),
            ("client_secret", secret),
            ("scope", scope),
        ];
        self.http.post(self.sandbox.token_url()).form(&form).send().await
    }

    async fn token_for(&self, scope: &str) -> String {
        // The flaky story may refuse a token call twice in a row, never three times.
        for _ in 0..3 {
            if let Ok(answer) = self.ask_token(self.sandbox.client_secret(), scope).await
                && let Ok(body) = answer.json::<Value>().await
                && let Some(token) = body["access_token"].as_str()
            {
                return token.to_owned();
            }
        }
        panic!("no token in three tries");
    }

    fn call(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/{path}", self.sandbox.api_url())).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.call(Method::GET, path).send().await.unwrap()).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.call(Method::POST, path).json(body).send().await.unwrap()).await
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/{path}", self.sandbox.control_url());
        let (status, body) = read(self.http.post(url).json(body).send().await.unwrap()).await;
        assert!(status < 300, "{path}: {status} {body}");
        body
    }

    async fn truth(&self, what: &str) -> Value {
        let url = format!("{}/{what}", self.sandbox.control_url());
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    async fn list_id(&self, name: &str) -> String {
        let (_, body) = self.get(&format!("dnc/lists?query={name}")).await;
        let lists = body["entities"].as_array().unwrap();
        lists.iter().find(|list| list["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn records(&self, number: &str) -> Vec<(String, String)> {
        let (status, body) = self.post("dnc/records/query", &json!({ "phones": [number] })).await;
        assert_eq!(status, 200, "{body}");
        let mut records: Vec<_> = body["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["type"].as_str().unwrap().to_owned(), r["status"].as_str().unwrap().to_owned()))
            .collect();
        records.sort();
        records
    }

    /// Numbers that the truth has on a list, with the repeats.
    async fn numbers_on(&self, list: &str) -> Vec<String> {
        let state = self.truth(&format!("state?listId={list}")).await;
        let records = state["lists"][0]["records"].as_array().unwrap().clone();
        records.iter().map(|r| r["phoneNumber"].as_str().unwrap().to_owned()).collect()
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn row(list: &str, number: &str, key: &str) -> Value {
    json!({ "phoneNumber": number, "listId": list, "jurisdiction": "US-DC", "source": "test", "idempotencyKey": key })
}

fn rows(list: &str, from: u32, count: u32) -> Value {
    let data: Vec<Value> =
        (from..from + count).map(|n| row(list, &format!("+1202555{n:04}"), &format!("key-{n}"))).collect();
    json!({ "data": data })
}

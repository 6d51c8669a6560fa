//! A tenant that holds a list of any length without holding it: the nth entry is made up where it is asked for.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

/// Id and secret of the client: nobody looks at them.
pub const WORD: &str = "measured";

/// The nth number in order: area code, and the seven digits behind it.
pub fn number(n: u64) -> (u64, u64) {
    const AREA_CODES: [u64; 20] =
        [201, 203, 205, 207, 208, 209, 210, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234];
    let (line, block) = (n % 10_000, n / 10_000);
    let (area, exchange) = (AREA_CODES[(block % 20) as usize], 220 + block / 20);
    (area, exchange * 10_000 + line)
}

/// What has been asked of it.
pub struct Tenant {
    address: std::net::SocketAddr,
    calls: Calls,
}

#[derive(Clone)]
struct Held {
    list: Range<u64>,
    calls: Calls,
}

/// How many calls wrote, and word of each.
type Calls = Arc<(Mutex<u64>, Condvar)>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    offset: Option<u64>,
    limit: Option<u64>,
    phone_number: Option<String>,
}

impl Tenant {
    /// Serves a list of these numbers on threads of its own.
    pub fn start(list: Range<u64>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (address, calls) = (listener.local_addr().unwrap(), Calls::default());
        let told = json!({ "id": "L1", "name": "Measured", "type": "MANUAL", "isActive": true,
                           "entryCount": list.end - list.start });
        let lists = json!({ "data": [told] }).to_string();
        let one = told.to_string();
        let app = Router::new()
            .route(
                "/token",
                post(async || r#"{"access_token":"t","token_type":"Bearer","expires_in":86400}"#),
            )
            .route("/api/v2/dnc/lists", get(async move || lists))
            .route("/api/v2/dnc/lists/L1", get(async move || one))
            .route("/api/v2/dnc/rules", get(async || r#"{"data":[]}"#))
            .route("/api/v2/dnc/entries", get(page).post(write))
            .with_state(Held { list, calls: calls.clone() });
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Self { address, calls }
    }

    /// Writes a profile for it whose limits never matter.
    pub fn write_profile(&self, home: &Path) {
        let at = self.address;
        let config = format!(
            "default_profile = \"measure\"\n[profiles.measure]\npreset = \"custom\"\nenvironment = \"sandbox\"\n\
             credentials = \"env\"\ntoken_url = \"http://{at}/token\"\napi_url = \"http://{at}/api/v2\"\n\
             [profiles.measure.limits]\nentries_per_second = 10000\nentries_per_call = 100\n"
        );
        std::fs::write(home.join("quietline.toml"), config).unwrap();
    }

    /// Waits until so many calls have written.
    pub fn until(&self, calls: u64) {
        let mut written = self.calls.0.lock().unwrap();
        while *written < calls {
            written = self.calls.1.wait(written).unwrap();
        }
    }

    /// Calls that have written.
    pub fn written(&self) -> u64 {
        *self.calls.0.lock().unwrap()
    }
}

/// A page of the list, which stands in no order of its numbers.
async fn page(State(held): State<Held>, Query(asked): Query<Asked>) -> String {
    /// Coprime to every length that is a power of ten.
    const STRIDE: u64 = 7_368_787;
    let size = held.list.end - held.list.start;
    let mut out = String::from(r#"{"data":["#);
    if asked.phone_number.is_none() {
        let (offset, limit) = (asked.offset.unwrap_or(0), asked.limit.unwrap_or(1_000));
        for n in offset..(offset + limit).min(size) {
            let (area, rest) = number(held.list.start + n * STRIDE % size);
            let comma = if n == offset { "" } else { "," };
            let _ = write!(
                out,
                r#"{comma}{{"id":"e-{n:012}","listId":"L1","phoneNumber":"+1{area}{rest:07}","jurisdiction":"US-DC","source":"measured","createdDate":"2026-11-01T00:00:00Z","idempotencyKey":"{n:040x}"}}"#
            );
        }
    }
    out.push_str("]}");
    out
}

/// Takes every entry.
async fn write(State(held): State<Held>, body: Bytes) -> (axum::http::StatusCode, String) {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let taken: Vec<Value> = body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let key = &entry["idempotencyKey"];
            json!({ "id": key, "listId": "L1", "phoneNumber": entry["phoneNumber"], "idempotencyKey": key })
        })
        .collect();
    *held.calls.0.lock().unwrap() += 1;
    held.calls.1.notify_all();
    (axum::http::StatusCode::CREATED, json!({ "data": taken }).to_string())
}

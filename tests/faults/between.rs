//! Somebody between the console and its tenant: passes calls on, and answers some of them in its own way, before or after
//! the tenant has seen them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::Value;
use tokio::task::JoinHandle;

/// The path that entries are written to.
pub const ENTRIES: &str = "/api/v2/dnc/entries";
/// The path of the record query.
pub const QUERY: &str = "/api/v2/dnc/records/query";
/// The path of the token endpoint.
pub const TOKEN: &str = "/oauth/token";

/// A call on its way.
#[derive(Clone)]
pub struct Passing {
    pub method: String,
    pub path: String,
    /// What stands behind the question mark.
    pub query: String,
    pub body: Bytes,
    /// What it shows to be let in.
    pub bearer: String,
    /// How many of its method and path came before it.
    pub nth: usize,
    /// Where it came from: one connection, one port.
    pub from: SocketAddr,
}

impl Passing {
    /// Whether it writes entries.
    pub fn writes(&self) -> bool {
        self.is("POST", ENTRIES)
    }

    pub fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path == path
    }

    /// Whether this is asked for.
    pub fn asks(&self, what: &str) -> bool {
        self.query.split('&').any(|asked| asked == what)
    }

    /// The rows of a write of entries.
    pub fn rows(&self) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["data"].as_array().unwrap().clone()
    }

    /// Their idempotency keys.
    pub fn keys(&self) -> Vec<String> {
        self.rows().iter().map(|row| row["idempotencyKey"].as_str().unwrap().to_owned()).collect()
    }
}

/// An answer that the tenant did not give.
pub struct Told {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

impl Told {
    pub fn with(mut self, header: &'static str, value: &'static str) -> Self {
        self.headers.push((header, value));
        self
    }
}

/// A status, and what it says.
pub fn told(status: u16, body: impl Into<Vec<u8>>) -> Told {
    Told { status, headers: Vec::new(), body: body.into() }
}

/// What becomes of a call.
pub enum Turn {
    /// The tenant answers.
    Pass,
    /// The tenant never sees it.
    Instead(Told),
    /// The tenant takes it, and its answer is lost on the way.
    Afterwards(Told),
    /// The tenant takes these rows of it, and its answer is lost on the way.
    Half(Vec<Value>, Told),
    /// The tenant sees another body, and answers that.
    Rewritten(Vec<u8>),
    /// The tenant does not see it yet, and its caller has given up.
    Kept(Told),
    /// The tenant sees what was kept, and then this.
    Released,
    /// The tenant answers, and somebody writes something else into it.
    Changed(Box<dyn FnOnce(Value) -> Value + Send>),
}

/// Changes an answer.
pub fn changed(change: impl FnOnce(Value) -> Value + Send + 'static) -> Turn {
    Turn::Changed(Box::new(change))
}

type Script = dyn Fn(&Passing) -> Turn + Send + Sync;

#[derive(Clone)]
struct Desk {
    tenant: String,
    http: reqwest::Client,
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Passing>>>,
    kept: Arc<Mutex<Option<reqwest::RequestBuilder>>>,
}

pub struct Between {
    pub origin: String,
    seen: Arc<Mutex<Vec<Passing>>>,
    task: JoinHandle<()>,
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Between {
    /// Stands before the tenant of this origin.
    pub async fn before(tenant: &str, script: impl Fn(&Passing) -> Turn + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let desk = Desk {
            tenant: tenant.into(),
            http,
            script: Arc::new(script),
            seen: seen.clone(),
            kept: Arc::default(),
        };
        let app = Router::new().fallback(serve).with_state(desk);
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { origin, seen, task }
    }

    /// Every call so far that `wanted` takes.
    pub fn calls(&self, wanted: impl Fn(&Passing) -> bool) -> Vec<Passing> {
        self.seen.lock().unwrap().iter().filter(|call| wanted(call)).cloned().collect()
    }
}

async fn serve(
    State(desk): State<Desk>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let call = {
        let mut seen = desk.seen.lock().unwrap();
        let (method, path) = (method.to_string(), uri.path().to_owned());
        let query = uri.query().unwrap_or_default().to_owned();
        let nth = seen.iter().filter(|other| other.is(&method, &path)).count();
        let bearer = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
        let call = Passing { method, path, query, body: body.clone(), bearer, nth, from };
        seen.push(call.clone());
        call
    };
    let request = |body: Bytes| {
        let mut request = desk.http.request(method, format!("{}{uri}", desk.tenant)).body(body);
        for name in ["authorization", "content-type", "if-match"] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        request
    };
    let forward = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.bytes().await.unwrap())
    };
    let told = match (desk.script)(&call) {
        Turn::Instead(told) => told,
        Turn::Afterwards(told) => {
            forward(request(body)).await;
            told
        }
        Turn::Kept(told) => {
            *desk.kept.lock().unwrap() = Some(request(body));
            told
        }
        Turn::Half(rows, told) => {
            forward(request(serde_json::json!({ "data": rows }).to_string().into())).await;
            told
        }
        turn @ (Turn::Pass | Turn::Released | Turn::Rewritten(_)) => {
            let kept = desk.kept.lock().unwrap().take_if(|_| matches!(turn, Turn::Released));
            if let Some(kept) = kept {
                forward(kept).await;
            }
            let body = if let Turn::Rewritten(other) = turn { other.into() } else { body };
            let (status, headers, body) = forward(request(body)).await;
            let mut answer = Response::builder().status(status);
            for name in ["content-type", "etag", "retry-after"] {
                if let Some(value) = headers.get(name) {
                    answer = answer.header(name, value);
                }
            }
            return answer.body(Body::from(body)).unwrap();
        }
        Turn::Changed(change) => {
            let (status, _, body) = forward(request(body)).await;
            told(status, change(serde_json::from_slice(&body).unwrap()).to_string())
        }
    };
    let mut answer = Response::builder().status(told.status);
    for (name, value) in told.headers {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(told.body)).unwrap()
}

//! A tenant that plays a script, and notes every request that reached it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quietline::api::{Client, Credentials, Deadlines, Endpoints, Limits, Patience, Scopes};
use quietline::domain::phone::{E164, Normaliser, PhonePolicy, Region};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: HashMap<String, String>,
    pub body: String,
    /// How many of its kind (token requests, or all others) came before it.
    pub nth: usize,
}

impl Seen {
    pub fn is_token(&self) -> bool {
        self.target.starts_with("/token")
    }

    /// A value of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = reqwest::Url::parse(&format!("http://x{}", self.target)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What the tenant does with a request.
pub enum Reply {
    /// A whole answer.
    Full(u16, Vec<(&'static str, String)>, String),
    /// A whole answer on a connection that stays open for the next request.
    Kept(u16, String),
    /// The head of an answer and half of its body.
    Truncated(u16),
    /// The head of an answer, a piece of its body, and then nothing more.
    Dripping(u16),
    /// The connection is reset.
    Reset,
    /// Nothing, for as long as the client waits.
    Silence,
    /// A body that does not end.
    Endless,
    /// These bytes, and the end.
    Raw(Vec<u8>),
}

pub fn json(status: u16, body: &str) -> Reply {
    Reply::Full(status, vec![("content-type", "application/json".into())], body.into())
}

pub fn with(status: u16, header: &'static str, value: impl Into<String>) -> Reply {
    Reply::Full(status, vec![(header, value.into())], String::new())
}

pub fn token(n: usize) -> Reply {
    json(200, &format!(r#"{{"access_token":"token-{n}","token_type":"Bearer","expires_in":3600}}"#))
}

pub struct Tenant {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Tenant {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Tenant {
    /// A tenant that hands out tokens and answers everything else from `script`.
    pub async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::scripted(move |seen| if seen.is_token() { token(seen.nth) } else { script(seen) }).await
    }

    /// A tenant whose token endpoint is scripted too.
    pub async fn scripted(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(script);
        let task = tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, seen.clone(), script.clone()));
                }
            }
        });
        Self { address, seen, task }
    }

    pub fn tokens(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.is_token()).cloned().collect()
    }

    pub fn calls(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| !seen.is_token()).cloned().collect()
    }

    pub fn client(&self) -> Client {
        self.client_with(Deadlines::default(), quick())
    }

    pub fn client_with(&self, deadlines: Deadlines, patience: Patience) -> Client {
        client_of(self.address, deadlines, patience)
    }
}

/// A client of whatever listens there.
pub fn client_of(address: SocketAddr, deadlines: Deadlines, patience: Patience) -> Client {
    let endpoints = Endpoints {
        token_url: format!("http://{address}/token"),
        api_url: format!("http://{address}/api/v2"),
        events_url: None,
    };
    let limits = Limits {
        entries_per_second: 2_000.0,
        items_per_minute: 60_000.0,
        suppression_per_minute: 60_000.0,
        bulk_per_minute: 60_000.0,
        query_per_minute: 60_000.0,
        contacts_per_second: 2_000.0,
        ..Limits::default()
    };
    client_at(endpoints, limits, deadlines, patience).asking(Scopes::CHANGE)
}

/// A client of these addresses.
pub fn client_at(endpoints: Endpoints, limits: Limits, deadlines: Deadlines, patience: Patience) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = Credentials { client_id: "id-canary".into(), client_secret: "secret-canary".into() };
    let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
    Client::with_patience(endpoints, limits, deadlines, patience, credentials, normaliser).unwrap()
}

/// Repeats as usual, but without long pauses.
pub fn quick() -> Patience {
    Patience {
        first_pause: Duration::from_micros(100),
        longest_pause: Duration::from_millis(2),
        attempts: 4,
        budget: Duration::from_secs(20),
        circuit_pause: Duration::from_secs(20),
    }
}

pub fn number(n: u64) -> E164 {
    E164::from_digits(12_025_550_000 + n).unwrap()
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<Seen>>>, script: Arc<Script>) {
    while let Some(request) = read_request(&mut stream).await {
        let request = {
            let mut seen = seen.lock().unwrap();
            let nth = seen.iter().filter(|other| other.is_token() == request.is_token()).count();
            let request = Seen { nth, ..request };
            seen.push(request.clone());
            request
        };
        let reply = script(&request);
        let kept = matches!(reply, Reply::Kept(..));
        play(&mut stream, reply).await;
        if !kept {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

async fn play(stream: &mut TcpStream, reply: Reply) {
    match reply {
        Reply::Full(status, headers, body) => {
            let length = body.len();
            let mut head =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n");
            for (name, value) in headers {
                head += &format!("{name}: {value}\r\n");
            }
            let _ = stream.write_all(format!("{head}\r\n{body}").as_bytes()).await;
        }
        Reply::Kept(status, body) => {
            let whole = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(whole.as_bytes()).await;
        }
        Reply::Truncated(status) => {
            let half = format!("HTTP/1.1 {status} X\r\ncontent-length: 1000\r\n\r\n{{\"data\":[");
            let _ = stream.write_all(half.as_bytes()).await;
        }
        Reply::Dripping(status) => {
            let piece = format!("HTTP/1.1 {status} X\r\ncontent-length: 1000\r\n\r\n{{");
            let _ = stream.write_all(piece.as_bytes()).await;
            let _ = stream.read(&mut [0; 1]).await;
        }
        Reply::Reset => stream.set_zero_linger().unwrap(),
        Reply::Silence => {
            // Until the client goes away.
            let _ = stream.read(&mut [0; 1]).await;
        }
        Reply::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 X\r\n\r\n\"").await;
            let chunk = vec![b'a'; 1 << 20];
            while stream.write_all(&chunk).await.is_ok() {}
        }
        Reply::Raw(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head_end + 4..].to_vec()).ok()?;
    Some(Seen { method: first.next()?, target: first.next()?, headers, body, nth: 0 })
}

//! A socket of events that a test plays by hand, connection by connection.

use std::collections::HashMap;
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::{WebSocketStream, tungstenite};

pub struct Events {
    listener: TcpListener,
    pub address: SocketAddr,
}

/// A request for the socket that is not answered yet.
pub struct Knock {
    pub target: String,
    pub headers: HashMap<String, String>,
    stream: TcpStream,
}

/// The tenant's end of an open socket. While nobody reads from it, it answers no ping.
pub struct Peer {
    pub frames: WebSocketStream<TcpStream>,
}

impl Events {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    pub fn url(&self) -> String {
        format!("ws://{}/events", self.address)
    }

    /// The next request for the socket.
    pub async fn knock(&self) -> Knock {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let read = stream.read_buf(&mut bytes).await.unwrap();
            assert!(read > 0, "gone before the end of its request");
        }
        let head = String::from_utf8(bytes).unwrap();
        let mut lines = head.lines();
        let target = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Knock { target, headers, stream }
    }

    /// Answers whatever comes first in plain HTTP, and hands it back.
    pub async fn raw(&self) -> Vec<u8> {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut heard = Vec::new();
        stream.read_buf(&mut heard).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut heard).await;
        heard
    }

    /// Opens the socket to whoever asks next, and waits for the jobs that it subscribes to.
    pub async fn subscribed(&self) -> (Peer, Vec<String>) {
        let mut peer = self.knock().await.open().await;
        let jobs = peer.subscription().await;
        (peer, jobs)
    }
}

impl Knock {
    pub async fn open(self) -> Peer {
        let accept = derive_accept_key(self.headers["sec-websocket-key"].as_bytes());
        self.switch(&format!("sec-websocket-accept: {accept}\r\n")).await
    }

    /// Agrees to the switch with these headers of its own.
    pub async fn switch(mut self, headers: &str) -> Peer {
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n{headers}\r\n"
        );
        self.stream.write_all(head.as_bytes()).await.unwrap();
        Peer { frames: WebSocketStream::from_raw_socket(self.stream, Role::Server, None).await }
    }

    pub async fn refuse(mut self, status: u16, headers: &str) {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n");
        self.stream.write_all(head.as_bytes()).await.unwrap();
        let _ = self.stream.shutdown().await;
    }
}

impl Peer {
    /// The jobs of the next subscription.
    pub async fn subscription(&mut self) -> Vec<String> {
        let text = self.text().await;
        let message: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(message["eventTypes"], serde_json::json!(["outbound.contactlistitems.bulkinsert"]));
        let jobs = message["filters"]["jobIds"].as_array().unwrap();
        jobs.iter().map(|job| job.as_str().unwrap().to_owned()).collect()
    }

    async fn text(&mut self) -> String {
        loop {
            match self.frames.next().await.unwrap().unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a text is due, not {other:?}"),
            }
        }
    }

    pub async fn say(&mut self, text: impl Into<String>) {
        self.frames.send(Message::text(text.into())).await.unwrap();
    }

    pub async fn tell(&mut self, job: &str, status: &str, progress: u8) {
        self.say(event("outbound.contactlistitems.bulkinsert", job, status, progress)).await;
    }

    /// Answers pings until the other end goes, and says how it went.
    pub async fn listen(&mut self) -> Option<CloseFrame> {
        while let Some(message) = self.frames.next().await {
            match message {
                Ok(Message::Close(frame)) => return frame,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        None
    }

    pub async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "canary".into() };
        self.frames.close(Some(frame)).await.unwrap();
        self.listen().await;
    }

    /// Bytes that are no whole frame.
    pub async fn raw(&mut self, bytes: &[u8]) -> Result<(), tungstenite::Error> {
        self.frames.get_mut().write_all(bytes).await?;
        Ok(())
    }
}

pub fn event(kind: &str, job: &str, status: &str, progress: u8) -> String {
    format!(
        r#"{{"eventType":"{kind}","timestamp":"2026-01-01T00:00:00Z","data":{{"jobId":"{job}","status":"{status}","progress":{progress}}}}}"#
    )
}

//! Speaks HTTP to a server on this machine: one call a connection, whole answers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

/// `http://127.0.0.1:1234/rest` → `127.0.0.1:1234`, `/rest`.
pub fn parts(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    (host.to_owned(), format!("/{path}"))
}

/// One call. `None` where no whole answer came.
pub fn call(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<(u16, Vec<u8>)> {
    let (host, path) = parts(url);
    let mut stream = TcpStream::connect(&host).ok()?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_off(end + 4)))
}

/// A question whose answer is JSON.
pub fn ask(url: &str) -> Value {
    let (status, body) = call("GET", url, &[], &[]).unwrap_or_else(|| panic!("no answer from {url}"));
    assert_eq!(status, 200, "{url}");
    serde_json::from_slice(&body).unwrap()
}

/// Pulls a lever of the sandbox.
pub fn order(url: &str, body: &Value) {
    let headers = [("Content-Type", "application/json")];
    let (status, answer) = call("POST", url, &headers, body.to_string().as_bytes()).unwrap();
    assert!(status < 300, "{url}: {status} {}", String::from_utf8_lossy(&answer));
}

//! `doctor` says of each ground whether it holds, what it means where it does not, and what to do.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::support::{Desk, Ended, Tenant};

/// The findings by their subjects.
fn findings(ended: &Ended) -> BTreeMap<String, Value> {
    let seen = ended.json();
    let findings = seen["findings"].as_array().unwrap().iter();
    findings.map(|finding| (finding["subject"].as_str().unwrap().to_owned(), finding.clone())).collect()
}

#[track_caller]
fn assert_is(findings: &BTreeMap<String, Value>, subject: &str, health: &str, words: &[&str]) {
    let finding = &findings[subject];
    assert_eq!(finding["health"], health, "{finding}");
    for words in words {
        assert!(finding.to_string().contains(words), "{words}: {finding}");
    }
    let to_do = finding["advice"].as_str().is_some_and(|advice| !advice.is_empty());
    assert!(to_do || !matches!(health, "broken" | "attention"), "nothing is advised: {finding}");
}

/// Has the next calls of a family answered with a status.
fn answer(tenant: &Tenant, family: &str, status: u16) {
    let url = format!("{}/__sandbox/fault", tenant.text("api_url").replace("/api/v2", ""));
    let order = json!({ "do": "status", "status": status, "on": family, "next": 100 });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        http.post(url).json(&order).send().await.unwrap().error_for_status().unwrap();
    });
}

/// A desk whose profile goes to these addresses.
fn desk_at(token_url: &str, api_url: &str) -> Desk {
    let desk = Desk::new();
    let add =
        ["profile", "add", "desk", "--preset", "custom", "--credentials", "env", "--token-url", token_url];
    desk.run(add.into_iter().chain(["--api-url", api_url])).exits(0);
    desk.with_secret("id-canary", "secret-canary")
}

#[test]
fn a_tenant_that_is_well_is_fine_from_its_name_to_its_last_endpoint() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    let seen = findings(&desk.run(["doctor", "--json"]).exits(0));
    assert_is(&seen, "dns", "fine", &["127.0.0.1 (token, API, events)"]);
    assert_is(&seen, "tls", "fine", &["plain http"]);
    assert!(seen["disk"]["seen"].as_str().unwrap().contains("can be written to"), "{}", seen["disk"]);
    for subject in ["ledger", "credentials", "token", "clock", "limits"] {
        assert_is(&seen, subject, "fine", &[]);
    }
    assert_is(&seen, "scopes", "fine", &["every kind of job"]);
    for subject in ["endpoints", "query", "entries", "items", "suppression", "outbound", "events"] {
        assert_is(&seen, subject, "fine", &[]);
    }
    assert_is(&seen, "limits", "fine", &["calls just now, none too fast"]);
    let people = desk.run(["doctor"]).exits(0);
    people.says("lists and").says("the socket of job events opens");
}

#[test]
fn an_endpoint_that_is_not_there_says_what_cannot_be_done_and_a_scope_is_named() {
    let tenant = Tenant::calm();
    let desk = Desk::with_events_of(&tenant);
    for (family, status) in
        [("suppression_read", 404), ("jobs_read", 404), ("items_read", 403), ("events", 403)]
    {
        answer(&tenant, family, status);
    }
    let seen = findings(&desk.run(["doctor", "--json"]).exits(0));
    assert_is(&seen, "suppression", "attention", &["404", "found by their id alone"]);
    assert_is(&seen, "outbound", "attention", &["404", "unaccounted"]);
    assert_is(&seen, "items", "attention", &["dnc:read compliance:read is needed", "cannot be proven"]);
    assert_is(&seen, "events", "attention", &["403", "jobs are polled"]);
    assert_is(&seen, "entries", "fine", &[]);

    answer(&tenant, "query", 403);
    let seen = findings(&desk.run(["doctor", "--json"]).exits(1));
    assert_is(&seen, "query", "broken", &["dnc:read contacts:read is needed", "administrator"]);
}

const TOKEN: &str = r#"{"access_token":"t","token_type":"Bearer","scope":"dnc:read tenant:read compliance:read contacts:read"}"#;
const NONE: &str = r#"{"entities":[]}"#;

/// A tenant that answers a whole request as this script does: status, one more header, body.
fn scripted(script: fn(&str) -> (u16, &'static str, &'static str)) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let (mut request, mut piece) = (String::new(), [0; 4096]);
            let is_whole = |request: &str| {
                let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                body.len() >= length.map_or(0, |length| length.parse().unwrap())
            };
            while !is_whole(&request) {
                let n = stream.read(&mut piece).unwrap();
                assert!(n > 0, "half a request");
                request += std::str::from_utf8(&piece[..n]).unwrap();
            }
            let (status, header, body) = script(&request);
            let date = httpdate::fmt_http_date(std::time::SystemTime::now());
            let head = format!("HTTP/1.1 {status} X\r\ndate: {date}\r\nconnection: close\r\n{header}");
            let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    origin
}

#[test]
fn scopes_that_are_not_granted_are_named_with_the_job_that_lacks_them() {
    let origin =
        scripted(|request| match (request.starts_with("POST /token"), request.contains("lists%3A")) {
            (true, true) => (400, "", r#"{"error":"invalid_scope"}"#),
            (true, false) => (200, "", TOKEN),
            (false, _) => (200, "", NONE),
        });
    let desk = desk_at(&format!("{origin}/token"), &format!("{origin}/api/v2"));
    let seen = findings(&desk.run(["doctor", "--json"]).exits(0));
    assert_is(
        &seen,
        "scopes",
        "attention",
        &[
            "uploads of entries and items: not granted: dnc:write",
            "contacts sync: not granted: contacts:write",
            "suppression lists: the credentials were refused",
            "lists:contacts:write",
            "outbound lists: not granted: outbound:contactlistitem:write",
        ],
    );
    assert_is(&seen, "suppression", "attention", &["scopes", "found by their id alone"]);
    assert_is(&seen, "endpoints", "attention", &["0 lists and 0 rules", "lists create"]);
    assert_is(&seen, "entries", "attention", &["no list to read them from"]);
}

#[test]
fn what_the_tenant_said_of_the_rate_is_told() {
    let origin = scripted(|request| match request {
        _ if request.starts_with("POST /token") => (200, "", TOKEN),
        _ if request.contains("/records/query") => (429, "retry-after: 600\r\n", "{}"),
        _ => (200, "", NONE),
    });
    let desk = desk_at(&format!("{origin}/token"), &format!("{origin}/api/v2"));
    let seen = findings(&desk.run(["doctor", "--json"]).exits(1));
    assert_is(&seen, "limits", "attention", &["1 of", "(429)", "query paused for", "by its Retry-After"]);
    assert_is(&seen, "query", "broken", &["wait"]);
}

#[test]
fn a_name_that_nobody_knows_is_told_before_anything_is_sent() {
    let tenant = Tenant::calm();
    // No label of a name is longer than 63: nobody need be asked to know that there is none.
    let nowhere = format!("{}.invalid", "a".repeat(64));
    let desk = desk_at(&tenant.text("token_url"), &format!("https://{nowhere}/api/v2"));
    let seen = findings(&desk.run(["doctor", "--json"]).exits(1));
    assert_is(&seen, "dns", "broken", &[&nowhere, "cannot be resolved (API)", "name servers"]);
    for subject in ["tls", "clock", "scopes", "endpoints", "suppression", "events"] {
        assert_is(&seen, subject, "not-checked", &[]);
    }
    assert_ne!(seen["token"]["health"], "fine");
    assert_ne!(seen["disk"]["health"], "not-checked", "this machine is looked at all the same");
}

#[test]
fn a_port_that_speaks_no_tls_is_named_and_hears_no_secret() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let mut heard = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut piece = [0; 4096];
            let n = stream.read(&mut piece).unwrap_or(0);
            heard.extend_from_slice(&piece[..n]);
            if piece.starts_with(b"stop") {
                break;
            }
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
        heard
    });
    let desk = desk_at(&format!("{origin}/token"), &format!("{origin}/api/v2"));
    let ended = desk.run(["doctor", "--json"]).exits(1);
    let mut last = std::net::TcpStream::connect(origin.trim_start_matches("https://")).unwrap();
    last.write_all(b"stop").unwrap();
    let heard = heard.join().unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("canary"));

    let seen = findings(&ended);
    assert_is(&seen, "dns", "fine", &["(token, API)"]);
    assert_ne!(seen["token"]["health"], "fine", "{}", ended.all());
    if seen["tls"].to_string().contains("no TLS set-up") {
        println!("skipped: this machine has no root certificates");
        return;
    }
    assert_is(&seen, "tls", "broken", &["speaks no TLS", "Nothing is sent"]);
    assert_is(&seen, "token", "not-checked", &["no way to the tenant"]);
}

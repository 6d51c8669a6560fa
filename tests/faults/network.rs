//! N: what the network does to a call before, while and after it is on its way.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use futures_util::future::join_all;
use quietline::api::{Attempt, Client, Credentials, Deadlines, Endpoints, Error, Limits, Scopes};
use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use quietline::domain::run::RunState;
use quietline::sandbox::Story;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::between::{Told, Turn, changed, told};
use crate::generate;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::tenant::{Reply, Tenant, json as answer, quick, with};

const BODY: &[u8] = br#"{"data":[{"phoneNumber":"+12025550101"}]}"#;

async fn post(client: &Client) -> Attempt {
    client.post_entries(BODY.to_vec(), &CancellationToken::new()).await
}

/// A client of these addresses; `None` where the machine has no root certificates to trust anybody by.
fn client_at(token_url: &str, api_url: &str) -> Option<Client> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = Client::with_patience(
        Endpoints { token_url: token_url.into(), api_url: api_url.into(), events_url: None },
        Limits::default(),
        Deadlines::default(),
        quick(),
        Credentials { client_id: "id-canary".into(), client_secret: "secret-canary".into() },
        Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
    );
    made.ok().map(|client| client.asking(Scopes::CHANGE))
}

#[tokio::test]
async fn n1_a_name_that_cannot_be_resolved_was_never_written_to() {
    let tenant = Tenant::start(|_| answer(200, "{}")).await;
    // No label of a name is longer than 63: nobody need be asked to know that there is none.
    let nowhere = format!("{}.invalid", "a".repeat(64));
    let token_url = format!("http://{}/token", tenant.address);
    let Some(client) = client_at(&token_url, &format!("https://{nowhere}/api/v2")) else {
        println!("skipped: this machine has no root certificates");
        return;
    };
    let attempt = post(&client).await;
    let Attempt::NotApplied { error: Error::Unreachable { detail }, retry: true, raw: None, .. } = attempt
    else {
        panic!("{attempt:?}")
    };
    assert!(detail.contains(&nowhere), "{detail}");
    let Err(Error::Unreachable { detail }) = client.me().await else { panic!("patience ends") };
    assert!(detail.contains(&nowhere), "{detail}");
}

/// A server that shows a certificate, or none, to whoever comes. Tells the bytes of each connection that got past it.
fn secured(certificate: Option<&'static [u8]>) -> (u16, Receiver<Vec<u8>>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = certificate.map(|certificate| {
        let key = include_bytes!("../fixtures/tls/key.der");
        let key = PrivateKeyDer::Pkcs8(key.to_vec().into());
        let chain = vec![CertificateDer::from(certificate)];
        let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        Arc::new(config.unwrap())
    });
    let (sender, heard) = channel();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut bytes = Vec::new();
            match &config {
                // An old server: "protocol version", and that was it.
                None => {
                    let mut hello = [0; 4096];
                    let _ = stream.read(&mut hello);
                    let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
                }
                Some(config) => {
                    let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
                    let mut piece = [0; 1024];
                    if let Ok(n) = rustls::Stream::new(&mut session, &mut stream).read(&mut piece) {
                        bytes.extend_from_slice(&piece[..n]);
                    }
                }
            }
            if sender.send(bytes).is_err() {
                return;
            }
        }
    });
    (port, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn n3_a_tenant_that_cannot_be_trusted_is_left_at_once_and_hears_nothing() {
    // Whoever signed itself is of an authority that nobody trusts, whatever else is wrong with it.
    let untrusted = "of an authority that this machine does not trust";
    let cases: [(&str, &str, Option<&'static [u8]>); 5] = [
        ("self-signed", untrusted, Some(include_bytes!("../fixtures/tls/self-signed.der"))),
        ("expired", "has expired", Some(include_bytes!("../fixtures/tls/expired.der"))),
        ("of another host", untrusted, Some(include_bytes!("../fixtures/tls/other-host.der"))),
        ("of an unknown authority", untrusted, Some(include_bytes!("../fixtures/tls/unknown-authority.der"))),
        ("older than TLS 1.2", "no TLS of version 1.2 or later", None),
    ];
    for (name, words, certificate) in cases {
        let (port, heard) = secured(certificate);
        let token_url = format!("https://127.0.0.1:{port}/token");
        let Some(client) = client_at(&token_url, "http://127.0.0.1:1/api/v2") else {
            println!("skipped: this machine has no root certificates");
            return;
        };
        let attempt = post(&client).await;
        assert!(matches!(attempt, Attempt::NotApplied { retry: false, .. }), "{name}: {attempt:?}");
        assert!(format!("{attempt:?}").contains("no secure connection"), "{name}: {attempt:?}");
        assert!(format!("{attempt:?}").contains(words), "{name}: {attempt:?}");
        assert!(client.me().await.is_err());
        let first = tokio::task::spawn_blocking(move || (heard.recv().unwrap(), heard)).await.unwrap();
        assert!(first.0.is_empty(), "{name}: it heard {} bytes", first.0.len());
        assert!(first.1.try_recv().is_err(), "{name}: it was tried a second time");
    }
}

/// Keys of the writes of entries that reached the tenant, and how many rows of each it took.
async fn taken(stage: &Stage) -> Vec<(Vec<String>, u64)> {
    let log = stage.control("log").await;
    let writes =
        log.as_array().unwrap().iter().filter(|line| {
            line["method"] == "POST" && line["path"].as_str().unwrap().ends_with("/dnc/entries")
        });
    writes
        .map(|line| {
            let keys = line["keys"].as_array().unwrap();
            let keys = keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect();
            (keys, line["applied"].as_u64().unwrap())
        })
        .collect()
}

/// Uploads 40 rows through one fault, and gives the writes that reached the tenant.
async fn through(fault: &str) -> Vec<(Vec<String>, u64)> {
    let stage = Stage::with_lag(Story::Calm, Duration::ZERO).await;
    let made = generate::messy_file(40, 0);
    let file = stage.write("some.csv", &made.text);
    stage.fault(json!({ "do": fault, "on": "entries_write" })).await;
    let run = stage.upload(&file).await.unwrap();
    assert_eq!(run.state, RunState::Ready, "{:?}", run.error);
    assert_eq!((run.buckets.accepted, run.buckets.unaccounted), (made.intended.len() as u64, 0));
    stage.assert_list_holds(&made.intended).await;
    taken(&stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn n4_a_reset_before_the_commit_is_read_back_and_sent_again_with_the_same_keys() {
    let calls = through("reset_before").await;
    assert_eq!(calls.len(), 2);
    assert_eq!((calls[0].1, calls[1].1), (0, calls[1].0.len() as u64));
    assert_eq!(calls[0].0, calls[1].0);

    let calls = through("reset_midway").await;
    assert_eq!(calls.len(), 2, "only what is missing is sent again");
    assert_eq!(calls[1].0, calls[0].0[calls[0].1 as usize..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn n5_a_reset_after_the_commit_is_read_back_and_nothing_is_sent_again() {
    assert_eq!(through("reset_after").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn n6_half_an_answer_is_read_back_and_nothing_is_sent_again() {
    assert_eq!(through("truncate").await.len(), 1);
}

/// A page of blanks, a gibibyte once it is unpacked.
fn bomb() -> Vec<u8> {
    let mut deflate = flate2::Compress::new(flate2::Compression::best(), false);
    let mut block = Vec::with_capacity(1 << 16);
    deflate.compress_vec(&vec![b' '; 1 << 20], &mut block, flate2::FlushCompress::Full).unwrap();
    // Full flushes stand on their own, so one can follow itself for ever.
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff][..], &block.repeat(1_024)].concat()
}

/// The tenant takes 40 rows and this is its answer: it says nothing, so the list is read, and nothing is sent again.
async fn says_nothing(answer: impl Fn() -> Told + Send + Sync + 'static) {
    let scene = Scene::of(40, move |call| match call.writes() && call.nth == 0 {
        true => Turn::Afterwards(answer()),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert_eq!(scene.writes().len(), 1, "what stands on the list is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn n8_an_answer_that_grows_without_end_is_cut_and_says_nothing() {
    let packed = bomb();
    assert!(packed.len() < 4 << 20, "{}", packed.len());
    let head = "HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";
    let whole = [head.as_bytes(), &packed].concat();
    let tenant = Tenant::start(move |_| Reply::Raw(whole.clone())).await;
    let attempt = post(&tenant.client()).await;
    let Attempt::Indeterminate { error: Error::Protocol { detail }, raw: None, .. } = attempt else {
        panic!("{attempt:?}")
    };
    assert!(detail.contains("16 MiB"), "{detail}");
    let Err(Error::Protocol { detail }) = tenant.client().lists().await else { panic!("no lists") };
    assert!(detail.contains("16 MiB"), "{detail}");
    assert_eq!(tenant.calls().len(), 2, "a read of it is not repeated");

    // Not packed, of a length that is told, and sound but for that.
    let filled = format!(r#"{{"data":[],"filling":"{}"}}"#, "a".repeat(17 << 20));
    let tenant = Tenant::start(move |_| answer(201, &filled)).await;
    let attempt = post(&tenant.client()).await;
    assert!(matches!(attempt, Attempt::Indeterminate { error: Error::Protocol { .. }, .. }), "{attempt:?}");
    assert!(tenant.client().entries_of(crate::tenant::number(101), None).await.is_err());

    says_nothing(move || told(201, packed.clone()).with("content-encoding", "gzip")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn n8_an_answer_nested_100_000_deep_says_nothing() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in [deep.clone(), format!(r#"{{"data":{deep}}}"#), format!(r#"{{"data":[],"new":{deep}}}"#)] {
        let read = body.clone();
        says_nothing(move || told(201, body.clone())).await;
        let tenant = Tenant::start(move |_| answer(200, &read)).await;
        let page = tenant.client().entries_of(crate::tenant::number(101), None).await;
        assert!(!matches!(page, Ok(page) if !page.is_empty()));
        assert_eq!(tenant.calls().len(), 1);
    }
}

/// Answers that stand under 200 and are none.
fn nonsense() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "<!doctype html><p>Log in",
        "",
        "null",
        "[]",
        "\"data\"",
        "{\"data\":{}}",
        "{\"data\":\"all\"}",
        "{\"data\":[],\"data\":[]}",
        "{\"data\":[{\"id\":1,\"id\":2}]}",
        "{\"data\":[NaN]}",
        "{\"data\":[{\"id\":NaN}]}",
        "{\"data\":[]} {\"data\":[]}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    bodies.push(b"{\"data\":[{\"phoneNumber\":\"\xff\xfe\"}]}".to_vec());
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn n9_a_200_that_is_no_answer_says_nothing_of_what_was_written() {
    join_all(nonsense().into_iter().map(|body| says_nothing(move || told(200, body.clone())))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn n9_a_portal_that_answers_for_the_tenant_stops_the_run() {
    let scene = Scene::of(40, |call| match call.writes() {
        true => Turn::Instead(told(200, "<!doctype html><p>Log in")),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_stopped(&run, "protocol").await;
    assert!((1..=8).contains(&scene.writes().len()), "{}", scene.writes().len());
}

#[tokio::test]
async fn n9_a_200_that_is_no_answer_is_no_page_of_entries() {
    for body in nonsense() {
        let head = format!("HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        // A bare array is a page with nothing on it, in one of the dialects.
        if body == b"[]" {
            continue;
        }
        let whole = [head.as_bytes(), &body].concat();
        let tenant = Tenant::start(move |_| Reply::Raw(whole.clone())).await;
        let page = tenant.client().entries_of(crate::tenant::number(101), None).await;
        let shown = String::from_utf8_lossy(&body);
        assert!(matches!(page, Err(Error::Protocol { .. })), "{shown}: {page:?}");
        assert_eq!(tenant.calls().len(), 1, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn n10_a_proxy_that_wants_a_password_stops_the_run() {
    let scene = Scene::of(40, |call| match call.writes() {
        true => Turn::Instead(told(407, "").with("proxy-authenticate", "Basic realm=\"office\"")),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_stopped(&run, "tenant-refused").await;
    assert_eq!(scene.writes().len(), 1);
    assert!(run.error.unwrap().1.contains("407"));
}

/// The client speaks HTTP/1.1 alone, so no stream of a connection is refused or sent away: who answers in frames has
/// broken the connection.
#[tokio::test]
async fn n10_frames_of_http_2_are_a_broken_connection() {
    // GOAWAY on stream 0, last stream 0, no error.
    let goaway = b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0";
    // RST_STREAM on stream 1: REFUSED_STREAM.
    let refused = b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x07";
    for frame in [&goaway[..], &refused[..]] {
        let tenant = Tenant::start(move |_| Reply::Raw(frame.to_vec())).await;
        let attempt = post(&tenant.client()).await;
        assert!(
            matches!(attempt, Attempt::Indeterminate { error: Error::Unreachable { .. }, .. }),
            "{attempt:?}"
        );
        assert_eq!(tenant.calls().len(), 1);
    }
}

#[tokio::test]
async fn n11_a_clock_that_jumps_makes_no_pause_longer_or_negative_and_a_token_that_ended_is_renewed() {
    let at = |seconds: i64| {
        let now = std::time::SystemTime::now();
        let by = Duration::from_secs(seconds.unsigned_abs());
        httpdate::fmt_http_date(if seconds < 0 { now - by } else { now + by })
    };
    let tenant = Tenant::start(move |seen| match seen.nth {
        // Eight hours of sleep, by the tenant's clock.
        0 => with(200, "date", at(8 * 3_600)),
        // Set back by an hour: the time to come again is behind its own clock, and behind ours.
        1 => Reply::Full(429, vec![("date", at(-3_600)), ("retry-after", at(-7_200))], String::new()),
        // The token ended in the night, though by our clock it lives.
        2 => answer(401, "{}"),
        _ => answer(201, "{}"),
    })
    .await;
    let client = tenant.client();
    client.me().await.unwrap();
    let Attempt::NotApplied { after, retry: true, .. } = post(&client).await else { panic!("throttled") };
    assert!(after.is_some_and(|after| after < quick().longest_pause * 2), "{after:?}");
    assert!(matches!(post(&client).await, Attempt::Answered(_)));
    let calls = tenant.calls();
    assert_eq!((calls.len(), tenant.tokens().len()), (4, 2));
    assert_eq!(calls[2].body, calls[3].body);
}

#[tokio::test(flavor = "multi_thread")]
async fn n12_an_answer_to_another_request_settles_no_row() {
    // Of somebody else's rows, while the tenant has not seen ours.
    let strangers = json!({ "data": [{
        "id": "e-1", "phoneNumber": "+12025550199", "idempotencyKey": "of another request",
    }] });
    let scene = Scene::of(40, move |call| match call.writes() && call.nth == 0 {
        true => Turn::Instead(told(201, strangers.to_string())),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    let writes = scene.writes();
    assert_eq!(writes.len(), 2);
    assert_eq!(writes[0].keys(), writes[1].keys());

    // Keys changed about among our own rows.
    let scene = Scene::of(40, |call| match call.writes() {
        true => changed(|mut answer| {
            let first = answer["data"][0]["idempotencyKey"].take();
            let second = std::mem::replace(&mut answer["data"][1]["idempotencyKey"], first);
            answer["data"][0]["idempotencyKey"] = second;
            answer
        }),
        false => Turn::Pass,
    })
    .await;
    let run = scene.upload().await;
    scene.assert_there(&run).await;
    assert_eq!(scene.writes().len(), 1, "it stands there: read back");
}

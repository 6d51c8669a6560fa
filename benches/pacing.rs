//! How much of the allowed rate an upload uses, and whether it ever asks for too much.
//!
//! A tenant on loopback allows 50 calls in any sliding second and answers 429 to the rest. 400 batches are posted by
//! eight workers; the share is measured between the end of the first second's burst and the last arrival. It takes
//! about ten seconds, and prints a ratio and counts: absolute times say little on a shared machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is run by hand and prints its result"
)]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use quietline::api::{Attempt, Client, Credentials, Deadlines, Endpoints, Limits, Scopes};
use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use tokio_util::sync::CancellationToken;

const ALLOWED: usize = 50;
const POSTS: usize = 400;
const WORKERS: usize = 8;
const SECOND: Duration = Duration::from_secs(1);

/// Arrivals of the last second, and of the whole run.
#[derive(Default)]
struct Arrivals {
    window: VecDeque<Instant>,
    all: Vec<Instant>,
    refused: usize,
}

async fn entries(State(arrivals): State<Arc<Mutex<Arrivals>>>) -> Response {
    let now = Instant::now();
    let mut arrivals = arrivals.lock().unwrap();
    arrivals.all.push(now);
    while arrivals.window.front().is_some_and(|at| now - *at >= SECOND) {
        arrivals.window.pop_front();
    }
    if arrivals.window.len() >= ALLOWED {
        arrivals.refused += 1;
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response();
    }
    arrivals.window.push_back(now);
    (StatusCode::CREATED, r#"{"data":[]}"#).into_response()
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arrivals = Arc::new(Mutex::new(Arrivals::default()));
    let app = Router::new()
        .route("/api/v2/dnc/entries", post(entries))
        .route(
            "/token",
            post(|| async { r#"{"access_token":"bench","token_type":"Bearer","expires_in":3600}"# }),
        )
        .with_state(arrivals.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let client = Client::new(
        Endpoints {
            token_url: format!("http://{address}/token"),
            api_url: format!("http://{address}/api/v2"),
            events_url: None,
        },
        Limits { entries_per_second: ALLOWED as f64, ..Limits::default() },
        Deadlines::default(),
        Credentials { client_id: "bench".into(), client_secret: "bench".into() },
        Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
    )
    .unwrap()
    .asking(Scopes::CHANGE);
    let left = Arc::new(AtomicUsize::new(POSTS));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (client, left) = (client.clone(), left.clone());
            tokio::spawn(async move {
                let stop = CancellationToken::new();
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                    let attempt = client.post_entries(br#"{"data":[]}"#.to_vec(), &stop).await;
                    assert!(
                        matches!(attempt, Attempt::Answered(_) | Attempt::NotApplied { retry: true, .. }),
                        "{attempt:?}"
                    );
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    server.abort();

    let arrivals = arrivals.lock().unwrap();
    let steady = &arrivals.all[ALLOWED - 1..];
    let took = (steady[steady.len() - 1] - steady[0]).as_secs_f64();
    let share = (steady.len() - 1) as f64 / took / ALLOWED as f64;
    let busiest = (0..arrivals.all.len())
        .map(|from| arrivals.all[from..].iter().take_while(|at| **at - arrivals.all[from] < SECOND).count())
        .max()
        .unwrap();
    println!(
        "used share of the allowed rate: {:.1} % · busiest second: {busiest} of {ALLOWED} · 429s: {}",
        share * 100.0,
        arrivals.refused
    );
}

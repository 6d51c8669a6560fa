//! Two families at once at their ceilings for a minute: whether the tenant ever sees more calls than the profile allows, how
//! much of it is used, and how many tokens that takes.
//!
//! A tenant on loopback notes when each call arrives and refuses none. Fifty tasks share one client: most of them post
//! entries (so many a second), the others suppression contacts (so many a minute), and all of them meet the end of each
//! token together. Ends with a failure where a window holds more than its ceiling, where less than 98 % of a ceiling is used,
//! or where the tokens are not as many as there are refresh intervals, give or take one.
//!
//! `QUIETLINE_SECONDS` is how long (60).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is run by hand and prints its result"
)]

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use quietline::api::{Attempt, Client, Credentials, Deadlines, Endpoints, Limits, Scopes};
use quietline::domain::list::ListId;
use quietline::domain::phone::{Normaliser, PhonePolicy, Region};
use tokio_util::sync::CancellationToken;

/// Entries a second.
const ENTRIES: f64 = 50.0;
/// Suppression contacts a minute.
const CONTACTS: f64 = 100.0;
const TASKS: usize = 50;
/// Of which so many post suppression contacts.
const TASKS_OF_CONTACTS: usize = 10;
/// Seconds that a token lives, and the share of it after which it is renewed.
const TOKEN_LIFE: u64 = 15;
const REFRESH_AFTER: f64 = 0.8;
/// Share of a ceiling that has to be used.
const LEAST: f64 = 0.98;

/// When calls arrived.
#[derive(Default)]
struct Arrivals {
    entries: Vec<Instant>,
    contacts: Vec<Instant>,
    tokens: Vec<Instant>,
}

type Seen = Arc<Mutex<Arrivals>>;

async fn entries(State(seen): State<Seen>) -> (StatusCode, &'static str) {
    seen.lock().unwrap().entries.push(Instant::now());
    (StatusCode::CREATED, r#"{"data":[]}"#)
}

async fn contacts(State(seen): State<Seen>) -> (StatusCode, &'static str) {
    seen.lock().unwrap().contacts.push(Instant::now());
    (StatusCode::CREATED, r#"{"status":"COMPLETED","contactCount":0}"#)
}

async fn token(State(seen): State<Seen>) -> String {
    let mut seen = seen.lock().unwrap();
    seen.tokens.push(Instant::now());
    let nth = seen.tokens.len();
    format!(r#"{{"access_token":"t{nth}","token_type":"Bearer","expires_in":{TOKEN_LIFE}}}"#)
}

/// Serves on a thread of its own, so that arrivals are noted when they come and not when the client has time for it.
fn serve(seen: Seen) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new()
        .route("/api/v2/dnc/entries", post(entries))
        .route("/api/v2/lists/held/contacts", post(contacts))
        .route("/token", post(token))
        .with_state(seen);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await.unwrap();
        });
    });
    address
}

/// Most arrivals in any window of this length; it ends just before its length is over.
fn busiest(arrivals: &[Instant], window: Duration) -> usize {
    let (mut first, mut most) = (0, 0);
    for (last, at) in arrivals.iter().enumerate() {
        while *at - arrivals[first] >= window {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

/// Prints how a family went. Whether it went as it should.
fn tell(family: &str, arrivals: &[Instant], per_second: f64, windows: &[(Duration, usize)]) -> bool {
    let took = (*arrivals.last().unwrap() - arrivals[0]).as_secs_f64();
    let share = (arrivals.len() - 1) as f64 / took / per_second;
    let mut well = share >= LEAST;
    println!("{family}: {} calls, {:.2} % of the ceiling", arrivals.len(), share * 100.0);
    for (window, most) in windows {
        let held = busiest(arrivals, *window);
        well &= held <= *most;
        println!("{family}: busiest {:.1} s: {held} of {most}", window.as_secs_f64());
    }
    well
}

#[tokio::main]
async fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let seconds = std::env::var("QUIETLINE_SECONDS").map_or(60, |text| text.parse().unwrap());
    let seen = Seen::default();
    let address = serve(seen.clone());
    let client = Client::new(
        Endpoints {
            token_url: format!("http://{address}/token"),
            api_url: format!("http://{address}/api/v2"),
            events_url: None,
        },
        Limits { entries_per_second: ENTRIES, suppression_per_minute: CONTACTS, ..Limits::default() },
        Deadlines::default(),
        Credentials { client_id: "bench".into(), client_secret: "bench".into() },
        Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new()),
    )
    .unwrap()
    .asking(Scopes::CHANGE.and(Scopes::SUPPRESSION));

    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let client = client.clone();
            tokio::spawn(async move {
                let stop = CancellationToken::new();
                while Instant::now() < end {
                    let attempt = match task < TASKS_OF_CONTACTS {
                        true => {
                            let body = br#"{"contacts":[]}"#.to_vec();
                            client.post_suppression_contacts(&ListId("held".into()), body, &stop).await
                        }
                        false => client.post_entries(br#"{"data":[]}"#.to_vec(), &stop).await,
                    };
                    assert!(matches!(attempt, Attempt::Answered(_)), "{attempt:?}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    let seen = seen.lock().unwrap();
    let second = Duration::from_secs(1);
    let between = Duration::from_secs_f64(60.0 / CONTACTS);
    let entries = tell("entries", &seen.entries, ENTRIES, &[(second, ENTRIES as usize)]);
    let per_second = CONTACTS / 60.0;
    let windows = [(between, 1), (second * 60, CONTACTS as usize)];
    let contacts = tell("suppression contacts", &seen.contacts, per_second, &windows);
    // The last calls of the tasks that wait their turn come behind the end.
    let last = seen.entries.iter().chain(&seen.contacts).max().unwrap();
    let run = (*last - begun).as_secs_f64();
    let due = (run / (TOKEN_LIFE as f64 * REFRESH_AFTER)).ceil() as usize;
    let tokens = seen.tokens.len().abs_diff(due) <= 1;
    println!("tokens: {} calls over {run:.1} s, {due} ± 1 due", seen.tokens.len());
    match entries && contacts && tokens {
        true => ExitCode::SUCCESS,
        false => {
            println!("not as it should be");
            ExitCode::FAILURE
        }
    }
}

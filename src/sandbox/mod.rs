//! A believable tenant on loopback: demo, tests and screenshots run against it. It shares nothing with the client, not
//! even the number type, so that a mistake of the one is not mirrored by the other.
//!
//! ```text
//! connection ─▶ call ─▶ token ─▶ limit ─▶ fault ─▶ route ─▶ truth log ─▶ answer (or a broken connection)
//!                └────▶ /__sandbox/*: log, state, lose, fault, revoke, forget
//! ```
//!
//! What it adds to the contract, so that every path can be seen: toll-free numbers are refused row by row
//! (`REJECTED_BY_POLICY`); one number in three that stands on no list is known as clean, the others are unknown; a
//! change of a rule without `If-Match` is `428`; a page larger than the limit is `400` and never silently cut.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod auth;
mod call;
mod check;
mod control;
mod decide;
mod limits;
mod log;
mod rng;
mod routes;
mod samples;
mod server;
mod state;
mod story;
mod stream;
mod world;

pub use samples::SAMPLE_NUMBERS;

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Story {
    /// Nothing.
    #[default]
    Calm,
    /// 429, 503, connections reset before and after the write; deterministic by seed.
    Flaky,
    /// Every answer takes its time.
    Slow,
}

impl Story {
    /// Every story, with the word of `--story`.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Calm, "calm"), (Self::Flaky, "flaky"), (Self::Slow, "slow")];
}

/// How a sandbox is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed of the world and of every fault.
    pub seed: u64,
    /// What goes wrong.
    pub story: Story,
    /// Port on 127.0.0.1; 0 = any.
    pub port: u16,
    /// Time until a written entry is enforced (the record query says PENDING until then).
    pub lag: Duration,
    /// Entries in the seeded world.
    pub entries: usize,
    /// Allowed calls per second on the entries family.
    pub entries_per_second: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 7,
            story: Story::Calm,
            port: 0,
            lag: Duration::from_secs(2),
            entries: 50_000,
            entries_per_second: 50,
        }
    }
}

/// A running sandbox. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    stop: CancellationToken,
    serving: Option<JoinHandle<std::io::Result<()>>>,
}

impl Sandbox {
    /// Starts serving on 127.0.0.1. Needs a tokio runtime. Fails when the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let tenant = Arc::new(Mutex::new(world::seeded(options)));
        let service = server::router(tenant).into_make_service_with_connect_info::<stream::Link>();
        let stop = CancellationToken::new();
        let serving = axum::serve(stream::Door(listener), service)
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(async move { serving.await });
        Ok(Self { address, stop, serving: Some(serving) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// OAuth token URL.
    pub fn token_url(&self) -> String {
        format!("http://{}/oauth/token", self.address)
    }

    /// API base, ending in `/api/v2`.
    pub fn api_url(&self) -> String {
        format!("http://{}/api/v2", self.address)
    }

    /// WebSocket URL of the events (served by a later release; the URL is part of the contract).
    pub fn events_url(&self) -> String {
        format!("ws://{}/api/v2/events", self.address)
    }

    /// Base of the control routes: the truth log and the levers.
    pub fn control_url(&self) -> String {
        format!("http://{}/__sandbox", self.address)
    }

    /// The id it accepts.
    pub fn client_id(&self) -> &'static str {
        auth::CLIENT_ID
    }

    /// The secret it accepts.
    pub fn client_secret(&self) -> &'static str {
        auth::CLIENT_SECRET
    }

    /// Serves until the process ends.
    pub async fn serve_forever(mut self) {
        if let Some(serving) = self.serving.take() {
            // It ends only with its runtime; there is nothing to report then.
            let _ = serving.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

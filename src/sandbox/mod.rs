//! A believable tenant on loopback: demo, tests and screenshots run against it. It shares nothing with the client, not
//! even the number type, so that a mistake of the one is not mirrored by the other.
//!
//! ```text
//! connection ─▶ call ─▶ token ─▶ limit ─▶ fault ─▶ route ─▶ truth log ─▶ answer (or a broken connection, or a socket)
//!                └────▶ /__sandbox/*: log, effects, state, lose, fault, feed, jobs, tenant, revoke, forget, hooks
//! ```
//!
//! What goes wrong has three forms, and each stands in one table that reader, truth and help share:
//!
//! ```text
//! Story       --story, Options::story      weather for the whole life of the tenant, drawn from the seed
//! Order       --fault, POST fault          one thing that befalls a call, a socket or a job, when its turn comes
//! Properties  --tenant, POST tenant        what the tenant is like for good
//! ```
//!
//! What it adds to the contract, so that every path can be seen:
//!
//! - Toll-free numbers are refused row by row (`REJECTED_BY_POLICY`); one number in three that stands on no list is
//!   known as clean, the others are unknown.
//! - A change of a rule or of a suppression list without `If-Match` is `428`; with a stale one it is `412` for a rule and
//!   `409` for a list, with the present `ETag`. A page larger than the limit is `400` and never silently cut.
//! - Items are answered `202 {"queued"}`. They have no verdict of their own: one that cannot be taken makes the whole
//!   call `400`, with its index in the message.
//! - The contact lists `cl-spring-campaign` and `cl-winback` and the suppression lists `sl-email-unsubscribes` and
//!   `sl-compliance-holds` are there from the start, and so are the contacts `c-000001` to `c-000085`, of which the
//!   first ten have the numbers of [`SAMPLE_NUMBERS`].
//! - The contacts of a bulk insert come onto their list as the job goes: those of a job that fails half way stay.
//! - A later subscription on a socket adds to the ones before it. A job that nobody knows is passed over in silence.

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
mod drip;
mod effects;
mod family;
mod fault;
mod feed;
mod help;
mod hooks;
mod late;
mod limits;
mod log;
mod order;
mod other_writer;
mod outbound;
mod people;
mod properties;
mod rng;
mod routes;
mod samples;
mod server;
mod socket;
mod state;
mod story;
mod stream;
mod suppression;
mod truth;
mod words;
mod world;

pub use help::help;
pub use order::Order;
pub use properties::Properties;
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
    /// Every story, with the word of `--story` and what happens in it.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Calm, "calm", "nothing goes wrong by itself"),
        (Self::Flaky, "flaky", "429, 503, connections that break before and after the write, by the seed"),
        (Self::Slow, "slow", "each answer takes 150 to 600 ms, by the seed"),
    ];
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
    /// Time until a written item shows on `GET items` (on `GET entries` it does at once).
    pub items_delay: Duration,
    /// Allowed calls per minute on the items of lists.
    pub items_per_minute: u32,
    /// Allowed calls per minute on suppression lists and their contacts.
    pub suppression_per_minute: u32,
    /// Allowed bulk inserts per minute. Reading their jobs has no limit.
    pub bulk_per_minute: u32,
    /// Allowed contact updates per second.
    pub contacts_per_second: u32,
    /// Time that a bulk insert's job takes.
    pub job_duration: Duration,
    /// What is to go wrong, from the first call on.
    pub orders: Vec<Order>,
    /// What the tenant is like.
    pub tenant: Properties,
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
            items_delay: Duration::from_millis(500),
            items_per_minute: 100,
            suppression_per_minute: 100,
            bulk_per_minute: 100,
            contacts_per_second: 10,
            job_duration: Duration::from_secs(1),
            orders: Vec::new(),
            tenant: Properties::default(),
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
        let state = world::seeded(options);
        let stop = state.stop.clone();
        let tenant = Arc::new(Mutex::new(state));
        let service = server::router(tenant).into_make_service_with_connect_info::<stream::Link>();
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

    /// WebSocket URL of the events.
    pub fn events_url(&self) -> String {
        format!("ws://{}/api/v2/events", self.address)
    }

    /// Base of the control routes: the truth log and the levers.
    pub fn control_url(&self) -> String {
        format!("http://{}/__sandbox", self.address)
    }

    /// Where somebody listens to webhooks.
    pub fn hooks_url(&self) -> String {
        format!("{}/hooks", self.control_url())
    }

    /// What messages to [`Sandbox::hooks_url`] have to be signed with.
    pub fn hooks_secret(&self) -> &'static str {
        hooks::SECRET
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

//! A believable tenant on loopback: demo, tests and screenshots run against it. It shares nothing with the client, not
//! even the number type, so that a mistake of the one is not mirrored by the other.

use std::net::SocketAddr;
use std::time::Duration;

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
pub struct Sandbox {}

impl Sandbox {
    /// Starts serving. Needs a tokio runtime.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let _ = options;
        todo!()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        todo!()
    }

    /// OAuth token URL.
    pub fn token_url(&self) -> String {
        todo!()
    }

    /// API base, ending in `/api/v2`.
    pub fn api_url(&self) -> String {
        todo!()
    }

    /// WebSocket URL of the events (served by a later release; the URL is part of the contract).
    pub fn events_url(&self) -> String {
        todo!()
    }

    /// The id it accepts.
    pub fn client_id(&self) -> &'static str {
        todo!()
    }

    /// The secret it accepts.
    pub fn client_secret(&self) -> &'static str {
        todo!()
    }

    /// Serves until the process ends.
    pub async fn serve_forever(self) {
        todo!()
    }
}

//! All the times of a feed in one place.

use std::time::Duration;

/// How often a feed asks, listens and tries. The defaults are right for a tenant; tests use shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedPace {
    /// While the socket is live, a job that is not over is asked for at least this often: a mute socket hangs nothing.
    pub live: Duration,
    /// Without a socket: the first pause between two questions for a job. It doubles.
    pub polling_first: Duration,
    /// Without a socket: the longest pause.
    pub polling_longest: Duration,
    /// How long a job may stay where it is before nobody waits for it any more.
    pub patience: Duration,
    /// Between two pings.
    pub ping: Duration,
    /// From a ping to its pong.
    pub pong: Duration,
    /// Upper bound of the first pause before connecting again. It doubles, with full jitter.
    pub reconnect_first: Duration,
    /// Upper bound of any such pause.
    pub reconnect_longest: Duration,
    /// Before a tenant that refused the socket is asked for it again.
    pub refused: Duration,
}

impl Default for FeedPace {
    fn default() -> Self {
        Self {
            live: Duration::from_secs(15),
            polling_first: Duration::from_secs(1),
            polling_longest: Duration::from_secs(10),
            patience: Duration::from_secs(30 * 60),
            ping: Duration::from_secs(20),
            pong: Duration::from_secs(10),
            reconnect_first: Duration::from_secs(1),
            reconnect_longest: Duration::from_secs(30),
            refused: Duration::from_secs(5 * 60),
        }
    }
}

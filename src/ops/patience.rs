//! How long a job waits for what only time brings.

use std::time::Duration;

use crate::api;
use crate::config::Profile;
use crate::domain::delivery::SCHEDULE;

/// Patience with a tenant. The defaults are right for a real one; tests use shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// With calls that fail.
    pub calls: api::Patience,
    /// First pause between two looks at something that takes its time.
    pub first_look: Duration,
    /// Longest pause between two such looks.
    pub longest_look: Duration,
    /// How long rows may take until they are read on the list; the contract says a few seconds.
    pub visible_within: Duration,
    /// How long a call may yet be served after its answer was given up: nothing of it is sent again before.
    pub served_within: Duration,
    /// How long a job of the tenant may stand still before nobody waits for it any more.
    pub job_news_within: Duration,
    /// Time that one try at the receiver of a webhook has.
    pub delivered_within: Duration,
    /// The pause before each such try.
    pub delivery_schedule: &'static [Duration],
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            calls: api::Patience::default(),
            first_look: Duration::from_millis(500),
            longest_look: Duration::from_secs(8),
            visible_within: Duration::from_secs(60),
            served_within: Duration::from_secs(120),
            job_news_within: Duration::from_secs(3_600),
            delivered_within: Duration::from_secs(10),
            delivery_schedule: &SCHEDULE,
        }
    }
}

impl Patience {
    /// Patience with the tenant of a profile: the embedded sandbox serves a call at once or not at all.
    pub(super) fn with(profile: &Profile) -> Self {
        let usual = Self::default();
        match profile.preset.as_str() {
            "sandbox" => Self {
                served_within: Duration::from_secs(5),
                delivered_within: Duration::from_secs(2),
                ..usual
            },
            _ => usual,
        }
    }

    /// The pauses between attempts at one thing. The same seed gives the same pauses.
    pub(super) fn pauses(&self, seed: u64) -> api::Backoff {
        api::Backoff::within(self.calls.first_pause, self.calls.longest_pause, seed)
    }

    /// The pause after `pause` between two looks at something that takes its time.
    pub(super) fn longer(&self, pause: Duration) -> Duration {
        (pause * 2).min(self.longest_look)
    }
}

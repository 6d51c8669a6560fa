//! What is told to whoever listens to a profile's runs, and when it is tried again. The schedule is data: the example of
//! the Standard Webhooks specification.

use std::time::Duration;

use jiff::Timestamp;

use super::plan::Destination;
use super::run::{RunState, RunSummary};

/// The pause before each try, the first of which comes at once: ten tries over 75 hours.
pub const SCHEDULE: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// Every row has its verdict: accepted, refused, or openly without one. Not yet proof that calls are held back.
pub const INGESTION_COMPLETE: &str = "dnc.ingestion.complete";
/// The same for a suppression list that was changed by it.
pub const SUPPRESSION_LIST_UPDATED: &str = "SUPPRESSION_LIST_UPDATED";

/// What there is to tell of a run that has just come into its state, in order; mostly nothing.
pub fn events_of(run: &RunSummary) -> &'static [&'static str] {
    match run.state {
        RunState::Uploaded if run.destination == Destination::Suppression && run.buckets.accepted > 0 => {
            &[INGESTION_COMPLETE, SUPPRESSION_LIST_UPDATED]
        }
        RunState::Uploaded => &[INGESTION_COMPLETE],
        RunState::Ready => &["dnc.ingestion.ready"],
        RunState::Discrepant => &["dnc.ingestion.discrepant"],
        RunState::Failed => &["dnc.ingestion.failed"],
        RunState::Interrupted => &["dnc.ingestion.interrupted"],
        RunState::Cancelled => &["dnc.ingestion.cancelled"],
        RunState::Draft
        | RunState::Approved
        | RunState::Uploading
        | RunState::Paused
        | RunState::CoolingDown
        | RunState::Reconciling => &[],
    }
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken (2xx).
    Delivered,
    /// Whoever listened wants nothing any more (410).
    Gone,
    /// Everything else: a status, or no answer.
    Failed {
        /// In words of ours: no part of the answer.
        why: String,
        /// How long the receiver asks to wait.
        after: Option<Duration>,
    },
}

/// What follows from a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another one, not before this time.
    At(Timestamp),
    /// None: the schedule is over.
    GiveUp,
}

/// What follows after `tries` of them, the last of which has just failed. A receiver that asks for more time than the
/// schedule leaves gets it.
pub fn next(schedule: &[Duration], tries: u32, after: Option<Duration>, now: Timestamp) -> Next {
    let pause = usize::try_from(tries).ok().and_then(|tries| schedule.get(tries));
    let Some(pause) = pause else { return Next::GiveUp };
    let pause = (*pause).max(after.unwrap_or_default());
    // A time behind the calendar's end would never come.
    now.checked_add(pause).map_or(Next::GiveUp, Next::At)
}

/// How the messages of a run, or of a profile, stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// Not taken yet.
    pub waiting: u64,
    /// Taken.
    pub delivered: u64,
    /// Not taken, and not tried any more.
    pub given_up: u64,
    /// When the next try is due, where one waits.
    pub next_at: Option<Timestamp>,
    /// What came of the last try that failed, of those that wait or were given up.
    pub why: Option<String>,
}

impl Deliveries {
    /// In one line: `2 delivered, 1 waiting (answered 503)`; `None` where there is nothing to tell.
    pub fn said(&self) -> Option<String> {
        let parts = [(self.delivered, "delivered"), (self.waiting, "waiting"), (self.given_up, "given up")];
        let said: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let why = self.why.as_ref().filter(|_| self.waiting + self.given_up > 0);
        let why = why.map_or_else(String::new, |why| format!(" ({why})"));
        (!said.is_empty()).then(|| format!("{}{why}", said.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(after: Option<Duration>) -> Vec<i64> {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut at = Vec::new();
        for tries in 1.. {
            let Next::At(next) = next(&SCHEDULE, tries, after, now) else { break };
            at.push(next.as_second() - now.as_second());
            now = next;
        }
        at
    }

    #[test]
    fn a_receiver_that_never_answers_is_tried_ten_times_over_three_days() {
        let pauses = walk(None);
        assert_eq!(pauses.len() + 1, 10);
        assert_eq!(pauses, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(pauses.iter().sum::<i64>(), 75 * 3_600 + 35 * 60 + 5);
    }

    #[test]
    fn what_a_receiver_asks_for_only_lengthens_a_pause() {
        let pauses = walk(Some(Duration::from_secs(900)));
        assert_eq!(pauses, [900, 900, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    }

    #[test]
    fn what_waits_is_said_with_its_reason() {
        let mut deliveries = Deliveries::default();
        assert_eq!(deliveries.said(), None);
        deliveries.delivered = 2;
        deliveries.why = Some("it answered 503".into());
        assert_eq!(deliveries.said().unwrap(), "2 delivered");
        deliveries.waiting = 1;
        assert_eq!(deliveries.said().unwrap(), "2 delivered, 1 waiting (it answered 503)");
    }
}

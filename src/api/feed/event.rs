//! What is said on the socket: one message of ours, one kind of event of theirs.

use serde::{Deserialize, Serialize};

use super::super::Error;
use super::super::outbound::{progress_of, status_of};
use super::super::wire::{Text, text_of};
use crate::domain::job::{JobId, JobStatus};

/// The one kind of event that is asked for.
const BULK_INSERT: &str = "outbound.contactlistitems.bulkinsert";

/// An event of a job. It is a hint: the job endpoint has the truth.
#[derive(Debug)]
pub(super) struct JobEvent {
    pub(super) job: JobId,
    /// What it tells, or what is odd about it.
    pub(super) told: Result<(JobStatus, u8), Error>,
}

/// The message that subscribes to the events of these jobs.
pub(super) fn subscription<'a>(jobs: impl Iterator<Item = &'a JobId>) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Subscription<'a> {
        event_types: [&'a str; 1],
        filters: Filters<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Filters<'a> {
        job_ids: Vec<&'a str>,
    }
    let job_ids = jobs.map(|job| job.0.as_str()).collect();
    let message = Subscription { event_types: [BULK_INSERT], filters: Filters { job_ids } };
    #[expect(clippy::expect_used, reason = "strings in structs always serialise")]
    serde_json::to_string(&message).expect("a subscription serialises")
}

/// Reads a message. `None` = it is no event of a job that was asked for: broken, of another type, or of no job.
pub(super) fn read(text: &str) -> Option<JobEvent> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        event_type: String,
        data: Data,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Data {
        job_id: Option<Text>,
        status: Option<Text>,
        progress: Option<Text>,
    }
    let event: Event = serde_json::from_str(text).ok()?;
    if event.event_type != BULK_INSERT {
        return None;
    }
    let job = JobId(text_of(event.data.job_id)?);
    let status = status_of(&text_of(event.data.status).unwrap_or_default());
    let told =
        status.and_then(|status| progress_of(event.data.progress.as_ref()).map(|percent| (status, percent)));
    Some(JobEvent { job, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, data: &str) -> String {
        format!(r#"{{"eventType":"{kind}","timestamp":"2026-01-01T00:00:00Z","data":{data}}}"#)
    }

    #[test]
    fn the_subscription_is_as_in_the_contract() {
        let jobs = [JobId("a\"b".into()), JobId("c".into())];
        assert_eq!(
            subscription(jobs.iter()),
            r#"{"eventTypes":["outbound.contactlistitems.bulkinsert"],"filters":{"jobIds":["a\"b","c"]}}"#
        );
    }

    #[test]
    fn events_are_read_however_numbers_are_spelled() {
        let read = read(&event(BULK_INSERT, r#"{"jobId":7,"status":"running","progress":"41.5"}"#)).unwrap();
        assert_eq!((read.job.0.as_str(), read.told.unwrap()), ("7", (JobStatus::Running, 41)));
    }

    #[test]
    fn what_nobody_asked_for_is_no_event() {
        let deep = "[".repeat(100_000);
        let other = event("dnc.list.changed", r#"{"jobId":"a","status":"RUNNING"}"#);
        let of_no_job = event(BULK_INSERT, r#"{"status":"RUNNING"}"#);
        for text in ["", "{", "[]", "7", "null", "{}", &deep, &other, &of_no_job] {
            assert!(read(text).is_none(), "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn a_word_that_nobody_knows_is_told_as_odd() {
        for (data, words) in [
            (r#"{"jobId":"a","status":"COMPLETED_WITH_ERRORS"}"#, "COMPLETED_WITH_ERRORS"),
            (r#"{"jobId":"a"}"#, "state"),
            (r#"{"jobId":"a","status":"RUNNING","progress":"half"}"#, "progress"),
        ] {
            let error = read(&event(BULK_INSERT, data)).unwrap().told.unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

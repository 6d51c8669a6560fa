//! Outbound contact lists: bulk inserts and their jobs. A bulk insert has no key: sent twice, it makes every contact twice.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::ask::Ask;
use super::client::Client;
use super::items::read_items;
use super::outcome::Write;
use super::scope::Family;
use super::wire::{Rows, Text, decode, odd, text_of, whole_of, without_people};
use super::{Attempt, Error};
use crate::domain::contact::RemoteItem;
use crate::domain::job::{Job, JobError, JobId, JobStatus};
use crate::domain::list::ListId;
use crate::domain::phone::E164;

/// Jobs of one page.
const JOBS: usize = 100;

/// One contact to insert.
#[derive(Clone, PartialEq, Eq)]
pub struct BulkWrite {
    /// The number.
    pub number: E164,
    /// Left out when absent.
    pub first_name: Option<Arc<str>>,
    /// Left out when absent.
    pub last_name: Option<Arc<str>>,
    /// Left out when absent.
    pub email: Option<Arc<str>>,
    /// Every other column of the file, by its name.
    pub custom: Vec<(Arc<str>, Arc<str>)>,
}

impl fmt::Debug for BulkWrite {
    /// All of it is about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkWrite").field("number", &self.number).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireWrite<'a> {
    phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    custom_fields: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireBulk<'a> {
    contact_list_id: &'a str,
    items: Vec<WireWrite<'a>>,
}

/// The body of `POST /outbound/contactlistitems/bulkinsert`.
pub fn encode_bulk(list: &ListId, rows: &[BulkWrite]) -> Vec<u8> {
    let items = rows
        .iter()
        .map(|row| WireWrite {
            phone_number: row.number.to_e164(),
            first_name: row.first_name.as_deref(),
            last_name: row.last_name.as_deref(),
            email: row.email.as_deref(),
            custom_fields: row
                .custom
                .iter()
                .map(|(name, value)| (name.to_string(), serde_json::Value::from(&**value)))
                .collect(),
        })
        .collect();
    #[expect(clippy::expect_used, reason = "strings in structs always serialise")]
    serde_json::to_vec(&WireBulk { contact_list_id: &list.0, items }).expect("a bulk insert serialises")
}

/// Reads the answer to a bulk insert: the job that works it off.
pub fn read_bulk_answer(body: &[u8]) -> Result<JobId, Error> {
    #[derive(Deserialize)]
    struct Taken {
        #[serde(alias = "jobId")]
        id: Option<Text>,
    }
    let taken: Taken = decode(body, "the bulk insert")?;
    text_of(taken.id).map(JobId).ok_or_else(|| odd("a bulk insert was taken without a job"))
}

#[derive(Deserialize)]
struct WireJob {
    #[serde(alias = "jobId")]
    id: Option<Text>,
    status: Option<Text>,
    progress: Option<Text>,
    errors: Option<Vec<WireError>>,
}

#[derive(Deserialize)]
struct WireError {
    index: Option<Text>,
    #[serde(rename = "phoneNumber", alias = "phone")]
    phone_number: Option<Text>,
    code: Option<Text>,
    message: Option<Text>,
}

impl WireJob {
    fn into_job(self) -> Result<Job, Error> {
        let id = text_of(self.id).ok_or_else(|| odd("a job has no id"))?;
        let word = text_of(self.status).unwrap_or_default();
        let errors = self.errors.unwrap_or_default().into_iter().map(WireError::into_error);
        Ok(Job {
            id: JobId(id),
            status: status_of(&word)?,
            progress: progress_of(self.progress.as_ref())?,
            errors: errors.collect::<Result<_, _>>()?,
        })
    }
}

impl WireError {
    fn into_error(self) -> Result<JobError, Error> {
        let index = match &self.index {
            None => None,
            told => Some(
                whole_of(told.as_ref())
                    .and_then(|index| usize::try_from(index).ok())
                    .ok_or_else(|| odd("an error of a job names no position"))?,
            ),
        };
        Ok(JobError {
            index,
            raw: text_of(self.phone_number),
            code: text_of(self.code).unwrap_or_default(),
            message: text_of(self.message).unwrap_or_default(),
        })
    }
}

/// A status word; one that nobody knows is an error and never waited for.
pub(super) fn status_of(word: &str) -> Result<JobStatus, Error> {
    JobStatus::from_word(word).ok_or_else(|| {
        odd(format!("a job is in the state “{}”, which is not known", without_people(word.trim(), 40)))
    })
}

/// Percent; none told is none done.
pub(super) fn progress_of(told: Option<&Text>) -> Result<u8, Error> {
    let Some(text) = told else { return Ok(0) };
    let percent: f64 = text.0.trim().parse().map_err(|_| odd("the progress of a job cannot be read"))?;
    if percent.is_nan() {
        return Err(odd("the progress of a job cannot be read"));
    }
    Ok(percent.clamp(0.0, 100.0) as u8)
}

impl Client {
    /// One attempt at a bulk insert, as [`encode_bulk`] wrote it. Its answer names a job: [`read_bulk_answer`].
    pub async fn bulk_insert(&self, body: Vec<u8>, stop: &CancellationToken) -> Attempt {
        let path = ["outbound", "contactlistitems", "bulkinsert"];
        let ask = Ask::post(Family::Outbound, "the contact list", &path, body);
        self.attempt(Write::Bulk, ask, stop).await
    }

    /// A job as it is now. [`Error::NotFound`] where the tenant does not know it (any more).
    pub async fn job(&self, id: &JobId) -> Result<Job, Error> {
        let path = ["outbound", "jobs", id.0.as_str()];
        let answer = self.read(Ask::get(Family::Outbound, "the job", &path)).await?;
        let job = decode::<WireJob>(&answer.raw.body, "the question for a job")?.into_job()?;
        if job.id != *id {
            return Err(odd("the answer tells of another job"));
        }
        Ok(job)
    }

    /// Every job of a contact list.
    pub async fn jobs_of(&self, list: &ListId) -> Result<Vec<Job>, Error> {
        let asked = (Family::Outbound, "the jobs", &["outbound", "jobs"][..]);
        let read = |body: &[u8]| {
            let rows: Rows<WireJob> = decode(body, "the question for jobs")?;
            rows.0.into_iter().map(WireJob::into_job).collect()
        };
        self.all_pages(asked, JOBS, Some(("contactListId", &list.0)), read, |job| job.id.0.clone()).await
    }

    /// One page of the contacts of an outbound list, from 1. An empty page is the last.
    pub async fn outbound_contacts_page(
        &self,
        list: &ListId,
        page: u64,
        size: usize,
    ) -> Result<Vec<RemoteItem>, Error> {
        let path = ["outbound", "contactlists", list.0.as_str(), "contacts"];
        let ask = Ask::get(Family::Outbound, "the contact list", &path);
        self.page(ask, (page, size), |body| read_items(body, self.normaliser())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(body: &str) -> Result<Job, Error> {
        decode::<WireJob>(body.as_bytes(), "x")?.into_job()
    }

    #[test]
    fn a_contact_carries_its_other_columns_and_nothing_that_was_made_up() {
        let number = E164::from_canonical("+12025550101").unwrap();
        let bare = BulkWrite { number, first_name: None, last_name: None, email: None, custom: vec![] };
        let full = BulkWrite {
            first_name: Some("Ann".into()),
            custom: vec![("optIn".into(), "yes".into()), ("plan".into(), "b".into())],
            ..bare.clone()
        };
        let body = String::from_utf8(encode_bulk(&ListId("cl".into()), &[bare, full])).unwrap();
        assert_eq!(
            body,
            r#"{"contactListId":"cl","items":[{"phoneNumber":"+12025550101"},{"phoneNumber":"+12025550101","firstName":"Ann","customFields":{"optIn":"yes","plan":"b"}}]}"#
        );
    }

    #[test]
    fn a_bulk_insert_without_a_job_is_not_understood() {
        assert_eq!(read_bulk_answer(br#"{"id":"j-1"}"#).unwrap(), JobId("j-1".into()));
        assert_eq!(read_bulk_answer(br#"{"jobId":7}"#).unwrap(), JobId("7".into()));
        for bad in ["", "{}", r#"{"id":""}"#, "<html>", r#"{"id":null}"#] {
            assert!(read_bulk_answer(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_state_that_nobody_knows_is_named_and_not_waited_for() {
        let error = job(r#"{"id":"j","status":"COMPLETED_WITH_ERRORS"}"#).unwrap_err();
        assert!(error.to_string().contains("COMPLETED_WITH_ERRORS"), "{error}");
        for bad in [
            r#"{"id":"j"}"#,
            r#"{"status":"QUEUED"}"#,
            r#"{"id":"j","status":"RUNNING","progress":"half"}"#,
            r#"{"id":"j","status":"RUNNING","progress":"NaN"}"#,
            r#"{"id":"j","status":"FAILED","errors":[{"index":-1}]}"#,
        ] {
            assert!(matches!(job(bad), Err(Error::Protocol { .. })), "{bad}");
        }
    }

    #[test]
    fn jobs_are_read_however_numbers_are_spelled() {
        let read =
            job(r#"{"id":"j","status":"running","progress":"41.7","errors":[{"index":"3","code":"BAD"}]}"#);
        let read = read.unwrap();
        assert_eq!((read.status, read.progress), (JobStatus::Running, 41));
        assert_eq!((read.errors[0].index, read.errors[0].code.as_str()), (Some(3), "BAD"));
        assert_eq!(job(r#"{"id":"j","status":"QUEUED","progress":250}"#).unwrap().progress, 100);
    }
}

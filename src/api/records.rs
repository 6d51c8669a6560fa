//! The record query: what the platform would do with a number.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use serde::Deserialize;

use super::Error;
use super::ask::Ask;
use super::client::Client;
use super::scope::Family;
use super::wire::{Rows, Text, decode, odd, text_of};
use crate::domain::phone::{E164, Normaliser};
use crate::domain::verdict::{DncRecord, RecordStatus};

impl Client {
    /// The record query for any number of numbers: chunks them, pages within each chunk. Numbers without a record are
    /// simply not in the answer.
    pub async fn query_records(&self, numbers: &[E164]) -> Result<Vec<DncRecord>, Error> {
        self.records(numbers, false).await
    }

    /// The same, and no later call goes over its connections: the next one may reach another replica of the platform.
    pub async fn query_records_apart(&self, numbers: &[E164]) -> Result<Vec<DncRecord>, Error> {
        self.records(numbers, true).await
    }

    async fn records(&self, numbers: &[E164], apart: bool) -> Result<Vec<DncRecord>, Error> {
        let mut distinct = HashSet::new();
        let numbers: Vec<E164> = numbers.iter().copied().filter(|n| distinct.insert(*n)).collect();
        let mut all: Vec<DncRecord> = Vec::new();
        for chunk in numbers.chunks(self.limits().query_per_call.max(1)) {
            all.extend(self.records_of_chunk(chunk, apart).await?);
        }
        Ok(all)
    }

    /// The records of the numbers of one call, page after page.
    async fn records_of_chunk(&self, chunk: &[E164], apart: bool) -> Result<Vec<DncRecord>, Error> {
        let limit = self.limits().query_per_call.max(1);
        let mut found: Vec<DncRecord> = Vec::new();
        let mut offset = 0;
        loop {
            let body = encode_query(chunk, limit, offset);
            let ask = Ask::post(Family::Query, "the record query", &["dnc", "records", "query"], body);
            let ask = if apart { ask.apart() } else { ask };
            let answer = self.read(ask.question()).await?;
            let page = read_records(&answer.raw.body, chunk, self.normaliser())?;
            let before = found.len();
            for record in page.records {
                if !found.contains(&record) {
                    found.push(record);
                }
            }
            // A tenant may give fewer records a page than it was asked for: a short page is the last only where a longer
            // one has been seen. Asking on after every page would double the calls. Readings apart are of what is suppressed,
            // of which a short page never tells too much, and one call more would meet the same replica again in turn.
            let longest = self.longest_query_page().fetch_max(page.rows, Ordering::Relaxed);
            let shortest_full = if apart { limit } else { limit.min(longest) };
            if page.rows == 0 || page.rows < shortest_full {
                return Ok(found);
            }
            if found.len() == before {
                // A full page without news: whether more records exist cannot be told, so there is no answer.
                return match page.rows < limit {
                    true => Ok(found),
                    false => Err(odd("the record query repeats the same page")),
                };
            }
            offset += page.rows;
        }
    }
}

#[derive(Deserialize)]
struct WireRecord {
    #[serde(alias = "phoneNumber")]
    phone: Option<Text>,
    status: Option<Text>,
    #[serde(rename = "type")]
    kind: Option<Text>,
}

/// One page of records: how many rows it held (which decides whether another follows), and what they say.
#[derive(Debug)]
struct RecordsPage {
    rows: usize,
    records: Vec<DncRecord>,
}

/// The body of `POST /dnc/records/query`.
fn encode_query(numbers: &[E164], limit: usize, offset: usize) -> Vec<u8> {
    let phones: Vec<String> = numbers.iter().map(|number| number.to_e164()).collect();
    serde_json::json!({ "phones": phones, "limit": limit, "offset": offset }).to_string().into_bytes()
}

/// Reads a page. Records of numbers that were not asked for, or that cannot be read, are left out: the number asked for
/// then has no record, which is *unknown* and never *allowed*.
fn read_records(body: &[u8], asked: &[E164], normaliser: &Normaliser) -> Result<RecordsPage, Error> {
    let rows: Rows<WireRecord> = decode(body, "the record query")?;
    let count = rows.0.len();
    let records = rows
        .0
        .into_iter()
        .filter_map(|row| {
            let number = normaliser.normalise(&text_of(row.phone)?).ok()?.number;
            asked.contains(&number).then(|| DncRecord {
                number,
                status: status_of(text_of(row.status).unwrap_or_default()),
                kind: text_of(row.kind).unwrap_or_default(),
            })
        })
        .collect();
    Ok(RecordsPage { rows: count, records })
}

fn status_of(word: String) -> RecordStatus {
    match word.trim().to_ascii_uppercase().as_str() {
        "SUPPRESSED" => RecordStatus::Suppressed,
        "NOT_SUPPRESSED" => RecordStatus::NotSuppressed,
        "PENDING" => RecordStatus::Pending,
        _ => RecordStatus::Other(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::{PhonePolicy, Region};

    #[test]
    fn spellings_are_read_strangers_left_out_and_drift_is_kept() {
        let normaliser = Normaliser::new(Region::US, PhonePolicy::Possible, Vec::new());
        let asked =
            [E164::from_canonical("+12025550101").unwrap(), E164::from_canonical("+12025550102").unwrap()];
        let page = read_records(
            br#"{"records":[
                {"phone":"(202) 555-0101","status":"suppressed","type":"NATIONAL"},
                {"phone":12025550102,"status":"QUARANTINED","type":"STATE"},
                {"phone":"+12025550103","status":"NOT_SUPPRESSED","type":"STATE"},
                {"phone":"+12025550102","type":"COMPANY"},
                {"phone":"unreadable","status":"SUPPRESSED"}]}"#,
            &asked,
            &normaliser,
        )
        .unwrap();
        assert_eq!(page.rows, 5);
        let told: Vec<_> = page.records.iter().map(|r| (r.number, r.status.clone())).collect();
        assert_eq!(
            told,
            [
                (asked[0], RecordStatus::Suppressed),
                (asked[1], RecordStatus::Other("QUARANTINED".into())),
                (asked[1], RecordStatus::Other(String::new())),
            ]
        );
    }

    #[test]
    fn the_question_carries_batch_limit_and_offset() {
        let body = encode_query(&[E164::from_canonical("+12025550101").unwrap()], 100, 200);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, serde_json::json!({"phones": ["+12025550101"], "limit": 100, "offset": 200}));
    }
}

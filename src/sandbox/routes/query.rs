//! `POST /dnc/records/query`: what the platform would do with up to 100 numbers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::check::{self, Millis};
use super::super::decide;
use super::super::rng::{self, Rng};
use super::super::state::State;

/// Phones of one call, and records of one page.
const MOST: usize = 100;

#[derive(Debug, Deserialize)]
struct QueryBody {
    phones: Vec<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

pub(super) fn query(state: &State, call: &Call, now: Millis) -> Result<Reply, Reply> {
    let body: QueryBody = call.json()?;
    let limit = body.limit.unwrap_or(MOST);
    if body.phones.len() > MOST || !(1..=MOST).contains(&limit) {
        return Err(Reply::error(400, "TOO_MANY_PHONES", "at most 100 phones, and a limit of 1 to 100"));
    }
    let mut numbers = Vec::with_capacity(body.phones.len());
    for (index, phone) in body.phones.iter().enumerate() {
        numbers.push(check::e164(phone).ok_or_else(|| {
            Reply::error(400, "INVALID_PHONE_NUMBER", &format!("phones[{index}] is not in E.164"))
        })?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    let mut records: Vec<Value> = Vec::new();
    for number in &numbers {
        for (kind, status) in decide::records(state, *number, now) {
            records
                .push(json!({ "phone": format!("+{number}"), "status": status.word(), "type": kind.word() }));
        }
    }
    // Any order, but the same for every page of the same phones.
    let batch = numbers.iter().fold(state.options.seed, |all, number| rng::mix(all ^ number));
    Rng::new(batch).shuffle(&mut records);
    let page: Vec<Value> = records.into_iter().skip(body.offset.unwrap_or(0)).take(limit).collect();
    Ok(Reply::json(200, &json!({ "records": page })))
}

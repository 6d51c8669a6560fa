//! `/__sandbox/*`: the truth, and the levers. No token needed; not part of the tenant's interface.
//!
//! - `GET log[?after=SEQ]`: every call so far, oldest first.
//! - `GET state[?listId=ID|NAME]`: every list with every record, rules, counters, keys, duplicates; without `listId`
//!   suppression lists, contact lists and jobs too.
//! - `POST lose {"listId","count"}`: removes the records written last and tells their numbers.
//! - `POST fault {"do","next","on","skip"}`: the next calls of a family fail; words in `fault.rs` and `family.rs`.
//!   `{"fault":"status","status":418}` answers with any status from 200.
//! - `POST feed {"do","on","next","status","code","megabytes"}`: the next sockets (`"on":"next"`) or the open ones
//!   (`"on":"open"`) misbehave; words in `feed.rs`. Answers how many were open.
//! - `POST jobs {"do","next"}`: the next jobs end so; words in `outbound.rs`.
//! - `POST tenant {"strictSuppression","readableOutbound"}`: whether one bad record refuses a whole call with 422, and
//!   whether contacts and jobs can be listed.
//! - `POST revoke`: no token is accepted any more. `POST forget`: idempotency keys are forgotten.

use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Reply};
use super::check::Millis;
use super::family::Family;
use super::fault::Fault;
use super::feed::Trouble;
use super::log::Line;
use super::outbound::Fate;
use super::state::State;
use super::story::Scripted;
use super::truth;

/// An answer, or what is left to do for one. Writing the truth out takes long, and the tenant must not stand still for
/// it: the work goes on with a copy, outside the lock.
pub(super) enum Served {
    Now(Reply),
    Later(Box<dyn FnOnce() -> Reply + Send>),
}

/// Serves a control route; `None` = the path is not one.
pub(super) fn serve(state: &mut State, call: &Call, now: Millis) -> Option<Served> {
    let name = call.path.strip_prefix("/__sandbox/")?;
    let served = match (call.method.as_str(), name) {
        ("GET", "log") => return Some(log(state, call).unwrap_or_else(Served::Now)),
        ("GET", "state") => return Some(tell(state, call, now).unwrap_or_else(Served::Now)),
        ("POST", "lose") => lose(state, call, now),
        ("POST", "fault") => fault(state, call),
        ("POST", "feed") => feed(state, call),
        ("POST", "jobs") => jobs(state, call),
        ("POST", "tenant") => tenant(state, call),
        ("POST", "revoke") => {
            state.tokens.clear();
            Ok(Reply::empty(204))
        }
        ("POST", "forget") => {
            state.keys.clear();
            Ok(Reply::empty(204))
        }
        _ => Err(Reply::not_found("control route")),
    };
    Some(Served::Now(served.unwrap_or_else(|refused| refused)))
}

fn log(state: &State, call: &Call) -> Result<Served, Reply> {
    let after = call.number("after", 0, (0, usize::MAX))? as u64;
    let lines: Vec<Line> = state.log.iter().filter(|line| line.seq > after).cloned().collect();
    Ok(Served::Later(Box::new(move || Reply::json(200, &lines.iter().map(Line::to_json).collect()))))
}

fn find(state: &State, wanted: &str) -> Result<usize, Reply> {
    let found = state.list_index(wanted).or_else(|| state.lists.iter().position(|l| l.name == wanted));
    found.ok_or_else(|| Reply::not_found("list"))
}

fn tell(state: &mut State, call: &Call, now: Millis) -> Result<Served, Reply> {
    let only = call.field("listId").map(|wanted| find(state, wanted)).transpose()?;
    state.outbound.advance(now);
    let copy = state.copy(only);
    Ok(Served::Later(Box::new(move || truth::written(&copy, only, now))))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoseBody {
    list_id: String,
    count: usize,
}

fn lose(state: &mut State, call: &Call, now: Millis) -> Result<Reply, Reply> {
    let body: LoseBody = call.json()?;
    let list = find(state, &body.list_id)?;
    let records = &state.lists[list].records;
    let written = records.iter().rev().filter(|record| !record.is_seeded());
    let seeded = records.iter().rev().filter(|record| record.is_seeded());
    let going: Vec<u64> = written.chain(seeded).take(body.count).map(|record| record.seq).collect();
    let lost: Vec<String> =
        going.into_iter().filter_map(|seq| state.remove(seq)).map(|r| format!("+{}", r.number)).collect();
    state.counters.requests += 1;
    state.log.push(Line {
        seq: state.counters.requests,
        at: now,
        method: "POST".into(),
        path: call.path.clone(),
        status: 200,
        keys: Vec::new(),
        applied: lost.len(),
        fault: Some("lose"),
    });
    Ok(Reply::json(200, &json!({ "lost": lost })))
}

#[derive(Debug, Deserialize)]
struct FaultBody {
    #[serde(alias = "fault")]
    r#do: String,
    next: Option<u64>,
    on: Option<String>,
    skip: Option<u64>,
    status: Option<u16>,
}

fn unknown(what: &str) -> Reply {
    Reply::error(400, "INVALID_FAULT", &format!("unknown {what}"))
}

/// A status that can be answered: HTTP/1.1 has three digits, and one below 200 is no answer yet.
fn status(given: Option<u16>) -> Result<u16, Reply> {
    given
        .filter(|status| (200..=999).contains(status))
        .ok_or_else(|| Reply::error(400, "INVALID_FAULT", "status must be a number from 200 to 999"))
}

fn fault(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: FaultBody = call.json()?;
    let fault = match body.r#do.as_str() {
        "status" => Fault::Status(status(body.status)?),
        word => Fault::from_word(word).ok_or_else(|| unknown("fault"))?,
    };
    let family = match body.on.as_deref() {
        None | Some("any") => None,
        Some(word) => Some(Family::from_word(word).ok_or_else(|| unknown("family"))?),
    };
    let times = body.next.unwrap_or(1);
    if times > 0 {
        state.script.push_back(Scripted { fault, family, skip: body.skip.unwrap_or(0), times });
    }
    Ok(Reply::empty(204))
}

#[derive(Debug, Deserialize)]
struct FeedBody {
    r#do: String,
    on: Option<String>,
    next: Option<usize>,
    status: Option<u16>,
    code: Option<u16>,
    megabytes: Option<usize>,
}

fn feed(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: FeedBody = call.json()?;
    let refusal = if body.r#do == "refuse" { status(body.status)? } else { 0 };
    let megabytes = body.megabytes.unwrap_or(17).min(256);
    let trouble = Trouble::from_word(&body.r#do, refusal, body.code.unwrap_or(1011), megabytes)
        .ok_or_else(|| unknown("trouble"))?;
    let open = match body.on.as_deref() {
        None | Some("next") => {
            let times = body.next.unwrap_or(1).min(1_000);
            state.feed.ordered.extend(std::iter::repeat_n(trouble, times));
            state.feed.open_sockets()
        }
        Some("open") => state.feed.strike(trouble),
        Some(_) => return Err(unknown("place: next or open")),
    };
    Ok(Reply::json(200, &json!({ "open": open })))
}

#[derive(Debug, Deserialize)]
struct JobsBody {
    r#do: String,
    next: Option<usize>,
}

fn jobs(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: JobsBody = call.json()?;
    let fate = Fate::from_word(&body.r#do).ok_or_else(|| unknown("fate"))?;
    let times = body.next.unwrap_or(1).min(1_000);
    state.outbound.fates.extend(std::iter::repeat_n(fate, times));
    Ok(Reply::empty(204))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TenantBody {
    strict_suppression: Option<bool>,
    readable_outbound: Option<bool>,
}

fn tenant(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: TenantBody = call.json()?;
    let (suppression, outbound) = (&mut state.suppression, &mut state.outbound);
    suppression.strict = body.strict_suppression.unwrap_or(suppression.strict);
    outbound.readable = body.readable_outbound.unwrap_or(outbound.readable);
    Ok(Reply::empty(204))
}

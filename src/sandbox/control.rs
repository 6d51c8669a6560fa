//! `/__sandbox/*`: the truth, and the levers. No token needed; not part of the tenant's interface.
//!
//! - `GET log[?after=SEQ]`: every call so far, oldest first.
//! - `GET effects[?listId=ID|NAME][&after=SEQ]`: every record that came (`+`), went (`-`) or was written over (`=`) since
//!   the start, oldest first.
//! - `GET state[?listId=ID|NAME]`: every list with every record, rules, counters, keys, duplicates; without `listId`
//!   suppression lists, contact lists and jobs too.
//! - `POST lose {"listId","count"}`: removes the records written last and tells their numbers.
//! - `POST fault {"at","do","next","skip",…}`: an order, in the words and numbers of `--fault`; see `order.rs`. `"on"` is
//!   as good as `"at"`, and `"fault"` as `"do"`.
//! - `POST feed {"do","on","next","status","code","megabytes"}`: the next sockets (`"on":"next"`) or the open ones
//!   (`"on":"open"`) misbehave; words in `feed.rs`. Answers how many were open.
//! - `POST jobs {"do","next"}`: the next jobs end so; words in `outbound.rs`.
//! - `POST tenant {…}`: what the tenant is like, in the words of `--tenant`; see `properties.rs`.
//! - `POST hooks`, `GET hooks`, `POST hooks/next`: somebody who listens to webhooks; see `hooks.rs`.
//! - `POST revoke`: no token is accepted any more. `POST forget`: idempotency keys are forgotten.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::{Call, Reply};
use super::check::Millis;
use super::family::Family;
use super::feed::TROUBLES;
use super::hooks::Answered;
use super::late;
use super::log::Line;
use super::order::{Order, Turn};
use super::outbound::FATES;
use super::state::State;
use super::truth;
use super::words::{self, Numbers, Word};

/// An answer, or what is left to do for one. Writing the truth out takes long, and the tenant must not stand still for
/// it: the work goes on with a copy, outside the lock.
pub(super) enum Served {
    Now(Reply),
    Later(Box<dyn FnOnce() -> Reply + Send>),
    /// No answer at all, as long as the connection lives.
    Never,
    /// The connection breaks.
    Broken,
}

/// Serves a control route; `None` = the path is not one.
pub(super) fn serve(state: &mut State, call: &Call, now: Millis) -> Option<Served> {
    let name = call.path.strip_prefix("/__sandbox/")?;
    late::settle(state, now);
    match state.hooks.serve(call, now) {
        Some(Answered::Reply(reply)) => return Some(Served::Now(reply)),
        Some(Answered::Hang) => return Some(Served::Never),
        Some(Answered::Drop) => return Some(Served::Broken),
        None => {}
    }
    let served = match (call.method.as_str(), name) {
        ("GET", "log") => return Some(log(state, call).unwrap_or_else(Served::Now)),
        ("GET", "effects") => effects(state, call, now),
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

fn effects(state: &mut State, call: &Call, now: Millis) -> Result<Reply, Reply> {
    state.outbound.advance(now);
    let list = call.field("listId").map(|wanted| any_list(state, wanted)).transpose()?;
    let after = call.number("after", 0, (0, usize::MAX))?;
    Ok(Reply::json(200, &state.effects.to_json(list.as_deref(), after)))
}

/// The id of a list of any family.
fn any_list(state: &State, wanted: &str) -> Result<String, Reply> {
    let suppression = state.suppression.lists.iter().map(|list| (&list.id, &list.name));
    let contacts = state.outbound.lists.iter().map(|list| (&list.id, &list.name));
    let all = state.lists.iter().map(|list| (&list.id, &list.name)).chain(suppression).chain(contacts);
    let found =
        all.clone().find(|(id, _)| *id == wanted).or_else(|| all.clone().find(|(_, name)| *name == wanted));
    found.map(|(id, _)| id.clone()).ok_or_else(|| Reply::not_found("list"))
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

fn wrong(error: &str) -> Reply {
    Reply::error(400, "INVALID_FAULT", error)
}

fn fault(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let order = Order::from_json(&call.json()?).map_err(|error| wrong(&error))?;
    state.order(order);
    Ok(Reply::empty(204))
}

/// The words of one kind, and beside them numbers that other words of that kind take.
#[derive(Debug, Deserialize)]
struct KindBody {
    r#do: String,
    on: Option<String>,
    next: Option<u64>,
    #[serde(flatten)]
    numbers: Map<String, Value>,
}

impl KindBody {
    fn read<T: Copy>(&self, table: &[Word<T>]) -> Result<T, Reply> {
        let word = words::find(table, &self.r#do).ok_or_else(|| wrong("unknown word"))?;
        let mut numbers = Numbers::default();
        for (name, value) in self.numbers.iter().filter(|(_, value)| value.is_number()) {
            numbers.put(name, value.to_string());
        }
        (word.make)(&mut numbers).map_err(|error| wrong(&error))
    }

    /// How many are struck, in the order of arrival.
    fn turn(&self, family: Family) -> Turn {
        Turn::next(family).times(self.next.unwrap_or(1))
    }
}

fn feed(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: KindBody = call.json()?;
    let trouble = body.read(&TROUBLES)?;
    let open = match body.on.as_deref() {
        None | Some("next") => {
            state.feed.ordered.push(trouble, body.turn(Family::Events));
            state.feed.open_sockets()
        }
        Some("open") => state.feed.strike(trouble),
        Some(_) => return Err(wrong("on must be next or open")),
    };
    Ok(Reply::json(200, &json!({ "open": open })))
}

fn jobs(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let body: KindBody = call.json()?;
    let fate = body.read(&FATES)?;
    state.outbound.fates.push(fate, body.turn(Family::Bulk));
    Ok(Reply::empty(204))
}

fn tenant(state: &mut State, call: &Call) -> Result<Reply, Reply> {
    let fields: Map<String, Value> = call.json()?;
    state.properties.set_all(&fields).map_err(|error| Reply::error(400, "INVALID_PROPERTY", &error))?;
    Ok(Reply::empty(204))
}

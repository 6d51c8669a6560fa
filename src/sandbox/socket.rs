//! A socket of the feed: reads subscriptions, tells what jobs come to, and misbehaves as ordered.
//!
//! ```text
//! order ──────▶┐
//! message ────▶├─▶ Speaker ─▶ acts (send, close, drop) ─▶ the wire
//! next change ▶┘      └─ asks the tenant what the jobs have come to
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde::Deserialize;
use serde_json::{Value, json};

use super::check::{self, Millis};
use super::feed::{Ticket, Trouble};
use super::outbound::{Moment, Outbound};
use super::server::{Tenant, lock};

/// The only type of event.
const EVENT: &str = "outbound.contactlistitems.bulkinsert";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Subscribe {
    event_types: Vec<String>,
    filters: Filters,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Filters {
    job_ids: Vec<String>,
}

/// What is to be done on the wire.
#[derive(Debug, PartialEq)]
enum Act {
    Send(Message),
    Close(u16),
    Drop,
}

/// Serves a socket until it ends or the sandbox does.
pub(super) async fn serve(mut socket: WebSocket, tenant: Tenant, ticket: Ticket) {
    let stop = lock(&tenant).stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = talk(&mut socket, &tenant, ticket) => {}
    }
}

async fn talk(socket: &mut WebSocket, tenant: &Tenant, mut ticket: Ticket) {
    let mut speaker = Speaker::default();
    if let Some(trouble) = ticket.first {
        speaker.order(trouble);
    }
    loop {
        let now = check::now();
        let wake = speaker.next_change(&lock(tenant).outbound, now);
        let wake = wake.map(|at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0)));
        let acts = tokio::select! {
            trouble = ticket.orders.recv() => match trouble {
                Some(trouble) => speaker.order(trouble),
                None => return,
            },
            message = socket.recv(), if speaker.reads() => match message {
                Some(Ok(message)) => hear(tenant, &mut speaker, &message),
                _ => return,
            },
            () = tokio::time::sleep(wake.unwrap_or_default()), if wake.is_some() => Vec::new(),
        };
        for act in acts {
            if !perform(socket, act).await {
                return;
            }
        }
        for act in tell(tenant, &mut speaker) {
            if !perform(socket, act).await {
                return;
            }
        }
    }
}

/// Does one thing; `false` = the socket is at its end.
async fn perform(socket: &mut WebSocket, act: Act) -> bool {
    match act {
        Act::Send(message) => socket.send(message).await.is_ok(),
        Act::Drop => false,
        Act::Close(code) => {
            let frame = CloseFrame { code, reason: "ordered".into() };
            if socket.send(Message::Close(Some(frame))).await.is_ok() {
                // Until the other side has read it: a connection that is dropped with something unread is reset.
                while let Some(Ok(_)) = socket.recv().await {}
            }
            false
        }
    }
}

fn hear(tenant: &Tenant, speaker: &mut Speaker, message: &Message) -> Vec<Act> {
    let heard = match message {
        Message::Text(text) => speaker.subscribe(text.as_str()),
        Message::Binary(_) => Err("a message must be a text".to_owned()),
        // The library answers it by itself.
        Message::Ping(_) => {
            lock(tenant).feed.tallies.pings += 1;
            return Vec::new();
        }
        Message::Pong(_) | Message::Close(_) => return Vec::new(),
    };
    let tallies = &mut lock(tenant).feed.tallies;
    match heard {
        Ok(acts) => {
            tallies.subscriptions += 1;
            acts
        }
        Err(message) => {
            tallies.errors += 1;
            let error = json!({ "error": { "code": "INVALID_MESSAGE", "message": message } });
            vec![Act::Send(Message::text(error.to_string()))]
        }
    }
}

fn tell(tenant: &Tenant, speaker: &mut Speaker) -> Vec<Act> {
    let now = check::now();
    let mut state = lock(tenant);
    // Whoever hears that a job is done finds its contacts.
    state.outbound.advance(now);
    let (acts, events) = speaker.tell(&state.outbound, now);
    state.feed.tallies.events += events;
    acts
}

/// What one socket has been told and is to be told.
#[derive(Debug, Default)]
struct Speaker {
    /// Jobs that were named, with what was last said of them.
    jobs: BTreeMap<String, Option<Moment>>,
    /// What strikes once there is a subscription.
    waiting: VecDeque<Trouble>,
    mute: bool,
    deaf: bool,
    skips: bool,
    doubles: bool,
    disorders: bool,
}

impl Speaker {
    /// Whether the socket is read: one that answers no pings is read until it has subscribed.
    fn reads(&self) -> bool {
        !self.deaf || self.jobs.is_empty()
    }

    fn next_change(&self, outbound: &Outbound, now: Millis) -> Option<Millis> {
        self.jobs.keys().filter_map(|id| outbound.job(id)?.next_change(now)).min()
    }

    fn order(&mut self, trouble: Trouble) -> Vec<Act> {
        match trouble {
            Trouble::Mute => self.mute = true,
            Trouble::NoPong => self.deaf = true,
            Trouble::Skip => self.skips = true,
            Trouble::Duplicate => self.doubles = true,
            Trouble::OutOfOrder => self.disorders = true,
            // A handshake that is over cannot be refused.
            Trouble::Refuse(_) => {}
            once if self.jobs.is_empty() => self.waiting.push_back(once),
            once => return vec![self.strike(once)],
        }
        Vec::new()
    }

    fn strike(&self, trouble: Trouble) -> Act {
        let job = self.jobs.keys().next().map_or("", String::as_str);
        let text = match trouble {
            Trouble::UnknownStatus => event(job, "HIBERNATING", 50, check::now()),
            Trouble::ForeignJob => {
                event("00000000-0000-4000-8000-00000000dead", "COMPLETED", 100, check::now())
            }
            Trouble::BadJson => "{\"eventType\":\"outbound.contactlistitems.bulk".to_owned(),
            Trouble::Binary => return Act::Send(Message::binary(vec![0u8, 159, 146, 150])),
            Trouble::Huge(megabytes) => format!("\"{}\"", "x".repeat(megabytes * 1024 * 1024)),
            Trouble::Close(code) => return Act::Close(code),
            _ => return Act::Drop,
        };
        Act::Send(Message::text(text))
    }

    /// Reads a subscription. It adds to those before it, and says again what the named jobs have come to.
    fn subscribe(&mut self, text: &str) -> Result<Vec<Act>, String> {
        let asked: Subscribe = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if let Some(unknown) = asked.event_types.iter().find(|kind| *kind != EVENT) {
            return Err(format!("unknown event type {unknown}"));
        }
        if asked.event_types.is_empty() || asked.filters.job_ids.is_empty() {
            return Err("eventTypes and filters.jobIds must name something".to_owned());
        }
        self.jobs.extend(asked.filters.job_ids.into_iter().map(|id| (id, None)));
        let waiting = std::mem::take(&mut self.waiting);
        Ok(waiting.into_iter().map(|trouble| self.strike(trouble)).collect())
    }

    /// Everything that is new since the last time, and how many events it is. A job that nobody knows is passed over
    /// in silence.
    fn tell(&mut self, outbound: &Outbound, now: Millis) -> (Vec<Act>, u64) {
        let (mut acts, mut events) = (Vec::new(), 0);
        for (id, told) in &mut self.jobs {
            let Some(moment) = outbound.job(id).map(|job| job.at(now)) else { continue };
            if *told == Some(moment) {
                continue;
            }
            *told = Some(moment);
            if self.mute || (self.skips && moment.is_last()) {
                continue;
            }
            events += 1;
            let mut say = |status, progress, at| {
                acts.push(Act::Send(Message::text(event(id, status, progress, at))));
            };
            say(moment.status, moment.progress, now);
            if self.doubles {
                say(moment.status, moment.progress, now);
            }
            if self.disorders && moment.is_last() {
                say("RUNNING", 50, now - 2_000);
                say("FAILED", 50, now - 1_000);
            }
        }
        (acts, events)
    }
}

fn event(job: &str, status: &str, progress: u8, at: Millis) -> String {
    let data: Value = json!({ "jobId": job, "status": status, "progress": progress });
    json!({ "eventType": EVENT, "timestamp": check::written(at), "data": data }).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::outbound::{ContactList, Fate};
    use super::*;

    /// An outbound with one job of ten seconds, made at 0.
    fn outbound(fate: Fate) -> (Outbound, String) {
        let mut outbound =
            Outbound::new(&Options { job_duration: Duration::from_secs(10), ..Options::default() });
        outbound.lists.push(ContactList { id: "cl".into(), name: "cl".into(), contacts: Vec::new() });
        outbound.order(fate);
        let id = outbound.start(0, Vec::new(), 0);
        (outbound, id)
    }

    fn subscribed(to: &str, orders: &[Trouble]) -> Speaker {
        let mut speaker = Speaker::default();
        for order in orders {
            assert_eq!(speaker.order(*order), []);
        }
        let text = json!({ "eventTypes": [EVENT], "filters": { "jobIds": [to] } });
        assert_eq!(speaker.subscribe(&text.to_string()), Ok(Vec::new()));
        speaker
    }

    /// Statuses and progress of all events up to the minute.
    fn told(speaker: &mut Speaker, outbound: &Outbound) -> Vec<(String, u64)> {
        let (mut at, mut told) = (0, Vec::new());
        loop {
            for act in speaker.tell(outbound, at).0 {
                let Act::Send(Message::Text(text)) = act else { panic!("{act:?}") };
                let event: Value = serde_json::from_str(text.as_str()).unwrap();
                let data = &event["data"];
                told.push((data["status"].as_str().unwrap().to_owned(), data["progress"].as_u64().unwrap()));
            }
            match speaker.next_change(outbound, at) {
                Some(next) => at = next,
                None => return told,
            }
        }
    }

    #[test]
    fn every_step_of_a_job_is_told_once() {
        let (outbound, id) = outbound(Fate::Completes);
        let told = told(&mut subscribed(&id, &[]), &outbound);
        assert_eq!(told.first(), Some(&("QUEUED".to_owned(), 0)));
        assert_eq!(told.last(), Some(&("COMPLETED".to_owned(), 100)));
        assert_eq!(told.len(), 11);
    }

    #[test]
    fn orders_change_what_is_told() {
        let (outbound, id) = outbound(Fate::Completes);
        let told = |orders: &[Trouble]| told(&mut subscribed(&id, orders), &outbound);
        assert_eq!(told(&[Trouble::Mute]), []);
        let skipped = told(&[Trouble::Skip]);
        assert_eq!((skipped.len(), skipped.last()), (10, Some(&("RUNNING".to_owned(), 90))));
        assert_eq!(told(&[Trouble::Duplicate]).len(), 22);
        let disordered = told(&[Trouble::OutOfOrder]);
        assert_eq!(disordered.last(), Some(&("FAILED".to_owned(), 50)));
        assert_eq!(disordered.len(), 13);
    }

    #[test]
    fn a_lost_job_is_not_told_of_and_a_stuck_one_wakes_nobody() {
        let (lost, id) = outbound(Fate::Lost);
        assert_eq!(told(&mut subscribed(&id, &[]), &lost), []);
        let (stuck, id) = outbound(Fate::Stuck);
        assert_eq!(told(&mut subscribed(&id, &[]), &stuck).last(), Some(&("RUNNING".to_owned(), 60)));
    }
}

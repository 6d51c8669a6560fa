//! The live feed: who listens, and what is ordered to go wrong with it. What goes over the wire is in `socket.rs`.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Story;
use super::call::Reply;
use super::rng;
use super::state::State;

/// One way for a feed to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No event is ever sent.
    Mute,
    /// Nothing is read any more, so no ping is answered.
    NoPong,
    /// The last event of a job is never sent.
    Skip,
    /// Each event is sent twice.
    Duplicate,
    /// After a job's last event, older ones and one that contradicts it.
    OutOfOrder,
    /// An event with a status that nobody knows.
    UnknownStatus,
    /// An event of a job that nobody named.
    ForeignJob,
    /// A text that is not JSON.
    BadJson,
    /// Bytes instead of a text.
    Binary,
    /// A text of so many megabytes.
    Huge(usize),
    /// The connection is closed with a code.
    Close(u16),
    /// The connection ends without a word.
    Drop,
    /// The handshake is answered with a status.
    Refuse(u16),
}

impl Trouble {
    /// A word of the control route, with its number where it takes one.
    pub(super) fn from_word(word: &str, status: u16, code: u16, megabytes: usize) -> Option<Self> {
        Some(match word {
            "mute" => Self::Mute,
            "no_pong" => Self::NoPong,
            "skip" => Self::Skip,
            "duplicate" => Self::Duplicate,
            "out_of_order" => Self::OutOfOrder,
            "unknown_status" => Self::UnknownStatus,
            "foreign_job" => Self::ForeignJob,
            "bad_json" => Self::BadJson,
            "binary" => Self::Binary,
            "huge" => Self::Huge(megabytes),
            "close" => Self::Close(code),
            "drop" => Self::Drop,
            "refuse" => Self::Refuse(status),
            _ => return None,
        })
    }
}

/// What a socket is let in with.
#[derive(Debug)]
pub(super) struct Ticket {
    /// What was ordered for it beforehand.
    pub(super) first: Option<Trouble>,
    /// What is ordered while it is open.
    pub(super) orders: UnboundedReceiver<Trouble>,
}

/// Counters of the feed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tallies {
    /// Sockets that are open; set where the truth is told.
    open: usize,
    /// Sockets let in.
    pub(super) sockets: u64,
    pub(super) subscriptions: u64,
    /// Events sent that were true, or would have been in their time.
    pub(super) events: u64,
    pub(super) pings: u64,
    /// Messages answered with an error frame.
    pub(super) errors: u64,
}

/// Who listens.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// For the next sockets, one each.
    pub(super) ordered: VecDeque<Trouble>,
    /// Closed from the other end when the socket ends.
    open: Vec<UnboundedSender<Trouble>>,
    pub(super) tallies: Tallies,
}

impl Feed {
    /// Counters, without those who listen.
    pub(super) fn tallies_only(&self) -> Self {
        let open = self.open_sockets();
        Self { tallies: Tallies { open, ..self.tallies }, ..Self::default() }
    }

    pub(super) fn open_sockets(&self) -> usize {
        self.open.iter().filter(|socket| !socket.is_closed()).count()
    }

    /// Orders something for every open socket and tells how many there are.
    pub(super) fn strike(&mut self, trouble: Trouble) -> usize {
        self.open.retain(|socket| socket.send(trouble).is_ok());
        self.open.len()
    }

    pub(super) fn to_json(&self) -> Value {
        let Tallies { open, sockets, subscriptions, events, pings, errors } = self.tallies;
        json!({
            "open": open,
            "sockets": sockets,
            "subscriptions": subscriptions,
            "events": events,
            "pings": pings,
            "errors": errors,
        })
    }
}

/// `GET /events`: lets a socket in.
pub(super) fn handshake(state: &mut State, upgrades: bool) -> Reply {
    if !upgrades {
        return Reply::error(426, "UPGRADE_REQUIRED", "events are served over WebSocket")
            .with("Upgrade", "websocket")
            .with("Connection", "Upgrade");
    }
    let feed = &mut state.feed;
    if let Some(Trouble::Refuse(status)) = feed.ordered.front() {
        let refused = Reply::error(*status, "ORDERED", "a refusal that was ordered");
        feed.ordered.pop_front();
        let elsewhere = (300..400).contains(&refused.status);
        return if elsewhere { refused.with("Location", "/elsewhere") } else { refused };
    }
    feed.tallies.sockets += 1;
    let (story, seed, nth) = (state.options.story, state.options.seed, feed.tallies.sockets);
    let first = feed.ordered.pop_front().or_else(|| drawn(story, seed, nth));
    let (sender, orders) = unbounded_channel();
    feed.open.retain(|socket| !socket.is_closed());
    feed.open.push(sender);
    Reply::empty(101).admitting(Ticket { first, orders })
}

/// What the flaky story has for the `n`th socket: one in three meets something.
fn drawn(story: Story, seed: u64, n: u64) -> Option<Trouble> {
    const WEATHER: [Trouble; 4] = [Trouble::Drop, Trouble::Skip, Trouble::Duplicate, Trouble::Close(1012)];
    let drawn = rng::draw(seed, rng::hash(b"feed"), n);
    if story != Story::Flaky || !drawn.is_multiple_of(3) {
        return None;
    }
    Some(WEATHER[(rng::mix(drawn) % WEATHER.len() as u64) as usize])
}

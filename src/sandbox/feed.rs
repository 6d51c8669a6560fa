//! The live feed: who listens, and what is ordered to go wrong with it. What goes over the wire is in `socket.rs`.

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Story;
use super::call::Reply;
use super::family::Family;
use super::fault;
use super::order::Script;
use super::rng;
use super::state::State;
use super::words::Word;

/// One way for a feed to go wrong; [`TROUBLES`] says what each does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Mute,
    NoPong,
    Skip,
    Duplicate,
    OutOfOrder,
    UnknownStatus,
    ForeignJob,
    BadJson,
    Binary,
    /// Megabytes.
    Huge(usize),
    /// The code.
    Close(u16),
    Drop,
    /// The status.
    Refuse(u16),
}

/// Every trouble.
pub(super) const TROUBLES: [Word<Trouble>; 13] = [
    Word { word: "mute", does: "no event is ever sent", make: |_| Ok(Trouble::Mute) },
    Word {
        word: "no_pong",
        does: "nothing is read any more, so no ping is answered",
        make: |_| Ok(Trouble::NoPong),
    },
    Word { word: "skip", does: "the last event of a job is never sent", make: |_| Ok(Trouble::Skip) },
    Word { word: "duplicate", does: "each event is sent twice", make: |_| Ok(Trouble::Duplicate) },
    Word {
        word: "out_of_order",
        does: "after a job's last event, older ones and one that contradicts it",
        make: |_| Ok(Trouble::OutOfOrder),
    },
    Word {
        word: "unknown_status",
        does: "an event with a status that nobody knows",
        make: |_| Ok(Trouble::UnknownStatus),
    },
    Word {
        word: "foreign_job",
        does: "an event of a job that nobody named",
        make: |_| Ok(Trouble::ForeignJob),
    },
    Word { word: "bad_json", does: "a text that is not JSON", make: |_| Ok(Trouble::BadJson) },
    Word { word: "binary", does: "bytes instead of a text", make: |_| Ok(Trouble::Binary) },
    Word {
        word: "huge",
        does: "a text of megabytes=17",
        make: |numbers| numbers.take("megabytes", Some(17), 0..=256).map(Trouble::Huge),
    },
    Word {
        word: "close",
        does: "the connection is closed with code=1011",
        make: |numbers| numbers.take("code", Some(1011), 1000..=4999).map(Trouble::Close),
    },
    Word { word: "drop", does: "the connection ends without a word", make: |_| Ok(Trouble::Drop) },
    Word {
        word: "refuse",
        does: "the handshake is answered with status=S",
        make: |numbers| fault::status(numbers).map(Trouble::Refuse),
    },
];

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
    /// For the sockets to come, one each.
    pub(super) ordered: Script<Trouble>,
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
    let ordered = feed.ordered.take(Family::Events);
    if let Some(Trouble::Refuse(status)) = ordered {
        let refused = Reply::error(status, "ORDERED", "a refusal that was ordered");
        let elsewhere = (300..400).contains(&refused.status);
        return if elsewhere { refused.with("Location", "/elsewhere") } else { refused };
    }
    feed.tallies.sockets += 1;
    let (story, seed, nth) = (state.options.story, state.options.seed, feed.tallies.sockets);
    let first = ordered.or_else(|| drawn(story, seed, nth));
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

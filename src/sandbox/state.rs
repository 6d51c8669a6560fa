//! What the tenant holds: lists with their records, rules, keys it has seen. Everything behind one lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Options;
use super::auth::Token;
use super::check::{self, Millis};
use super::effects::{Change, Effect, Effects};
use super::fault::Fault;
use super::feed::Feed;
use super::hooks::Hooks;
use super::late::Late;
use super::limits::Windows;
use super::log::Line;
use super::order::{Order, Script, What};
use super::outbound::Outbound;
use super::properties::Properties;
use super::rng;
use super::suppression::Suppression;

/// A record: one number on one list, with an id of its own. A number may have several on the same list.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Rises with every record; the id is made of it.
    pub(super) seq: u64,
    /// The digits of the E.164 number.
    pub(super) number: u64,
    /// Absent where it was written as an item: it suppresses everywhere.
    pub(super) jurisdiction: Option<Arc<str>>,
    /// `None` = for ever.
    pub(super) expires: Option<Millis>,
    pub(super) source: Option<Arc<str>>,
    pub(super) notes: Option<Arc<str>>,
    /// The key it was written with; seeded records have none.
    pub(super) key: Option<String>,
    pub(super) created: Millis,
    /// From when on `GET items` shows it; `GET entries` does at once.
    pub(super) listed: Millis,
    /// From when on the platform suppresses.
    pub(super) enforced: Millis,
}

impl Record {
    /// Whether it was there from the start: it has a jurisdiction as an entry has, and no key as an item has none.
    pub(super) fn is_seeded(&self) -> bool {
        self.key.is_none() && self.jurisdiction.is_some()
    }

    pub(super) fn is_live(&self, now: Millis) -> bool {
        self.expires.is_none_or(|at| at > now)
    }
}

/// Which register a list stands for: the type of the record query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    National,
    State,
    Company,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::National, Self::State, Self::Company];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::National => "NATIONAL",
            Self::State => "STATE",
            Self::Company => "COMPANY",
        }
    }
}

/// A list. `records` are in the order of their `seq`.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    /// `MANUAL`, `SYSTEM`, …
    pub(super) origin: String,
    pub(super) kind: Kind,
    pub(super) active: bool,
    pub(super) default_expires: Option<Millis>,
    /// Set where the list was made in the `items` dialect.
    pub(super) scope: Option<String>,
    pub(super) records: Vec<Record>,
}

impl List {
    fn without_records(&self) -> Self {
        Self {
            id: self.id.clone(),
            name: self.name.clone(),
            description: self.description.clone(),
            origin: self.origin.clone(),
            scope: self.scope.clone(),
            records: Vec::new(),
            ..*self
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Outbound,
    Inbound,
}

/// A rule. Lower priority decides first.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) scope: String,
    pub(super) priority: i64,
    pub(super) lists: Vec<String>,
    pub(super) blocks: bool,
    pub(super) active: bool,
    /// Rises with every change; the ETag is made of it.
    pub(super) version: u64,
}

impl Rule {
    pub(super) fn covers(&self, channel: Channel) -> bool {
        match channel {
            Channel::Outbound => self.scope != "INBOUND",
            Channel::Inbound => self.scope != "OUTBOUND",
        }
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{}-{}\"", self.id, self.version)
    }
}

/// What became of an idempotency key.
#[derive(Clone, Debug)]
pub(super) struct KeyUse {
    /// When it was first used.
    pub(super) used: Millis,
    /// What was asked for, so that another body under the same key shows.
    pub(super) body: u64,
    /// The record that the key made.
    pub(super) record: u64,
    /// How often the key arrived in a row that was taken.
    pub(super) seen: u64,
    /// How many records it made. More than one would be a defect of the sandbox.
    pub(super) applied: u64,
}

/// Counters of the truth log.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: u64,
    pub(super) tokens: u64,
    pub(super) entries_calls: u64,
    /// Calls of the entries family beyond the limit.
    pub(super) overshoots: u64,
    /// Record queries beyond the limit.
    pub(super) query_overshoots: u64,
    /// Rows that arrived in a call, taken or not.
    pub(super) rows: u64,
    pub(super) faults: u64,
    /// Calls with a living token, by family.
    pub(super) families: BTreeMap<&'static str, Tally>,
    /// Contact updates that wait for their answer, now and at most.
    pub(super) in_flight: (u64, u64),
}

/// What one family was asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) calls: u64,
    /// Calls beyond the limit.
    pub(super) overshoots: u64,
}

/// The tenant.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: Options,
    pub(super) properties: Properties,
    pub(super) lists: Vec<List>,
    pub(super) rules: Vec<Rule>,
    /// Where the records of a number are: index of the list, `seq`.
    pub(super) by_number: HashMap<u64, Vec<(usize, u64)>>,
    pub(super) by_seq: HashMap<u64, usize>,
    pub(super) keys: HashMap<String, KeyUse>,
    pub(super) next_seq: u64,
    pub(super) next_rule: u64,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) counters: Counters,
    pub(super) windows: Windows,
    pub(super) suppression: Suppression,
    pub(super) outbound: Outbound,
    pub(super) feed: Feed,
    pub(super) hooks: Hooks,
    pub(super) log: Vec<Line>,
    pub(super) effects: Effects,
    pub(super) script: Script<Fault>,
    /// Calls that are still to be applied, the first due first.
    pub(super) late: Vec<Late>,
    /// Calls that somebody else may have written before, and how often they did.
    pub(super) others: (u64, u64),
    /// Calls so far, by family: what the flaky story draws with.
    pub(super) drawn: HashMap<&'static str, u64>,
    /// Faults in a row, by what was asked.
    pub(super) streaks: HashMap<u64, u32>,
    /// Broken answers in a row, whatever was asked.
    pub(super) broken_in_a_row: u32,
    /// Ends with the sandbox.
    pub(super) stop: CancellationToken,
}

impl State {
    pub(super) fn empty(options: Options) -> Self {
        let effects = Effects::default();
        Self {
            windows: Windows::new(&options),
            outbound: Outbound::new(&options).telling(effects.clone()),
            effects,
            suppression: Suppression::default(),
            feed: Feed::default(),
            hooks: Hooks::default(),
            stop: CancellationToken::new(),
            properties: options.tenant.clone(),
            options,
            lists: Vec::new(),
            rules: Vec::new(),
            by_number: HashMap::new(),
            by_seq: HashMap::new(),
            keys: HashMap::new(),
            next_seq: 1,
            next_rule: 1,
            tokens: HashMap::new(),
            counters: Counters::default(),
            log: Vec::new(),
            script: Script::default(),
            late: Vec::new(),
            others: (0, 0),
            drawn: HashMap::new(),
            streaks: HashMap::new(),
            broken_in_a_row: 0,
        }
    }

    /// What the truth is told from: lists (the records of `only`, or of all), rules, keys, counters; and the other
    /// families unless it is about one list.
    pub(super) fn copy(&self, only: Option<usize>) -> Self {
        let lists = self.lists.iter().enumerate().map(|(n, list)| {
            if only.is_none_or(|only| only == n) { list.clone() } else { list.without_records() }
        });
        Self {
            lists: lists.collect(),
            rules: self.rules.clone(),
            keys: self.keys.clone(),
            counters: self.counters.clone(),
            suppression: if only.is_none() { self.suppression.clone() } else { Suppression::default() },
            outbound: if only.is_none() { self.outbound.clone() } else { Outbound::new(&self.options) },
            feed: self.feed.tallies_only(),
            ..Self::empty(self.options.clone())
        }
    }

    /// Takes an order in.
    pub(super) fn order(&mut self, Order { what, turn }: Order) {
        match what {
            What::Call(fault) => self.script.push(fault, turn),
            What::Socket(trouble) => self.feed.ordered.push(trouble, turn),
            What::Job(fate) => self.outbound.fates.push(fate, turn),
        }
    }

    /// An id for the `n`th list, in the shape of a UUID.
    pub(super) fn list_id(&self, n: usize) -> String {
        rng::uuid(self.options.seed, (1, 2), n as u64)
    }

    /// When something written now is enforced.
    pub(super) fn enforced(&self, now: Millis) -> Millis {
        let lag = check::millis(self.options.lag);
        if self.properties.never_enforces { Millis::MAX } else { now.saturating_add(lag) }
    }

    pub(super) fn entry_id(&self, seq: u64) -> String {
        format!("{:08x}{seq:08x}", rng::mix(self.options.seed) >> 32)
    }

    pub(super) fn entry_seq(&self, id: &str) -> Option<u64> {
        let seq = u64::from_str_radix(id.get(8..)?, 16).ok()?;
        (self.entry_id(seq) == id).then_some(seq)
    }

    pub(super) fn list_index(&self, id: &str) -> Option<usize> {
        self.lists.iter().position(|list| list.id == id)
    }

    pub(super) fn record(&self, list: usize, seq: u64) -> Option<&Record> {
        let records = &self.lists.get(list)?.records;
        records.binary_search_by_key(&seq, |r| r.seq).ok().map(|at| &records[at])
    }

    /// Every record of a number, with the index of its list.
    pub(super) fn records_of(&self, number: u64) -> impl Iterator<Item = (usize, &Record)> {
        let places = self.by_number.get(&number).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|(list, seq)| self.record(*list, *seq).map(|record| (*list, record)))
    }

    /// Adds a record, always a new one, and gives it its `seq`.
    pub(super) fn insert(&mut self, list: usize, mut record: Record) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        record.seq = seq;
        self.by_number.entry(record.number).or_default().push((list, seq));
        self.by_seq.insert(seq, list);
        self.note(list, &record, Change::Came, record.created);
        self.lists[list].records.push(record);
        seq
    }

    /// Takes a record out. `None` = there is no such record.
    pub(super) fn remove(&mut self, seq: u64) -> Option<Record> {
        let list = self.by_seq.remove(&seq)?;
        let records = &mut self.lists[list].records;
        let at = records.binary_search_by_key(&seq, |r| r.seq).ok()?;
        let record = records.remove(at);
        if let Some(places) = self.by_number.get_mut(&record.number) {
            places.retain(|(_, other)| *other != seq);
            if places.is_empty() {
                self.by_number.remove(&record.number);
            }
        }
        self.note(list, &record, Change::Went, check::now());
        Some(record)
    }

    fn note(&self, list: usize, record: &Record, change: Change, at: Millis) {
        self.effects.note(Effect {
            at,
            list: self.lists[list].id.clone(),
            who: format!("+{}", record.number),
            record: Some(self.entry_id(record.seq)),
            change,
            key: record.key.clone(),
        });
    }
}

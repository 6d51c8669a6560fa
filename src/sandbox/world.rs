//! The seeded world: lists, rules, and entries in the tens of thousands. A function of the seed; instants are set
//! against the day of the start, so that some entries have always just expired and others are about to.

use std::collections::HashSet;
use std::sync::Arc;

use super::Options;
use super::check::{DAY, Millis, now};
use super::people;
use super::rng::{self, Rng};
use super::state::{Kind, List, Record, Rule, State};

/// A seeded list. `share` is its part of the entries, in percent.
struct Seed {
    name: &'static str,
    description: &'static str,
    kind: Kind,
    origin: &'static str,
    active: bool,
    share: usize,
    /// Only numbers of this state; any where empty.
    place: &'static str,
    /// Percent of its numbers that are on the national list too.
    shared: u64,
}

const NATIONAL: usize = 0;
const CALIFORNIA: usize = 1;
const TEXAS: usize = 3;
const OPT_OUTS: usize = 4;
const LEGACY: usize = 5;
const EXCEPTIONS: usize = 6;
const TRIAL: usize = 7;

const LISTS: [Seed; 8] = [
    Seed {
        name: "TCPA_National_Suppression_v2",
        description: "National registry, refreshed daily",
        kind: Kind::National,
        origin: "SYSTEM",
        active: true,
        share: 50,
        place: "",
        shared: 0,
    },
    Seed {
        name: "State_CA_DNC",
        description: "California register",
        kind: Kind::State,
        origin: "MANUAL",
        active: true,
        share: 14,
        place: "US-CA",
        shared: 15,
    },
    // Before its namesake on purpose: whoever takes the first hit of a search takes the wrong list.
    Seed {
        name: "State_TX_DNC_2023",
        description: "Texas register as of 2023, kept for evidence",
        kind: Kind::State,
        origin: "MANUAL",
        active: false,
        share: 2,
        place: "US-TX",
        shared: 15,
    },
    Seed {
        name: "State_TX_DNC",
        description: "Texas register",
        kind: Kind::State,
        origin: "MANUAL",
        active: true,
        share: 10,
        place: "US-TX",
        shared: 15,
    },
    Seed {
        name: "Internal_OptOuts",
        description: "People who asked us not to call",
        kind: Kind::Company,
        origin: "MANUAL",
        active: true,
        share: 10,
        place: "",
        shared: 20,
    },
    Seed {
        name: "Legacy_Campaign_2019",
        description: "Switched off after the campaign ended",
        kind: Kind::Company,
        origin: "MANUAL",
        active: false,
        share: 8,
        place: "",
        shared: 5,
    },
    Seed {
        name: "Safe_Harbor_Exceptions",
        description: "Existing business relationships and written consent",
        kind: Kind::Company,
        origin: "MANUAL",
        active: true,
        share: 2,
        place: "",
        shared: 80,
    },
    Seed {
        name: "Trial_Imports",
        description: "Trial loads; no rule uses this list",
        kind: Kind::Company,
        origin: "MANUAL",
        active: true,
        share: 4,
        place: "",
        shared: 10,
    },
];

const AREAS: [(u64, &str); 40] = [
    (202, "US-DC"),
    (205, "US-AL"),
    (206, "US-WA"),
    (207, "US-ME"),
    (208, "US-ID"),
    (212, "US-NY"),
    (213, "US-CA"),
    (214, "US-TX"),
    (215, "US-PA"),
    (216, "US-OH"),
    (303, "US-CO"),
    (304, "US-WV"),
    (305, "US-FL"),
    (310, "US-CA"),
    (312, "US-IL"),
    (313, "US-MI"),
    (314, "US-MO"),
    (316, "US-KS"),
    (317, "US-IN"),
    (402, "US-NE"),
    (404, "US-GA"),
    (405, "US-OK"),
    (408, "US-CA"),
    (412, "US-PA"),
    (415, "US-CA"),
    (503, "US-OR"),
    (504, "US-LA"),
    (505, "US-NM"),
    (512, "US-TX"),
    (602, "US-AZ"),
    (612, "US-MN"),
    (615, "US-TN"),
    (617, "US-MA"),
    (702, "US-NV"),
    (704, "US-NC"),
    (713, "US-TX"),
    (801, "US-UT"),
    (804, "US-VA"),
    (808, "US-HI"),
    (916, "US-CA"),
];

const SOURCES: [&str; 5] =
    ["FTC_National", "FCC_National_DNC", "State_Register", "Customer_Request", "Agent_Desktop"];

/// A rule's name, description, scope, priority, lists, whether it blocks, whether it is active.
type RuleSeed = (&'static str, &'static str, &'static str, i64, &'static [usize], bool, bool);

/// Exactly one priority inversion: the outbound exception stands before the rule that blocks both ways, so an excepted
/// number is suppressed inbound and allowed outbound. Opt-outs come first: nobody is excepted from those.
const RULES: [RuleSeed; 6] = [
    ("Internal_OptOut_Enforcement", "Nobody who asked us is called", "BOTH", 5, &[OPT_OUTS], true, true),
    ("Safe_Harbor_Outbound", "Consent and existing business", "OUTBOUND", 10, &[EXCEPTIONS], false, true),
    ("National_DNC_Enforcement", "Primary rule for the TCPA", "BOTH", 20, &[NATIONAL], true, true),
    ("State_DNC_Enforcement", "State registers", "OUTBOUND", 30, &[CALIFORNIA, TEXAS], true, true),
    ("Legacy_Campaign_Block", "Left from 2019; its list is off", "OUTBOUND", 40, &[LEGACY], true, true),
    ("Texas_2023_Evidence", "Switched off with its list", "INBOUND", 50, &[2], true, false),
];

/// Makes the world.
pub(super) fn seeded(options: Options) -> State {
    let mut state = State::empty(options);
    for (n, seed) in LISTS.iter().enumerate() {
        let id = state.list_id(n);
        state.lists.push(List {
            id,
            name: seed.name.into(),
            description: seed.description.into(),
            origin: seed.origin.into(),
            kind: seed.kind,
            active: seed.active,
            default_expires: None,
            scope: None,
            records: Vec::new(),
        });
    }
    for (name, description, scope, priority, lists, blocks, active) in RULES {
        let id = format!("rule-{}", state.next_rule);
        state.next_rule += 1;
        state.rules.push(Rule {
            id,
            name: name.into(),
            description: description.into(),
            scope: scope.into(),
            priority,
            lists: lists.iter().map(|list| state.lists[*list].id.clone()).collect(),
            blocks,
            active,
            version: 1,
        });
    }
    // By the day, so that two worlds of one seed are equal and not only alike.
    let today = now() / DAY * DAY;
    samples(&mut state, today);
    fill(&mut state, today);
    people::seed(&mut state, today);
    state.effects.begin();
    for order in state.options.orders.clone() {
        state.order(order);
    }
    state
}

fn place_of(number: u64) -> &'static str {
    let area = number / 10_000_000 % 1000;
    AREAS.iter().find(|(code, _)| *code == area).map_or("US", |(_, place)| *place)
}

/// A record that has long been enforced.
fn record(number: u64, place: Arc<str>, expires: Option<Millis>, created: Millis) -> Record {
    Record {
        seq: 0,
        number,
        jurisdiction: Some(place),
        expires,
        source: None,
        notes: None,
        key: None,
        created,
        listed: created,
        enforced: created + 120_000,
    }
}

/// The numbers of `SAMPLE_NUMBERS`. They come on top of the entries asked for.
fn samples(state: &mut State, today: Millis) {
    let last_second = |days: i64| today + days * DAY + DAY - 1_000;
    let mut put = |list: usize, number: u64, expires: Option<i64>| {
        let mut sample = record(number, place_of(number).into(), expires.map(last_second), today - 90 * DAY);
        sample.source = Some("Sample".into());
        if number == 12_125_550_123 {
            // Never enforced while anybody looks at it.
            sample.enforced = today + 3_650 * DAY;
        }
        state.insert(list, sample);
    };
    put(NATIONAL, 12_025_550_101, None);
    put(OPT_OUTS, 12_125_550_123, None);
    put(NATIONAL, 13_105_550_144, None);
    put(EXCEPTIONS, 13_105_550_144, Some(365));
    put(NATIONAL, 19_165_550_177, None);
    put(CALIFORNIA, 19_165_550_177, Some(700));
    put(OPT_OUTS, 19_165_550_177, None);
    put(NATIONAL, 12_065_550_133, Some(9));
    put(TEXAS, 17_135_550_155, Some(-14));
    put(LEGACY, 16_175_550_162, None);
    put(TRIAL, 13_055_550_188, None);
}

fn fill(state: &mut State, today: Millis) {
    let total = state.options.entries;
    let mut rng = Rng::new(state.options.seed);
    let places: Vec<(u64, Arc<str>)> = AREAS.iter().map(|(area, place)| (*area, Arc::from(*place))).collect();
    let sources: Vec<Arc<str>> = SOURCES.iter().map(|source| Arc::from(*source)).collect();
    let mut national: Vec<(u64, Arc<str>)> = Vec::new();
    let mut left = total;
    for (n, seed) in LISTS.iter().enumerate() {
        // The last list takes what rounding left.
        let wanted = if n + 1 == LISTS.len() { left } else { total * seed.share / 100 };
        left -= wanted;
        let areas: Vec<&(u64, Arc<str>)> =
            places.iter().filter(|(_, place)| seed.place.is_empty() || **place == *seed.place).collect();
        let mut on_list = HashSet::with_capacity(wanted);
        let mut tries = 0;
        while on_list.len() < wanted {
            tries += 1;
            // A number that the national list has too may run out in a small place: then it is drawn fresh.
            let share = tries < 20 * wanted && rng.below(100) < seed.shared && !national.is_empty();
            let (number, place) = if share {
                rng.pick(&national).clone()
            } else {
                let (area, place) = rng.pick(&areas);
                (fresh(&mut rng, *area), Arc::clone(place))
            };
            if (!seed.place.is_empty() && *place != *seed.place) || !on_list.insert(number) {
                continue;
            }
            let created = today - (2 + rng.below(700) as i64) * DAY;
            let mut entry = record(number, Arc::clone(&place), expiry(&mut rng, today), created);
            entry.source = (rng.below(5) > 0).then(|| Arc::clone(rng.pick(&sources)));
            state.insert(n, entry);
            if n == NATIONAL {
                national.push((number, place));
            }
        }
    }
}

/// A number of an area; never of exchange 555, which is for samples, and never N11.
pub(super) fn fresh(rng: &mut Rng, area: u64) -> u64 {
    let exchange = loop {
        let exchange = 200 + rng.below(800);
        if exchange != 555 && exchange % 100 != 11 {
            break exchange;
        }
    };
    10_000_000_000 + area * 10_000_000 + exchange * 10_000 + rng.below(10_000)
}

fn expiry(rng: &mut Rng, today: Millis) -> Option<Millis> {
    let days = match rng.below(100) {
        0..40 => return None,
        40..85 => 31 + rng.below(5 * 365) as i64,
        85..93 => 1 + rng.below(29) as i64,
        _ => -1 - rng.below(300) as i64,
    };
    Some(today + days * DAY + DAY - 1_000)
}

/// Whether the tenant knows a number as clean although it stands on no list: one in three, and one sample. Fictional
/// numbers are unknown.
pub(super) fn known_clean(seed: u64, number: u64) -> bool {
    if number == 14_155_550_287 {
        return true;
    }
    let fictional = (10_000_000_000..20_000_000_000).contains(&number) && number / 100 % 100_000 == 55_501;
    !fictional && rng::draw(seed, 6, number).is_multiple_of(3)
}

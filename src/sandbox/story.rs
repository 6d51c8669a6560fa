//! Faults: which call meets which, as a pure function of the seed and of the call's number within its family; and
//! scripted ones, which come first.

use std::time::Duration;

use super::Story;
use super::call::Call;
use super::family::Family;
use super::fault::Fault;
use super::rng;
use super::state::State;

/// Never more faults in a row than this for the same question, so that whoever repeats it gets on.
const MOST_IN_A_ROW: u32 = 2;
/// Never more broken answers in a row than this over all calls, so that no patient client's circuit opens.
const MOST_BROKEN: u32 = 3;

const ON_READS: [Fault; 6] = [
    Fault::Throttle,
    Fault::ThrottleDate,
    Fault::Unavailable,
    Fault::UnavailableAfter,
    Fault::ResetBefore,
    Fault::Truncate,
];
const ON_WRITES: [Fault; 8] = [
    Fault::Throttle,
    Fault::ThrottleDate,
    Fault::Unavailable,
    Fault::UnavailableAfter,
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::ResetAfter,
    Fault::Truncate,
];

const ON_HANDSHAKES: [Fault; 3] = [Fault::Throttle, Fault::Unavailable, Fault::ResetBefore];

/// What a family meets in the flaky story, and in one call of how many; 0 = never.
fn weather(family: Family) -> (u64, &'static [Fault]) {
    match family {
        Family::EntriesWrite | Family::ItemsWrite | Family::SuppressionWrite | Family::Bulk => {
            (12, &ON_WRITES)
        }
        Family::ContactsWrite => (20, &ON_WRITES),
        Family::Token | Family::JobsRead => (20, &ON_READS),
        Family::Query => (30, &ON_READS),
        Family::Events => (6, &ON_HANDSHAKES),
        Family::Other => (0, &[]),
        _ => (40, &ON_READS),
    }
}

/// The flaky story's fault for the `n`th call of a family.
fn flaky(seed: u64, family: Family, n: u64) -> Option<Fault> {
    let drawn = rng::draw(seed, rng::hash(family.word().as_bytes()), n);
    let (one_in, from) = weather(family);
    if one_in == 0 || !drawn.is_multiple_of(one_in) {
        return None;
    }
    Some(from[(rng::mix(drawn) % from.len() as u64) as usize])
}

/// Chooses the fault that a call meets, and counts it.
pub(super) fn choose(state: &mut State, family: Family, call: &Call, keys: &[String]) -> Option<Fault> {
    let fault = state.script.take(family).or_else(|| drawn(state, family, call, keys));
    state.counters.faults += u64::from(fault.is_some());
    fault
}

fn drawn(state: &mut State, family: Family, call: &Call, keys: &[String]) -> Option<Fault> {
    if state.options.story != Story::Flaky {
        return None;
    }
    let n = state.drawn.entry(family.word()).or_default();
    *n += 1;
    let fault = flaky(state.options.seed, family, *n);
    let question = question(family, call, keys);
    let streak = state.streaks.get(&question).copied().unwrap_or(0);
    let fault = fault
        .filter(|_| streak < MOST_IN_A_ROW)
        .filter(|fault| !fault.is_break() || state.broken_in_a_row < MOST_BROKEN);
    match fault {
        Some(fault) => {
            state.streaks.insert(question, streak + 1);
            // A 429 between two broken answers does not make the tenant healthy.
            state.broken_in_a_row += u32::from(fault.is_break());
        }
        None => {
            state.streaks.remove(&question);
            state.broken_in_a_row = 0;
        }
    }
    fault
}

/// What makes two calls the same question: the set of keys for entries, else method, path and query, and the body where
/// many writes go to one path.
fn question(family: Family, call: &Call, keys: &[String]) -> u64 {
    if keys.is_empty() {
        let asked = rng::hash(format!("{} {}?{}", call.method, call.path, call.query).as_bytes());
        return if family.is_known_by_its_body() { asked ^ rng::hash(&call.body) } else { asked };
    }
    keys.iter().fold(0, |all, key| all ^ rng::mix(rng::hash(key.as_bytes())))
}

/// How long the slow story takes over the `n`th call: 150 to 600 ms.
pub(super) fn slowness(seed: u64, n: u64) -> Duration {
    Duration::from_millis(150 + rng::draw(seed, 5, n) % 451)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    #[test]
    fn faults_follow_from_the_seed() {
        let series = |seed| (0..500).map(|n| flaky(seed, Family::EntriesWrite, n)).collect::<Vec<_>>();
        assert_eq!(series(7), series(7));
        assert_ne!(series(7), series(8));
    }

    #[test]
    fn about_one_write_in_twelve_fails_in_every_way() {
        let faults: Vec<_> = (0..6_000).filter_map(|n| flaky(7, Family::EntriesWrite, n)).collect();
        assert!((400..600).contains(&faults.len()), "{}", faults.len());
        assert!(ON_WRITES.iter().all(|fault| faults.contains(fault)));
    }

    #[test]
    fn whoever_repeats_a_call_gets_on_and_no_circuit_opens() {
        let call = Call {
            method: Method::POST,
            path: "/api/v2/dnc/entries".into(),
            query: String::new(),
            fields: Default::default(),
            headers: Default::default(),
            body: Default::default(),
        };
        let keys = ["one".to_owned(), "two".to_owned()];
        let turned = ["two".to_owned(), "one".to_owned()];
        let (mut longest, mut most_broken) = (0, 0);
        for seed in 0..400 {
            let options = super::super::Options { seed, story: Story::Flaky, ..Default::default() };
            let mut state = State::empty(options);
            let (mut row, mut broken) = (0, 0);
            for n in 0..300 {
                let keys = if n % 2 == 0 { &keys } else { &turned };
                let fault = choose(&mut state, Family::EntriesWrite, &call, keys);
                row = if fault.is_some() { row + 1 } else { 0 };
                longest = longest.max(row);
            }
            for n in 0..300 {
                let fault = choose(&mut state, Family::EntriesWrite, &call, &[format!("key {n}")]);
                broken =
                    if fault.is_none() { 0 } else { broken + u32::from(fault.is_some_and(Fault::is_break)) };
                most_broken = most_broken.max(broken);
            }
        }
        assert_eq!((longest, most_broken), (MOST_IN_A_ROW, MOST_BROKEN));
    }

    #[test]
    fn slow_is_between_150_and_600_ms() {
        assert!((0..1_000).map(|n| slowness(7, n).as_millis()).all(|ms| (150..=600).contains(&ms)));
    }
}

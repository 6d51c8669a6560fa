//! Faults: which call meets which, as a pure function of the seed and of the call's number within its family; and
//! scripted ones, which come first.

use std::time::Duration;

use axum::http::Method;

use super::Story;
use super::call::{Call, Reply};
use super::rng;
use super::state::State;

/// Endpoint families, as limits, scopes and faults tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Token,
    Me,
    ListsRead,
    ListsWrite,
    RulesRead,
    RulesWrite,
    EntriesRead,
    EntriesWrite,
    Query,
    Other,
}

impl Family {
    const ALL: [Self; 10] = [
        Self::Token,
        Self::Me,
        Self::ListsRead,
        Self::ListsWrite,
        Self::RulesRead,
        Self::RulesWrite,
        Self::EntriesRead,
        Self::EntriesWrite,
        Self::Query,
        Self::Other,
    ];

    pub(super) fn of(call: &Call) -> Self {
        let rest = match call.path.strip_prefix("/api/v2/") {
            None if call.path == "/oauth/token" => return Self::Token,
            None => return Self::Other,
            Some(rest) => rest,
        };
        let reads = call.method == Method::GET;
        match rest.split('/').take(2).collect::<Vec<_>>()[..] {
            ["users", "me"] => Self::Me,
            ["dnc", "lists"] if reads => Self::ListsRead,
            ["dnc", "lists"] => Self::ListsWrite,
            ["dnc", "rules"] if reads => Self::RulesRead,
            ["dnc", "rules"] => Self::RulesWrite,
            ["dnc", "entries"] if reads => Self::EntriesRead,
            ["dnc", "entries"] => Self::EntriesWrite,
            ["dnc", "records"] => Self::Query,
            _ => Self::Other,
        }
    }

    /// The word of the control route.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Me => "me",
            Self::ListsRead => "lists_read",
            Self::ListsWrite => "lists_write",
            Self::RulesRead => "rules_read",
            Self::RulesWrite => "rules_write",
            Self::EntriesRead => "entries_read",
            Self::EntriesWrite => "entries_write",
            Self::Query => "query",
            Self::Other => "other",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.word() == word)
    }

    /// One call in so many meets a fault in the flaky story; 0 = none.
    fn one_in(self) -> u64 {
        match self {
            Self::EntriesWrite => 12,
            Self::Token => 20,
            Self::Query => 30,
            Self::Other => 0,
            _ => 40,
        }
    }
}

/// One way to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// 429 with seconds; nothing applied.
    Throttle,
    /// 429 with an HTTP date; nothing applied.
    ThrottleDate,
    /// 503 without a hint; nothing applied.
    Unavailable,
    /// 503 with seconds; nothing applied.
    UnavailableAfter,
    /// 401 although the token lives; nothing applied.
    Unauthorised,
    /// 413 whatever the size; nothing applied.
    TooLarge,
    /// Connection reset without an answer; nothing applied.
    ResetBefore,
    /// Connection reset without an answer; the first half of the rows applied.
    ResetMidway,
    /// Connection reset without an answer; applied.
    ResetAfter,
    /// 500; applied.
    ErrorAfter,
    /// The answer ends in the middle of its body; applied.
    Truncate,
    /// 200 with a page of HTML; applied.
    Html,
    /// The first row of the answer is left out of it; applied.
    Omit,
    /// The answer says accepted; nothing applied.
    Lie,
}

impl Fault {
    const ALL: [Self; 14] = [
        Self::Throttle,
        Self::ThrottleDate,
        Self::Unavailable,
        Self::UnavailableAfter,
        Self::Unauthorised,
        Self::TooLarge,
        Self::ResetBefore,
        Self::ResetMidway,
        Self::ResetAfter,
        Self::ErrorAfter,
        Self::Truncate,
        Self::Html,
        Self::Omit,
        Self::Lie,
    ];

    /// The word of the control route and of the truth log.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::ThrottleDate => "throttle_date",
            Self::Unavailable => "unavailable",
            Self::UnavailableAfter => "unavailable_after",
            Self::Unauthorised => "unauthorised",
            Self::TooLarge => "too_large",
            Self::ResetBefore => "reset_before",
            Self::ResetMidway => "reset_midway",
            Self::ResetAfter => "reset_after",
            Self::ErrorAfter => "error_after",
            Self::Truncate => "truncate",
            Self::Html => "html",
            Self::Omit => "omit",
            Self::Lie => "lie",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.word() == word)
    }

    /// The answer of a fault that strikes before anything is applied; `None` = the call goes through.
    pub(super) fn instead(self) -> Option<Reply> {
        let throttled = || Reply::error(429, "TOO_MANY_REQUESTS", "slow down");
        let unavailable = || Reply::error(503, "SERVICE_UNAVAILABLE", "try again later");
        Some(match self {
            Self::Throttle => throttled().with("Retry-After", "1"),
            Self::ThrottleDate => {
                let at = std::time::SystemTime::now() + Duration::from_secs(2);
                throttled().with("Retry-After", httpdate::fmt_http_date(at))
            }
            Self::Unavailable | Self::ResetBefore => unavailable(),
            Self::UnavailableAfter => unavailable().with("Retry-After", "1"),
            Self::Unauthorised => Reply::error(401, "UNAUTHORIZED", "the token is not accepted any more"),
            Self::TooLarge => Reply::error(413, "PAYLOAD_TOO_LARGE", "too many rows in one call"),
            _ => return None,
        })
    }

    /// The answer of a fault that strikes after the call was served.
    pub(super) fn afterwards(self, reply: Reply) -> Reply {
        let applied = reply.applied;
        match self {
            Self::ErrorAfter => Reply::error(500, "INTERNAL_ERROR", "something broke"),
            Self::Html => Reply::bytes(
                200,
                "text/html",
                b"<!doctype html><title>Sign in</title><p>Please sign in.".to_vec(),
            ),
            _ => return reply,
        }
        .applying(applied)
    }

    /// Whether the client sees a broken connection or a server error, as its circuit breaker counts them.
    fn is_break(self) -> bool {
        !matches!(self, Self::Throttle | Self::ThrottleDate | Self::Unauthorised | Self::TooLarge)
    }
}

/// A fault ordered through the control route.
#[derive(Clone, Debug)]
pub(super) struct Scripted {
    pub(super) fault: Fault,
    /// `None` = any family.
    pub(super) family: Option<Family>,
    /// Matching calls to leave alone first.
    pub(super) skip: u64,
    /// Matching calls to strike then.
    pub(super) times: u64,
}

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

/// The flaky story's fault for the `n`th call of a family.
fn flaky(seed: u64, family: Family, n: u64) -> Option<Fault> {
    let drawn = rng::draw(seed, rng::hash(family.word().as_bytes()), n);
    if family.one_in() == 0 || !drawn.is_multiple_of(family.one_in()) {
        return None;
    }
    let from = match family {
        Family::EntriesWrite => &ON_WRITES[..],
        _ => &ON_READS[..],
    };
    Some(from[(rng::mix(drawn) % from.len() as u64) as usize])
}

/// Chooses the fault that a call meets, and counts it.
pub(super) fn choose(state: &mut State, family: Family, call: &Call, keys: &[String]) -> Option<Fault> {
    let fault = scripted(state, family).or_else(|| drawn(state, family, call, keys));
    state.counters.faults += u64::from(fault.is_some());
    fault
}

fn scripted(state: &mut State, family: Family) -> Option<Fault> {
    let at = state.script.iter().position(|s| s.family.is_none_or(|f| f == family))?;
    let order = &mut state.script[at];
    if order.skip > 0 {
        order.skip -= 1;
        return None;
    }
    let fault = order.fault;
    order.times -= 1;
    if order.times == 0 {
        state.script.remove(at);
    }
    Some(fault)
}

fn drawn(state: &mut State, family: Family, call: &Call, keys: &[String]) -> Option<Fault> {
    if state.options.story != Story::Flaky {
        return None;
    }
    let n = state.drawn.entry(family.word()).or_default();
    *n += 1;
    let fault = flaky(state.options.seed, family, *n);
    let question = question(call, keys);
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

/// What makes two calls the same question: the set of keys for entries, else method, path and query.
fn question(call: &Call, keys: &[String]) -> u64 {
    if keys.is_empty() {
        return rng::hash(format!("{} {}?{}", call.method, call.path, call.query).as_bytes());
    }
    keys.iter().fold(0, |all, key| all ^ rng::mix(rng::hash(key.as_bytes())))
}

/// How long the slow story takes over the `n`th call: 150 to 600 ms.
pub(super) fn slowness(seed: u64, n: u64) -> Duration {
    Duration::from_millis(150 + rng::draw(seed, 5, n) % 451)
}

#[cfg(test)]
mod tests {
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
    fn every_word_reads_back() {
        assert!(Fault::ALL.into_iter().all(|fault| Fault::from_word(fault.word()) == Some(fault)));
        assert!(Family::ALL.into_iter().all(|family| Family::from_word(family.word()) == Some(family)));
    }

    #[test]
    fn slow_is_between_150_and_600_ms() {
        assert!((0..1_000).map(|n| slowness(7, n).as_millis()).all(|ms| (150..=600).contains(&ms)));
    }
}

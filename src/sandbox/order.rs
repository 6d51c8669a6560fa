//! Orders: what is to go wrong, and when. `--fault` and the control routes speak of it in the same words and numbers.

use serde_json::{Map, Value};

use super::family::{Family, Place};
use super::fault::{FAULTS, Fault};
use super::feed::{TROUBLES, Trouble};
use super::outbound::{FATES, Fate};
use super::words::{Numbers, Word, find};

/// Other words for the same thing.
const ALIASES: [(&str, &str); 1] = [("apply_then_reset", "reset_after")];

/// Something that is to go wrong with a call, with a socket of the feed, or with the job of a bulk insert.
#[derive(Clone, Debug)]
pub struct Order {
    pub(super) what: What,
    pub(super) turn: Turn,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Call(Fault),
    Socket(Trouble),
    Job(Fate),
}

/// Which calls an order strikes.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    place: Place,
    /// Whether it counts calls by itself. Else it waits for its turn among the orders for the same calls.
    counts: bool,
    /// Calls to leave alone first.
    wait: u64,
    /// Calls to strike then.
    times: u64,
}

impl Turn {
    /// The next call of a family.
    pub(super) fn next(family: Family) -> Self {
        Self { place: Place::of(family), counts: false, wait: 0, times: 1 }
    }

    pub(super) fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }
}

impl Order {
    /// Reads `at=FAMILY[#N] do=WORD [next=K]`, with the numbers that the word takes behind it. The error is a sentence
    /// that names what words there are.
    ///
    /// ```
    /// # use quietline::sandbox::Order;
    /// assert!(Order::parse("at=entries#17 do=apply-then-reset").is_ok());
    /// assert!(Order::parse("at=entries do=nothing").unwrap_err().contains("reset_after"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut given = Numbers::default();
        for pair in text.split_whitespace() {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                format!("{pair} is not of the form NAME=VALUE, as in at=entries#17 do=reset_after")
            })?;
            if !given.put(name, value.to_owned()) {
                return Err(format!("{name} stands there twice"));
            }
        }
        Self::read(given)
    }

    /// Reads the same as JSON.
    pub(super) fn from_json(fields: &Map<String, Value>) -> Result<Self, String> {
        let mut given = Numbers::default();
        for (name, value) in fields {
            let value = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(format!("{name} must be a word or a number")),
            };
            given.put(name, value);
        }
        Self::read(given)
    }

    fn read(mut given: Numbers) -> Result<Self, String> {
        let word = given.text("do").or_else(|| given.text("fault"));
        let word = word.ok_or_else(|| format!("do=WORD is needed; {}", words_there_are()))?;
        let what = What::read(&word, &mut given)?;
        let place = match (given.text("at"), given.text("on")) {
            (Some(_), Some(_)) => return Err("at and on say the same; give one of them".to_owned()),
            (Some(place), None) | (None, Some(place)) => place,
            (None, None) => what.usual_place().to_owned(),
        };
        let (place, nth) = match place.split_once('#') {
            None => (place.as_str(), None),
            Some((place, n)) => match n.parse::<u64>() {
                Ok(n) if n > 0 => (place, Some(n)),
                _ => return Err(format!("#{n} must be the number of a call, from 1")),
            },
        };
        let place = Place::from_word(place)
            .ok_or_else(|| format!("unknown family {place}; there are: {}", Place::words().join(", ")))?;
        what.belongs(place)?;
        let skip = given.take("skip", Some(0), 0..=u64::MAX)?;
        let times = given.take("next", Some(1), 0..=u64::MAX)?;
        if let Some(name) = given.left() {
            return Err(format!(
                "{word} takes no {name}; an order has at, do, next, skip and what its word takes"
            ));
        }
        match nth {
            Some(_) if skip > 0 => Err("#N counts calls already; leave skip away".to_owned()),
            Some(n) => Ok(Self { what, turn: Turn { place, counts: true, wait: n - 1, times } }),
            None => Ok(Self { what, turn: Turn { place, counts: false, wait: skip, times } }),
        }
    }
}

impl What {
    fn read(word: &str, numbers: &mut Numbers) -> Result<Self, String> {
        let word = word.replace('-', "_");
        let word = ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word.as_str(), |(_, word)| word);
        if let Some(found) = find(&FAULTS, word) {
            (found.make)(numbers).map(Self::Call)
        } else if let Some(found) = find(&TROUBLES, word) {
            (found.make)(numbers).map(Self::Socket)
        } else if let Some(found) = find(&FATES, word) {
            (found.make)(numbers).map(Self::Job)
        } else {
            Err(format!("unknown word {word}; {}", words_there_are()))
        }
    }

    fn usual_place(self) -> &'static str {
        match self {
            Self::Call(_) => "any",
            Self::Socket(_) => Family::Events.word(),
            Self::Job(_) => Family::Bulk.word(),
        }
    }

    /// A socket misbehaves where sockets are, and a job is made by a bulk insert.
    fn belongs(self, place: Place) -> Result<(), String> {
        let usual = self.usual_place();
        match self {
            Self::Socket(_) if place.word() != usual => Err(format!("this befalls a socket: at={usual}")),
            Self::Job(_) if place.word() != usual => Err(format!("this befalls a job: at={usual}")),
            _ => Ok(()),
        }
    }
}

fn words_there_are() -> String {
    fn list<T>(table: &[Word<T>]) -> String {
        table.iter().map(|word| word.word).collect::<Vec<_>>().join(", ")
    }
    format!("calls: {}; sockets: {}; jobs: {}", list(&FAULTS), list(&TROUBLES), list(&FATES))
}

/// Orders of one kind that have not been carried out yet.
#[derive(Clone, Debug)]
pub(super) struct Script<T>(Vec<(T, Turn)>);

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Script<T> {
    pub(super) fn push(&mut self, what: T, turn: Turn) {
        if turn.times > 0 {
            self.0.push((what, turn));
        }
    }

    /// What strikes a call of this family. Orders that count come first when their call has come; the others wait for
    /// each other.
    pub(super) fn take(&mut self, family: Family) -> Option<T> {
        let (mut due, mut next) = (None, None);
        for (n, (_, turn)) in self.0.iter_mut().enumerate().filter(|(_, (_, turn))| turn.place.takes(family))
        {
            match turn.counts {
                true if turn.wait > 0 => turn.wait -= 1,
                true => due = due.or(Some(n)),
                false => next = next.or(Some(n)),
            }
        }
        let n = due.or(next)?;
        let (what, turn) = &mut self.0[n];
        if turn.wait > 0 {
            turn.wait -= 1;
            return None;
        }
        let what = *what;
        turn.times -= 1;
        if turn.times == 0 {
            self.0.remove(n);
        }
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(orders: &[&str]) -> Script<Fault> {
        let mut script = Script::default();
        for order in orders {
            let Order { what: What::Call(fault), turn } = Order::parse(order).unwrap() else {
                panic!("{order}")
            };
            script.push(fault, turn);
        }
        script
    }

    /// What the first calls meet.
    fn met(orders: &[&str], calls: &[Family]) -> Vec<&'static str> {
        let mut script = script(orders);
        calls.iter().map(|family| script.take(*family).map_or("-", Fault::word)).collect()
    }

    #[test]
    fn the_nth_call_of_a_family_is_struck_whatever_else_is_called_and_ordered() {
        let (read, write, query) = (Family::EntriesRead, Family::EntriesWrite, Family::Query);
        let calls = [read, query, write, read, write, query, write];
        let orders =
            ["at=entries#3 do=lie", "at=entries_write#2 do=html next=2", "at=query do=throttle skip=1"];
        assert_eq!(met(&orders, &calls), ["-", "-", "-", "lie", "html", "throttle", "html"]);
        // Both count from the beginning, in whichever order they are given.
        let twice = ["at=any#4 do=lie", "at=any#2 do=html"];
        assert_eq!(met(&twice, &calls[..4]), ["-", "html", "-", "lie"]);
    }

    #[test]
    fn orders_that_do_not_count_wait_for_each_other() {
        let calls = [Family::Me; 6];
        let orders = ["do=lie next=2", "do=html skip=1", "do=omit"];
        assert_eq!(met(&orders, &calls), ["lie", "lie", "-", "html", "omit", "-"]);
        assert_eq!(met(&["do=lie next=0"], &calls[..1]), ["-"]);
    }

    #[test]
    fn hyphens_aliases_and_numbers_are_understood() {
        let what = |text: &str| Order::parse(text).unwrap().what;
        assert_eq!(what("at=entries#17 do=apply-then-reset"), What::Call(Fault::ResetAfter));
        assert_eq!(what("on=token do=status status=418"), What::Call(Fault::Status(418)));
        assert_eq!(what("do=late-commit ms=7"), What::Call(Fault::LateCommit(7)));
        assert_eq!(what("do=out-of-order"), What::Socket(Trouble::OutOfOrder));
        assert_eq!(what("at=bulk#2 do=quiet_loss rows=3"), What::Job(Fate::QuietLoss(3)));
    }

    #[test]
    fn what_is_no_order_is_refused_with_the_words_there_are() {
        for (text, told) in [
            ("", "do=WORD"),
            ("at=entries#17", "reset_after"),
            ("at=entries do=explode", "out_of_order"),
            ("at=entries do=explode", "quiet_loss"),
            ("at=entry do=lie", "entries_write"),
            ("at=entries#0 do=lie", "from 1"),
            ("at=entries#two do=lie", "from 1"),
            ("at=entries#2 do=lie skip=1", "skip"),
            ("at=entries on=items do=lie", "one of them"),
            ("do=lie do=html", "twice"),
            ("lie", "NAME=VALUE"),
            ("do=status", "200 to 999"),
            ("do=status status=99", "200 to 999"),
            ("do=drip bytes=0", "bytes"),
            ("do=lie ms=5", "takes no ms"),
            ("do=lie sometimes=yes", "sometimes"),
            ("at=entries do=mute", "at=events"),
            ("at=events do=stuck", "at=bulk"),
        ] {
            let error = Order::parse(text).unwrap_err();
            assert!(error.contains(told), "{text:?}: {error}");
        }
    }
}

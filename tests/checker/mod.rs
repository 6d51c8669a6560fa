//! The checker: holds what the program says of a run against what the tenant really did. It takes nothing from the product,
//! neither types nor functions, so that a mistake there cannot hide one here: the truth comes from the sandbox's control
//! routes, the claims from stdout, stderr and exit codes, the trail from the SQLite file by the words of its documentation.
//!
//! | | what must hold | seen by |
//! |---|---|---|
//! | I1 | the list = what was meant, and all that nobody meant as it was; at no moment a number without its record; nobody comes off before all stand there who shall | `list` |
//! | I2 | no record twice; a key takes effect once | `list` |
//! | I3 | the buckets add up to the file. That byte ranges tile it is not visible from outside: `tests/files/laws` holds it | `claims` |
//! | I4 | each row in exactly one bucket, and in the right one | `claims` |
//! | I5 | the trail is one chain from its beginning, holds every head that was seen before a kill, and its mirror has a line of each event | `trail` |
//! | I6 | what reaches the tenant is in the ledger as intent before: asked at the wire, call by call, since the trail has no event of an intent. What is stored as an answer is what was answered | `wire` of `tests/kill`, `claims` |
//! | I7 | nothing is called accepted that does not stand there, or is not gone; nothing ready that is not as intended: no false green, the gravest | `claims`, `news` |
//! | I8 | what took effect is sent again only behind a reading of the list | `list` |
//! | I9 | tokens within bounds. Calls per minute: a killed process forgets what it sent, so `benches/rates` holds that of one life | `claims` |
//! | I10 | folders 0700, files 0600. That a terminal is restored is held by `tests/pty`; what a kill leaves of an export goes with the next one; of the ledger's own files, once it is old | `claims` |
//! | I11 | the gate is never green before the cool-down of the last effect is over | `claims` |
//! | I12 | run, journal, ledger, dead letters and whoever listens are told the same totals; each message comes, and never with another body | `claims`, `news` |
//! | I13 | it comes to its end, within a number of lives | `claims` |
//! | I14 | no number and no secret in stderr, in the trail, in what is printed of a run, in any file beside ledger, plans and lists | `claims` |

#![expect(
    clippy::unwrap_used,
    reason = "a checker that cannot read what it checks should stop where it stands"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use serde_json::Value;

mod claims;
mod list;
pub mod news;
pub mod talk;
pub mod trail;

/// What kind of list, for what the kinds differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Entries,
    Items,
    Suppression,
    Outbound,
}

impl Kind {
    /// The word of `--to`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Items => "items",
            Self::Suppression => "suppression",
            Self::Outbound => "outbound",
        }
    }

    /// The list that runs of this kind write to: id, or name.
    pub fn list(self) -> &'static str {
        match self {
            Self::Entries | Self::Items => "Internal_OptOuts",
            Self::Suppression => "sl-compliance-holds",
            Self::Outbound => "cl-winback",
        }
    }

    /// Whether it is a list that rules and the gate know.
    pub fn has_gate(self) -> bool {
        matches!(self, Self::Entries | Self::Items)
    }
}

/// The records of each number or address, as the sandbox writes them.
pub type Records = BTreeMap<String, Vec<Value>>;

/// What shall become of a number of the file.
#[derive(Clone, Debug)]
pub enum Fate {
    /// One record, with at least these fields, in the place of whatever stood there.
    Stands(BTreeMap<&'static str, Value>),
    /// It stands there already, and nothing is sent.
    Unchanged,
    /// No record of it is left.
    Gone,
    /// The tenant takes it on no list.
    Refused,
}

/// The file, as it was meant.
#[derive(Clone, Debug, Default)]
pub struct Meaning {
    pub rows: u64,
    pub rejected: u64,
    pub duplicates: u64,
    pub fates: BTreeMap<String, Fate>,
    /// Others have changed what ours should be, and it is not mended: nobody may call that well.
    pub differs: bool,
}

impl Meaning {
    fn count(&self, is: fn(&Fate) -> bool) -> u64 {
        self.fates.values().filter(|fate| is(fate)).count() as u64
    }

    /// Numbers that the run has to send, and the tenant takes.
    pub fn sent(&self) -> u64 {
        self.count(|fate| matches!(fate, Fate::Stands(_)))
    }

    /// Numbers that it has to take off.
    pub fn gone(&self) -> u64 {
        self.count(|fate| matches!(fate, Fate::Gone))
    }

    pub fn unchanged(&self) -> u64 {
        self.count(|fate| matches!(fate, Fate::Unchanged))
    }

    pub fn refused(&self) -> u64 {
        self.count(|fate| matches!(fate, Fate::Refused))
    }
}

/// What the gate said, and when.
#[derive(Clone, Debug)]
pub struct Gate {
    pub asked: jiff::Timestamp,
    pub code: Option<i32>,
    pub said: Value,
    /// Whether the run had reached the list by then, and whether the list was as intended.
    pub is_touched: bool,
    pub is_as_intended: bool,
}

/// One command that ended or was killed.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub command: String,
    pub code: Option<i32>,
    pub killed: bool,
    pub stdout: String,
    pub stderr: String,
}

/// Everything that is known of a run that came to its end.
pub struct Evidence {
    pub kind: Kind,
    pub meaning: Meaning,
    pub cool_down: jiff::SignedDuration,
    pub before: Records,
    pub after: Records,
    /// The sandbox's whole truth, its calls and its effects since the run began.
    pub truth: Value,
    pub log: Vec<Value>,
    pub effects: Vec<Value>,
    /// Where the ledger is, and the home folder around it.
    pub ledger: PathBuf,
    pub home: PathBuf,
    /// What must not be seen anywhere beside numbers.
    pub secrets: Vec<String>,
    /// The trail as it stood after each kill.
    pub floors: Vec<trail::Floor>,
    /// What arrived at the tenant without an intent in the ledger.
    pub unplanned: Vec<String>,
    /// SHA-256 of everything that the tenant answered to writes.
    pub answers: HashSet<String>,
    /// Digests of the intents by which something was taken off.
    pub taken_off: HashSet<String>,
    /// What came to whoever listens; none where nobody does.
    pub told: Option<Vec<Value>>,
    /// Tokens that were asked for, and how many may have been.
    pub tokens: (u64, u64),
    pub said: Vec<Said>,
    pub run: Value,
    pub runs: Value,
    pub dead_letters: Value,
    pub reconciled: Option<Value>,
    pub gates: Vec<Gate>,
    pub most_lives: usize,
}

/// Everything that does not hold.
#[derive(Debug, Default)]
pub struct Faults(Vec<String>);

impl Faults {
    pub fn claim(&mut self, holds: bool, invariant: &str, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(format!("{invariant}: {}", what()));
        }
    }
}

/// Checks all of it.
pub fn check(evidence: &Evidence) -> Result<(), String> {
    let mut faults = Faults::default();
    list::check(evidence, &mut faults);
    claims::check(evidence, &mut faults);
    trail::check(evidence, &mut faults);
    news::check(evidence, &mut faults);
    let Faults(faults) = faults;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n      ")) }
}

/// Whether a list is what a meaning makes of it.
pub fn is_as_intended(before: &Records, after: &Records, meaning: &Meaning) -> bool {
    let mut faults = Faults::default();
    list::as_intended((before, after, meaning), &mut faults);
    faults.0.is_empty()
}

/// The records of the list of a kind, out of the whole truth.
pub fn records(kind: Kind, truth: &Value) -> Records {
    let (kinds, inner) = match kind {
        Kind::Entries | Kind::Items => ("lists", "records"),
        Kind::Suppression => ("suppressionLists", "contacts"),
        Kind::Outbound => ("contactLists", "contacts"),
    };
    let lists = truth[kinds].as_array().unwrap();
    let is_it = |list: &&Value| [&list["id"], &list["name"]].iter().any(|it| **it == kind.list());
    let list = lists.iter().find(is_it).unwrap();
    let mut records = Records::new();
    for record in list[inner].as_array().unwrap() {
        let who = record["phoneNumber"].as_str().or_else(|| record["email"].as_str()).unwrap();
        records.entry(who.to_owned()).or_default().push(record.clone());
    }
    records
}

/// Every number of a file, without its plus.
fn digits(meaning: &Meaning) -> BTreeSet<&str> {
    meaning.fates.keys().filter_map(|who| who.strip_prefix("+1")).collect()
}

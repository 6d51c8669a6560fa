//! May this number be called, and why. The strongest evidence wins; what is not known is never "fine".

mod because;
#[cfg(test)]
mod tests;

use super::jurisdiction::Jurisdiction;
use super::list::ListId;
use super::phone::E164;
use super::rule::Decision;

/// The answer. Precedence when several hold: invalid > suppressed > pending > unknown > not_loaded > allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Not a telephone number.
    Invalid,
    /// Do not call.
    Suppressed,
    /// On its way to suppression: do not call yet.
    Pending,
    /// A source did not answer or does not know: do not call yet.
    Unknown,
    /// A registry that the profile requires is missing or stale for this area code.
    NotLoaded,
    /// Explicitly not suppressed, no blocking list, every source asked.
    Allowed,
}

impl Verdict {
    /// The word that scripts see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Suppressed => "suppressed",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
            Self::NotLoaded => "not_loaded",
            Self::Allowed => "allowed",
        }
    }

    /// The words that people see.
    pub fn headline(self) -> &'static str {
        match self {
            Self::Invalid => "NOT A NUMBER",
            Self::Suppressed => "DO NOT CALL",
            Self::Pending => "PENDING – do not call yet",
            Self::Unknown => "UNKNOWN – do not call yet",
            Self::NotLoaded => "NOT LOADED – do not call yet",
            Self::Allowed => "ALLOWED",
        }
    }
}

/// A status word of the record query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordStatus {
    /// `SUPPRESSED`.
    Suppressed,
    /// `NOT_SUPPRESSED`.
    NotSuppressed,
    /// `PENDING`.
    Pending,
    /// Any other word: contract drift, treated as unknown and shown.
    Other(String),
}

/// One record of the record query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DncRecord {
    /// The number it is about.
    pub number: E164,
    /// What it says.
    pub status: RecordStatus,
    /// `NATIONAL`, `STATE`, `COMPANY`: the tenant's word.
    pub kind: String,
}

/// A list that holds the number, as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEvidence {
    /// The list.
    pub list: ListId,
    /// Its name.
    pub name: String,
    /// Whether the list is active.
    pub active: bool,
    /// Whether the entry still holds.
    pub live: bool,
    /// Until when; `None` = for ever.
    pub expires: Option<jiff::Timestamp>,
    /// Source as the tenant gives it.
    pub source: Option<String>,
    /// Whether an active rule blocks by this list on some channel.
    pub enforced: bool,
}

/// What our own ledger knows about the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEvidence {
    /// Run that sent it.
    pub run: String,
    /// File it came from (name only).
    pub file: String,
    /// Data row in that file; 0 where a snapshot took the number off because no row names it.
    pub row: u64,
    /// The run took the number off the list.
    pub taken_off: bool,
    /// When.
    pub at: jiff::Timestamp,
    /// Who.
    pub by: String,
    /// The list.
    pub list_name: String,
}

/// What one source said when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked<T> {
    /// It answered.
    Answered(T),
    /// It was asked and could not answer: the reason, as a sentence.
    Failed(String),
    /// It was not asked (offline).
    NotAsked,
}

impl<T> Asked<T> {
    /// The answer, if there is one.
    pub fn answer(&self) -> Option<&T> {
        match self {
            Self::Answered(value) => Some(value),
            _ => None,
        }
    }
}

/// Everything a verdict is folded from.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The record query.
    pub records: Asked<Vec<DncRecord>>,
    /// Lists that hold the number.
    pub lists: Asked<Vec<ListEvidence>>,
    /// Decisions of the rule set, one per channel, with rule names in the trace's order.
    pub decisions: Asked<Vec<Decision>>,
    /// Our own journal, newest first; empty where nothing is known.
    pub ledger: Vec<LedgerEvidence>,
    /// `Some(reason)` where a required registry is missing or stale for the number.
    pub not_loaded: Option<String>,
}

/// Rule names and priorities by the index used in [`Decision`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// The name.
    pub name: String,
    /// Its priority.
    pub priority: i64,
    /// `BOTH`, `OUTBOUND`, `INBOUND`.
    pub scope: &'static str,
    /// `BLOCK` or `ALLOW`.
    pub action: &'static str,
}

/// A sure answer with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was asked, as typed.
    pub input: String,
    /// The number, if it is one.
    pub number: Option<E164>,
    /// May it be called.
    pub verdict: Verdict,
    /// Inferred from the number.
    pub jurisdiction: Option<Jurisdiction>,
    /// What it is folded from.
    pub evidence: Evidence,
    /// The rules that the decisions speak of.
    pub rules: Vec<RuleName>,
    /// One sentence.
    pub because: String,
}

/// Folds evidence into an answer. `allowed` needs an explicit NOT_SUPPRESSED *and* no blocking decision on OUTBOUND or
/// INBOUND *and* every source answered.
pub fn fold(input: &str, number: E164, evidence: Evidence, rules: Vec<RuleName>) -> Answer {
    let (verdict, because) = because::of(number, &evidence, &rules);
    Answer {
        input: input.to_owned(),
        number: Some(number),
        verdict,
        jurisdiction: Jurisdiction::of_number(number),
        evidence,
        rules,
        because,
    }
}

/// The answer for something that is not a number.
pub fn not_a_number(input: &str, hint: &str) -> Answer {
    Answer {
        input: input.to_owned(),
        number: None,
        verdict: Verdict::Invalid,
        jurisdiction: None,
        evidence: Evidence {
            records: Asked::NotAsked,
            lists: Asked::NotAsked,
            decisions: Asked::NotAsked,
            ledger: Vec::new(),
            not_loaded: None,
        },
        rules: Vec::new(),
        because: format!("This is not a telephone number: {}.", because::clause(hint)),
    }
}

//! Entries: a number on a list, with its attributes.

use jiff::Timestamp;

use super::jurisdiction::Jurisdiction;
use super::list::ListId;
use super::phone::E164;

/// What we want an entry to say beside its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attributes {
    /// Required on the wire: without it the platform suppresses everywhere.
    pub jurisdiction: Jurisdiction,
    /// `None` means for ever, which is the strongest expiry.
    pub expires: Option<Timestamp>,
    /// Where the number comes from; `None` where the file does not say. Several sources are joined with `; `.
    pub source: Option<std::sync::Arc<str>>,
}

impl Attributes {
    /// Folds two rows of the same number: no expiry > later > earlier; sources united (sorted, without repeats);
    /// the jurisdiction of the row with the stronger expiry, the first row's on a tie. Commutative and associative
    /// but for that tie.
    #[must_use]
    pub fn strongest(self, other: Self) -> Self {
        let _ = other;
        todo!()
    }

    /// Whether an entry on the tenant already says this. An absent source of ours has no opinion.
    pub fn satisfied_by(&self, remote: &RemoteEntry) -> bool {
        let _ = remote;
        todo!()
    }
}

/// An entry as the tenant holds it, before anything is believed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEntry {
    /// The tenant's id of the entry, needed to remove it.
    pub id: String,
    /// The list it stands on.
    pub list: ListId,
    /// The number as the tenant spells it.
    pub raw: String,
    /// The same, normalised; `None` where it does not parse.
    pub number: Option<E164>,
    /// As the tenant gives it.
    pub jurisdiction: Option<String>,
    /// `None` = for ever. A date alone means the end of that day in UTC.
    pub expires: Option<Timestamp>,
    /// As the tenant gives it.
    pub source: Option<String>,
    /// The idempotency key it was written with, where the tenant tells.
    pub key: Option<String>,
}

impl RemoteEntry {
    /// Whether the stored spelling is already E.164.
    pub fn is_canonical(&self) -> bool {
        self.number.is_some_and(|number| number.to_e164() == self.raw)
    }

    /// Whether the entry still holds at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|at| at > now)
    }
}

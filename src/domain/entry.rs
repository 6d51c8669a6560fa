//! Entries: a number on a list, with its attributes.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

use super::identifier::Identifier;
use super::jurisdiction::Jurisdiction;
use super::list::ListId;

/// What we want an entry to say beside its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attributes {
    /// Required on the wire: without it the platform suppresses everywhere.
    pub jurisdiction: Jurisdiction,
    /// `None` means for ever, which is the strongest expiry.
    pub expires: Option<Timestamp>,
    /// Where the number comes from; `None` where the file does not say. Several sources are joined with `; `.
    pub source: Option<Arc<str>>,
}

impl Attributes {
    /// Folds two rows of the same number: no expiry > later > earlier; sources united (sorted, without repeats);
    /// the jurisdiction of the row with the stronger expiry, the first row's on a tie. Commutative and associative
    /// but for that tie.
    #[must_use]
    pub fn strongest(self, other: Self) -> Self {
        let other_is_stronger = match (self.expires, other.expires) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(mine), Some(theirs)) => theirs > mine,
        };
        let source = unite_sources(self.source, other.source);
        let (jurisdiction, expires) = match other_is_stronger {
            true => (other.jurisdiction, other.expires),
            false => (self.jurisdiction, self.expires),
        };
        Self { jurisdiction, expires, source }
    }

    /// Whether an entry on the tenant already says this. An absent source of ours has no opinion.
    pub fn satisfied_by(&self, remote: &RemoteEntry) -> bool {
        same_jurisdiction(Some(self.jurisdiction.as_str()), remote.jurisdiction.as_deref())
            && self.expires == remote.expires
            && self.source.as_deref().is_none_or(|source| remote.source.as_deref() == Some(source))
    }
}

/// Whether two spellings of a jurisdiction mean the same. What does not parse is compared as it stands.
pub(super) fn same_jurisdiction(ours: Option<&str>, theirs: Option<&str>) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours != theirs => {
            let ours = Jurisdiction::parse(ours);
            ours.is_some() && ours == Jurisdiction::parse(theirs)
        }
        (ours, theirs) => ours == theirs,
    }
}

/// Both sources, sorted and without repeats. One alone stays as it is.
fn unite_sources(ours: Option<Arc<str>>, theirs: Option<Arc<str>>) -> Option<Arc<str>> {
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours != theirs => (ours, theirs),
        (ours, theirs) => return ours.or(theirs),
    };
    Some(unite_all([&*ours, &*theirs]))
}

/// Different sources, as [`Attributes::strongest`] unites them one after the other.
pub fn unite_all<'s>(sources: impl IntoIterator<Item = &'s str>) -> Arc<str> {
    let parts = sources.into_iter().flat_map(|source| source.split(';')).map(str::trim);
    let mut parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts.dedup();
    parts.join("; ").into()
}

/// An entry as the tenant holds it, before anything is believed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEntry {
    /// The tenant's id of the entry, needed to remove it.
    pub id: String,
    /// The list it stands on.
    pub list: ListId,
    /// The number or address as the tenant spells it.
    pub raw: String,
    /// The same, normalised; `None` where it does not parse.
    pub identifier: Option<Identifier>,
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
    /// Whether the stored spelling is the one that we would write: E.164 of a number.
    pub fn is_canonical(&self) -> bool {
        self.identifier.as_ref().is_some_and(|identifier| identifier.is_spelled(&self.raw))
    }

    /// Whether the entry still holds at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|at| at > now)
    }
}

//! DNC lists of the tenant.

use std::fmt;

use jiff::Timestamp;

/// The tenant's id of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub String);

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A DNC list as the tenant describes it. Strings are the tenant's own and are escaped where they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DncList {
    /// The tenant's id.
    pub id: ListId,
    /// The name people know it by.
    pub name: String,
    /// Free text.
    pub description: String,
    /// `MANUAL`, `SYSTEM`, …: the tenant's word.
    pub kind: String,
    /// Whether the platform uses the list at all.
    pub active: bool,
    /// Expiry that entries get which bring none.
    pub default_expires: Option<Timestamp>,
    /// Number of entries, where the tenant says it.
    pub entry_count: Option<u64>,
}

/// Why a name or id does not resolve to one list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No list has that id or that exact name; the nearest names follow.
    #[error("no list has the id or name “{wanted}”")]
    None {
        /// What was asked for.
        wanted: String,
        /// Names that are close, best first.
        near: Vec<String>,
    },
    /// Several lists carry exactly that name.
    #[error("{} lists are named “{wanted}”: name one by its id", ids.len())]
    Several {
        /// What was asked for.
        wanted: String,
        /// The ids that carry the name.
        ids: Vec<ListId>,
    },
}

/// Finds a list: id first, then the *equal* name. None or two is an error, never the first that looks alike.
pub fn resolve<'a>(lists: &'a [DncList], wanted: &str) -> Result<&'a DncList, Unresolved> {
    let _ = (lists, wanted);
    todo!()
}

//! Plans: what an upload would do, row by row, before anything is sent.

mod made_under;
mod operation;

use std::fmt;
use std::sync::Arc;

pub use made_under::MadeUnder;
pub use operation::{Operation, Origin};

use super::diff::ExpectedAttributes;
use super::entry::{Attributes, RemoteEntry};
use super::identifier::Identifier;
use super::list::ListId;

/// Where the numbers of a file go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Entries of a DNC list: with jurisdiction and expiry, and a verdict on each.
    #[default]
    Entries,
    /// Items of a DNC list: queued, and read back.
    Items,
    /// Contacts of a suppression list: with reason and end.
    Suppression,
    /// Contacts of an outbound list: a job inserts them.
    Outbound,
}

impl Destination {
    /// Every destination with the word of `--to`.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Entries, "entries"),
        (Self::Items, "items"),
        (Self::Suppression, "suppression"),
        (Self::Outbound, "outbound"),
    ];

    /// The word of `--to`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Items => "items",
            Self::Suppression => "suppression",
            Self::Outbound => "outbound",
        }
    }

    /// The inverse of [`Destination::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == name).map(|(destination, _)| destination)
    }

    /// Whether anything can be taken off its lists: entries alone have ids that can be deleted.
    pub fn can_take_off(self) -> bool {
        self == Self::Entries
    }

    /// Whether its lists are DNC lists, which rules enforce. Entries and items of one list are the same numbers.
    pub fn is_dnc_list(self) -> bool {
        matches!(self, Self::Entries | Self::Items)
    }

    /// What the lists of a kind stand under in the ledger: ids of two kinds may be equal.
    fn prefix(self) -> &'static str {
        match self {
            Self::Entries | Self::Items => "",
            Self::Suppression => "suppression/",
            Self::Outbound => "outbound/",
        }
    }

    /// How the ledger names a list of the tenant.
    pub fn key_of(self, list: &ListId) -> ListId {
        ListId(format!("{}{}", self.prefix(), list.0))
    }

    /// What kind of list the ledger's name means. Entries and items of a DNC list are the same numbers: entries.
    pub fn of_key(key: &ListId) -> Self {
        let is_of = |to: &Self| !to.prefix().is_empty() && key.0.starts_with(to.prefix());
        [Self::Suppression, Self::Outbound].into_iter().find(is_of).unwrap_or(Self::Entries)
    }

    /// The inverse of [`Destination::key_of`]: the tenant's id of a list that the ledger names.
    pub fn list_of(self, key: &ListId) -> ListId {
        ListId(key.0.strip_prefix(self.prefix()).unwrap_or(&key.0).to_owned())
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a row says beside its attributes, by name: notes of an item, columns of a contact. Nearly all rows say nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra(Option<Box<[Value]>>);

/// A name and what stands under it.
type Value = (Arc<str>, Arc<str>);

impl Extra {
    /// These values, in this order.
    pub fn new(values: Vec<(Arc<str>, Arc<str>)>) -> Self {
        Self((!values.is_empty()).then(|| values.into()))
    }

    /// Every value with its name.
    pub fn values(&self) -> &[(Arc<str>, Arc<str>)] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The same with one more value in front.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let first = (Arc::from(name), Arc::from(value));
        Self::new(std::iter::once(first).chain(self.values().iter().cloned()).collect())
    }

    /// The same without the values of a name.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self::new(self.values().iter().filter(|(known, _)| &**known != name).cloned().collect())
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<str>> {
        self.values().iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}

impl fmt::Debug for Extra {
    /// It may hold anything about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extra({})", self.values().len())
    }
}

/// What a plan does with one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Not on the list: POST.
    Add,
    /// On the list with other attributes: POST the new record, read it back, DELETE the old one.
    Update,
    /// Already there with these attributes: nothing is sent.
    Unchanged,
    /// On the list, and shall not be: DELETE of every record that [`PlanRow::replaces`] names.
    Remove,
    /// Must not go there: scrubbed out, or without consent. Nothing is sent; the extra value [`REMOVED`] says why.
    Removed,
}

impl Op {
    /// Whether something is sent for the row.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Add | Self::Update | Self::Remove)
    }
}

/// One number or address of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Whom it means.
    pub identifier: Identifier,
    /// What the entry shall say.
    pub attributes: Attributes,
    /// What has to be done for that.
    pub op: Op,
    /// The data row of the file whose attributes won (the first of its number on a tie); 0 where no row names it.
    pub row: u64,
    /// Ids of the records that an update replaces, or a removal takes off.
    pub replaces: Vec<String>,
    /// What the strongest of these records said, for whoever wants it back.
    pub before: Option<Box<ExpectedAttributes>>,
    /// Repair counter of (list, number): part of the idempotency key.
    pub generation: u32,
    /// What else is written of it.
    pub extra: Extra,
}

/// The name of a suppression contact's reason among the extra values of its row.
pub const REASON: &str = "reason";
/// The name of why a row was removed. No column has it: a unit separator is a control character, and names are trimmed.
pub const REMOVED: &str = "\u{1f}removed";
/// The name of why a number stays on the list although its file takes it off. No column has it either.
pub const KEPT: &str = "\u{1f}kept";
/// Why a row was removed that nobody's consent stands behind.
pub const NO_CONSENT: &str = "no consent";
/// The code of a dead letter that is ours and not the tenant's: it came onto a scrub list while its run was interrupted.
pub const SCRUBBED: &str = "SCRUBBED";
/// The name of an item's notes.
pub const NOTES: &str = "notes";

impl PlanRow {
    /// Whether a record of whom the row means is what the row wants, as far as this destination keeps it. A contact to be
    /// called must not be there twice because of how it is spelled; everywhere else another spelling may match nobody.
    pub fn stands_as(&self, destination: Destination, record: &RemoteEntry) -> bool {
        match destination {
            Destination::Outbound => true,
            _ => record.is_canonical() && self.kept(destination).satisfied_by(record),
        }
    }

    /// What the tenant holds of this row once it has taken it: each destination keeps other things. A suppression
    /// contact's reason stands in the place of the source.
    pub fn kept(&self, destination: Destination) -> ExpectedAttributes {
        match destination {
            Destination::Entries => ExpectedAttributes::from(&self.attributes),
            Destination::Items | Destination::Outbound => ExpectedAttributes::default(),
            Destination::Suppression => ExpectedAttributes {
                jurisdiction: None,
                expires: self.attributes.expires,
                source: self.extra.get(REASON).map(|reason| reason.to_string()),
            },
        }
    }
}

/// The SHA-256 of a plan's content, in lower-case hex: what an approval is bound to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest(pub String);

impl Digest {
    /// The first twelve characters, for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many rows a plan has of each kind: `rows` is the sum of all of them but `shortened`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Physical data rows of the file, and the numbers that a snapshot takes off although no row names them.
    pub rows: u64,
    /// Numbers to add.
    pub add: u64,
    /// Numbers whose attributes change.
    pub update: u64,
    /// Numbers to take off.
    pub remove: u64,
    /// Numbers already as wanted.
    pub unchanged: u64,
    /// Rows whose number another row of the file carries.
    pub duplicates: u64,
    /// Rows scrubbed out before an outbound upload.
    pub removed: u64,
    /// Rows refused by validation.
    pub rejected: u64,
    /// Updates that bring an expiry forward: named in the confirmation.
    pub shortened: u64,
}

impl Counts {
    /// Numbers that something is sent for.
    pub fn operations(&self) -> u64 {
        self.add + self.update + self.remove
    }
}

/// What people see of a plan, and what the ledger keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSummary {
    /// Short id for people and commands: `p-3f9a12c4`.
    pub id: String,
    /// What an approval is bound to.
    pub digest: Digest,
    /// Profile it was made for.
    pub profile: String,
    /// Where its numbers go.
    pub destination: Destination,
    /// What is done with them.
    pub operation: Operation,
    /// Where its rows come from.
    pub origin: Origin,
    /// Target list, as the ledger names it ([`Destination::key_of`]).
    pub list: ListId,
    /// Its name at the time.
    pub list_name: String,
    /// Absolute path of the input file; of what comes from a run, that run's.
    pub file: String,
    /// SHA-256 of the input file, lower-case hex; of what comes from a run, that run's.
    pub file_sha256: String,
    /// Lists that its rows were held against, as the ledger names them: whoever stands there was removed.
    pub scrub: Vec<ListId>,
    /// The options that decided what its rows say.
    pub made_under: MadeUnder,
    /// What it does.
    pub counts: Counts,
    /// What else there was to say of it when it was made, a sentence each. Whoever approves it later sees that too; it is no
    /// part of the digest, which covers what is done.
    pub says: Vec<String>,
    /// When it was made.
    pub made_at: jiff::Timestamp,
    /// OS user who made it.
    pub made_by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_two_kinds_with_one_id_are_two() {
        let id = ListId("7".into());
        let keys: std::collections::HashSet<ListId> =
            Destination::ALL.iter().map(|(destination, _)| destination.key_of(&id)).collect();
        assert_eq!(keys.len(), 3, "entries and items of one list are the same numbers");
        for (destination, word) in Destination::ALL {
            assert_eq!(destination.list_of(&destination.key_of(&id)), id);
            assert_eq!(Destination::of_key(&destination.key_of(&id)).prefix(), destination.prefix());
            assert_eq!(Destination::from_name(word), Some(destination));
        }
    }

    #[test]
    fn what_else_a_row_says_is_not_in_its_debug_form() {
        let extra = Extra::new(vec![("notes".into(), "canary".into())]);
        assert_eq!(extra.get("notes").map(|notes| &**notes), Some("canary"));
        assert!(!format!("{extra:?}").contains("canary"));
        assert_eq!(Extra::new(Vec::new()), Extra::default());
    }
}

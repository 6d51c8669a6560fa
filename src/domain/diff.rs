//! Reconciliation: the list as the tenant holds it against the list as it should be.

use super::entry::{Attributes, RemoteEntry};
use super::phone::E164;

/// What we expect of one number on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The number.
    pub number: E164,
    /// What its entry should say. Baseline entries carry what the tenant said then.
    pub attributes: ExpectedAttributes,
}

/// Attributes as compared: strings as the tenant gives them, so that a baseline can be compared with itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedAttributes {
    /// `US-CA`; `None` where the baseline entry had none.
    pub jurisdiction: Option<String>,
    /// `None` = for ever.
    pub expires: Option<jiff::Timestamp>,
    /// `None` = no opinion.
    pub source: Option<String>,
}

impl From<&Attributes> for ExpectedAttributes {
    fn from(attributes: &Attributes) -> Self {
        Self {
            jurisdiction: Some(attributes.jurisdiction.to_string()),
            expires: attributes.expires,
            source: attributes.source.as_deref().map(str::to_owned),
        }
    }
}

/// What kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiffKind {
    /// Expected, not there.
    Missing,
    /// There, not expected.
    Unexpected,
    /// There with other attributes.
    Changed,
    /// Another record, or spelling, of a number that also stands there in E.164.
    RemoteDuplicate,
    /// Does not parse, or parses but has no E.164 twin.
    Malformed,
}

impl DiffKind {
    /// Every kind, in the order of the report.
    pub const ALL: [Self; 5] =
        [Self::Missing, Self::Unexpected, Self::Changed, Self::RemoteDuplicate, Self::Malformed];

    /// The word of the JSON report and the pane.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Changed => "changed",
            Self::RemoteDuplicate => "remote_duplicates",
            Self::Malformed => "malformed",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind.
    pub kind: DiffKind,
    /// The number; `None` where it does not parse.
    pub number: Option<E164>,
    /// The tenant's spelling; the expected one where nothing is there.
    pub raw: String,
    /// Names of the fields that differ: `jurisdiction`, `expires`, `source`.
    pub fields: Vec<&'static str>,
    /// What we expect.
    pub expected: Option<ExpectedAttributes>,
    /// What is there.
    pub remote: Option<RemoteEntry>,
}

/// The result of a reconciliation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Records on the tenant.
    pub remote: u64,
    /// Numbers expected.
    pub expected: u64,
    /// Numbers that are there in E.164 with the expected attributes.
    pub matching: u64,
    /// Everything else, ordered by kind, then number, then spelling.
    pub differences: Vec<Difference>,
}

impl Diff {
    /// No difference of any kind.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    /// How many of one kind.
    pub fn count(&self, kind: DiffKind) -> usize {
        self.differences.iter().filter(|d| d.kind == kind).count()
    }
}

/// Compares. `expected` must be sorted by number without repeats; `remote` comes in any order.
pub fn compare(expected: &[Expected], remote: Vec<RemoteEntry>) -> Diff {
    let _ = (expected, remote);
    todo!()
}

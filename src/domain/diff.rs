//! Reconciliation: the list as the tenant holds it against the list as it should be.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use super::entry::{Attributes, RemoteEntry, same_jurisdiction};
use super::identifier::Identifier;

/// What we expect of one number or address on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Whom it means.
    pub identifier: Identifier,
    /// What its entry should say. Baseline entries carry what the tenant said then.
    pub attributes: ExpectedAttributes,
}

/// Attributes as compared: strings as the tenant gives them, so that a baseline can be compared with itself. Without any of
/// them there is no opinion but that somebody stands there: an item says no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedAttributes {
    /// `US-CA`; `None` where the baseline entry had none.
    pub jurisdiction: Option<String>,
    /// `None` = for ever.
    pub expires: Option<jiff::Timestamp>,
    /// `None` = no opinion.
    pub source: Option<String>,
}

impl ExpectedAttributes {
    /// Whether an entry on the tenant already says this.
    pub fn satisfied_by(&self, entry: &RemoteEntry) -> bool {
        fields_that_differ(self, entry).is_empty()
    }
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

impl From<&RemoteEntry> for ExpectedAttributes {
    /// What a record says.
    fn from(record: &RemoteEntry) -> Self {
        Self {
            jurisdiction: record.jurisdiction.clone(),
            expires: record.expires,
            source: record.source.clone(),
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
    /// Whom it means; `None` where it does not parse.
    pub identifier: Option<Identifier>,
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

/// Compares.
///
/// A number counts as there only in its E.164 spelling. Further records and other spellings of it are
/// [`DiffKind::RemoteDuplicate`]; spellings without an E.164 twin are [`DiffKind::Malformed`] and their number is
/// [`DiffKind::Missing`] too where it is expected. `expected` must be sorted by number without repeats; `remote` comes in any order.
pub fn compare(expected: &[Expected], remote: Vec<RemoteEntry>) -> Diff {
    debug_assert!(expected.windows(2).all(|pair| pair[0].identifier < pair[1].identifier));
    let mut diff = Diff { remote: remote.len() as u64, expected: expected.len() as u64, ..Diff::default() };
    let (mut parsed, unparsed): (Vec<_>, Vec<_>) =
        remote.into_iter().partition(|entry| entry.identifier.is_some());
    diff.differences.extend(unparsed.into_iter().map(|entry| difference(DiffKind::Malformed, None, entry)));

    parsed.sort_unstable_by(|a, b| (&a.identifier, &a.raw, &a.id).cmp(&(&b.identifier, &b.raw, &b.id)));
    let mut wanted = expected.iter().peekable();
    let mut entries = parsed.into_iter().peekable();
    while let Some(identifier) = entries.peek().and_then(|entry| entry.identifier.clone()) {
        while let Some(missing) = wanted.next_if(|expected| expected.identifier < identifier) {
            diff.differences.push(missing_one(missing));
        }
        let expected = wanted.next_if(|expected| expected.identifier == identifier);
        let mut records = Vec::new();
        while let Some(entry) = entries.next_if(|entry| entry.identifier.as_ref() == Some(&identifier)) {
            records.push(entry);
        }
        compare_one(expected, records, &mut diff);
    }
    diff.differences.extend(wanted.map(missing_one));
    diff.differences.sort_by(order);
    diff
}

/// Compares the records of one number, of which there is at least one, with what is expected of it.
fn compare_one(expected: Option<&Expected>, mut records: Vec<RemoteEntry>, diff: &mut Diff) {
    // The record that stands for the number: of those in E.164 the one nearest to what is expected.
    let chosen = records
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.is_canonical())
        .min_by_key(|(_, entry)| {
            expected.map_or(0, |expected| fields_that_differ(&expected.attributes, entry).len())
        })
        .map(|(index, _)| index);
    let others = match chosen {
        Some(index) => {
            let entry = records.remove(index);
            match expected.map(|expected| fields_that_differ(&expected.attributes, &entry)) {
                None => diff.differences.push(difference(DiffKind::Unexpected, None, entry)),
                Some(fields) if fields.is_empty() => diff.matching += 1,
                Some(fields) => {
                    diff.differences
                        .push(Difference { fields, ..difference(DiffKind::Changed, expected, entry) });
                }
            }
            DiffKind::RemoteDuplicate
        }
        None => {
            diff.differences.extend(expected.map(missing_one));
            DiffKind::Malformed
        }
    };
    diff.differences.extend(records.into_iter().map(|entry| difference(others, expected, entry)));
}

fn fields_that_differ(ours: &ExpectedAttributes, entry: &RemoteEntry) -> Vec<&'static str> {
    let mut fields = Vec::new();
    if *ours == ExpectedAttributes::default() {
        return fields;
    }
    if !same_jurisdiction(ours.jurisdiction.as_deref(), entry.jurisdiction.as_deref()) {
        fields.push("jurisdiction");
    }
    if ours.expires != entry.expires {
        fields.push("expires");
    }
    if ours.source.is_some() && ours.source != entry.source {
        fields.push("source");
    }
    fields
}

fn missing_one(expected: &Expected) -> Difference {
    Difference {
        kind: DiffKind::Missing,
        identifier: Some(expected.identifier.clone()),
        raw: expected.identifier.whole(),
        fields: Vec::new(),
        expected: Some(expected.attributes.clone()),
        remote: None,
    }
}

fn difference(kind: DiffKind, expected: Option<&Expected>, entry: RemoteEntry) -> Difference {
    Difference {
        kind,
        identifier: entry.identifier.clone(),
        raw: entry.raw.clone(),
        fields: Vec::new(),
        expected: expected.map(|expected| expected.attributes.clone()),
        remote: Some(entry),
    }
}

fn order(a: &Difference, b: &Difference) -> Ordering {
    let id = |difference: &Difference| difference.remote.as_ref().map(|entry| entry.id.clone());
    (a.kind, &a.identifier, &a.raw).cmp(&(b.kind, &b.identifier, &b.raw)).then_with(|| id(a).cmp(&id(b)))
}

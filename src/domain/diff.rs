//! Reconciliation: the list as the tenant holds it against the list as it should be.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use jiff::Timestamp;

use super::beside::Beside;
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
    pub expires: Option<Timestamp>,
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

/// Compares what is expected with what stands there, both sorted by whom they mean; of what stands there, whatever means
/// nobody comes first. Nothing but the differences is kept in memory.
///
/// A number counts as there only in its E.164 spelling. Further records and other spellings of it are
/// [`DiffKind::RemoteDuplicate`]; spellings without an E.164 twin are [`DiffKind::Malformed`] and their number is
/// [`DiffKind::Missing`] too where it is expected. An entry whose time is over at `now` may be cleared away by the tenant at
/// any moment: it is not missing then. A number of which nothing is expected but that it stands there (an item) is not
/// suppressed by an entry that has expired.
///
/// # Errors
/// The one that a sequence ends with.
pub fn compare<E>(
    expected: impl Iterator<Item = Result<Expected, E>>,
    remote: impl Iterator<Item = Result<RemoteEntry, E>>,
    now: Timestamp,
) -> Result<Diff, E> {
    let mut diff = Diff::default();
    let mut remote = remote.peekable();
    while let Some(entry) =
        remote.next_if(|entry| entry.as_ref().map_or(true, |entry| entry.identifier.is_none()))
    {
        diff.remote += 1;
        diff.differences.push(difference(DiffKind::Malformed, None, entry?));
    }
    let (mut wanted, mut there) = (Beside::new(expected), Beside::new(remote));
    loop {
        let next = match (wanted.next_whom()?, there.next_whom()?) {
            (Some(one), Some(other)) => one.min(other),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => break,
        };
        let (expected, mut records) = (wanted.at(&next)?.first(), there.take(&next)?);
        let is_over = |expected: &&Expected| expected.attributes.expires.is_some_and(|at| at <= now);
        let expected = expected.filter(|expected| !records.is_empty() || !is_over(expected));
        if expected.is_some_and(|expected| expected.attributes == ExpectedAttributes::default()) {
            records.retain(|entry| entry.is_live(now));
        }
        diff.expected += u64::from(expected.is_some());
        diff.remote += records.len() as u64;
        if records.is_empty() {
            diff.differences.extend(expected.map(missing_one));
        } else {
            compare_one(expected, records, &mut diff);
        }
    }
    diff.differences.sort_by(order);
    Ok(diff)
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

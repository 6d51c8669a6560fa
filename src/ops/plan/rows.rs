//! What a plan does with each number, given what stands on the list.

use std::iter::Peekable;
use std::sync::Arc;

use super::draft::strongest;
use crate::domain::beside::Beside;
use crate::domain::diff::{Expected, ExpectedAttributes};
use crate::domain::entry::{Attributes, RemoteEntry};
use crate::domain::identifier::Identifier;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::plan::{Destination, Extra, KEPT, NO_CONSENT, Op, Operation, PlanRow, REMOVED};
use crate::files::Intent;
use crate::ledger::{Generation, Rows};
use crate::ops::OpsError;
use crate::ops::extra::Extras;
use crate::ops::scrub::Scrub;

/// What shall stand on the list for one number.
pub(in crate::ops) struct Wanted {
    pub(super) intent: Intent,
    pub(super) extra: Extra,
    /// Why it must not go there; where numbers are taken off, why it must stay.
    pub(super) barred: Option<Arc<str>>,
}

impl Wanted {
    pub(super) fn of(intent: Intent, extras: &Extras, scrub: &Scrub) -> Self {
        let extra = extras.of(&intent);
        let unasked = || extras.lacks_consent(&extra).then(|| NO_CONSENT.into());
        let barred = scrub.bars(&intent.identifier).or_else(unasked);
        Self { intent, extra, barred }
    }

    /// Every wish of a plan once more: what a snapshot took off beside its file is found again, or not.
    pub(in crate::ops) fn all_again(
        rows: Rows<PlanRow>,
        operation: Operation,
        scrub: &Scrub,
    ) -> impl Iterator<Item = Result<Self, OpsError>> {
        let is_of_file = move |row: &PlanRow| operation != Operation::Sync || row.row > 0;
        let of_file = rows.filter(move |row| row.as_ref().map_or(true, is_of_file));
        of_file.map(|row| Ok(Self::again(&row?, scrub)))
    }

    /// The same once more, of a row that was planned before.
    pub(in crate::ops) fn again(row: &PlanRow, scrub: &Scrub) -> Self {
        // Consent is the file's to give, and the file is the same.
        let unasked =
            row.extra.get(REMOVED).filter(|why| why.starts_with(NO_CONSENT)).map(|_| NO_CONSENT.into());
        let intent =
            Intent { identifier: row.identifier.clone(), attributes: row.attributes.clone(), row: row.row };
        Self {
            intent,
            extra: row.extra.without(REMOVED).without(KEPT),
            barred: scrub.bars(&row.identifier).or(unasked).or_else(|| row.extra.get(KEPT).cloned()),
        }
    }
}

/// What the rows are held against, each sorted by whom it means.
pub(in crate::ops) struct Against {
    pub(in crate::ops) to: Destination,
    pub(in crate::ops) operation: Operation,
    /// What stands on the list.
    pub(in crate::ops) there: Beside<RemoteEntry, Rows<RemoteEntry>>,
    pub(in crate::ops) generations: Beside<Generation, Rows<Generation>>,
    /// What we put there: what a snapshot may take off.
    pub(in crate::ops) ours: Beside<Expected, Rows<Expected>>,
}

/// What there is to say of rows beside how many they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ops) struct Tallies {
    /// Updates that bring an expiry forward.
    pub(in crate::ops) shortened: u64,
    /// Items that stand there until a time before the file's, which nothing that is sent can change.
    pub(super) ending: u64,
    /// Numbers of ours that a snapshot does not name and that stay: what stands there is not what we wrote.
    pub(super) foreign: u64,
    /// Numbers that lose our record and keep one of somebody else.
    pub(super) still_there: u64,
}

/// Plans one row after the other, sorted, from wishes that are sorted too: nothing but the row is in memory. Two records of
/// one number, or a spelling that is not E.164, are replaced as a whole: the list then holds exactly what the file says.
/// Where records have no ids, nothing can be taken off: an item stands or does not, and the last write of a contact wins.
pub(in crate::ops) struct Planner<W: Iterator> {
    against: Against,
    wanted: Peekable<W>,
    pub(in crate::ops) tallies: Tallies,
}

/// Behind why somebody must not go to a list: that they stand on it.
pub(super) const ALREADY: &str = " and on the contact list ALREADY";

impl<W: Iterator<Item = Result<Wanted, OpsError>>> Planner<W> {
    pub(in crate::ops) fn new(against: Against, wanted: W) -> Self {
        Self { against, wanted: wanted.peekable(), tallies: Tallies::default() }
    }

    /// The next row; `None` = that was all.
    pub(in crate::ops) fn next_row(&mut self) -> Result<Option<PlanRow>, OpsError> {
        loop {
            // What the file does not name comes where it belongs.
            let ours = match self.against.operation {
                Operation::Sync => self.against.ours.next_whom()?,
                Operation::Add | Operation::Remove => None,
            };
            let unnamed = ours.filter(|ours| match self.wanted.peek() {
                Some(Ok(wanted)) => *ours < wanted.intent.identifier,
                Some(Err(_)) => false,
                None => true,
            });
            if let Some(ours) = unnamed {
                match self.take_off_of_ours(&ours)? {
                    Some(row) => return Ok(Some(row)),
                    None => continue,
                }
            }
            let Some(wanted) = self.wanted.next().transpose()? else { return Ok(None) };
            let whom = wanted.intent.identifier.clone();
            let records = self.against.there.at(&whom)?;
            if self.against.operation == Operation::Remove {
                return Ok(Some(take_off(wanted, records)));
            }
            self.against.ours.at(&whom)?;
            let generation = self.against.generations.at(&whom)?.first().map_or(0, |it| it.generation);
            return Ok(Some(put_there(wanted, records, self.against.to, generation, &mut self.tallies)));
        }
    }

    /// What we put there and the file does not name goes. Only records that say what we wrote are ours.
    fn take_off_of_ours(&mut self, whom: &Identifier) -> Result<Option<PlanRow>, OpsError> {
        let records = self.against.there.at(whom)?;
        let Some(expected) = self.against.ours.at(whom)?.first() else { return Ok(None) };
        let is_ours =
            |record: &&RemoteEntry| record.is_canonical() && expected.attributes.satisfied_by(record);
        let written: Vec<&RemoteEntry> = records.iter().filter(is_ours).collect();
        let Some(before) = strongest(written.iter().copied()) else {
            self.tallies.foreign += u64::from(!records.is_empty());
            return Ok(None);
        };
        let Some(attributes) = attributes_of(whom, &before) else {
            self.tallies.foreign += 1;
            return Ok(None);
        };
        self.tallies.still_there += u64::from(records.len() > written.len());
        let intent = Intent { identifier: whom.clone(), attributes, row: 0 };
        Ok(Some(removing(row_of(intent, Op::Remove), before, written.iter().copied())))
    }
}

fn put_there(
    Wanted { intent, extra, barred }: Wanted,
    records: &[RemoteEntry],
    to: Destination,
    generation: u32,
    tallies: &mut Tallies,
) -> PlanRow {
    let is_shorter = is_shortened(&intent.attributes, records);
    let ends_sooner = ends_sooner(&intent, records);
    let mut row = PlanRow { generation, extra, ..row_of(intent, Op::Add) };
    if let Some(why) = barred {
        row.op = Op::Removed;
        let why = if records.is_empty() { why } else { format!("{why}{ALREADY}").into() };
        row.extra = row.extra.with(REMOVED, &why);
        return row;
    }
    row.op = match to {
        _ if records.is_empty() => Op::Add,
        // One of two entries that stands as wanted: only replacing both leaves one.
        _ if records.iter().any(|it| row.stands_as(to, it))
            && (to != Destination::Entries || records.len() == 1) =>
        {
            Op::Unchanged
        }
        // Only in another spelling, which the platform may not match.
        Destination::Items => Op::Add,
        // Any record of a contact stands for it.
        Destination::Outbound => Op::Unchanged,
        Destination::Suppression => Op::Update,
        Destination::Entries => {
            row.replaces = records.iter().map(|entry| entry.id.clone()).collect();
            row.before = strongest(records).map(Box::new);
            Op::Update
        }
    };
    tallies.shortened += u64::from(row.op == Op::Update && is_shorter);
    tallies.ending += u64::from(row.op == Op::Unchanged && to == Destination::Items && ends_sooner);
    row
}

/// Every record of the number goes, in any spelling and whoever wrote it: left there, it would suppress on.
fn take_off(Wanted { intent, barred, .. }: Wanted, records: &[RemoteEntry]) -> PlanRow {
    let row = row_of(intent, Op::Unchanged);
    if let Some(why) = barred {
        return PlanRow { extra: Extra::default().with(KEPT, &why), ..row };
    }
    match strongest(records) {
        None => row,
        Some(before) => removing(row, before, records),
    }
}

fn row_of(intent: Intent, op: Op) -> PlanRow {
    PlanRow {
        identifier: intent.identifier,
        attributes: intent.attributes,
        op,
        row: intent.row,
        replaces: Vec::new(),
        before: None,
        generation: 0,
        extra: Extra::default(),
    }
}

fn removing<'a>(
    row: PlanRow,
    before: ExpectedAttributes,
    records: impl IntoIterator<Item = &'a RemoteEntry>,
) -> PlanRow {
    let replaces = records.into_iter().map(|entry| entry.id.clone()).collect();
    PlanRow { op: Op::Remove, replaces, before: Some(Box::new(before)), ..row }
}

/// What a record said, in the form that can be written: none where nothing tells the jurisdiction, which has to be sent.
pub(in crate::ops) fn attributes_of(
    identifier: &Identifier,
    said: &ExpectedAttributes,
) -> Option<Attributes> {
    let jurisdiction = match &said.jurisdiction {
        Some(text) => Jurisdiction::parse(text)?,
        None => Jurisdiction::of_number(identifier.phone()?)?,
    };
    Some(Attributes { jurisdiction, expires: said.expires, source: said.source.as_deref().map(Arc::from) })
}

/// Rows of two plans, both sorted, that are not in the other one as they are here. Zero is a fresh plan.
pub(in crate::ops) fn differing<E>(
    one: impl Iterator<Item = Result<PlanRow, E>>,
    other: impl Iterator<Item = Result<PlanRow, OpsError>>,
) -> Result<u64, OpsError>
where
    OpsError: From<E>,
{
    let mut other = Beside::new(other);
    let mut n = 0;
    for row in one {
        let row = row?;
        // What comes before it is only there.
        while other.next_whom()?.is_some_and(|whom| whom < row.identifier) {
            let whom = other.next_whom()?.unwrap_or_else(|| row.identifier.clone());
            n += other.at(&whom)?.len() as u64;
        }
        n += u64::from(other.at(&row.identifier)?.first() != Some(&row));
    }
    while let Some(whom) = other.next_whom()? {
        n += other.at(&whom)?.len() as u64;
    }
    Ok(n)
}

/// Whether every record ends before the file wants it to.
fn ends_sooner(intent: &Intent, records: &[RemoteEntry]) -> bool {
    let ours = intent.attributes.expires;
    let ends =
        |record: &RemoteEntry| record.expires.is_some_and(|theirs| ours.is_none_or(|ours| theirs < ours));
    !records.is_empty() && records.iter().all(ends)
}

/// Whether a record stands there for longer than these attributes do.
pub(in crate::ops) fn is_shortened<'a>(
    attributes: &Attributes,
    records: impl IntoIterator<Item = &'a RemoteEntry>,
) -> bool {
    let Some(ours) = attributes.expires else { return false };
    records.into_iter().any(|entry| entry.expires.is_none_or(|theirs| theirs > ours))
}

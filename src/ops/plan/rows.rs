//! What a plan does with each number, given what stands on the list.

use std::collections::HashMap;
use std::sync::Arc;

use super::draft::strongest;
use crate::domain::diff::{Expected, ExpectedAttributes};
use crate::domain::entry::{Attributes, RemoteEntry};
use crate::domain::identifier::Identifier;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::plan::{Destination, Extra, KEPT, NO_CONSENT, Op, Operation, PlanRow, REMOVED};
use crate::files::Intent;
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

/// What a plan does, row by row.
#[derive(Default)]
pub(in crate::ops) struct PlannedRows {
    pub(in crate::ops) rows: Vec<PlanRow>,
    /// Updates that bring an expiry forward.
    pub(in crate::ops) shortened: u64,
    /// Items that stand there until a time before the file's, which nothing that is sent can change.
    pub(super) ending: u64,
    /// Numbers of ours that a snapshot does not name and that stay: what stands there is not what we wrote.
    pub(super) foreign: u64,
}

/// What the rows are held against.
pub(in crate::ops) struct Against<'a> {
    pub to: Destination,
    pub operation: Operation,
    /// What stands on the list.
    pub remote: &'a [RemoteEntry],
    pub generations: &'a HashMap<E164, u32>,
    /// What we put there, sorted: what a snapshot may take off.
    pub ours: &'a [Expected],
}

/// Behind why somebody must not go to a list: that they stand on it.
pub(super) const ALREADY: &str = " and on the contact list ALREADY";

/// What to do for each number, sorted. Two records of one number, or a spelling that is not E.164, are replaced as a whole:
/// the list then holds exactly what the file says. Where records have no ids, nothing can be taken off: an item stands or
/// does not, and the last write of a contact wins.
pub(in crate::ops) fn plan_rows(against: &Against<'_>, wanted: impl Iterator<Item = Wanted>) -> PlannedRows {
    let there = by_identifier(against.remote);
    let mut planned = PlannedRows::default();
    let rows: Vec<PlanRow> = wanted
        .map(|wanted| {
            let records = there.get(&wanted.intent.identifier).map_or(&[][..], Vec::as_slice);
            match against.operation {
                Operation::Remove => take_off(wanted, records),
                Operation::Add | Operation::Sync => put_there(wanted, records, against, &mut planned),
            }
        })
        .collect();
    planned.rows = rows;
    if against.operation == Operation::Sync {
        take_off_the_rest(against.ours, &there, &mut planned);
    }
    planned
}

/// Records by whom they mean; what means none is nobody's.
pub(in crate::ops) fn by_identifier(remote: &[RemoteEntry]) -> HashMap<&Identifier, Vec<&RemoteEntry>> {
    let mut there: HashMap<&Identifier, Vec<&RemoteEntry>> = HashMap::new();
    for entry in remote {
        if let Some(identifier) = &entry.identifier {
            there.entry(identifier).or_default().push(entry);
        }
    }
    there
}

fn put_there(
    Wanted { intent, extra, barred }: Wanted,
    records: &[&RemoteEntry],
    against: &Against<'_>,
    planned: &mut PlannedRows,
) -> PlanRow {
    let to = against.to;
    let is_shorter = is_shortened(&intent.attributes, records);
    let ends_sooner = ends_sooner(&intent, records);
    let generation = intent.identifier.phone().and_then(|it| against.generations.get(&it)).copied();
    let mut row = PlanRow { generation: generation.unwrap_or(0), extra, ..row_of(intent, Op::Add) };
    if let Some(why) = barred {
        row.op = Op::Removed;
        let why = if records.is_empty() { why } else { format!("{why}{ALREADY}").into() };
        row.extra = row.extra.with(REMOVED, &why);
        return row;
    }
    let stands = |entry: &&RemoteEntry| row.stands_as(to, entry);
    row.op = match to {
        _ if records.is_empty() => Op::Add,
        // One of two entries that stands as wanted: only replacing both leaves one.
        _ if records.iter().any(stands) && (to != Destination::Entries || records.len() == 1) => {
            Op::Unchanged
        }
        // Only in another spelling, which the platform may not match.
        Destination::Items => Op::Add,
        // Any record of a contact stands for it.
        Destination::Outbound => Op::Unchanged,
        Destination::Suppression => Op::Update,
        Destination::Entries => {
            row.replaces = records.iter().map(|entry| entry.id.clone()).collect();
            row.before = strongest(records.iter().copied()).map(Box::new);
            Op::Update
        }
    };
    planned.shortened += u64::from(row.op == Op::Update && is_shorter);
    planned.ending += u64::from(row.op == Op::Unchanged && to == Destination::Items && ends_sooner);
    row
}

/// Every record of the number goes, in any spelling and whoever wrote it: left there, it would suppress on.
fn take_off(Wanted { intent, barred, .. }: Wanted, records: &[&RemoteEntry]) -> PlanRow {
    let row = row_of(intent, Op::Unchanged);
    if let Some(why) = barred {
        return PlanRow { extra: Extra::default().with(KEPT, &why), ..row };
    }
    match strongest(records.iter().copied()) {
        None => row,
        Some(before) => PlanRow { op: Op::Remove, ..removing(row, before, records) },
    }
}

/// What we put there and the file does not name goes. Only records that say what we wrote are ours.
fn take_off_the_rest(
    ours: &[Expected],
    there: &HashMap<&Identifier, Vec<&RemoteEntry>>,
    planned: &mut PlannedRows,
) {
    let named = |it: &Identifier| planned.rows.binary_search_by(|row| row.identifier.cmp(it)).is_ok();
    let left: Vec<&Expected> = ours.iter().filter(|expected| !named(&expected.identifier)).collect();
    for expected in left {
        let records = there.get(&expected.identifier).map_or(&[][..], Vec::as_slice);
        let is_ours =
            |record: &&RemoteEntry| record.is_canonical() && expected.attributes.satisfied_by(record);
        let written: Vec<&RemoteEntry> = records.iter().copied().filter(is_ours).collect();
        let Some(before) = strongest(written.iter().copied()) else {
            planned.foreign += u64::from(!records.is_empty());
            continue;
        };
        let Some(attributes) = attributes_of(&expected.identifier, &before) else {
            planned.foreign += 1;
            continue;
        };
        let intent = Intent { identifier: expected.identifier.clone(), attributes, row: 0 };
        planned.rows.push(removing(row_of(intent, Op::Remove), before, &written));
    }
    planned.rows.sort_unstable_by(|a, b| a.identifier.cmp(&b.identifier));
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

fn removing(row: PlanRow, before: ExpectedAttributes, records: &[&RemoteEntry]) -> PlanRow {
    let replaces = records.iter().map(|entry| entry.id.clone()).collect();
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

/// How many rows would be planned otherwise against the list as it is now. Zero is a fresh plan.
pub(in crate::ops) fn planned_otherwise(rows: &[PlanRow], against: &Against<'_>, scrub: &Scrub) -> usize {
    // What a snapshot took off beside the file is found again, or not.
    let of_file = rows.iter().filter(|row| against.operation != Operation::Sync || row.row > 0);
    let wanted = of_file.map(|row| Wanted::again(row, scrub));
    differing(rows, &plan_rows(against, wanted).rows)
}

/// Rows of two plans, both sorted, that are not in the other one as they are here.
pub(in crate::ops) fn differing(one: &[PlanRow], other: &[PlanRow]) -> usize {
    let (mut a, mut b, mut n) = (0, 0, 0);
    while let (Some(left), Some(right)) = (one.get(a), other.get(b)) {
        let order = left.identifier.cmp(&right.identifier);
        n += usize::from(left != right);
        a += usize::from(order.is_le());
        b += usize::from(order.is_ge());
    }
    n + (one.len() - a) + (other.len() - b)
}

/// Whether every record ends before the file wants it to.
fn ends_sooner(intent: &Intent, records: &[&RemoteEntry]) -> bool {
    let ours = intent.attributes.expires;
    let ends =
        |record: &&RemoteEntry| record.expires.is_some_and(|theirs| ours.is_none_or(|ours| theirs < ours));
    !records.is_empty() && records.iter().all(ends)
}

/// Whether a record stands there for longer than these attributes do.
pub(in crate::ops) fn is_shortened(attributes: &Attributes, records: &[&RemoteEntry]) -> bool {
    let Some(ours) = attributes.expires else { return false };
    records.iter().any(|entry| entry.expires.is_none_or(|theirs| theirs > ours))
}

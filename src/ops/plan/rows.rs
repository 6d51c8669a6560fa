//! What a plan does with each number, given what stands on the list.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;
use crate::domain::phone::E164;
use crate::domain::plan::{Destination, Extra, NO_CONSENT, Op, PlanRow, REMOVED};
use crate::files::Intent;
use crate::ops::extra::Extras;
use crate::ops::scrub::Scrub;

/// What shall stand on the list for one number.
pub(super) struct Wanted {
    pub(super) intent: Intent,
    pub(super) extra: Extra,
    /// Why it must not go there.
    pub(super) barred: Option<Arc<str>>,
}

impl Wanted {
    pub(super) fn of(intent: Intent, extras: &Extras, scrub: &Scrub) -> Self {
        let extra = extras.of(&intent);
        let unasked = || extras.lacks_consent(&extra).then(|| NO_CONSENT.into());
        let barred = scrub.bars(&intent.identifier).or_else(unasked);
        Self { intent, extra, barred }
    }
}

/// What a plan does, row by row.
pub(super) struct PlannedRows {
    pub(super) rows: Vec<PlanRow>,
    /// Updates that bring an expiry forward.
    pub(super) shortened: u64,
    /// Items that stand there until a time before the file's, which nothing that is sent can change.
    pub(super) ending: u64,
}

/// Behind why somebody must not go to a list: that they stand on it.
pub(super) const ALREADY: &str = " and on the contact list ALREADY";

/// What to do for each number. Two records of one number, or a spelling that is not E.164, are replaced as a whole:
/// the list then holds exactly what the file says. Where records have no ids, nothing can be taken off: an item stands or
/// does not, and the last write of a contact wins.
pub(super) fn plan_rows(
    to: Destination,
    wanted: impl Iterator<Item = Wanted>,
    remote: &[RemoteEntry],
    generations: &HashMap<E164, u32>,
) -> PlannedRows {
    let mut there: HashMap<&Identifier, Vec<&RemoteEntry>> = HashMap::new();
    for entry in remote {
        if let Some(identifier) = &entry.identifier {
            there.entry(identifier).or_default().push(entry);
        }
    }
    let (mut shortened, mut ending) = (0, 0);
    let rows = wanted
        .map(|Wanted { intent, extra, barred }| {
            let records = there.get(&intent.identifier).map_or(&[][..], Vec::as_slice);
            let is_shorter = is_shortened(&intent, records);
            let ends_sooner = ends_sooner(&intent, records);
            let mut row = PlanRow {
                generation: intent
                    .identifier
                    .phone()
                    .and_then(|it| generations.get(&it))
                    .copied()
                    .unwrap_or(0),
                identifier: intent.identifier,
                attributes: intent.attributes,
                op: Op::Add,
                row: intent.row,
                replaces: Vec::new(),
                extra,
            };
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
                    Op::Update
                }
            };
            shortened += u64::from(row.op == Op::Update && is_shorter);
            ending += u64::from(row.op == Op::Unchanged && to == Destination::Items && ends_sooner);
            row
        })
        .collect();
    PlannedRows { rows, shortened, ending }
}

/// Whether planning the same rows again, against the list as it is now, gives the same operations.
pub(in crate::ops) fn is_fresh(
    to: Destination,
    rows: &[PlanRow],
    remote: &[RemoteEntry],
    generations: &HashMap<E164, u32>,
    scrub: &Scrub,
) -> bool {
    let wanted = rows.iter().map(|row| {
        // Consent is the file's to give, and the file is the same.
        let unasked =
            row.extra.get(REMOVED).filter(|why| why.starts_with(NO_CONSENT)).map(|_| NO_CONSENT.into());
        Wanted {
            intent: Intent {
                identifier: row.identifier.clone(),
                attributes: row.attributes.clone(),
                row: row.row,
            },
            extra: row.extra.without(REMOVED),
            barred: scrub.bars(&row.identifier).or(unasked),
        }
    });
    plan_rows(to, wanted, remote, generations).rows == rows
}

/// Whether every record ends before the file wants it to.
fn ends_sooner(intent: &Intent, records: &[&RemoteEntry]) -> bool {
    let ours = intent.attributes.expires;
    let ends =
        |record: &&RemoteEntry| record.expires.is_some_and(|theirs| ours.is_none_or(|ours| theirs < ours));
    !records.is_empty() && records.iter().all(ends)
}

fn is_shortened(intent: &Intent, records: &[&RemoteEntry]) -> bool {
    let Some(ours) = intent.attributes.expires else { return false };
    records.iter().any(|entry| entry.expires.is_none_or(|theirs| theirs > ours))
}

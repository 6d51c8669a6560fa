//! The rows that are sound, kept small until the whole file is read: then each number becomes one intent.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Intent;
use crate::domain::entry::Attributes;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::problem::{Code, Place, Problem};

/// No source.
const NONE: u32 = u32::MAX;

/// A sound row. 56 bytes.
#[derive(Clone, Copy, Debug)]
struct Claim {
    number: E164,
    place: Place,
    /// Nanoseconds do not fit; microseconds do, to the year 9999. `i64::MAX` = never.
    expires: i64,
    source: u32,
    jurisdiction: Jurisdiction,
}

/// Every sound row.
#[derive(Debug, Default)]
pub(super) struct Claims {
    rows: Vec<Claim>,
    sources: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u32>,
}

/// What the rows come to.
pub(super) struct Folded {
    pub(super) intents: Vec<Intent>,
    pub(super) duplicates: u64,
}

impl Claims {
    /// Takes in a sound row.
    pub(super) fn add(
        &mut self,
        number: E164,
        place: Place,
        jurisdiction: Jurisdiction,
        expires: Option<Timestamp>,
        source: Option<&str>,
    ) {
        let source = source.map_or(NONE, |source| self.intern(source));
        let expires = expires.map_or(i64::MAX, Timestamp::as_microsecond);
        self.rows.push(Claim { number, place, expires, source, jurisdiction });
    }

    /// Makes room at once, where it is known how many rows may come.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.rows.reserve(rows);
    }

    fn intern(&mut self, source: &str) -> u32 {
        if let Some(&id) = self.known.get(source) {
            return id;
        }
        let id = u32::try_from(self.sources.len()).unwrap_or(NONE - 1).min(NONE - 1);
        let source: Arc<str> = source.into();
        self.sources.push(Arc::clone(&source));
        self.known.insert(source, id);
        id
    }

    fn attributes(&self, claim: &Claim) -> Attributes {
        let expires =
            if claim.expires == i64::MAX { None } else { Timestamp::from_microsecond(claim.expires).ok() };
        Attributes {
            jurisdiction: claim.jurisdiction,
            expires,
            source: self.sources.get(claim.source as usize).cloned(),
        }
    }

    /// Folds the rows of each number into one intent, sorted by number; every row but the first gets a problem.
    pub(super) fn fold(mut self, number_column: Option<usize>, problems: &mut Vec<Problem>) -> Folded {
        self.known = HashMap::new();
        let mut rows = std::mem::take(&mut self.rows);
        let count = rows.len();
        rows.sort_unstable_by_key(|claim| (Reverse(claim.number), claim.place.row));
        let unique = rows.chunk_by(|a, b| a.number == b.number).count();
        let mut intents = Vec::with_capacity(unique);
        // From the back, lowest number first, so that the memory of the rows can go as that of the intents comes.
        while let Some(number) = rows.last().map(|claim| claim.number) {
            let start = rows.iter().rposition(|claim| claim.number != number).map_or(0, |before| before + 1);
            if let Some((first, others)) = rows[start..].split_first() {
                intents.push(self.fold_one(first, others, number_column, problems));
            }
            rows.truncate(start);
            if rows.len() < rows.capacity() / 2 {
                rows.shrink_to_fit();
            }
        }
        let duplicates = (count - intents.len()) as u64;
        Folded { intents, duplicates }
    }

    /// One number: its first row, and the others that carry it.
    fn fold_one(
        &self,
        first: &Claim,
        others: &[Claim],
        number_column: Option<usize>,
        problems: &mut Vec<Problem>,
    ) -> Intent {
        let mut attributes = self.attributes(first);
        for other in others {
            let same = (other.expires, other.source, other.jurisdiction)
                == (first.expires, first.source, first.jurisdiction);
            let code = if same { Code::Duplicate } else { Code::ConflictingDuplicate };
            let hint = format!("row {} holds the same number: {}", first.place.row, code.hint());
            problems.push(Problem {
                code,
                place: other.place,
                column: number_column,
                raw: other.number.to_e164().into(),
                hint: hint.into(),
            });
            attributes = attributes.strongest(self.attributes(other));
        }
        Intent { number: first.number, attributes, row: first.place.row }
    }
}

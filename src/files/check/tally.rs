//! Problems by code, and the records that have some.

use std::collections::BTreeMap;

use crate::domain::problem::{Code, Problems, Severity};

/// What the problems of a file add up to.
#[derive(Clone, Default)]
pub(super) struct Tally {
    pub(super) counts: BTreeMap<Code, u64>,
    /// Records with problems, none of them a rejection.
    pub(super) warned: u64,
    /// Records with a rejection.
    pub(super) rejected: u64,
}

impl Tally {
    pub(super) fn of(problems: &Problems) -> Self {
        let mut tally = Self::default();
        let mut counts = vec![0_u64; Code::ALL.len()];
        let mut row = (0, false);
        for brief in problems.briefs(0) {
            counts[brief.code as usize] += 1;
            let rejects = brief.code.severity() == Severity::Rejection;
            if brief.row != row.0 {
                tally.end(row);
                row = (brief.row, rejects);
            }
            row.1 |= rejects;
        }
        tally.end(row);
        let found = Code::ALL.iter().zip(counts).filter(|(_, count)| *count > 0);
        tally.counts = found.map(|(code, count)| (*code, count)).collect();
        tally
    }

    /// Adds what other records add up to.
    pub(super) fn add(&mut self, other: Self) {
        for (code, count) in other.counts {
            *self.counts.entry(code).or_default() += count;
        }
        self.warned += other.warned;
        self.rejected += other.rejected;
    }

    fn end(&mut self, (row, rejected): (u64, bool)) {
        if row > 0 {
            self.rejected += u64::from(rejected);
            self.warned += u64::from(!rejected);
        }
    }
}

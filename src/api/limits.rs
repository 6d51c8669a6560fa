//! One limiter for each family of calls of a tenant, and what it shows of them.

use std::time::Duration;

use super::Limits;
use super::clock::Clock;
use super::limiter::Limiter;
use super::retry::{Backoff, Patience};
use super::scope::Family;

/// Calls per second on lists, rules and the connection test. The contract names no limit; this is far below any.
const CATALOGUE_RATE: f64 = 10.0;

/// Under so many calls a second, they are told by the minute.
pub(super) const FEW: f64 = 5.0;

/// How a family's calls go. Latest wins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Calls per second that went out lately: of the last second; of the last minute where few a second are allowed.
    pub used: f64,
    /// Calls per second that are allowed at present, as lowered by 429s.
    pub allowed: f64,
    /// Calls per second that the profile allows.
    pub ceiling: f64,
    /// How long the family is paused, where the tenant asked for it.
    pub paused: Option<Duration>,
}

/// The families that have a limit of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Entries.
    pub entries: Rate,
    /// Items of lists.
    pub items: Rate,
    /// Contacts of suppression lists.
    pub suppression: Rate,
    /// Outbound contact lists and jobs.
    pub outbound: Rate,
    /// The record query.
    pub query: Rate,
    /// Contact updates.
    pub contacts: Rate,
}

impl Rate {
    /// The unit that it is told in, and how many seconds that is: `s` or, where few calls a second are allowed, `min`.
    pub fn unit(&self) -> (&'static str, f64) {
        if self.ceiling < FEW { ("min", 60.0) } else { ("s", 1.0) }
    }
}

impl Rates {
    /// Every family with the word that people know it by.
    pub fn all(&self) -> [(&'static str, Rate); 6] {
        [
            ("entries", self.entries),
            ("items", self.items),
            ("suppression", self.suppression),
            ("outbound", self.outbound),
            ("query", self.query),
            ("contacts", self.contacts),
        ]
    }

    /// The family that is nearest to what is allowed: the one that work waits for.
    pub fn busiest(&self) -> Rate {
        let share = |rate: &Rate| if rate.allowed > 0.0 { rate.used / rate.allowed } else { 0.0 };
        let busier = |one: Rate, other: Rate| if share(&other) > share(&one) { other } else { one };
        self.all().into_iter().map(|(_, rate)| rate).fold(self.entries, busier)
    }

    /// Whether a call went out lately, or a pause is not over yet.
    pub(super) fn is_busy(&self) -> bool {
        self.all().iter().any(|(_, rate)| rate.used > 0.0 || rate.paused.is_some())
    }
}

#[derive(Debug)]
pub(super) struct Limiters {
    entries: Limiter,
    items: Limiter,
    suppression: Limiter,
    outbound: Limiter,
    query: Limiter,
    contacts: Limiter,
    catalogue: Limiter,
}

impl Limiters {
    pub(super) fn new(limits: &Limits, patience: Patience, clock: Clock) -> Self {
        let limiter = |rate: f64| {
            let backoff = Backoff::within(patience.first_pause, patience.longest_pause, fastrand::u64(..));
            Limiter::new(rate, backoff, clock)
        };
        Self {
            entries: limiter(limits.entries_per_second),
            items: limiter(limits.items_per_minute / 60.0),
            suppression: limiter(limits.suppression_per_minute / 60.0),
            outbound: limiter(limits.bulk_per_minute / 60.0),
            query: limiter(limits.query_per_minute / 60.0),
            contacts: limiter(limits.contacts_per_second),
            catalogue: limiter(CATALOGUE_RATE),
        }
    }

    /// The limiter of a family.
    pub(super) fn of(&self, family: Family) -> &Limiter {
        match family {
            Family::Entries => &self.entries,
            Family::Items => &self.items,
            Family::SuppressionContacts => &self.suppression,
            Family::Outbound => &self.outbound,
            Family::Query => &self.query,
            Family::Contacts => &self.contacts,
            Family::Lists | Family::Rules | Family::SuppressionLists | Family::Events | Family::Me => {
                &self.catalogue
            }
        }
    }

    pub(super) fn gauges(&self) -> Rates {
        Rates {
            entries: self.entries.gauge(),
            items: self.items.gauge(),
            suppression: self.suppression.gauge(),
            outbound: self.outbound.gauge(),
            query: self.query.gauge(),
            contacts: self.contacts.gauge(),
        }
    }
}

//! Families of calls, and the OAuth scopes they need. A job asks for the least that its calls need: what only looks never
//! holds a token that can write.

use std::fmt;

/// Scope words of the contract, in the order of their bits.
const WORDS: [&str; 13] = [
    "dnc:read",
    "dnc:write",
    "tenant:read",
    "compliance:read",
    "contacts:read",
    "contacts:write",
    "lists:read",
    "lists:write",
    "lists:contacts:read",
    "lists:contacts:write",
    "outbound:contactlistitem:write",
    "outbound:job:read",
    "events:subscribe",
];

const DNC_READ: Scopes = Scopes(1);
const DNC_WRITE: Scopes = Scopes(1 << 1);
const TENANT_READ: Scopes = Scopes(1 << 2);
const COMPLIANCE_READ: Scopes = Scopes(1 << 3);
const CONTACTS_READ: Scopes = Scopes(1 << 4);
const CONTACTS_WRITE: Scopes = Scopes(1 << 5);
const LISTS_READ: Scopes = Scopes(1 << 6);
const LISTS_WRITE: Scopes = Scopes(1 << 7);
const LISTS_CONTACTS_READ: Scopes = Scopes(1 << 8);
const LISTS_CONTACTS_WRITE: Scopes = Scopes(1 << 9);
const OUTBOUND_WRITE: Scopes = Scopes(1 << 10);
const OUTBOUND_JOB_READ: Scopes = Scopes(1 << 11);
const EVENTS_SUBSCRIBE: Scopes = Scopes(1 << 12);

/// A set of OAuth scopes: what a job asks for, what a call needs, or what a token was granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    /// Looking at numbers, lists, entries and rules: look-up, plan, reconciliation, gate.
    pub const LOOK: Self = DNC_READ.and(TENANT_READ).and(COMPLIANCE_READ).and(CONTACTS_READ);
    /// Changing lists, items, entries and rules.
    pub const CHANGE: Self = Self::LOOK.and(DNC_WRITE);
    /// Writing the status of contacts.
    pub const CONTACTS: Self = DNC_READ.and(CONTACTS_READ).and(CONTACTS_WRITE);
    /// Looking at suppression lists.
    pub const SUPPRESSION_LOOK: Self = LISTS_READ.and(LISTS_CONTACTS_READ);
    /// Changing suppression lists.
    pub const SUPPRESSION: Self = Self::SUPPRESSION_LOOK.and(LISTS_WRITE).and(LISTS_CONTACTS_WRITE);
    /// Reading outbound contact lists and their jobs.
    pub const OUTBOUND_LOOK: Self = OUTBOUND_JOB_READ;
    /// Filling outbound contact lists and following their jobs.
    pub const OUTBOUND: Self = OUTBOUND_WRITE.and(OUTBOUND_JOB_READ).and(EVENTS_SUBSCRIBE);

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything of `needed` is in it.
    pub const fn covers(self, needed: Self) -> bool {
        needed.0 & !self.0 == 0
    }

    /// What of `needed` is not in it.
    #[must_use]
    pub const fn lacks(self, needed: Self) -> Self {
        Self(needed.0 & !self.0)
    }

    /// Reads a space separated list; words that nobody knows are passed over.
    pub(super) fn read(text: &str) -> Self {
        text.split_whitespace()
            .filter_map(|word| WORDS.iter().position(|known| *known == word))
            .fold(Self(0), |all, bit| all.and(Self(1 << bit)))
    }
}

impl fmt::Display for Scopes {
    /// Separated by spaces, as on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = WORDS.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0);
        for (n, (_, word)) in words.enumerate() {
            if n > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

/// A family of calls: they share a limit and the scopes they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Family {
    /// `dnc/entries`.
    Entries,
    /// `dnc/lists/{id}/items`.
    Items,
    /// `lists/{id}/contacts`.
    SuppressionContacts,
    /// `lists`: suppression lists themselves.
    SuppressionLists,
    /// `outbound/…`: bulk inserts, their jobs, contact lists.
    Outbound,
    /// The socket of job events.
    Events,
    /// `dnc/records/query`.
    Query,
    /// `contacts/{id}`.
    Contacts,
    /// `dnc/lists`.
    Lists,
    /// `dnc/rules`.
    Rules,
    /// `users/me`.
    Me,
}

/// What a call does to the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing.
    Read,
    /// Something.
    Write,
}

impl Family {
    /// The scopes that a call of the family needs.
    pub(super) fn needed(self, access: Access) -> Scopes {
        let (read, write) = match self {
            Self::Entries | Self::Rules => (DNC_READ.and(TENANT_READ), DNC_WRITE),
            Self::Lists | Self::Items => (DNC_READ.and(COMPLIANCE_READ), DNC_WRITE),
            Self::Query => (DNC_READ.and(CONTACTS_READ), Scopes::default()),
            Self::Contacts => (CONTACTS_READ, CONTACTS_WRITE),
            Self::SuppressionLists => (LISTS_READ, LISTS_WRITE),
            Self::SuppressionContacts => (LISTS_CONTACTS_READ, LISTS_CONTACTS_WRITE),
            Self::Outbound => (OUTBOUND_JOB_READ, OUTBOUND_WRITE),
            Self::Events => (EVENTS_SUBSCRIBE, Scopes::default()),
            Self::Me => (Scopes::default(), Scopes::default()),
        };
        match access {
            Access::Read => read,
            Access::Write => read.and(write),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_and_read_as_on_the_wire() {
        assert_eq!(Scopes::LOOK.to_string(), "dnc:read tenant:read compliance:read contacts:read");
        assert_eq!(Scopes::SUPPRESSION_LOOK.to_string(), "lists:read lists:contacts:read");
        for scopes in [Scopes::LOOK, Scopes::CHANGE, Scopes::CONTACTS, Scopes::SUPPRESSION, Scopes::OUTBOUND]
        {
            assert_eq!(Scopes::read(&scopes.to_string()), scopes);
        }
        assert_eq!(Scopes::read("dnc:read  something:new"), DNC_READ);
    }

    #[test]
    fn what_only_looks_cannot_write_and_every_job_covers_its_calls() {
        use Access::{Read, Write};
        let looks = [Scopes::LOOK, Scopes::SUPPRESSION_LOOK, Scopes::OUTBOUND_LOOK];
        for word in WORDS.iter().filter(|word| word.ends_with(":write")) {
            assert!(looks.iter().all(|look| look.lacks(Scopes::read(word)) == Scopes::read(word)), "{word}");
        }
        let jobs: [(Scopes, &[(Family, Access)]); 6] = [
            (
                Scopes::LOOK,
                &[
                    (Family::Entries, Read),
                    (Family::Items, Read),
                    (Family::Query, Read),
                    (Family::Lists, Read),
                    (Family::Rules, Read),
                    (Family::Me, Read),
                ],
            ),
            (
                Scopes::CHANGE,
                &[
                    (Family::Entries, Write),
                    (Family::Items, Write),
                    (Family::Lists, Write),
                    (Family::Rules, Write),
                    (Family::Query, Read),
                ],
            ),
            (Scopes::CONTACTS, &[(Family::Contacts, Write), (Family::Query, Read)]),
            (
                Scopes::SUPPRESSION_LOOK,
                &[(Family::SuppressionLists, Read), (Family::SuppressionContacts, Read)],
            ),
            (Scopes::SUPPRESSION, &[(Family::SuppressionLists, Write), (Family::SuppressionContacts, Write)]),
            (Scopes::OUTBOUND, &[(Family::Outbound, Write), (Family::Events, Read)]),
        ];
        for (job, calls) in jobs {
            for (family, access) in calls {
                assert!(job.covers(family.needed(*access)), "{job}: {family:?} {access:?}");
            }
        }
        assert_eq!(Scopes::LOOK.lacks(Family::Entries.needed(Write)).to_string(), "dnc:write");
    }
}

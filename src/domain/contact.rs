//! Contacts of suppression lists and of outbound lists: who is meant, and what is said of them.

use std::fmt;

use jiff::Timestamp;

use super::identifier::Identifier;
use super::phone::E164;
use super::verdict::{DncRecord, RecordStatus};

/// Why a contact is suppressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reason {
    /// On a do-not-call list.
    #[default]
    Dnc,
    /// Mail came back.
    Bounce,
    /// Took its name off a list.
    Unsubscribe,
    /// The law says so.
    Compliance,
    /// Asked for it.
    CustomerRequest,
}

impl Reason {
    /// Every reason with the tenant's word.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Dnc, "DNC"),
        (Self::Bounce, "BOUNCE"),
        (Self::Unsubscribe, "UNSUBSCRIBE"),
        (Self::Compliance, "COMPLIANCE"),
        (Self::CustomerRequest, "CUSTOMER_REQUEST"),
    ];

    /// Reads a word in any case; spaces and hyphens count as underscores.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_uppercase().replace([' ', '-'], "_");
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(reason, _)| *reason)
    }

    /// Of two reasons for one contact the one that binds more.
    #[must_use]
    pub fn gravest(self, other: Self) -> Self {
        let weight = |reason| match reason {
            Self::Bounce => 0,
            Self::Unsubscribe => 1,
            Self::CustomerRequest => 2,
            Self::Dnc => 3,
            Self::Compliance => 4,
        };
        if weight(other) > weight(self) { other } else { self }
    }

    /// The tenant's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dnc => "DNC",
            Self::Bounce => "BOUNCE",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Compliance => "COMPLIANCE",
            Self::CustomerRequest => "CUSTOMER_REQUEST",
        }
    }
}

/// A contact of a suppression list, as the tenant holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteContact {
    /// The number or address as the tenant spells it.
    pub raw: String,
    /// Whom it means; `None` where the tenant's spelling is no number and no address.
    pub identifier: Option<Identifier>,
    /// The tenant's word for the reason.
    pub reason: Option<String>,
    /// Until when; `None` = for ever.
    pub until: Option<Timestamp>,
}

impl fmt::Debug for RemoteContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteContact")
            .field("reason", &self.reason)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A number on a list of items, or a contact of an outbound list, as the tenant holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteItem {
    /// The number as the tenant spells it.
    pub raw: String,
    /// The same, normalised; `None` where it does not parse.
    pub number: Option<E164>,
    /// As the tenant gives it.
    pub source: Option<String>,
}

impl fmt::Debug for RemoteItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteItem").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What is written to a contact record: the strongest of what the tenant says of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Every number is known, and none is suppressed.
    NotSuppressed,
    /// The tenant has no record of a number, or says something that nobody knows: do not call yet.
    Unknown,
    /// On its way to suppression: do not call yet.
    Pending,
    /// Do not call.
    Suppressed,
}

impl Standing {
    /// Every standing with the word that is written.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Suppressed, "SUPPRESSED"),
        (Self::Pending, "PENDING"),
        (Self::Unknown, "UNKNOWN"),
        (Self::NotSuppressed, "NOT_SUPPRESSED"),
    ];

    /// The word that is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "SUPPRESSED",
            Self::Pending => "PENDING",
            Self::Unknown => "UNKNOWN",
            Self::NotSuppressed => "NOT_SUPPRESSED",
        }
    }

    /// What the records of one number come to: any one suppresses it, and none at all is not *not suppressed*.
    pub fn of(records: &[DncRecord], number: E164) -> Self {
        let of_record = |record: &DncRecord| match record.status {
            RecordStatus::Suppressed => Self::Suppressed,
            RecordStatus::Pending => Self::Pending,
            RecordStatus::NotSuppressed => Self::NotSuppressed,
            RecordStatus::Other(_) => Self::Unknown,
        };
        let own = records.iter().filter(|record| record.number == number).map(of_record);
        own.max().unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_record_wins_in_any_order_and_no_record_is_not_a_yes() {
        use RecordStatus::{NotSuppressed, Other, Pending, Suppressed};
        let number = E164::from_canonical("+12025550101").unwrap();
        let other = E164::from_canonical("+12025550102").unwrap();
        let record = |number, status| DncRecord { number, status, kind: "STATE".into() };
        let standing = |statuses: &[RecordStatus]| {
            let records: Vec<_> = statuses.iter().map(|status| record(number, status.clone())).collect();
            Standing::of(&records, number)
        };
        assert_eq!(standing(&[Suppressed, NotSuppressed]), Standing::Suppressed);
        assert_eq!(standing(&[NotSuppressed, Suppressed]), Standing::Suppressed);
        assert_eq!(standing(&[NotSuppressed, Pending]), Standing::Pending);
        assert_eq!(standing(&[NotSuppressed, Other("LOCKED".into())]), Standing::Unknown);
        assert_eq!(standing(&[NotSuppressed]), Standing::NotSuppressed);
        assert_eq!(standing(&[]), Standing::Unknown);
        assert_eq!(Standing::of(&[record(other, NotSuppressed)], number), Standing::Unknown);
        for (standing, word) in Standing::ALL {
            assert_eq!(standing.as_str(), word);
        }
    }

    #[test]
    fn reasons_are_read_as_people_write_them() {
        for (reason, word) in Reason::ALL {
            assert_eq!(Reason::parse(&word.to_lowercase().replace('_', " ")), Some(reason));
            assert_eq!(reason.as_str(), word);
        }
        assert_eq!(Reason::parse("because"), None);
    }

    #[test]
    fn of_two_reasons_the_graver_one_holds_in_either_order() {
        use Reason::{Bounce, Compliance, CustomerRequest, Dnc, Unsubscribe};
        let rising = [Bounce, Unsubscribe, CustomerRequest, Dnc, Compliance];
        for (at, less) in rising.iter().enumerate() {
            for more in &rising[at..] {
                assert_eq!((less.gravest(*more), more.gravest(*less)), (*more, *more));
            }
        }
    }
}

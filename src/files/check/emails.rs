//! The e-mail addresses of a file, each under a number that no telephone has: so they are folded as numbers are.

use std::sync::{Mutex, PoisonError};

use super::facts::QuickMap;
use crate::domain::identifier::{Email, Identifier};
use crate::domain::phone::E164;

/// The first number beyond those of telephones, which have fifteen digits at the most.
const FIRST: u64 = 1_000_000_000_000_000;

/// The addresses that were read so far, shared by those who read the file.
#[derive(Debug, Default)]
pub(super) struct Emails {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    list: Vec<Email>,
    known: QuickMap<Email, u64>,
}

impl Emails {
    /// The number that an address goes by.
    pub(super) fn intern(&self, email: &Email) -> u64 {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = inner.known.get(email) {
            return *number;
        }
        let number = FIRST + inner.list.len() as u64;
        inner.list.push(email.clone());
        inner.known.insert(email.clone(), number);
        number
    }

    /// All of them, by their numbers.
    pub(super) fn into_list(self) -> EmailList {
        EmailList(self.inner.into_inner().unwrap_or_else(PoisonError::into_inner).list)
    }
}

/// Addresses by the numbers that they go by.
#[derive(Clone, Debug, Default)]
pub(super) struct EmailList(Vec<Email>);

impl EmailList {
    /// Whom a number means: a telephone, or an address.
    pub(super) fn whom(&self, number: u64) -> Option<Identifier> {
        match number.checked_sub(FIRST) {
            None => E164::from_digits(number).map(Identifier::from),
            Some(at) => self.0.get(usize::try_from(at).ok()?).cloned().map(Identifier::from),
        }
    }
}

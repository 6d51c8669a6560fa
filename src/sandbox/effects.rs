//! The effect log: every record that came, went or was written over, in the order in which it did. The truth log tells of
//! calls; this one tells what they did to whom, and so whether a number was without a record in between.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::check::{Millis, written};

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Came,
    Went,
    /// It was there, and something else is said of whom it means. Only contacts of suppression lists are written over.
    Changed,
}

impl Change {
    fn sign(self) -> &'static str {
        match self {
            Self::Came => "+",
            Self::Went => "-",
            Self::Changed => "=",
        }
    }
}

/// One change of one record.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub(super) at: Millis,
    /// Id of the list.
    pub(super) list: String,
    /// Number in E.164, or an address.
    pub(super) who: String,
    /// Id of the record; contacts of suppression lists have none.
    pub(super) record: Option<String>,
    pub(super) change: Change,
    /// The idempotency key that the record was written with.
    pub(super) key: Option<String>,
}

/// The log. Clones are hands on the same one: each place that keeps records writes to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects(Arc<Mutex<Vec<Effect>>>);

impl Effects {
    pub(super) fn note(&self, effect: Effect) {
        self.lock().push(effect);
    }

    /// Forgets everything: the seeded world was there before anybody did anything.
    pub(super) fn begin(&self) {
        self.lock().clear();
    }

    /// Effects on one list, or on all, behind a position. Positions count from 1, over all lists.
    pub(super) fn to_json(&self, list: Option<&str>, after: usize) -> Value {
        let effects = self.lock();
        let told = effects.iter().zip(1_usize..).skip(after);
        let told = told.filter(|(effect, _)| list.is_none_or(|list| effect.list == list));
        told.map(|(effect, seq)| {
            json!({
                "seq": seq,
                "time": written(effect.at),
                "listId": effect.list,
                "who": effect.who,
                "record": effect.record,
                "change": effect.change.sign(),
                "key": effect.key,
            })
        })
        .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Effect>> {
        // A line is pushed whole or not at all.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

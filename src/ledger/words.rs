//! What was ever said of the numbers of a list, in the form in which it is sorted on disk.

use std::cmp::Ordering;

use super::blocks::Coded;
use super::codec::{Cursor, put_int};
use super::error::{Error, damaged};
use super::rows::{expected, put_expected, put_whom, whom};
use super::sorter::Sortable;
use crate::domain::beside::Whose;
use crate::domain::diff::Expected;
use crate::domain::entry::RemoteEntry;
use crate::domain::identifier::Identifier;

/// What the baseline or a settlement says of a number.
#[derive(Clone)]
pub(super) struct Placed {
    /// The place of the settlement in the trail; 0 is the baseline.
    pub(super) order: u64,
    pub(super) word: Word,
}

/// What is said of a number.
#[derive(Clone)]
pub(super) enum Word {
    Stands(Expected),
    /// By a run that took another one back.
    Restored(Expected),
    Gone(Identifier),
}

impl Word {
    pub(super) fn whom(&self) -> &Identifier {
        match self {
            Self::Stands(entry) | Self::Restored(entry) => &entry.identifier,
            Self::Gone(identifier) => identifier,
        }
    }
}

const STANDS: u64 = 0;
const RESTORED: u64 = 1;
const GONE: u64 = 2;

impl Coded for Placed {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        for Self { order, word } in rows {
            let kind = match word {
                Word::Stands(_) => STANDS,
                Word::Restored(_) => RESTORED,
                Word::Gone(_) => GONE,
            };
            put_int(out, (order << 2) | kind);
            put_whom(out, Some(word.whom()));
            if let Word::Stands(entry) | Word::Restored(entry) = word {
                put_expected(out, &entry.attributes);
            }
        }
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let mut decoded = Vec::with_capacity(rows);
        for _ in 0..rows {
            let head = cursor.int()?;
            let identifier = whom(&mut cursor)?.ok_or_else(|| damaged("a word is on nobody"))?;
            let word = match head & 3 {
                GONE => Word::Gone(identifier),
                kind => {
                    let entry = Expected { identifier, attributes: expected(&mut cursor)? };
                    if kind == RESTORED { Word::Restored(entry) } else { Word::Stands(entry) }
                }
            };
            decoded.push(Self { order: head >> 2, word });
        }
        Ok(decoded)
    }
}

impl Sortable for Placed {
    /// The last word on a number first.
    fn order(&self, other: &Self) -> Ordering {
        self.word.whom().cmp(other.word.whom()).then(other.order.cmp(&self.order))
    }
}

impl Whose for Placed {
    fn whom(&self) -> Option<&Identifier> {
        Some(self.word.whom())
    }
}

impl Coded for Identifier {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        rows.iter().for_each(|row| put_whom(out, Some(row)));
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let mut one = || whom(&mut cursor)?.ok_or_else(|| damaged("a row is on nobody"));
        (0..rows).map(|_| one()).collect()
    }
}

impl Sortable for Identifier {
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Sortable for RemoteEntry {
    /// By whom a record means; what means nobody comes first. All that it says counts, since contacts and items have no ids.
    fn order(&self, other: &Self) -> Ordering {
        (&self.identifier, &self.raw, &self.id)
            .cmp(&(&other.identifier, &other.raw, &other.id))
            .then_with(|| self.expires.cmp(&other.expires))
            .then_with(|| self.source.cmp(&other.source))
            .then_with(|| self.jurisdiction.cmp(&other.jurisdiction))
            .then_with(|| (&self.key, &self.list.0).cmp(&(&other.key, &other.list.0)))
    }
}

/// Numbers that stand for something longer: two equal ones mean, as good as certainly, the same.
impl Coded for u64 {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        rows.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let one = |cursor: &mut Cursor<'_>| {
            let bytes = cursor.take(8)?.try_into().map_err(|_| damaged("a number is cut"))?;
            Ok(u64::from_le_bytes(bytes))
        };
        (0..rows).map(|_| one(&mut cursor)).collect()
    }
}

impl Sortable for u64 {
    const AT_ONCE: usize = 1 << 20;

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

/// The generation of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Whose: a number.
    pub whom: Identifier,
    /// Times that it began anew; above 0.
    pub generation: u32,
}

impl Whose for Generation {
    fn whom(&self) -> Option<&Identifier> {
        Some(&self.whom)
    }
}

impl Coded for Generation {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        for row in rows {
            put_whom(out, Some(&row.whom));
            put_int(out, u64::from(row.generation));
        }
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let one = |cursor: &mut Cursor<'_>| {
            let whom = whom(cursor)?.ok_or_else(|| damaged("a generation is nobody's"))?;
            Ok(Self { whom, generation: cursor.int32()? })
        };
        (0..rows).map(|_| one(&mut cursor)).collect()
    }
}

impl Sortable for Generation {
    fn order(&self, other: &Self) -> Ordering {
        self.whom.cmp(&other.whom)
    }
}

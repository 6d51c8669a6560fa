//! What rows say beside their number, in sixteen bytes, and each set of it kept once where there are few.
//!
//! Ten million rows mostly have a few thousand different sets of expiry and source; a row then keeps the number of its
//! set. The jurisdiction is nearly always the one that the number stands for, and a set says only that it is; so there are
//! not fifty times as many. Where nearly every row has an expiry of its own, sets are no longer compared, only stored.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::row::infer;
use crate::domain::entry::{Attributes, unite_all};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::problem::Code;

/// Different sets that are compared with each other.
const COMPARED: usize = 1 << 20;

/// A map by a quick hash. Its seed differs from run to run, so that no file can be made to collide.
pub(super) type QuickMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// When an entry ends, as a number: microseconds do not reach its ends before the year 9999 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Expires(i64);

impl Expires {
    /// For ever.
    pub(super) const NEVER: Self = Self(i64::MAX);

    pub(super) fn at(at: Timestamp) -> Self {
        Self(at.as_microsecond())
    }

    fn undecided(place: u32) -> Self {
        Self(i64::MIN + i64::from(place))
    }

    /// Whether the file still has to tell the order of day and month.
    pub(super) fn is_undecided(self) -> bool {
        self.place_of_undecided().is_some()
    }

    fn place_of_undecided(self) -> Option<usize> {
        usize::try_from(self.0.wrapping_sub(i64::MIN)).ok().filter(|place| *place <= u32::MAX as usize)
    }

    fn timestamp(self) -> Option<Timestamp> {
        if self == Self::NEVER { None } else { Timestamp::from_microsecond(self.0).ok() }
    }
}

/// A date that is one or the other: the whole file tells the order of day and month.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Undecided {
    pub(super) dmy: Timestamp,
    pub(super) mdy: Timestamp,
    /// The cell, for the problem that it may become.
    pub(super) raw: Arc<str>,
}

/// A set of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Packed {
    pub(super) expires: Expires,
    /// 0 = none.
    pub(super) source: u32,
    /// 0 = that of the number.
    pub(super) jurisdiction: u32,
}

/// Sets of attributes by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct AttributeTable {
    list: Vec<Packed>,
    known: QuickMap<Packed, u32>,
    jurisdictions: Interner<Jurisdiction>,
    sources: Interner<Arc<str>>,
}

#[derive(Clone, Debug)]
struct Interner<T> {
    list: Vec<T>,
    known: QuickMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { list: Vec::new(), known: QuickMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    fn intern(&mut self, value: T) -> u32 {
        if let Some(id) = self.known.get(&value) {
            return *id;
        }
        let id = self.list.len() as u32;
        self.list.push(value.clone());
        self.known.insert(value, id);
        id
    }
}

impl AttributeTable {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Gives back what only writing needs.
    pub(super) fn shrink(&mut self) {
        self.known = QuickMap::default();
        self.list.shrink_to_fit();
    }

    fn put(&mut self, packed: Packed) -> u32 {
        if let Some(id) = self.known.get(&packed) {
            return *id;
        }
        // Four thousand million sets of sixteen bytes do not fit any memory.
        let id = self.list.len() as u32;
        self.list.push(packed);
        if self.known.len() < COMPARED {
            self.known.insert(packed, id);
        }
        id
    }

    fn pack(
        &mut self,
        jurisdiction: Option<Jurisdiction>,
        expires: Expires,
        source: Option<&Arc<str>>,
    ) -> Packed {
        let jurisdiction = jurisdiction.map_or(0, |given| self.jurisdictions.intern(given) + 1);
        let source = source.map_or(0, |source| self.sources.intern(Arc::clone(source)) + 1);
        Packed { expires, source, jurisdiction }
    }

    pub(super) fn packed(&self, id: u32) -> Option<Packed> {
        self.list.get(id as usize).copied()
    }

    /// Takes in what its sets were united to by every thread, under the numbers that were said.
    pub(super) fn take_in(&mut self, united: Vec<United>) {
        let none = Packed { expires: Expires::NEVER, source: 0, jurisdiction: 0 };
        let (sets, sources, no_source) = (self.list.len(), self.sources.list.len(), Arc::from(""));
        for part in united {
            part.sets.put(&mut self.list, sets, &none);
            part.sources.put(&mut self.sources.list, sources, &no_source);
        }
    }

    /// The number of a set.
    pub(super) fn intern(&mut self, attributes: &Attributes) -> u32 {
        let expires = attributes.expires.map_or(Expires::NEVER, Expires::at);
        let packed = self.pack(Some(attributes.jurisdiction), expires, attributes.source.as_ref());
        self.put(packed)
    }

    /// Whether two numbers stand for equal sets.
    pub(super) fn are_same(&self, one: u32, other: u32) -> bool {
        self.list.get(one as usize) == self.list.get(other as usize)
    }

    /// The set `id` as it is for a telephone number, or for somebody who has none.
    pub(super) fn get(&self, id: u32, number: Option<E164>) -> Option<Attributes> {
        let packed = self.list.get(id as usize)?;
        let source =
            (packed.source as usize).checked_sub(1).and_then(|at| self.sources.list.get(at)).cloned();
        let jurisdiction = match (packed.jurisdiction as usize).checked_sub(1) {
            None => infer(number?)?,
            Some(at) => *self.jurisdictions.list.get(at)?,
        };
        Some(Attributes { jurisdiction, expires: packed.expires.timestamp(), source })
    }
}

/// The numbers that threads that unite sets take next, a stretch of them at a time.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    sets: AtomicUsize,
    sources: AtomicUsize,
}

/// What one thread wrote under numbers of its own.
#[derive(Debug)]
struct Numbered<T> {
    /// The first number of each stretch.
    starts: Vec<usize>,
    list: Vec<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { starts: Vec::new(), list: Vec::new() }
    }
}

impl<T: Clone> Numbered<T> {
    const STRETCH: usize = 64;

    /// Takes in a value, and says its number.
    fn push(&mut self, next: &AtomicUsize, value: T) -> Option<usize> {
        let within = self.list.len() % Self::STRETCH;
        if within == 0 {
            self.starts.push(next.fetch_add(Self::STRETCH, Ordering::Relaxed));
        }
        self.list.push(value);
        self.starts.last()?.checked_add(within)
    }

    /// Puts the values where they belong in `all`, whose own are so many. Numbers that nobody used stand for `none`.
    fn put(self, all: &mut Vec<T>, own: usize, none: &T) {
        for (start, values) in self.starts.iter().zip(self.list.chunks(Self::STRETCH)) {
            let from = own + start;
            if all.len() < from + values.len() {
                all.resize(from + values.len(), none.clone());
            }
            all[from..][..values.len()].clone_from_slice(values);
        }
    }
}

/// Sets that others of a table were united to, and their sources; both are numbered behind those of the table.
#[derive(Debug, Default)]
pub(super) struct United {
    sets: Numbered<Packed>,
    sources: Numbered<Arc<str>>,
}

impl United {
    /// Takes in a set, and says its number; `None` where there are no more.
    pub(super) fn push(&mut self, numbers: &Numbers, table: &AttributeTable, packed: Packed) -> Option<u32> {
        let at = self.sets.push(&numbers.sets, packed)?;
        u32::try_from(table.len().checked_add(at)?).ok()
    }

    /// Takes in the source that several different sources of the table come to, and says its number.
    pub(super) fn source(
        &mut self,
        numbers: &Numbers,
        table: &AttributeTable,
        sources: &[u32],
    ) -> Option<u32> {
        let known = &table.sources.list;
        let text = |id: &u32| known.get((*id as usize).checked_sub(1)?).map(|source| &**source);
        let united = unite_all(sources.iter().filter_map(text));
        let at = self.sources.push(&numbers.sources, united)?;
        u32::try_from(known.len().checked_add(at)?.checked_add(1)?).ok()
    }
}

/// Every set of a file that is being read, shared by those who read it.
#[derive(Debug, Default)]
pub(super) struct FactTable {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    table: AttributeTable,
    undecided: Interner<Undecided>,
}

impl FactTable {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a set. A jurisdiction of `None` is the one that is inferred from the telephone number.
    pub(super) fn intern(
        &self,
        jurisdiction: Option<Jurisdiction>,
        expires: Expires,
        source: Option<&Arc<str>>,
    ) -> u32 {
        let table = &mut self.inner().table;
        let packed = table.pack(jurisdiction, expires, source);
        table.put(packed)
    }

    /// The expiry that stands for a date of which the file has to tell the order.
    pub(super) fn undecided(&self, date: Undecided) -> Expires {
        Expires::undecided(self.inner().undecided.intern(date))
    }

    /// Settles the dates: the sets, and for each that turned out to be none its code and the cell.
    pub(super) fn settle(self, day_first: Option<bool>, now: Timestamp) -> (AttributeTable, Ruled) {
        let Inner { mut table, undecided } = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut ruled = Ruled::default();
        for (id, packed) in table.list.iter_mut().enumerate() {
            let Some(date) = packed.expires.place_of_undecided().and_then(|at| undecided.list.get(at)) else {
                continue;
            };
            let at = day_first.map(|day_first| if day_first { date.dmy } else { date.mdy });
            match at {
                Some(at) if at > now => packed.expires = Expires::at(at),
                Some(_) => ruled.out(id, Code::PastExpiry, &date.raw),
                None => ruled.out(id, Code::AmbiguousDate, &date.raw),
            }
        }
        table.known = QuickMap::default();
        (table, ruled)
    }
}

/// Sets whose date turned out to be no good.
#[derive(Debug, Default)]
pub(super) struct Ruled {
    out: QuickMap<u32, (Code, Arc<str>)>,
}

impl Ruled {
    fn out(&mut self, id: usize, code: Code, raw: &Arc<str>) {
        self.out.insert(id as u32, (code, Arc::clone(raw)));
    }

    pub(super) fn get(&self, id: u32) -> Option<&(Code, Arc<str>)> {
        if self.out.is_empty() { None } else { self.out.get(&id) }
    }
}

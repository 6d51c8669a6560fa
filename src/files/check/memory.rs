//! Cells that were read before, by their text: a column mostly repeats itself.

use std::sync::Arc;

use super::facts::{Expires, FactTable, QuickMap};
use crate::domain::jurisdiction::Jurisdiction;

/// Different cells of a column that are remembered; the rest is read again each time.
const REMEMBERED: usize = 1 << 16;
/// Longer cells are not remembered.
const SHORT: usize = 64;

/// What an expiry cell is, where there is nothing to say about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SoundDate {
    pub(super) expires: Expires,
    /// Whether it proves that the day comes first, or that the month does.
    pub(super) day_first: Option<bool>,
}

/// One reader's memory. Numbers of sets are those of the shared table.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    table: &'a FactTable,
    jurisdictions: QuickMap<Box<[u8]>, Option<Jurisdiction>>,
    dates: QuickMap<Box<[u8]>, Option<SoundDate>>,
    sources: QuickMap<Box<[u8]>, u32>,
    names: Vec<Option<Arc<str>>>,
    sets: QuickMap<(Jurisdiction, Expires, u32), u32>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(table: &'a FactTable) -> Self {
        Self {
            table,
            jurisdictions: QuickMap::default(),
            dates: QuickMap::default(),
            sources: QuickMap::default(),
            names: vec![None],
            sets: QuickMap::default(),
        }
    }

    pub(super) fn table(&self) -> &'a FactTable {
        self.table
    }

    /// The jurisdiction that a cell names, by the `value` it is read as.
    pub(super) fn jurisdiction<'c>(
        &mut self,
        cell: &'c str,
        value: impl FnOnce(&'c str) -> &'c str,
    ) -> Option<Jurisdiction> {
        remember(&mut self.jurisdictions, cell, || Jurisdiction::parse(value(cell)))
    }

    /// The date of a cell as `read` reads it; `None` where there is anything to say about the cell.
    pub(super) fn date(&mut self, cell: &str, read: impl FnOnce() -> Option<SoundDate>) -> Option<SoundDate> {
        remember(&mut self.dates, cell, read)
    }

    /// The number of a set whose source is the cell `source`.
    pub(super) fn set(&mut self, jurisdiction: Jurisdiction, expires: Expires, source: &str) -> u32 {
        let names = &mut self.names;
        let known = self.sources.get(source.as_bytes()).copied();
        let source = match known {
            Some(source) => source,
            None => {
                let name = source.trim();
                let at = match name {
                    "" => 0,
                    name => {
                        names.push(Some(name.into()));
                        names.len() as u32 - 1
                    }
                };
                if self.sources.len() < REMEMBERED && source.len() <= SHORT {
                    self.sources.insert(source.as_bytes().into(), at);
                } else if at > 0 {
                    // Not to be met again: told, and forgotten.
                    let name = names.pop().flatten();
                    return self.table.intern(jurisdiction, expires, name.as_ref());
                }
                at
            }
        };
        if let Some(id) = self.sets.get(&(jurisdiction, expires, source)) {
            return *id;
        }
        let id = self.table.intern(jurisdiction, expires, names[source as usize].as_ref());
        if self.sets.len() < REMEMBERED {
            self.sets.insert((jurisdiction, expires, source), id);
        }
        id
    }
}

fn remember<V: Copy>(
    known: &mut QuickMap<Box<[u8]>, Option<V>>,
    cell: &str,
    read: impl FnOnce() -> Option<V>,
) -> Option<V> {
    if let Some(value) = known.get(cell.as_bytes()) {
        return *value;
    }
    let value = read();
    if known.len() < REMEMBERED && cell.len() <= SHORT {
        known.insert(cell.as_bytes().into(), value);
    }
    value
}

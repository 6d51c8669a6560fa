//! Sorting more rows than fit into memory: what fills it is sorted and put away into a file without a name, and the parts are
//! merged as they are read. Whatever is sorted holds as much memory as a part, and a little of each part while it is read.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::blocks::Coded;
use super::codec::hex;
use super::error::{Error, damaged};

/// Rows that a part is read by.
const CHUNK: usize = 256;

/// Rows as they are read from disk, one after the other. Blocking; after an error there are no more.
pub type Rows<R> = Box<dyn Iterator<Item = Result<R, Error>> + Send>;

/// What can be sorted.
pub trait Sortable: Coded + Clone + Send + Sync + 'static {
    /// Rows that are sorted in memory at once.
    const AT_ONCE: usize = 1 << 16;

    /// The order, which leaves no two rows that differ equal.
    fn order(&self, other: &Self) -> Ordering;
}

/// Takes rows in any order.
pub struct Sorter<R> {
    folder: PathBuf,
    here: Vec<R>,
    away: Option<Away>,
    rows: u64,
    at_once: usize,
}

/// Parts, each sorted, one behind the other in a file that nobody else can open.
struct Away {
    out: BufWriter<File>,
    end: u64,
    parts: Vec<Range<u64>>,
}

/// The same once they are only read.
type Parts = (Mutex<File>, Vec<Range<u64>>);

/// Rows in order, to be read as often as wanted. Cheap to clone.
#[derive(Clone)]
pub struct Sorted<R> {
    here: Arc<Vec<R>>,
    away: Option<Arc<Parts>>,
    rows: u64,
}

impl<R: Sortable> Sorter<R> {
    /// Puts away into `folder` what does not fit.
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_room(folder, R::AT_ONCE)
    }

    /// The same with another number of rows that are sorted at once.
    pub(super) fn with_room(folder: &Path, at_once: usize) -> Self {
        Self { folder: folder.to_owned(), here: Vec::new(), away: None, rows: 0, at_once }
    }

    /// Whether so many rows are taken without work on the disk.
    pub fn has_room(&self, rows: usize) -> bool {
        self.here.len() + rows < self.at_once
    }

    /// Takes a row. Blocking where there is no room.
    pub fn push(&mut self, row: R) -> Result<(), Error> {
        self.here.push(row);
        self.rows += 1;
        if self.here.len() < self.at_once { Ok(()) } else { self.put_away() }
    }

    /// Everything that was taken, in order. Blocking.
    pub fn finish(mut self) -> Result<Sorted<R>, Error> {
        if self.away.is_some() && !self.here.is_empty() {
            self.put_away()?;
        }
        self.here.sort_unstable_by(R::order);
        let away = match self.away {
            None => None,
            Some(away) => {
                let file = away.out.into_inner().map_err(|e| Error::from(e.into_error()))?;
                Some(Arc::new((Mutex::new(file), away.parts)))
            }
        };
        Ok(Sorted { here: Arc::new(self.here), away, rows: self.rows })
    }

    fn put_away(&mut self) -> Result<(), Error> {
        self.here.sort_unstable_by(R::order);
        let away = match &mut self.away {
            Some(away) => away,
            none => {
                let out = BufWriter::with_capacity(1 << 18, tempfile::tempfile_in(&self.folder)?);
                none.insert(Away { out, end: 0, parts: Vec::new() })
            }
        };
        let begin = away.end;
        let mut bytes = Vec::new();
        for chunk in self.here.chunks(CHUNK) {
            bytes.clear();
            R::encode(chunk, &mut bytes);
            away.out.write_all(&(chunk.len() as u32).to_le_bytes())?;
            away.out.write_all(&(bytes.len() as u32).to_le_bytes())?;
            away.out.write_all(&bytes)?;
            away.end += 8 + bytes.len() as u64;
        }
        away.parts.push(begin..away.end);
        self.here.clear();
        Ok(())
    }
}

impl<R> Sorted<R> {
    /// How many rows.
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }
}

impl<R: Sortable> Sorted<R> {
    /// SHA-256 of all rows in order, lower-case hex: the same rows have the same. Blocking.
    pub fn digest(&self) -> Result<String, Error> {
        let (mut hash, mut rows, mut bytes) = (Sha256::new(), self.rows(), Vec::new());
        loop {
            let chunk: Vec<R> = rows.by_ref().take(CHUNK).collect::<Result<_, _>>()?;
            bytes.clear();
            R::encode(&chunk, &mut bytes);
            hash.update((chunk.len() as u64).to_le_bytes());
            hash.update(&bytes);
            if chunk.len() < CHUNK {
                return Ok(hex(&hash.finalize()));
            }
        }
    }

    /// These rows, sorted in memory.
    pub fn of(mut rows: Vec<R>) -> Self {
        rows.sort_unstable_by(R::order);
        Self { rows: rows.len() as u64, here: Arc::new(rows), away: None }
    }

    /// All rows in order.
    pub fn rows(&self) -> Rows<R> {
        let Some(away) = &self.away else {
            let here = self.here.clone();
            return Box::new((0..here.len()).filter_map(move |at| here.get(at).cloned().map(Ok)));
        };
        let parts = away.1.iter().map(|part| -> Rows<R> {
            Box::new(Part { away: away.clone(), rest: part.clone(), here: Vec::new().into_iter() })
        });
        Box::new(Merge::new(parts.collect()))
    }
}

/// A part as it is read.
struct Part<R> {
    away: Arc<Parts>,
    rest: Range<u64>,
    here: std::vec::IntoIter<R>,
}

impl<R: Sortable> Part<R> {
    fn chunk(&mut self) -> Result<Vec<R>, Error> {
        let mut file = self.away.0.lock().map_err(|_| damaged("a sorted part was given up"))?;
        let (mut rows, mut len) = ([0; 4], [0; 4]);
        file.seek(SeekFrom::Start(self.rest.start))?;
        file.read_exact(&mut rows)?;
        file.read_exact(&mut len)?;
        let mut bytes = vec![0; u32::from_le_bytes(len) as usize];
        file.read_exact(&mut bytes)?;
        drop(file);
        self.rest.start += 8 + bytes.len() as u64;
        R::decode(&bytes, u32::from_le_bytes(rows) as usize)
    }
}

impl<R: Sortable> Iterator for Part<R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.here.next() {
            return Some(Ok(row));
        }
        if self.rest.is_empty() {
            return None;
        }
        match self.chunk() {
            Ok(rows) => self.here = rows.into_iter(),
            Err(error) => {
                self.rest.start = self.rest.end;
                return Some(Err(error));
            }
        }
        self.here.next().map(Ok)
    }
}

/// Several sequences, each in order, as one.
pub(super) struct Merge<R> {
    parts: Vec<Rows<R>>,
    heads: BinaryHeap<Reverse<Head<R>>>,
    /// Parts whose next row has to be fetched first.
    due: Vec<usize>,
    is_over: bool,
}

struct Head<R> {
    row: R,
    part: usize,
}

impl<R: Sortable> Merge<R> {
    pub(super) fn new(parts: Vec<Rows<R>>) -> Self {
        let due = (0..parts.len()).collect();
        Self { parts, heads: BinaryHeap::new(), due, is_over: false }
    }
}

impl<R: Sortable> Iterator for Merge<R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        while let Some(part) = self.due.pop() {
            match self.parts.get_mut(part).and_then(Iterator::next) {
                Some(Ok(row)) => self.heads.push(Reverse(Head { row, part })),
                Some(Err(error)) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
                None => {}
            }
        }
        let Reverse(Head { row, part }) = self.heads.pop()?;
        self.due.push(part);
        Some(Ok(row))
    }
}

impl<R: Sortable> Ord for Head<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.row.order(&other.row).then(self.part.cmp(&other.part))
    }
}

impl<R: Sortable> PartialOrd for Head<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: Sortable> PartialEq for Head<R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<R: Sortable> Eq for Head<R> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::entry::RemoteEntry;
    use crate::domain::identifier::{Email, Identifier};
    use crate::domain::list::ListId;
    use crate::domain::phone::E164;

    fn sorted<R: Sortable>(rows: &[R], at_once: usize) -> (Sorted<R>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::with_room(dir.path(), at_once);
        rows.iter().for_each(|row| sorter.push(row.clone()).unwrap());
        (sorter.finish().unwrap(), dir)
    }

    fn all<R: Sortable>(sorted: &Sorted<R>) -> Vec<R> {
        sorted.rows().collect::<Result<_, _>>().unwrap()
    }

    /// Whom a record means, in any of the ways that there are, with everything else that it may say.
    fn any_record() -> impl Strategy<Value = RemoteEntry> {
        let whom = prop_oneof![
            Just(None),
            (0u64..50).prop_map(|n| E164::from_digits(12_025_550_100 + n).map(Identifier::from)),
            "[a-c]{1,3}".prop_map(|local| Email::parse(&format!("{local}@b.example")).map(Identifier::from)),
        ];
        let text = || prop::option::of("[ -~\u{202e}]{0,6}");
        let time = prop::option::of(0i64..4_000_000_000);
        (whom, any::<bool>(), "[a-z0-9]{0,6}", text(), time, text(), text()).prop_map(
            |(identifier, plain, id, jurisdiction, expires, source, key)| RemoteEntry {
                id,
                list: ListId("L-1".into()),
                raw: match &identifier {
                    Some(whom) if plain => whom.whole(),
                    _ => "(202) 555-01".into(),
                },
                identifier,
                jurisdiction,
                expires: expires.map(|at| jiff::Timestamp::from_second(at).unwrap()),
                source,
                key,
            },
        )
    }

    proptest! {
        #[test]
        fn rows_that_do_not_fit_come_in_the_order_of_those_that_do(
            rows in prop::collection::vec(any_record(), 0..150),
            at_once in 1usize..60,
        ) {
            let mut wanted = rows.clone();
            wanted.sort_by(Sortable::order);
            let (sorted, _dir) = sorted(&rows, at_once);
            prop_assert_eq!(sorted.len(), rows.len() as u64);
            for reading in ["once", "again"] {
                let found = all(&sorted);
                prop_assert!(found == wanted, "{reading}");
            }
        }
    }

    #[test]
    fn the_same_rows_have_the_same_digest_however_they_came() {
        let rows: Vec<u64> = (0..700).collect();
        let digest = |rows: &[u64], at_once| sorted(rows, at_once).0.digest().unwrap();
        let turned: Vec<u64> = rows.iter().rev().copied().collect();
        assert_eq!(digest(&rows, 10_000), digest(&turned, 64));
        assert_ne!(digest(&rows, 10_000), digest(&rows[1..], 10_000));
        assert_ne!(digest(&rows[..256], 10_000), digest(&rows[..512], 10_000));
    }

    #[test]
    fn two_readings_at_once_do_not_disturb_each_other() {
        let rows: Vec<u64> = (0..5_000).rev().collect();
        let (sorted, dir) = sorted(&rows, 300);
        let pairs = sorted.rows().zip(sorted.rows().skip(1));
        for (one, next) in pairs {
            assert_eq!(one.unwrap() + 1, next.unwrap());
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "what is put away has no name");
    }

    #[test]
    fn an_error_is_told_once_and_ends_it() {
        let torn: Rows<u64> = Box::new([Ok(3), Err(damaged("torn"))].into_iter());
        let mut merged = Merge::new(vec![torn, Box::new([Ok(1), Ok(9)].into_iter())]);
        assert_eq!((merged.next().unwrap().unwrap(), merged.next().unwrap().unwrap()), (1, 3));
        assert!(merged.next().unwrap().is_err());
        assert!(merged.next().is_none());
    }
}

//! Whom a file held, without saying whom: `plans/ID.who` has a keyed pseudonym for every row of a plan's file, also for those
//! that never became an operation. Who has the key can ask whether a number was in it; who has only the file cannot, and
//! deleting the key makes all of them unanswerable.
//!
//! ```text
//! magic · id of the key (16) · records (u64) · record … record (sorted) · texts · offset of the texts (u64) · magic
//! record = HMAC-SHA-256 (first 8 bytes) · row (5, big endian) · index in the plan (4) · what became of it (1)
//! ```
//!
//! Eight bytes of pseudonym: in ten million rows a number that was never there is found by mistake once in a million
//! million questions. What became of a row: its operation, a duplicate, or the text that a rejection has.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::blocks::Coded;
use super::codec::{Cursor, hex, put_bytes};
use super::error::{Error, damaged};
use super::folder::write_whole;
use super::plans::open;
use super::sorter::{Sortable, Sorted, Sorter};
use super::{Ledger, TrailKeys};
use crate::domain::identifier::Identifier;
use crate::domain::plan::{Op, PlanSummary};

const MAGIC: [u8; 8] = *b"QLwho\x00\x00\x01";
const RECORD: usize = 18;
const HEAD: u64 = 32;
const TRAILER: u64 = 16;

const SENT: u8 = 0;
const UNCHANGED: u8 = 1;
const REMOVED: u8 = 2;
const DUPLICATE: u8 = 3;
const TAKEN_OFF: u8 = 4;
const FIRST_TEXT: u8 = 5;

/// In the place of the index of a row that is none of the plan's.
const NO_INDEX: u32 = u32::MAX;

type Record = [u8; RECORD];

/// Whom a row meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A number or an address.
    Known(Identifier),
    /// Digits that mean nobody: the cell of a rejected row, without anything else.
    Digits(String),
}

/// A row that is not one of its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRow {
    /// Whom it meant.
    pub whom: Whom,
    /// Data row of the file.
    pub row: u64,
    /// The code of its rejection; `None` = a duplicate.
    pub rejected: Option<&'static str>,
}

/// What a plan did with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// Sent: index in the plan.
    Sent(u32),
    /// To be taken off; its index in the plan.
    TakenOff(u32),
    /// Nothing had to be done.
    Unchanged,
    /// Left out before an outbound upload.
    Removed,
    /// Same number as another row of the file.
    Duplicate,
    /// Refused by validation, with the code.
    Rejected(String),
}

impl Ledger {
    /// Writes the pseudonyms of a stored plan: its rows, and what `others` tells of the other rows of its file. Blocking work
    /// on a thread of its own, in a bounded memory. Writing them again changes nothing.
    pub async fn store_pseudonyms<E: Send + 'static>(
        &self,
        keys: &TrailKeys,
        plan: &PlanSummary,
        others: impl FnOnce(&mut dyn FnMut(OtherRow) -> Result<(), Error>) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<(), E>, Error> {
        let (keys, id, digest) = (keys.clone(), plan.id.clone(), plan.digest.clone());
        self.blocking(move |folder| {
            let mut sorter = Sorter::new(&folder.join("plans"));
            for (index, row) in (0..).zip(open(folder, &id, &digest.0)?.rows()) {
                let row = row?;
                let kind = match row.op {
                    Op::Add | Op::Update => SENT,
                    Op::Remove => TAKEN_OFF,
                    Op::Unchanged => UNCHANGED,
                    Op::Removed => REMOVED,
                };
                let tag = keys.tag(&told(&Whom::Known(row.identifier)));
                sorter.push(record(&tag, row.row, index, kind))?;
            }
            let mut texts: Vec<&'static str> = Vec::new();
            let told_all = others(&mut |other| {
                let kind = match other.rejected {
                    None => DUPLICATE,
                    Some(code) => {
                        let at = texts.iter().position(|known| *known == code).unwrap_or(texts.len());
                        if at == texts.len() {
                            texts.push(code);
                        }
                        u8::try_from(at).ok().and_then(|at| at.checked_add(FIRST_TEXT)).unwrap_or(u8::MAX)
                    }
                };
                sorter.push(record(&keys.tag(&told(&other.whom)), other.row, NO_INDEX, kind))
            });
            if let Err(error) = told_all {
                return Ok(Err(error));
            }
            write(&path(folder, &id), &id_of(&keys), &sorter.finish()?, &texts)?;
            Ok(Ok(()))
        })
        .await
    }

    /// Whether a plan has its pseudonyms.
    pub async fn has_pseudonyms(&self, plan: &str) -> Result<bool, Error> {
        let plan = plan.to_owned();
        self.blocking(move |folder| Ok(path(folder, &plan).exists())).await
    }
}

/// The file of a plan's pseudonyms.
pub(super) fn path(folder: &Path, plan: &str) -> PathBuf {
    folder.join("plans").join(format!("{plan}.who"))
}

/// SHA-256 of the file of a plan's pseudonyms, as the event of its run names it; `None` = there is none.
pub(super) fn digest(folder: &Path, plan: &str) -> Result<Option<String>, Error> {
    match File::open(path(folder, plan)) {
        Err(_) => Ok(None),
        Ok(mut file) => {
            let mut hash = Sha256::new();
            let mut bytes = vec![0; 64 * 1024];
            loop {
                match file.read(&mut bytes)? {
                    0 => return Ok(Some(hex(&hash.finalize()))),
                    read => hash.update(&bytes[..read]),
                }
            }
        }
    }
}

/// What stands of somebody in a plan's file, by row. `None` = another key than these made it.
pub(super) fn find(
    folder: &Path,
    plan: &str,
    keys: &[TrailKeys],
    whom: &[Whom],
) -> Result<Option<Vec<(u64, Planned)>>, Error> {
    let name = format!("{plan}.who");
    let broken = || damaged(format!("{name} is not what was written"));
    let mut file =
        File::open(path(folder, plan)).map_err(|e| damaged(format!("{name} cannot be read: {e}")))?;
    let size = file.metadata()?.len();
    let mut head = [0; HEAD as usize];
    file.read_exact(&mut head).map_err(|_| broken())?;
    let records = u64::from_le_bytes(head[24..].try_into().map_err(|_| broken())?);
    let mut trailer = [0; TRAILER as usize];
    file.seek(SeekFrom::Start(size.checked_sub(TRAILER).ok_or_else(broken)?))?;
    file.read_exact(&mut trailer).map_err(|_| broken())?;
    let texts_at = u64::from_le_bytes(trailer[..8].try_into().map_err(|_| broken())?);
    let ends = records.checked_mul(RECORD as u64).and_then(|bytes| bytes.checked_add(HEAD));
    if head[..8] != MAGIC || trailer[8..] != MAGIC || ends != Some(texts_at) || texts_at > size - TRAILER {
        return Err(broken());
    }
    let Some(keys) = keys.iter().find(|keys| id_of(keys) == head[8..24]) else { return Ok(None) };
    let mut texts = vec![0; (size - TRAILER - texts_at) as usize];
    file.seek(SeekFrom::Start(texts_at))?;
    file.read_exact(&mut texts).map_err(|_| broken())?;
    let texts = read_texts(&texts)?;

    let mut found = Vec::new();
    for whom in whom {
        let tag = keys.tag(&told(whom));
        let mut at = first_of(&mut file, records, &tag[..8])?;
        while at < records {
            let record = record_at(&mut file, at)?;
            if record[..8] != tag[..8] {
                break;
            }
            found.push(read_record(&record, &texts).ok_or_else(broken)?);
            at += 1;
        }
    }
    found.sort_by_key(|(row, _)| *row);
    found.dedup();
    Ok(Some(found))
}

/// Whom, as it is hashed. The kind goes first, so that no address is taken for a number.
fn told(whom: &Whom) -> Vec<u8> {
    match whom {
        Whom::Known(Identifier::Phone(number)) => format!("number {}", number.digits()).into_bytes(),
        Whom::Known(Identifier::Email(email)) => format!("address {}", email.as_str()).into_bytes(),
        Whom::Digits(digits) => format!("digits {digits}").into_bytes(),
    }
}

/// Tells one key from another, and nothing about it.
fn id_of(keys: &TrailKeys) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&keys.tag(b"the id of this key")[..16]);
    id
}

fn record(tag: &[u8; 32], row: u64, index: u32, kind: u8) -> Record {
    let mut record = [0; RECORD];
    record[..8].copy_from_slice(&tag[..8]);
    record[8..13].copy_from_slice(&row.to_be_bytes()[3..]);
    record[13..17].copy_from_slice(&index.to_be_bytes());
    record[17] = kind;
    record
}

fn read_record(record: &Record, texts: &[String]) -> Option<(u64, Planned)> {
    let mut row = [0; 8];
    row[3..].copy_from_slice(&record[8..13]);
    let index = u32::from_be_bytes(record[13..17].try_into().ok()?);
    let planned = match record[17] {
        SENT => Planned::Sent(index),
        TAKEN_OFF => Planned::TakenOff(index),
        UNCHANGED => Planned::Unchanged,
        REMOVED => Planned::Removed,
        DUPLICATE => Planned::Duplicate,
        text => Planned::Rejected(texts.get(usize::from(text - FIRST_TEXT))?.clone()),
    };
    Some((u64::from_be_bytes(row), planned))
}

fn read_texts(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let mut cursor = Cursor(bytes);
    let mut texts = Vec::new();
    while !cursor.is_empty() {
        texts.push(cursor.string()?.to_owned());
    }
    Ok(texts)
}

fn record_at(file: &mut File, at: u64) -> Result<Record, Error> {
    let mut record = [0; RECORD];
    file.seek(SeekFrom::Start(HEAD + at * RECORD as u64))?;
    file.read_exact(&mut record)?;
    Ok(record)
}

/// The first record whose pseudonym is not below this one.
fn first_of(file: &mut File, records: u64, tag: &[u8]) -> Result<u64, Error> {
    let (mut low, mut high) = (0, records);
    while low < high {
        let middle = low + (high - low) / 2;
        if &record_at(file, middle)?[..8] < tag { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

impl Coded for Record {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        rows.iter().for_each(|record| out.extend_from_slice(record));
    }

    fn decode(bytes: &[u8], _: usize) -> Result<Vec<Self>, Error> {
        let whole = |record: &[u8]| record.try_into().map_err(|_| damaged("a pseudonym is cut"));
        bytes.chunks(RECORD).map(whole).collect()
    }
}

impl Sortable for Record {
    /// Eighteen megabytes, whatever the file has.
    const AT_ONCE: usize = 1 << 20;

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

fn write(path: &Path, key: &[u8; 16], records: &Sorted<Record>, texts: &[&'static str]) -> Result<(), Error> {
    let mut torn = None;
    let written = write_whole(path, |file| {
        let mut out = BufWriter::new(file);
        out.write_all(&MAGIC)?;
        out.write_all(key)?;
        out.write_all(&records.len().to_le_bytes())?;
        for record in records.rows() {
            match record {
                Ok(record) => out.write_all(&record)?,
                Err(error) => {
                    torn = Some(error);
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
            }
        }
        let mut tail = Vec::new();
        texts.iter().for_each(|text| put_bytes(&mut tail, text.as_bytes()));
        out.write_all(&tail)?;
        out.write_all(&(HEAD + records.len() * RECORD as u64).to_le_bytes())?;
        out.write_all(&MAGIC)?;
        out.flush()
    });
    torn.map_or(written, Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::E164;

    fn number(n: u64) -> Whom {
        Whom::Known(E164::from_digits(12_025_550_100 + n).unwrap().into())
    }

    #[test]
    fn records_that_do_not_fit_at_once_are_found_as_those_that_do() {
        let dir = tempfile::tempdir().unwrap();
        super::super::folder::prepare(dir.path()).unwrap();
        let keys = TrailKeys::from_text(&TrailKeys::generate().unwrap()).unwrap();
        let mut files = Vec::new();
        // One of them fills its parts exactly, one leaves a rest, one needs none.
        for (plan, at_once) in [("p-a", 20), ("p-b", 7), ("p-c", 1_000)] {
            let mut sorter = Sorter::with_room(&dir.path().join("plans"), at_once);
            for n in 0..100 {
                let tag = keys.tag(&told(&number(n)));
                sorter.push(record(&tag, 100 - n, n as u32, SENT)).unwrap();
            }
            let again = keys.tag(&told(&number(42)));
            sorter.push(record(&again, 1 << 39, NO_INDEX, DUPLICATE)).unwrap();
            sorter.push(record(&again, 102, NO_INDEX, FIRST_TEXT)).unwrap();
            let sorted = sorter.finish().unwrap();
            write(&path(dir.path(), plan), &id_of(&keys), &sorted, &["bad-date"]).unwrap();
            for n in 0..100 {
                let found =
                    find(dir.path(), plan, std::slice::from_ref(&keys), &[number(n)]).unwrap().unwrap();
                let mut wanted = vec![(100 - n, Planned::Sent(n as u32))];
                if n == 42 {
                    wanted.push((102, Planned::Rejected("bad-date".into())));
                    wanted.push((1 << 39, Planned::Duplicate));
                }
                assert_eq!(found, wanted, "{plan} {n}");
            }
            let nobody = find(dir.path(), plan, std::slice::from_ref(&keys), &[number(100)]).unwrap();
            assert_eq!(nobody, Some(Vec::new()));
            files.push(std::fs::read(path(dir.path(), plan)).unwrap());
        }
        assert!(files.windows(2).all(|pair| pair[0] == pair[1]), "how it was sorted shows");
        let other = TrailKeys::from_text(&TrailKeys::generate().unwrap()).unwrap();
        assert_eq!(find(dir.path(), "p-a", &[other], &[number(1)]).unwrap(), None, "under another key");
        let left = std::fs::read_dir(dir.path().join("plans")).unwrap().count();
        assert_eq!(left, 3, "what was put away is gone");
    }
}

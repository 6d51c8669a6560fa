//! Plan rows and expected entries as bytes: numbers as steps from the one before, attributes once per block.

use std::collections::HashMap;
use std::sync::Arc;

use super::blocks::{Coded, Row};
use super::codec::{Cursor, put_bytes, put_int, put_text, put_time};
use super::error::{Error, damaged};
use crate::domain::diff::{Expected, ExpectedAttributes};
use crate::domain::entry::{Attributes, RemoteEntry};
use crate::domain::identifier::{Email, Identifier};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::plan::{Extra, Op, PlanRow};

/// In the place of the operation, which follows then, with the extra values behind it.
const HAS_EXTRA: u64 = 3;
const REMOVED_CODE: u64 = 4;
const REMOVE_CODE: u64 = 5;
/// An update that says what stood there before. Plans of old do not, and their digests still hold.
const UPDATE_CODE: u64 = 6;
const HAS_REPLACES: u64 = 4;
const HAS_GENERATION: u64 = 8;
/// Of a record: it is not spelled as we would, and it has a key.
const HAS_SPELLING: u64 = 1;
const HAS_KEY: u64 = 2;

impl Row for PlanRow {
    const MAGIC: [u8; 8] = *b"QLplan\x00\x01";

    fn key(&self) -> u64 {
        key(&self.identifier)
    }
}

impl Coded for PlanRow {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        let mut words = Words::default();
        let mut names = Vec::new();
        let mut body = Vec::new();
        let mut before = 0;
        for row in rows {
            put_identifier(&mut body, &row.identifier, &mut before);
            let word = words.index(|out| {
                put_bytes(out, row.attributes.jurisdiction.as_str().as_bytes());
                put_time(out, row.attributes.expires);
                put_text(out, row.attributes.source.as_deref());
            });
            let op = match row.op {
                Op::Add => 0,
                Op::Update if row.before.is_none() => 1,
                Op::Update => UPDATE_CODE,
                Op::Remove => REMOVE_CODE,
                Op::Unchanged => 2,
                // Always with a reason, and so with extra values.
                Op::Removed => REMOVED_CODE,
            };
            let replaces = if row.replaces.is_empty() { 0 } else { HAS_REPLACES };
            let generation = if row.generation == 0 { 0 } else { HAS_GENERATION };
            let extra = row.extra.values();
            let code = if extra.is_empty() && op < HAS_EXTRA { op } else { HAS_EXTRA };
            put_int(&mut body, (word << 4) | generation | replaces | code);
            if code == HAS_EXTRA {
                put_int(&mut body, op);
                put_extra(&mut body, &mut names, extra);
            }
            put_int(&mut body, row.row);
            if replaces > 0 {
                put_int(&mut body, row.replaces.len() as u64);
                row.replaces.iter().for_each(|id| put_bytes(&mut body, id.as_bytes()));
            }
            if has_before(op) {
                put_expected(&mut body, row.before.as_deref().unwrap_or(&ExpectedAttributes::default()));
            }
            if generation > 0 {
                put_int(&mut body, u64::from(row.generation));
            }
        }
        words.put(out);
        out.extend_from_slice(&body);
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let words = words(&mut cursor, |cursor| {
            let jurisdiction = Jurisdiction::parse(cursor.string()?)
                .ok_or_else(|| damaged("a jurisdiction of a plan does not read"))?;
            Ok(Attributes { jurisdiction, expires: cursor.time()?, source: cursor.text()?.map(Arc::from) })
        })?;
        let mut names = Vec::new();
        let mut before = 0;
        let mut decoded = Vec::with_capacity(rows);
        for _ in 0..rows {
            let identifier = identifier(&mut cursor, &mut before)?;
            let flags = cursor.int()?;
            let attributes = word(&words, flags >> 4)?.clone();
            let (op, extra) = match flags & 3 {
                HAS_EXTRA => (cursor.int()?, extra(&mut cursor, &mut names)?),
                op => (op, Extra::default()),
            };
            let code = op;
            let op = match code {
                0 => Op::Add,
                1 | UPDATE_CODE => Op::Update,
                2 => Op::Unchanged,
                REMOVE_CODE => Op::Remove,
                REMOVED_CODE => Op::Removed,
                _ => return Err(damaged("a plan row says nothing that a plan can do")),
            };
            let row = cursor.int()?;
            let mut replaces = Vec::new();
            if flags & HAS_REPLACES > 0 {
                for _ in 0..cursor.int()? {
                    replaces.push(cursor.string()?.to_owned());
                }
            }
            let before = if has_before(code) { Some(Box::new(expected(&mut cursor)?)) } else { None };
            let generation = if flags & HAS_GENERATION > 0 { cursor.int32()? } else { 0 };
            decoded.push(Self { identifier, attributes, op, row, replaces, before, generation, extra });
        }
        finish(&cursor, decoded)
    }
}

/// Whether a row of this code says what stood there before.
fn has_before(code: u64) -> bool {
    matches!(code, REMOVE_CODE | UPDATE_CODE)
}

impl Row for Expected {
    const MAGIC: [u8; 8] = *b"QLlist\x00\x01";

    fn key(&self) -> u64 {
        key(&self.identifier)
    }
}

impl Coded for Expected {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        let mut words = Words::default();
        let mut body = Vec::new();
        let mut before = 0;
        for row in rows {
            put_identifier(&mut body, &row.identifier, &mut before);
            put_int(&mut body, words.index(|out| put_expected(out, &row.attributes)));
        }
        words.put(out);
        out.extend_from_slice(&body);
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let words = words(&mut cursor, expected)?;
        let mut before = 0;
        let mut decoded = Vec::with_capacity(rows);
        for _ in 0..rows {
            let identifier = identifier(&mut cursor, &mut before)?;
            let index = cursor.int()?;
            decoded.push(Self { identifier, attributes: word(&words, index)?.clone() });
        }
        finish(&cursor, decoded)
    }
}

impl Coded for RemoteEntry {
    fn encode(rows: &[Self], out: &mut Vec<u8>) {
        let mut words = Words::default();
        let mut body = Vec::new();
        for row in rows {
            put_whom(&mut body, row.identifier.as_ref());
            let word = words.index(|out| {
                put_bytes(out, row.list.0.as_bytes());
                put_text(out, row.jurisdiction.as_deref());
                put_time(out, row.expires);
                put_text(out, row.source.as_deref());
            });
            let is_plain = row.identifier.as_ref().is_some_and(|whom| whom.whole() == row.raw);
            let spelling = if is_plain { 0 } else { HAS_SPELLING };
            let key = if row.key.is_some() { HAS_KEY } else { 0 };
            put_int(&mut body, (word << 2) | spelling | key);
            put_bytes(&mut body, row.id.as_bytes());
            if !is_plain {
                put_bytes(&mut body, row.raw.as_bytes());
            }
            if let Some(key) = &row.key {
                put_bytes(&mut body, key.as_bytes());
            }
        }
        words.put(out);
        out.extend_from_slice(&body);
    }

    fn decode(bytes: &[u8], rows: usize) -> Result<Vec<Self>, Error> {
        let mut cursor = Cursor(bytes);
        let words = words(&mut cursor, |cursor| {
            let list = ListId(cursor.string()?.to_owned());
            let jurisdiction = cursor.text()?.map(str::to_owned);
            Ok((list, jurisdiction, cursor.time()?, cursor.text()?.map(str::to_owned)))
        })?;
        let mut decoded = Vec::with_capacity(rows);
        for _ in 0..rows {
            let identifier = whom(&mut cursor)?;
            let flags = cursor.int()?;
            let (list, jurisdiction, expires, source) = word(&words, flags >> 2)?.clone();
            let id = cursor.string()?.to_owned();
            let raw = match (flags & HAS_SPELLING, &identifier) {
                (0, Some(whom)) => whom.whole(),
                (0, None) => return Err(damaged("a record that means nobody has no spelling")),
                _ => cursor.string()?.to_owned(),
            };
            let key = if flags & HAS_KEY > 0 { Some(cursor.string()?.to_owned()) } else { None };
            decoded.push(Self { id, list, raw, identifier, jurisdiction, expires, source, key });
        }
        finish(&cursor, decoded)
    }
}

type Value = (Arc<str>, Arc<str>);

/// Appends the extra values of a row. A name is written where it first comes in its block, and named by its place after.
fn put_extra(out: &mut Vec<u8>, names: &mut Vec<Arc<str>>, values: &[Value]) {
    put_int(out, values.len() as u64);
    for (name, value) in values {
        let place = names.iter().position(|known| known == name);
        put_int(out, place.unwrap_or(names.len()) as u64);
        if place.is_none() {
            put_bytes(out, name.as_bytes());
            names.push(name.clone());
        }
        put_bytes(out, value.as_bytes());
    }
}

/// The inverse of [`put_extra`].
fn extra(cursor: &mut Cursor<'_>, names: &mut Vec<Arc<str>>) -> Result<Extra, Error> {
    let mut values: Vec<Value> = Vec::new();
    for _ in 0..cursor.int()? {
        let place = usize::try_from(cursor.int()?).unwrap_or(usize::MAX);
        if place == names.len() {
            names.push(cursor.string()?.into());
        }
        let name = names.get(place).ok_or_else(|| damaged("a row names a value that is not there"))?;
        values.push((name.clone(), cursor.string()?.into()));
    }
    Ok(Extra::new(values))
}

/// Appends what is expected of an entry.
pub(super) fn put_expected(out: &mut Vec<u8>, attributes: &ExpectedAttributes) {
    put_text(out, attributes.jurisdiction.as_deref());
    put_time(out, attributes.expires);
    put_text(out, attributes.source.as_deref());
}

/// The inverse of [`put_expected`].
pub(super) fn expected(cursor: &mut Cursor<'_>) -> Result<ExpectedAttributes, Error> {
    Ok(ExpectedAttributes {
        jurisdiction: cursor.text()?.map(str::to_owned),
        expires: cursor.time()?,
        source: cursor.text()?.map(str::to_owned),
    })
}

/// The attributes of a block, each once, in the order in which they first come.
#[derive(Default)]
struct Words {
    indices: HashMap<Vec<u8>, u64>,
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl Words {
    fn index(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> u64 {
        self.scratch.clear();
        put(&mut self.scratch);
        if let Some(index) = self.indices.get(&self.scratch) {
            return *index;
        }
        let index = self.indices.len() as u64;
        self.bytes.extend_from_slice(&self.scratch);
        self.indices.insert(self.scratch.clone(), index);
        index
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_int(out, self.indices.len() as u64);
        out.extend_from_slice(&self.bytes);
    }
}

fn words<T>(
    cursor: &mut Cursor<'_>,
    mut one: impl FnMut(&mut Cursor<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let count = cursor.int()?;
    (0..count).map(|_| one(cursor)).collect()
}

fn word<T>(words: &[T], index: u64) -> Result<&T, Error> {
    usize::try_from(index)
        .ok()
        .and_then(|index| words.get(index))
        .ok_or_else(|| damaged("a row names attributes that are not there"))
}

/// What rows are sorted and found by: the digits of a number. Addresses stand behind all numbers, under one key.
pub(super) fn key(identifier: &Identifier) -> u64 {
    identifier.phone().map_or(u64::MAX, E164::digits)
}

/// Appends the step from the number before. No number steps nowhere: that is an address, which follows.
fn put_identifier(out: &mut Vec<u8>, identifier: &Identifier, before: &mut u64) {
    match identifier {
        Identifier::Phone(number) => {
            put_int(out, number.digits().wrapping_sub(*before));
            *before = number.digits();
        }
        Identifier::Email(email) => {
            put_int(out, 0);
            put_bytes(out, email.as_str().as_bytes());
        }
    }
}

/// The inverse of [`put_identifier`].
fn identifier(cursor: &mut Cursor<'_>, before: &mut u64) -> Result<Identifier, Error> {
    let step = cursor.int()?;
    if step == 0 {
        return email(cursor);
    }
    *before = before.wrapping_add(step);
    let number = E164::from_digits(*before);
    Ok(number.ok_or_else(|| damaged("a row holds something that is not a number"))?.into())
}

fn email(cursor: &mut Cursor<'_>) -> Result<Identifier, Error> {
    let email = Email::parse(cursor.string()?);
    Ok(email.ok_or_else(|| damaged("a row holds something that is not an address"))?.into())
}

/// In the place of a number's digits, which are more: nothing, and an address that follows.
const NOBODY: u64 = 0;
const ADDRESS: u64 = 1;

/// Appends whom something alone means, where that is known.
pub(super) fn put_whom(out: &mut Vec<u8>, identifier: Option<&Identifier>) {
    match identifier {
        None => put_int(out, NOBODY),
        Some(Identifier::Phone(number)) => put_int(out, number.digits()),
        Some(Identifier::Email(email)) => {
            put_int(out, ADDRESS);
            put_bytes(out, email.as_str().as_bytes());
        }
    }
}

/// The inverse of [`put_whom`].
pub(super) fn whom(cursor: &mut Cursor<'_>) -> Result<Option<Identifier>, Error> {
    match cursor.int()? {
        ADDRESS => email(cursor).map(Some),
        digits => Ok(E164::from_digits(digits).map(Identifier::from)),
    }
}

fn finish<T>(cursor: &Cursor<'_>, decoded: Vec<T>) -> Result<Vec<T>, Error> {
    if cursor.is_empty() { Ok(decoded) } else { Err(damaged("a block holds more than its rows")) }
}

//! How a file was read, in one cell of each of its rejects, so that they are read the same:
//! `number=phone; expires=#3; dates=dmy; set.source=State_CA; value.jurisdiction:CA=US-CA`.

use std::collections::btree_map::Entry;

use super::BETWEEN;
use crate::domain::text::unguarded;
use crate::files::{Constants, DateOrder, Field, Mapping, Values};

/// Bytes of value tables that every row carries. Longer ones would be most of the file; they have to be said again.
const LONGEST: usize = 1_000;

const SPLIT: &str = "split-number";
const SAID: &str = "dates";
const PROVEN: &str = "dates-seen";
const SET: &str = "set.";
const VALUE: &str = "value.";
/// In place of value tables that are too long.
const LEFT_OUT: &str = "values=left-out";

/// The order of day and month in a file: what a person said, and what dates of the file prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::files) struct Dates {
    pub(in crate::files) said: Option<DateOrder>,
    /// The day comes first somewhere, the month does.
    pub(in crate::files) proven: [bool; 2],
}

/// How a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::files) struct Carried {
    /// `None` where the rows do not agree.
    pub(in crate::files) mapping: Option<Mapping>,
    pub(in crate::files) dates: Dates,
    pub(in crate::files) constants: Constants,
    pub(in crate::files) values: Values,
    /// There were more constants or tables than the rows tell.
    pub(in crate::files) is_short: bool,
}

impl Carried {
    /// Of rows that do not agree about what no column holds.
    pub(super) fn unclear() -> Self {
        Self { is_short: true, ..Self::default() }
    }

    /// The cell. `columns` are those that are written.
    pub(in crate::files::out) fn write(&self, columns: &[String]) -> String {
        let column = |at: usize| {
            let name = columns.get(at).map_or("", String::as_str);
            let only = columns.iter().filter(|other| *other == name).count() == 1;
            // Whatever could be taken for something else is named by its place.
            let plain = name.starts_with(char::is_alphabetic)
                && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.'));
            if only && plain { name.to_owned() } else { format!("#{}", at + 1) }
        };
        let mut parts = Vec::new();
        if let Some(mapping) = &self.mapping {
            for (field, at) in &mapping.columns {
                let is_split = *field == Field::Number && mapping.split_number;
                let key = if is_split { SPLIT } else { field.as_str() };
                parts.push(format!("{key}={}", column(*at)));
            }
            let more = mapping.more_numbers.iter();
            parts.extend(more.map(|at| format!("{}={}", Field::Number.as_str(), column(*at))));
        }
        let dates = self.dates;
        parts.extend(dates.said.map(|order| format!("{SAID}={}", order.as_str())));
        let orders = [DateOrder::Dmy, DateOrder::Mdy].into_iter().zip(dates.proven);
        parts.extend(
            orders.filter(|(_, seen)| *seen).map(|(order, _)| format!("{PROVEN}={}", order.as_str())),
        );
        let constants = self.constants.iter();
        parts.extend(constants.map(|(field, text)| format!("{SET}{}={}", field.as_str(), escaped(text))));
        let lines = self.values.iter();
        let lines = lines.map(|(field, cell, value)| {
            format!("{VALUE}{}:{}={}", field.as_str(), escaped(cell), escaped(value))
        });
        let lines: Vec<String> = lines.collect();
        let is_long = lines.iter().map(String::len).sum::<usize>() > LONGEST;
        if is_long || self.is_short {
            parts.push(LEFT_OUT.to_owned());
        }
        if !is_long {
            parts.extend(lines);
        }
        parts.join(BETWEEN)
    }

    /// The inverse of [`Carried::write`]; `None` where anything in it is not understood.
    pub(super) fn read(cell: &str, columns: &[String]) -> Option<Self> {
        let (mut carried, mut mapping) = (Self::default(), Mapping::default());
        for part in unguarded(cell).split(';').map(str::trim).filter(|part| !part.is_empty()) {
            if part == LEFT_OUT {
                carried.is_short = true;
                continue;
            }
            let (key, value) = part.split_once('=')?;
            if key == SAID {
                carried.dates.said = Some(DateOrder::from_name(value)?);
            } else if key == PROVEN {
                let is_mdy = DateOrder::from_name(value)? == DateOrder::Mdy;
                carried.dates.proven[usize::from(is_mdy)] = true;
            } else if let Some(field) = key.strip_prefix(SET) {
                carried.constants.set(Field::from_name(field)?, &plain(value)?).ok()?;
            } else if let Some(line) = key.strip_prefix(VALUE) {
                let (field, cell) = line.split_once(':')?;
                carried.values.add(Field::from_name(field)?, &plain(cell)?, &plain(value)?).ok()?;
            } else {
                put(&mut mapping, key, value, columns)?;
            }
        }
        mapping.columns.contains_key(&Field::Number).then_some(Self { mapping: Some(mapping), ..carried })
    }
}

/// Takes the column of a field into a mapping.
fn put(mapping: &mut Mapping, key: &str, value: &str, columns: &[String]) -> Option<()> {
    let at = match value.strip_prefix('#') {
        Some(place) => place.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < columns.len())?,
        None => columns.iter().position(|name| name == value)?,
    };
    let field = if key == SPLIT { Field::Number } else { Field::from_name(key)? };
    mapping.split_number |= key == SPLIT && at + 1 < columns.len();
    match mapping.columns.entry(field) {
        Entry::Occupied(_) => mapping.more_numbers.extend((field == Field::Number).then_some(at)),
        Entry::Vacant(first) => drop(first.insert(at)),
    }
    Some(())
}

/// Whether a cell tells of constants or tables, understood or not.
pub(super) fn says_values(cell: &str) -> bool {
    let mut parts = unguarded(cell).split(';').map(str::trim);
    parts.any(|part| part == LEFT_OUT || part.starts_with(SET) || part.starts_with(VALUE))
}

/// A text in which nothing means anything here, nor in the table around it.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if matches!(c, '%' | ';' | '=' | ':' | ',' | '"') || c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                safe += &format!("%{byte:02X}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// The inverse of [`escaped`].
fn plain(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::super::CODE;
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn split(at: usize) -> Mapping {
        Mapping { columns: [(Field::Number, at)].into(), split_number: true, more_numbers: vec![] }
    }

    #[test]
    fn how_a_file_was_read_is_said_and_understood() {
        let columns = names(&["home phone", "a;b", "x", "x", "until", CODE]);
        let mapping = Mapping {
            columns: [(Field::Number, 0), (Field::Source, 1), (Field::Expires, 4)].into(),
            split_number: false,
            more_numbers: vec![3],
        };
        let dates = Dates { said: None, proven: [true, true] };
        let carried = Carried { mapping: Some(mapping), dates, ..Carried::default() };
        let said = carried.write(&columns);
        assert_eq!(
            said,
            "number=home phone; expires=until; source=#2; number=#4; dates-seen=dmy; dates-seen=mdy"
        );
        assert_eq!(Carried::read(&said, &columns), Some(carried));
        let dates = Dates { said: Some(DateOrder::Ymd), proven: [false; 2] };
        let carried = Carried { mapping: Some(split(2)), dates, ..Carried::default() };
        assert_eq!(carried.write(&columns), "split-number=#3; dates=ymd");
        assert_eq!(Carried::read("split-number=#3; dates=ymd", &columns), Some(carried));
        for cell in [
            "",
            "number",
            "number=gone",
            "number=#9",
            "number=#0",
            "colour=x; number=until",
            "source=x",
            "number=#1; set.expires=soon",
            "number=#1; set.colour=red",
            "number=#1; value.source=a",
            "number=#1; value.jurisdiction:CA=California",
            "number=#1; set.source=%4",
            "number=#1; set.source=%FF",
        ] {
            assert_eq!(Carried::read(cell, &columns), None, "{cell}");
        }
    }

    #[test]
    fn what_no_column_holds_is_said_and_understood_whatever_stands_in_it() {
        let columns = names(&["phone", CODE]);
        let (mut constants, mut values) = (Constants::default(), Values::default());
        constants.set(Field::Source, "a;b=c, \"d\" 50% état").unwrap();
        values.add(Field::Jurisdiction, "CA:1;\n,=", "US-CA").unwrap();
        values.add(Field::Source, "", "").unwrap();
        let mut carried = Carried { mapping: Some(split(0)), constants, values, ..Carried::default() };
        let said = carried.write(&columns);
        assert!(!said.contains([',', '"', '\n']), "{said}");
        assert!(said.contains("set.source=a%3Bb%3Dc%2C %22d%22 50%25 état"), "{said}");
        assert_eq!(Carried::read(&said, &columns).as_ref(), Some(&carried));
        assert!(says_values(&said) && !says_values("number=set.x; dates=dmy"));

        (0..200).for_each(|n| carried.values.add(Field::Source, &format!("s{n}"), "house").unwrap());
        let said = carried.write(&columns);
        assert!(said.len() < LONGEST, "{said}");
        let read = Carried::read(&said, &columns).unwrap();
        assert!(read.is_short && read.values.is_empty() && says_values(&said));
        assert_eq!(read.constants, carried.constants);
    }
}

//! How a file is to be read, and its form in the ledger: a run that was killed reads its file again the same way.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::phone::Region;
use crate::files::{Constants, DateOrder, Field, InputOptions, Values};

/// How a file is to be read: what the person said, and the region where they said one.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Delimiter, encoding, header, mapping.
    pub options: InputOptions,
    /// `--region`.
    pub region: Option<Region>,
}

/// The stored form. Field names are part of the ledger: add, never rename.
#[derive(Serialize, Deserialize)]
struct Stored {
    list: String,
    delimiter: Option<u8>,
    encoding: Option<String>,
    header: Option<bool>,
    date_order: Option<String>,
    region: Option<String>,
    map: Vec<(String, String)>,
    #[serde(default)]
    sheet: Option<String>,
    #[serde(default)]
    member: Option<String>,
    #[serde(default)]
    constants: Vec<(String, String)>,
    #[serde(default)]
    values: Vec<(String, String, String)>,
    mark: Option<FileMark>,
}

/// What a file looked like from outside when its run was begun, before a byte of it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileMark {
    size: u64,
    modified: i64,
}

impl FileMark {
    /// `None` where the file cannot be looked at: opening it will say why.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        let modified = Timestamp::try_from(meta.modified().ok()?).ok()?.as_microsecond();
        Some(Self { size: meta.len(), modified })
    }
}

impl Input {
    /// JSON for [`crate::ledger::NewRun::input`].
    pub(super) fn to_json(&self, list: &str, mark: Option<FileMark>) -> String {
        let stored = Stored {
            list: list.to_owned(),
            delimiter: self.options.delimiter,
            encoding: self.options.encoding.clone(),
            header: self.options.header,
            date_order: self.options.date_order.map(|order| order_word(order).to_owned()),
            region: self.region.map(Region::code),
            map: self.options.map.iter().map(|(f, c)| (f.as_str().to_owned(), c.clone())).collect(),
            sheet: self.options.sheet.clone(),
            member: self.options.member.clone(),
            constants: self
                .options
                .constants
                .iter()
                .map(|(f, text)| (f.as_str().to_owned(), text.to_owned()))
                .collect(),
            values: self
                .options
                .values
                .iter()
                .map(|(f, cell, value)| (f.as_str().to_owned(), cell.to_owned(), value.to_owned()))
                .collect(),
            mark,
        };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// The inverse of [`Input::to_json`]: list, input and mark. `None` where the JSON is not ours.
    pub(super) fn from_json(json: &str) -> Option<(String, Self, Option<FileMark>)> {
        let stored: Stored = serde_json::from_str(json).ok()?;
        let map = stored
            .map
            .into_iter()
            .map(|(field, column)| Field::from_name(&field).map(|field| (field, column)))
            .collect::<Option<Vec<_>>>()?;
        let (mut constants, mut values) = (Constants::default(), Values::default());
        for (field, text) in &stored.constants {
            constants.set(Field::from_name(field)?, text).ok()?;
        }
        for (field, cell, value) in &stored.values {
            values.add(Field::from_name(field)?, cell, value).ok()?;
        }
        let region = match stored.region {
            Some(code) => Some(code.parse().ok()?),
            None => None,
        };
        let options = InputOptions {
            delimiter: stored.delimiter,
            encoding: stored.encoding,
            header: stored.header,
            date_order: stored.date_order.as_deref().and_then(order_from_word),
            map,
            sheet: stored.sheet,
            member: stored.member,
            constants,
            values,
        };
        Some((stored.list, Self { options, region }, stored.mark))
    }
}

fn order_word(order: DateOrder) -> &'static str {
    match order {
        DateOrder::Dmy => "dmy",
        DateOrder::Mdy => "mdy",
        DateOrder::Ymd => "ymd",
    }
}

fn order_from_word(word: &str) -> Option<DateOrder> {
    [DateOrder::Dmy, DateOrder::Mdy, DateOrder::Ymd].into_iter().find(|order| order_word(*order) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_said_survives_the_ledger() {
        let (mut constants, mut values) = (Constants::default(), Values::default());
        constants.set(Field::Source, "State_CA").unwrap();
        constants.set(Field::Jurisdiction, "inferred").unwrap();
        values.add(Field::Expires, "01/02/27", "2027-02-01").unwrap();
        let input = Input {
            options: InputOptions {
                delimiter: Some(b';'),
                encoding: Some("windows-1252".into()),
                header: Some(true),
                date_order: Some(DateOrder::Dmy),
                map: vec![(Field::Number, "Tel. 1".into()), (Field::Expires, "3".into())],
                sheet: Some("Q4".into()),
                member: None,
                constants,
                values,
            },
            region: Some(Region::US),
        };
        let mark = Some(FileMark { size: 12, modified: 34 });
        let (list, back, seen) = Input::from_json(&input.to_json("National", mark)).unwrap();
        assert_eq!((list.as_str(), seen), ("National", mark));
        assert_eq!(format!("{back:?}"), format!("{input:?}"));
        assert!(Input::from_json("{}").is_none());
    }
}

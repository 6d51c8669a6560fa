//! How a file is to be read, and its form in the ledger: a run that was killed reads its file again the same way.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::phone::Region;
use crate::files::{
    Changes, Constants, Contents, DateOrder, Field, InputOptions, UsedLayout, Values, Widths,
};

/// How a file is to be read: what the person said, and the region where they said one.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Delimiter, encoding, header, mapping and the rest. In a box: an input travels in many messages.
    pub options: Box<InputOptions>,
    /// `--region`.
    pub region: Option<Region>,
    /// Which saved layout goes below the options.
    pub layout: LayoutWish,
    /// `--scrub`: lists that its rows are held against before they go to an outbound list, by id or exact name.
    pub scrub: Vec<String>,
}

/// Which saved layout a file is read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LayoutWish {
    /// The one that fits by itself, if exactly one does.
    #[default]
    Matching,
    /// The one of this name.
    Named(String),
    /// None.
    Without,
    /// The options hold all of it already: they are read as they are, whatever the config says by now.
    Settled,
}

impl LayoutWish {
    /// The word for [`LayoutWish::Without`] where a name is asked for.
    pub const NONE: &'static str = "-";

    /// What a person named.
    pub fn named(name: &str) -> Self {
        if name == Self::NONE { Self::Without } else { Self::Named(name.to_owned()) }
    }
}

/// The stored form. Field names are part of the ledger: add, never rename.
#[derive(Serialize, Deserialize)]
struct Stored {
    list: String,
    #[serde(default)]
    scrub: Vec<String>,
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
    changes: Option<String>,
    #[serde(default)]
    widths: Option<String>,
    #[serde(default)]
    constants: Vec<(String, String)>,
    #[serde(default)]
    only_said: bool,
    #[serde(default)]
    emails: bool,
    #[serde(default)]
    values: Vec<(String, String, String)>,
    #[serde(default)]
    layout: Option<StoredLayout>,
    mark: Option<FileMark>,
}

/// The layout that the options were taken from.
#[derive(Serialize, Deserialize)]
struct StoredLayout {
    name: String,
    contents: String,
    by_match: bool,
}

impl StoredLayout {
    fn of(used: &UsedLayout) -> Self {
        let contents = used.contents.as_str().to_owned();
        Self { name: used.name.clone(), contents, by_match: used.by_match }
    }

    fn read(self) -> Option<UsedLayout> {
        let contents = Contents::from_name(&self.contents)?;
        Some(UsedLayout { name: self.name, contents, by_match: self.by_match })
    }
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
    /// Takes a person's answer to a question about the file in; `false` where the flag or its value is not known.
    pub fn answer(&mut self, flag: &str, value: &str) -> bool {
        if flag == "--layout" {
            self.layout = LayoutWish::named(value);
            return true;
        }
        self.options.answer(flag, value)
    }

    /// JSON for [`crate::ledger::NewRun::input`].
    pub(super) fn to_json(&self, list: &str, mark: Option<FileMark>) -> String {
        let stored = Stored {
            list: list.to_owned(),
            scrub: self.scrub.clone(),
            delimiter: self.options.delimiter,
            encoding: self.options.encoding.clone(),
            header: self.options.header,
            date_order: self.options.date_order.map(|order| order.as_str().to_owned()),
            region: self.region.map(Region::code),
            map: self.options.map.iter().map(|(f, c)| (f.as_str().to_owned(), c.clone())).collect(),
            sheet: self.options.sheet.clone(),
            member: self.options.member.clone(),
            changes: self.options.changes.map(|changes| changes.as_str().to_owned()),
            widths: self.options.widths.as_ref().map(Widths::to_string),
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
            only_said: self.options.only_said,
            emails: self.options.emails,
            layout: self.options.layout.as_ref().map(StoredLayout::of),
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
        let layout = match stored.layout {
            Some(stored) => Some(stored.read()?),
            None => None,
        };
        let region = match stored.region {
            Some(code) => Some(code.parse().ok()?),
            None => None,
        };
        let options = InputOptions {
            delimiter: stored.delimiter,
            encoding: stored.encoding,
            header: stored.header,
            date_order: stored.date_order.as_deref().and_then(DateOrder::from_name),
            map,
            sheet: stored.sheet,
            member: stored.member,
            widths: match stored.widths {
                Some(widths) => Some(widths.parse().ok()?),
                None => None,
            },
            changes: stored.changes.as_deref().and_then(Changes::from_name),
            constants,
            only_said: stored.only_said,
            emails: stored.emails,
            values,
            layout,
        };
        // Whatever layouts are saved by now: it is read as it was.
        Some((
            stored.list,
            Self { options: Box::new(options), region, layout: LayoutWish::Settled, scrub: stored.scrub },
            stored.mark,
        ))
    }
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
            options: Box::new(InputOptions {
                delimiter: Some(b';'),
                encoding: Some("windows-1252".into()),
                header: Some(true),
                date_order: Some(DateOrder::Dmy),
                map: vec![(Field::Number, "Tel. 1".into()), (Field::Expires, "3".into())],
                sheet: Some("Q4".into()),
                member: None,
                changes: Some(Changes::Additions),
                widths: "10,5,*".parse().ok(),
                constants,
                only_said: true,
                emails: true,
                values,
                layout: Some(UsedLayout { name: "ca".into(), contents: Contents::Delta, by_match: true }),
            }),
            region: Some(Region::US),
            layout: LayoutWish::Settled,
            scrub: vec!["National".into()],
        };
        let mark = Some(FileMark { size: 12, modified: 34 });
        let (list, back, seen) = Input::from_json(&input.to_json("National", mark)).unwrap();
        assert_eq!((list.as_str(), seen), ("National", mark));
        assert_eq!(format!("{back:?}"), format!("{input:?}"));
        assert!(Input::from_json("{}").is_none());
    }
}

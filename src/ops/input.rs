//! How a file is to be read, and its form in the ledger: a run that was killed reads its file again the same way.

use serde::{Deserialize, Serialize};

use crate::domain::phone::Region;
use crate::files::{DateOrder, Field, InputOptions};

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
}

impl Input {
    /// JSON for [`crate::ledger::NewRun::input`].
    pub(super) fn to_json(&self, list: &str) -> String {
        let stored = Stored {
            list: list.to_owned(),
            delimiter: self.options.delimiter,
            encoding: self.options.encoding.clone(),
            header: self.options.header,
            date_order: self.options.date_order.map(|order| order_word(order).to_owned()),
            region: self.region.map(|region| region.as_str().to_owned()),
            map: self.options.map.iter().map(|(f, c)| (f.as_str().to_owned(), c.clone())).collect(),
        };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// The inverse of [`Input::to_json`]: the list as named, and the input. `None` where the JSON is not ours.
    pub(super) fn from_json(json: &str) -> Option<(String, Self)> {
        let stored: Stored = serde_json::from_str(json).ok()?;
        let map = stored
            .map
            .into_iter()
            .map(|(field, column)| Field::from_name(&field).map(|field| (field, column)))
            .collect::<Option<Vec<_>>>()?;
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
        };
        Some((stored.list, Self { options, region }))
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
        let input = Input {
            options: InputOptions {
                delimiter: Some(b';'),
                encoding: Some("windows-1252".into()),
                header: Some(true),
                date_order: Some(DateOrder::Dmy),
                map: vec![(Field::Number, "Tel. 1".into()), (Field::Expires, "3".into())],
            },
            region: Some(Region::US),
        };
        let (list, back) = Input::from_json(&input.to_json("National")).unwrap();
        assert_eq!(list, "National");
        assert_eq!(format!("{back:?}"), format!("{input:?}"));
        assert!(Input::from_json("{}").is_none());
    }
}

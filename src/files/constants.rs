//! What a person says of a field that no column holds: one value for every row of the file.
//!
//! A constant holds only where no column is mapped to its field. A column that is there is read, its empty cells too (an
//! empty expiry is *never*, an empty jurisdiction is inferred); the file says so in a note, so that nobody believes in a
//! constant that does nothing. What an empty cell shall mean instead is a line of its value table ([`super::Values`]).

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::dates::{self, Reading};
use super::out::masked;
use super::sniff::note;
use super::{DateOrder, Field, Mapping};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::problem::{Code, Problem};

/// The jurisdiction is taken from the area code of each number, as it is without a constant.
const INFERRED: &str = "inferred";

/// A constant, or a value of a table, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(String);

impl BadValue {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// The constants of a file, each in the words of the person. Every one that is held can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constants {
    texts: BTreeMap<Field, String>,
}

impl Constants {
    /// Fields that can have a constant.
    pub const FIELDS: [Field; 3] = [Field::Jurisdiction, Field::Expires, Field::Source];

    /// Sets the constant of a field, in place of an earlier one. An error says what can be written there.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), BadValue> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadValue::new(format!("the constant of {} is empty", field.as_str())));
        }
        let infer = field == Field::Jurisdiction && text.eq_ignore_ascii_case(INFERRED);
        let text = if infer { INFERRED } else { text };
        if !infer {
            readable(field, text)?;
        }
        self.texts.insert(field, text.to_owned());
        Ok(())
    }

    /// Takes the constant of a field away.
    pub fn remove(&mut self, field: Field) {
        self.texts.remove(&field);
    }

    /// Every constant with its field, in the words of the person.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &str)> {
        self.texts.iter().map(|(field, text)| (*field, text.as_str()))
    }

    /// The constant of a field.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.texts.get(&field).map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// These, and `others` for the fields that have none here.
    #[must_use]
    pub fn over(&self, others: &Self) -> Self {
        let mut both = others.clone();
        both.texts.extend(self.texts.clone());
        both
    }

    /// Notes about constants of fields that a column holds: they do nothing.
    pub(super) fn idle(&self, columns: &[String], mapping: &Mapping) -> Vec<Problem> {
        let idle = self.iter().filter_map(|(field, text)| {
            let column = columns.get(*mapping.columns.get(&field)?)?;
            let field = field.as_str();
            let column = masked(column);
            let hint = format!("column “{column}” holds {field}; the constant holds with --map {field}=-");
            Some(note(Code::ConstantUnused, text, hint))
        });
        idle.collect()
    }

    /// The jurisdiction; `None` where it is inferred.
    pub(super) fn jurisdiction(&self) -> Option<Jurisdiction> {
        self.get(Field::Jurisdiction).and_then(Jurisdiction::parse)
    }

    /// The expiry; `None` = never.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.get(Field::Expires).and_then(moment).flatten()
    }
}

/// The moment that a text names in one way only, in whatever order the dates of the file are; `Some(None)` = never.
fn moment(text: &str) -> Option<Option<Timestamp>> {
    match dates::read(text, Some(DateOrder::Ymd)) {
        Reading::ForEver => Some(None),
        Reading::At { at, naive: false, .. } => Some(Some(at)),
        _ => None,
    }
}

/// Whether a value of a person reads as what the field holds.
pub(super) fn readable(field: Field, text: &str) -> Result<(), BadValue> {
    if text.chars().any(char::is_control) {
        return Err(BadValue::new(format!("the value of {} has control characters", field.as_str())));
    }
    match field {
        Field::Source => Ok(()),
        Field::Expires if moment(text).is_some() => Ok(()),
        Field::Expires => {
            Err(BadValue::new("an expiry is a date such as 2029-12-31, a time with its zone, or never"))
        }
        Field::Jurisdiction if Jurisdiction::parse(text).is_some_and(|place| place.exists()) => Ok(()),
        // Without a jurisdiction the tenant suppresses everywhere, and an entry has to name one.
        Field::Jurisdiction if ["everywhere", "all", "*"].contains(&text.to_ascii_lowercase().as_str()) => {
            Err(BadValue::new(
                "an entry names its jurisdiction, there is none for everywhere: a place such as US-CA, \
                 a whole country such as US, or inferred",
            ))
        }
        Field::Jurisdiction => {
            Err(BadValue::new("a jurisdiction is a place such as US-CA, a country such as US, or inferred"))
        }
        Field::Number | Field::Notes | Field::RangeEnd | Field::Change | Field::Email => Err(BadValue::new(
            format!("only jurisdiction, expires and source have such values, not {}", field.as_str()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Field::Expires, "2029-12-31")]
    #[case(Field::Expires, "2029-12-31T10:00:00Z")]
    #[case(Field::Expires, "31 Dec 2029")]
    #[case(Field::Expires, "Never")]
    #[case(Field::Source, "State_CA")]
    #[case(Field::Jurisdiction, "us-ca")]
    #[case(Field::Jurisdiction, "US")]
    #[case(Field::Jurisdiction, "Inferred")]
    fn a_constant_is_what_a_cell_could_say(#[case] field: Field, #[case] text: &str) {
        let mut constants = Constants::default();
        constants.set(field, text).unwrap();
        assert!(constants.get(field).unwrap().eq_ignore_ascii_case(text));
    }

    #[rstest]
    #[case(Field::Expires, "03/04/2029", "such as 2029-12-31")]
    #[case(Field::Expires, "31.12.2029", "such as 2029-12-31")]
    #[case(Field::Expires, "2029-12-31 10:00", "with its zone")]
    #[case(Field::Expires, "soon", "or never")]
    #[case(Field::Source, "a\u{7}b", "control characters")]
    #[case(Field::Source, "  ", "is empty")]
    #[case(Field::Jurisdiction, "everywhere", "none for everywhere")]
    #[case(Field::Jurisdiction, "California", "such as US-CA")]
    #[case(Field::Jurisdiction, "US-XX", "such as US-CA")]
    #[case(Field::Number, "2025550101", "not number")]
    #[case(Field::Notes, "x", "not notes")]
    fn what_cannot_be_read_is_refused_with_what_can(
        #[case] field: Field,
        #[case] text: &str,
        #[case] said: &str,
    ) {
        let mut constants = Constants::default();
        let why = constants.set(field, text).unwrap_err().to_string();
        assert!(why.contains(said), "{why}");
        assert!(constants.is_empty());
    }

    #[test]
    fn a_moment_is_the_end_of_its_day_and_never_is_none() {
        let mut constants = Constants::default();
        constants.set(Field::Expires, "2029-12-31").unwrap();
        assert_eq!(constants.expires(), Some("2029-12-31T23:59:59Z".parse().unwrap()));
        constants.set(Field::Expires, "never").unwrap();
        constants.set(Field::Jurisdiction, "inferred").unwrap();
        assert_eq!((constants.expires(), constants.jurisdiction()), (None, None));
    }
}

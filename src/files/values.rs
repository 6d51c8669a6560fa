//! What the words of a source mean: per field a table from the cell as it stands to the value it is read as, such as
//! `CA` → `US-CA`.
//!
//! A cell is looked for without the spaces around it and without regard to upper and lower case; a line for the empty cell
//! says what that means. A cell that is not in the table is read as it stands. Problems and previews show the cell, not
//! the value. A value has one reading whatever the order of the file's dates, so a table decides no order.

use std::collections::BTreeMap;

use super::Field;
use super::constants::{BadValue, readable};

/// The value tables of a file. Every value that is held can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// By the reduced cell: the cell in the words of the person, and its value.
    tables: BTreeMap<Field, BTreeMap<String, (String, String)>>,
}

fn reduced(cell: &str) -> String {
    cell.trim().to_lowercase()
}

impl Values {
    /// Adds a line to the table of a field. An empty value makes the cell read as an empty one.
    pub fn add(&mut self, field: Field, cell: &str, value: &str) -> Result<(), BadValue> {
        let (cell, value) = (cell.trim(), value.trim());
        if value.is_empty() {
            // Which fields can have a table is told by any value; this one is read by none.
            if !super::Constants::FIELDS.contains(&field) {
                return readable(field, value);
            }
        } else {
            readable(field, value)?;
        }
        let table = self.tables.entry(field).or_default();
        let key = reduced(cell);
        if table.get(&key).is_some_and(|(_, before)| before != value) {
            return Err(BadValue::new(format!(
                "“{cell}” has two values in the table of {}: upper and lower case mean the same",
                field.as_str()
            )));
        }
        table.insert(key, (cell.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Every line: field, cell, value.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &str, &str)> {
        self.tables.iter().flat_map(|(field, table)| {
            table.values().map(|(cell, value)| (*field, cell.as_str(), value.as_str()))
        })
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// These lines, and those of `others` for cells that have none here.
    #[must_use]
    pub fn over(&self, others: &Self) -> Self {
        let mut both = others.clone();
        for (field, table) in &self.tables {
            both.tables.entry(*field).or_default().extend(table.clone());
        }
        both
    }

    /// Whether a field has a table.
    pub(super) fn has(&self, field: Field) -> bool {
        self.tables.contains_key(&field)
    }

    /// What a cell is read as.
    pub fn of<'a>(&'a self, field: Field, cell: &'a str) -> &'a str {
        match self.tables.get(&field) {
            None => cell,
            Some(table) => table.get(&reduced(cell)).map_or(cell, |(_, value)| value.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_found_whatever_its_case_and_spaces() {
        let mut values = Values::default();
        values.add(Field::Jurisdiction, "CA", "US-CA").unwrap();
        values.add(Field::Expires, "01/02/27", "2027-02-01").unwrap();
        values.add(Field::Source, "", "house list").unwrap();
        assert_eq!(values.of(Field::Jurisdiction, " ca "), "US-CA");
        assert_eq!(values.of(Field::Jurisdiction, "NV"), "NV");
        assert_eq!(values.of(Field::Expires, "01/02/27"), "2027-02-01");
        assert_eq!(values.of(Field::Source, "  "), "house list");
        assert_eq!(values.of(Field::Notes, "CA"), "CA");
    }

    #[test]
    fn a_value_that_cannot_be_read_or_is_said_twice_is_refused() {
        let mut values = Values::default();
        assert!(values.add(Field::Jurisdiction, "CA", "California").is_err());
        assert!(values.add(Field::Expires, "x", "01/02/27").is_err());
        assert!(values.add(Field::Number, "x", "").is_err());
        assert!(values.is_empty());
        values.add(Field::Jurisdiction, "CA", "US-CA").unwrap();
        values.add(Field::Jurisdiction, "ca", "US-CA").unwrap();
        let why = values.add(Field::Jurisdiction, "Ca", "CA-ON").unwrap_err();
        assert!(why.to_string().contains("two values"), "{why}");
        assert_eq!(values.of(Field::Jurisdiction, "CA"), "US-CA");
    }

    #[test]
    fn a_line_of_the_person_goes_before_one_of_the_layout() {
        let (mut said, mut saved) = (Values::default(), Values::default());
        said.add(Field::Source, "a", "mine").unwrap();
        saved.add(Field::Source, "A", "theirs").unwrap();
        saved.add(Field::Source, "b", "theirs too").unwrap();
        let both = said.over(&saved);
        assert_eq!((both.of(Field::Source, "a"), both.of(Field::Source, "B")), ("mine", "theirs too"));
    }
}

//! What a person says beside the file: constants for missing columns, and what the words of a column mean.

use super::*;
use quietline::ops::{Constants, Values};

fn constants(texts: &[(Field, &str)]) -> InputOptions {
    let mut constants = Constants::default();
    texts.iter().for_each(|(field, text)| constants.set(*field, text).unwrap());
    InputOptions { constants, ..InputOptions::default() }
}

fn values(lines: &[(Field, &str, &str)]) -> InputOptions {
    let mut values = Values::default();
    lines.iter().for_each(|(field, cell, value)| values.add(*field, cell, value).unwrap());
    InputOptions { values, ..InputOptions::default() }
}

#[test]
fn a_constant_stands_in_for_a_missing_column() {
    let said = constants(&[
        (Field::Expires, "2029-12-31"),
        (Field::Source, "State_CA"),
        (Field::Jurisdiction, "US-NV"),
    ]);
    let checked = check_with("phone\n2025550101\n7025550102\n", &said).unwrap();
    let intents: Vec<_> = checked.intents.iter().collect();
    assert_eq!(intents.len(), 2);
    for intent in &intents {
        assert_eq!(intent.attributes.expires, Some("2029-12-31T23:59:59Z".parse().unwrap()));
        assert_eq!(intent.attributes.source.as_deref(), Some("State_CA"));
        assert_eq!(intent.attributes.jurisdiction.as_str(), "US-NV");
    }
    assert_eq!(codes(&checked, 1), [Code::JurisdictionMismatch], "202 is no area code of Nevada");
    assert_eq!(codes(&checked, 2), []);
    assert_eq!(checked.counts.get(&Code::InferredJurisdiction), None, "the jurisdiction was said");
}

#[test]
fn a_column_goes_before_a_constant_and_its_empty_cells_mean_what_they_meant() {
    let said = constants(&[(Field::Expires, "2029-12-31"), (Field::Source, "house")]);
    let text = "phone,expires,source\n2025550101,,\n2025550102,2027-12-31,list\n";
    let checked = check_with(text, &said).unwrap();
    let intents: Vec<_> = checked.intents.iter().collect();
    assert_eq!(intents[0].attributes.expires, None, "an empty expiry is never");
    assert_eq!(intents[0].attributes.source, None);
    assert_eq!(intents[1].attributes.source.as_deref(), Some("list"));
    assert_eq!(checked.counts.get(&Code::ConstantUnused), Some(&2));
    let note = checked.problems.iter().find(|problem| problem.code == Code::ConstantUnused).unwrap();
    assert!(note.hint.contains("--map expires=-"), "{}", note.hint);

    let map = vec![(Field::Expires, "-".into())];
    let checked = check_with(text, &InputOptions { map, ..said }).unwrap();
    let until: Vec<_> = checked.intents.iter().map(|intent| intent.attributes.expires).collect();
    assert_eq!(until, [Some("2029-12-31T23:59:59Z".parse().unwrap()); 2]);
}

#[test]
fn a_constant_in_the_past_is_told_once_and_not_for_every_row() {
    let said = constants(&[(Field::Expires, "2020-01-01")]);
    let error = check_with("phone\n2025550101\n", &said).unwrap_err();
    assert_eq!(error.code(), "bad-constant");
    assert!(error.to_string().contains("2020-01-01"), "{error}");
    let with_column = check_with("phone,expires\n2025550101,2027-12-31\n", &said).unwrap();
    assert_eq!((with_column.valid, codes(&with_column, 0)), (1, vec![Code::ConstantUnused]));
}

#[test]
fn the_words_of_a_source_are_read_by_table_and_shown_as_they_stand() {
    let said = values(&[
        (Field::Jurisdiction, "CA", "US-CA"),
        (Field::Jurisdiction, "Nev.", "US-NV"),
        (Field::Jurisdiction, "", "US-DC"),
        (Field::Expires, "01/02/27", "2027-02-01"),
        (Field::Expires, "old", "2020-01-01"),
        (Field::Source, "1", "State_CA"),
    ]);
    let text = "phone,state,expires,source\n\
                4155550101,ca ,01/02/27,1\n\
                2025550102,Nev.,2027-12-31,2\n\
                2025550103,,,1\n\
                2025550104,Utah,old,\n";
    let checked = check_with(text, &said).unwrap();
    let read: Vec<_> = checked
        .intents
        .iter()
        .map(|intent| {
            let attributes = &intent.attributes;
            let source = attributes.source.as_deref().unwrap_or_default().to_owned();
            (intent.row, attributes.jurisdiction.to_string(), attributes.expires.is_some(), source)
        })
        .collect();
    let row = |row, place: &str, ends, source: &str| (row, place.to_owned(), ends, source.to_owned());
    assert_eq!(
        read,
        [row(2, "US-NV", true, "2"), row(3, "US-DC", false, "State_CA"), row(1, "US-CA", true, "State_CA")]
    );
    assert_eq!(codes(&checked, 2), [Code::JurisdictionMismatch]);
    let shown: Vec<_> =
        checked.problems.iter().filter(|p| p.place.row == 4).map(|p| (p.code, p.raw.to_string())).collect();
    assert_eq!(shown, [(Code::BadJurisdiction, "Utah".into()), (Code::PastExpiry, "old".into())]);
}

#[test]
fn a_table_of_dates_leaves_no_question_and_proves_no_order() {
    let text = "phone,expires\n2025550101,13/04/2027\n2025550102,03/04/2027\n";
    let checked = check_with(text, &InputOptions::default()).unwrap();
    assert_eq!(checked.valid, 2, "the first date decides about the second");
    let checked = check_with(text, &values(&[(Field::Expires, "13/04/2027", "2027-04-13")])).unwrap();
    assert_eq!(rejections(&checked), [(2, Code::AmbiguousDate)], "a line of the table decides about none");
}

use super::later::row_of;
use super::*;
use crate::domain::entry::Attributes;
use crate::domain::job::JobError;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::plan::{Extra, Op};

fn row() -> PlanRow {
    PlanRow {
        identifier: E164::from_canonical("+12025550101").unwrap().into(),
        attributes: Attributes {
            jurisdiction: Jurisdiction::parse("US-DC").unwrap(),
            expires: None,
            source: Some("state".into()),
        },
        op: Op::Add,
        row: 1,
        replaces: vec![],
        before: None,
        generation: 0,
        extra: Extra::default(),
    }
}

#[test]
fn a_repeat_has_the_same_key_wherever_it_stands_in_the_file() {
    let later = PlanRow { row: 99, op: Op::Update, replaces: vec!["e1".into()], ..row() };
    assert_eq!(idempotency_key("acme", "L", &row()), idempotency_key("acme", "L", &later));
}

#[test]
fn everything_that_changes_the_effect_changes_the_key() {
    let base = idempotency_key("acme", "L", &row());
    let with = |change: &dyn Fn(&mut PlanRow)| {
        let mut other = row();
        change(&mut other);
        idempotency_key("acme", "L", &other)
    };
    let others = [
        idempotency_key("acme2", "L", &row()),
        idempotency_key("acme", "L2", &row()),
        // Parts must not run together: tenant "acmeL" on list "" is not tenant "acme" on list "L".
        idempotency_key("acmeL", "", &row()),
        with(&|row| row.identifier = E164::from_canonical("+12025550102").unwrap().into()),
        with(&|row| row.attributes.jurisdiction = Jurisdiction::parse("US-MD").unwrap()),
        with(&|row| row.attributes.expires = Some(Timestamp::UNIX_EPOCH)),
        with(&|row| row.attributes.source = None),
        with(&|row| row.generation = 1),
    ];
    let distinct: std::collections::HashSet<_> = others.iter().chain([&base]).collect();
    assert_eq!(distinct.len(), others.len() + 1);
}

#[test]
fn an_error_of_a_job_is_about_the_number_it_names_and_not_about_its_place() {
    let number = |digits| E164::from_digits(digits).unwrap();
    let rows = [(7, number(12_025_550_101)), (8, number(12_025_550_102)), (9, number(12_025_550_103))];
    let says = |index: Option<usize>, raw: Option<&str>| {
        let raw = raw.map(str::to_owned);
        row_of(&JobError { index, raw, code: "BAD".into(), message: String::new() }, &rows)
    };
    assert_eq!(says(Some(1), None), Some(8));
    assert_eq!(says(None, Some("+12025550103")), Some(9));
    assert_eq!(says(None, Some("+1 (202) 555-0103")), Some(9), "however it is spelled");
    assert_eq!(says(Some(0), Some("+12025550102")), Some(8), "a place that counts otherwise");
    assert_eq!(says(Some(0), Some("+12025550199")), None, "a number that was not sent");
    assert_eq!((says(Some(3), None), says(None, None), says(None, Some("n/a"))), (None, None, None));
}

use super::*;
use crate::domain::entry::Attributes;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::plan::{Extra, Op};

fn row() -> PlanRow {
    PlanRow {
        number: E164::from_canonical("+12025550101").unwrap(),
        attributes: Attributes {
            jurisdiction: Jurisdiction::parse("US-DC").unwrap(),
            expires: None,
            source: Some("state".into()),
        },
        op: Op::Add,
        row: 1,
        replaces: vec![],
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
        with(&|row| row.number = E164::from_canonical("+12025550102").unwrap()),
        with(&|row| row.attributes.jurisdiction = Jurisdiction::parse("US-MD").unwrap()),
        with(&|row| row.attributes.expires = Some(Timestamp::UNIX_EPOCH)),
        with(&|row| row.attributes.source = None),
        with(&|row| row.generation = 1),
    ];
    let distinct: std::collections::HashSet<_> = others.iter().chain([&base]).collect();
    assert_eq!(distinct.len(), others.len() + 1);
}

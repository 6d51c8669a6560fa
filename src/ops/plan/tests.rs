use super::*;
use crate::domain::entry::Attributes;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::plan::Extra;
use crate::domain::rule::Scope;
use crate::files::Intent;
use crate::ops::scrub::Scrub;

fn number(text: &str) -> E164 {
    E164::from_canonical(text).unwrap()
}

fn day(text: &str) -> Option<Timestamp> {
    Some(format!("{text}T23:59:59Z").parse().unwrap())
}

fn intent(text: &str, expires: Option<Timestamp>, row: u64) -> Intent {
    let jurisdiction = Jurisdiction::parse("US-DC").unwrap();
    Intent {
        identifier: number(text).into(),
        attributes: Attributes { jurisdiction, expires, source: None },
        row,
    }
}

fn remote(id: &str, raw: &str, normal: &str, expires: Option<Timestamp>) -> RemoteEntry {
    RemoteEntry {
        id: id.into(),
        list: ListId("L".into()),
        raw: raw.into(),
        identifier: Some(number(normal).into()),
        jurisdiction: Some("US-DC".into()),
        expires,
        source: Some("state".into()),
        key: None,
    }
}

fn wanted(intent: Intent) -> Wanted {
    Wanted { intent, extra: Extra::default(), barred: None }
}

fn ops_of(intents: &[Intent], remote: &[RemoteEntry]) -> Vec<(Op, Vec<String>)> {
    let planned =
        plan_rows(Destination::Entries, intents.iter().cloned().map(wanted), remote, &HashMap::new());
    planned.rows.into_iter().map(|row| (row.op, row.replaces)).collect()
}

#[test]
fn a_number_that_is_not_there_is_added() {
    assert_eq!(ops_of(&[intent("+12025550101", None, 1)], &[]), [(Op::Add, vec![])]);
}

#[test]
fn a_number_that_is_there_as_wanted_is_left_alone() {
    let there = [remote("e1", "+12025550101", "+12025550101", day("2027-12-31"))];
    let wanted = [intent("+12025550101", day("2027-12-31"), 1)];
    assert_eq!(ops_of(&wanted, &there), [(Op::Unchanged, vec![])]);
}

#[test]
fn other_attributes_replace_every_record_of_the_number() {
    let there = [
        remote("e1", "+12025550101", "+12025550101", day("2026-12-31")),
        remote("e2", "(202) 555-0101", "+12025550101", day("2026-12-31")),
    ];
    let wanted = [intent("+12025550101", None, 1)];
    assert_eq!(ops_of(&wanted, &there), [(Op::Update, vec!["e1".into(), "e2".into()])]);
}

#[test]
fn a_record_that_stands_beside_another_is_replaced_with_it() {
    let there = [
        remote("e1", "+12025550101", "+12025550101", day("2026-12-31")),
        remote("e2", "+12025550101", "+12025550101", day("2027-12-31")),
    ];
    let wanted = [intent("+12025550101", day("2027-12-31"), 1)];
    assert_eq!(ops_of(&wanted, &there), [(Op::Update, vec!["e1".to_owned(), "e2".to_owned()])]);
}

#[test]
fn a_spelling_that_is_not_e164_is_not_taken_for_the_number() {
    let there = [remote("e1", "202-555-0101", "+12025550101", None)];
    assert_eq!(ops_of(&[intent("+12025550101", None, 1)], &there), [(Op::Update, vec!["e1".into()])]);
}

#[test]
fn an_expiry_that_comes_forward_is_counted() {
    let there = [remote("e1", "+12025550101", "+12025550101", None)];
    let forward = plan_rows(
        Destination::Entries,
        [intent("+12025550101", day("2027-12-31"), 1)].into_iter().map(wanted),
        &there,
        &HashMap::new(),
    );
    assert_eq!(forward.shortened, 1);
    let back = plan_rows(
        Destination::Entries,
        [intent("+12025550101", None, 1)].into_iter().map(wanted),
        &[remote("e1", "+12025550101", "+12025550101", day("2027-12-31"))],
        &HashMap::new(),
    );
    assert_eq!(back.shortened, 0);
}

#[test]
fn a_plan_is_stale_once_the_list_holds_what_it_would_add() {
    let to = Destination::Entries;
    let asked = [intent("+12025550101", None, 1)];
    let rows = plan_rows(to, asked.into_iter().map(wanted), &[], &HashMap::new()).rows;
    assert!(is_fresh(to, &rows, &[], &HashMap::new(), &Scrub::default()));
    let there = [remote("e1", "+12025550101", "+12025550101", None)];
    assert!(!is_fresh(to, &rows, &there, &HashMap::new(), &Scrub::default()));
    let repaired = HashMap::from([(number("+12025550101"), 1)]);
    assert!(!is_fresh(to, &rows, &[], &repaired, &Scrub::default()));
}

#[test]
fn the_baseline_takes_the_e164_spelling_of_a_number() {
    let there = [
        remote("e1", "202-555-0101", "+12025550101", day("2026-12-31")),
        remote("e2", "+12025550101", "+12025550101", None),
        RemoteEntry { identifier: None, ..remote("e3", "n/a", "+12025550102", None) },
    ];
    let baseline = baseline(&there);
    assert_eq!(baseline.len(), 1);
    assert_eq!(baseline[0].attributes.expires, None);
}

fn rule(scope: Scope, active: bool, action: Action) -> Rule {
    Rule {
        id: "R".into(),
        name: "National".into(),
        description: String::new(),
        scope,
        priority: 10,
        lists: vec![ListId("L".into())],
        action,
        active,
    }
}

#[test]
fn the_effect_names_the_channels_and_says_when_nothing_enforces_the_list() {
    let list = DncList {
        id: ListId("L".into()),
        name: "National".into(),
        description: String::new(),
        kind: "MANUAL".into(),
        active: true,
        default_expires: None,
        entry_count: None,
    };
    let counts = Counts { rows: 2, add: 2, ..Counts::default() };
    let minute = Duration::from_secs(60);
    let rules = [rule(Scope::Both, true, Action::Block)];
    let effect = effect_sentence(&counts, &enforcing_rules(&list, &rules), "PRODUCTION", minute);
    assert!(effect.starts_with("suppress 2 more numbers for OUTBOUND and INBOUND in PRODUCTION"), "{effect}");
    for idle in [rule(Scope::Both, false, Action::Block), rule(Scope::Both, true, Action::Allow)] {
        let rules = [idle];
        let effect = effect_sentence(&counts, &enforcing_rules(&list, &rules), "PRODUCTION", minute);
        assert!(effect.contains("nothing will be suppressed"), "{effect}");
    }
    let inactive = DncList { active: false, ..list };
    assert!(enforcing_rules(&inactive, &rules).is_empty());
}

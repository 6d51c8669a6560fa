use super::effect::effect_sentence;
use super::*;
use crate::domain::entry::Attributes;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::plan::Extra;
use crate::domain::plan::{Counts, Op};
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

fn planned(
    operation: Operation,
    intents: &[Intent],
    remote: &[RemoteEntry],
    ours: &[Expected],
) -> PlannedRows {
    let generations = HashMap::new();
    let against = Against { to: Destination::Entries, operation, remote, generations: &generations, ours };
    plan_rows(&against, intents.iter().cloned().map(wanted))
}

fn ops_of(intents: &[Intent], remote: &[RemoteEntry]) -> Vec<(Op, Vec<String>)> {
    let planned = planned(Operation::Add, intents, remote, &[]);
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
    let forward = planned(Operation::Add, &[intent("+12025550101", day("2027-12-31"), 1)], &there, &[]);
    assert_eq!(forward.shortened, 1);
    let before = forward.rows[0].before.as_ref().unwrap();
    assert_eq!((before.expires, before.source.as_deref()), (None, Some("state")));
    let there = [remote("e1", "+12025550101", "+12025550101", day("2027-12-31"))];
    assert_eq!(planned(Operation::Add, &[intent("+12025550101", None, 1)], &there, &[]).shortened, 0);
}

#[test]
fn a_plan_is_stale_once_the_list_holds_what_it_would_add() {
    let asked = [intent("+12025550101", None, 1)];
    let rows = planned(Operation::Add, &asked, &[], &[]).rows;
    let otherwise = |remote: &[RemoteEntry], generations: &HashMap<E164, u32>| {
        let to = Destination::Entries;
        let against = Against { to, operation: Operation::Add, remote, generations, ours: &[] };
        planned_otherwise(&rows, &against, &Scrub::default())
    };
    assert_eq!(otherwise(&[], &HashMap::new()), 0);
    let there = [remote("e1", "+12025550101", "+12025550101", None)];
    assert_eq!(otherwise(&there, &HashMap::new()), 1);
    assert_eq!(otherwise(&[], &HashMap::from([(number("+12025550101"), 1)])), 1);
}

#[test]
fn a_removal_takes_off_every_record_of_the_number_and_nothing_else() {
    let there = [
        remote("e1", "+12025550101", "+12025550101", day("2026-12-31")),
        remote("e2", "(202) 555-0101", "+12025550101", None),
        remote("e3", "+12025550103", "+12025550103", None),
    ];
    let asked = [intent("+12025550101", None, 1), intent("+12025550102", None, 2)];
    let rows = planned(Operation::Remove, &asked, &there, &[]).rows;
    let ops: Vec<_> = rows.iter().map(|row| (row.op, row.replaces.join(" "))).collect();
    assert_eq!(ops, [(Op::Remove, "e1 e2".to_owned()), (Op::Unchanged, String::new())]);
    assert_eq!(
        rows[0].before.as_ref().unwrap().expires,
        day("2026-12-31"),
        "the one in E.164 is what stood there"
    );
}

#[test]
fn a_number_that_its_file_adds_as_well_stays() {
    let there = [remote("e1", "+12025550101", "+12025550101", None)];
    let generations = HashMap::new();
    let (to, operation) = (Destination::Entries, Operation::Remove);
    let against = Against { to, operation, remote: &there, generations: &generations, ours: &[] };
    let kept = Wanted { barred: Some("both".into()), ..wanted(intent("+12025550101", None, 1)) };
    let rows = plan_rows(&against, std::iter::once(kept)).rows;
    assert_eq!(rows[0].op, Op::Unchanged);
    assert_eq!(
        planned_otherwise(&rows, &against, &Scrub::default()),
        0,
        "and so it is when it is looked at again"
    );
}

fn expected(text: &str, expires: Option<Timestamp>) -> Expected {
    let attributes = ExpectedAttributes { jurisdiction: Some("US-DC".into()), expires, source: None };
    Expected { identifier: number(text).into(), attributes }
}

#[test]
fn a_snapshot_takes_off_what_is_ours_and_it_does_not_name() {
    let there = [
        remote("ours-named", "+12025550101", "+12025550101", None),
        remote("ours-left-out", "+12025550102", "+12025550102", None),
        remote("foreign", "+12025550103", "+12025550103", None),
        remote("ours-changed-by-others", "+12025550104", "+12025550104", day("2026-12-31")),
        remote("beside-ours", "+12025550105", "+12025550105", day("2026-12-31")),
        remote("ours", "+12025550105", "+12025550105", None),
    ];
    let ours: Vec<Expected> =
        ["+12025550101", "+12025550102", "+12025550104", "+12025550105", "+12025550106"]
            .map(|text| expected(text, None))
            .into();
    let asked = [intent("+12025550101", None, 1), intent("+12025550107", None, 2)];
    let planned = planned(Operation::Sync, &asked, &there, &ours);
    let rows: Vec<_> = planned
        .rows
        .iter()
        .map(|row| (row.identifier.whole(), row.op, row.row, row.replaces.join(" ")))
        .collect();
    assert_eq!(
        rows,
        [
            ("+12025550101".into(), Op::Unchanged, 1, String::new()),
            ("+12025550102".into(), Op::Remove, 0, "ours-left-out".into()),
            ("+12025550105".into(), Op::Remove, 0, "ours".into()),
            ("+12025550107".into(), Op::Add, 2, String::new()),
        ]
    );
    assert_eq!(planned.foreign, 1);
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

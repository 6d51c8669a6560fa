use proptest::prelude::*;

use super::effect::effect_sentence;
use super::*;
use crate::domain::entry::{Attributes, RemoteEntry};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::phone::E164;
use crate::domain::plan::Extra;
use crate::domain::plan::{Counts, Op, PlanRow};
use crate::domain::rule::Scope;
use crate::files::Intent;
use crate::ledger::{Generation, Rows, Sorted};
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

/// What a plan came to.
struct Came {
    rows: Vec<PlanRow>,
    tallies: Tallies,
}

fn against(
    operation: Operation,
    remote: &[RemoteEntry],
    ours: &[Expected],
    generations: &[(E164, u32)],
) -> Against {
    let generations =
        generations.iter().map(|(number, n)| Generation { whom: (*number).into(), generation: *n });
    Against {
        to: Destination::Entries,
        operation,
        there: Beside::new(Sorted::of(remote.to_vec()).rows()),
        generations: Beside::new(Sorted::of(generations.collect()).rows()),
        ours: Beside::new(Box::new(ours.iter().cloned().map(Ok).collect::<Vec<_>>().into_iter())),
    }
}

fn plan_all(against: Against, wanted: impl Iterator<Item = Result<Wanted, OpsError>>) -> Came {
    let mut planner = Planner::new(against, wanted);
    let rows = std::iter::from_fn(|| planner.next_row().transpose()).collect::<Result<_, _>>().unwrap();
    Came { rows, tallies: planner.tallies }
}

fn planned(operation: Operation, intents: &[Intent], remote: &[RemoteEntry], ours: &[Expected]) -> Came {
    let intents = intents.iter().cloned().map(wanted).map(Ok);
    plan_all(against(operation, remote, ours, &[]), intents)
}

/// Rows that would be planned otherwise.
fn otherwise(rows: &[PlanRow], against: Against) -> u64 {
    let stored =
        || -> Rows<PlanRow> { Box::new(rows.iter().cloned().map(Ok).collect::<Vec<_>>().into_iter()) };
    let operation = against.operation;
    let again = plan_all(against, Wanted::all_again(stored(), operation, &Scrub::default())).rows;
    differing(stored(), again.into_iter().map(Ok)).unwrap()
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
    assert_eq!(ops_of(&wanted, &there), [(Op::Update, vec!["e2".into(), "e1".into()])]);
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
    assert_eq!(forward.tallies.shortened, 1);
    let before = forward.rows[0].before.as_ref().unwrap();
    assert_eq!((before.expires, before.source.as_deref()), (None, Some("state")));
    let there = [remote("e1", "+12025550101", "+12025550101", day("2027-12-31"))];
    assert_eq!(planned(Operation::Add, &[intent("+12025550101", None, 1)], &there, &[]).tallies.shortened, 0);
}

#[test]
fn a_plan_is_stale_once_the_list_holds_what_it_would_add() {
    let asked = [intent("+12025550101", None, 1)];
    let rows = planned(Operation::Add, &asked, &[], &[]).rows;
    let otherwise = |remote: &[RemoteEntry], generations: &[(E164, u32)]| {
        otherwise(&rows, against(Operation::Add, remote, &[], generations))
    };
    assert_eq!(otherwise(&[], &[]), 0);
    let there = [remote("e1", "+12025550101", "+12025550101", None)];
    assert_eq!(otherwise(&there, &[]), 1);
    assert_eq!(otherwise(&[], &[(number("+12025550101"), 1)]), 1);
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
    assert_eq!(ops, [(Op::Remove, "e2 e1".to_owned()), (Op::Unchanged, String::new())]);
    assert_eq!(
        rows[0].before.as_ref().unwrap().expires,
        day("2026-12-31"),
        "the one in E.164 is what stood there"
    );
}

#[test]
fn a_number_that_its_file_adds_as_well_stays() {
    let there = [remote("e1", "+12025550101", "+12025550101", None)];
    let kept = Wanted { barred: Some("both".into()), ..wanted(intent("+12025550101", None, 1)) };
    let against = || against(Operation::Remove, &there, &[], &[]);
    let rows = plan_all(against(), std::iter::once(Ok(kept))).rows;
    assert_eq!(rows[0].op, Op::Unchanged);
    assert_eq!(otherwise(&rows, against()), 0, "and so it is when it is looked at again");
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
    assert_eq!(planned.tallies.foreign, 1);
}

#[test]
fn the_baseline_takes_the_e164_spelling_of_a_number() {
    let there = [
        remote("e1", "202-555-0101", "+12025550101", day("2026-12-31")),
        remote("e2", "+12025550101", "+12025550101", None),
        RemoteEntry { identifier: None, ..remote("e3", "n/a", "+12025550102", None) },
    ];
    let there = Records::of(Sorted::of(there.to_vec()));
    let baseline: Vec<Expected> = baseline(&there).collect::<Result<_, _>>().unwrap();
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

/// A number of the line, its day of expiry, and how it is spelled.
fn any_record() -> impl Strategy<Value = (u64, Option<u8>, bool)> {
    (0u64..25, prop::option::of(1u8..4), any::<bool>())
}

fn of_line(n: u64) -> String {
    format!("+120255501{n:02}")
}

fn on(day_of_month: Option<u8>) -> Option<Timestamp> {
    day_of_month.and_then(|n| day(&format!("2027-01-0{n}")))
}

proptest! {
    /// The stream against tables: for each number of the file, and of ours, everything that stands there is looked up.
    #[test]
    fn a_plan_in_a_stream_is_the_plan_with_everything_in_memory(
        there in prop::collection::vec(any_record(), 0..40),
        asked in prop::collection::btree_map(0u64..25, prop::option::of(1u8..4), 0..25),
        ours in prop::collection::btree_map(0u64..25, prop::option::of(1u8..4), 0..25),
        operation in prop::sample::select(vec![Operation::Add, Operation::Remove, Operation::Sync]),
    ) {
        let there: Vec<RemoteEntry> = (0..).zip(&there).map(|(nth, (n, expires, canonical))| {
            let spelled = if *canonical { of_line(*n) } else { format!("(202) 555-01{n:02}") };
            remote(&format!("e{nth:02}"), &spelled, &of_line(*n), on(*expires))
        }).collect();
        let asked: Vec<Intent> =
            asked.iter().map(|(n, expires)| intent(&of_line(*n), on(*expires), n + 1)).collect();
        let ours: Vec<Expected> = ours.iter().map(|(n, expires)| expected(&of_line(*n), on(*expires))).collect();
        let came = planned(operation, &asked, &there, &ours);

        let mut wanted = Vec::new();
        for n in 0..25 {
            let whom = of_line(n);
            let asked = asked.iter().find(|it| it.identifier.whole() == whom);
            let mine = ours.iter().find(|it| it.identifier.whole() == whom);
            let all: Vec<&RemoteEntry> = there.iter().filter(|it| it.identifier.as_ref().unwrap().whole() == whom).collect();
            let ids = |records: &[&RemoteEntry]| {
                let mut ids: Vec<String> = records.iter().map(|it| it.id.clone()).collect();
                ids.sort();
                ids
            };
            let says = |it: &&RemoteEntry, expires| it.raw == whom && it.expires == expires;
            wanted.extend(match (operation, asked, mine) {
                (Operation::Remove, Some(_), _) if all.is_empty() => Some((n, Op::Unchanged, Vec::new())),
                (Operation::Remove, Some(_), _) => Some((n, Op::Remove, ids(&all))),
                (Operation::Remove, None, _) => None,
                (_, Some(_), _) if all.is_empty() => Some((n, Op::Add, Vec::new())),
                (_, Some(asked), _) if all.len() == 1 && says(&all[0], asked.attributes.expires) =>
                    Some((n, Op::Unchanged, Vec::new())),
                (_, Some(_), _) => Some((n, Op::Update, ids(&all))),
                (Operation::Sync, None, Some(mine)) => {
                    let written: Vec<&RemoteEntry> =
                        all.into_iter().filter(|it| says(it, mine.attributes.expires)).collect();
                    (!written.is_empty()).then(|| (n, Op::Remove, ids(&written)))
                }
                _ => None,
            });
        }
        let came: Vec<(u64, Op, Vec<String>)> = came.rows.into_iter().map(|mut row| {
            row.replaces.sort();
            (row.identifier.phone().unwrap().digits() % 100, row.op, row.replaces)
        }).collect();
        prop_assert_eq!(came, wanted);
    }
}

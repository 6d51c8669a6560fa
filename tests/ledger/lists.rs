//! What a list should hold, where its numbers came from, and what the gate asks.

use quietline::domain::diff::{Diff, DiffKind, Difference, Expected, ExpectedAttributes};
use quietline::domain::entry::RemoteEntry;
use quietline::domain::identifier::Identifier;
use quietline::domain::list::ListId;
use quietline::domain::plan::{Op, PlanRow};
use quietline::domain::run::RunState;
use quietline::ledger::{ListFacts, NewRun, Settlement, Since};

use crate::world::{PROFILE, World, at, attributes, list, new_run, number, row};

fn odd(n: u64) -> Expected {
    let attributes = ExpectedAttributes {
        jurisdiction: Some("california ".into()),
        expires: Some(at(1)),
        source: Some("\u{202e}odd".into()),
    };
    Expected { identifier: number(n).into(), attributes }
}

fn ours(n: u64, source: Option<&str>) -> Expected {
    Expected { identifier: number(n).into(), attributes: (&attributes(source)).into() }
}

async fn expected(world: &World) -> Vec<Expected> {
    world.expected().await.unwrap()
}

#[tokio::test]
async fn the_expected_set_is_the_baseline_and_what_was_accepted_since() {
    let mut world = World::new();
    assert_eq!(world.expected().await, None);
    assert!(world.baseline(vec![odd(1), odd(5), odd(7)]).await);
    assert!(!world.baseline(vec![odd(2)]).await);
    assert_eq!(expected(&world).await, [odd(1), odd(5), odd(7)], "as the tenant said it");

    let without = PlanRow { attributes: attributes(None), ..row(5, Op::Update) };
    let rows = vec![row(0, Op::Add), row(1, Op::Unchanged), row(3, Op::Add), without, row(9, Op::Add)];
    let run = world.uploading("p-1", &rows, 2).await.id;
    assert_eq!(expected(&world).await.len(), 3, "nothing was accepted yet");
    world.accept(&run, 0, &[0, 2], at(5)).await;
    world = world.restart();
    assert_eq!(expected(&world).await, [ours(0, Some("web")), odd(1), ours(3, Some("web")), odd(5), odd(7)]);

    world.answered(&run, 1).await;
    let settlement = Settlement {
        accepted: vec![3],
        dead: vec![(4, "X".into(), "x".into())],
        at: Some(at(6)),
        ..Settlement::default()
    };
    world.ledger.settle(&run, 1, settlement).await.unwrap();
    let wanted = [ours(0, Some("web")), odd(1), ours(3, Some("web")), ours(5, None), odd(7)];
    assert_eq!(expected(&world).await, wanted, "the update says no source, the refused row is not expected");
}

#[tokio::test]
async fn the_later_settlement_has_the_last_word() {
    let world = World::new();
    world.baseline(Vec::new()).await;
    let source = |source| vec![PlanRow { attributes: attributes(Some(source)), ..row(1, Op::Add) }];
    let first = world.uploading("p-z", &source("first"), 1).await.id;
    let second = world.uploading("p-a", &source("second"), 1).await.id;
    world.accept(&second, 0, &[0], at(5)).await;
    assert_eq!(expected(&world).await, [ours(1, Some("second"))]);
    world.accept(&first, 0, &[0], at(4)).await;
    assert_eq!(expected(&world).await, [ours(1, Some("first"))], "the run that was resumed later");
}

#[tokio::test]
async fn one_plan_sent_by_two_runs_is_expected_once() {
    let world = World::new();
    world.baseline(Vec::new()).await;
    for _ in 0..2 {
        let run = world.uploading("p-1", &[row(1, Op::Add), row(2, Op::Add)], 2).await.id;
        world.accept(&run, 0, &[0, 1], at(5)).await;
    }
    assert_eq!(expected(&world).await, [ours(1, Some("web")), ours(2, Some("web"))]);
}

#[tokio::test]
async fn evidence_names_run_file_row_time_and_person() {
    let world = World::new();
    let mut runs = Vec::new();
    for (plan, when) in [("p-1", at(5)), ("p-2", at(6))] {
        let rows = vec![
            row(1, Op::Add),
            row(2, Op::Add),
            PlanRow { row: when.as_second() as u64, ..row(3, Op::Add) },
        ];
        let run = world.uploading(plan, &rows, 3).await.id;
        world.answered(&run, 0).await;
        let settlement = Settlement {
            accepted: vec![0, 2],
            unaccounted: vec![1],
            at: Some(when),
            ..Settlement::default()
        };
        world.ledger.settle(&run, 0, settlement).await.unwrap();
        runs.push(run);
    }
    let found = world.ledger.evidence(PROFILE, number(1)).await.unwrap();
    assert_eq!(found.iter().map(|e| e.run.clone()).collect::<Vec<_>>(), [runs[1].clone(), runs[0].clone()]);
    assert_eq!((found[0].file.as_str(), found[0].row, found[0].at), ("march.csv", 999, at(6)));
    assert_eq!((found[0].by.as_str(), found[0].list_name.as_str()), ("pat", "National"));
    assert_eq!(world.ledger.evidence(PROFILE, number(2)).await.unwrap(), [], "never accepted");
    assert_eq!(world.ledger.evidence(PROFILE, number(8)).await.unwrap(), []);
    assert_eq!(world.ledger.evidence("other", number(1)).await.unwrap(), []);
}

#[tokio::test]
async fn generations_rise_by_one() {
    let world = World::new();
    let ledger = &world.ledger;
    let generations = async || -> Vec<(Identifier, u32)> {
        let sorted = ledger.generations(PROFILE, &list()).await.unwrap();
        sorted.rows().map(|row| row.map(|it| (it.whom, it.generation)).unwrap()).collect()
    };
    assert_eq!(generations().await, []);
    ledger.raise_generation(PROFILE, &list(), vec![number(2), number(1), number(2)]).await.unwrap();
    ledger.raise_generation(PROFILE, &list(), vec![number(2)]).await.unwrap();
    ledger.raise_generation(PROFILE, &ListId("L-2".into()), vec![number(3)]).await.unwrap();
    assert_eq!(generations().await, [(number(1).into(), 1), (number(2).into(), 2)]);
}

#[tokio::test]
async fn the_gate_gets_its_facts() {
    let world = World::new();
    let on = list();
    let facts = || world.ledger.list_facts(PROFILE, &on);
    assert_eq!(world.ledger.list_facts(PROFILE, &list()).await.unwrap(), ListFacts::default());
    world.baseline(Vec::new()).await;
    let run = world.uploading("p-1", &[row(1, Op::Add)], 1).await.id;
    assert_eq!(facts().await.unwrap().in_flight, Some((run.clone(), RunState::Uploading)));
    world.accept(&run, 0, &[0], at(5)).await;
    world.ledger.set_cool_down(&run, at(185)).await.unwrap();
    for state in [RunState::Uploaded, RunState::CoolingDown, RunState::Reconciling] {
        world.ledger.set_state(&run, state, None, at(200)).await.unwrap();
    }
    let clean = Diff { remote: 1, expected: 1, matching: 1, differences: Vec::new() };
    world.ledger.store_reconciliation(PROFILE, &list(), Some(&run), &clean, at(201), "pat").await.unwrap();
    world.ledger.set_state(&run, RunState::Ready, None, at(202)).await.unwrap();
    let wanted = ListFacts {
        in_flight: None,
        cool_down_until: Some(at(185)),
        last_accepted: Some(at(5)),
        reconciled: Some((at(201), 0)),
        unaccounted: 0,
        doubt: None,
        last_upload: Some((at(5), "pat".into())),
        has_baseline: true,
    };
    assert_eq!(facts().await.unwrap(), wanted);
}

/// A campaign that asks by one profile must not start while another one's numbers are on their way.
#[tokio::test]
async fn what_another_profile_does_to_the_list_of_one_tenant_counts() {
    let world = World::new();
    let lock = world.ledger.lock_list("https://api.example", &list(), "sam").unwrap();
    let theirs = NewRun { profile: "theirs".into(), ..new_run() };
    let run = world.ledger.create_run_under(&lock, theirs).await.unwrap();
    world.ledger.set_cool_down(&run, at(500)).await.unwrap();
    let on = list();
    let of = |tenant| world.ledger.list_facts_of(PROFILE, &on, tenant);
    let facts = of("https://api.example").await.unwrap();
    assert_eq!(
        (facts.in_flight, facts.cool_down_until),
        (Some((run.clone(), RunState::Draft)), Some(at(500)))
    );
    assert_eq!(of("https://another.example").await.unwrap(), ListFacts::default(), "another tenant");
    world.ledger.set_state(&run, RunState::Cancelled, None, at(9)).await.unwrap();
    assert_eq!(of("https://api.example").await.unwrap().in_flight, None);
}

#[tokio::test]
async fn a_reconciliation_keeps_its_differences() {
    let world = World::new();
    let run = world.uploading("p-1", &[row(1, Op::Add)], 1).await.id;
    let remote = RemoteEntry {
        id: "e-1".into(),
        list: list(),
        raw: "(202) 555-0101".into(),
        identifier: Some(number(1).into()),
        jurisdiction: None,
        expires: Some(at(9)),
        source: Some("web".into()),
        key: None,
    };
    let changed = Difference {
        kind: DiffKind::Changed,
        identifier: Some(number(1).into()),
        raw: remote.raw.clone(),
        fields: vec!["jurisdiction", "expires"],
        expected: Some(odd(1).attributes),
        remote: Some(remote.clone()),
    };
    let malformed = Difference {
        kind: DiffKind::Malformed,
        identifier: None,
        raw: "n/a".into(),
        fields: Vec::new(),
        expected: None,
        remote: Some(RemoteEntry { identifier: None, raw: "n/a".into(), key: Some("k".into()), ..remote }),
    };
    let diff = Diff { remote: 4, expected: 3, matching: 1, differences: vec![changed, malformed] };
    assert_eq!(world.ledger.last_reconciliation(PROFILE, &list()).await.unwrap(), None);
    world.ledger.store_reconciliation(PROFILE, &list(), Some(&run), &diff, at(5), "pat").await.unwrap();
    assert_eq!(world.ledger.last_reconciliation(PROFILE, &list()).await.unwrap(), Some((at(5), diff)));
    assert_eq!(world.ledger.run(&run).await.unwrap().differences, 2);
    assert_eq!(world.ledger.list_facts(PROFILE, &list()).await.unwrap().reconciled, Some((at(5), 2)));
    let event = world.ledger.events(1).await.unwrap().remove(0);
    assert_eq!((event.kind.as_str(), event.object.as_str()), ("list.reconciled", "list L-1"));
    assert_eq!(event.effect, "1 of 3 as expected, 1 changed, 1 malformed");
}

#[tokio::test]
async fn rows_without_a_verdict_stay_visible_until_a_later_run_ends() {
    let world = World::new();
    let unaccounted = || async { world.ledger.list_facts(PROFILE, &list()).await.unwrap().unaccounted };
    let end = |run: String, state| {
        let ledger = &world.ledger;
        async move {
            for state in [RunState::Uploaded, RunState::Reconciling, state] {
                ledger.set_state(&run, state, None, at(9)).await.unwrap();
            }
        }
    };
    let run = world.uploading("p-1", &[row(1, Op::Add), row(2, Op::Add)], 2).await.id;
    world.answered(&run, 0).await;
    let settlement =
        Settlement { accepted: vec![0], unaccounted: vec![1], at: Some(at(5)), ..Settlement::default() };
    world.ledger.settle(&run, 0, settlement).await.unwrap();
    assert_eq!(unaccounted().await, 0, "the run is not at its end");
    end(run, RunState::Discrepant).await;
    assert_eq!(unaccounted().await, 1);

    let given_up = world.uploading("p-1", &[row(1, Op::Add), row(2, Op::Add)], 2).await.id;
    world.ledger.set_state(&given_up, RunState::Cancelled, None, at(10)).await.unwrap();
    assert_eq!(unaccounted().await, 1, "a run that was given up settles nothing");

    let again = world.uploading("p-2", &[row(2, Op::Add)], 2).await.id;
    world.accept(&again, 0, &[0], at(11)).await;
    end(again, RunState::Ready).await;
    assert_eq!(unaccounted().await, 0);
}

#[tokio::test]
async fn what_a_run_took_off_is_expected_no_more_and_what_it_put_there_is_ours() {
    let world = World::new();
    let baseline: Vec<Expected> = [1, 2, 3]
        .map(|n| Expected { identifier: number(n).into(), attributes: ExpectedAttributes::default() })
        .into();
    world.baseline(baseline).await;
    let add = world.uploading("p-1", &[row(2, Op::Update), row(4, Op::Add), row(5, Op::Add)], 9).await.id;
    world.accept(&add, 0, &[0, 1, 2], at(5)).await;
    let off = world.uploading("p-2", &[row(1, Op::Remove), row(5, Op::Remove)], 9).await.id;
    world.accept(&off, 0, &[0, 1], at(6)).await;

    let numbers = |set: Vec<Expected>| set.into_iter().map(|entry| entry.identifier).collect::<Vec<_>>();
    let expected = world.expected().await.unwrap();
    assert_eq!(numbers(expected), [2, 3, 4].map(|n| number(n).into()));
    let ours = world.ledger.ours(PROFILE, &list()).await.unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(numbers(ours), [2, 4].map(|n| number(n).into()), "3 was there before us");
    let evidence = world.ledger.evidence(PROFILE, number(5)).await.unwrap();
    assert_eq!(evidence.iter().map(|e| e.taken_off).collect::<Vec<_>>(), [true, false]);

    let done = world.ledger.done_by(&add).await.unwrap().map(|done| done.unwrap());
    let since: Vec<_> = done.map(|done| (done.row.identifier, done.since)).collect();
    let wanted = [(2, Since::Untouched), (4, Since::Untouched), (5, Since::Changed)];
    assert_eq!(since, wanted.map(|(n, since)| (number(n).into(), since)));
}

//! Plans: they come back exactly as they were approved, or not at all.

use std::fs;

use jiff::Timestamp;
use proptest::prelude::*;
use quietline::domain::diff::ExpectedAttributes;
use quietline::domain::entry::Attributes;
use quietline::domain::identifier::{Email, Identifier};
use quietline::domain::jurisdiction::Jurisdiction;
use quietline::domain::list::ListId;
use quietline::domain::phone::E164;
use quietline::domain::plan::{Destination, Extra, MadeUnder, Op, PlanRow, PlanSummary};
use quietline::domain::run::RunState;
use quietline::ledger::{Approval, Error, NewRun};

use crate::world::{PROFILE, World, at, digest_of, digest_under, list, new_run, number, plan_of, row};

fn any_row() -> impl Strategy<Value = PlanRow> {
    let attributes = (
        prop::sample::select(vec!["US-CA", "US-DC", "GB", "CA-ON"]),
        prop::option::of((0i64..4_000_000_000, 0i32..1_000_000_000)),
        prop::option::of("\\PC{0,12}"),
    );
    let op = prop::sample::select(vec![Op::Add, Op::Update, Op::Remove, Op::Unchanged, Op::Removed]);
    let replaces = prop::collection::vec("\\PC{0,9}", 0..3);
    let value = ("[a-c]{1,2}", "\\PC{0,9}").prop_map(|(name, value)| (name.into(), value.into()));
    let extra = prop::collection::vec(value, 0..3);
    let number = (1_000_000u64..=999_999_999_999_999).prop_map(|n| E164::from_digits(n).unwrap().into());
    let email = "[a-z]{1,3}@[a-c]\\.example".prop_map(|text| Email::parse(&text).unwrap().into());
    let identifier = prop_oneof![4 => number, 1 => email];
    let before = prop::option::of((prop::option::of("\\PC{0,5}"), prop::option::of("\\PC{0,5}")));
    (identifier, attributes, op, any::<u64>(), replaces, before, any::<u32>(), extra).prop_map(
        |(identifier, (jurisdiction, expires, source), op, row, replaces, before, generation, extra)| {
            PlanRow {
                identifier,
                attributes: Attributes {
                    jurisdiction: Jurisdiction::parse(jurisdiction).unwrap(),
                    expires: expires.map(|(seconds, nanos)| Timestamp::new(seconds, nanos).unwrap()),
                    source: source.map(Into::into),
                },
                op,
                row,
                before: match (op, before) {
                    (Op::Update, Some((jurisdiction, source))) => {
                        Some(Box::new(ExpectedAttributes { jurisdiction, expires: None, source }))
                    }
                    (Op::Remove, before) => {
                        let (jurisdiction, source) = before.unwrap_or_default();
                        Some(Box::new(ExpectedAttributes { jurisdiction, expires: None, source }))
                    }
                    _ => None,
                },
                replaces: if op == Op::Remove { [replaces, vec!["id".into()]].concat() } else { replaces },
                generation,
                extra: Extra::new(extra),
            }
        },
    )
}

/// A guard beside the plan's own: what cannot be sent must not be stored.
#[tokio::test]
async fn addresses_are_only_stored_for_suppression_lists() {
    let world = World::new();
    let email = Identifier::from(Email::parse("a@b.example").unwrap());
    let rows = vec![PlanRow { identifier: email, ..row(1, Op::Add) }];
    let mut plan = plan_of("p-1", &rows);
    for to in [Destination::Entries, Destination::Items, Destination::Outbound] {
        plan.destination = to;
        plan.digest = digest_of(PROFILE, to, &plan.list, &plan.file_sha256, &rows);
        let refused = world.store(&plan, rows.clone()).await.unwrap_err();
        assert!(refused.to_string().contains("addresses for a list of numbers"), "{refused}");
    }
}

/// More addresses than a block has rows, behind numbers that end in the middle of one.
#[tokio::test]
async fn an_address_is_found_among_thousands() {
    let world = World::new();
    let number = |n: u64| Identifier::from(E164::from_digits(12_020_000_000 + n).unwrap());
    let email = |n: u64| Identifier::from(Email::parse(&format!("p{n:05}@a.example")).unwrap());
    let who: Vec<Identifier> = (0..5_000).map(number).chain((0..9_000).map(email)).collect();
    let rows: Vec<PlanRow> =
        who.into_iter().map(|identifier| PlanRow { identifier, ..row(1, Op::Add) }).collect();
    let run = world.uploading("p-1", &rows, 20_000).await;
    let all: Vec<u32> = (0..14_000).collect();
    world.accept(&run.id, 0, &all, at(5)).await;
    for whom in [number(0), number(4_999), email(0), email(4_095), email(8_999)] {
        let found = world.ledger.evidence(PROFILE, whom.clone()).await.unwrap();
        assert_eq!(found.len(), 1, "{whom:?}");
    }
    for nobody in [number(5_000), email(9_000)] {
        assert_eq!(world.ledger.evidence(PROFILE, nobody).await.unwrap(), []);
    }
}

fn any_rows() -> impl Strategy<Value = Vec<PlanRow>> {
    prop::collection::vec(any_row(), 0..40).prop_map(|mut rows| {
        rows.sort_by(|a, b| a.identifier.cmp(&b.identifier));
        rows.dedup_by(|a, b| a.identifier == b.identifier);
        // Addresses go to suppression lists, which let nobody go.
        if rows.iter().any(|row| row.identifier.phone().is_none()) {
            for row in rows.iter_mut().filter(|row| row.op == Op::Remove) {
                (row.op, row.before) = (Op::Unchanged, None);
            }
        }
        rows
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_plan_comes_back_row_by_row(rows in any_rows()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let plan = world.plan("p-1", &rows).await;
            let world = world.restart();
            assert_eq!(world.ledger.plan("p-1").await.unwrap(), plan);
            assert_eq!(world.rows_of(&plan).await.unwrap(), rows);
        });
    }

    #[test]
    fn no_two_plans_share_a_digest(rows in any_rows(), other in any_rows()) {
        // Only suppression lists take addresses.
        let digest = |rows: &[PlanRow]| digest_of(PROFILE, Destination::Suppression, &list(), "f00d", rows);
        prop_assert_eq!(digest(&rows).0.len(), 64);
        prop_assert_eq!(rows == other, digest(&rows) == digest(&other));
    }
}

#[test]
fn the_digest_covers_everything_that_matters() {
    let rows = vec![row(1, Op::Add), row(2, Op::Update)];
    let digest = digest_of(PROFILE, Destination::Entries, &list(), "f00d", &rows);
    assert_eq!(digest.0.len(), 64);
    let mut others = vec![
        digest_of("other", Destination::Entries, &list(), "f00d", &rows),
        digest_of(PROFILE, Destination::Entries, &ListId("L-2".into()), "f00d", &rows),
        digest_of(PROFILE, Destination::Items, &list(), "f00d", &rows),
        digest_of(PROFILE, Destination::Entries, &list(), "f00e", &rows),
        digest_of(PROFILE, Destination::Entries, &list(), "f00d", &rows[..1]),
    ];
    let edits: [fn(&mut PlanRow); 6] = [
        |row| row.identifier = number(3).into(),
        |row| row.op = Op::Add,
        |row| row.row += 1,
        |row| row.generation += 1,
        |row| row.replaces.push("other".into()),
        |row| row.attributes.source = None,
    ];
    for edit in edits {
        let mut rows = rows.clone();
        edit(&mut rows[1]);
        others.push(digest_of(PROFILE, Destination::Entries, &list(), "f00d", &rows));
    }
    let under = |name: &str, says: &str| {
        let plan = plan_of("p", &rows);
        let made_under = MadeUnder::default().with(name, says);
        digest_under(&PlanSummary { made_under, ..plan }, &rows)
    };
    others.extend([under("region", "US"), under("region", "GB"), under("policy", "US")]);
    others.sort_by(|a, b| a.0.cmp(&b.0));
    others.dedup();
    assert_eq!(others.len(), 14, "two of them are the same");
    assert!(!others.contains(&digest));
}

/// A plan that was stored before its options were kept.
#[test]
fn the_digest_of_a_plan_of_old_is_what_it_was() {
    let rows = vec![row(1, Op::Add), row(2, Op::Update)];
    let digest = digest_of(PROFILE, Destination::Entries, &list(), "f00d", &rows);
    assert_eq!(digest.0, "ffdccc22123bb8632db7ae0d73cd0b27385ef719071444bbc63fcd3c1b0ba292");
}

#[tokio::test]
async fn what_a_plan_was_made_under_comes_back() {
    let world = World::new();
    let rows = [row(1, Op::Add)];
    let mut plan = plan_of("p-1", &rows);
    plan.made_under = MadeUnder::default().with("region", "US").with("tenant", "a \"b\" \n c");
    plan.digest = digest_under(&plan, &rows);
    world.store(&plan, rows.to_vec()).await.unwrap();
    assert_eq!(world.ledger.plan("p-1").await.unwrap(), plan);
}

#[tokio::test]
async fn a_large_plan_is_read_in_blocks_and_looked_up_in_one() {
    let world = World::new();
    let rows: Vec<PlanRow> = (0..9_000)
        .map(|n| PlanRow {
            identifier: E164::from_digits(12_020_000_000 + 7 * n).unwrap().into(),
            row: n,
            ..row(0, Op::Add)
        })
        .collect();
    let run = world.uploading("p-big", &rows, 3_000).await;
    let plan = world.ledger.plan("p-big").await.unwrap();
    assert_eq!(world.rows_of(&plan).await.unwrap(), rows);
    let batches = world.ledger.open_batches(&run.id).await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.rows.len()).collect::<Vec<_>>(), [3_000, 3_000, 3_000]);
    for seq in 0..2 {
        world.accept(&run.id, seq, &batches[seq as usize].rows, at(5)).await;
    }
    for index in [0usize, 1, 4_095, 4_096, 5_999] {
        let found = world.ledger.evidence(PROFILE, rows[index].identifier.phone().unwrap()).await.unwrap();
        assert_eq!(found.iter().map(|e| e.row).collect::<Vec<_>>(), [index as u64]);
    }
    for index in [6_000usize, 8_999] {
        assert_eq!(
            world.ledger.evidence(PROFILE, rows[index].identifier.phone().unwrap()).await.unwrap(),
            []
        );
    }
    let between = E164::from_digits(12_020_000_001).unwrap();
    assert_eq!(world.ledger.evidence(PROFILE, between).await.unwrap(), []);
}

#[tokio::test]
async fn every_changed_byte_of_a_plan_is_noticed() {
    let world = World::new();
    let rows: Vec<PlanRow> = (0..6).map(|n| row(n, Op::Update)).collect();
    let plan = world.plan("p-1", &rows).await;
    let path = world.folder().join("plans/p-1.plan");
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let read = world.rows_of(&plan).await;
        assert!(matches!(read, Err(Error::Damaged { .. })), "byte {at} of {}", whole.len());
    }
    for cut in [0, 1, 11, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(matches!(world.rows_of(&plan).await, Err(Error::Damaged { .. })), "cut at {cut}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(world.rows_of(&plan).await, Err(Error::Damaged { .. })));
    world.store(&plan, rows.clone()).await.unwrap();
    assert_eq!(world.rows_of(&plan).await.unwrap(), rows, "the same plan, made anew");
}

#[tokio::test]
async fn the_same_plan_may_come_twice_and_another_one_not() {
    let world = World::new();
    let plan = world.plan("p-1", &[row(1, Op::Add)]).await;
    world.store(&plan, vec![row(1, Op::Add)]).await.unwrap();
    let other = plan_of("p-1", &[row(2, Op::Add)]);
    assert!(matches!(world.store(&other, vec![row(2, Op::Add)]).await, Err(Error::Damaged { .. })));
    assert_eq!(world.rows_of(&plan).await.unwrap(), [row(1, Op::Add)]);
}

#[tokio::test]
async fn a_plan_that_does_not_add_up_is_refused() {
    let world = World::new();
    let rows = vec![row(1, Op::Add), row(2, Op::Add)];
    let plan = plan_of("p-1", &rows);
    let mut lost = plan.clone();
    lost.counts.rows += 1;
    let mut other = plan.clone();
    other.counts.add -= 1;
    other.counts.update += 1;
    for wrong in [lost, other] {
        assert!(matches!(world.store(&wrong, rows.clone()).await, Err(Error::Damaged { .. })));
    }
    let backwards = vec![row(2, Op::Add), row(1, Op::Add)];
    assert!(world.store(&plan_of("p-2", &backwards), backwards).await.is_err());
    let twice = vec![row(1, Op::Add), row(1, Op::Add)];
    assert!(world.store(&plan_of("p-3", &twice), twice).await.is_err());
    assert!(world.store(&plan_of("../p-4", &rows), rows.clone()).await.is_err());
    assert!(world.store(&plan, vec![row(1, Op::Add), row(3, Op::Add)]).await.is_err());
    world.store(&plan, rows).await.unwrap();
}

#[tokio::test]
async fn a_plan_is_found_by_id_beginning_and_digest() {
    let world = World::new();
    let plan = world.plan("p-3f9a12c4", &[row(1, Op::Add)]).await;
    let other = world.plan("p-3f9b0000", &[row(2, Op::Add)]).await;
    for wanted in ["p-3f9a12c4", "p-3f9a", &plan.digest.0] {
        assert_eq!(world.ledger.plan(wanted).await.unwrap(), plan);
    }
    assert_eq!(world.ledger.plan("p-3f9b").await.unwrap(), other);
    for (wanted, says) in [("p-3f9", "several"), ("p-3", "too short"), ("p-zzzz", "no plan")] {
        let error = world.ledger.plan(wanted).await.unwrap_err();
        assert!(matches!(&error, Error::NotFound { what } if what.contains(says)), "{error}");
    }
}

#[tokio::test]
async fn one_approval_is_for_one_run_whoever_comes_second() {
    let world = World::new();
    let plan = world.plan("p-1", &[row(1, Op::Add)]).await;
    let approval = Approval {
        digest: plan.digest.clone(),
        by: "kim".into(),
        claimed: None,
        reason: "ok".into(),
        at: at(1),
        until: at(100),
    };
    world.ledger.approve(&plan, approval).await.unwrap();
    let number = world.ledger.approval(&plan.digest).await.unwrap().unwrap().number;
    let launched = || NewRun { plan: Some("p-1".into()), approval: Some(number), ..new_run() };
    let run = world.ledger.create_run(launched()).await.unwrap();
    let standing = world.ledger.approval(&plan.digest).await.unwrap().unwrap();
    assert_eq!(standing.used_by, Some(run.clone()));
    // Two launches that looked at the same moment: the second one brings about no run.
    let error = world.ledger.create_run(launched()).await.unwrap_err();
    assert!(matches!(error, Error::IllegalTransition { .. }), "{error}");
    assert_eq!(world.ledger.runs().await.unwrap().len(), 1);
    // The run keeps its own, whatever is approved later, and leaves that to others.
    let later = Approval { by: "sam".into(), at: at(2), ..standing.approval };
    world.ledger.approve(&plan, later).await.unwrap();
    world.ledger.bind_plan(&run, &plan, 10).await.unwrap();
    assert_eq!(world.ledger.approval(&plan.digest).await.unwrap().unwrap().used_by, None);
}

#[tokio::test]
async fn an_approval_is_bound_to_the_digest() {
    let world = World::new();
    let plan = world.plan("p-1", &[row(1, Op::Add)]).await;
    assert_eq!(world.ledger.approval(&plan.digest).await.unwrap(), None);
    let other = plan_of("p-9", &[row(2, Op::Add)]);
    let approval = Approval {
        digest: other.digest,
        by: "pat".into(),
        claimed: None,
        reason: "ok".into(),
        at: at(1),
        until: at(100),
    };
    assert!(world.ledger.approve(&plan, approval).await.is_err());
    assert_eq!(world.ledger.approval(&plan.digest).await.unwrap(), None);
}

#[tokio::test]
async fn a_run_is_bound_once_and_to_a_plan_for_its_list() {
    let world = World::new();
    let plan = world.plan("p-1", &[row(1, Op::Add)]).await;
    let other = world.plan("p-2", &[row(2, Op::Add)]).await;
    let run = world.ledger.create_run(new_run()).await.unwrap();
    assert!(world.ledger.bind_plan(&run, &plan, 100).await.is_err(), "nobody approved it");
    for plan in [&plan, &other] {
        world.approve(plan).await;
    }
    let bound = world.ledger.bind_plan(&run, &plan, 100).await.unwrap();
    assert_eq!(bound.plan.as_deref(), Some("p-1"));
    assert_eq!(world.ledger.bind_plan(&run, &plan, 100).await.unwrap(), bound);
    assert!(matches!(world.ledger.bind_plan(&run, &other, 100).await, Err(Error::IllegalTransition { .. })));

    let elsewhere = crate::world::plan_on("p-3", &ListId("L-2".into()), &[row(1, Op::Add)]);
    world.store(&elsewhere, vec![row(1, Op::Add)]).await.unwrap();
    let run = world.ledger.create_run(new_run()).await.unwrap();
    assert!(matches!(
        world.ledger.bind_plan(&run, &elsewhere, 100).await,
        Err(Error::IllegalTransition { .. })
    ));
    world.ledger.set_state(&run, RunState::Cancelled, None, at(3)).await.unwrap();
    assert!(matches!(world.ledger.bind_plan(&run, &plan, 100).await, Err(Error::IllegalTransition { .. })));
}

//! Whatever comes back from the wire, in whatever order, and however often the process dies: no row is lost or counted
//! twice. The oracle is a table with one word per row.

use proptest::prelude::*;
use quietline::domain::plan::Op;
use quietline::domain::run::{BatchState, RowOutcome};
use quietline::ledger::Settlement;

use crate::world::{World, at, row};

/// What to do next; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Send(usize),
    Answer(usize),
    NotApplied(usize),
    Lost(usize),
    ReadBack(usize),
    Settle(usize, Vec<u8>),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<usize>().prop_map(Step::Send),
        3 => any::<usize>().prop_map(Step::Answer),
        1 => any::<usize>().prop_map(Step::NotApplied),
        1 => any::<usize>().prop_map(Step::Lost),
        1 => any::<usize>().prop_map(Step::ReadBack),
        4 => (any::<usize>(), prop::collection::vec(0u8..12, 8)).prop_map(|(n, fate)| Step::Settle(n, fate)),
        1 => Just(Step::Restart),
    ]
}

async fn play(ops: Vec<Op>, per_call: usize, steps: Vec<Step>) {
    let rows: Vec<_> = ops.iter().enumerate().map(|(n, op)| row(n as u64, *op)).collect();
    let mut world = World::new();
    world.baseline(Vec::new()).await;
    let run = world.uploading("p-1", &rows, per_call).await.id;
    let mut fates: Vec<RowOutcome> = ops
        .iter()
        .map(|op| if *op == Op::Unchanged { RowOutcome::Unchanged } else { RowOutcome::Pending })
        .collect();
    for (time, step) in (10..).zip(steps) {
        let open = world.ledger.open_batches(&run).await.unwrap();
        let pick = |n: usize, state: BatchState| {
            let fit: Vec<_> = open.iter().filter(|batch| batch.state == state).collect();
            if fit.is_empty() { None } else { Some(fit[n % fit.len()].clone()) }
        };
        let ledger = &world.ledger;
        match step {
            Step::Send(n) => {
                if let Some(batch) = pick(n, BatchState::Queued) {
                    ledger.intent(&run, batch.seq, "b0d1", at(time)).await.unwrap();
                }
            }
            Step::Answer(n) => {
                if let Some(batch) = pick(n, BatchState::Intent) {
                    ledger.answer(&run, batch.seq, 207, b"raw".to_vec()).await.unwrap();
                }
            }
            Step::NotApplied(n) => {
                if let Some(batch) = pick(n, BatchState::Intent) {
                    ledger.not_applied(&run, batch.seq, "429").await.unwrap();
                }
            }
            Step::Lost(n) => {
                if let Some(batch) = pick(n, BatchState::Intent) {
                    ledger.indeterminate(&run, batch.seq, "reset").await.unwrap();
                }
            }
            Step::ReadBack(n) => {
                if let Some(batch) = pick(n, BatchState::Indeterminate) {
                    ledger.probed(&run, batch.seq).await.unwrap();
                }
            }
            Step::Settle(n, fate) => {
                let Some(batch) = pick(n, BatchState::Response).or(pick(n, BatchState::Probed)) else {
                    continue;
                };
                let mut settlement = Settlement { at: Some(at(time)), ..Settlement::default() };
                for (at, row) in batch.rows.iter().enumerate() {
                    let mark = &mut fates[*row as usize];
                    match fate[at % fate.len()] {
                        0..6 => {
                            settlement.accepted.push(*row);
                            *mark = RowOutcome::Accepted;
                        }
                        6..8 => {
                            settlement.dead.push((*row, "X".into(), "x".into()));
                            *mark = RowOutcome::DeadLettered;
                        }
                        8 => {
                            settlement.unaccounted.push(*row);
                            *mark = RowOutcome::Unaccounted;
                        }
                        _ => settlement.requeue.push(vec![*row]),
                    }
                }
                ledger.settle(&run, batch.seq, settlement).await.unwrap();
            }
            Step::Restart => world = world.restart(),
        }
    }
    let buckets = world.ledger.run(&run).await.unwrap().buckets;
    let of = |outcome| fates.iter().filter(|fate| **fate == outcome).count() as u64;
    assert!(buckets.is_conserved());
    assert_eq!(buckets.accepted, of(RowOutcome::Accepted));
    assert_eq!(buckets.unchanged, of(RowOutcome::Unchanged));
    assert_eq!(buckets.dead_letters, of(RowOutcome::DeadLettered));
    assert_eq!(buckets.unaccounted, of(RowOutcome::Pending) + of(RowOutcome::Unaccounted));
    assert_eq!(world.ledger.recount(&run).await.unwrap(), buckets);
    let accepted: Vec<_> = fates
        .iter()
        .zip(&rows)
        .filter(|(fate, row)| **fate == RowOutcome::Accepted && row.op != Op::Remove)
        .map(|(_, row)| row.identifier.clone())
        .collect();
    let expected = world.expected().await.unwrap();
    assert_eq!(expected.iter().map(|entry| entry.identifier.clone()).collect::<Vec<_>>(), accepted);
    for (fate, row) in fates.iter().zip(&rows) {
        let known = world.ledger.evidence("test", row.identifier.clone()).await.unwrap().len();
        assert_eq!(known, usize::from(*fate == RowOutcome::Accepted));
    }
    world.ledger.verify_trail().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_row_is_lost_or_counted_twice(
        ops in prop::collection::vec(prop::sample::select(vec![Op::Add, Op::Add, Op::Update, Op::Remove, Op::Unchanged]), 0..14),
        per_call in 1usize..5,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(ops, per_call, steps));
    }
}

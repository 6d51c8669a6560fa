use super::{BatchState, Buckets, RunState};

#[test]
fn runs_go_only_where_the_drawing_says() {
    use RunState::{
        Approved, Cancelled, CoolingDown, Discrepant, Draft, Failed, Interrupted, Paused, Ready, Reconciling,
        Uploaded, Uploading,
    };
    let allowed: &[(RunState, &[RunState])] = &[
        (Draft, &[Approved, Paused, Interrupted, Failed, Cancelled]),
        (Approved, &[Uploading, Uploaded, Paused, Interrupted, Failed, Cancelled]),
        (Uploading, &[Uploaded, Paused, Interrupted, Failed, Cancelled]),
        (
            Paused,
            &[Draft, Approved, Uploading, Uploaded, CoolingDown, Reconciling, Interrupted, Failed, Cancelled],
        ),
        (Interrupted, &[Draft, Approved, Uploading, Uploaded, CoolingDown, Reconciling, Failed, Cancelled]),
        (Uploaded, &[CoolingDown, Reconciling, Discrepant, Paused, Interrupted, Failed, Cancelled]),
        (CoolingDown, &[Reconciling, Paused, Interrupted, Failed, Cancelled]),
        (Reconciling, &[Ready, Discrepant, Paused, Interrupted, Failed, Cancelled]),
        (Ready, &[]),
        (Discrepant, &[]),
        (Failed, &[]),
        (Cancelled, &[]),
    ];
    assert_eq!(allowed.len(), RunState::ALL.len());
    for (from, nexts) in allowed {
        for next in RunState::ALL {
            assert_eq!(from.may_become(next), nexts.contains(&next), "{from} to {next}");
        }
        assert_eq!(from.is_final(), nexts.is_empty(), "{from}");
    }
}

#[test]
fn ready_is_earned_by_reconciling_only() {
    let ways: Vec<_> = RunState::ALL.into_iter().filter(|from| from.may_become(RunState::Ready)).collect();
    assert_eq!(ways, [RunState::Reconciling]);
}

#[test]
fn batches_go_only_where_the_drawing_says() {
    use BatchState::{Indeterminate, Intent, Probed, Queued, Response, Settled};
    let allowed: &[(BatchState, &[BatchState])] = &[
        (Queued, &[Intent]),
        (Intent, &[Response, Indeterminate, Queued]),
        (Response, &[Settled, Indeterminate, Queued]),
        (Indeterminate, &[Probed]),
        (Probed, &[Settled, Queued]),
        (Settled, &[]),
    ];
    assert_eq!(allowed.len(), BatchState::ALL.len());
    for (from, nexts) in allowed {
        for next in BatchState::ALL {
            assert_eq!(from.may_become(next), nexts.contains(&next), "{from:?} to {next:?}");
        }
    }
}

#[test]
fn names_are_read_back() {
    for state in RunState::ALL {
        assert_eq!(RunState::from_name(state.as_str()), Some(state));
    }
    for state in BatchState::ALL {
        assert_eq!(BatchState::from_name(state.as_str()), Some(state));
    }
    assert_eq!(RunState::from_name("done"), None);
}

#[test]
fn buckets_add_up_or_say_so() {
    let mut buckets = Buckets {
        rows: 28,
        accepted: 1,
        unchanged: 2,
        duplicates: 3,
        removed: 4,
        rejected: 5,
        dead_letters: 6,
        unaccounted: 7,
    };
    assert!(buckets.is_conserved());
    buckets.accepted += 1;
    assert!(!buckets.is_conserved());
}

use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// Everything in order at second 1000.
fn good() -> ReadinessFacts {
    ReadinessFacts {
        enforced_by: Some(vec!["National_DNC".to_owned()]),
        list_active: Some(true),
        run_in_flight: None,
        cool_down_until: Some(at(500)),
        reconciled: Some((at(600), 0)),
        last_accepted: Some(at(300)),
        unaccounted: 0,
        doubt: None,
        probes: Some(Probes::Agree),
    }
}

fn state(facts: &ReadinessFacts) -> ListState {
    readiness(facts, at(1_000)).state
}

#[test]
fn ready_is_earned_and_says_by_what() {
    let ready = readiness(&good(), at(1_000));
    assert_eq!((ready.state, ready.seconds_left), (ListState::Ready, 0));
    assert_eq!(
        ready.because,
        "Rule “National_DNC” enforces the list, the last reconciliation was clean, and every sampled number reads \
         SUPPRESSED."
    );
    for (probes, says) in [
        (Probes::PartlyExcepted, "but for some that an exception rule lets through"),
        (Probes::Nothing, "no number that could be sampled"),
    ] {
        let ready = readiness(&ReadinessFacts { probes: Some(probes), ..good() }, at(1_000));
        assert_eq!(ready.state, ListState::Ready);
        assert!(ready.because.contains(says) && !ready.because.contains("every"), "{}", ready.because);
    }
    let untouched = ReadinessFacts { cool_down_until: None, last_accepted: None, ..good() };
    assert_eq!(state(&untouched), ListState::Ready);
}

#[test]
fn each_missing_fact_has_its_state() {
    use ListState::{Discrepant, Settling, Unbound, Unverified};
    for (expected, facts) in [
        (Unbound, ReadinessFacts { enforced_by: Some(vec![]), ..good() }),
        (Unbound, ReadinessFacts { list_active: Some(false), ..good() }),
        (Unverified, ReadinessFacts { enforced_by: None, ..good() }),
        (Unverified, ReadinessFacts { list_active: None, ..good() }),
        (Settling, ReadinessFacts { run_in_flight: Some(("7f3a91c2".to_owned(), "uploading")), ..good() }),
        (Settling, ReadinessFacts { cool_down_until: Some(at(1_001)), ..good() }),
        (Settling, ReadinessFacts { probes: Some(Probes::NotYet), ..good() }),
        (Discrepant, ReadinessFacts { probes: Some(Probes::Gone), ..good() }),
        (Unbound, ReadinessFacts { probes: Some(Probes::Excepted), ..good() }),
        (Discrepant, ReadinessFacts { unaccounted: 1, ..good() }),
        (Discrepant, ReadinessFacts { reconciled: Some((at(600), 12)), ..good() }),
        (Unverified, ReadinessFacts { reconciled: None, ..good() }),
        (Unverified, ReadinessFacts { reconciled: Some((at(299), 0)), ..good() }),
        (Unverified, ReadinessFacts { probes: None, ..good() }),
    ] {
        let found = readiness(&facts, at(1_000));
        assert_eq!(found.state, expected, "{facts:?}");
        assert!(found.because.ends_with('.'), "{}", found.because);
    }
}

#[test]
fn the_order_is_kept_where_several_hold() {
    use ListState::{Discrepant, Settling, Unbound, Unverified};
    let mut facts = ReadinessFacts {
        enforced_by: Some(vec![]),
        list_active: None,
        run_in_flight: Some(("7f3a91c2".to_owned(), "uploading")),
        cool_down_until: Some(at(2_000)),
        reconciled: Some((at(100), 3)),
        last_accepted: Some(at(900)),
        unaccounted: 2,
        doubt: Some("Restored.".to_owned()),
        probes: None,
    };
    assert_eq!(state(&facts), Unbound);
    facts.enforced_by = Some(vec!["x".to_owned()]);
    assert_eq!(state(&facts), Unverified);
    facts.list_active = Some(true);
    assert_eq!(state(&facts), Settling);
    facts.run_in_flight = None;
    assert_eq!(state(&facts), Settling);
    facts.cool_down_until = None;
    assert_eq!(state(&facts), Unverified);
    facts.doubt = None;
    assert_eq!(state(&facts), Discrepant);
    facts.reconciled = Some((at(100), 0));
    assert_eq!(state(&facts), Discrepant);
    facts.unaccounted = 0;
    assert_eq!(state(&facts), Unverified);
}

#[test]
fn the_cool_down_counts_to_its_very_end() {
    let facts = ReadinessFacts { cool_down_until: Some(at(1_161)), ..good() };
    let found = readiness(&facts, at(1_000));
    assert_eq!((found.state, found.seconds_left), (ListState::Settling, 161));
    let almost = Timestamp::from_millisecond(at(1_161).as_millisecond() - 1).unwrap();
    let found = readiness(&facts, almost);
    assert_eq!((found.state, found.seconds_left), (ListState::Settling, 1));
    let found = readiness(&facts, at(1_161));
    assert_eq!((found.state, found.seconds_left), (ListState::Ready, 0));
}

proptest! {
    #[test]
    fn ready_only_if_everything_holds(
        enforced in prop::option::of(0_usize..2),
        active in prop::option::of(any::<bool>()),
        run in any::<bool>(),
        cool_down in prop::option::of(998_i64..1_003),
        reconciled in prop::option::of((290_i64..310, 0_u64..2)),
        accepted in prop::option::of(290_i64..310),
        unaccounted in 0_u64..2,
        doubt in any::<bool>(),
        probes in prop::option::of(prop::sample::select(vec![
            Probes::Agree, Probes::PartlyExcepted, Probes::Nothing, Probes::NotYet, Probes::Gone, Probes::Excepted,
        ])),
    ) {
        let facts = ReadinessFacts {
            enforced_by: enforced.map(|n| vec!["r".to_owned(); n]),
            list_active: active,
            run_in_flight: run.then(|| ("r".to_owned(), "paused")),
            cool_down_until: cool_down.map(at),
            reconciled: reconciled.map(|(second, n)| (at(second), n)),
            last_accepted: accepted.map(at),
            unaccounted,
            doubt: doubt.then(|| "Restored.".to_owned()),
            probes,
        };
        let all = enforced == Some(1)
            && active == Some(true)
            && !run
            && cool_down.is_none_or(|until| until <= 1_000)
            && reconciled.is_some_and(|(second, n)| n == 0 && accepted.is_none_or(|a| a <= second))
            && unaccounted == 0
            && !doubt
            && matches!(probes, Some(Probes::Agree | Probes::PartlyExcepted | Probes::Nothing));
        prop_assert_eq!(state(&facts) == ListState::Ready, all);
    }
}

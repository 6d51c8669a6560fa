//! What a person does with a run: each key says what it does, and does it once.

use super::*;

#[test]
fn space_pauses_a_run_and_then_goes_on() {
    let mut kit = at_work();
    let task = kit.task(|op| matches!(op, Op::Resume { .. }));
    kit.effects();
    kit.keys("space").shows(&["pausing run 7f3a0001"]);
    assert!(kit.effects().iter().any(|effect| matches!(effect, Effect::Stop(stopped) if *stopped == task)));
    let fact = Fact::RunEnded(Box::new(run("7f3a0001", RunState::Paused)));
    kit.event(Event::Report(Report { task, fact })).shows(&["▲ paused", "goes on where it stopped"]);
    kit.started();
    kit.keys("space");
    assert!(kit.started().iter().any(|op| matches!(op, Op::Resume { run } if run == "7f3a0001")));
}

#[test]
fn cancel_asks_says_what_stays_and_stops_before_it_cancels() {
    let mut kit = at_work();
    let task = kit.task(|op| matches!(op, Op::Resume { .. }));
    kit.effects();
    kit.keys("x").shows(&["Cancel the run", "600 rows that were", "accepted stay on the list"]);
    kit.keys("enter");
    assert!(kit.effects().is_empty(), "the default is no");
    kit.keys("x y");
    let effects = kit.effects();
    let stop = effects.iter().position(|effect| matches!(effect, Effect::Stop(id) if *id == task));
    let cancel = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Start(_, Op::CancelRun { run }) if run == "7f3a0001"));
    assert!(stop.is_some() && stop < cancel, "{effects:?}");
}

#[test]
fn what_has_ended_is_not_paused_resumed_or_cancelled() {
    let mut kit = with(vec![run("5b9e0001", RunState::Ready)]);
    kit.started();
    for key in ["space", "r", "x"] {
        kit.keys(key).shows(&["run 5b9e0001 has ended: ready"]);
    }
    assert!(kit.started().is_empty());
}

#[test]
fn a_run_in_other_hands_is_named_so_and_read_again() {
    let mut kit = with(vec![run("aaaa0001", RunState::Uploading)]);
    kit.shows(&["uploading elsewhere", "60 %", "Another process works on it"]);
    kit.started();
    kit.pass(1);
    assert!(kit.started().is_empty());
    kit.pass(1);
    assert!(matches!(kit.started().as_slice(), [Op::Runs]));
    kit.pass(10);
    assert!(kit.started().is_empty(), "one reading at a time");
}

#[test]
fn space_asks_another_process_to_pause_and_x_to_let_it_be_cancelled() {
    for state in [RunState::Uploading, RunState::CoolingDown, RunState::Reconciling] {
        let mut kit = with(vec![run("aaaa0001", state)]);
        kit.started();
        kit.keys("space").shows(&["pausing run aaaa0001: another process works on it"]);
        assert!(matches!(kit.started().as_slice(), [Op::PauseRun { run }] if run == "aaaa0001"), "{state}");
        kit.keys("x y");
        assert!(matches!(kit.started().as_slice(), [Op::CancelRun { run }] if run == "aaaa0001"), "{state}");
    }
    let mut kit = with(vec![run("aaaa0001", RunState::Paused)]);
    kit.started();
    kit.keys("space");
    assert!(matches!(kit.started().as_slice(), [Op::Resume { run }] if run == "aaaa0001"));
}

#[test]
fn c_reads_the_list_of_a_run_back_whatever_kind_it_is() {
    let list = Destination::Suppression.key_of(&ListId("sl-held".into()));
    let held = RunSummary {
        destination: Destination::Suppression,
        list: list.clone(),
        list_name: "Held".into(),
        ..run("7f3a0001", RunState::Discrepant)
    };
    let mut kit = with(vec![held]);
    kit.shows(&["c reads its list back"]).keys("c").shows(&["Reconcile", "asking the tenant for the list"]);
    let asked = kit.started().into_iter().find_map(|op| match op {
        Op::Reconcile { list, .. } => Some(list),
        _ => None,
    });
    assert_eq!(asked, Some(list.clone()));
    let email = Email::parse("ann@example.com").unwrap();
    let missing = Difference {
        kind: DiffKind::Missing,
        identifier: Some(email.into()),
        raw: "ann@example.com".into(),
        fields: Vec::new(),
        expected: Some(ExpectedAttributes::default()),
        remote: None,
    };
    let held = DncList {
        id: list,
        name: "Held".into(),
        description: String::new(),
        kind: "suppression".into(),
        active: true,
        default_expires: None,
        entry_count: None,
    };
    let diff = Diff { remote: 9, expected: 10, matching: 9, differences: vec![missing] };
    let at = "2026-11-20T13:59:00Z".parse().unwrap();
    let found = Reconciliation { list: held, baseline: false, diff, at };
    let task = kit.task(|op| matches!(op, Op::Reconcile { .. }));
    kit.event(Event::Report(Report { task, fact: Fact::Reconciled(Box::new(found)) }));
    kit.shows(&["Held, suppression · as of", "ann@example.com"]);
}

#[test]
fn a_run_is_taken_back_by_a_plan_that_is_shown_first() {
    let mut kit = with(vec![run("7f3a0001", RunState::Ready)]);
    kit.keys("z");
    let started = kit.started();
    assert!(matches!(started.last(), Some(Op::PlanUndo { run }) if run == "7f3a0001"), "{started:?}");
    kit.shows(&["Plan and approve"]);
    let mut kit = with(vec![run("7f3a0001", RunState::Ready)]);
    kit.keys("t");
    let started = kit.started();
    assert!(matches!(started.last(), Some(Op::PlanRetry { run }) if run == "7f3a0001"), "{started:?}");
}

#[test]
fn what_cannot_be_taken_back_says_why() {
    let nothing = RunSummary { buckets: Buckets::default(), ..run("7f3a0001", RunState::Cancelled) };
    let mut kit = with(vec![nothing]);
    kit.keys("z").shows(&["the tenant took no row of this run"]);
    kit.keys("t").shows(&["it has no dead letters"]);
    let plans = |op: &Op| matches!(op, Op::PlanUndo { .. } | Op::PlanRetry { .. });
    assert!(!kit.started().iter().any(plans));
}

#[test]
fn read_only_offers_nothing_that_changes_a_run() {
    let mut kit = Kit::with(|env| env.read_only = true);
    kit.keys("f5").answer(|op| matches!(op, Op::Runs), Fact::Runs(vec![run("7f3a0001", RunState::Paused)]));
    kit.started();
    for key in ["space", "r", "x"] {
        kit.keys(key).shows(&["read-only"]);
    }
    assert!(kit.started().is_empty());
}

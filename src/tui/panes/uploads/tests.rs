//! Uploads as a person watches them: facts come in, the screen follows.

mod acts;

use std::collections::BTreeMap;

use crate::domain::diff::{Diff, DiffKind, Difference, ExpectedAttributes};
use crate::domain::identifier::Email;
use crate::domain::job::{JobId, JobStatus};
use crate::domain::list::DncList;
use crate::domain::list::ListId;
use crate::domain::metrics::Calls;
use crate::domain::phone::E164;
use crate::domain::plan::{Destination, Operation};
use crate::domain::progress::{Phase, Progress};
use crate::domain::run::{Buckets, RunState, RunSummary};
use crate::ops::Reconciliation;
use crate::ops::{Circuit, DeadLetter, FeedState, Gauges, JobNow, JobsNow, Measured, Rate, Rates};
use crate::tui::event::{Effect, Event, Fact, Op, Report, Trouble};
use crate::tui::testkit::Kit;
use crate::tui::theme::Theme;

fn run(id: &str, state: RunState) -> RunSummary {
    RunSummary {
        operation: Default::default(),
        origin: Default::default(),
        destination: Default::default(),
        activates: false,
        id: id.into(),
        plan: Some("p-3f9a12c4".into()),
        profile: "acme".into(),
        list: ListId("L-1".into()),
        list_name: "TCPA_National".into(),
        file: "/data/state_ca.csv".into(),
        state,
        buckets: Buckets {
            rows: 1_000,
            accepted: 600,
            unchanged: 100,
            duplicates: 20,
            rejected: 30,
            dead_letters: 2,
            unaccounted: 248,
            ..Buckets::default()
        },
        batches_done: 6,
        batches: 10,
        retries: 4,
        throttled: 1,
        differences: 0,
        started_at: "2026-11-20T13:50:00Z".parse().unwrap(),
        changed_at: "2026-11-20T13:59:00Z".parse().unwrap(),
        cool_down_until: None,
        seconds: 12.0,
        by: "ada".into(),
        reason: "weekly register".into(),
        error: None,
    }
}

fn with(runs: Vec<RunSummary>) -> Kit {
    let mut kit = Kit::new();
    kit.keys("f5").answer(|op| matches!(op, Op::Runs), Fact::Runs(runs));
    kit
}

/// A run of ours, at work.
fn at_work() -> Kit {
    let mut kit = with(vec![run("5b9e0001", RunState::Ready)]);
    kit.does(crate::tui::act::Act::Start(Op::Resume { run: "7f3a0001".into() }));
    let task = kit.task(|op| matches!(op, Op::Resume { .. }));
    let fact = Fact::Run(Box::new(run("7f3a0001", RunState::Uploading)));
    kit.event(Event::Report(Report { task, fact }));
    for (done, rate) in [(100, 20.0), (640, 38.0)] {
        let progress = Progress {
            phase: Phase::Send,
            done,
            total: Some(1_000),
            rate: Some(rate),
            eta: Some(std::time::Duration::from_secs(240)),
        };
        kit.event(Event::Progress(BTreeMap::from([(task, progress)])));
    }
    kit
}

fn letters() -> Fact {
    let number = E164::from_canonical("+14155550113").unwrap();
    let letter = |row| DeadLetter {
        row,
        identifier: number.into(),
        code: "REJECTED_BY_POLICY".into(),
        message: "numbers \u{1b}[2J that…".into(),
    };
    Fact::DeadLetters { run: "7f3a0001".into(), letters: vec![letter(8_112), letter(9_020)] }
}

#[test]
fn without_a_run_the_way_to_one_is_named() {
    with(Vec::new()).shows(&["There is no run yet", "4 opens a file"]);
    let mut kit = Kit::new();
    kit.keys("f5").shows(&["reading the runs"]);
    let trouble =
        Trouble::said("read the runs", "ledger-damaged", "the ledger is damaged", "Restore a backup.");
    kit.answer(|op| matches!(op, Op::Runs), Fact::Failed(trouble))
        .shows(&["the ledger is damaged", "Restore a backup"]);
}

/// The list is read before a run is there: until then nobody is told that there is none.
#[test]
fn a_run_that_begins_is_said_to() {
    let mut kit = with(Vec::new());
    kit.does(crate::tui::act::Act::Start(Op::Resume { run: "7f3a0001".into() }));
    kit.shows(&["A run begins"]).hides(&["There is no run yet"]);
}

#[test]
fn a_run_at_work_shows_phases_rate_time_left_and_every_bucket() {
    at_work().shows(&[
        "7f3a0001",
        "◌ uploading",
        "64 % ~4 min",
        "state_ca.csv → TCPA_National · SANDBOX",
        "validate",
        "send",
        "640/1,000",
        "38/s",
        "settle",
        "reconcile",
        "batches 6/10",
        "retries 4",
        "throttled 1×",
        "rate ▄▇",
        "✗ dead letters 2",
        "600 accepted · 100 already there · 20 duplicates · 30 rejected",
        "248 to go = 1,000 rows",
        "Space pauses it",
    ]);
}

#[test]
fn rows_are_without_verdict_only_once_nobody_here_sends_them() {
    at_work().shows(&["248 to go"]).hides(&["without verdict"]);
    for state in [RunState::Uploaded, RunState::Interrupted, RunState::Paused, RunState::Uploading] {
        let mut kit = with(vec![run("aaaa0001", state)]);
        kit.shows(&["▲ 248 without verdict = 1,000 rows"]).hides(&["to go"]);
    }
}

#[test]
fn one_dead_letter_is_not_many_and_its_row_stands_beside_the_word() {
    let mut one = run("7f3a0001", RunState::Uploaded);
    one.buckets.dead_letters = 1;
    one.buckets.duplicates = 1;
    one.buckets.unaccounted = 268;
    let mut kit = with(vec![one]);
    kit.shows(&["· 1 duplicate ·", "1 dead letter ·"]);
    kit.answer(|op| matches!(op, Op::DeadLetters { .. }), letters()).shows(&["row 8,112  +1 415 555 0113"]);
}

#[test]
fn every_size_and_mono_show_state_and_next_key() {
    for (width, height) in [(60, 20), (80, 24), (120, 34)] {
        let mut kit = at_work();
        kit.resize(width, height).shows(&["7f3a0001", "◌ uploading", "64 %", "Space pauses"]);
        let dark = kit.screen();
        kit.app.cx.theme = Theme::Mono;
        assert_eq!(kit.screen(), dark);
    }
}

#[test]
fn the_cool_down_counts_down() {
    let mut cooling = run("6c020001", RunState::CoolingDown);
    cooling.cool_down_until = Some("2026-11-20T14:02:41Z".parse().unwrap());
    let mut kit = with(vec![cooling]);
    kit.shows(&["◌ settling", "2:41", "wait for READY"]);
    kit.pass(41).shows(&["2:00 left"]).hides(&["2:41"]);
    kit.pass(300).shows(&["0:00"]);
}

#[test]
fn an_interrupted_run_of_an_earlier_day_tells_how_to_go_on() {
    let mut broken = run("bbbb0001", RunState::Interrupted);
    broken.started_at = "2026-11-18T09:00:00Z".parse().unwrap();
    broken.error = Some(("unreachable".into(), "the tenant did not answer".into()));
    let mut kit = with(vec![broken]);
    kit.shows(&[
        "▲ interrupted",
        "the tenant did not answer (unreachable)",
        "what may have arrived is read back",
    ]);
    kit.keys("enter").shows(&["Run bbbb0001", "2026-11-18 09:00:00 by ada", "weekly register", "p-3f9a12c4"]);
}

#[test]
fn dead_letters_show_row_number_code_and_message_escaped() {
    let mut kit = at_work();
    kit.answer(|op| matches!(op, Op::DeadLetters { .. }), letters());
    kit.shows(&[
        "Dead letters 2",
        "NOT suppressed",
        "8,112",
        "+1 415 555 0113",
        "✗ REJECTED_BY_POLICY",
        "numbers \\u{1b}[2J that",
    ]);
    kit.keys("p").shows(&["+1415•••0113"]).hides(&["555 0113"]).keys("p");
    kit.keys("tab down enter").shows(&["Dead letter", "9,020", "NOT suppressed by it"]);
    // Read once, until there are more of them.
    kit.keys("esc").started();
    kit.pass(1);
    assert!(!kit.started().iter().any(|op| matches!(op, Op::DeadLetters { .. })));
}

#[test]
fn on_a_small_screen_tab_brings_the_dead_letters() {
    let mut kit = at_work();
    kit.answer(|op| matches!(op, Op::DeadLetters { .. }), letters());
    kit.resize(60, 20).hides(&["REJECTED_BY"]).keys("tab").shows(&["REJECTED_BY", "8,112"]);
}

#[test]
fn the_same_run_stays_selected_when_others_come() {
    let mut kit = with(vec![run("aaaa0001", RunState::Ready), run("bbbb0001", RunState::Paused)]);
    kit.keys("down").shows(&["run bbbb0001 ·"]);
    kit.keys("R");
    let newer = vec![
        run("cccc0001", RunState::Ready),
        run("aaaa0001", RunState::Ready),
        run("bbbb0001", RunState::Paused),
    ];
    kit.answer(|op| matches!(op, Op::Runs), Fact::Runs(newer)).shows(&["run bbbb0001 ·"]);
}

#[test]
fn buckets_that_do_not_add_up_are_an_alarm() {
    let mut lost = run("dddd0001", RunState::Uploaded);
    lost.buckets.unaccounted = 0;
    with(vec![lost]).shows(&["✗ the buckets hold 752, the file 1,000 rows"]);
}

#[test]
fn nothing_looks_done_before_it_is() {
    let mut early = run("eeee0001", RunState::Discrepant);
    early.buckets.unaccounted = 10;
    early.differences = 12;
    let mut kit = with(vec![early]);
    kit.shows(&["✗ DISCREPANT", "12 differ"]);
    let screen = kit.screen();
    let line = screen.lines().find(|line| line.contains("reconcile ")).unwrap();
    assert!(!line.contains("100 %"), "{screen}");
    let send = screen.lines().find(|line| line.contains(" send ") || line.contains("│send")).unwrap();
    assert!(send.contains("60 %"), "{screen}");
}

#[test]
fn a_ready_run_that_left_rows_out_says_how_many_and_never_that_nothing_is_to_do() {
    let mut ready = run("5b9e0001", RunState::Ready);
    ready.buckets.unaccounted = 0;
    ready.buckets.accepted = 848;
    for (width, height) in [(60, 20), (80, 24), (120, 34)] {
        let mut kit = with(vec![ready.clone()]);
        kit.resize(width, height);
        kit.shows(&["● READY", "▲ 32 out", "▲ 32 rows are NOT suppressed", "Tab shows"]);
        kit.hides(&["Nothing to do"]);
    }
    ready.buckets.rejected = 0;
    ready.buckets.accepted += 30;
    with(vec![ready.clone()]).shows(&["2 rows are NOT suppressed: 2 refused", "Tab shows the dead letters"]);
    ready.buckets.dead_letters = 0;
    ready.buckets.accepted += 2;
    with(vec![ready]).shows(&["Nothing to do"]).hides(&["NOT suppressed"]);
}

#[test]
fn a_run_that_was_interrupted_shows_no_rate_and_no_time_left() {
    let mut kit = at_work();
    kit.shows(&["38/s"]);
    let task = kit.task(|op| matches!(op, Op::Resume { .. }));
    let fact = Fact::RunEnded(Box::new(run("7f3a0001", RunState::Interrupted)));
    kit.event(Event::Report(Report { task, fact })).pass(10).shows(&["▲ interrupted", "640/1,000"]);
    kit.hides(&["38/s", "~4 min"]);
}

/// The run of ours, going to an outbound list, with what its jobs say.
fn with_jobs(feed: FeedState, gauges: Gauges) -> Kit {
    let mut kit = at_work();
    let task = kit.task(|op| matches!(op, Op::Resume { .. }));
    let outbound = RunSummary { destination: Destination::Outbound, ..run("7f3a0001", RunState::Uploading) };
    kit.event(Event::Report(Report { task, fact: Fact::Run(Box::new(outbound)) }));
    let job = |id: &str, status, progress| JobNow { id: JobId(id.into()), rows: 10_000, status, progress };
    let jobs = vec![
        job("job-one", JobStatus::Completed, 100),
        job("job-two\u{1b}[2J", JobStatus::Running, 40),
        job("job-three", JobStatus::Failed, 60),
    ];
    kit.event(Event::Report(Report { task, fact: Fact::Jobs(Box::new(JobsNow { feed, jobs })) }));
    kit.event(Event::Gauges(gauges));
    kit
}

fn gauges(outbound: Rate, circuit: Circuit) -> Gauges {
    Gauges { families: Rates { outbound, ..Rates::default() }, circuit, ..Gauges::default() }
}

#[test]
fn jobs_have_bars_and_the_way_of_their_news_is_said() {
    let rate = Rate { used: 1.0, allowed: 100.0 / 60.0, ceiling: 100.0 / 60.0, paused: None };
    with_jobs(FeedState::Live, gauges(rate, Circuit::Closed))
        .shows(&["events    ● live", "tenant    calls go out  60/100 calls per min"])
        .shows(&[
            "100 %  ● COMPLETED",
            "40 %  ◌ RUNNING",
            "60 %  ✗ FAILED",
            "10,000 rows",
            "job-two\\u{1b}[2J",
        ]);
    let wait = std::time::Duration::from_secs(4);
    with_jobs(FeedState::Reconnecting { attempt: 3, next_try: wait }, Gauges::default())
        .shows(&["▲ reconnecting (3), next try in 4 s"]);
    with_jobs(FeedState::Polling { reason: "the tenant refuses the socket (403)".into() }, Gauges::default())
        .shows(&["▲ polling: the tenant refuses the socket (403)"]);
}

#[test]
fn an_unhealthy_or_slow_tenant_is_said_with_the_time_to_the_next_try() {
    let second = std::time::Duration::from_secs(1);
    let slow = Rate { used: 0.0, allowed: 10.0, ceiling: 20.0, paused: Some(12 * second) };
    with_jobs(FeedState::Live, gauges(slow, Circuit::Closed))
        .shows(&["▲ asks for patience: 12 s", "0/10 calls per s, lowered from 20"]);
    let open = Circuit::Open { retry_in: 20 * second };
    with_jobs(FeedState::Live, gauges(slow, open)).shows(&["✗ unhealthy: calls stopped, next try in 20 s"]);
    with_jobs(FeedState::Live, gauges(slow, Circuit::Probing)).shows(&["◌ unhealthy: one call tries"]);
}

fn measured(id: &str, waiting: u64, why: Option<&str>) -> Fact {
    let mut measured = Measured::default();
    for millis in [38, 40, 1_250] {
        let calls = Calls { family: "entries".into(), kind: "write".into() };
        measured.metrics.note(calls, std::time::Duration::from_millis(millis));
    }
    measured.metrics.not_yet_visible = 7;
    measured.deliveries.delivered = 1;
    measured.deliveries.waiting = waiting;
    measured.deliveries.why = why.map(str::to_owned);
    Fact::Measured { run: id.into(), measured: Box::new(measured) }
}

#[test]
fn what_the_calls_took_and_who_was_told_stands_with_the_run() {
    let mut kit = with(vec![run("7f3a0001", RunState::Ready)]);
    kit.keys("5");
    kit.answer(|op| matches!(op, Op::Measured { .. }), measured("7f3a0001", 1, Some("it answered 503")));
    // 600 accepted and 2 refused in 12 s.
    kit.shows(&[
        "p50 40 ms",
        "max 1.2 s",
        "50.2 rows/s",
        "▲ webhook 1 delivered, 1 waiting (it answered 503)",
    ]);
    kit.keys("enter").shows(&[
        "entries write",
        "3 calls",
        "20 in the file",
        "100 on the list already",
        "7 not visible",
    ]);
}

#[test]
fn messages_that_wait_are_looked_after_until_they_are_told() {
    let mut kit = with(vec![run("7f3a0001", RunState::Ready)]);
    kit.keys("5");
    kit.answer(|op| matches!(op, Op::Measured { .. }), measured("7f3a0001", 1, None));
    let asked = |kit: &mut Kit| kit.started().iter().filter(|op| matches!(op, Op::Measured { .. })).count();
    kit.started();
    kit.pass(1);
    assert_eq!(asked(&mut kit), 0, "not every second");
    kit.pass(5);
    assert_eq!(asked(&mut kit), 1);
    kit.answer(|op| matches!(op, Op::Measured { .. }), measured("7f3a0001", 0, None));
    kit.shows(&["webhook 1 delivered"]);
    kit.pass(60);
    assert_eq!(asked(&mut kit), 0, "nothing waits any more");
}

#[test]
fn the_end_of_a_long_run_rings_and_that_of_a_short_one_does_not() {
    for (seconds, rings) in [(59, false), (60, true)] {
        let mut kit = at_work();
        kit.pass(seconds);
        kit.effects();
        let ended = Fact::RunEnded(Box::new(run("7f3a0001", RunState::Ready)));
        kit.answer(|op| matches!(op, Op::Resume { .. }), ended);
        let rung = kit.effects().into_iter().find_map(|effect| match effect {
            Effect::Ring(why) => Some(why),
            _ => None,
        });
        assert_eq!(rung, rings.then(|| "quietline: run 7f3a0001: ready".to_owned()), "{seconds} s");
    }
}

/// The plan was compared whole, and nothing is sent: that must not look like a run that is through.
#[test]
fn how_far_a_phase_before_came_is_not_how_far_the_run_is() {
    let mut kit = with(vec![run("5b9e0001", RunState::Ready)]);
    kit.does(crate::tui::act::Act::Start(Op::Resume { run: "7f3a0001".into() }));
    let task = kit.task(|op| matches!(op, Op::Resume { .. }));
    let gauge = |phase, done, total| {
        let progress = Progress { phase, done, total: Some(total), rate: None, eta: None };
        Event::Progress(BTreeMap::from([(task, progress)]))
    };
    kit.event(gauge(Phase::Plan, 1_000, 1_000));
    let unsent = Buckets { rows: 1_000, unaccounted: 1_000, ..Buckets::default() };
    let sending = RunSummary { buckets: unsent, batches_done: 0, ..run("7f3a0001", RunState::Uploading) };
    kit.event(Event::Report(Report { task, fact: Fact::Run(Box::new(sending)) }));
    kit.shows(&["◌ uploading      0 %", "5 Uploads (◌)"]).hides(&["1 run 100 %"]);
    kit.event(gauge(Phase::Send, 250, 1_000)).shows(&["25 %", "1 run 25 %"]);
}

#[test]
fn a_removal_says_of_its_rows_what_became_of_them() {
    let off = RunSummary { operation: Operation::Remove, ..run("7f3a0001", RunState::Ready) };
    let mut kit = with(vec![off]);
    kit.shows(&["600 taken off", "100 not there", "STILL on the list"]);
    kit.hides(&["NOT suppressed", "600 accepted"]);
    kit.answer(|op| matches!(op, Op::DeadLetters { .. }), letters());
    kit.keys("tab enter").shows(&["The tenant refused this row: what"]);
}

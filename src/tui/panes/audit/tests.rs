//! Who did what to what.

use crate::domain::audit::{AuditEvent, Checkpoint, TrailBreak, TrailReport};
use crate::domain::readiness::ListState;
use crate::tui::event::{Effect, Fact, Op};
use crate::tui::testkit::{Kit, catalog, overview};

fn event(seq: u64, actor: &str, effect: &str) -> AuditEvent {
    AuditEvent {
        seq,
        at: "2026-11-20T13:02:00Z".parse().unwrap(),
        actor: actor.into(),
        kind: "plan.approved".into(),
        object: "list L-1".into(),
        effect: effect.into(),
        reason: Some("quarterly load".into()),
        hash: format!("{seq:064x}"),
    }
}

fn whole() -> TrailReport {
    TrailReport {
        records: 1_204,
        head: "abc123".into(),
        trusted: 0,
        broken: None,
        acknowledged: false,
        checkpoint: None,
    }
}

fn told(events: Vec<AuditEvent>, chain: TrailReport) -> Fact {
    Fact::Audit { events, head: "abc123".into(), chain }
}

fn kit() -> Kit {
    let events = vec![event(2, "analyst", "48 numbers more"), event(1, "admin", "12 numbers more")];
    let mut kit = Kit::new();
    kit.keys("f7").answer(|op| matches!(op, Op::Audit { .. }), told(events, whole()));
    kit
}

#[test]
fn events_stand_newest_first_under_the_head_of_the_chain() {
    let mut kit = kit();
    kit.shows(&[
        "head abc123",
        "13:02:00 analyst",
        "analyst",
        "plan.approved",
        "list L-1",
        "48 numbers more",
    ]);
    let screen = kit.screen();
    assert!(screen.find("48 numbers") < screen.find("12 numbers"), "{screen}");
}

#[test]
fn enter_shows_an_event_in_full_and_y_copies_it_with_its_hash() {
    let mut kit = kit();
    kit.keys("enter").shows(&["quarterly load", "2026-11-20 13:02:00"]).effects();
    kit.keys("y");
    let hash = format!("{:064x}", 2);
    assert!(kit.effects().iter().any(|effect| matches!(effect, Effect::Copy(text) if text.contains(&hash))));
    kit.keys("esc").hides(&["quarterly load"]);
}

#[test]
fn lists_have_their_names_and_counts_their_separators_but_names_of_digits_stay() {
    let mut kit = kit();
    let list = overview("7010c70c-013e", "TCPA_National", ListState::Ready);
    kit.answer(|op| matches!(op, Op::Catalog), Fact::Catalog(catalog(vec![list])));
    let all = [
        event(3, "ada", "25032 to add, 0 to update on list 7010c70c-013e, digest 73479641"),
        AuditEvent { object: "run 33612749".into(), ..event(2, "ada", "25004 entries are the baseline") },
        AuditEvent { object: "list 7010c70c-013e".into(), ..event(1, "ada", "batch 1200: 28 accepted") },
    ];
    kit.keys("R").answer(|op| matches!(op, Op::Audit { .. }), told(all.into(), whole()));
    kit.resize(160, 34).shows(&[
        "25,032 to add, 0 to update on list TCPA_National, digest 73479641",
        "25,004 entries",
        "run 33612749",
        "list TCPA_National ",
        "batch 1200: 28 accepted",
    ]);
    // In full it stands as it was written.
    kit.keys("up enter").shows(&["25032 to add", "7010c70c-013e"]);
    kit.keys("esc /").types("tcpa").shows(&["2 of 3"]);
}

#[test]
fn a_filter_finds_an_actor() {
    kit().keys("/").types("admin").shows(&["1 of 2", "12 numbers more"]).hides(&["48 numbers more"]);
}

#[test]
fn the_state_of_the_chain_is_a_word_and_v_goes_through_all_of_it() {
    let mut kit = kit();
    kit.shows(&["INTACT, all 1,204 events", "no checkpoint"]);

    let checkpoint = Checkpoint {
        records: 1_200,
        head: "abc".into(),
        at: "2026-11-20T13:01:00Z".parse().unwrap(),
        key: "ed25519".into(),
    };
    let since = TrailReport { trusted: 1_000, checkpoint: Some(checkpoint), ..whole() };
    let is_look =
        |whole: bool| move |op: &Op| matches!(op, Op::Audit { whole: asked, .. } if *asked == whole);
    kit.keys("R").answer(is_look(false), told(vec![event(1, "ada", "x")], since));
    kit.shows(&["INTACT since event 1,000", "last checkpoint 13:01:00 (event 1,200)"]);

    let broken = Some(TrailBreak { at: 1_111, what: "it is gone".into() });
    let found = TrailReport { broken: broken.clone(), ..whole() };
    kit.keys("V").answer(is_look(true), told(vec![event(1, "ada", "x")], found));
    kit.shows(&["BROKEN at event 1,111, no run begins: it is gone"]).hides(&["INTACT"]);

    let seen = TrailReport { broken, acknowledged: true, ..whole() };
    kit.keys("V").answer(is_look(true), told(vec![event(1, "ada", "x")], seen));
    kit.shows(&["BROKEN at event 1,111, acknowledged"]).hides(&["INTACT", "no run begins"]);
}

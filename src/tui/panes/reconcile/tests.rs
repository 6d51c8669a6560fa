//! Reconcile as a person reads it.

use std::collections::BTreeMap;

use crate::domain::diff::{Diff, DiffKind, Difference, ExpectedAttributes};
use crate::domain::entry::RemoteEntry;
use crate::domain::list::ListId;
use crate::domain::phone::E164;
use crate::domain::progress::{Phase, Progress};
use crate::domain::readiness::ListState;
use crate::ops::Reconciliation;
use crate::tui::event::{Event, Fact, Op, Trouble};
use crate::tui::testkit::{Kit, catalog, overview};
use crate::tui::theme::Theme;

fn difference(kind: DiffKind, number: &str) -> Difference {
    let expected = ExpectedAttributes {
        jurisdiction: Some("US-CA".into()),
        expires: Some("2027-12-31T00:00:00Z".parse().unwrap()),
        source: Some("State_CA".into()),
    };
    let remote = RemoteEntry {
        id: "r-17".into(),
        list: ListId("L-1".into()),
        raw: number.into(),
        identifier: E164::from_canonical(number).map(Into::into),
        jurisdiction: Some("US-NV".into()),
        expires: None,
        source: Some("=cmd()\u{1b}[31m".into()),
        key: None,
    };
    Difference {
        kind,
        identifier: E164::from_canonical(number).map(Into::into),
        raw: number.into(),
        fields: if kind == DiffKind::Changed { vec!["jurisdiction", "expires"] } else { Vec::new() },
        expected: (!matches!(kind, DiffKind::Unexpected | DiffKind::Malformed)).then_some(expected),
        remote: (kind != DiffKind::Missing).then_some(remote),
    }
}

fn result(differences: Vec<Difference>, baseline: bool) -> Fact {
    Fact::Reconciled(Box::new(Reconciliation {
        list: overview("L-1", "TCPA_National", ListState::Discrepant).list,
        baseline,
        diff: Diff { remote: 50_000, expected: 50_002, matching: 49_998, differences },
        at: "2026-11-20T13:59:00Z".parse().unwrap(),
    }))
}

fn some() -> Vec<Difference> {
    vec![
        difference(DiffKind::Missing, "+14155550101"),
        difference(DiffKind::Missing, "+14155550102"),
        difference(DiffKind::Missing, "+14155550103"),
        difference(DiffKind::Unexpected, "+14155550104"),
        difference(DiffKind::Changed, "+14155550105"),
        difference(DiffKind::Malformed, "call\u{1b}[2Jme"),
    ]
}

/// On the pane, with a list chosen.
fn chosen() -> Kit {
    let mut kit = Kit::new();
    let lists = vec![overview("L-1", "TCPA_National", ListState::Discrepant)];
    kit.answer(|op| matches!(op, Op::Catalog), Fact::Catalog(catalog(lists)));
    kit.keys("f6 l").shows(&["Choose a list", "✗ DISCREPANT"]).keys("enter");
    kit
}

fn is_it(op: &Op) -> bool {
    matches!(op, Op::Reconcile { .. })
}

#[test]
fn without_a_list_c_asks_for_one_and_then_reconciles() {
    let mut kit = Kit::new();
    let lists = vec![overview("L-1", "TCPA_National", ListState::Unverified)];
    kit.answer(|op| matches!(op, Op::Catalog), Fact::Catalog(catalog(lists)));
    kit.keys("f6").shows(&["l chooses a list", "c reads it back"]);
    kit.started();
    kit.keys("c").shows(&["Choose a list"]).keys("enter");
    assert!(matches!(kit.started().as_slice(), [Op::Reconcile { list, .. }] if list.0 == "L-1"));
}

#[test]
fn before_the_first_time_the_baseline_is_announced_and_afterwards_named() {
    let mut kit = chosen();
    kit.shows(&["TCPA_National", "Never read back", "baseline", "c reads the list back"]);
    kit.keys("c").shows(&["asking the tenant"]);
    kit.answer(is_it, result(Vec::new(), true));
    kit.shows(&["First time: what the list held became its baseline", "Every number is there as expected"]);
}

#[test]
fn while_the_list_is_read_progress_shows_and_c_does_not_start_twice() {
    let mut kit = chosen();
    kit.keys("c").started();
    let task = kit.task(is_it);
    let progress =
        Progress { phase: Phase::Reconcile, done: 12_000, total: Some(50_000), rate: Some(900.0), eta: None };
    kit.event(Event::Progress(BTreeMap::from([(task, progress)])));
    kit.shows(&["reading", "24 %", "12,000/50,000", "900/s"]);
    kit.keys("c").shows(&["being read back already"]);
    assert!(!kit.started().iter().any(is_it));
}

#[test]
fn differences_stand_side_by_side_with_what_changed_marked() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false)).shows(&[
        "as of 13:59",
        "remote 50,000 · expected 50,002 · matching 49,998",
        "− missing 3 · + unexpected 1 · ≠ changed 1 · duplicates 0",
        "[all 6]",
        "expected",
        "on the tenant",
        "− missing",
        "+1 415 555 0101",
        "(not there)",
        "(not expected)",
        "≠US-CA",
        "≠US-NV",
        "≠never",
    ]);
}

#[test]
fn every_size_and_mono_show_number_kind_and_both_sides() {
    for (width, height) in [(60, 20), (80, 24), (120, 34)] {
        let mut kit = chosen();
        kit.keys("c").answer(is_it, result(some(), false));
        kit.resize(width, height).shows(&[
            "− missing 3",
            "+1 415 555 0101",
            "US-CA",
            "(not there)",
            "≠never",
        ]);
        let dark = kit.screen();
        kit.app.cx.theme = Theme::Mono;
        assert_eq!(kit.screen(), dark);
    }
}

#[test]
fn one_kind_alone_by_key_and_by_click_and_esc_shows_all() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false));
    kit.keys("right").shows(&["[− missing 3]", "555 0103"]).hides(&["555 0104"]);
    kit.keys("f f").shows(&["[≠ changed 1]", "555 0105"]).hides(&["555 0101"]);
    kit.keys("left").shows(&["[+ unexpected 1]"]);
    kit.keys("esc").shows(&["[all 6]", "555 0101", "555 0105"]);
    kit.click_on(" ✗ malformed 1 ", 1).shows(&["[✗ malformed 1]"]).hides(&["555 0101"]);
}

#[test]
fn hostile_text_of_the_tenant_shows_escaped_and_numbers_can_be_masked() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false));
    assert!(!kit.screen().contains('\u{1b}'));
    kit.shows(&["call\\u{1b}[2Jme"]);
    kit.keys("p").shows(&["+1415•••0101"]).hides(&["555 0101"]);
}

#[test]
fn enter_shows_a_difference_in_full() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false));
    kit.keys("enter").shows(&["Difference", "it may be called", "on the tenant", "nothing"]);
    kit.keys("esc down down down down enter").shows(&["≠ jurisdiction US-CA", "≠ expires never", "r-17"]);
}

#[test]
fn export_writes_what_is_shown_safe_for_spreadsheets() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false));
    kit.started();
    kit.keys("f f f E");
    let started = kit.started();
    let [Op::Export { out, text, rows }] = started.as_slice() else { panic!("{started:?}") };
    assert_eq!(out.file_name().unwrap(), "TCPA_National.changed.20261120T135900Z.csv");
    assert_eq!((*rows, text.lines().count()), (1, 2));
    assert!(text.contains("changed,+14155550105,+14155550105,jurisdiction expires,US-CA,"), "{text}");
    assert!(text.contains("\"'=cmd()"), "{text}");
}

#[test]
fn when_the_tenant_cannot_be_asked_nothing_is_claimed_and_the_last_state_stays() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false));
    kit.keys("c");
    let trouble =
        Trouble::said("reconcile the list", "unreachable", "the tenant does not answer", "Try later.");
    kit.answer(is_it, Fact::Failed(trouble)).shows(&[
        "▲ UNVERIFIED",
        "the tenant does not answer",
        "the last good state, of 13:59",
        "Try later.",
        "555 0101",
    ]);
    // Without a last state there is none to show.
    let mut kit = chosen();
    let trouble =
        Trouble::said("reconcile the list", "unreachable", "the tenant does not answer", "Try later.");
    kit.keys("c")
        .answer(is_it, Fact::Failed(trouble))
        .shows(&["▲ UNVERIFIED"])
        .hides(&["matching", "as expected"]);
}

#[test]
fn a_clean_result_that_is_old_does_not_look_current() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(Vec::new(), false)).shows(&["Every number is there as expected"]);
    kit.keys("c");
    let trouble =
        Trouble::said("reconcile the list", "unreachable", "the tenant does not answer", "Try later.");
    kit.answer(is_it, Fact::Failed(trouble)).shows(&["▲ UNVERIFIED", "as of then"]);
}

#[test]
fn totals_and_differences_stand_on_lines_of_their_own_where_one_is_too_short() {
    let mut kit = chosen();
    kit.keys("c").answer(is_it, result(some(), false));
    for (width, lines) in [(80, 2), (120, 2), (160, 1)] {
        kit.resize(width, 34);
        let screen = kit.screen();
        let at = |word: &str| screen.lines().position(|line| line.contains(word)).unwrap();
        assert_eq!(at("[all 6]") - at("remote 50,000"), lines, "{width}:\n{screen}");
        assert_eq!(at("duplicates 0"), at("− missing 3"), "{width}:\n{screen}");
    }
}

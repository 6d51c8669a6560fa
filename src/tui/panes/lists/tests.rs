//! Which lists are enforced, and what is missing.

use crate::domain::list::ListId;
use crate::domain::readiness::ListState;
use crate::tui::event::{Fact, Op};
use crate::tui::testkit::{Kit, catalog, overview};

fn is_catalog(op: &Op) -> bool {
    matches!(op, Op::Catalog)
}

fn kit() -> Kit {
    let mut settling = overview("L-2", "State_CA", ListState::Settling);
    settling.readiness.seconds_left = 161;
    let mut discrepant = overview("L-3", "Internal", ListState::Discrepant);
    discrepant.facts.reconciled = Some(("2026-11-19T10:00:00Z".parse().unwrap(), 12));
    let mut unbound = overview("L-4", "Old \u{1b}[31m", ListState::Unbound);
    unbound.enforced_by.clear();
    let ready = overview("L-1", "National", ListState::Ready);
    let mut kit = Kit::new();
    kit.keys("f2").answer(is_catalog, Fact::Catalog(catalog(vec![ready, settling, discrepant, unbound])));
    kit.effects();
    kit
}

#[test]
fn each_state_is_a_word_with_what_belongs_to_it() {
    kit().shows(&["● READY", "◌ SETTLING 2:41", "✗ DISCREPANT 12", "▲ UNBOUND", "(✗1)"]);
}

#[test]
fn the_cool_down_counts_down_and_the_gate_is_asked_again_at_its_end() {
    let mut kit = kit();
    kit.pass(61).shows(&["SETTLING 1:40"]);
    assert!(kit.started().is_empty());
    kit.pass(101);
    assert!(matches!(kit.started().as_slice(), [Op::Catalog]));
}

#[test]
fn names_of_the_tenant_are_shown_escaped() {
    let mut kit = kit();
    assert!(!kit.screen().contains('\u{1b}'));
    kit.shows(&["Old \\u{1b}[31m"]);
}

#[test]
fn the_detail_says_what_keeps_a_list_from_ready() {
    let mut kit = kit();
    kit.keys("down down down").shows(&["no active blocking rule", "bind the list to an active"]);
    kit.keys("up").shows(&["2026-11-19 10:00, ✗ 12", "6 shows the differences"]);
}

#[test]
fn the_selection_stays_with_its_list_when_lists_are_read_again() {
    let mut kit = kit();
    kit.keys("down down R").answer(
        is_catalog,
        Fact::Catalog(catalog(vec![
            overview("L-0", "New", ListState::Unverified),
            overview("L-3", "Internal", ListState::Discrepant),
        ])),
    );
    kit.keys("g");
    assert!(kit.started().iter().any(|op| matches!(op, Op::Gate { list } if list.0 == "L-3")));
}

#[test]
fn c_reconciles_the_selected_list_and_shows_it() {
    let mut kit = kit();
    kit.keys("down c");
    assert!(
        kit.started().iter().any(|op| matches!(op, Op::Reconcile { list, run: None } if list.0 == "L-2"))
    );
    assert_eq!(kit.app.cx.aim.list, Some(ListId("L-2".into())));
    kit.shows(&["[6 Reconcile"]);
}

#[test]
fn the_sandbox_loses_three_entries_of_the_selected_list_but_only_a_sandbox_does() {
    let mut kit = kit();
    kit.keys("down :").types("lose three").keys("enter");
    assert!(
        kit.started().iter().any(|op| matches!(op, Op::SandboxLose { list, count: 3 } if list.0 == "L-2"))
    );
}

#[test]
fn read_only_leaves_uploading_out_and_says_why() {
    let mut kit = Kit::with(|env| env.read_only = true);
    kit.keys("f2")
        .answer(is_catalog, Fact::Catalog(catalog(vec![overview("L-1", "National", ListState::Ready)])));
    kit.hides(&["u upload a file"]).keys("u").shows(&["not in read-only mode"]);
    assert_eq!(kit.app.cx.aim.list, None);
}

#[test]
fn a_filter_narrows_the_lists_and_escape_shows_all() {
    let mut kit = kit();
    kit.keys("/").types("state_ca").shows(&["1 of 4"]).hides(&["DISCREPANT 12"]);
    kit.keys("enter esc").shows(&["DISCREPANT 12"]);
}

#[test]
fn the_last_good_lists_stay_when_newer_ones_do_not_come() {
    let mut kit = kit();
    let trouble =
        crate::tui::event::Trouble::said("read lists and rules", "tenant-unreachable", "nobody answers", "-");
    kit.keys("R").answer(is_catalog, Fact::Failed(trouble)).shows(&["newer not to be had", "National"]);
}

#[test]
fn a_click_selects() {
    let mut kit = kit();
    kit.click("Internal").keys("g");
    assert!(kit.started().iter().any(|op| matches!(op, Op::Gate { list } if list.0 == "L-3")));
}

#[test]
fn a_long_name_is_whole_while_other_columns_have_room() {
    let mut kit = Kit::new();
    let mut long = overview("L-1", "TCPA_National_Suppression_v2", ListState::Ready);
    long.facts.last_upload = Some(("2026-11-19T10:00:00Z".parse().unwrap(), "ada".into()));
    kit.keys("f2").answer(is_catalog, Fact::Catalog(catalog(vec![long])));
    for (width, height) in [(200, 60), (120, 34), (100, 30), (80, 24)] {
        kit.resize(width, height);
        let screen = kit.screen();
        let row = screen.lines().find(|line| line.contains('▌')).unwrap();
        for whole in ["TCPA_National_Suppression_v2 ", " MANUAL ", " 1,000 ", "2026-11-19", "● READY"] {
            assert!(row.contains(whole), "{whole} is cut at {width}:\n{screen}");
        }
    }
}

#[test]
fn a_list_that_is_switched_off_is_to_be_activated_not_bound() {
    let mut off = overview("L-4", "State_TX", ListState::Unbound);
    off.list.active = false;
    off.enforced_by.clear();
    let mut all = catalog(vec![off]);
    let mut kit = Kit::new();
    kit.keys("f2").answer(is_catalog, Fact::Catalog(all.clone()));
    kit.shows(&[
        "activate the list on the tenant;",
        "no active BLOCK rule uses it",
        "▲ the list is switched off:",
    ])
    .hides(&["bind the list"]);
    all.rules = vec![crate::domain::rule::Rule {
        id: "R-1".into(),
        name: "State_DNC".into(),
        description: String::new(),
        scope: crate::domain::rule::Scope::Outbound,
        priority: 5,
        lists: vec![ListId("L-4".into())],
        action: crate::domain::rule::Action::Block,
        active: true,
    }];
    kit.keys("R").answer(is_catalog, Fact::Catalog(all));
    kit.shows(&["activate the list on the tenant"]).hides(&["BLOCK rule uses it", "bind the list"]);
}

#[test]
fn a_long_id_keeps_to_its_line_and_is_whole_with_the_focus() {
    let id = "16e639e2-c7aa-46e3-88ef-a9e1371f7f02";
    let mut kit = Kit::new();
    let all = catalog(vec![overview(id, "National", ListState::Ready)]);
    kit.keys("f2").answer(is_catalog, Fact::Catalog(all));
    kit.shows(&["16e639e2-c7aa-46", "…8ef-a9e1371f7f02"]).hides(&[id]);
    kit.resize(80, 30).shows(&[id]);
    kit.resize(120, 34).keys("enter").shows(&["16e639e2-c7aa-46e3-88ef-a9e1371f"]);
}

#[test]
fn an_exception_list_is_named_so_and_nobody_is_told_to_bind_it() {
    let mut unbound = overview("L-4", "Safe_Harbor", ListState::Unbound);
    unbound.enforced_by.clear();
    let mut all = catalog(vec![unbound]);
    all.rules = vec![crate::domain::rule::Rule {
        id: "R-1".into(),
        name: "Safe_Harbor_Exceptions".into(),
        description: String::new(),
        scope: crate::domain::rule::Scope::Outbound,
        priority: 5,
        lists: vec![ListId("L-4".into())],
        action: crate::domain::rule::Action::Allow,
        active: true,
    }];
    let mut kit = Kit::new();
    kit.keys("f2").answer(is_catalog, Fact::Catalog(all.clone()));
    kit.shows(&["▲ UNBOUND", "exception list (ALLOW rule", "blocks nobody"]).hides(&["bind the list"]);
    all.rules[0].active = false;
    kit.keys("R").answer(is_catalog, Fact::Catalog(all)).shows(&["bind the list"]).hides(&["exception list"]);
}

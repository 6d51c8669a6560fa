//! Admins: which rule decides.

use crate::domain::list::ListId;
use crate::domain::readiness::ListState;
use crate::domain::rule::{Action, Rule, Scope};
use crate::tui::event::{Fact, Op};
use crate::tui::testkit::{Kit, catalog, overview};

fn rule(id: &str, name: &str, priority: i64, lists: &[&str], active: bool) -> Rule {
    Rule {
        id: id.into(),
        name: name.into(),
        description: String::new(),
        scope: Scope::Both,
        priority,
        lists: lists.iter().map(|list| ListId((*list).to_owned())).collect(),
        action: Action::Block,
        active,
    }
}

fn kit() -> Kit {
    let mut all = catalog(vec![overview("L-1", "National", ListState::Ready)]);
    all.rules = vec![rule("R-1", "First", 5, &["L-1", "L-9"], true), rule("R-2", "Second", 20, &[], false)];
    let mut kit = Kit::new();
    kit.keys("f3").answer(|op| matches!(op, Op::Catalog), Fact::Catalog(all));
    kit
}

#[test]
fn rules_stand_in_the_order_they_decide_with_their_lists() {
    let mut kit = kit();
    kit.shows(&["Rules in the order they decide 2", "First", "National, L-9", "● yes", "▲ no"]);
    let screen = kit.screen();
    assert!(screen.find("First") < screen.find("Second"), "{screen}");
}

#[test]
fn the_detail_names_what_is_odd_about_a_rule() {
    let mut kit = kit();
    kit.shows(&["1. National · READY", "2. L-9 · ▲ the tenant has no"]);
    kit.keys("down").shows(&["▲ switched off: it decides", "▲ none: the rule"]);
}

#[test]
fn a_long_name_is_whole_while_other_columns_have_room() {
    let mut all = catalog(vec![overview("L-1", "TCPA_National_Suppression_v2", ListState::Ready)]);
    all.rules = vec![rule("R-1", "National_DNC_Enforcement_2026", 5, &["L-1"], true)];
    let mut kit = Kit::new();
    kit.keys("f3").answer(|op| matches!(op, Op::Catalog), Fact::Catalog(all));
    kit.shows(&["National_DNC_Enforcement_2026 BOTH"]);
    kit.resize(60, 20).shows(&["BLOCK", "● yes"]);
}

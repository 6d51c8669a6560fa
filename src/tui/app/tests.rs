//! The frame around the panes, as a person meets it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::App;
use crate::tui::Ended;
use crate::tui::command::PaneId;
use crate::tui::event::{Effect, Fact, Op, Trouble};
use crate::tui::testkit::Kit;
use crate::tui::theme::Theme;

#[test]
fn every_pane_draws_at_every_size_in_dark_and_mono() {
    for theme in [Theme::Dark, Theme::Mono] {
        for pane in PaneId::ALL {
            let mut kit = Kit::new();
            kit.app.cx.theme = theme;
            kit.app.go(pane);
            for (width, height) in [(0, 0), (1, 1), (40, 12), (60, 20), (80, 24), (120, 34), (200, 60)] {
                draw(&kit.app, width, height);
            }
        }
    }
}

fn draw(app: &App, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    app.view(area, &mut buffer);
    buffer
}

#[test]
fn the_tabs_follow_the_order_of_the_panes() {
    let kit = Kit::new();
    let ids: Vec<_> = kit.app.panes.iter().map(|pane| pane.id()).collect();
    assert_eq!(ids, PaneId::ALL);
}

#[test]
fn mono_says_everything_that_colour_says() {
    let mut kit = Kit::new();
    let dark = kit.screen();
    kit.app.cx.theme = Theme::Mono;
    assert_eq!(kit.screen(), dark);
}

#[test]
fn a_small_terminal_gets_one_clear_sentence() {
    Kit::new().resize(59, 20).shows(&["quietline needs 60×20; this is 59×20"]);
}

#[test]
fn function_keys_switch_panes_from_anywhere() {
    let mut kit = Kit::new();
    kit.keys("f7")
        .shows(&["[7 Audit]"])
        .keys("alt-2")
        .shows(&["[2 Lists]"])
        .keys("5")
        .shows(&["[5 Uploads]"]);
    kit.keys("?").keys("f3").shows(&["[3 Rules]"]).hides(&["What can be done here"]);
}

#[test]
fn the_palette_finds_a_command_by_a_few_letters_and_does_it() {
    let mut kit = Kit::new();
    kit.keys("f3 :").types("audit").keys("enter").shows(&["[7 Audit]"]);
}

#[test]
fn what_is_not_possible_stays_in_the_menu_with_its_reason() {
    let mut kit = Kit::with(|env| env.embedded = false);
    kit.keys("f3 :")
        .types("sandbox lose")
        .shows(&["sandbox: lose three entries", "only on the embedded sandbox"]);
    kit.keys("enter");
    assert!(kit.started().iter().all(|op| !matches!(op, Op::SandboxLose { .. })));
}

#[test]
fn an_error_stays_until_it_is_seen_and_opens_in_full() {
    let mut kit = Kit::new();
    let trouble =
        Trouble::said("read lists and rules", "tenant-unreachable", "nobody answers", "Check the network.");
    kit.keys("f3").answer(|op| matches!(op, Op::Catalog), Fact::Failed(trouble));
    kit.pass(60).shows(&["could not read lists and rules: nobody answers"]);
    kit.keys("!").shows(&["Check the network.", "tenant-unreachable"]).keys("esc").hides(&["(! detail"]);
}

#[test]
fn q_leaves_at_once_when_nothing_is_in_flight() {
    let mut kit = Kit::new();
    kit.keys("f3").effects();
    kit.keys("q");
    assert!(matches!(kit.effects().as_slice(), [Effect::End(Ended::Quit)]));
}

#[test]
fn privacy_and_read_only_are_said_in_the_header() {
    let mut kit = Kit::with(|env| env.read_only = true);
    kit.keys("f3").shows(&["SANDBOX", "[RO]"]).hides(&["[masked]"]).keys("p").shows(&["[masked]"]);
}

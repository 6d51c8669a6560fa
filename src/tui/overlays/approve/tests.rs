//! Approving as a person does it, and every way in which it must not happen.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::config::{Environment, FourEyes};
use crate::domain::phone::E164;
use crate::ops::Planned;
use crate::tui::desk::{DIRTY, Desk};
use crate::tui::event::{Event, Fact, Op};
use crate::tui::theme::Theme;

/// A dirty file, its list chosen, its plan there, the question open.
fn asked(environment: Environment) -> Desk {
    asked_with(environment, |_| ())
}

/// The same with another plan.
fn asked_with(environment: Environment, change: impl Fn(&mut Planned)) -> Desk {
    let mut desk = Desk::on(environment, DIRTY);
    let path = desk.path();
    desk.kit.keys("f4").paste(&path.display().to_string());
    desk.serve();
    desk.keys("l enter");
    let mut planned = desk.planned(1, 0);
    change(&mut planned);
    desk.kit.answer(|op| matches!(op, Op::Plan(_)), Fact::Planned(Box::new(planned)));
    desk.kit.keys("u");
    desk.serve();
    desk
}

fn launches(desk: &mut Desk) -> Vec<Op> {
    desk.kit.started().into_iter().filter(|op| matches!(op, Op::Launch { .. })).collect()
}

#[test]
fn the_question_states_list_place_effect_buckets_and_warnings() {
    asked(Environment::Sandbox).kit.shows(&[
        "Plan and approve",
        "TCPA_National",
        "1,000 entries now",
        "SANDBOX",
        "This will suppress 3 more numbers for OUTBOUND and INBOUND",
        "2 to add · 1 to update · 0 already there · 1 duplicate · 4 rejected = 8 rows",
        "▲ 4 rows are rejected and will not be suppressed",
        "▲ 2 rows are used with a warning",
        "~3 min, cool-down included",
        "ada (the user of this computer)",
        "p-3f9a12c4, digest 3f9a12c4aabb",
        "approve and launch 3 changes",
        "a reason is needed",
    ]);
}

#[test]
fn whoever_comes_off_is_named_before_anything_else() {
    let mut desk = asked_with(Environment::Sandbox, |planned| {
        let numbers = ["+14155550171", "+14155550172"];
        planned.comes_off = numbers.map(|text| E164::from_canonical(text).unwrap().into()).into();
        planned.summary.counts.remove = 2;
        planned.summary.counts.rows += 2;
    });
    let screen = desk.kit.screen();
    desk.kit.shows(&["TAKES OFF, so they may be called", "2 to TAKE OFF"]);
    let (off, rejected) = (screen.find("TAKES OFF"), screen.find("rows are rejected"));
    assert!(off < rejected, "{screen}");
}

#[test]
fn every_size_and_mono_show_list_place_effect_and_reason() {
    for environment in [Environment::Sandbox, Environment::Production] {
        for (width, height) in [(60, 20), (80, 24), (120, 34)] {
            let mut desk = asked(environment);
            desk.kit.resize(width, height).shows(&[
                "TCPA_National",
                environment.as_str(),
                "This will suppress 3 more",
                "4 rows are rejected",
                "reason",
                "approve and launch 3 changes",
            ]);
            let dark = desk.kit.screen();
            desk.kit.app.cx.theme = Theme::Mono;
            assert_eq!(desk.kit.screen(), dark);
        }
    }
}

#[test]
fn a_reason_tab_and_enter_launch_and_show_the_run() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.types("weekly register").keys("tab").shows(&["Enter launches"]).keys("enter");
    let launches = launches(&mut desk);
    let [Op::Launch { plan, reason, claimed: None, approve: true }] = launches.as_slice() else {
        panic!("{launches:?}")
    };
    assert_eq!((plan.as_str(), reason.as_str()), ("p-3f9a12c4", "weekly register"));
    desk.kit.shows(&["[5 Uploads"]).hides(&["Plan and approve"]);
}

#[test]
fn without_a_reason_the_button_says_why_not() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit
        .keys("tab enter")
        .shows(&["a reason is needed: it stands in the audit trail", "Plan and approve"]);
    desk.kit.keys("shift-tab").types("  ").keys("tab enter");
    assert!(launches(&mut desk).is_empty());
}

#[test]
fn enter_goes_from_field_to_field_to_the_button_and_the_footer_says_so() {
    let mut desk = asked(Environment::Production);
    desk.kit.shows(&["Tab next (or Enter)"]).hides(&["Enter launch "]);
    desk.kit.types("why").keys("enter").types("TCPA_National").keys("enter");
    desk.kit.shows(&["Enter launches", "Enter launch ", "Shift-Tab step back"]).hides(&["next (or Enter)"]);
    assert!(launches(&mut desk).is_empty());
    desk.kit.pass(2).keys("enter");
    assert_eq!(launches(&mut desk).len(), 1);
}

#[test]
fn presses_that_may_be_one_held_enter_launch_nothing_however_many() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let mut desk = asked(environment);
        desk.kit.types("why").keys("enter");
        for letter in "TCPA_National".chars().filter(|_| environment == Environment::Production) {
            desk.kit.types(&letter.to_string());
        }
        // The first repeat comes after up to a second, the next ones quickly.
        desk.kit.pass(1).keys("enter").pass(1);
        for _ in 0..50 {
            desk.kit.now += jiff::SignedDuration::from_millis(33);
            desk.kit.keys("enter");
        }
        assert!(launches(&mut desk).is_empty());
        desk.kit.shows(&["Plan and approve", "a held Enter launches nothing"]);
    }
}

#[test]
fn enter_does_not_leave_an_empty_reason() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.keys("enter enter").shows(&["a reason is needed", "Tab next"]).types("why").shows(&["why"]);
    assert!(launches(&mut desk).is_empty());
}

#[test]
fn a_held_enter_does_not_launch() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.types("why").keys("tab");
    for kind in [KeyEventKind::Repeat, KeyEventKind::Release] {
        let key = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, kind);
        desk.kit.event(Event::Input(Input::Key(key)));
    }
    assert!(launches(&mut desk).is_empty());
}

#[test]
fn a_paste_is_text_and_launches_nothing() {
    let mut desk = asked(Environment::Production);
    desk.kit.paste("why\n\t\n").keys("tab").paste("TCPA_National\n\n");
    assert!(launches(&mut desk).is_empty());
    desk.kit.keys("tab").paste("\n\n\n");
    assert!(launches(&mut desk).is_empty());
    desk.kit.shows(&["Plan and approve"]);
}

#[test]
fn production_wants_the_lists_name_exactly() {
    for wrong in ["", "tcpa_national", "TCPA_Nationa", "TCPA_National ", "TCPA_National2"] {
        let mut desk = asked(Environment::Production);
        desk.kit
            .shows(&["PRODUCTION", "type TCPA_National"])
            .types("why")
            .keys("tab")
            .types(wrong)
            .keys("tab enter");
        desk.kit.shows(&["exactly as it is shown"]);
        assert!(launches(&mut desk).is_empty(), "“{wrong}” launched");
    }
    let mut desk = asked(Environment::Production);
    desk.kit.types("why").keys("tab").types("TCPA_National").keys("tab enter");
    assert_eq!(launches(&mut desk).len(), 1);
}

#[test]
fn an_unbound_list_and_shortened_expiries_are_warned_of() {
    let mut desk = asked(Environment::Sandbox);
    let mut planned = desk.planned(1, 0);
    planned.enforced_by.clear();
    planned.summary.counts.shortened = 1;
    desk.kit.app.cx.store.planning.planned = Some(planned);
    desk.kit.shows(&["▲ UNBOUND: no active rule", "▲ 1 entry would expire earlier than it does now"]);
}

#[test]
fn buckets_that_do_not_add_up_cannot_be_launched() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.types("why").keys("tab");
    desk.kit.app.cx.store.planning.planned.as_mut().unwrap().summary.counts.rows = 9;
    desk.kit.keys("enter").shows(&["do not add up"]);
    assert!(launches(&mut desk).is_empty());
}

#[test]
fn another_plan_takes_back_what_was_typed_for_the_first() {
    let mut desk = asked(Environment::Production);
    desk.kit.types("why").keys("tab").types("TCPA_National").keys("tab");
    desk.kit.app.cx.store.planning.planned.as_mut().unwrap().summary.id = "p-00000001".into();
    desk.kit.pass(1).keys("enter");
    assert!(launches(&mut desk).is_empty());
    desk.kit.keys("tab tab enter").shows(&["exactly as it is shown"]);
    assert!(launches(&mut desk).is_empty());
}

#[test]
fn where_a_second_person_is_wanted_the_way_is_named_and_nobody_approves_here() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.app.cx.env.tenant.as_mut().unwrap().four_eyes = FourEyes::Above(2);
    desk.kit.shows(&[
        "▲ A second person must approve",
        "quietline approve p-3f9a12c4",
        "once somebody else has",
    ]);
    desk.kit.hides(&["approve and launch"]).types("why").keys("tab enter");
    let launches = launches(&mut desk);
    assert!(matches!(launches.as_slice(), [Op::Launch { approve: false, .. }]), "{launches:?}");
}

#[test]
fn esc_leaves_without_a_trace() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.types("why").keys("esc").hides(&["Plan and approve"]);
    assert!(launches(&mut desk).is_empty());
}

#[test]
fn the_mouse_needs_two_steps_too() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.types("why").click("approve and launch").shows(&["Enter launches"]);
    assert!(launches(&mut desk).is_empty());
    desk.kit.pass(5).click("approve and launch");
    assert_eq!(launches(&mut desk).len(), 1);
}

#[test]
fn the_window_is_as_high_as_what_it_says_and_names_the_time_once() {
    let mut desk = asked(Environment::Sandbox);
    desk.kit.hides(&["takes about"]).shows(&["/dirty.csv, 8 rows"]);
    let screen = desk.kit.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let plan = lines.iter().position(|line| line.contains("p-3f9a12c4")).unwrap();
    let reason = lines.iter().position(|line| line.contains("why, in your words")).unwrap();
    assert!(reason - plan <= 2, "{screen}");
}

#[test]
fn a_long_path_keeps_its_folder_and_its_name() {
    assert_eq!(super::summary::short_path("/home/ada/lists/dirty.csv"), "/home/ada/lists/dirty.csv");
    let long = format!("/{}/2026-11/dirty.csv", "deep/".repeat(12));
    assert_eq!(super::summary::short_path(&long), "…/2026-11/dirty.csv");
}

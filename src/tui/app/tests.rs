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

mod runs {
    //! Leaving, stopping and watching while a run is in flight.

    use super::*;
    use crate::domain::list::ListId;
    use crate::domain::progress::{Phase, Progress};
    use crate::domain::run::{Buckets, RunState, RunSummary};
    use crate::tui::act::Act;
    use crate::tui::event::{Event, Report};

    fn run(state: RunState) -> RunSummary {
        RunSummary {
            operation: Default::default(),
            origin: Default::default(),
            destination: Default::default(),
            activates: false,
            id: "7f3a91c2".into(),
            plan: None,
            profile: "acme".into(),
            list: ListId("L-1".into()),
            list_name: "National".into(),
            file: "/data/state_ca.csv".into(),
            state,
            buckets: Buckets::default(),
            batches_done: 0,
            batches: 0,
            retries: 0,
            throttled: 0,
            differences: 0,
            started_at: "2026-11-20T13:59:00Z".parse().unwrap(),
            changed_at: "2026-11-20T13:59:00Z".parse().unwrap(),
            cool_down_until: None,
            seconds: 0.0,
            by: "analyst".into(),
            reason: "quarterly load".into(),
            error: None,
        }
    }

    fn is_launch(op: &Op) -> bool {
        matches!(op, Op::Launch { .. })
    }

    fn in_flight() -> Kit {
        let mut kit = Kit::new();
        kit.keys("f3");
        let op =
            Op::Launch { plan: "p-1".into(), reason: "quarterly load".into(), claimed: None, approve: true };
        kit.does(Act::Start(op));
        kit.answer(is_launch, Fact::Run(Box::new(run(RunState::Uploading))));
        kit.effects();
        kit
    }

    fn stops(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Stop(_)))
    }

    fn ends(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::End(Ended::Quit)))
    }

    #[test]
    fn header_and_title_say_how_far_it_is() {
        let mut kit = in_flight();
        let task = kit.task(is_launch);
        let progress =
            Progress { phase: Phase::Send, done: 64, total: Some(100), rate: Some(38.0), eta: None };
        kit.event(Event::Progress([(task, progress)].into())).shows(&["▶ 1 run 64 %"]);
        assert!(
            kit.effects()
                .iter()
                .any(|effect| matches!(effect, Effect::Title(title) if title.ends_with("64 %")))
        );
        assert_eq!(kit.app.cx.store.live("7f3a91c2").and_then(|live| live.percent()), Some(64.0));
    }

    #[test]
    fn q_asks_and_a_held_enter_stays() {
        let mut kit = in_flight();
        kit.keys("q").shows(&["A run is in flight", "finish in the background", "pause now", "stay"]);
        kit.keys("enter").hides(&["A run is in flight"]);
        assert!(!ends(&kit.effects()));
    }

    #[test]
    fn finishing_in_the_background_quits_when_the_run_has_ended() {
        let mut kit = in_flight();
        kit.keys("q f").shows(&["quits when done"]);
        assert!(!ends(&kit.effects()));
        kit.answer(is_launch, Fact::RunEnded(Box::new(run(RunState::Ready))));
        assert!(ends(&kit.effects()));
    }

    #[test]
    fn pausing_waits_until_the_calls_in_flight_are_journalled() {
        let mut kit = in_flight();
        kit.keys("q p");
        let effects = kit.effects();
        assert!(stops(&effects) && !ends(&effects), "{effects:?}");
        kit.answer(is_launch, Fact::RunEnded(Box::new(run(RunState::Paused))));
        assert!(ends(&kit.effects()));
    }

    #[test]
    fn ctrl_c_asks_first_and_pauses_when_it_is_meant() {
        let mut kit = in_flight();
        kit.keys("ctrl-c").shows(&["A run is in flight"]);
        assert!(!stops(&kit.effects()));
        kit.keys("ctrl-c");
        assert!(stops(&kit.effects()));
    }

    #[test]
    fn a_run_that_ended_is_told_and_everything_about_it_is_read_again() {
        let mut kit = in_flight();
        kit.answer(is_launch, Fact::RunEnded(Box::new(run(RunState::Discrepant))));
        kit.shows(&["run 7f3a91c2 on National: discrepant"]);
        let started = kit.started();
        assert!(started.iter().any(|op| matches!(op, Op::Catalog)), "{started:?}");
        assert!(
            started.iter().any(|op| matches!(op, Op::DeadLetters { run } if run == "7f3a91c2")),
            "{started:?}"
        );
    }

    #[test]
    fn a_late_report_of_replaced_work_is_dropped() {
        let mut kit = Kit::new();
        kit.keys("f2 R");
        let old = kit.task(|op| matches!(op, Op::Catalog));
        kit.keys("R");
        let fact = Fact::Catalog(crate::tui::testkit::catalog(Vec::new()));
        kit.event(Event::Report(Report { task: old, fact })).shows(&["reading lists and rules"]);
    }

    #[test]
    fn read_only_starts_nothing_that_changes_anything_whatever_asks_for_it() {
        let mut kit = Kit::with(|env| env.read_only = true);
        kit.effects();
        kit.does(Act::Start(Op::Launch {
            plan: "p-1".into(),
            reason: "x".into(),
            claimed: None,
            approve: true,
        }));
        assert!(kit.started().is_empty());
        kit.keys("f3").shows(&["not in read-only mode"]);
    }
}

#[test]
fn a_question_takes_no_for_an_answer_unless_yes_is_meant() {
    use crate::tui::act::Act;
    use crate::tui::overlays::confirm::Confirm;
    let ask = || {
        let mut kit = Kit::new();
        kit.keys("f3").effects();
        let yes = vec![Act::Start(Op::CancelRun { run: "7f3a91c2".into() })];
        kit.does(Act::Open(Box::new(Confirm::new(
            "Cancel",
            "This run stops for good.",
            "cancel the run",
            yes,
        ))));
        kit
    };
    for no in ["enter", "esc", "n"] {
        let mut kit = ask();
        kit.shows(&["This run stops for good."]).keys(no).hides(&["This run stops for good."]);
        assert!(kit.started().is_empty(), "{no}");
    }
    for yes in ["y", "up enter"] {
        let mut kit = ask();
        kit.keys(yes);
        assert!(matches!(kit.started().as_slice(), [Op::CancelRun { .. }]), "{yes}");
    }
}

#[test]
fn only_presses_act_so_a_held_or_released_key_is_no_second_answer() {
    use crate::tui::command::Key;
    use crate::tui::event::Event;
    use crossterm::event::{Event as Input, KeyEventKind};
    let mut kit = Kit::new();
    kit.keys("f3").effects();
    for kind in [KeyEventKind::Repeat, KeyEventKind::Release] {
        let mut key = Key::parse("q").unwrap().event();
        key.kind = kind;
        kit.event(Event::Input(Input::Key(key)));
    }
    assert!(kit.effects().is_empty());
}

#[test]
fn the_screen_stands_still_while_nothing_happens() {
    let mut kit = Kit::with(|env| env.tenant = None);
    kit.keys("esc");
    assert_eq!(kit.app.wake_in(kit.now), None);
    kit.keys(":").types("next theme").keys("enter");
    assert!(kit.app.wake_in(kit.now).is_some(), "a toast goes by itself");
    kit.pass(10);
    assert_eq!(kit.app.wake_in(kit.now), None);
}

#[test]
fn a_click_on_a_tab_or_a_hint_does_what_it_says() {
    let mut kit = Kit::new();
    kit.click("7 Audit").shows(&["[7 Audit]"]).click(": commands").shows(&["Commands, lists, runs, files"]);
}

#[test]
fn a_huge_paste_is_refused_in_words_and_a_large_one_is_taken_at_once() {
    let mut kit = Kit::new();
    kit.paste(&"2025550101 ".repeat(1_000_000)).shows(&["nothing was pasted: 11000 kB", "open it as a file"]);
    let begun = std::time::Instant::now();
    kit.paste(&"x".repeat(250_000));
    // Letter by letter this takes minutes.
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_name_that_begins_with_what_is_typed_comes_first() {
    for (typed, first) in [("rec", "Reconcile"), ("aud", "Audit"), ("quit", "quit")] {
        let mut kit = Kit::new();
        kit.keys("f4 :").types(typed);
        let screen = kit.screen();
        let row = screen.lines().find(|line| line.contains('▌')).unwrap();
        assert!(row.contains(&format!(" {first} ")), "{typed}:\n{screen}");
    }
}

#[test]
fn a_selected_row_has_no_dim_patches_without_colour() {
    use ratatui::style::Modifier;
    let mut kit = Kit::new();
    kit.app.cx.theme = crate::tui::theme::Theme::Mono;
    kit.keys("f4 ?");
    let area = ratatui::layout::Rect::new(0, 0, 120, 34);
    let mut buf = ratatui::buffer::Buffer::empty(area);
    kit.app.view(area, &mut buf);
    let selected: Vec<_> =
        buf.content.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED)).collect();
    assert!(selected.len() > 50);
    assert!(selected.iter().all(|cell| !cell.modifier.contains(Modifier::DIM)));
}

#[test]
fn no_sentence_of_the_menu_is_cut_at_the_usual_width() {
    for (open, pages) in [("?", 2), (":", 4)] {
        let mut kit = Kit::new();
        kit.keys("f4").keys(open);
        for _ in 0..pages {
            kit.hides(&["…"]).keys("pagedown");
        }
    }
}

//! A check that goes on: its problems as they come, stopping it, starting it again.

use super::many;
use crate::domain::problem::Problems;
use crate::domain::progress::{Phase, Progress};
use crate::ops::IndexState;
use crate::tui::act::Act;
use crate::tui::desk::{DIRTY, Desk};
use crate::tui::event::{Checking, Effect, Fact, Op, Trouble};

fn is_check(op: &Op) -> bool {
    matches!(op, Op::Check { .. })
}

/// A file whose check has begun and told nothing yet, and the problems that it will find.
fn begun(content: &str) -> (Desk, Problems) {
    let mut desk = Desk::open(content);
    let file = desk.kit.app.cx.store.file.as_ref().unwrap();
    let problems = file.checked.as_ref().unwrap().problems.clone();
    let op = Op::Check { file: file.opened.clone() };
    desk.kit.does(Act::Start(op));
    // Nobody answers it but the test.
    desk.kit.effects();
    (desk, problems)
}

/// Tells the problems of these rows.
fn tell(desk: &mut Desk, all: &Problems, rows: std::ops::RangeInclusive<u64>, rejected: u64) {
    let problems = all.iter().filter(|problem| rows.contains(&problem.place.row)).collect();
    let news = Checking { rows: *rows.end(), rejected, problems };
    desk.kit.answer(is_check, Fact::Checking(Box::new(news)));
}

#[test]
fn problems_show_and_are_walked_through_while_the_check_goes_on() {
    let (mut desk, all) = begun(&many(5_000));
    desk.kit.shows(&["checking every row …", "◌ checking every row"]);
    tell(&mut desk, &all, 0..=2_500, 2);
    desk.kit.shows(&[
        "Problems · 2 rejected so far",
        "not a phone number            2",
        "◌ checking every row · 2,500 rows · rejected 2 so far  Esc stops it",
        "[4 File (✗2)]",
    ]);
    desk.keys("e e").kit.shows(&["row 2,000 of 5,000", "▾ ✗ not a phone number", "▏    row 2,000"]);
    desk.keys("e").kit.shows(&["no problem below this row so far; 2,500 rows are checked"]);
    tell(&mut desk, &all, 2_501..=4_100, 4);
    desk.keys("e").kit.shows(&["row 3,000 of 5,000", "▏    row 3,000", "4,100 rows · rejected 4 so far"]);
    desk.keys("E").kit.shows(&["row 2,000 of 5,000"]);
    // At the end the counts are those of the whole file, and the selection stands where it stood.
    let task = desk.kit.task(is_check);
    let again = Desk::open(&many(5_000)).kit.app.cx.store.file.take().unwrap().checked.unwrap();
    desk.kit.event(crate::tui::event::Event::Report(crate::tui::event::Report {
        task,
        fact: Fact::Checked(again),
    }));
    desk.kit.shows(&["row 2,000 of 5,000", "▏    row 2,000", "Problems · 5 rejected", "4,995"]);
    desk.keys("e").kit.shows(&["row 3,000 of 5,000"]);
}

#[test]
fn a_new_kind_does_not_move_the_selection_from_its_line() {
    let (mut desk, all) = begun(DIRTY);
    tell(&mut desk, &all, 0..=5, 2);
    desk.keys("tab home down").kit.shows(&["▌▸ ✗ expired before today"]);
    // Kinds that belong above it arrive.
    tell(&mut desk, &all, 6..=8, 4);
    desk.kit.shows(&["✗ control character in the row", "✗ too few digits", "▌▸ ✗ expired before today"]);
}

#[test]
fn esc_or_ctrl_c_stops_the_check_and_r_starts_it_again() {
    for key in ["esc", "ctrl-c"] {
        let (mut desk, all) = begun(&many(5_000));
        tell(&mut desk, &all, 0..=2_500, 2);
        let task = desk.kit.task(is_check);
        desk.kit.effects();
        desk.kit.keys(key);
        assert!(
            desk.kit
                .effects()
                .iter()
                .any(|effect| matches!(effect, Effect::Stop(stopped) if *stopped == task))
        );
        let stopped = Trouble::said("check the file", "stopped", "stopped", "");
        desk.kit.answer(is_check, Fact::Failed(stopped));
        desk.kit.shows(&[
            "▲ check stopped at row 2,500, rejected 2 so far  R starts again",
            "Problems · 2 rejected so far",
        ]);
        // What it found can be walked through; what needs the whole file says why it waits.
        desk.keys("e").kit.shows(&["row 1,000 of 5,000"]);
        desk.keys("x").kit.shows(&["the check was stopped; R starts again"]);
        desk.keys("R").kit.shows(&["4,995 usable of 5,000 rows", "Problems · 5 rejected"]);
    }
}

#[test]
fn late_problems_out_of_order_are_left_to_the_end() {
    let (mut desk, all) = begun(&many(5_000));
    tell(&mut desk, &all, 0..=4_000, 4);
    tell(&mut desk, &all, 1..=1_000, 4);
    desk.kit.shows(&["not a phone number            4"]);
}

#[test]
fn a_problem_beyond_the_index_is_gone_to_once_the_index_is_there() {
    let (mut desk, all) = begun(&many(5_000));
    let op = Op::OpenFile { path: desk.path(), input: crate::ops::Input::default() };
    desk.kit.does(Act::Start(op)).effects();
    let open = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    let at = |rows| IndexState { rows, bytes: rows, total_bytes: 5_000, complete: rows == 5_000 };
    desk.kit.app.cx.store.file.as_mut().unwrap().index = at(400);
    tell(&mut desk, &all, 0..=2_500, 2);
    desk.keys("e").kit.shows(&["row 1,000 is gone to once the index has come there"]);
    let report = |rows| crate::tui::event::Report { task: open, fact: Fact::Indexed(at(rows)) };
    desk.kit.event(crate::tui::event::Event::Report(report(1_200)));
    desk.serve();
    desk.kit.shows(&["row 1,000 of 1,200", "✗ not a phone number, phone “broken”"]);
}

/// How far the opening is.
fn unpacked(desk: &mut Desk, bytes: u64) {
    let task = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    let (phase, total) = (Phase::Validate, None);
    let progress = Progress { phase, done: bytes, total, rate: None, eta: None };
    desk.kit.event(crate::tui::event::Event::Progress([(task, progress)].into()));
}

#[test]
fn an_archive_says_how_much_is_unpacked_and_esc_stops_it() {
    let stopped = || Fact::Failed(Trouble::said("open the file", "stopped", "stopped", "Start it again."));
    let is_open = |op: &Op| matches!(op, Op::OpenFile { .. });
    let mut desk = Desk::with(DIRTY);
    let path = desk.path().display().to_string();
    desk.kit.keys("f4").paste(&path).shows(&["opening …"]);
    unpacked(&mut desk, 262_144);
    desk.kit.shows(&["unpacking …"]);
    unpacked(&mut desk, 1_234_567_890);
    desk.kit.shows(&["unpacking 1,234 MB …", "Esc stops it"]).effects();
    desk.kit.keys("esc");
    assert!(matches!(desk.kit.effects().as_slice(), [Effect::Stop(_)]));
    desk.kit.answer(is_open, stopped()).shows(&["stopped: open the file", "o opens another file"]);

    // With a file open, it stays until the other one is there.
    let mut desk = Desk::open(DIRTY);
    let other = desk.path().with_file_name("other.zip");
    desk.kit.paste(&other.display().to_string()).shows(&["◌ other.zip: opening …", "(415) 555-0101"]);
    unpacked(&mut desk, 120_000_000);
    desk.kit.shows(&["◌ other.zip: unpacking 120 MB …  Esc stops it"]).keys("esc");
    desk.kit.answer(is_open, stopped()).shows(&["usable of 8 rows", "(415) 555-0101"]);
}

#[test]
fn while_it_is_indexed_the_title_says_how_far_and_about_how_many() {
    let mut desk = Desk::open(&many(1_000));
    let op = Op::OpenFile { path: desk.path(), input: crate::ops::Input::default() };
    let file = desk.kit.app.cx.store.file.as_mut().unwrap();
    file.index = IndexState { rows: 8_123_456, bytes: 41, total_bytes: 100, complete: false };
    desk.kit.shows(&["rows 1–8.1 M of about 19 M · not read further (R)"]);
    desk.kit.does(Act::Start(op)).effects();
    let open = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    desk.kit.app.cx.store.file.as_mut().unwrap().task = open;
    desk.kit.shows(&["rows 1–8.1 M of about 19 M · UTF-8"]);
}

#[test]
fn u_plans_nothing_that_is_not_checked() {
    let is_plan = |op: &Op| matches!(op, Op::Plan(_));
    let (mut desk, _) = begun(DIRTY);
    let task = desk.kit.task(is_check);
    desk.kit.keys("l enter u").shows(&["Plan and approve", "checking every row"]);
    assert!(!desk.kit.started().iter().any(is_plan), "its rows may still be refused");
    let checked = Desk::open(DIRTY).kit.app.cx.store.file.take().unwrap().checked.unwrap();
    let report = crate::tui::event::Report { task, fact: Fact::Checked(checked) };
    desk.kit.event(crate::tui::event::Event::Report(report)).shows(&["comparing the file with the list"]);
    assert_eq!(desk.kit.started().iter().filter(|op| is_plan(op)).count(), 1, "the plan begins by itself");

    let (mut desk, _) = begun(DIRTY);
    desk.kit.keys("l enter");
    let stopped = Trouble::said("check the file", "stopped", "stopped", "");
    desk.kit.answer(is_check, Fact::Failed(stopped)).keys("u").shows(&["not every row is checked: R reads"]);
    assert!(!desk.kit.started().iter().any(is_plan));
}

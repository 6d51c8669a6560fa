//! The File pane as an analyst uses it: a real file, keys in, screen out.

use crate::ops::{Document, Input, InputOptions};
use crate::tui::desk::{DIRTY, Desk};
use crate::tui::event::{Effect, Event, Fact, Op, OpenedFile, Output, Report, Trouble};
use crate::tui::testkit::Kit;
use crate::tui::theme::Theme;

mod asking;
mod checking;
mod row;
mod search;
mod writing;

/// A number per row, one in a thousand of them broken.
fn many(rows: usize) -> String {
    let mut file = String::from("phone,remark\n");
    for row in 1..=rows {
        let number =
            if row % 1_000 == 0 { "broken".to_owned() } else { format!("212555{:04}", row % 10_000) };
        file.push_str(&format!("{number},row {row}\n"));
    }
    file
}

#[test]
fn with_nothing_open_the_next_key_is_named() {
    let mut kit = Kit::new();
    kit.keys("f4").shows(&["No file is open", "o chooses one"]);
    kit.paste("not a path").shows(&["that is no path of a file"]);
}

#[test]
fn a_dirty_file_stands_beside_its_problems() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.shows(&[
        "dirty.csv ── 8 rows · UTF-8 · comma · header",
        "(415) 555-0101",
        "→ +1 415 555 0101",
        "✗ not a phone number",
        "US-CA~",
        "2027-12-31",
        "State_CA",
        "≡ duplicate",
        "✗ expired before today",
        "▸ ✗ not a phone number",
        "usable of 8 rows",
        "no list yet",
    ]);
}

#[test]
fn every_size_and_mono_show_the_row_and_the_way_on() {
    for (width, height) in [(60, 20), (80, 24), (120, 34), (200, 60)] {
        let mut desk = Desk::open(DIRTY);
        desk.kit.resize(width, height).shows(&[
            "(415) 555-0101",
            "✗ not a phone number",
            "l chooses the list",
        ]);
        let dark = desk.kit.screen();
        desk.kit.app.cx.theme = Theme::Mono;
        assert_eq!(desk.kit.screen(), dark, "mono says the same in words and symbols");
    }
}

#[test]
fn on_a_small_screen_tab_shows_the_problems() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.resize(60, 20).hides(&["Problems · "]).keys("tab").shows(&["Problems · ", "kinds"]);
}

#[test]
fn hostile_cells_show_escaped() {
    let mut desk = Desk::open(DIRTY);
    let screen = desk.kit.screen();
    assert!(!screen.contains('\u{1b}'));
    desk.kit.shows(&["hello\\u{1b}[31m"]);
    // The row in full shows the byte itself.
    desk.keys("down down down down down enter").kit.shows(&["Row 6", "hello\\x1b[31m", "control character"]);
}

#[test]
fn what_a_small_screen_cuts_is_marked_and_no_escape_is_cut() {
    let hostile = "\u{1b}[31m".repeat(20);
    let long = "ask the people of the office upstairs, or their neighbours";
    let text = format!("phone,expires\nhello{hostile},\n\"{long}\",soon\n2025550101,\n");
    for width in 60..76 {
        let mut desk = Desk::open(&text);
        desk.kit.resize(width, 20);
        let screen = desk.kit.screen();
        assert!(screen.contains("\\u{1b}"), "{screen}");
        let half = screen.match_indices("\\u{").find(|(at, _)| !screen[*at..].starts_with("\\u{1b}"));
        assert_eq!(half, None, "{width} columns:\n{screen}");
        let line =
            |screen: &str, with: &str| screen.lines().find(|line| line.contains(with)).unwrap().to_owned();
        let status = line(&screen, "row 1 of 3");
        assert!(status.contains('…'), "{width} columns: {status}");
        let counts = line(&screen, "usable of 3 rows");
        assert!(counts.contains("with a warning 0") || counts.contains('…'), "{width} columns: {counts}");
        desk.keys("down");
        let status = line(&desk.kit.screen(), "row 2 of 3");
        assert!(status.contains("…  (+1 more: Enter)"), "{width} columns: {status}");
    }
}

#[test]
fn a_title_that_is_cut_is_marked() {
    let mut desk = Desk::open("phone\nhello\n\"202-555-0101 202-555-0102\"\n2025550103\n");
    desk.kit.keys("tab /").types("several numbers in one");
    desk.keys("enter");
    let mut cut = 0;
    for width in 100..140 {
        desk.kit.resize(width, 30);
        let screen = desk.kit.screen();
        let title = screen.lines().find(|line| line.contains("Problems with")).unwrap();
        cut += u32::from(!title.contains("· 1 kind "));
        assert!(title.contains("· 1 kind ") || title.contains("… "), "{width} columns: {title}");
    }
    assert!(cut > 0, "some width has no room for it");
}

#[test]
fn wide_and_combining_characters_keep_the_columns_straight() {
    let wide =
        "remark,phone,expires\n東京電話番号,4155550101,2027-12-31\ne\u{301}te\u{301},4155550102,2027-12-31\n";
    let mut desk = Desk::open(wide);
    let screen = desk.kit.screen();
    let column = |needle: &str| {
        let line = screen.lines().find(|line| line.contains(needle)).unwrap();
        let before = line.split("2027-12-31").next().unwrap();
        unicode_width::UnicodeWidthStr::width(before)
    };
    assert_eq!(column("555 0101"), column("555 0102"), "{screen}");
}

#[test]
fn e_walks_through_the_problems_in_both_lists() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("e").kit.shows(&["row 2 of 8", "“n/a”", "▾ ✗ not a phone number", "row 2  phone"]);
    desk.keys("e e e").kit.shows(&["row 5 of 8"]);
    desk.keys("E").kit.hides(&["row 5 of 8"]);
    desk.keys("e e e e e e e").kit.shows(&["no problem below this row"]);
}

#[test]
fn choosing_a_problem_moves_the_rows_and_a_row_its_problem() {
    let mut desk = Desk::open(DIRTY);
    // Open the first two kinds and go to their rows: the preview follows.
    desk.keys("tab home right down").kit.shows(&["▌    row 2", "row 2 of 8"]);
    desk.keys("down right down").kit.shows(&["▌    row 8", "row 8 of 8"]);
    // And back: on the second row, its problem is the marked one.
    desk.keys("tab home down").kit.shows(&["row 2 of 8", "▏    row 2"]);
    // From a problem to its kind, which closes.
    desk.keys("tab left left").kit.shows(&["▌▸ ✗ not a phone number"]);
}

#[test]
fn enter_shows_the_row_in_full_with_bytes_fields_and_hints() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("e enter").kit.shows(&[
        "Row 2",
        "row 2, line 3, byte",
        "n/a,US-CA,2027-12-31,State_CA,no number",
        "remark",
        "“no number”",
        "(not-a-number)",
        "39 without the line ending, from byte 88",
    ]);
    // A copy is plain text, whatever was cut on the screen.
    desk.kit.keys("y");
    let copied = desk.kit.effects().into_iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    assert!(copied.unwrap().contains("n/a,US-CA,2027-12-31,State_CA,no number"));
}

#[test]
fn privacy_masks_numbers_in_the_rows_and_in_the_detail() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("p").kit.shows(&["+1415•••0101"]).hides(&["555-0101", "555 0101"]);
    desk.keys("enter").kit.shows(&["Row 1"]).hides(&["555-0101", "5550101"]);
}

#[test]
fn a_row_number_that_no_file_reaches_is_answered() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys(":").types("99999999999999999999999").shows(&["there is no row 9999999999999999999…"]);
    desk.kit.keys("enter").shows(&["no file has that many"]).hides(&["row 8 of 8"]);
}

#[test]
fn any_row_is_reached_and_only_a_few_are_read() {
    let mut desk = Desk::open(&many(5_000));
    desk.kit.shows(&["5,000 rows"]);
    desk.keys("G").kit.shows(&["row 5,000 of 5,000", "✗ not a phone number"]);
    desk.keys("pageup").kit.hides(&["row 5,000 of"]);
    desk.kit.keys(":").types("2,500").shows(&["go to row 2,500", "the last is row 5,000"]);
    desk.keys("enter").kit.shows(&["row 2,500 of 5,000", "2125552500"]);
    desk.keys("home").kit.shows(&["row 1 of 5,000", "2125550001"]);
    let window = desk.kit.app.cx.store.file.as_ref().unwrap().window.as_ref().unwrap();
    assert!(window.rows.len() <= 200, "{} rows were read", window.rows.len());
}

#[test]
fn rows_are_asked_for_once() {
    let mut desk = Desk::open(&many(2_000));
    desk.kit.keys("G");
    let asked = |ops: &[Op]| ops.iter().filter(|op| matches!(op, Op::LoadRows { .. })).count();
    assert_eq!(asked(&desk.kit.started()), 1);
    desk.kit.keys("up up down").pass(1);
    assert_eq!(asked(&desk.kit.started()), 0);
}

#[test]
fn while_the_index_grows_the_rows_at_hand_can_be_read() {
    let mut desk = Desk::open(&many(1_000));
    let file = desk.kit.app.cx.store.file.as_mut().unwrap();
    file.index = crate::ops::IndexState { rows: 400, bytes: 40, total_bytes: 100, complete: false };
    desk.kit.shows(&["rows 1–400 of about 1,000", "2125550001"]);
    desk.keys("G").kit.shows(&["row 400 of"]);
}

#[test]
fn slash_in_the_problems_shows_those_with_these_words() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("tab /").types("expired");
    desk.keys("enter").kit.shows(&["Problems with “expired” · 1 kind ", "expired before today"]);
    desk.keys("e").kit.shows(&["row 5 of 8"]);
    desk.keys("esc").kit.shows(&["Problems · "]);
}

#[test]
fn a_list_brings_the_plan_and_another_list_another_plan() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("l").shows(&["Choose a list", "TCPA_National", "READY"]).types("tcpa").keys("enter");
    let started = desk.serve();
    assert!(matches!(started.as_slice(), [Op::Plan(request)] if request.list == "L-1"), "{started:?}");
    desk.kit.shows(&["This file → TCPA_National", "comparing with the list"]);
    let planned = desk.planned(1, 1);
    desk.kit.answer(|op| matches!(op, Op::Plan(_)), Fact::Planned(Box::new(planned)));
    desk.kit.shows(&["update 1 · already there 1 · duplicates 1 · rejected", "~3 min"]);
    assert!(desk.serve().is_empty(), "the same plan is not made twice");
    desk.kit.keys("l").types("house").keys("enter").hides(&["already there 1"]);
    let started = desk.serve();
    assert!(matches!(started.as_slice(), [Op::Plan(request)] if request.list == "L-2"), "{started:?}");
}

#[test]
fn a_plan_that_failed_says_so_and_u_tries_again() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("l enter");
    let trouble = Trouble::said("plan the upload", "unreachable", "the tenant does not answer", "Try again.");
    desk.kit.answer(|op| matches!(op, Op::Plan(_)), Fact::Failed(trouble));
    desk.kit.shows(&["the tenant does not answer", "u tries again"]);
    assert!(desk.serve().is_empty(), "it does not hammer the tenant");
    desk.kit.keys("u");
    assert!(matches!(desk.serve().as_slice(), [Op::Plan(_)]));
}

#[test]
fn what_is_planned_is_the_file_on_the_screen() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("l enter");
    let shown = desk.kit.app.cx.store.file.as_ref().unwrap().checked.as_ref().unwrap().sha256.clone();
    let started = desk.serve();
    assert!(
        matches!(started.as_slice(), [Op::Plan(request)] if request.shown.as_ref() == Some(&shown)),
        "{started:?}"
    );
    // Another file has its name by now: trying again would not help, reading it does.
    let changed = crate::ops::FileError::Changed { path: desk.path() };
    let trouble = Trouble::new("plan the upload", &changed.into());
    desk.kit.answer(|op| matches!(op, Op::Plan(_)), Fact::Failed(trouble));
    desk.kit.shows(&["could not plan the upload", "R reads it again"]).hides(&["u tries again"]);
    std::fs::write(desk.path(), "phone\n4155550101\n").unwrap();
    desk.kit.keys("R");
    let started = desk.serve();
    desk.kit.shows(&["1 usable of 1 rows"]);
    assert!(
        matches!(started.as_slice(), [Op::Plan(request)] if request.shown.is_some() && request.shown.as_ref() != Some(&shown)),
        "{started:?}"
    );
}

#[test]
fn another_mapping_reads_the_file_again_and_plans_again() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("l enter");
    let planned = desk.planned(0, 0);
    desk.kit.answer(|op| matches!(op, Op::Plan(_)), Fact::Planned(Box::new(planned)));
    desk.kit.keys("m").shows(&[
        "Which column holds what",
        "number",
        "phone",
        "5 of 8 read as numbers",
        "State_CA",
    ]);
    desk.kit.keys("down down down right").shows(&["remark"]).keys("enter");
    let started = desk.serve();
    assert!(
        matches!(started.as_slice(), [Op::Plan(request)]
        if request.input.options.map.contains(&(crate::ops::Field::Source, "5".into()))),
        "{started:?}"
    );
    desk.kit.shows(&["no number"]);
}

#[test]
fn work_on_a_file_that_was_replaced_is_stopped_and_its_result_dropped() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("l enter");
    let stale = desk.planned(1, 1);
    let task = desk.kit.task(|op| matches!(op, Op::Plan(_)));
    let other = desk.path().parent().unwrap().join("older").join("house_list.csv");
    desk.kit.paste(&other.display().to_string());
    // The file is open, its rows and its validation are still on their way: the old plan comes now.
    let document = Document::open(&other, &InputOptions::default()).unwrap();
    let opened = OpenedFile { document, input: Input::default() };
    desk.kit.answer(|op| matches!(op, Op::OpenFile { .. }), Fact::Opened(opened));
    desk.kit.event(Event::Report(Report { task, fact: Fact::Planned(Box::new(stale)) }));
    assert!(desk.kit.app.cx.store.file.as_ref().unwrap().checked.is_none());
    desk.kit.hides(&["already there 1"]);
    desk.kit.keys("R");
    desk.serve();
    desk.kit.shows(&["house_list.csv ── 1 rows", "1 usable of 1 rows"]).hides(&["already there 1"]);
}

#[test]
fn a_file_that_does_not_open_says_why_and_what_next() {
    let mut desk = Desk::with("");
    let path = desk.path();
    desk.kit.keys("f4").paste(&path.display().to_string());
    desk.serve();
    desk.kit.shows(&["the file is empty", "o opens another file"]);
}

#[test]
fn upload_without_a_list_asks_for_one_first_and_read_only_refuses() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("u")
        .kit
        .shows(&["Choose a list"])
        .keys("enter")
        .shows(&["Plan and approve", "comparing the file"]);
    let mut kit = Kit::with(|env| env.read_only = true);
    kit.keys("f4 u").shows(&["read-only"]);
    assert!(!kit.effects().iter().any(|effect| matches!(effect, Effect::Start(_, Op::Plan(_)))));
}

#[test]
fn the_mouse_chooses_rows_and_problems() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.click("(415) 555-0103").shows(&["row 5 of 8"]);
    desk.kit.click("▸ ✗ too few digits").shows(&["▌▸ ✗ too few digits"]);
}

#[test]
fn a_file_that_changed_while_it_is_open_is_not_shown_as_if_it_held() {
    let rows: String = (0..2_000).map(|row| format!("+1213555{row:04},US-CA\n")).collect();
    let mut desk = Desk::open(&format!("phone,jurisdiction\n{rows}"));
    desk.kit.shows(&["of 2,000 rows"]).keys("G").shows(&["reading …"]);
    let trouble = Trouble::said("read the rows", "changed", "dirty.csv changed while it was read", "R");
    desk.kit.answer(|op| matches!(op, Op::LoadRows { .. }), Fact::Failed(trouble));
    desk.kit.shows(&["▲ not read", "changed while it was read", "R reads it again"]);
    desk.kit.hides(&["usable of", "reading …"]);
    desk.keys("R").kit.shows(&["usable of 2,000 rows"]).hides(&["▲ not read"]);
}

#[test]
fn the_last_row_asked_for_too_early_is_gone_to_once_it_is_known() {
    let mut desk = Desk::open(&many(1_000));
    let task = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    let whole = desk.kit.app.cx.store.file.as_ref().unwrap().index;
    let index = |desk: &mut Desk, rows: u64| {
        let state = crate::ops::IndexState { rows, complete: rows == 1_000, ..whole };
        desk.kit.event(Event::Report(Report { task, fact: Fact::Indexed(state) }));
        desk.serve();
    };
    index(&mut desk, 400);
    desk.keys("G");
    index(&mut desk, 1_000);
    desk.kit.shows(&["row 1,000 of 1,000"]);
    // Who has gone elsewhere meanwhile stays there.
    index(&mut desk, 400);
    desk.keys("G home");
    index(&mut desk, 1_000);
    desk.kit.shows(&["row 1 of 1,000"]);
}

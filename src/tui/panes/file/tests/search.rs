//! Search in the rows and going to a row by its number.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::many;
use crate::ops::{Found, IndexState};
use crate::tui::desk::{DIRTY, Desk};
use crate::tui::event::{Effect, Event, Fact, Op, Report};

/// Rows found, as a search that is under way tells them.
fn found(rows: &[u64], wrapped: bool, percent: u64) -> Fact {
    Fact::Found(Found { hits: rows.iter().copied().collect(), wrapped, bytes: percent, total: 100 })
}

fn is_search(op: &Op) -> bool {
    matches!(op, Op::Search { .. })
}

#[test]
fn slash_searches_the_whole_file_and_n_goes_round_it() {
    let mut desk = Desk::open(&many(5_000));
    desk.keys("down down");
    desk.kit.keys("/").shows(&["text, or a telephone number in any spelling"]).types("ROKEN");
    desk.keys("enter").kit.shows(&[
        "/ROKEN  match 1 of 5",
        "as text",
        "row 1,000 of 5,000",
        "1,000 ✗»broken",
    ]);
    desk.keys("n n n n").kit.shows(&["match 5 of 5", "row 5,000 of 5,000"]);
    desk.keys("n").kit.shows(&["match 1 of 5 · past the end, on from the top", "row 1,000 of"]);
    desk.keys("N").kit.shows(&["match 5 of 5 · past the top, on from the end", "row 5,000 of"]);
    desk.keys("N").kit.shows(&["match 4 of 5", "row 4,000 of"]).hides(&["past the"]);
    // Elsewhere, the next one is the next from there.
    desk.keys("home").kit.shows(&["5 matches", "row 1 of 5,000"]);
    desk.keys("n").kit.shows(&["match 1 of 5"]);
    // Esc ends it, and its marks go.
    desk.keys("esc").kit.hides(&["match 1 of 5", "»broken"]);
    desk.keys("n").kit.shows(&["nothing is searched for"]);
}

#[test]
fn the_search_begins_at_the_selection_and_goes_on_from_the_top() {
    let mut desk = Desk::open(&many(5_000));
    desk.keys("G");
    desk.kit.keys("/").types("row 700");
    desk.keys("enter").kit.shows(&["row 700 of 5,000", "match 1 of 1 · past the end, on from the top"]);
}

#[test]
fn a_number_is_found_in_any_spelling_and_the_line_says_so() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("/").types("+1 213.555.0142");
    desk.keys("enter").kit.shows(&[
        "match 1 of 2",
        "as text, and as +1 213 555 0142 in any spelling",
        "»(213) 555-0142",
        "»2135550142",
        "row 3 of 8",
    ]);
    desk.keys("n").kit.shows(&["match 2 of 2", "row 4 of 8"]);
    // In privacy mode the line does not give the number away.
    desk.keys("p").kit.hides(&["213 555 0142", "213.555.0142"]);
}

#[test]
fn what_is_found_is_underlined_and_reversed_where_it_stands() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("/").types("555-0101");
    desk.keys("enter down");
    let area = Rect::new(0, 0, 120, 34);
    let mut buffer = Buffer::empty(area);
    desk.kit.app.view(area, &mut buffer);
    let marked: String = buffer
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED | Modifier::REVERSED))
        .map(|cell| cell.symbol())
        .collect();
    assert_eq!(marked, "555-0101");
}

#[test]
fn nothing_found_is_said_in_words_and_the_selection_stays() {
    let mut desk = Desk::open(DIRTY);
    desk.keys("down");
    desk.kit.keys("/").types("nobody");
    desk.keys("enter").kit.shows(&[
        "no row holds it",
        "nothing that is searched for is written in a row",
        "row 2 of 8",
    ]);
    desk.keys("n").kit.shows(&["row 2 of 8"]);
}

#[test]
fn matches_come_while_the_search_goes_on_and_it_can_be_stopped() {
    let mut desk = Desk::open(&many(3_000));
    desk.kit.keys("/").types("row").keys("enter").shows(&["◌ no match so far · 0 % searched"]);
    desk.kit.answer(is_search, found(&[500], false, 20));
    desk.kit.shows(&["match 1 of 1 so far · 20 % searched", "row 500 of 3,000"]);
    desk.kit.keys("n").shows(&["the rows on the way are still being searched"]);
    desk.kit.answer(is_search, found(&[900, 1_200], false, 40));
    desk.kit.keys("n").shows(&["match 2 of 3 so far · 40 % searched", "row 900 of"]);
    // Who moved on is not pulled back by later matches.
    desk.kit.keys("down").answer(is_search, found(&[2_000], false, 60));
    desk.kit.shows(&["4 matches so far · 60 % searched", "row 901 of"]);
    let task = desk.kit.task(is_search);
    desk.kit.effects();
    desk.kit.keys("esc").hides(&["% searched"]);
    assert!(matches!(desk.kit.effects().as_slice(), [.., Effect::Stop(stopped)] if *stopped == task));
}

#[test]
fn ctrl_c_stops_a_search_and_what_it_found_stays() {
    let mut desk = Desk::open(&many(3_000));
    desk.kit.keys("/").types("row").keys("enter").answer(is_search, found(&[500], false, 20));
    desk.kit.keys("ctrl-c").shows(&["stopping"]);
    let stopped = crate::tui::event::Trouble::said("search the file", "stopped", "stopped", "");
    desk.kit.answer(is_search, Fact::Failed(stopped));
    desk.kit.shows(&["match 1 of 1 so far · stopped when 20 % was searched"]);
}

#[test]
fn esc_leaves_the_field_first_and_a_paste_is_one_line_of_text() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("/").paste("ag\u{1b}ain\r\n");
    desk.kit.shows(&["/again"]);
    desk.keys("esc").kit.hides(&["/again"]);
    // What was typed is still there.
    desk.keys("/").kit.shows(&["/again"]);
    desk.keys("enter").kit.shows(&["match 1 of 1", "row 4 of 8"]);
    desk.kit.keys("/").types("first").keys("esc").shows(&["/again  match 1 of 1"]);
    desk.keys("esc").kit.hides(&["match 1 of 1"]);
}

#[test]
fn a_hostile_search_text_is_drawn_escaped() {
    let mut desk = Desk::open(DIRTY);
    desk.kit.keys("/").paste("\u{202e}again");
    desk.keys("enter").kit.shows(&["\\u{202e}again"]);
    assert!(!desk.kit.screen().contains('\u{202e}'));
}

#[test]
fn a_match_beyond_the_index_is_gone_to_once_the_index_is_there() {
    let mut desk = Desk::open(&many(3_000));
    let task = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    let whole = desk.kit.app.cx.store.file.as_ref().unwrap().index;
    let at = |rows| IndexState { rows, bytes: rows, total_bytes: 3_000, complete: rows == 3_000 };
    // The index is still on its way.
    desk.keys("R");
    let open = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    assert!(open > task && whole.complete);
    desk.kit.app.cx.store.file.as_mut().unwrap().index = at(400);
    let op = Op::OpenFile { path: desk.path(), input: crate::ops::Input::default() };
    desk.kit.does(crate::tui::act::Act::Start(op));
    let open = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    desk.kit.keys("/").types("row").keys("enter").answer(is_search, found(&[2_000], false, 90));
    desk.kit
        .shows(&["row 2,000 is gone to once the index has come there; it is at row 400", "1 match so far"]);
    desk.kit.event(Event::Report(Report { task: open, fact: Fact::Indexed(at(2_400)) }));
    desk.kit.shows(&["row 2,000 of 2,400", "match 1 of 1 so far"]);
}

#[test]
fn a_row_is_gone_to_by_its_number_and_one_too_many_names_the_last() {
    let mut desk = Desk::open(&many(2_000));
    desk.kit.keys(":").types("1102").shows(&["go to row 1,102", "the last is row 2,000"]);
    desk.keys("enter").kit.shows(&["row 1,102 of 2,000"]);
    desk.kit.keys(":").types("9,999").keys("enter").shows(&["there is no row 9,999; the last is row 2,000"]);
    desk.kit.keys("esc esc").shows(&["row 1,102 of 2,000"]);
    desk.kit.keys(":").types("0").keys("enter").shows(&["there is no row 0"]);
    // By name too, for who does not know it; and elsewhere a number is no row.
    desk.kit.keys("esc esc :").types("go to a row").keys("enter").shows(&["or the number of a row"]);
    desk.kit.keys("esc f2 :").types("12").hides(&["go to row"]);
}

#[test]
fn a_row_that_is_not_indexed_yet_is_waited_for_without_holding_anything_up() {
    let mut desk = Desk::open(&many(2_000));
    let op = Op::OpenFile { path: desk.path(), input: crate::ops::Input::default() };
    desk.kit.does(crate::tui::act::Act::Start(op));
    let open = desk.kit.task(|op| matches!(op, Op::OpenFile { .. }));
    let at = |rows| IndexState { rows, bytes: rows, total_bytes: 2_000, complete: rows == 2_000 };
    desk.kit.app.cx.store.file.as_mut().unwrap().index = at(300);
    desk.kit.keys(":").types("1500").shows(&["read so far: 300"]).keys("enter");
    desk.kit.shows(&["row 1,500 is gone to once the index has come there; it is at row 300"]);
    // A key is taken meanwhile, and takes the wish back.
    desk.kit.keys("down").shows(&["row 2 of 300"]);
    desk.kit.keys(":").types("1800").keys("enter");
    desk.kit.event(Event::Report(Report { task: open, fact: Fact::Indexed(at(1_700)) }));
    desk.kit.shows(&["it is at row 1,700"]);
    desk.kit.event(Event::Report(Report { task: open, fact: Fact::Indexed(at(2_000)) }));
    desk.kit.shows(&["row 1,800 of 2,000"]);
}
